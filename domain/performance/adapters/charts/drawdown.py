"""How far equity stood below its highest value so far, and where the deepest falls lie in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from domain.arrays import FloatArray, TimeArray
from domain.clock import to_nanoseconds
from domain.performance.adapters.charts.axes import TimeScale
from domain.performance.adapters.charts.svg import Markup, element, percentage
from domain.performance.model import Drawdown
from domain.performance.tear_sheet import TearSheet


@dataclass(frozen=True, slots=True, eq=False)
class Underwater:
    """Depth below the peak so far, shape (D,): 0 at a peak, never below -1."""

    time: TimeArray
    depth: FloatArray

    def at(self, moment: int) -> float:
        """The depth known at a moment: that of the last measured close."""
        row = int(np.searchsorted(self.time, moment, "right")) - 1
        value = float(self.depth[row]) if row >= 0 else 0.0
        return value if np.isfinite(value) else 0.0


def underwater(sheet: TearSheet, values: FloatArray) -> Underwater:
    """Measured at the closes the statistics are measured at, so that chart and figures agree.

    The initial money counts as a peak. An account at or below zero is lost: -1 from there on.
    """
    times = sheet.close_time
    measured = sheet.returns.time
    if measured.shape[0]:
        rows = np.searchsorted(times, measured, "right") - 1
        rows = rows[rows >= 0]
        times, values = times[rows], values[rows]
    first = np.nan_to_num(values[:1], nan=sheet.initial_equity)
    peak = np.maximum.accumulate(
        np.fmax(np.where(np.isfinite(values), values, -np.inf), sheet.initial_equity)
    )
    if first.size == 0 or not (np.isfinite(peak) & (peak > 0)).all():
        return Underwater(times, np.zeros(times.shape[0]))
    depth = np.maximum(np.where(np.isfinite(values), values / peak - 1.0, np.nan), -1.0)
    ruined = np.maximum.accumulate(np.where(np.isfinite(values), values <= 0, False))
    return Underwater(times, np.where(ruined, -1.0, depth))


def shades(drawdowns: Sequence[Drawdown], scale: TimeScale) -> Markup:
    """A numbered band behind the curve for each of the deepest falls."""
    bands = []
    for rank, drawdown in enumerate(drawdowns, start=1):
        left = _clipped(scale, drawdown.start)
        right = 1.0 if drawdown.end is None else _clipped(scale, drawdown.end)
        if right <= left:
            continue
        bands.append(
            element(
                "rect",
                {"x": percentage(left), "width": percentage(right - left), "y": "0%", "height": "100%"},
            )
        )
        bands.append(element("text", {"x": percentage((left + right) / 2), "y": "0%", "dy": 13}, str(rank)))
    return element("g", {"class": "shades", "aria-hidden": "true"}, *bands)


def _clipped(scale: TimeScale, day: date) -> float:
    closing = datetime.combine(day, time.min, UTC) + timedelta(hours=21)
    return min(1.0, max(0.0, scale.at(to_nanoseconds(closing))))
