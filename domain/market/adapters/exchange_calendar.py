"""Exchange sessions with holidays and half days, from `exchange_calendars`.

The library loads pandas; it is imported on first use so that a process which never asks for a
session stays light.
"""

import importlib
import warnings
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np

from domain.errors import MissingExtra
from domain.market.calendars import (
    CONTINUOUS,
    WEEKDAYS,
    ContinuousCalendar,
    Sessions,
    TradingCalendar,
    TradingHours,
    WeekdayCalendar,
    day_number,
    trading_hours,
)
from domain.market.instruments import Instrument

_YEARS_LOADED_TOGETHER = 10


class ExchangeCalendar:
    """The sessions of one exchange."""

    def __init__(self, hours: TradingHours) -> None:
        self._hours = hours

    @property
    def hours(self) -> TradingHours:
        return self._hours

    def sessions(self, start: date, end: date) -> Sessions:
        """Raises MissingExtra without `exchange_calendars`."""
        decade = start.year - start.year % _YEARS_LOADED_TOGETHER
        last_year = end.year + _YEARS_LOADED_TOGETHER - 1 - end.year % _YEARS_LOADED_TOGETHER
        known = _load(self._hours.calendar, decade, max(last_year, decade))
        rows = slice(
            int(np.searchsorted(known.day, day_number(start), "left")),
            int(np.searchsorted(known.day, day_number(end), "right")),
        )
        return Sessions(known.day[rows], known.close_time[rows])


@lru_cache(maxsize=64)
def calendar_of(hours: TradingHours) -> TradingCalendar:
    """The calendar of a venue's hours."""
    if hours == CONTINUOUS:
        return ContinuousCalendar()
    if hours == WEEKDAYS:
        return WeekdayCalendar()
    return ExchangeCalendar(hours)


def calendar_for(instrument: Instrument) -> TradingCalendar:
    """The calendar an instrument trades on."""
    return calendar_of(trading_hours(instrument))


@lru_cache(maxsize=64)
def _load(name: str, first_year: int, last_year: int) -> Sessions:
    try:
        library: Any = importlib.import_module("exchange_calendars")
    except ModuleNotFoundError:
        raise MissingExtra("The calendar of an exchange", "research") from None
    with warnings.catch_warnings():
        # The library is not yet at home with the newest pandas and says so for every calendar.
        warnings.simplefilter("ignore", DeprecationWarning)
        calendar = _calendar(library, name, date(first_year, 1, 1), date(last_year, 12, 31))
    if calendar is None:
        nothing = np.empty(0, dtype=np.int64)
        return Sessions(nothing, nothing)
    day = calendar.sessions.to_numpy().astype("datetime64[D]").astype(np.int64)
    close_time = calendar.closes.to_numpy("datetime64[ns]").astype(np.int64)
    return Sessions(day, close_time)


def _calendar(library: Any, name: str, start: date, end: date) -> Any:
    try:
        return library.get_calendar(name, start=start.isoformat(), end=end.isoformat())
    except ValueError:
        # Some calendars are recorded between two dates only; days beyond them have no sessions.
        kind = type(library.get_calendar(name))
    lowest, highest = kind.bound_min(), kind.bound_max()
    start = start if lowest is None else max(start, lowest.date())
    end = end if highest is None else min(end, highest.date())
    if start > end:
        return None
    return library.get_calendar(name, start=start.isoformat(), end=end.isoformat())
