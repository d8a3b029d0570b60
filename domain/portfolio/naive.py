"""Weights that need no covariance."""

import numpy as np

from domain.arrays import FloatArray
from domain.errors import InvalidInput


def equal(count: int) -> FloatArray:
    """The same share for each of `count` instruments, (N,), summing to one. Hard to beat out of sample.

    Source: V. DeMiguel, L. Garlappi, R. Uppal, Optimal Versus Naive Diversification, Review of
    Financial Studies 22 (2009).
    """
    if count < 1:
        raise InvalidInput("Weights need one instrument at least.")
    return np.full(count, 1.0 / count)


def inverse_volatility(variances: FloatArray) -> FloatArray:
    """Shares in proportion to 1 / deviation, (N,), summing to one; variances (N,) must be above 0.

    The risk parity of instruments that are all equally correlated.
    """
    if variances.size == 0 or not bool((variances > 0.0).all()):
        raise InvalidInput("Inverse volatility needs variances above 0: leave out what does not move.")
    inverse = 1.0 / np.sqrt(variances)
    return np.asarray(inverse / inverse.sum())
