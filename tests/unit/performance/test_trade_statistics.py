"""Golden cases of the statistics of round trips."""

import math

import numpy as np
import pytest

from domain.performance.trades import TradeColumns, trade_statistics
from tests.kit.performance import closed_trades


def test_win_rate_counts_profits_and_a_trade_at_zero_has_not_won() -> None:
    assert trade_statistics(closed_trades([10.0, 5.0, 0.0, -5.0]))["win_rate"] == 0.5


def test_profit_factor_is_gross_profit_over_gross_loss() -> None:
    # Pardo (2008).
    assert trade_statistics(closed_trades([10.0, 5.0, -4.0, -2.0]))["profit_factor"] == 2.5


def test_expectancy_is_the_mean_result_in_currency() -> None:
    assert trade_statistics(closed_trades([10.0, 5.0, -4.0, -2.0]))["expectancy"] == 2.25


def test_system_quality_is_the_t_statistic_of_trade_returns() -> None:
    # Tharp (2008): mean / deviation x root of the number; returns 0.1, 0.3 have mean 0.2, deviation 0.1414.
    measured = trade_statistics(closed_trades([10.0, 30.0]))
    assert measured["sqn"] == pytest.approx(0.2 / (0.1 * math.sqrt(2)) * math.sqrt(2), rel=1e-12)


def test_kelly_bets_the_edge_over_the_odds() -> None:
    # Kelly (1956): winning 60 % of the time at 2 to 1 stakes 0.6 - 0.4 / 2 of the bank.
    measured = trade_statistics(closed_trades([20.0, 20.0, 20.0, -10.0, -10.0]))
    assert measured["kelly"] == pytest.approx(0.4, rel=1e-12)


def test_a_losing_game_has_a_negative_kelly_fraction() -> None:
    measured = trade_statistics(closed_trades([10.0, -10.0, -10.0, -10.0]))
    assert measured["kelly"] == pytest.approx(-0.5, rel=1e-12)


def test_best_worst_and_length_are_those_of_closed_trades() -> None:
    measured = trade_statistics(closed_trades([10.0, -5.0], bars_held=7))
    assert measured["best_trade"] == 0.1
    assert measured["worst_trade"] == -0.05
    assert measured["average_bars_held"] == 7.0


def test_an_open_trade_is_counted_apart_and_enters_no_other_statistic() -> None:
    with_open = trade_statistics(closed_trades([10.0, -5.0], still_open=[900.0, -800.0]))
    without = trade_statistics(closed_trades([10.0, -5.0]))
    assert with_open == {**without, "open_trades": 2}
    assert with_open["trades"] == 2


def _with_free_entry(pnl: list[float]) -> TradeColumns:
    """These trades after one whose entry cost nothing, so that it has a result but no return."""
    trades = closed_trades([-50.0, *pnl])
    trades.return_[0] = np.nan
    return trades


def test_a_trade_whose_return_is_undefined_is_left_out_of_what_is_made_of_returns() -> None:
    measured = trade_statistics(_with_free_entry([20.0, -10.0, 20.0]))
    without = trade_statistics(closed_trades([20.0, -10.0, 20.0]))
    for name in ("sqn", "kelly", "best_trade", "worst_trade"):
        assert measured[name] == without[name]
    assert (measured["trades"], measured["win_rate"], measured["expectancy"]) == (4, 0.5, -5.0)


def test_without_any_defined_return_there_is_no_best_and_no_worst_trade() -> None:
    measured = trade_statistics(_with_free_entry([]))
    assert [measured[name] for name in ("sqn", "kelly", "best_trade", "worst_trade")] == [None] * 4
    assert (measured["trades"], measured["expectancy"]) == (1, -50.0)
