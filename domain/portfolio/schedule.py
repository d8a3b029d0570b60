"""When to rebalance: rows of a panel, each known when its bar closes.

That a session is the first of its month is known once it has begun. That it was the last is not: the
next one may be a holiday, so it takes a published calendar to say so in time. A row of such a schedule
never depends on later rows. The first row of the data is never one: what came before it is not known,
so that a run that starts anywhere rebalances on the same days.
"""

from dataclasses import dataclass

import numpy as np

from domain.arrays import IntArray
from domain.clock import NANOSECONDS_PER_DAY
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.market.calendars import measured_sessions
from domain.portfolio.model import Frequency, SessionOfPeriod

_THURSDAY = 3  # 1970-01-01, Monday being 0
_DAYS_OF_WEEK = 7
_MONTHS_OF = {Frequency.MONTHLY: 1, Frequency.QUARTERLY: 3, Frequency.YEARLY: 12}


@dataclass(frozen=True, slots=True)
class Schedule:
    """A rhythm of rebalances.

    weekday  the day a week begins with, Monday is 0: WEEKLY acts on the first session on or after it
    bars     of BARS alone: every so many rows, counted from the first row of the data
    session  the FIRST session of a period, by its first bar; or the LAST, by its first bar too, which
             needs `calendar` when rows are asked for
    """

    frequency: Frequency = Frequency.MONTHLY
    weekday: int = 0
    bars: int = 21
    session: SessionOfPeriod = SessionOfPeriod.FIRST

    def __post_init__(self) -> None:
        if not 0 <= self.weekday < _DAYS_OF_WEEK:
            raise InvalidInput.at("weekday", message=f"must be from 0, Monday, to 6 (got {self.weekday})")
        if self.bars < 1:
            raise InvalidInput.at("bars", message=f"must be 1 at least (got {self.bars})")

    def rows(self, days: IntArray, calendar: IntArray | None = None) -> IntArray:
        """Rows to rebalance at the close of, ascending.

        days (T,)      the session day of each row, as `session_days` gives it, ascending
        calendar (S,)  every session the venue has announced, day numbers ascending, reaching past the
                       last row; needed for LAST alone

        Raises InvalidInput for LAST without a calendar that reaches beyond the data.
        """
        if self.frequency is Frequency.BARS:
            return np.arange(self.bars, len(days), self.bars)
        if self.session is SessionOfPeriod.LAST and self.frequency is not Frequency.DAILY:
            return self._last_sessions(days, calendar)
        period = self._period(days)
        return np.flatnonzero(period[1:] != period[:-1]) + 1

    def _last_sessions(self, days: IntArray, calendar: IntArray | None) -> IntArray:
        if len(days) == 0:
            return np.empty(0, dtype=np.int64)
        if calendar is None or len(calendar) == 0 or calendar[-1] <= days[-1]:
            raise InvalidInput.at(
                "session",
                message="the last session of a period is known in time from a calendar alone; give one that "
                "reaches beyond the data, or rebalance on the first session",
            )
        period = self._period(calendar)
        last = calendar[:-1][period[1:] != period[:-1]]
        begins = np.flatnonzero(days[1:] != days[:-1]) + 1
        return begins[np.isin(days[begins], last)]

    def _period(self, days: IntArray) -> IntArray:
        """A number that changes where a new period begins."""
        if self.frequency is Frequency.DAILY:
            return days
        if self.frequency is Frequency.WEEKLY:
            return np.asarray((days + _THURSDAY - self.weekday) // _DAYS_OF_WEEK)
        months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        return np.asarray(months // _MONTHS_OF[self.frequency])


def session_days(bars: Panel) -> IntArray:
    """The day each row of a panel belongs to, days since 1970-01-01, (T,), ascending.

    Intraday rows belong to the trading date of the busiest venue, others to the day they close on,
    UTC; a bar that closes at midnight belongs to the day that ends.
    """
    if bars.timeframe.is_intraday:
        days = measured_sessions(bars.close_time, bars.timeframe, bars.instruments)
        if days is not None:
            return days
    return np.asarray((bars.close_time - 1) // NANOSECONDS_PER_DAY)
