"""Price channels: Bollinger bands and Donchian channels. Rules: `domain.features.columns`."""

import math
from collections import deque
from functools import partial
from typing import NamedTuple

import numpy as np

from domain.arrays import FloatArray
from domain.features import _rolling
from domain.features.columns import by_column, checked_window, is_present
from domain.features.running_sums import WindowMoments
from domain.features.volatility import rolling_deviation


class Bands(NamedTuple):
    """Upper band, moving average and lower band, in price units."""

    upper: FloatArray
    middle: FloatArray
    lower: FloatArray


class BandsValue(NamedTuple):
    """`Bands` at one bar."""

    upper: float
    middle: float
    lower: float


def bollinger(values: FloatArray, window: int = 20, width: float = 2.0) -> Bands:
    """Bands `width` population deviations (ddof 0) around the simple moving average.

    Source: J. Bollinger, Bollinger on Bollinger Bands (2001).
    """
    middle, deviation = rolling_deviation(values, window)
    deviation *= width
    return Bands(middle + deviation, middle, middle - deviation)


class RunningBollinger:
    """`bollinger`, one bar at a time, to the same bits."""

    def __init__(self, window: int = 20, width: float = 2.0) -> None:
        self._moments = WindowMoments(checked_window(window), 0)
        self._width = width

    def update(self, value: float) -> BandsValue:
        """With this bar in them; NaN in warm-up, and for a missing bar, which is skipped."""
        self._moments.update(value)
        middle, reach = self._moments.mean, self._moments.deviation * self._width
        return BandsValue(middle + reach, middle, middle - reach)


def highest(values: FloatArray, window: int) -> FloatArray:
    """The highest of the last `window` bars, this one included, in the unit of the input."""
    return by_column(partial(_extreme, window=checked_window(window), sign=1.0), values)[0]


def lowest(values: FloatArray, window: int) -> FloatArray:
    """The lowest of the last `window` bars, this one included, in the unit of the input."""
    return by_column(partial(_extreme, window=checked_window(window), sign=-1.0), values)[0]


class Channel(NamedTuple):
    """Highest high and lowest low, in price units."""

    upper: FloatArray
    lower: FloatArray


class ChannelValue(NamedTuple):
    """`Channel` at one bar."""

    upper: float
    lower: float


def donchian(high: FloatArray, low: FloatArray, window: int) -> Channel:
    """Highest high and lowest low of the last `window` bars, this one included.

    A breakout compares with the channel before the bar, `shift(upper)`: no close is above a high
    that counts its own. Source: R. D. Donchian, High finance in copper, Financial Analysts Journal
    16 (1960).
    """
    checked_window(window)

    def extremes(high: FloatArray, low: FloatArray, upper: FloatArray, lower: FloatArray) -> None:
        _extreme(high, upper, window=window, sign=1.0)
        _extreme(low, lower, window=window, sign=-1.0)

    return Channel(*by_column(extremes, high, low, outputs=2))


class RunningDonchian:
    """`donchian`, one bar at a time, to the same bits."""

    def __init__(self, window: int) -> None:
        self._window = checked_window(window)
        self._bar = -1
        # Bars that may still become the extreme, best first: later ones beat earlier equals.
        self._highs: deque[tuple[int, float]] = deque()
        self._lows: deque[tuple[int, float]] = deque()

    def update(self, high: float, low: float) -> ChannelValue:
        """With this bar in it; NaN in warm-up, and for a missing bar, which is skipped."""
        if not is_present(high, low):
            return ChannelValue(math.nan, math.nan)
        self._bar += 1
        while self._highs and self._highs[-1][1] <= high:
            self._highs.pop()
        while self._lows and self._lows[-1][1] >= low:
            self._lows.pop()
        self._highs.append((self._bar, high))
        self._lows.append((self._bar, low))
        for candidates in (self._highs, self._lows):
            if candidates[0][0] <= self._bar - self._window:
                candidates.popleft()
        if self._bar + 1 < self._window:
            return ChannelValue(math.nan, math.nan)
        return ChannelValue(self._highs[0][1], self._lows[0][1])


def _extreme(values: FloatArray, out: FloatArray, *, window: int, sign: float) -> None:
    # No more scratch than there is data: an oversized window must not ask for gigabytes.
    scratch = np.empty(min(window, values.size))
    _rolling.extreme(values, out, scratch, window, sign)
