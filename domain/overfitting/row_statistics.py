"""Statistics of many resampled histories at once: each takes (b, n) and gives (b,).

NaN where undefined, since one array holds them all; `intervals` leaves those out. Returns are simple.
Conventions are those of `domain.performance.conventions`, per period instead of per year.
"""

import numpy as np

from domain.arrays import FloatArray
from domain.performance.returns import FEWEST_FOR_A_SPREAD, NOISE


def mean(values: FloatArray) -> FloatArray:
    """Arithmetic mean of each row."""
    result: FloatArray = values.mean(axis=1)
    return result


def sharpe(returns: FloatArray) -> FloatArray:
    """Mean over standard deviation (ddof 1), per period; NaN for a row that does not vary."""
    if returns.shape[1] < FEWEST_FOR_A_SPREAD:
        return np.full(len(returns), np.nan)
    return _ratio(returns.mean(axis=1), returns.std(axis=1, ddof=1))


def total_return(returns: FloatArray) -> FloatArray:
    """Compounded; an account that loses all of it stays at -1."""
    result: FloatArray = np.prod(np.maximum(1.0 + returns, 0.0), axis=1) - 1.0
    return result


def max_drawdown(returns: FloatArray) -> FloatArray:
    """Deepest fall of compounded value below its highest so far, the start included; in [-1, 0]."""
    level = np.maximum(1.0 + returns, 0.0)
    np.cumprod(level, axis=1, out=level)
    peak = np.maximum.accumulate(level, axis=1)
    np.maximum(peak, 1.0, out=peak)
    level /= peak
    deepest: FloatArray = np.minimum(level.min(axis=1), 1.0) - 1.0
    return deepest


def profit_factor(pnl: FloatArray) -> FloatArray:
    """Sum of gains over sum of losses, of trades; NaN without a loss."""
    return _ratio(np.maximum(pnl, 0.0).sum(axis=1), -np.minimum(pnl, 0.0).sum(axis=1))


def win_rate(pnl: FloatArray) -> FloatArray:
    """Share of trades with a gain; one that breaks even is none."""
    share: FloatArray = (pnl > 0.0).mean(axis=1)
    return share


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    ratio = np.full(len(above), np.nan)
    np.divide(above, below, out=ratio, where=below > NOISE)
    return ratio
