"""What cannot be known is None, never 0, NaN or infinity."""

import math
from dataclasses import asdict

import numpy as np
import pytest

from domain.performance.statistics import Performance
from tests.kit.performance import closed_trades, curve_of, measured

_OF_SPREAD = ("sharpe", "probabilistic_sharpe", "skew", "kurtosis")
_OF_TRADES = (
    "win_rate",
    "profit_factor",
    "expectancy",
    "sqn",
    "kelly",
    "average_bars_held",
    "best_trade",
    "worst_trade",
)
_RELATIVE = ("benchmark_return", "excess_return", "alpha", "beta", "correlation", "information_ratio")


def _undefined(performance: Performance) -> set[str]:
    return {name for name, value in asdict(performance.statistics).items() if value is None}


@pytest.mark.parametrize("returns", [np.zeros(50), np.full(50, 0.01), np.full(50, 0.1 / 3)])
def test_returns_that_do_not_vary_have_no_ratio_to_their_spread(returns: np.ndarray) -> None:
    performance = measured(curve_of(returns))
    assert set(_OF_SPREAD) <= _undefined(performance)
    assert performance.statistics.volatility == 0.0


def test_a_curve_that_never_moves_has_no_tail_ratio_and_no_drawdown() -> None:
    performance = measured([100.0] * 10)
    assert {
        "tail_ratio",
        "sortino",
        "calmar",
        "max_drawdown_start",
        "max_drawdown_trough",
        "max_drawdown_end",
        "max_drawdown_days",
    } <= _undefined(performance)
    assert performance.statistics.max_drawdown == 0.0
    assert performance.tables.drawdowns == ()


def test_a_curve_that_only_rises_has_no_downside_to_divide_by() -> None:
    undefined = _undefined(measured(curve_of([0.01, 0.02, 0.03])))
    assert {"sortino", "calmar"} <= undefined
    assert "sharpe" not in undefined


def test_one_period_has_no_distribution() -> None:
    undefined = _undefined(measured([101.0], benchmark=[101.0]))
    assert {
        "volatility",
        *_OF_SPREAD,
        "sortino",
        "value_at_risk_95",
        "conditional_value_at_risk_95",
        "tail_ratio",
        "alpha",
        "beta",
        "correlation",
        "information_ratio",
    } <= undefined
    assert "excess_return" not in undefined


def test_no_trade_has_no_trade_statistic() -> None:
    performance = measured([101.0, 99.0])
    assert set(_OF_TRADES) <= _undefined(performance)
    assert performance.statistics.trades == 0


def test_a_trade_still_open_is_no_closed_trade() -> None:
    performance = measured([101.0, 99.0], trades=closed_trades([], still_open=[5.0]))
    assert set(_OF_TRADES) <= _undefined(performance)
    assert performance.statistics.open_trades == 1


def test_without_a_losing_trade_profit_factor_and_kelly_are_undefined() -> None:
    undefined = _undefined(measured([101.0, 99.0], trades=closed_trades([5.0, 7.0])))
    assert undefined & set(_OF_TRADES) == {"profit_factor", "kelly"}


def test_without_a_winning_trade_only_kelly_is_undefined() -> None:
    performance = measured([101.0, 99.0], trades=closed_trades([-5.0, -7.0]))
    assert _undefined(performance) & set(_OF_TRADES) == {"kelly"}
    assert performance.statistics.profit_factor == 0.0


def test_one_trade_has_no_system_quality() -> None:
    assert _undefined(measured([101.0, 99.0], trades=closed_trades([5.0]))) & {"sqn"}


def test_trades_that_all_earn_the_same_have_no_system_quality() -> None:
    assert "sqn" in _undefined(measured([101.0, 99.0], trades=closed_trades([5.0] * 7, cost=3.0)))


def test_no_benchmark_leaves_nothing_to_compare() -> None:
    assert set(_RELATIVE) <= _undefined(measured([101.0, 99.0]))


def test_a_benchmark_that_never_moves_explains_nothing() -> None:
    undefined = _undefined(measured([101.0, 99.0, 104.0], benchmark=[100.0] * 3))
    assert undefined & set(_RELATIVE) == {"alpha", "beta", "correlation"}


def test_an_account_that_never_moves_correlates_with_nothing() -> None:
    undefined = _undefined(measured([100.0] * 3, benchmark=[101.0, 99.0, 104.0]))
    assert undefined & set(_RELATIVE) == {"correlation"}


def test_an_account_equal_to_its_benchmark_has_no_information_ratio() -> None:
    curve = [101.0, 99.0, 104.0]
    assert _undefined(measured(curve, benchmark=curve)) & set(_RELATIVE) == {"information_ratio"}


@pytest.mark.parametrize(
    "curve", [[100.0], [100.0, 100.0], [101.0, -5.0], [0.0], [1e-9, 1e9], [101.0, 50.0, 0.0, 0.0]]
)
@pytest.mark.parametrize("session", [False, True])
def test_no_statistic_is_ever_nan_or_infinite(curve: list[float], session: bool) -> None:
    performance = measured(
        curve, benchmark=curve[::-1], session=[index // 2 for index in range(len(curve))] if session else None
    )
    own = performance.benchmark_statistics
    assert own is not None
    for name, value in [*asdict(performance.statistics).items(), *asdict(own).items()]:
        assert not isinstance(value, float) or math.isfinite(value), name


def test_turnover_the_engine_could_not_define_stays_undefined() -> None:
    assert measured([100.0, 101.0], turnover=None).statistics.turnover is None
