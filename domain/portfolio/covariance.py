"""Covariance of returns: how much instruments move, and how much they move together.

Every function takes simple returns (S, N) without gaps (`domain.portfolio.observations` makes them
so) and answers with a symmetric (N, N) matrix in squared returns a period. Raises InvalidInput for
fewer than two returns or values that are not finite.

With fewer returns than instruments a sample covariance is singular: it knows portfolios that seem to
have no risk at all. The shrunk and the denoised ones are the better choice there: they are singular only
where instruments are copies of each other, and the one drawn to the identity not even then.
"""

from dataclasses import dataclass

import numpy as np

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.portfolio.model import CovarianceEstimator

_FEWEST = 2
_ROUNDS = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Shrunk:
    """A covariance (N, N) and its intensity: the share of the target in it, in [0, 1]."""

    covariance: FloatArray
    intensity: float


def estimate(
    returns: FloatArray,
    estimator: CovarianceEstimator = CovarianceEstimator.SAMPLE,
    half_life: float = 63.0,
) -> FloatArray:
    """The covariance by the estimator named; half_life, in periods, is of EXPONENTIAL alone."""
    match estimator:
        case CovarianceEstimator.SAMPLE:
            return sample(returns)
        case CovarianceEstimator.EXPONENTIAL:
            return exponential(returns, half_life)
        case CovarianceEstimator.SHRUNK_TO_IDENTITY:
            return shrunk_to_identity(returns).covariance
        case CovarianceEstimator.SHRUNK_TO_CONSTANT_CORRELATION:
            return shrunk_to_constant_correlation(returns).covariance
        case CovarianceEstimator.DENOISED:
            return denoised(returns)


def sample(returns: FloatArray) -> FloatArray:
    """The unbiased sample covariance (ddof 1)."""
    centred = _centred(returns)
    return np.asarray(centred.T @ centred / (len(centred) - 1))


def exponential(returns: FloatArray, half_life: float) -> FloatArray:
    """Weighted covariance in which a return counts half as much as one `half_life` periods younger.

    Weights sum to one and the weighted mean is taken off; no correction for degrees of freedom.
    """
    centred, weights = _weighted(returns, half_life)
    scaled = centred * np.sqrt(weights)[:, np.newaxis]
    return np.asarray(scaled.T @ scaled)


def variances(returns: FloatArray, estimator: CovarianceEstimator, half_life: float = 63.0) -> FloatArray:
    """The diagonal of `estimate`, (N,), without the rest of it where that can be saved."""
    match estimator:
        case CovarianceEstimator.EXPONENTIAL:
            centred, weights = _weighted(returns, half_life)
            return np.asarray(weights @ (centred * centred))
        case CovarianceEstimator.SHRUNK_TO_IDENTITY:
            return np.diagonal(shrunk_to_identity(returns).covariance).copy()
        case CovarianceEstimator.SHRUNK_TO_CONSTANT_CORRELATION:
            # The target has the sample's own variances, so that shrinking leaves them alone.
            return np.asarray(_centred(returns).var(axis=0))
        case CovarianceEstimator.SAMPLE | CovarianceEstimator.DENOISED:
            return np.asarray(_centred(returns).var(axis=0, ddof=1))


def shrunk_to_identity(returns: FloatArray) -> Shrunk:
    """The sample covariance (ddof 0) drawn towards equal variances without correlation.

    The intensity is the one that minimises the expected squared error for large S and N.
    Source: O. Ledoit, M. Wolf, A well-conditioned estimator for large-dimensional covariance
    matrices, Journal of Multivariate Analysis 88 (2004).
    """
    centred = _centred(returns)
    periods, count = centred.shape
    covariance = centred.T @ centred / periods
    mean_variance = float(np.trace(covariance)) / count
    squares = float(np.vdot(covariance, covariance))
    distance = (squares - count * mean_variance**2) / count
    lengths = np.einsum("ij,ij->i", centred, centred)
    error = (float(lengths @ lengths) / periods - squares) / (count * periods)
    intensity = min(error, distance) / distance if count > 1 and distance > 0.0 else 0.0
    covariance *= 1.0 - intensity
    covariance[np.diag_indices(count)] += intensity * mean_variance
    return Shrunk(covariance, intensity)


