"""Exact sums over a moving window, one value at a time.

A running sum in plain doubles gathers rounding from every bar since the data began, so that two
averages of a flat market differ by noise and "cross". Here each rounding error is caught in a second
double (Knuth's two-sum, Dekker's product). For values of ordinary size the pair holds the window's
sum exactly: the mean is the true mean rounded once, the same wherever the data began.

These classes repeat the compiled loops of `domain.features._rolling` operation by operation, so
that an indicator fed bar by bar has the same bits as one computed over the whole history.

Sources: D. E. Knuth, The Art of Computer Programming 2, 4.2.2; T. J. Dekker, A floating-point
technique for extending the available precision, Numerische Mathematik 18 (1971).
"""

import math
from collections import deque

from domain.features.columns import is_present

_SPLITTER = 134217729.0
"""2**27 + 1 cuts a double into two halves whose products are exact."""


class ExactSum:
    """high + low, unevaluated; `low` collects what rounding took from `high`."""

    __slots__ = ("high", "low")

    def __init__(self, high: float = 0.0, low: float = 0.0) -> None:
        self.high = high
        self.low = low

    def add(self, value: float, error: float = 0.0) -> None:
        """Add value + error and lose nothing."""
        high = self.high + value
        seen = high - self.high
        self.low += error + ((self.high - (high - seen)) + (value - seen))
        self.high = high

    def replace(self, new: float, old: float) -> None:
        """Add new and take away old."""
        difference = new - old
        seen = difference - new
        self.add(difference, (new - (difference - seen)) - (old + seen))

    def mean(self, count: float, share: float) -> float:
        """The sum over count, rounded once; share is 1 / count."""
        high = self.high + self.low
        low = self.low - (high - self.high)
        mean = high * share
        cut = _SPLITTER * mean
        mean_high = cut - (cut - mean)
        residual = ((high - mean_high * count) - (mean - mean_high) * count) + low
        return mean + residual * share

    def normalised(self) -> "ExactSum":
        """The same value with `low` below half a unit in the last place of `high`."""
        high = self.high + self.low
        seen = high - self.high
        return ExactSum(high, (self.high - (high - seen)) + (self.low - seen))


class WindowMoments:
    """Mean and deviation of the last `window` values; `ddof` as in numpy.

    After each `update` both are NaN until the window is full, and on a missing bar.
    """

    def __init__(self, window: int, ddof: int) -> None:
        self.mean = math.nan
        self.deviation = math.nan
        self._window = window
        self._count = float(window)
        self._share = 1.0 / window
        self._scale = 1.0 / (self._count * (window - ddof))
        self._values = ExactSum()
        self._squares = ExactSum()
        self._kept: deque[float] = deque()
        self._last = math.nan
        self._equal = 0

    def update(self, value: float) -> None:
        if not is_present(value):
            self.mean = self.deviation = math.nan
            return
        self._kept.append(value)
        dropped = self._kept.popleft() if len(self._kept) > self._window else 0.0
        new, old = _square(value), _square(dropped)
        self._values.replace(value, dropped)
        self._squares.replace(new.high, old.high)
        self._squares.low += new.low - old.low
        self._equal = self._equal + 1 if value == self._last else 1
        self._last = value
        if len(self._kept) == self._window:
            self.mean = self._values.mean(self._count, self._share)
            self.deviation = 0.0 if self._equal >= self._window else math.sqrt(self._variance())

    def _variance(self) -> float:
        """(n * sum of squares - square of the sum) * scale, in twice the working precision."""
        s, q = self._values.normalised(), self._squares.normalised()
        first, second = _product(q.high, self._count), _square(s.high)
        gap = first.high - second.high
        seen = gap - first.high
        low = (first.high - (gap - seen)) - (second.high + seen)
        low += (first.low + q.low * self._count) - (second.low + 2.0 * s.high * s.low)
        return max(gap + low, 0.0) * self._scale


def _halves(a: float) -> tuple[float, float]:
    cut = _SPLITTER * a
    high = cut - (cut - a)
    return high, a - high


def _product(a: float, b: float) -> ExactSum:
    (a_high, a_low), (b_high, b_low) = _halves(a), _halves(b)
    high = a * b
    return ExactSum(high, ((a_high * b_high - high) + a_high * b_low + a_low * b_high) + a_low * b_low)


def _square(a: float) -> ExactSum:
    a_high, a_low = _halves(a)
    high = a * a
    return ExactSum(high, ((a_high * a_high - high) + 2.0 * a_high * a_low) + a_low * a_low)
