"""The portfolio with the highest expected return for a unit of risk, and the mean it is based on."""

from dataclasses import replace

import numpy as np

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.portfolio.quadratic import Minimum, Program, is_singular

_ROUNDS = 200
_CLOSE = 1e-13
_FEWEST_TO_SHRINK = 3


def shrunk_mean(returns: FloatArray, covariance: FloatArray) -> FloatArray:
    """Expected returns a period, (N,): sample means drawn towards that of the least variable portfolio.

    returns (S, N), covariance (N, N) above 0. Means are the least certain of all inputs, and an
    optimiser seeks out the luckiest; below three instruments nothing is gained and the sample means
    are returned. Source: P. Jorion, Bayes-Stein Estimation for Portfolio Analysis, Journal of
    Financial and Quantitative Analysis 21 (1986).
    """
    periods, count = returns.shape
    mean = np.asarray(returns.mean(axis=0))
    if count < _FEWEST_TO_SHRINK:
        return mean
    if is_singular(covariance):
        raise InvalidInput(
            f"Expected returns of {count} instruments cannot be weighed against a covariance from {periods} "
            "returns, which is singular; use a shrunk or denoised one, a longer window or fewer instruments."
        )
    both = np.linalg.solve(covariance, np.stack([np.ones(count), mean], axis=1))
    common = float(both[:, 1].sum()) / float(both[:, 0].sum())
    apart = mean - common
    distance = float(apart @ (both[:, 1] - common * both[:, 0]))
    if distance <= 0.0:
        return np.full(count, common)
    intensity = (count + 2.0) / (count + 2.0 + periods * distance)
    return np.asarray((1.0 - intensity) * mean + intensity * common)


def maximum_sharpe(
    mean: FloatArray, covariance: FloatArray, lower: FloatArray, upper: FloatArray
) -> FloatArray:
    """Weights (N,) between the bounds that sum to one and have the highest mean over deviation.

    mean (N,) is of returns in excess of the risk-free rate. All zeros, which is to hold cash, when
    no such weights have a mean above 0. Raises InvalidInput when no weights sum to one.

    The answer lies on the efficient frontier, where x minimises 1/2 x'Cx - appetite * mean'x. The
    Sharpe ratio rises with the appetite as long as appetite * mean'x < x'Cx and falls from there on
    (its derivative has the sign of the difference), so the one appetite between is looked for: by
    bisection, shortened by the exact root of the straight piece of the frontier it has come to.
    """
    if not bool((mean > 0.0).any()) or float(mean @ _richest(mean, lower, upper)) <= 0.0:
        return np.zeros(len(mean))
    scale = float(np.trace(covariance)) / len(mean) or 1.0
    matrix, expected = covariance / scale, mean / float(np.abs(mean).max())
    program = Program.of(matrix, lower, upper, budget=1.0)
    return _search(program, program.matrix, expected)


def _search(program: Program, matrix: FloatArray, mean: FloatArray) -> FloatArray:
    low, high, appetite = 0.0, np.inf, 1.0
    found: Minimum | None = None
    for _ in range(_ROUNDS):
        found = replace(program, linear=appetite * mean).minimum(found)
        reward, risk = float(mean @ found.x), float(found.x @ matrix @ found.x)
        gap = appetite * reward - risk
        if abs(gap) <= _CLOSE * risk or high < low * (1.0 + _CLOSE):
            break
        low, high = (appetite, high) if gap < 0.0 else (low, appetite)
        # On a straight piece the gap is linear in the appetite, with this slope.
        slope = reward - appetite * _gain(matrix, mean, found.free)
        root = appetite - gap / slope if slope > 0.0 else np.inf
        appetite = root if low < root < high else 2.0 * low if high == np.inf else (low + high) / 2.0
    return program.lower if found is None else found.x


def _gain(matrix: FloatArray, mean: FloatArray, free: np.ndarray) -> float:
    """How fast the mean grows with the appetite while the same entries are free."""
    if not free.any():
        return 0.0
    own = mean[free]
    answers = np.linalg.solve(matrix[np.ix_(free, free)], np.stack([own, np.ones_like(own)], axis=1))
    level = float(answers[:, 0].sum()) / float(answers[:, 1].sum())
    return float(own @ (answers[:, 0] - level * answers[:, 1]))


def _richest(mean: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """The weights of highest mean: the best instruments filled up first."""
    weights = lower.copy()
    left = 1.0 - float(lower.sum())
    for column in np.argsort(-mean, kind="stable"):
        step = min(left, float(upper[column] - lower[column]))
        weights[column] += step
        left -= step
    return weights
