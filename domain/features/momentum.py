"""Speed and direction of price: RSI, MACD, rate of change. Rules: `domain.features.columns`."""

import math
from collections import deque
from typing import NamedTuple

import numpy as np

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.features import _rolling
from domain.features.columns import by_column, checked_window, is_present, is_price
from domain.features.moving_averages import ExponentialSmoothing, RunningEma, ema


def rsi(values: FloatArray, window: int = 14) -> FloatArray:
    """Relative strength index, 0 to 100: the share of the ups in all recent movement.

    100 * gain / (gain + loss), both smoothed with rate 1 / window and seeded with the mean of the
    first `window` changes; first value on row `window`. A market that did not move at all is 50,
    neither strong nor weak (TA-Lib answers 0 there, which reads as oversold).
    Source: J. W. Wilder, New Concepts in Technical Trading Systems (1978).
    """
    checked_window(window)
    return by_column(lambda x, out: _rolling.rsi(x, out, window), values)[0]


class RunningRsi:
    """`rsi`, one bar at a time, to the same bits."""

    def __init__(self, window: int = 14) -> None:
        self._gain = ExponentialSmoothing(checked_window(window), 1.0 / window)
        self._loss = ExponentialSmoothing(window, 1.0 / window)
        self._last = math.nan

    def update(self, value: float) -> float:
        """The index with this bar in it; NaN in warm-up, and for a missing bar, which is skipped."""
        if not is_present(value):
            return math.nan
        change, self._last = value - self._last, value
        if math.isnan(change):
            return math.nan
        gain = self._gain.update(max(change, 0.0))
        loss = self._loss.update(max(-change, 0.0))
        if math.isnan(gain):
            return math.nan
        return 100.0 * (gain / (gain + loss)) if gain + loss > 0.0 else 50.0


class Macd(NamedTuple):
    """line: fast less slow average. signal: average of the line. histogram: line less signal."""

    line: FloatArray
    signal: FloatArray
    histogram: FloatArray


class MacdValue(NamedTuple):
    """`Macd` at one bar."""

    line: float
    signal: float
    histogram: float


def macd(values: FloatArray, fast: int = 12, slow: int = 26, signal: int = 9) -> Macd:
    """Moving average convergence and divergence, in the unit of the input.

    Both averages are seeded on the slow one's first bar, as TA-Lib does: the line begins on row
    slow - 1 and the signal signal - 1 rows later. Raises InvalidInput unless fast < slow.
    Source: G. Appel, Technical Analysis: Power Tools for Active Investors (2005).
    """
    _check_order(fast, slow)
    line = ema(values, fast, seed_bar=slow - 1) - ema(values, slow)
    smoothed = ema(line, signal)
    return Macd(line, smoothed, line - smoothed)


class RunningMacd:
    """`macd`, one bar at a time, to the same bits."""

    def __init__(self, fast: int = 12, slow: int = 26, signal: int = 9) -> None:
        _check_order(fast, slow)
        self._fast = RunningEma(fast, seed_bar=slow - 1)
        self._slow = RunningEma(slow)
        self._signal = RunningEma(signal)

    def update(self, value: float) -> MacdValue:
        """With this bar in it; NaN in warm-up, and for a missing bar, which is skipped."""
        line = self._fast.update(value) - self._slow.update(value)
        signal = self._signal.update(line)
        return MacdValue(line, signal, line - signal)


def roc(values: FloatArray, window: int) -> FloatArray:
    """Rate of change over `window` bars, a fraction: 0.05 is five per cent up.

    value[t] / value[t - window] - 1. A bar without a positive value is skipped like a missing one.
    """
    checked_window(window)

    def rate(x: FloatArray, out: FloatArray) -> None:
        out[:window] = np.nan
        np.divide(x[window:], x[:-window], out=out[window:])
        out[window:] -= 1.0

    return by_column(rate, values, prices=True)[0]


class RunningRoc:
    """`roc`, one bar at a time, to the same bits."""

    def __init__(self, window: int) -> None:
        self._kept: deque[float] = deque(maxlen=checked_window(window))

    def update(self, value: float) -> float:
        """The rate at this bar; NaN in warm-up, and for a missing bar, which is skipped."""
        if not is_price(value):
            return math.nan
        rate = value / self._kept[0] - 1.0 if len(self._kept) == self._kept.maxlen else math.nan
        self._kept.append(value)
        return rate


def _check_order(fast: int, slow: int) -> None:
    if fast >= slow:
        raise InvalidInput.at("fast", message=f"fast ({fast}) must be below slow ({slow})")
