"""How far price moves: true range, deviation, z-score, realised volatility.

Shapes, NaN and warm-up: `domain.features.columns`.
"""

import math
from typing import NamedTuple

import numpy as np

from domain.arrays import FloatArray
from domain.features import _rolling
from domain.features.columns import by_column, checked_window, is_present, is_price
from domain.features.moving_averages import ExponentialSmoothing
from domain.features.running_sums import WindowMoments


def atr(high: FloatArray, low: FloatArray, close: FloatArray, window: int = 14) -> FloatArray:
    """Average true range in price units; first value on row `window`.

    The true range of a bar reaches to the previous close, so that a gap counts as movement. It is
    smoothed with rate 1 / window and seeded with the mean of the first `window` ranges.
    Source: J. W. Wilder, New Concepts in Technical Trading Systems (1978).
    """
    checked_window(window)

    def average(high: FloatArray, low: FloatArray, close: FloatArray, out: FloatArray) -> None:
        _rolling.atr(high, low, close, out, window)

    return by_column(average, high, low, close)[0]


class RunningAtr:
    """`atr`, one bar at a time, to the same bits."""

    def __init__(self, window: int = 14) -> None:
        self._average = ExponentialSmoothing(checked_window(window), 1.0 / window)
        self._close = math.nan

    def update(self, high: float, low: float, close: float) -> float:
        """The average with this bar in it; NaN in warm-up, and for a missing bar, which is skipped."""
        if not is_present(high, low, close):
            return math.nan
        before, self._close = self._close, close
        if math.isnan(before):
            return math.nan
        return self._average.update(max(high - low, abs(high - before), abs(low - before)))


class MeanAndDeviation(NamedTuple):
    """Both of the shape of the input and in its unit."""

    mean: FloatArray
    deviation: FloatArray


def rolling_deviation(values: FloatArray, window: int, *, ddof: int = 0) -> MeanAndDeviation:
    """Mean and standard deviation of the last `window` bars; ddof as in numpy.

    Computed in twice the working precision, since a share at 500 that moves by cents leaves nothing
    of a variance in plain doubles. A window of equal values deviates by exactly 0.
    """
    checked_window(window, least=ddof + 1)
    mean, variance = by_column(
        lambda x, mean, variance: _rolling.moments(x, mean, variance, window, ddof), values, outputs=2
    )
    return MeanAndDeviation(mean, np.sqrt(variance, out=variance))


def zscore(values: FloatArray, window: int) -> FloatArray:
    """Distance from the mean of the last `window` bars, in population deviations (ddof 0).

    |z| > k is the same as lying outside Bollinger bands of width k. NaN where the window is flat.
    """
    mean, deviation = rolling_deviation(values, checked_window(window, least=2))
    result = np.full_like(mean, np.nan)
    np.divide(values - mean, deviation, out=result, where=deviation > 0.0)
    return result


class RunningZscore:
    """`zscore`, one bar at a time, to the same bits."""

    def __init__(self, window: int) -> None:
        self._moments = WindowMoments(checked_window(window, least=2), 0)

    def update(self, value: float) -> float:
        """The z-score of this bar; NaN in warm-up, if flat, and for a missing bar, which is skipped."""
        self._moments.update(value)
        deviation = self._moments.deviation
        return (value - self._moments.mean) / deviation if deviation > 0.0 else math.nan


def realised_volatility(close: FloatArray, window: int, periods_per_year: float = 252.0) -> FloatArray:
    """Annual volatility from the last `window` log returns: 0.2 is twenty per cent a year.

    Sample deviation (ddof 1) times sqrt(periods_per_year), the number of bars a year: 252 for daily
    US shares. First value on row `window`. A bar without a positive price is skipped.
    """
    checked_window(window, least=2)

    def deviation(prices: FloatArray, out: FloatArray) -> None:
        out[0] = np.nan
        returns = np.empty(prices.size - 1)
        _rolling.log_returns(prices, returns)
        _rolling.moments(returns, np.empty_like(returns), out[1:], window, 1)
        np.sqrt(out, out=out)

    result = by_column(deviation, close, prices=True)[0]
    result *= math.sqrt(periods_per_year)
    return result


class RunningRealisedVolatility:
    """`realised_volatility`, one bar at a time, to the same bits."""

    def __init__(self, window: int, periods_per_year: float = 252.0) -> None:
        self._moments = WindowMoments(checked_window(window, least=2), 1)
        self._scale = math.sqrt(periods_per_year)
        self._close = math.nan

    def update(self, close: float) -> float:
        """The volatility with this bar in it; NaN in warm-up, and for a missing bar, which is skipped."""
        if not is_price(close):
            return math.nan
        before, self._close = self._close, close
        if math.isnan(before):
            return math.nan
        self._moments.update(math.log(close / before))
        return self._moments.deviation * self._scale
