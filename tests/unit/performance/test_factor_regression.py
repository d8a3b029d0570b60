"""Regressions on factors, beside statsmodels, and Student's t beside scipy."""

import math
from dataclasses import asdict

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import special, stats

from domain.errors import InvalidInput
from domain.performance.factor_regression import newey_west_lags, regress_on_factors
from domain.performance.student_t import incomplete_beta, two_sided_p_value

RNG = np.random.default_rng(1)
PERIODS = 750
MARKET = RNG.standard_t(5, PERIODS) * 0.008 + 0.0003
SIZE = RNG.normal(0.0, 0.004, PERIODS)
# Noise with a memory and a changing size: what HAC errors are for.
NOISE = np.convolve(RNG.normal(0.0, 0.005, PERIODS + 4), np.ones(5) / 5, mode="valid") * (
    1 + 80 * np.abs(MARKET)
)
RETURNS = 0.0004 + 0.8 * MARKET - 0.3 * SIZE + NOISE


@pytest.mark.parametrize("lags", [None, 0, 1, 12])
def test_a_regression_is_that_of_statsmodels(lags: int | None) -> None:
    used = newey_west_lags(PERIODS) if lags is None else lags
    design = sm.add_constant(np.column_stack([MARKET, SIZE]))
    theirs = sm.OLS(RETURNS, design).fit(cov_type="HAC", cov_kwds={"maxlags": used}, use_t=True)

    ours = regress_on_factors(RETURNS, {"market": MARKET, "size": SIZE}, periods_per_year=252, lags=lags)

    found = [ours.alpha, *ours.betas]
    assert [one.name for one in found] == ["alpha", "market", "size"]
    np.testing.assert_allclose([one.value for one in found], theirs.params, rtol=1e-10)
    np.testing.assert_allclose([one.standard_error for one in found], theirs.bse, rtol=1e-10)
    np.testing.assert_allclose([one.t_statistic for one in found], theirs.tvalues, rtol=1e-10)
    np.testing.assert_allclose([one.p_value for one in found], theirs.pvalues, rtol=1e-8)
    assert ours.r_squared == pytest.approx(theirs.rsquared, rel=1e-12)
    assert ours.adjusted_r_squared == pytest.approx(theirs.rsquared_adj, rel=1e-12)
    assert ours.residual_volatility == pytest.approx(math.sqrt(theirs.scale * 252), rel=1e-12)
    assert (ours.periods, ours.degrees_of_freedom, ours.lags) == (PERIODS, PERIODS - 3, used)


def test_alpha_is_compounded_over_a_year() -> None:
    ours = regress_on_factors(RETURNS, {"market": MARKET}, periods_per_year=252)

    assert ours.alpha_annual == pytest.approx((1 + ours.alpha.value) ** 252 - 1, rel=1e-12)


def test_the_risk_free_rate_is_taken_from_returns_and_from_factors_that_are_funded() -> None:
    rate = 0.0252
    design = sm.add_constant(np.column_stack([MARKET - 1e-4, SIZE]))
    theirs = sm.OLS(RETURNS - 1e-4, design).fit()

    ours = regress_on_factors(
        RETURNS,
        {"market": MARKET, "size": SIZE},
        periods_per_year=252,
        risk_free_rate=rate,
        funded={"market"},
    )

    np.testing.assert_allclose(
        [ours.alpha.value, *(one.value for one in ours.betas)], theirs.params, rtol=1e-9
    )


def test_periods_without_a_value_are_left_out_and_counted() -> None:
    market = MARKET.copy()
    market[[3, 200]] = np.nan
    kept = np.isfinite(market)

    ours = regress_on_factors(RETURNS, {"market": market}, periods_per_year=252, lags=3)

    same = regress_on_factors(RETURNS[kept], {"market": MARKET[kept]}, periods_per_year=252, lags=3)
    assert ours.left_out == 2
    assert ours.alpha == same.alpha
    assert ours.betas == same.betas


def test_an_exact_fit_has_no_error_to_judge_by() -> None:
    ours = regress_on_factors(2.0 * MARKET, {"market": MARKET}, periods_per_year=252)

    assert ours.betas[0].value == pytest.approx(2.0)
    assert ours.betas[0].standard_error is None
    assert ours.betas[0].p_value is None
    assert ours.r_squared == pytest.approx(1.0)


def test_an_account_that_did_nothing_has_no_r_squared() -> None:
    ours = regress_on_factors(np.zeros(PERIODS), {"market": MARKET}, periods_per_year=252)

    assert ours.r_squared is None
    assert ours.alpha.value == 0.0
    assert ours.alpha.p_value is None
    assert asdict(ours)["betas"][0]["name"] == "market"


def test_the_rule_for_lags() -> None:
    assert [newey_west_lags(count) for count in (10, 100, 252, 2_500)] == [2, 4, 4, 8]


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        ({}, "factors: name one at least"),
        ({"market": MARKET[:-1]}, r"factors\.market: must have one return for each of the 750"),
        ({"market": MARKET, "twice": 2 * MARKET}, r"factors\.twice: does not vary, or follows from"),
        ({"flat": np.full(PERIODS, 0.01)}, r"factors\.flat: does not vary"),
        ({"market": np.full(PERIODS, np.nan)}, "needs 3 periods at least"),
    ],
)
def test_factors_that_explain_nothing_are_refused(factors: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        regress_on_factors(RETURNS, factors, periods_per_year=252)


def test_a_funded_factor_must_be_among_the_factors() -> None:
    with pytest.raises(InvalidInput, match="bonds is not among the factors"):
        regress_on_factors(RETURNS, {"market": MARKET}, periods_per_year=252, funded={"bonds"})


@pytest.mark.parametrize("degrees", [1, 2, 3, 10, 57.5, 252, 5_000])
def test_p_values_are_those_of_scipy(degrees: float) -> None:
    for t in (0.0, 1e-3, 0.1, 0.7, 1.0, 1.96, 3.0, 8.0, 40.0):
        expected = 2.0 * stats.t.sf(t, degrees)
        assert two_sided_p_value(t, degrees) == pytest.approx(expected, rel=1e-10)
        assert two_sided_p_value(-t, degrees) == two_sided_p_value(t, degrees)
    assert two_sided_p_value(math.inf, degrees) == 0.0


def test_the_incomplete_beta_function_is_that_of_scipy() -> None:
    for a in (0.5, 1.0, 3.7, 40.0):
        for b in (0.5, 2.0, 25.0):
            for x in (0.0, 1e-6, 0.1, 0.5, 0.9, 0.999, 1.0):
                assert incomplete_beta(a, b, x) == pytest.approx(
                    special.betainc(a, b, x), rel=1e-11, abs=1e-300
                )
