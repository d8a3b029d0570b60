"""Golden cases are the numbers their authors print; agreement is with skfolio in the same run."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skfolio.measures import deflated_sharpe_ratio, probabilistic_sharpe_ratio

from domain.errors import InvalidInput
from domain.overfitting.sharpe import (
    SharpeEstimate,
    annualisation,
    annualised_sharpe,
    confidence_interval,
    deflated_sharpe,
    expected_maximum_sharpe,
    minimum_backtest_years,
    minimum_track_record,
    probability_above,
    standard_error,
)
from domain.overfitting.trials import sharpe_ratios, sharpe_variance
from tests.kit.performance import sample_returns
from tests.kit.trials import autoregressive, noise

# "The Deflated Sharpe Ratio", numerical example: annual Sharpe 2.5 over 5 years of 250 days, variance of
# annual Sharpes of the trials 1/2, skew -3, kurtosis 10.
PAPER = SharpeEstimate(2.5 / math.sqrt(250), 1_250, skew=-3.0, kurtosis=10.0)
PAPER_VARIANCE = 0.5 / 250


def test_the_paper_s_best_of_a_hundred_trials_has_its_printed_hurdle_and_deflated_ratio() -> None:
    assert expected_maximum_sharpe(100, PAPER_VARIANCE) == pytest.approx(0.1132, abs=5e-5)
    assert deflated_sharpe(PAPER, 100, PAPER_VARIANCE) == pytest.approx(0.9004, abs=5e-5)


def test_the_paper_s_best_of_46_would_have_passed_and_with_normal_returns_that_of_88() -> None:
    normal = SharpeEstimate(PAPER.sharpe, PAPER.count)

    assert deflated_sharpe(PAPER, 46, PAPER_VARIANCE) == pytest.approx(0.9505, abs=5e-5)
    assert deflated_sharpe(normal, 88, PAPER_VARIANCE) == pytest.approx(0.9505, abs=5e-5)


@pytest.mark.parametrize(
    ("periods", "skew", "kurtosis", "years"),
    [(250, 0.0, 3.0, 2.73), (52, 0.0, 3.0, 2.83), (12, 0.0, 3.0, 3.24), (12, -0.72, 5.78, 4.99)],
    ids=["daily", "weekly", "monthly", "monthly hedge funds"],
)
def test_track_records_are_as_long_as_the_efficient_frontier_paper_says(
    periods: int, skew: float, kurtosis: float, years: float
) -> None:
    # An annual Sharpe ratio of 2 that shall exceed 1 with 95 %.
    estimate = SharpeEstimate(2.0 / math.sqrt(periods), 100, skew, kurtosis)

    needed = minimum_track_record(estimate, 1.0 / math.sqrt(periods), 0.95)

    assert needed is not None
    assert needed / periods == pytest.approx(years, abs=0.006)


def test_a_track_record_of_just_the_needed_length_gives_just_that_confidence() -> None:
    needed = minimum_track_record(PAPER, 0.05, 0.9)
    assert needed is not None

    # The length is not whole; between the two whole ones the confidence is passed.
    before = SharpeEstimate(PAPER.sharpe, math.floor(needed), PAPER.skew, PAPER.kurtosis)
    after = SharpeEstimate(PAPER.sharpe, math.ceil(needed), PAPER.skew, PAPER.kurtosis)
    assert (probability_above(before, 0.05) or 1.0) < 0.9 <= (probability_above(after, 0.05) or 0.0)


def test_five_years_bear_no_more_than_45_trials() -> None:
    # "Pseudo-Mathematics and Financial Charlatanism": 5 years, 45 trials, Sharpe 1.
    assert minimum_backtest_years(45) == pytest.approx(5.0, abs=0.005)
    assert minimum_backtest_years(45, annual_sharpe=2.0) == pytest.approx(1.25, abs=0.005)


def test_the_expected_maximum_is_that_of_normal_draws() -> None:
    best = np.random.default_rng(1).standard_normal((20_000, 50)).max(axis=1)

    # The formula is that of the limit of many draws: about one per cent high for fifty.
    assert expected_maximum_sharpe(50, 1.0) == pytest.approx(best.mean(), rel=0.02)


@pytest.mark.parametrize("symbol", ["GOOG", "IBM"])
def test_probabilistic_and_deflated_ratios_agree_with_skfolio(symbol: str) -> None:
    returns = sample_returns(symbol)
    trials = sharpe_ratios(noise(500, 37, seed=3))
    estimate = SharpeEstimate.of(returns)
    assert estimate is not None

    assert probability_above(estimate, 0.02) == pytest.approx(
        probabilistic_sharpe_ratio(returns, benchmark_sharpe_ratio=0.02), rel=1e-9
    )
    assert deflated_sharpe(estimate, 37, sharpe_variance(trials)) == pytest.approx(
        deflated_sharpe_ratio(returns, trials), rel=1e-9
    )


def test_the_standard_error_is_the_spread_that_repeated_samples_show() -> None:
    # Returns skewed to losses, where the error for normal returns would be a fifth too small.
    rng = np.random.default_rng(5)
    samples = 0.03 - rng.exponential(0.02, (4_000, 500))
    seen = float(np.std(samples.mean(axis=1) / samples.std(axis=1, ddof=1)))

    error = standard_error(SharpeEstimate(0.5, 500, skew=-2.0, kurtosis=9.0))

    assert error == pytest.approx(seen, rel=0.03)


def test_the_interval_reaches_1_96_errors_to_each_side() -> None:
    error, interval = standard_error(PAPER), confidence_interval(PAPER)
    assert error is not None
    assert interval is not None

    assert interval[0] == pytest.approx(PAPER.sharpe - 1.959964 * error, rel=1e-6)
    assert interval[1] == pytest.approx(PAPER.sharpe + 1.959964 * error, rel=1e-6)


@given(
    first=st.floats(1.0, 1e9), second=st.floats(1.0, 1e9), variance=st.floats(1e-8, 1e-2), sharpe=st.floats(-0.3, 0.3)
)  # fmt: skip
def test_more_trials_never_raise_the_deflated_ratio(
    first: float, second: float, variance: float, sharpe: float
) -> None:
    estimate = SharpeEstimate(sharpe, 500)
    fewer = deflated_sharpe(estimate, min(first, second), variance)
    more = deflated_sharpe(estimate, max(first, second), variance)

    assert fewer is not None
    assert more is not None
    assert 0.0 <= more <= fewer <= 1.0


def test_a_single_trial_is_deflated_by_nothing() -> None:
    assert deflated_sharpe(PAPER, 1, None) == probability_above(PAPER)
    assert expected_maximum_sharpe(1, 1.0) == 0.0
    assert minimum_backtest_years(1) == 0.0


def test_trials_whose_spread_is_unknown_leave_the_deflated_ratio_undefined() -> None:
    assert deflated_sharpe(PAPER, 2, None) is None


@pytest.mark.parametrize("returns", [[], [0.01], [0.01, 0.01, 0.01]], ids=["none", "one", "equal"])
def test_returns_that_do_not_vary_have_no_sharpe_ratio(returns: list[float]) -> None:
    assert SharpeEstimate.of(np.array(returns)) is None
    assert annualised_sharpe(np.array(returns), 252) is None


def test_where_no_length_would_do_there_is_no_minimum() -> None:
    assert minimum_track_record(PAPER, benchmark=PAPER.sharpe) is None
    assert minimum_backtest_years(100, annual_sharpe=0.0) is None


def test_an_error_that_a_small_lopsided_sample_makes_imaginary_is_undefined() -> None:
    lopsided = SharpeEstimate(1.0, 10, skew=3.0, kurtosis=4.0)

    assert standard_error(lopsided) is None
    assert confidence_interval(lopsided) is None
    assert probability_above(lopsided) is None
    assert minimum_track_record(lopsided) is None


@pytest.mark.parametrize(("correlation", "factor"), [(0.2, 2.88), (0.0, 3.46), (-0.2, 4.17)])
def test_annualisation_of_monthly_autoregressive_returns_is_lo_s(correlation: float, factor: float) -> None:
    # sqrt(12) = 3.46 holds without autocorrelation alone; closed form for a first-order process.
    lags = correlation ** np.arange(1.0, 12.0)
    closed = math.sqrt(12) / math.sqrt(
        1 + 2 * correlation / (1 - correlation) * (1 - (1 - correlation**12) / (12 * (1 - correlation)))
    )

    assert annualisation(lags, 12) == pytest.approx(closed, rel=1e-12)
    assert annualisation(lags, 12) == pytest.approx(factor, abs=0.005)


def test_smooth_returns_earn_a_smaller_annual_ratio_and_choppy_ones_a_larger() -> None:
    smooth = autoregressive(2_000, seed=1, correlation=0.3) + 0.001
    choppy = autoregressive(2_000, seed=1, correlation=-0.3) + 0.001
    estimates = [SharpeEstimate.of(smooth), SharpeEstimate.of(choppy)]
    naive = [estimate.sharpe * math.sqrt(252) for estimate in estimates if estimate]

    # Of so many lags the weight is nearly (1 + r) / (1 - r) of the variance.
    assert annualised_sharpe(smooth, 252) == pytest.approx(naive[0] * math.sqrt(0.7 / 1.3), rel=0.05)
    assert annualised_sharpe(choppy, 252) == pytest.approx(naive[1] * math.sqrt(1.3 / 0.7), rel=0.05)
    assert annualised_sharpe(smooth, 252, lags=0) == pytest.approx(naive[0], rel=1e-12)


def test_what_makes_no_sense_is_refused_in_a_sentence() -> None:
    with pytest.raises(InvalidInput, match="returns: holds values that are not finite"):
        SharpeEstimate.of(np.array([0.1, np.nan]))
    with pytest.raises(InvalidInput, match="variance: must be at least"):
        expected_maximum_sharpe(10, -1.0)
    with pytest.raises(InvalidInput, match="confidence: must lie between 0 and 1"):
        confidence_interval(PAPER, 95.0)
