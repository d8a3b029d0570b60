"""Simple and exponential moving averages. Shapes, NaN and warm-up: `domain.features.columns`."""

import math
from collections import deque
from collections.abc import Sequence

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.features import _rolling
from domain.features.columns import by_column, by_window, checked_window, is_present
from domain.features.running_sums import ExactSum


def sma(values: FloatArray, window: int) -> FloatArray:
    """Simple moving average: the mean of the last `window` bars, in the unit of the input.

    It is the exact mean, rounded once (`domain.features.running_sums`): it depends on the bars in
    the window and on nothing before them, and two averages of a flat market are equal.
    """
    checked_window(window)
    return by_column(lambda x, out: _rolling.sma(x, out, window), values)[0]


def sma_lines(values: FloatArray, windows: Sequence[int]) -> FloatArray:
    """`sma` of one instrument's values (T,) for K windows at once, to the same bits; shape (K, T)."""
    return by_window(_rolling.sma, values, windows)


class RunningSma:
    """`sma`, one bar at a time, to the same bits."""

    def __init__(self, window: int) -> None:
        self._window = checked_window(window)
        self._share = 1.0 / window
        self._sum = ExactSum()
        self._kept: deque[float] = deque()

    def update(self, value: float) -> float:
        """The average with this bar in it; NaN in warm-up, and for a missing bar, which is skipped."""
        if not is_present(value):
            return math.nan
        self._kept.append(value)
        self._sum.replace(value, self._kept.popleft() if len(self._kept) > self._window else 0.0)
        if len(self._kept) < self._window:
            return math.nan
        return self._sum.mean(float(self._window), self._share)


def ema(values: FloatArray, window: int, *, seed_bar: int | None = None) -> FloatArray:
    """Exponential moving average with rate 2 / (window + 1), in the unit of the input.

    average[t] = average[t-1] + rate * (value[t] - average[t-1]), seeded with the simple average of
    `window` bars that ends on `seed_bar`, the convention of TA-Lib. seed_bar counts the
    instrument's own bars from 0 and is window - 1 unless given; the rows before it are NaN.

    Its memory fades and never ends: the same bars after another beginning agree to about
    exp(-2 k / window) of the seed's error after k bars.
    """
    first = _checked_seed_bar(window, seed_bar)
    rate = 2.0 / (window + 1.0)
    return by_column(lambda x, out: _rolling.ema(x, out, window, first, rate), values)[0]


def ema_lines(values: FloatArray, windows: Sequence[int]) -> FloatArray:
    """`ema` of one instrument's values (T,) for K windows at once, to the same bits; shape (K, T)."""

    def kernel(x: FloatArray, out: FloatArray, window: int) -> None:
        _rolling.ema(x, out, window, window - 1, 2.0 / (window + 1.0))

    return by_window(kernel, values, windows)


class ExponentialSmoothing:
    """An exponential average with any rate, one bar at a time; Wilder's has rate 1 / window."""

    def __init__(self, window: int, rate: float, seed_bar: int | None = None) -> None:
        self._before_seed = _checked_seed_bar(window, seed_bar)
        self._rate = rate
        self._window = window
        self._seed: deque[float] = deque(maxlen=window)
        self._average = math.nan

    def update(self, value: float) -> float:
        """The average with this bar in it; NaN in warm-up, and for a missing bar, which is skipped."""
        if not is_present(value):
            return math.nan
        if self._before_seed < 0:
            self._average = self._average + (value - self._average) * self._rate
            return self._average
        self._seed.append(value)
        if self._before_seed == 0:
            self._average = _mean(self._seed)
            self._seed.clear()
        self._before_seed -= 1
        return self._average


class RunningEma(ExponentialSmoothing):
    """`ema`, one bar at a time, to the same bits."""

    def __init__(self, window: int, *, seed_bar: int | None = None) -> None:
        super().__init__(window, 2.0 / (window + 1.0), seed_bar)


def _checked_seed_bar(window: int, seed_bar: int | None) -> int:
    first = checked_window(window) - 1 if seed_bar is None else seed_bar
    if first < window - 1:
        raise InvalidInput.at("seed_bar", message=f"must leave {window} bars to average (got {first})")
    return first


def _mean(values: deque[float]) -> float:
    total = ExactSum()
    for value in values:
        total.add(value)
    return total.mean(float(len(values)), 1.0 / len(values))
