"""Covariances against the formulas of their papers and the libraries that implement them."""

import numpy as np
import pytest
from sklearn.covariance import LedoitWolf

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.portfolio.covariance import (
    correlation_of,
    denoised,
    estimate,
    exponential,
    sample,
    shrunk_to_constant_correlation,
    shrunk_to_identity,
    variances,
)
from domain.portfolio.model import CovarianceEstimator
from tests.kit.portfolio import market_returns

RETURNS = market_returns(120, 7, seed=1)
MORE_INSTRUMENTS_THAN_RETURNS = market_returns(30, 50, seed=2)


def test_the_sample_covariance_is_that_of_numpy() -> None:
    np.testing.assert_allclose(sample(RETURNS), np.cov(RETURNS, rowvar=False), rtol=1e-12)


def test_the_exponential_covariance_weighs_by_age() -> None:
    weights = 0.5 ** (np.arange(119, -1, -1) / 20.0)

    expected = np.cov(RETURNS, rowvar=False, aweights=weights, ddof=0)

    np.testing.assert_allclose(exponential(RETURNS, 20.0), expected, rtol=1e-12)


def test_an_endless_half_life_weighs_all_alike() -> None:
    expected = np.cov(RETURNS, rowvar=False, ddof=0)

    np.testing.assert_allclose(exponential(RETURNS, 1e12), expected, rtol=1e-9)


@pytest.mark.parametrize("returns", [RETURNS, MORE_INSTRUMENTS_THAN_RETURNS])
def test_shrinking_to_identity_is_that_of_scikit_learn(returns: FloatArray) -> None:
    theirs = LedoitWolf().fit(returns)

    ours = shrunk_to_identity(returns)

    assert ours.intensity == pytest.approx(theirs.shrinkage_, rel=1e-10)
    np.testing.assert_allclose(ours.covariance, theirs.covariance_, rtol=1e-10, atol=1e-18)


@pytest.mark.parametrize("returns", [RETURNS, MORE_INSTRUMENTS_THAN_RETURNS])
def test_shrinking_to_constant_correlation_follows_the_sums_of_the_paper(returns: FloatArray) -> None:
    expected, intensity = ledoit_wolf_2004_by_loops(returns)

    ours = shrunk_to_constant_correlation(returns)

    assert 0.0 < intensity < 1.0
    assert ours.intensity == pytest.approx(intensity, rel=1e-9)
    np.testing.assert_allclose(ours.covariance, expected, rtol=1e-9)


def ledoit_wolf_2004_by_loops(returns: FloatArray) -> tuple[FloatArray, float]:
    """Appendix B of "Honey, I Shrunk the Sample Covariance Matrix", written out term by term."""
    periods, count = returns.shape
    y = returns - returns.mean(axis=0)
    s = y.T @ y / periods
    r = np.array([[s[i, j] / np.sqrt(s[i, i] * s[j, j]) for j in range(count)] for i in range(count)])
    mean_r = 2.0 / ((count - 1) * count) * sum(r[i, j] for i in range(count) for j in range(i + 1, count))
    f = np.array([[mean_r * np.sqrt(s[i, i] * s[j, j]) for j in range(count)] for i in range(count)])
    f[np.diag_indices(count)] = np.diagonal(s)
    pi = np.array([[np.mean((y[:, i] * y[:, j] - s[i, j]) ** 2) for j in range(count)] for i in range(count)])
    rho = float(np.trace(pi))
    for i in range(count):
        for j in range(count):
            if i != j:
                product = y[:, i] * y[:, j] - s[i, j]
                theta_ii = np.mean((y[:, i] ** 2 - s[i, i]) * product)
                theta_jj = np.mean((y[:, j] ** 2 - s[j, j]) * product)
                rho += (
                    mean_r
                    / 2
                    * (np.sqrt(s[j, j] / s[i, i]) * theta_ii + np.sqrt(s[i, i] / s[j, j]) * theta_jj)
                )
    kappa = (pi.sum() - rho) / ((f - s) ** 2).sum()
    delta = float(max(0.0, min(kappa / periods, 1.0)))
    return delta * f + (1.0 - delta) * s, delta


def test_denoising_keeps_variances_and_the_eigenvalues_beyond_noise() -> None:
    noisy = sample(MORE_INSTRUMENTS_THAN_RETURNS)

    clean = denoised(MORE_INSTRUMENTS_THAN_RETURNS)

    np.testing.assert_allclose(np.diagonal(clean), np.diagonal(noisy), rtol=1e-12)
    values = np.linalg.eigvalsh(correlation_of(clean))
    # One common cause: one eigenvalue stands out. Of the 49 others, which are noise, the sample makes up
    # some that look like causes and some that look like no risk.
    before = np.linalg.eigvalsh(correlation_of(noisy))
    assert values[-1] > 20.0
    assert before[-2] > 2.8
    assert values[-2] < 1.0
    assert before[0] == pytest.approx(0.0, abs=1e-12)
    assert values[0] > 0.4


def test_denoising_pure_noise_leaves_no_correlation() -> None:
    noise = np.random.default_rng(3).normal(0.0, 0.01, (400, 20))

    np.testing.assert_allclose(correlation_of(denoised(noise)), np.eye(20), atol=1e-12)


@pytest.mark.parametrize("estimator", CovarianceEstimator)
def test_variances_are_the_diagonal_of_the_estimate(estimator: CovarianceEstimator) -> None:
    expected = np.diagonal(estimate(RETURNS, estimator, 30.0))

    np.testing.assert_allclose(variances(RETURNS, estimator, 30.0), expected, rtol=1e-10)


@pytest.mark.parametrize("estimator", CovarianceEstimator)
def test_no_portfolio_has_a_negative_variance(estimator: CovarianceEstimator) -> None:
    covariance = estimate(MORE_INSTRUMENTS_THAN_RETURNS, estimator)

    np.testing.assert_array_equal(covariance, covariance.T)
    assert np.linalg.eigvalsh(covariance)[0] >= -1e-18


@pytest.mark.parametrize("estimator", CovarianceEstimator)
def test_one_instrument_has_its_own_variance_alone(estimator: CovarianceEstimator) -> None:
    alone = RETURNS[:, :1]

    assert estimate(alone, estimator, 1e12).item() == pytest.approx(float(alone.var()), rel=1e-2)


def test_gaps_and_too_few_returns_are_refused() -> None:
    with pytest.raises(InvalidInput, match="without gaps"):
        sample(np.array([[0.1, 0.2], [np.nan, 0.1], [0.0, 0.1]]))
    with pytest.raises(InvalidInput, match="two returns"):
        sample(RETURNS[:1])
    with pytest.raises(InvalidInput, match="Instrument 1 did not move"):
        denoised(np.column_stack([RETURNS[:, 0], np.zeros(120)]))
    with pytest.raises(InvalidInput, match="half_life"):
        exponential(RETURNS, 0.0)
