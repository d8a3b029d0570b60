"""Golden cases of the statistics of returns, worked by hand from the sources they name."""

import math

import numpy as np
import pytest

from domain.performance.risk import probabilistic_sharpe, risk, tails

# Mean 0.02; deviations 0.02, -0.04, 0.02, 0; sum of squares 0.0024.
_RETURNS = np.array([0.04, -0.02, 0.04, 0.02])
_DEVIATION = math.sqrt(0.0024 / 3)


def test_volatility_takes_one_degree_of_freedom_and_the_root_of_time() -> None:
    assert risk(_RETURNS, 252)["volatility"] == pytest.approx(_DEVIATION * math.sqrt(252), rel=1e-12)


def test_sharpe_is_arithmetic_and_annualised_by_the_root_of_time() -> None:
    # Sharpe (1994), eq. 3 to 6.
    assert risk(_RETURNS, 252)["sharpe"] == pytest.approx(0.02 / _DEVIATION * math.sqrt(252), rel=1e-12)


def test_the_risk_free_rate_is_annual_and_divided_over_the_periods() -> None:
    measured = risk(_RETURNS, 4, risk_free_rate=0.04)
    assert measured["sharpe"] == pytest.approx((0.02 - 0.01) / _DEVIATION * 2.0, rel=1e-12)


def test_sortino_spreads_the_downside_over_all_periods() -> None:
    # Sortino & Price (1994): one loss of 2 % in four periods is a downside deviation of 1 %.
    assert risk(_RETURNS, 252)["sortino"] == pytest.approx(0.02 / 0.01 * math.sqrt(252), rel=1e-12)


def test_skew_and_kurtosis_are_those_of_the_population() -> None:
    # g1 and g2 + 3 of Joanes & Gill (1998); second moment 0.0006, third -0.000012, fourth 0.00000072.
    measured = risk(_RETURNS, 252)
    assert measured["skew"] == pytest.approx(-0.000012 / 0.0006**1.5, rel=1e-9)
    assert measured["kurtosis"] == pytest.approx(0.00000072 / 0.0006**2, rel=1e-9)


@pytest.mark.parametrize(("skew", "kurtosis", "expected"), [(0.0, 3.0, 0.982), (-2.448, 10.164, 0.913)])
def test_probabilistic_sharpe_gives_the_figures_of_its_paper(
    skew: float, kurtosis: float, expected: float
) -> None:
    # Bailey & Lopez de Prado (2012): 24 monthly returns with a Sharpe ratio of 0.458 a month.
    assert probabilistic_sharpe(0.458, 24, skew, kurtosis) == pytest.approx(expected, abs=5e-4)


def test_probabilistic_sharpe_of_no_edge_is_a_coin_toss() -> None:
    assert probabilistic_sharpe(0.0, 100, -1.0, 9.0) == 0.5


def test_probabilistic_sharpe_uses_the_sharpe_ratio_of_a_period() -> None:
    measured = risk(_RETURNS, 252)
    expected = probabilistic_sharpe(0.02 / _DEVIATION, 4, measured["skew"], measured["kurtosis"])
    assert measured["probabilistic_sharpe"] == pytest.approx(expected, rel=1e-12)


def test_value_at_risk_is_the_interpolated_quantile_and_its_tail_the_mean_beyond() -> None:
    returns = np.arange(-20, 21) / 100.0
    measured = risk(returns, 252)
    # Position 0.05 x 40 = 2: the third lowest of 41 returns.
    assert measured["value_at_risk_95"] == pytest.approx(-0.18, abs=1e-15)
    assert measured["conditional_value_at_risk_95"] == pytest.approx(-0.19, abs=1e-15)
    assert measured["tail_ratio"] == pytest.approx(1.0, abs=1e-12)


def test_tails_of_two_returns_lie_between_them() -> None:
    assert tails(np.array([0.2, -0.2])) == pytest.approx((-0.18, -0.2, 0.18), abs=1e-15)
