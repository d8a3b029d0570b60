"""When markets are open: sessions, the session a bar belongs to, and periods per year.

The facts here need no calendar library and load only numpy. Holidays and half days come from
`domain.market.adapters.exchange_calendar`, behind the `TradingCalendar` port.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np

from domain.arrays import IntArray, TimeArray
from domain.clock import NANOSECONDS_PER_DAY, to_nanoseconds
from domain.market.instruments import AssetClass, Instrument
from domain.market.timeframe import Timeframe

_EPOCH = date(1970, 1, 1)
_MIDNIGHT = 24
_MINUTES_PER_HOUR = 60
_FRIDAY = 4
_WEEKS_PER_YEAR = 52
_SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True)
class TradingHours:
    """The nominal facts of a venue.

    calendar           name of its calendar: an ISO 10383 code, `24/5` or `24/7`
    timezone           IANA name of the zone its dates are written in
    sessions_per_year  average over recent years, rounded; 252 for New York by convention
    day_ends_at_hour   local hour at which its trading date changes; 24 is midnight
    opens_at           local time before which no session's first price is made; None for markets
                       that trade around the clock, and for venues whose opening is not known
    """

    calendar: str
    timezone: str
    sessions_per_year: int
    day_ends_at_hour: int = _MIDNIGHT
    opens_at: time | None = None


CONTINUOUS = TradingHours("24/7", "UTC", 365)
# Currencies trade from Sunday to Friday evening; the banking day turns at 17:00 in New York.
WEEKDAYS = TradingHours("24/5", "America/New_York", 260, day_ends_at_hour=17)

_HALF_PAST_NINE, _NINE, _EIGHT = time(9, 30), time(9), time(8)
_NEW_YORK = TradingHours("XNYS", "America/New_York", 252, opens_at=_HALF_PAST_NINE)
_UNKNOWN = replace(_NEW_YORK, opens_at=None)
_BY_VENUE = {
    **dict.fromkeys(("XNYS", "XNAS", "ARCX", "XASE", "BATS", "IEXG"), _NEW_YORK),
    "XTSE": TradingHours("XTSE", "America/Toronto", 251, opens_at=_HALF_PAST_NINE),
    # Half past eight, but an hour earlier while only New York keeps summer time.
    "XMEX": TradingHours("XMEX", "America/Mexico_City", 252, opens_at=time(7, 30)),
    "BVMF": TradingHours("BVMF", "America/Sao_Paulo", 248, opens_at=time(10)),
    "XLON": TradingHours("XLON", "Europe/London", 253, opens_at=_EIGHT),
    "XPAR": TradingHours("XPAR", "Europe/Paris", 256, opens_at=_NINE),
    "XAMS": TradingHours("XAMS", "Europe/Amsterdam", 256, opens_at=_NINE),
    "XBRU": TradingHours("XBRU", "Europe/Brussels", 256, opens_at=_NINE),
    "XLIS": TradingHours("XLIS", "Europe/Lisbon", 256, opens_at=_EIGHT),
    "XMAD": TradingHours("XMAD", "Europe/Madrid", 256, opens_at=_NINE),
    "XMIL": TradingHours("XMIL", "Europe/Rome", 254, opens_at=_NINE),
    "XETR": TradingHours("XETR", "Europe/Berlin", 254, opens_at=_NINE),
    "XFRA": TradingHours("XFRA", "Europe/Berlin", 254, opens_at=_EIGHT),
    "XSWX": TradingHours("XSWX", "Europe/Zurich", 251, opens_at=_NINE),
    "XSTO": TradingHours("XSTO", "Europe/Stockholm", 251, opens_at=_NINE),
    "XCSE": TradingHours("XCSE", "Europe/Copenhagen", 250, opens_at=_NINE),
    "XHEL": TradingHours("XHEL", "Europe/Helsinki", 251, opens_at=time(10)),
    "XOSL": TradingHours("XOSL", "Europe/Oslo", 251, opens_at=_NINE),
    "XTKS": TradingHours("XTKS", "Asia/Tokyo", 245, opens_at=_NINE),
    "XHKG": TradingHours("XHKG", "Asia/Hong_Kong", 246, opens_at=_HALF_PAST_NINE),
    **dict.fromkeys(("XSHG", "XSHE"), TradingHours("XSHG", "Asia/Shanghai", 243, opens_at=_HALF_PAST_NINE)),
    "XKRX": TradingHours("XKRX", "Asia/Seoul", 246, opens_at=_NINE),
    **dict.fromkeys(("XBOM", "XNSE"), TradingHours("XBOM", "Asia/Kolkata", 247, opens_at=time(9, 15))),
    "XSES": TradingHours("XSES", "Asia/Singapore", 251, opens_at=_NINE),
    "XASX": TradingHours("XASX", "Australia/Sydney", 253, opens_at=time(10)),
}


def trading_hours(instrument: Instrument) -> TradingHours:
    """The hours of the instrument's venue.

    Crypto trades always and currencies on weekdays, wherever they are listed; shares at a venue
    that is not known here follow New York, the most common convention.
    """
    if instrument.asset_class is AssetClass.CRYPTO:
        return CONTINUOUS
    if instrument.asset_class is AssetClass.FX:
        return WEEKDAYS
    return _BY_VENUE.get(instrument.venue, _UNKNOWN)


def is_known_venue(instrument: Instrument) -> bool:
    """Whether `trading_hours` are the venue's own and not the convention for an unknown one."""
    always_known = instrument.asset_class in {AssetClass.CRYPTO, AssetClass.FX}
    return always_known or instrument.venue in _BY_VENUE


