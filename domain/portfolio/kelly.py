"""Growth-optimal weights, held back."""

import numpy as np

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.portfolio.quadratic import Program


def capped_kelly(
    mean: FloatArray,
    covariance: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    *,
    fraction: float = 0.5,
    leverage: float = 1.0,
) -> FloatArray:
    """Weights (N,) between the bounds that maximise fraction * mean'x - 1/2 x'Cx, summing to `leverage` at most.

    mean (N,) is of excess returns a period, covariance (N, N) of the same periods. With fraction 1
    this is the portfolio of fastest growth, to second order in returns; half of it has three
    quarters of the growth for half of the deviation, and forgives a mean that was estimated too high.
    What the weights leave is cash. Where the cap binds, the best portfolio under the cap is held,
    not the free one cut down in proportion. Raises InvalidInput for a fraction outside (0, 1], a
    leverage of 0 or less, and for bounds that cannot be met.
    Sources: J. Kelly, A New Interpretation of Information Rate (1956); E. Thorp, The Kelly Criterion
    in Blackjack, Sports Betting and the Stock Market (2006).
    """
    if not 0.0 < fraction <= 1.0:
        raise InvalidInput.at("fraction", message=f"must be above 0 and at most 1 (got {fraction})")
    if not leverage > 0.0:
        raise InvalidInput.at("leverage", message=f"must be above 0 (got {leverage})")
    wanted = fraction * mean
    free = Program.of(covariance, lower, upper, linear=wanted).minimum().x
    if float(free.sum()) <= leverage:
        return np.asarray(free)
    return Program.of(covariance, lower, upper, linear=wanted, budget=leverage).minimum().x
