"""Falls from a peak: how deep, how long, and whether they were recovered."""

from dataclasses import dataclass
from datetime import date
from typing import TypedDict

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.performance.model import Drawdown
from domain.performance.returns import BarCurve, EquityPath


class Falls(TypedDict):
    """The deepest drawdown and the time spent below a peak."""

    max_drawdown: float
    max_drawdown_start: date | None
    max_drawdown_trough: date | None
    max_drawdown_end: date | None
    max_drawdown_days: int | None
    time_under_water: float
    calmar: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Underwater:
    """How far an account is below its highest value so far.

    fall   (n + 1,) in [-1, 0], one for each position of the path's level
    edges  positions where the account goes under and comes up again, in turn; an odd count means
           that it is under at the end
    depth  deepest fall of each stretch under water
    """

    path: EquityPath
    fall: FloatArray
    edges: IntArray
    depth: FloatArray

    @classmethod
    def of(cls, path: EquityPath) -> "Underwater":
        peak = np.maximum.accumulate(path.level)
        fall = path.level / peak - 1.0
        under = fall < 0.0
        edges = np.flatnonzero(under[1:] != under[:-1]) + 1
        depth = np.minimum.reduceat(fall, edges)[::2] if len(edges) else np.empty(0)
        return cls(path, fall, edges, depth)

    def drawdown(self, number: int) -> Drawdown:
        """The stretch of that number, counted in time."""
        went_under = int(self.edges[2 * number])
        recovered = 2 * number + 1 < len(self.edges)
        end = int(self.edges[2 * number + 1]) if recovered else len(self.fall)
        peak_day = self.path.day_of(went_under - 1)
        last_day = self.path.day_of(min(end, len(self.fall) - 1))
        return Drawdown(
            start=peak_day,
            trough=self.path.day_of(went_under + int(np.argmin(self.fall[went_under:end]))),
            end=last_day if recovered else None,
            depth=float(self.depth[number]),
            days=(last_day - peak_day).days,
        )

    def deepest(self, count: int) -> tuple[Drawdown, ...]:
        """The deepest stretches, deepest first; of equally deep ones the earlier."""
        order = np.argsort(self.depth, kind="stable")[:count]
        return tuple(self.drawdown(int(number)) for number in order)

    def periods(self) -> int:
        """Return periods that end under water."""
        return int(np.count_nonzero(self.fall < 0.0))


def falls(underwater: Underwater, annual_return: float | None) -> Falls:
    """Maximum drawdown with its days, time under water and the Calmar ratio; see CONVENTIONS."""
    share = underwater.periods() / len(underwater.path.day)
    if not len(underwater.depth):
        return Falls(
            max_drawdown=0.0,
            max_drawdown_start=None,
            max_drawdown_trough=None,
            max_drawdown_end=None,
            max_drawdown_days=None,
            time_under_water=share,
            calmar=None,
        )
    worst = underwater.drawdown(int(np.argmin(underwater.depth)))
    return Falls(
        max_drawdown=worst.depth,
        max_drawdown_start=worst.start,
        max_drawdown_trough=worst.trough,
        max_drawdown_end=worst.end,
        max_drawdown_days=worst.days,
        time_under_water=share,
        calmar=None if annual_return is None else annual_return / -worst.depth,
    )


def deepest_fall_of_bars(curve: BarCurve, initial: float) -> float:
    """Maximum drawdown over every bar, in [-1, 0], where closes of periods may hide the deepest.

    Exact, though only the few sessions that can hold the deepest fall are walked bar by bar: a
    fall is at least the session's low under the peak before it, and at most that low under the
    higher of that peak and the session's own high.
    """
    first = curve.periods.first
    if first is None:
        peak = np.maximum(np.maximum.accumulate(curve.value), initial)
        return max(min(float((curve.value / peak).min()), 1.0) - 1.0, -1.0)
    peak_before = np.maximum.accumulate(np.concatenate(([initial], curve.high[:-1])))
    deepest = min(float((curve.low / peak_before).min()), 1.0)
    bound = curve.low / np.maximum(peak_before, curve.high)
    for session in np.argsort(bound, kind="stable"):
        if bound[session] >= deepest:
            break
        stop = first[session + 1] if session + 1 < len(first) else len(curve.value)
        values = curve.value[first[session] : stop]
        peak = np.maximum(np.maximum.accumulate(values), peak_before[session])
        deepest = min(deepest, float((values / peak).min()))
    return max(deepest - 1.0, -1.0)