@dataclass(frozen=True, slots=True, eq=False)
class Sessions:
    """Trading days in order: `day` counts days since 1970-01-01 of the venue's own date,
    `close_time` is UTC nanoseconds. Both have shape (S,)."""

    day: IntArray
    close_time: TimeArray

    def __len__(self) -> int:
        return int(self.day.shape[0])


class TradingCalendar(Protocol):
    """The trading days of a venue and when each of them closes."""

    @property
    def hours(self) -> TradingHours: ...

    def sessions(self, start: date, end: date) -> Sessions:
        """Every session whose date lies in [start, end], half days with their early close."""
        ...


class ContinuousCalendar:
    """A market that never closes; its days are those of UTC."""

    hours = CONTINUOUS

    def sessions(self, start: date, end: date) -> Sessions:
        day = np.arange(day_number(start), day_number(end) + 1, dtype=np.int64)
        return Sessions(day, (day + 1) * NANOSECONDS_PER_DAY)


class WeekdayCalendar:
    """The currency market: Monday to Friday, each day ending at 17:00 in New York."""

    hours = WEEKDAYS

    def sessions(self, start: date, end: date) -> Sessions:
        day = np.arange(day_number(start), day_number(end) + 1, dtype=np.int64)
        day = day[(day + _EPOCH.weekday()) % 7 <= _FRIDAY]
        return Sessions(day, local_day_end(self.hours, day))


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """The date of a day number."""
    return _EPOCH + timedelta(days=int(number))


def session_ids(close_time: TimeArray, instrument: Instrument) -> IntArray:
    """The trading date of each bar at its venue, as days since 1970-01-01. Shape (T,).

    close_time (T,) is UTC nanoseconds in increasing order. A bar that closes exactly when the
    day turns belongs to the day that ends. Needs no calendar: holidays simply have no bars.
    """
    return trading_days(close_time, trading_hours(instrument))


def trading_days(close_time: TimeArray, hours: TradingHours) -> IntArray:
    """`session_ids` for a venue whose hours are known. Shape (T,), as days since 1970-01-01."""
    if close_time.shape[0] == 0:
        return np.empty(0, dtype=np.int64)
    # Time zones are at most 14 hours off UTC, so one day on each side covers every local date.
    first = int(close_time[0]) // NANOSECONDS_PER_DAY - 1
    last = int(close_time[-1]) // NANOSECONDS_PER_DAY + 1
    day = np.arange(first, last + 1, dtype=np.int64)
    # Searching each day's end in the bars is a few thousand look-ups, where converting each bar's
    # time would be a million.
    ends = (day + 1) * NANOSECONDS_PER_DAY if hours == CONTINUOUS else local_day_end(hours, day)
    closed_by = np.searchsorted(close_time, ends, side="right")
    return np.repeat(day, np.diff(closed_by, prepend=0))


