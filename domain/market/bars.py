"""Bars of one instrument, and the aligned panel of several that strategies and the engine read.

A bar is stamped with its **close time**: the moment from which everything in it is known.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.arrays import FloatArray, TimeArray
from domain.errors import InvalidInput
from domain.market.calendars import open_times
from domain.market.instruments import Instrument
from domain.market.timeframe import Timeframe

COLUMNS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Immutable columns of one instrument and time frame, each of shape (T,).

    close_time is strictly increasing UTC nanoseconds; prices are in the instrument's currency,
    volume in its units. Values are finite: quality checks come before this type.
    Raises InvalidInput when shapes differ or time does not increase.
    """

    instrument: Instrument
    timeframe: Timeframe
    close_time: TimeArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray

    def __post_init__(self) -> None:
        _freeze(self, "close_time", np.int64)
        for column in COLUMNS:
            _freeze(self, column, np.float64)
            if getattr(self, column).shape != self.close_time.shape:
                raise InvalidInput(f"Column '{column}' of {self.instrument.id} is not as long as its times.")
        if self.close_time.ndim != 1:
            raise InvalidInput("Bars of one instrument are one-dimensional.")
        if len(self) > 1 and not bool((np.diff(self.close_time) > 0).all()):
            raise InvalidInput(f"Bars of {self.instrument.id} are not in strictly increasing time order.")

    def __len__(self) -> int:
        return int(self.close_time.shape[0])

    def between(self, start: int | None = None, end: int | None = None) -> "Bars":
        """Bars whose close time lies in [start, end], both UTC nanoseconds and inclusive."""
        first = 0 if start is None else int(np.searchsorted(self.close_time, start, "left"))
        last = len(self) if end is None else int(np.searchsorted(self.close_time, end, "right"))
        return self.take(slice(first, last))

    def take(self, rows: slice) -> "Bars":
        """A contiguous run of rows, without copying."""
        return Bars(
            self.instrument,
            self.timeframe,
            self.close_time[rows],
            *(getattr(self, column)[rows] for column in COLUMNS),
        )

    def digest(self) -> str:
        """SHA-256 over identity and every value; equal bars have equal digests on any machine."""
        sha = hashlib.sha256(f"{self.instrument.id}|{self.timeframe}|".encode())
        sha.update(self.close_time.astype("<i8").tobytes())
        for column in COLUMNS:
            sha.update(getattr(self, column).astype("<f8").tobytes())
        return sha.hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Aligned bars of N instruments over T common bar times.

    close_time (T,) UTC nanoseconds; price and volume columns (T, N), C-contiguous, read-only.
    NaN marks a bar an instrument does not have. A panel holds nothing later than its last row,
    and `until` cuts it there: this is how a strategy is kept from seeing the future.
    """

    instruments: tuple[Instrument, ...]
    timeframe: Timeframe
    close_time: TimeArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray

    def __post_init__(self) -> None:
        _freeze(self, "close_time", np.int64)
        shape = (self.close_time.shape[0], len(self.instruments))
        for column in COLUMNS:
            _freeze(self, column, np.float64)
            if getattr(self, column).shape != shape:
                raise InvalidInput(f"Panel column '{column}' must have shape {shape}.")

    @classmethod
    def align(cls, series: Sequence[Bars]) -> "Panel":
        """The union of the bar times of all series; a missing bar becomes NaN.

        Raises InvalidInput for no series, mixed time frames or an instrument named twice.
        """
        if not series:
            raise InvalidInput("A panel needs the bars of at least one instrument.")
        instruments = tuple(bars.instrument for bars in series)
        if len({instrument.id for instrument in instruments}) < len(instruments):
            raise InvalidInput.at("instruments", message="an instrument is named twice")
        timeframe = series[0].timeframe
        if any(bars.timeframe != timeframe for bars in series):
            raise InvalidInput.at("timeframe", message="all instruments must have the same time frame")
        if len(series) == 1:
            only = series[0]
            columns = (getattr(only, column).reshape(-1, 1) for column in COLUMNS)
            return cls(instruments, timeframe, only.close_time, *columns)
        times = np.unique(np.concatenate([bars.close_time for bars in series]))
        table = np.full((len(COLUMNS), times.shape[0], len(series)), np.nan)
        for column_index, column in enumerate(COLUMNS):
            for index, bars in enumerate(series):
                rows = np.searchsorted(times, bars.close_time)
                table[column_index, rows, index] = getattr(bars, column)
        return cls(instruments, timeframe, times, *table)

    def __len__(self) -> int:
        return int(self.close_time.shape[0])

    @property
    def shape(self) -> tuple[int, int]:
        """(number of bars, number of instruments)."""
        return len(self), len(self.instruments)

    @property
    def open_time(self) -> TimeArray:
        """When each bar opened, nominally: UTC nanoseconds (T, N); made anew at each call.

        A bar an instrument does not have carries its row's close time. See `calendars.open_times`.
        """
        times = np.repeat(self.close_time.reshape(-1, 1), len(self.instruments), axis=1)
        for column, instrument in enumerate(self.instruments):
            rows = np.flatnonzero(~np.isnan(self.close[:, column]))
            times[rows, column] = open_times(self.close_time[rows], self.timeframe, instrument)
        return times

    def until(self, row: int) -> "Panel":
        """What was known when bar `row` closed: rows 0 to `row` inclusive, without copying."""
        return self.take(slice(0, row + 1))

    def take(self, rows: slice) -> "Panel":
        """A contiguous run of rows, without copying."""
        if rows.step not in {None, 1}:
            raise InvalidInput("A panel is cut into contiguous runs of rows.")
        # Rows of a checked panel need no second check; an event strategy asks for them at every bar.
        part = object.__new__(Panel)
        object.__setattr__(part, "instruments", self.instruments)
        object.__setattr__(part, "timeframe", self.timeframe)
        for column in ("close_time", *COLUMNS):
            object.__setattr__(part, column, getattr(self, column)[rows])
        return part

    def scaled(self, price: FloatArray | float, volume: FloatArray | float) -> "Panel":
        """Prices and volume of each instrument times a factor; both broadcast against (T, N)."""
        factors = dict.fromkeys(COLUMNS, price) | {"volume": volume}
        columns = (getattr(self, column) * factor for column, factor in factors.items())
        return Panel(self.instruments, self.timeframe, self.close_time, *columns)


def _freeze(owner: Bars | Panel, column: str, dtype: type[np.generic]) -> None:
    """Store a C-contiguous read-only array, so that no reader can change what another sees."""
    array = np.ascontiguousarray(getattr(owner, column), dtype=dtype).view()
    array.flags.writeable = False
    object.__setattr__(owner, column, array)