def shrunk_to_constant_correlation(returns: FloatArray) -> Shrunk:
    """The sample covariance (ddof 0) drawn towards its own variances with one correlation for all pairs.

    Every instrument needs a variance above 0, or InvalidInput is raised: a correlation is undefined
    without. Source: O. Ledoit, M. Wolf, Honey, I Shrunk the Sample Covariance Matrix, Journal of
    Portfolio Management 30 (2004), appendix B.
    """
    centred = _centred(returns)
    periods, count = centred.shape
    covariance = centred.T @ centred / periods
    if count == 1:
        return Shrunk(covariance, 0.0)
    variance = np.diagonal(covariance).copy()
    deviation = _deviations(variance)
    ratio = covariance / np.outer(deviation, deviation)
    mean_correlation = (float(ratio.sum()) - count) / (count * (count - 1))
    target = mean_correlation * np.outer(deviation, deviation)
    target[np.diag_indices(count)] = variance
    squared = centred * centred
    spread = squared.T @ squared / periods - covariance * covariance
    # How the variance of i moves with its covariance with j, which the target inherits.
    joint = (squared * centred).T @ centred / periods - variance[:, np.newaxis] * covariance
    joint[np.diag_indices(count)] = 0.0
    inherited = float(np.trace(spread)) + mean_correlation * float(
        (joint * np.outer(1.0 / deviation, deviation)).sum()
    )
    distance = float(np.sum((covariance - target) ** 2))
    intensity = 0.0
    if distance > 0.0:
        intensity = min(max((float(spread.sum()) - inherited) / distance / periods, 0.0), 1.0)
    return Shrunk(intensity * target + (1.0 - intensity) * covariance, intensity)


def denoised(returns: FloatArray) -> FloatArray:
    """The sample covariance (ddof 1) whose eigenvalues that noise alone explains are made equal.

    Eigenvalues of the correlation matrix up to the Marchenko-Pastur edge, variance * (1 +
    sqrt(N / S))**2, are replaced by their mean; the variance of the noise is the mean of those
    eigenvalues, found by repetition. Needs variances above 0, or raises InvalidInput.
    Source: M. Lopez de Prado, Machine Learning for Asset Managers (2020), chapter 2.
    """
    covariance = sample(returns)
    deviation = _deviations(np.diagonal(covariance))
    scale = np.outer(deviation, deviation)
    values, vectors = np.linalg.eigh(covariance / scale)
    values = np.maximum(values, 0.0)
    noise = _noise(values, covariance.shape[0] / len(returns))
    if noise:
        values[:noise] = values[:noise].mean()
    correlation = (vectors * values) @ vectors.T
    # Replacing eigenvalues moves the diagonal off one; scaling puts it back.
    norm = np.sqrt(np.diagonal(correlation))
    result = correlation / np.outer(norm, norm) * scale
    return np.asarray((result + result.T) / 2.0)


def correlation_of(covariance: FloatArray) -> FloatArray:
    """Correlations in [-1, 1], with ones on the diagonal. Raises InvalidInput for a variance of 0."""
    deviation = _deviations(np.diagonal(covariance))
    correlation = np.clip(covariance / np.outer(deviation, deviation), -1.0, 1.0)
    np.fill_diagonal(correlation, 1.0)
    return correlation


def _noise(values: FloatArray, ratio: float) -> int:
    """How many of the ascending eigenvalues are within the edge that noise of their mean would have."""
    count = len(values)
    for _ in range(_ROUNDS):
        edge = float(values[:count].mean()) * (1.0 + ratio**0.5) ** 2 if count else 0.0
        within = int(np.searchsorted(values, edge, side="right"))
        if within >= count:
            break
        count = within
    return count


def _deviations(variance: FloatArray) -> FloatArray:
    if not bool((variance > 0.0).all()):
        column = int(np.argmin(variance))
        raise InvalidInput(f"Instrument {column} did not move: its correlation with others is undefined.")
    return np.sqrt(variance)


def _weighted(returns: FloatArray, half_life: float) -> tuple[FloatArray, FloatArray]:
    if not half_life > 0.0:
        raise InvalidInput.at("half_life", message=f"must be above 0 periods (got {half_life})")
    checked = _checked(returns)
    weights = 0.5 ** (np.arange(len(checked) - 1, -1, -1) / half_life)
    weights /= weights.sum()
    return checked - weights @ checked, weights


def _centred(returns: FloatArray) -> FloatArray:
    checked = _checked(returns)
    return np.asarray(checked - checked.mean(axis=0))


def _checked(returns: FloatArray) -> FloatArray:
    if returns.ndim != 2 or returns.shape[0] < _FEWEST or returns.shape[1] == 0:  # noqa: PLR2004 - rows and columns
        raise InvalidInput(
            f"A covariance needs two returns of one instrument at least, not a table of {returns.shape}."
        )
    if not bool(np.isfinite(returns).all()):
        raise InvalidInput("A covariance needs returns without gaps; fill or leave out missing bars first.")
    return returns
