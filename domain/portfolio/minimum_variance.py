"""The portfolio with the least variance."""

from domain.arrays import FloatArray
from domain.portfolio.quadratic import Program


def minimum_variance(covariance: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """Weights (N,) between the bounds (N,) that sum to one and have the least variance.

    lower of 0 is long only. Raises InvalidInput when the bounds leave no weights that sum to one.
    Source: H. Markowitz, Portfolio Selection, Journal of Finance 7 (1952).
    """
    return Program.of(covariance, lower, upper, budget=1.0).minimum().x
