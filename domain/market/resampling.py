"""Longer bars made from shorter ones, and reading them without look-ahead.

A longer bar can be seen only once it has closed. When that is must not depend on bars that come later,
or "the last bar of the session" would be known while it may still be followed by another. So a bar
closes when the clock says so: an hour at the turn of its hour, a day when the venue's date changes,
a week when its Sunday ends. For an exchange the daily bar of a session is therefore first seen by the
next session's first bar; a list of sessions with their closing times, half days included, shows it at
the closing bell instead.
"""

from dataclasses import replace

import numpy as np

from domain.arrays import FloatArray, IntArray, TimeArray
from domain.errors import InvalidInput
from domain.market.bars import Bars, Panel
from domain.market.calendars import Sessions, local_day_end, session_ids, trading_hours
from domain.market.timeframe import Timeframe

_SECONDS_PER_DAY = 86_400
_DAYS_PER_WEEK = 7
_MONDAY_OF_EPOCH = 3
"""1970-01-01 was a Thursday: three days after a Monday."""


def resample(panel: Panel, timeframe: Timeframe | str, sessions: Sessions | None = None) -> Panel:
    """The panel in a longer time frame, each instrument's bars made from its own; see the module.

    sessions  trading days of the one venue the instruments share, with their closing times, for all
              of the days or weeks that the bars begin. Give it only for bars of regular hours: a bar
              after its day's close raises InvalidInput
    Open is the first, close the last, high and low the extremes, volume the sum. No bar straddles two
    trading days, and the last one may be unfinished: its close time lies after the panel's last row,
    and `as_of` and `BarContext.higher` leave it out. Raises InvalidInput for a time frame that is not
    a longer one.
    """
    longer = Timeframe.parse(timeframe) if isinstance(timeframe, str) else timeframe
    if longer.seconds <= panel.timeframe.seconds:
        raise InvalidInput.at(
            "timeframe", message=f"{longer} is not longer than the {panel.timeframe} of the bars"
        )
    return Panel.align([resample_bars(bars, longer, sessions) for bars in _split(panel)])


def resample_bars(bars: Bars, timeframe: Timeframe, sessions: Sessions | None = None) -> Bars:
    """The same for one instrument."""
    if len(bars) == 0:
        return replace(bars, timeframe=timeframe)
    closes = _close_times(bars, timeframe, sessions)
    if bool((closes < bars.close_time).any()):
        row = int(np.argmax(closes < bars.close_time))
        raise InvalidInput.at(
            "sessions",
            message=f"{bars.instrument.id} has a bar (row {row}) that closes after its session does",
        )
    first = np.flatnonzero(np.diff(closes, prepend=closes[0] - 1))
    last = np.append(first[1:], len(bars)) - 1
    return Bars(
        bars.instrument,
        timeframe,
        closes[first],
        bars.open[first],
        np.maximum.reduceat(bars.high, first),
        np.minimum.reduceat(bars.low, first),
        bars.close[last],
        np.add.reduceat(bars.volume, first),
    )


def as_of(values: FloatArray, higher_close_time: TimeArray, close_time: TimeArray) -> FloatArray:
    """What each row knows of a longer time frame's column: its last value that has closed by then.

    values              (H,) or (H, N), one row for each longer bar. NaN, a bar an instrument does not
                        have, is skipped: the value before it is still the last known one
    higher_close_time   (H,) UTC nanoseconds, increasing
    close_time          (T,) UTC nanoseconds, of the rows that ask
    Answers (T,) or (T, N); NaN before the first value.
    """
    column = np.asarray(values, dtype=np.float64)
    if column.shape[:1] != higher_close_time.shape:
        raise InvalidInput("A longer time frame's column has one value for each of its closes.")
    rows = np.arange(column.shape[0]).reshape(-1, *(1,) * (column.ndim - 1))
    known = np.maximum.accumulate(np.where(np.isnan(column), -1, rows), axis=0)
    filled = np.where(known >= 0, np.take_along_axis(column, np.maximum(known, 0), axis=0), np.nan)
    at = np.searchsorted(higher_close_time, close_time, "right") - 1
    # A row more at the end, for those that come before the first close.
    return np.concatenate([filled, np.full((1, *column.shape[1:]), np.nan)])[at]


def _split(panel: Panel) -> list[Bars]:
    series = []
    for column, instrument in enumerate(panel.instruments):
        present = ~np.isnan(panel.close[:, column])
        columns = (
            getattr(panel, name)[present, column] for name in ("open", "high", "low", "close", "volume")
        )
        series.append(Bars(instrument, panel.timeframe, panel.close_time[present], *columns))
    return series


def _close_times(bars: Bars, timeframe: Timeframe, sessions: Sessions | None) -> TimeArray:
    """When the longer bar that holds each bar closes. Shape (T,)."""
    day = session_ids(bars.close_time, bars.instrument)
    if sessions is not None and not bool(np.isin(day, sessions.day).all()):
        raise InvalidInput.at("sessions", message=f"lack a day on which {bars.instrument.id} has bars")
    if timeframe.is_intraday:
        step = timeframe.nanoseconds
        clock = -(-bars.close_time // step) * step
        return np.minimum(clock, _day_closes(bars, day, sessions))
    return _day_closes(bars, _last_day(day, timeframe), sessions)


def _last_day(day: IntArray, timeframe: Timeframe) -> IntArray:
    """The last calendar day of the days or Monday-to-Sunday weeks that are put together."""
    days = timeframe.seconds // _SECONDS_PER_DAY
    shift = _MONDAY_OF_EPOCH if days % _DAYS_PER_WEEK == 0 else 0
    return (day + shift) // days * days + days - 1 - shift


def _day_closes(bars: Bars, day: IntArray, sessions: Sessions | None) -> TimeArray:
    if sessions is None:
        return local_day_end(trading_hours(bars.instrument), day)
    return sessions.close_time[np.searchsorted(sessions.day, day, "right") - 1]
