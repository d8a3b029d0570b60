"""For how many bars one value remembers where its data began."""

from dataclasses import dataclass

import numpy as np

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.research.bias.model import WarmUp
from domain.research.bias.subject import same

_ABRUPT = 100.0
"""A difference that ends so many times above the tolerance ended with a window; none fades so fast."""
_FADED = 0.05
_FEWEST = 20
_SHOWN = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)


class Memory:
    """Compares a column, (T, C), with itself on data that begins later.

    The difference is relative to the value, or to the column's usual size where the value is near
    nothing: a line that crosses zero is not infinitely wrong there.
    """

    def __init__(self, whole: FloatArray, tolerance: float) -> None:
        self._whole = whole
        self._tolerance = tolerance
        sizes = np.abs(np.where(np.isfinite(whole), whole, np.nan))
        self._usual = np.array([_median(column) for column in sizes.T])
        self._available: int | None = None
        self._exact: list[_Settling] = []
        self._stable: list[_Settling] = []
        self._fades_yet = True
        self._worst = np.zeros(len(whole) + 1)
        self._seen = np.zeros(len(whole) + 1, dtype=np.bool_)

    @property
    def width(self) -> int:
        return int(self._whole.shape[1])

    def compare(self, begun: FloatArray, start: int, bars: IntArray) -> None:
        """begun (T - start, C) on data from row `start`; bars (T - start, C) each has had since then."""
        now = self._whole[start:]
        for column in range(self.width):
            value, full, count = begun[:, column], now[:, column], bars[:, column]
            # Where the instrument has no bar there is nothing to compare.
            rows = np.flatnonzero(np.diff(count, prepend=0) > 0)
            self._compare_column(value[rows], full[rows], count[rows], float(self._usual[column]))

    def warm_up(self, subject: str, lookback: int) -> WarmUp:
        """What was seen over all starts and instruments; the longest memory counts."""
        stable = _longest(self._stable)
        if stable is None:
            fades = bool(self._stable) and self._fades_yet
        else:
            fades = bool(self._worst[stable - 1] <= _ABRUPT * self._tolerance)
        return WarmUp(
            subject=subject,
            available=self._available,
            stable=stable,
            fades=fades,
            exact=_longest(self._exact),
            at_lookback=self._at(lookback),
            differences=tuple((bars, worst) for bars in _SHOWN if (worst := self._at(bars)) is not None),
        )

    def _compare_column(self, value: FloatArray, full: FloatArray, count: IntArray, usual: float) -> None:
        has = np.isfinite(value)
        if not has.any():
            return
        first = int(count[has.argmax()])
        self._available = first if self._available is None else min(self._available, first)
        both = has & np.isfinite(full)
        difference = np.full(value.shape, np.inf)
        scale = np.maximum(np.abs(full[both]), usual)
        difference[both] = np.abs(value[both] - full[both]) / np.where(scale > 0.0, scale, 1.0)
        difference[same(value, full)] = 0.0
        self._exact.append(_settling(~same(value, full), count))
        settled = _settling(difference > self._tolerance, count)
        self._stable.append(settled)
        self._fades_yet = self._fades_yet and (settled.at is not None or _is_fading(difference))
        self._seen[count[both]] = True
        np.maximum.at(self._worst, count, difference)

    def _at(self, bars: int) -> float | None:
        """The largest difference with so many bars; None where some start had no value yet."""
        if bars >= len(self._seen) or not self._seen[bars]:
            return None
        worst = float(self._worst[bars])
        return worst if np.isfinite(worst) else None


@dataclass(frozen=True, slots=True)
class _Settling:
    """Bars from which on nothing differed, None when the last one still did; and how many there were."""

    at: int | None
    seen: int


def _settling(differs: BoolArray, count: IntArray) -> _Settling:
    rows = np.flatnonzero(differs)
    last = int(rows[-1]) if rows.size else -1
    settled = None if last + 1 == len(count) else int(count[last + 1])
    return _Settling(settled, int(count[-1]))


def _longest(found: list[_Settling]) -> int | None:
    """The longest memory; None when some start saw more bars than that and had not settled."""
    longest = max((one.at for one in found if one.at is not None), default=None)
    if longest is None or any(one.at is None and one.seen > longest for one in found):
        return None
    return longest


def _is_fading(difference: FloatArray) -> bool:
    """Whether the second half of the bars took nearly all of the difference away, as a power does."""
    size = len(difference)
    part = max(1, size // 20)
    middle, end = difference[size // 2 - part : size // 2], difference[-part:]
    return size >= _FEWEST and bool(end.max() <= _FADED * middle.max())


def _median(sizes: FloatArray) -> float:
    known = sizes[~np.isnan(sizes)]
    return float(np.median(known)) if known.size else 0.0
