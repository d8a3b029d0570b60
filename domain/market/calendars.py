"""When markets are open: sessions, the session a bar belongs to, and periods per year.

The facts here need no calendar library and load only numpy. Holidays and half days come from
`domain.market.adapters.exchange_calendar`, behind the `TradingCalendar` port.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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
    """

    calendar: str
    timezone: str
    sessions_per_year: int
    day_ends_at_hour: int = _MIDNIGHT


CONTINUOUS = TradingHours("24/7", "UTC", 365)
# Currencies trade from Sunday to Friday evening; the banking day turns at 17:00 in New York.
WEEKDAYS = TradingHours("24/5", "America/New_York", 260, day_ends_at_hour=17)

_NEW_YORK = TradingHours("XNYS", "America/New_York", 252)
_BY_VENUE = {
    **dict.fromkeys(("XNYS", "XNAS", "ARCX", "XASE", "BATS", "IEXG"), _NEW_YORK),
    "XTSE": TradingHours("XTSE", "America/Toronto", 251),
    "XMEX": TradingHours("XMEX", "America/Mexico_City", 252),
    "BVMF": TradingHours("BVMF", "America/Sao_Paulo", 248),
    "XLON": TradingHours("XLON", "Europe/London", 253),
    "XPAR": TradingHours("XPAR", "Europe/Paris", 256),
    "XAMS": TradingHours("XAMS", "Europe/Amsterdam", 256),
    "XBRU": TradingHours("XBRU", "Europe/Brussels", 256),
    "XLIS": TradingHours("XLIS", "Europe/Lisbon", 256),
    "XMAD": TradingHours("XMAD", "Europe/Madrid", 256),
    "XMIL": TradingHours("XMIL", "Europe/Rome", 254),
    "XETR": TradingHours("XETR", "Europe/Berlin", 254),
    "XFRA": TradingHours("XFRA", "Europe/Berlin", 254),
    "XSWX": TradingHours("XSWX", "Europe/Zurich", 251),
    "XSTO": TradingHours("XSTO", "Europe/Stockholm", 251),
    "XCSE": TradingHours("XCSE", "Europe/Copenhagen", 250),
    "XHEL": TradingHours("XHEL", "Europe/Helsinki", 251),
    "XOSL": TradingHours("XOSL", "Europe/Oslo", 251),
    "XTKS": TradingHours("XTKS", "Asia/Tokyo", 245),
    "XHKG": TradingHours("XHKG", "Asia/Hong_Kong", 246),
    **dict.fromkeys(("XSHG", "XSHE"), TradingHours("XSHG", "Asia/Shanghai", 243)),
    "XKRX": TradingHours("XKRX", "Asia/Seoul", 246),
    **dict.fromkeys(("XBOM", "XNSE"), TradingHours("XBOM", "Asia/Kolkata", 247)),
    "XSES": TradingHours("XSES", "Asia/Singapore", 251),
    "XASX": TradingHours("XASX", "Australia/Sydney", 253),
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
    return _BY_VENUE.get(instrument.venue, _NEW_YORK)


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
    if close_time.shape[0] == 0 or hours == CONTINUOUS:
        return (close_time - 1) // NANOSECONDS_PER_DAY
    # Time zones are at most 14 hours off UTC, so one day on each side covers every local date.
    first = int(close_time[0]) // NANOSECONDS_PER_DAY - 1
    last = int(close_time[-1]) // NANOSECONDS_PER_DAY + 1
    day = np.arange(first, last + 1, dtype=np.int64)
    # Searching each day's end in the bars is a few thousand look-ups, where converting each bar's
    # time would be a million.
    closed_by = np.searchsorted(close_time, local_day_end(hours, day), side="right")
    return np.repeat(day, np.diff(closed_by, prepend=0))


def periods_per_year(timeframe: Timeframe, instruments: Sequence[Instrument]) -> int:
    """How many returns a year statistics are annualised with.

    Daily and longer bars count bars; intraday runs are measured from session close to session
    close, so they count sessions. With several venues the busiest one sets the number, because
    a panel has a row whenever any of them trades.
    """
    sessions = max(trading_hours(instrument).sessions_per_year for instrument in instruments)
    if timeframe.is_intraday:
        return sessions
    days = timeframe.seconds // _SECONDS_PER_DAY
    if days % 7 == 0:
        return max(1, round(_WEEKS_PER_YEAR * 7 / days))
    return max(1, round(sessions / days))


def local_day_end(hours: TradingHours, day: IntArray) -> TimeArray:
    """The moment each trading date ends at the venue, UTC nanoseconds. Shape of `day`."""
    if day.shape[0] == 0:
        return day.copy()
    years = range(day_of(int(day.min())).year, day_of(int(day.max())).year + 1)
    ends = np.concatenate([_day_ends_of_year(hours.timezone, hours.day_ends_at_hour, year) for year in years])
    ends = ends[day - day_number(date(years.start, 1, 1))]
    return np.asarray(ends, dtype=np.int64)


@lru_cache(maxsize=1_024)
def _day_ends_of_year(timezone: str, hour: int, year: int) -> TimeArray:
    zone = ZoneInfo(timezone)
    add_days, hour = divmod(hour, _MIDNIGHT)
    first = datetime(year, 1, 1, hour) + timedelta(days=add_days)  # noqa: DTZ001 - the zone is set below, after local arithmetic
    count = (date(year + 1, 1, 1) - date(year, 1, 1)).days
    ends = [to_nanoseconds((first + timedelta(days=n)).replace(tzinfo=zone)) for n in range(count)]
    return np.array(ends, dtype=np.int64)
