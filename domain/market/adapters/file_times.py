"""Reading the time column of a file. A stamp that could mean two moments is refused, not guessed."""

from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from domain.arrays import IntArray, TimeArray
from domain.clock import NANOSECONDS_PER_DAY
from domain.errors import InvalidInput
from domain.market.calendars import CONTINUOUS, TradingCalendar
from domain.market.stamps import close_times_of_opens, session_close_times
from domain.market.timeframe import Timeframe


class Stamp(StrEnum):
    """Which moment of a bar its stamp names."""

    OPEN = "open"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class TimeReading:
    """How the stamps of a file are written.

    timezone  IANA name of the zone of stamps that carry none; bare dates need none
    format    strptime pattern, for anything but ISO 8601 and Unix time
    stamp     `open` unless the file says otherwise: most vendors stamp the open, and to take a
              close for an open only delays a bar, where the other mistake shows the future
    """

    timezone: str | None = None
    format: str | None = None
    stamp: Stamp = Stamp.OPEN


_DATE = r"^\d{4}[-/]?\d{2}[-/]?\d{2}$"
_UNIX = r"^\d{9,19}$"
_NAIVE = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?$"
_ZONED = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?[+-]\d{2}:\d{2}$"
_OFFSET = r"[+-]\d{2}:\d{2}$"
_NANOSECONDS_OF_UNIT = ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3))
_FIRST_YEAR, _LAST_YEAR = 1850, 2200


