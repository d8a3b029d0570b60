"""From the stamps vendors use to the close time of a bar, the moment all of it is known.

Most vendors stamp a bar with its open, or a daily bar with a bare date. Read as a close time, such a
stamp would let a strategy see a bar before it happened; these functions are where that is mended.
"""

import numpy as np

from domain.arrays import IntArray, TimeArray
from domain.clock import NANOSECONDS_PER_DAY
from domain.market.calendars import CONTINUOUS, TradingCalendar, day_of, local_day_end, trading_days
from domain.market.timeframe import Timeframe


def session_close_times(calendar: TradingCalendar, day: IntArray) -> TimeArray:
    """When each trading date closes, for daily bars that only carry a date. Shape (T,).

    A date without a session gets the end of its local day, the first moment at which the bar is
    surely complete; the quality checks report it.
    """
    if day.shape[0] == 0:
        return day
    sessions = calendar.sessions(day_of(int(day.min())), day_of(int(day.max())))
    close_time = local_day_end(calendar.hours, day)
    if len(sessions):
        row = np.searchsorted(sessions.day, day).clip(max=len(sessions) - 1)
        is_session = sessions.day[row] == day
        close_time[is_session] = sessions.close_time[row[is_session]]
    return close_time


def close_times_of_opens(open_time: TimeArray, timeframe: Timeframe, calendar: TradingCalendar) -> TimeArray:
    """Close times of bars stamped with their open, in any order. Shape (T,).

    A daily bar closes with its session. A longer one closes at the end of its last calendar day.
    An intraday bar closes one time frame later, or with the session when that comes first: the
    hour that begins at 15:30 in New York ends at 16:00.
    """
    if open_time.shape[0] == 0 or calendar.hours == CONTINUOUS:
        return open_time + timeframe.nanoseconds
    order = np.argsort(open_time, kind="stable")
    # A day's first moment belongs to the day that begins, where as a close it would end the one before.
    day = np.empty_like(open_time)
    day[order] = trading_days(open_time[order] + 1, calendar.hours)
    if not timeframe.is_intraday:
        return session_close_times(calendar, day + timeframe.nanoseconds // NANOSECONDS_PER_DAY - 1)
    session_close = session_close_times(calendar, day)
    close_time = open_time + timeframe.nanoseconds
    cut_short = (open_time < session_close) & (session_close < close_time)
    return np.where(cut_short, session_close, close_time)
