"""Is one Sharpe ratio higher than another by more than luck?"""

import math
from dataclasses import dataclass

import numpy as np

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.performance.returns import NOISE

_FEWEST = 3


@dataclass(frozen=True, slots=True)
class SharpeDifference:
    """The first Sharpe ratio less the second, over the same periods.

    difference  annualised; z_statistic and two-sided p_value are of the difference a period. None where
                returns do not vary, and where the two move as one so that there is no error to judge by
    """

    difference: float | None
    z_statistic: float | None
    p_value: float | None
    periods: int


def sharpe_difference(first: FloatArray, second: FloatArray, periods_per_year: int) -> SharpeDifference:
    """Test whether two accounts' simple period returns, each (n,), have the same Sharpe ratio.

    The asymptotic variance assumes normal returns without memory; fat tails and autocorrelation make a
    p-value just below a threshold worth less than it says. Risk-free rate 0. Raises InvalidInput for
    arrays of different lengths. Sources: J. Jobson, B. Korkie, Performance Hypothesis Testing with the
    Sharpe and Treynor Measures, Journal of Finance 36 (1981), with the correction of C. Memmel,
    Performance Hypothesis Testing with the Sharpe Ratio, Finance Letters 1 (2003).
    """
    if first.shape != second.shape or first.ndim != 1:
        raise InvalidInput("Sharpe ratios are compared over the same periods.")
    count = len(first)
    if count < _FEWEST:
        return SharpeDifference(None, None, None, count)
    deviations = [float(one.std(ddof=1)) for one in (first, second)]
    if min(deviations) <= NOISE:
        return SharpeDifference(None, None, None, count)
    a, b = (float(one.mean()) / spread for one, spread in zip((first, second), deviations, strict=True))
    joint = float(np.clip(np.corrcoef(first, second)[0, 1], -1.0, 1.0))
    variance = (2.0 - 2.0 * joint + 0.5 * (a * a + b * b - 2.0 * a * b * joint * joint)) / count
    difference = (a - b) * math.sqrt(periods_per_year)
    if variance <= NOISE**2 or 1.0 - joint <= NOISE:
        return SharpeDifference(difference, None, None, count)
    z = (a - b) / math.sqrt(variance)
    return SharpeDifference(difference, z, math.erfc(abs(z) / math.sqrt(2.0)), count)