def open_times(close_time: TimeArray, timeframe: Timeframe, instrument: Instrument) -> TimeArray:
    """When each bar of an instrument opened, nominally: UTC nanoseconds, shape (T,).

    A daily bar opens with its venue's session. Every other bar, and that of a venue whose opening
    is not known, opens one time frame before it closes, which is too early rather than too late:
    who asks whether an open came after a decision must never be told so wrongly. No bar opens
    before the instrument's previous one has closed. close_time (T,) increases.
    """
    opened = close_time - timeframe.nanoseconds
    hours = trading_hours(instrument)
    if timeframe.seconds == _SECONDS_PER_DAY and hours.opens_at is not None:
        minute = hours.opens_at.hour * _MINUTES_PER_HOUR + hours.opens_at.minute
        session = _local_moments(hours.timezone, minute, trading_days(close_time, hours))
        opened = np.where(session < close_time, session, opened)
    opened[1:] = np.maximum(opened[1:], close_time[:-1])
    return opened


def periods_per_year(timeframe: Timeframe, instruments: Sequence[Instrument]) -> int:
    """How many returns a year statistics are annualised with.

    Daily and longer bars count bars; intraday runs are measured from session close to session
    close, so they count sessions. With several venues the busiest one sets the number, because
    a panel has a row whenever any of them trades.
    """
    sessions = _busiest(instruments).sessions_per_year
    if timeframe.is_intraday:
        return sessions
    days = timeframe.seconds // _SECONDS_PER_DAY
    if days % 7 == 0:
        return max(1, round(_WEEKS_PER_YEAR * 7 / days))
    return max(1, round(sessions / days))


def measured_sessions(
    close_time: TimeArray, timeframe: Timeframe, instruments: Sequence[Instrument]
) -> IntArray | None:
    """The return period each row of a panel belongs to, for statistics that `periods_per_year` annualises.

    close_time (T,) is UTC nanoseconds in increasing order. The answer (T,) holds the day, since
    1970-01-01, that the row's period ends on; None says that every row is a period of its own.
    Intraday rows belong to the trading date of the busiest venue. Longer bars of several venues close
    at different hours, so the rows of one day, or of one week from Monday, are one period: their days
    are those of UTC, in which every exchange closes on its own trading date. The order of the
    instruments changes nothing.
    """
    if timeframe.is_intraday:
        return trading_days(close_time, _busiest(instruments))
    day = (close_time - 1) // NANOSECONDS_PER_DAY
    period, days = day, timeframe.seconds // _SECONDS_PER_DAY
    if days > 1:
        # A week may close with Sunday's midnight in New York, which is early on Monday in UTC.
        week_day = (close_time - NANOSECONDS_PER_DAY // 2) // NANOSECONDS_PER_DAY + _EPOCH.weekday()
        period = week_day // days
    is_last = np.append(period[1:] != period[:-1], [True])
    if bool(is_last.all()):
        return None
    last = np.flatnonzero(is_last)
    return np.repeat(day[last], np.diff(last, prepend=-1))


def _busiest(instruments: Sequence[Instrument]) -> TradingHours:
    """The hours of the venue with most sessions a year; of equal ones, that of the first id."""
    ranked = min(instruments, key=lambda one: (-trading_hours(one).sessions_per_year, one.id))
    return trading_hours(ranked)


def local_day_end(hours: TradingHours, day: IntArray) -> TimeArray:
    """The moment each trading date ends at the venue, UTC nanoseconds. Shape of `day`."""
    return _local_moments(hours.timezone, hours.day_ends_at_hour * _MINUTES_PER_HOUR, day)


def _local_moments(timezone: str, minute: int, day: IntArray) -> TimeArray:
    """The moment this minute of each local day begins, UTC nanoseconds. Shape of `day`."""
    if day.shape[0] == 0:
        return day.copy()
    years = range(day_of(int(day.min())).year, day_of(int(day.max())).year + 1)
    moments = np.concatenate([_moments_of_year(timezone, minute, year) for year in years])
    return np.asarray(moments[day - day_number(date(years.start, 1, 1))], dtype=np.int64)


@lru_cache(maxsize=1_024)
def _moments_of_year(timezone: str, minute: int, year: int) -> TimeArray:
    zone = ZoneInfo(timezone)
    first = datetime(year, 1, 1) + timedelta(minutes=minute)  # noqa: DTZ001 - the zone is set below, after local arithmetic
    count = (date(year + 1, 1, 1) - date(year, 1, 1)).days
    moments = [to_nanoseconds((first + timedelta(days=n)).replace(tzinfo=zone)) for n in range(count)]
    return np.array(moments, dtype=np.int64)
