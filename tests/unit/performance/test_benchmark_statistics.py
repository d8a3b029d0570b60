"""An account against buying and holding something else."""

from datetime import date

import numpy as np
import pytest

from domain.errors import InvalidInput
from tests.kit.performance import curve_of, measured

_MARKET = np.array([0.01, -0.02, 0.03, 0.01, -0.01])


def test_twice_the_market_plus_a_little_has_beta_two_and_that_alpha() -> None:
    # Jensen (1968) with r = 0.001 + 2 m.
    statistics = measured(curve_of(0.001 + 2.0 * _MARKET), benchmark=curve_of(_MARKET)).statistics
    assert statistics.beta == pytest.approx(2.0, rel=1e-9)
    assert statistics.alpha == pytest.approx(1.001**252 - 1.0, rel=1e-9)
    assert statistics.correlation == pytest.approx(1.0, rel=1e-12)


def test_alpha_is_measured_over_the_risk_free_rate() -> None:
    # With r = 2 m and rate f a period, alpha a period is -f + 2 f.
    statistics = measured(
        curve_of(2.0 * _MARKET), benchmark=curve_of(_MARKET), periods_per_year=10, risk_free_rate=0.02
    ).statistics
    assert statistics.alpha == pytest.approx(1.002**10 - 1.0, rel=1e-9)


def test_the_opposite_of_the_market_correlates_at_minus_one() -> None:
    statistics = measured(curve_of(-_MARKET), benchmark=curve_of(_MARKET)).statistics
    assert statistics.correlation == pytest.approx(-1.0, rel=1e-12)
    assert statistics.beta == pytest.approx(-1.0, rel=1e-9)


def test_information_ratio_is_the_sharpe_ratio_of_the_difference() -> None:
    # Grinold & Kahn (1999): active returns 0.01, 0.03 have mean 0.02, deviation 0.01414.
    statistics = measured(
        curve_of([0.02, 0.05]), benchmark=curve_of([0.01, 0.02]), periods_per_year=4
    ).statistics
    assert statistics.information_ratio == pytest.approx(0.02 / (0.01 * np.sqrt(2)) * 2.0, rel=1e-9)


def test_excess_return_is_the_difference_of_total_returns() -> None:
    statistics = measured([110.0, 120.0], benchmark=[100.0, 105.0]).statistics
    assert statistics.benchmark_return == pytest.approx(0.05, abs=1e-12)
    assert statistics.excess_return == pytest.approx(0.15, abs=1e-12)


def test_a_benchmark_that_starts_late_is_compared_from_its_first_bar() -> None:
    market = curve_of(_MARKET)
    late = np.concatenate(([np.nan, np.nan], market))
    account = np.concatenate(([150.0, 200.0], curve_of(2.0 * _MARKET, initial=200.0)))
    performance = measured(account, benchmark=late)
    alone = measured(curve_of(2.0 * _MARKET), benchmark=market).statistics
    statistics = performance.statistics
    assert statistics.beta == pytest.approx(alone.beta, rel=1e-9)
    assert statistics.excess_return == pytest.approx(alone.excess_return, rel=1e-9)
    assert statistics.total_return > 1.0
    assert any("first bar is of 2020-01-03" in note for note in performance.notes)


def test_the_benchmark_is_measured_at_the_same_session_closes() -> None:
    session = [1, 1, 2, 2, 3]
    statistics = measured(
        [1.0, 102.0, 1.0, 98.0, 104.0],
        benchmark=[np.nan, 101.0, 500.0, 99.0, 102.0],
        session=session,
    ).statistics
    daily = measured([102.0, 98.0, 104.0], benchmark=[101.0, 99.0, 102.0]).statistics
    assert statistics.beta == daily.beta
    assert statistics.benchmark_return == daily.benchmark_return


def test_the_benchmark_has_statistics_of_its_own() -> None:
    own = measured([110.0, 99.0, 120.0], benchmark=[104.0, 100.0, 108.0]).benchmark_statistics
    alone = measured([104.0, 100.0, 108.0]).statistics
    assert own is not None
    assert (own.total_return, own.sharpe, own.max_drawdown) == (
        alone.total_return,
        alone.sharpe,
        alone.max_drawdown,
    )
    assert (own.trades, own.open_trades, own.exposure, own.fees_paid) == (0, 1, 1.0, 0.0)
    assert own.turnover == pytest.approx(100.0 / 103.0 / (3 / 252))
    assert (own.alpha, own.beta, own.benchmark_return) == (None, None, None)


def test_the_statistics_of_a_late_benchmark_start_with_it() -> None:
    own = measured([110.0, 99.0, 120.0], benchmark=[np.nan, 100.0, 108.0]).benchmark_statistics
    assert own is not None
    assert own.start == date(2020, 1, 2)
    assert own.return_periods == 2


def test_without_a_benchmark_there_is_nothing_to_compare() -> None:
    performance = measured([110.0, 99.0])
    assert performance.benchmark_statistics is None
    assert performance.statistics.beta is None


def test_a_benchmark_without_a_bar_is_told_and_compared_with_nothing() -> None:
    performance = measured([110.0, 99.0], benchmark=[np.nan, np.nan])
    assert performance.benchmark_statistics is None
    assert performance.statistics.excess_return is None
    assert any("no bar within the run" in note for note in performance.notes)


def test_a_hole_in_the_benchmark_is_refused() -> None:
    with pytest.raises(InvalidInput, match="benchmark"):
        measured([110.0, 99.0, 98.0], benchmark=[100.0, np.nan, 101.0])
