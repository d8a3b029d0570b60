"""Agreement with empyrical-reloaded and scipy on real returns, wherever conventions are the same."""

import math
from collections.abc import Callable

import empyrical
import numpy as np
import pytest
from scipy import stats

from domain.arrays import FloatArray
from domain.performance.model import Statistics
from tests.kit.performance import curve_of, measured, sample_returns


@pytest.fixture(scope="module", params=["GOOG", "AAPL", "IBM"])
def returns(request: pytest.FixtureRequest) -> FloatArray:
    return sample_returns(request.param)


@pytest.fixture(scope="module")
def market() -> FloatArray:
    return sample_returns("MSFT")


@pytest.fixture(scope="module")
def ours(returns: FloatArray, market: FloatArray) -> Statistics:
    return measured(curve_of(returns), benchmark=curve_of(market)).statistics


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("total_return", empyrical.cum_returns_final),
        ("annual_return", empyrical.annual_return),
        ("volatility", empyrical.annual_volatility),
        ("sharpe", empyrical.sharpe_ratio),
        ("sortino", empyrical.sortino_ratio),
        ("calmar", empyrical.calmar_ratio),
        ("max_drawdown", empyrical.max_drawdown),
        ("tail_ratio", empyrical.tail_ratio),
        ("value_at_risk_95", empyrical.value_at_risk),
        ("conditional_value_at_risk_95", empyrical.conditional_value_at_risk),
        ("skew", stats.skew),
        ("kurtosis", lambda values: stats.kurtosis(values, fisher=False)),
    ],
)
def test_statistics_of_returns_agree(
    ours: Statistics, returns: FloatArray, name: str, theirs: Callable[..., float]
) -> None:
    assert getattr(ours, name) == pytest.approx(float(theirs(returns)), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("alpha", empyrical.alpha),
        ("beta", empyrical.beta),
        ("information_ratio", lambda own, other: empyrical.excess_sharpe(own, other) * math.sqrt(252)),
        ("correlation", lambda own, other: stats.pearsonr(own, other).statistic),
        (
            "excess_return",
            lambda own, other: empyrical.cum_returns_final(own) - empyrical.cum_returns_final(other),
        ),
    ],
)
def test_statistics_against_a_benchmark_agree(
    ours: Statistics, returns: FloatArray, market: FloatArray, name: str, theirs: Callable[..., float]
) -> None:
    assert getattr(ours, name) == pytest.approx(float(theirs(returns, market)), rel=1e-9, abs=1e-12)


def test_annual_returns_agree_so_that_capture_ratios_do(returns: FloatArray, market: FloatArray) -> None:
    performance = measured(curve_of(returns), benchmark=curve_of(market))
    own = performance.benchmark_statistics
    assert own is not None
    assert performance.statistics.annual_return is not None
    assert own.annual_return is not None
    capture = performance.statistics.annual_return / own.annual_return
    assert capture == pytest.approx(empyrical.capture(returns, market), rel=1e-9, abs=1e-12)


def test_the_risk_free_rate_of_a_year_is_theirs_of_a_period(returns: FloatArray, market: FloatArray) -> None:
    ours = measured(curve_of(returns), benchmark=curve_of(market), risk_free_rate=0.0252).statistics
    assert ours.sharpe == pytest.approx(
        empyrical.sharpe_ratio(returns, risk_free=0.0001), rel=1e-9, abs=1e-12
    )
    assert ours.alpha == pytest.approx(
        empyrical.alpha(returns, market, risk_free=0.0001), rel=1e-9, abs=1e-12
    )


def test_probabilistic_sharpe_agrees_with_the_normal_distribution_of_scipy(
    ours: Statistics, returns: FloatArray
) -> None:
    ratio = np.mean(returns) / np.std(returns, ddof=1)
    spread = 1.0 - stats.skew(returns) * ratio + (stats.kurtosis(returns) + 2.0) / 4.0 * ratio**2
    expected = stats.norm.cdf(ratio * math.sqrt(len(returns) - 1) / math.sqrt(spread))
    assert ours.probabilistic_sharpe == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_crash_on_the_first_day_is_in_the_drawdown_of_both() -> None:
    returns = np.array([-0.4, 0.1, -0.2, 0.3])
    assert measured(curve_of(returns)).statistics.max_drawdown == pytest.approx(
        empyrical.max_drawdown(returns), rel=1e-9, abs=1e-12
    )
