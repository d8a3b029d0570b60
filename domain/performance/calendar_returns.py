"""Compounded returns of calendar months and years."""

from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.performance.model import PeriodReturn
from domain.performance.returns import EquityPath


class Extremes(TypedDict):
    """The best and the worst month."""

    best_month: float | None
    worst_month: float | None


@dataclass(frozen=True, slots=True, eq=False)
class CalendarReturns:
    """number counts months since January 1970 (or years since 1970); value is a fraction; both (m,).

    A month without a return period has no row, nor has one that a ruined account began.
    """

    number: IntArray
    value: FloatArray

    def months(self) -> tuple[PeriodReturn, ...]:
        """Rows as months, oldest first."""
        return tuple(
            PeriodReturn(1970 + number // 12, number % 12 + 1, value)
            for number, value in zip(self.number.tolist(), self.value.tolist(), strict=True)
        )

    def years(self) -> tuple[PeriodReturn, ...]:
        """Rows as years, oldest first."""
        return tuple(
            PeriodReturn(1970 + number, None, value)
            for number, value in zip(self.number.tolist(), self.value.tolist(), strict=True)
        )


def extremes(months: CalendarReturns) -> Extremes:
    """Highest and lowest return among months."""
    return Extremes(best_month=float(months.value.max()), worst_month=float(months.value.min()))


def monthly(path: EquityPath) -> CalendarReturns:
    """Returns of each month the account saw, the first and last perhaps in part."""
    return _by_calendar(path, "datetime64[M]")


def yearly(path: EquityPath) -> CalendarReturns:
    """Returns of each year the account saw, the first and last perhaps in part."""
    return _by_calendar(path, "datetime64[Y]")


def _by_calendar(path: EquityPath, unit: str) -> CalendarReturns:
    # Looking up the few starts of months among the days is cheaper than naming the month of each day.
    ends = path.day[[0, -1]].astype("datetime64[D]").astype(unit).astype(np.int64)
    number = np.arange(ends[0], ends[1] + 2)
    start = number.astype(unit).astype("datetime64[D]").astype(np.int64)
    position = np.searchsorted(path.day, start)
    before, after = path.level[position[:-1]], path.level[position[1:]]
    seen = (position[1:] > position[:-1]) & (before > 0.0)
    return CalendarReturns(number[:-1][seen], after[seen] / before[seen] - 1.0)