class TimeColumn:
    """One column of stamps, with the row numbers a person sees in the file."""

    def __init__(self, column: pl.Series, reading: TimeReading, first_row: int) -> None:
        self._column = column
        self._reading = reading
        self._first_row = first_row
        self._zone = _checked_zone(reading.timezone)

    def close_times(self, timeframe: Timeframe, calendar: TradingCalendar) -> TimeArray:
        """Close time of every row, UTC nanoseconds. Raises InvalidInput."""
        column = self._parsed()
        if column.dtype == pl.Datetime and _is_naive(column) and _only_dates(column, timeframe, calendar):
            column = column.dt.date()
        if column.dtype == pl.Date:
            return self._close_of_dates(column, timeframe, calendar)
        moments: TimeArray = self._in_utc(column).dt.epoch("ns").to_numpy()
        if self._reading.stamp is Stamp.OPEN:
            return close_times_of_opens(moments, timeframe, calendar)
        return moments

    def _close_of_dates(
        self, column: pl.Series, timeframe: Timeframe, calendar: TradingCalendar
    ) -> TimeArray:
        if timeframe.is_intraday:
            raise InvalidInput.at(
                "time",
                message=f"the column holds dates without a time of day, too little for {timeframe} bars",
            )
        day: IntArray = column.to_physical().cast(pl.Int64).to_numpy()
        if self._reading.stamp is Stamp.OPEN:
            day = day + timeframe.nanoseconds // NANOSECONDS_PER_DAY - 1
        return session_close_times(calendar, day)

    def _parsed(self) -> pl.Series:
        column = self._column
        if column.dtype == pl.String:
            column = self._from_text(column.str.strip_chars())
        elif column.dtype.is_integer():
            column = self._from_unix(column.cast(pl.Int64))
        elif not isinstance(column.dtype, pl.Date | pl.Datetime):
            raise InvalidInput.at("time", message=f"the column holds {column.dtype}, not dates or times")
        self._refuse_where(column.is_null(), "is no date or time")
        years = column.dt.year()
        self._refuse_where((years < _FIRST_YEAR) | (years > _LAST_YEAR), "is not a plausible date")
        return column

    def _from_text(self, text: pl.Series) -> pl.Series:
        if self._reading.format is not None:
            return self._from_format(text, self._reading.format)
        if _begins_with(text, _DATE):
            return text.str.replace_all(r"[-/]", "").str.to_date("%Y%m%d", strict=False)
        if _begins_with(text, _UNIX):
            return self._from_unix(text.cast(pl.Int64, strict=False))
        iso = (
            text.str.replace(r"^(\d{4})/(\d{2})/(\d{2})", "$1-$2-$3")
            .str.replace(r"^(\d{4}-\d{2}-\d{2}) +", "${1}T")
            .str.replace(r" *(?:Z|UTC)$", "+00:00")
            .str.replace(r"(T.*?) *([+-]\d{2}):?(\d{2})$", "${1}${2}:${3}")
            .str.replace(r"(T.*?) *([+-]\d{2})$", "${1}${2}:00")
            .str.replace(r"(T\d{2}:\d{2})([+-].*)?$", "${1}:00${2}")
        )
        return self._from_iso(iso)

    def _from_iso(self, iso: pl.Series) -> pl.Series:
        naive, zoned = iso.str.contains(_NAIVE), iso.str.contains(_ZONED)
        neither = ~(naive | zoned).fill_null(value=False)
        self._refuse_where(
            neither, "is not a date or time in ISO 8601 (2020-01-31 or 2020-01-31T16:00); name its format"
        )
        if naive.any() and zoned.any():
            self._refuse_where(
                naive if bool(zoned[0]) else zoned, "differs from row one in having a time zone or not"
            )
        if naive.all():
            return iso.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us")
        moments = iso.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", strict=False, time_unit="us")
        self._refuse_mixed_offsets(iso, moments)
        return moments

    def _from_format(self, text: pl.Series, pattern: str) -> pl.Series:
        try:
            if any(directive in pattern for directive in ("%H", "%I", "%s", "%T", "%R")):
                return text.str.to_datetime(pattern, strict=False, time_unit="us")
            return text.str.to_date(pattern, strict=False)
        except pl.exceptions.PolarsError:
            raise InvalidInput.at("format", message=f"'{pattern}' is not a strptime pattern") from None

    def _from_unix(self, number: pl.Series) -> pl.Series:
        """Seconds, milliseconds, microseconds or nanoseconds: told apart by their size."""
        if number.len() == 0:
            return pl.Series(number.name, [], dtype=pl.Datetime("us", "UTC"))
        self._refuse_where(number.is_null(), "is no date or time")
        largest = int(number.to_numpy().max())
        scale = next((scale for limit, scale in _NANOSECONDS_OF_UNIT if largest < limit), 1)
        if scale >= 1_000:  # noqa: PLR2004 - microseconds and longer
            return (number * (scale // 1_000)).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        return number.cast(pl.Datetime("ns")).dt.replace_time_zone("UTC")

    def _refuse_mixed_offsets(self, iso: pl.Series, moments: pl.Series) -> None:
        """Several offsets are right only where they are the summer and winter time of one zone."""
        offsets = iso.str.extract(f"({_OFFSET})", 1)
        if offsets.n_unique() <= 1:
            return
        if self._zone is None:
            shown = ", ".join(sorted(offsets.unique().to_list())[:3])
            raise InvalidInput.at(
                "time", message=f"the column mixes time zones ({shown}); name the one zone all of it is in"
            )
        local = moments.dt.convert_time_zone(self._zone).dt.strftime("%:z")
        self._refuse_where(local != offsets, f"is not the time of {self._zone}: the column mixes time zones")

    def _in_utc(self, column: pl.Series) -> pl.Series:
        if not _is_naive(column):
            return column.dt.convert_time_zone("UTC")
        if self._zone is None:
            raise InvalidInput.at(
                "timezone", message="the stamps carry no time zone; name the one they are in"
            )
        local = column.dt.replace_time_zone(self._zone, ambiguous="null", non_existent="null")
        self._refuse_where(local.is_null(), f"happens twice or never in {self._zone}, when the clock changes")
        return local.dt.convert_time_zone("UTC")

    def _refuse_where(self, wrong: pl.Series, reason: str) -> None:
        row = wrong.arg_max() if wrong.any() else None
        if row is not None:
            value = self._column[row]
            shown = "an empty value" if value is None else f"'{value}'"
            raise InvalidInput.at("time", message=f"row {row + self._first_row}: {shown} {reason}")


def _checked_zone(name: str | None) -> str | None:
    if name is None:
        return None
    try:
        return str(ZoneInfo(name).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput.at(
            "timezone", message=f"'{name}' is not a time zone; use a name like America/New_York or UTC"
        ) from None


def _begins_with(text: pl.Series, pattern: str) -> bool:
    """Whether the first stamp there is has this form: it decides for the column, so that the row
    an error names is the odd one."""
    present = text.drop_nulls()
    return present.len() > 0 and bool(present.head(1).str.contains(pattern).all())


def _is_naive(column: pl.Series) -> bool:
    return isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone is None


def _only_dates(column: pl.Series, timeframe: Timeframe, calendar: TradingCalendar) -> bool:
    """Whether naive stamps at midnight are a way of writing dates. In a market that never closes
    midnight is a true closing time, so there they stay moments."""
    if timeframe.is_intraday or calendar.hours == CONTINUOUS:
        return False
    return bool((column.dt.truncate("1d") == column).all())
