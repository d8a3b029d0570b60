"""Bars from a CSV or a Parquet file of the user's own."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from domain.arrays import FloatArray
from domain.clock import to_nanoseconds
from domain.errors import InvalidInput, NotFound
from domain.market.adapters.exchange_calendar import calendar_for
from domain.market.adapters.file_times import TimeColumn, TimeReading
from domain.market.bars import COLUMNS
from domain.market.calendars import TradingCalendar
from domain.market.instruments import AssetClass, Instrument
from domain.market.ports import Delivery
from domain.market.quality import RawBars
from domain.market.timeframe import Timeframe

# Headers as vendors write them, after lower-casing and dropping everything but letters.
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "time": ("time", "timestamp", "datetime", "date", "closetime", "opentime", "t", "ts"),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c", "last", "closelast"),
    "volume": ("volume", "vol", "v"),
}
_DELIMITERS = (",", ";", "\t", "|")
_WITHOUT_VOLUME = frozenset({AssetClass.FX, AssetClass.INDEX})
_NOTHING = ("", "nan", "null", "none", "na", "n/a")
_PARQUET_MAGIC = b"PAR1"


@dataclass(frozen=True, slots=True)
class FileLayout:
    """How to read a file; everything left out is found from the file itself.

    columns    our names (time, open, high, low, close, volume) to the headers of the file
    delimiter  of a CSV; found among comma, semicolon, tab and bar when None
    times      how the stamps are written
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    delimiter: str | None = None
    times: TimeReading = field(default_factory=TimeReading)


class FileSource:
    """One file that holds the bars of one instrument.

    A comma is read as the decimal sign where values are parted by semicolons, as spreadsheets
    in much of Europe write them. Prices are taken as traded: a file of adjusted prices must not
    be given corporate actions on top.
    """

    def __init__(
        self,
        path: Path,
        instrument: Instrument,
        layout: FileLayout | None = None,
        *,
        name: str = "file",
        calendar: Callable[[Instrument], TradingCalendar] = calendar_for,
    ) -> None:
        self._path = path
        self._instrument = instrument
        self._layout = layout or FileLayout()
        self._name = name
        self._calendar = calendar

    @property
    def name(self) -> str:
        return self._name

    def symbols(self) -> tuple[str, ...]:
        return (self._instrument.symbol,)

    def fetch(
        self, symbol: str, timeframe: Timeframe, start: datetime | None, end: datetime | None
    ) -> Delivery:
        """Raises InvalidInput that names the column, or the row and the value, that is wrong."""
        if symbol != self._instrument.symbol:
            raise NotFound("symbol", symbol, f"This file holds {self._instrument.symbol}.")
        table = self._table()
        headers = self._headers(table.frame)
        prices = {
            name: table.numbers(headers[name][0]) if name in headers else table.zeros() for name in COLUMNS
        }
        times = TimeColumn(table.stamps(headers["time"]), self._layout.times, table.first_row)
        close_time = times.close_times(timeframe, self._calendar(self._instrument))
        wanted = np.ones(close_time.shape[0], dtype=np.bool_)
        if start is not None:
            wanted &= close_time >= to_nanoseconds(start)
        if end is not None:
            wanted &= close_time <= to_nanoseconds(end)
        return Delivery(self._instrument, timeframe, RawBars(close_time, **prices).take(wanted))

    def _table(self) -> "_Table":
        name = self._path.name
        try:
            with self._path.open("rb") as file:
                beginning = file.read(65_536)
        except FileNotFoundError:
            raise InvalidInput.at("path", message=f"there is no file '{name}'") from None
        except OSError as fault:
            reason = (fault.strerror or "unreadable").lower()
            raise InvalidInput.at("path", message=f"'{name}' cannot be opened: {reason}") from None
        if self._path.suffix.lower() in {".parquet", ".pq"} or beginning.startswith(_PARQUET_MAGIC):
            return _Table(self._parquet(), first_row=1)
        delimiter = self._delimiter(beginning)
        return _Table(self._csv(delimiter), first_row=2, decimal_comma=delimiter == ";")

    def _parquet(self) -> pl.DataFrame:
        try:
            return pl.read_parquet(self._path, glob=False)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as fault:
            raise InvalidInput.at(
                "path", message=f"'{self._path.name}' is damaged or is not a Parquet file"
            ) from fault

    def _csv(self, delimiter: str) -> pl.DataFrame:
        name = self._path.name
        try:
            return pl.read_csv(self._path, separator=delimiter, infer_schema=False, glob=False).rename(
                lambda header: header.strip()
            )
        except pl.exceptions.NoDataError:
            raise InvalidInput.at("path", message=f"'{name}' is empty") from None
        except pl.exceptions.PolarsError as fault:
            reason = "is not UTF-8 text" if "utf" in str(fault).lower() else "is not a table with equal rows"
            raise InvalidInput.at("path", message=f"'{name}' {reason}") from fault

    def _delimiter(self, beginning: bytes) -> str:
        if self._layout.delimiter is not None:
            if len(self._layout.delimiter) != 1:
                raise InvalidInput.at("delimiter", message="must be one character")
            return self._layout.delimiter
        header = beginning.decode("utf-8-sig", errors="replace").partition("\n")[0]
        return max(_DELIMITERS, key=header.count)

    def _headers(self, frame: pl.DataFrame) -> dict[str, tuple[str, ...]]:
        """The headers that hold each of our columns. Raises InvalidInput naming all that miss."""
        unknown = set(self._layout.columns) - set(_SPELLINGS)
        if unknown:
            raise InvalidInput.at(
                "columns",
                message=f"{_listed(sorted(unknown))} cannot be mapped; choose from {_listed(_SPELLINGS)}",
            )
        found = {name: self._headers_of(name, frame.columns) for name in _SPELLINGS}
        missing = [name for name, headers in found.items() if not headers]
        if self._instrument.asset_class in _WITHOUT_VOLUME:
            missing = [name for name in missing if name != "volume"]
        if missing:
            wanted = [self._layout.columns.get(name, name) for name in missing]
            raise InvalidInput.at(
                "columns",
                message=f"'{self._path.name}' has no column {_listed(wanted)}; it has {_listed(frame.columns)}",
            )
        return {name: headers for name, headers in found.items() if headers}

    def _headers_of(self, name: str, headers: list[str]) -> tuple[str, ...]:
        if name in self._layout.columns:
            chosen = self._layout.columns[name].strip()
            return (chosen,) if chosen in headers else ()
        plain = {re.sub(r"[^a-z]", "", header.lower()): header for header in reversed(headers)}
        if name == "time" and {"date", "time"} <= plain.keys():
            return plain["date"], plain["time"]
        return next(((plain[spelling],) for spelling in _SPELLINGS[name] if spelling in plain), ())


@dataclass(frozen=True, slots=True)
class _Table:
    """The columns as they stand in the file.

    first_row is the number people give its first row. decimal_comma holds only where semicolons
    part the values: elsewhere a comma may part thousands, and a value with one is no number.
    """

    frame: pl.DataFrame
    first_row: int
    decimal_comma: bool = False

    def zeros(self) -> FloatArray:
        return np.zeros(self.frame.height)

    def stamps(self, headers: tuple[str, ...]) -> pl.Series:
        if len(headers) == 1:
            return self.frame[headers[0]]
        parts = [pl.col(name).cast(pl.String) for name in headers]
        return self.frame.select(pl.concat_str(parts, separator=" ")).to_series()

    def numbers(self, header: str) -> FloatArray:
        column = self.frame[header]
        if column.dtype == pl.String:
            return self._numbers_of_text(column)
        if not column.dtype.is_numeric():
            raise InvalidInput.at("columns", message=f"column '{header}' holds {column.dtype}, not numbers")
        return _floats(column)

    def _numbers_of_text(self, column: pl.Series) -> FloatArray:
        text = column.str.strip_chars()
        text = text.set(text.str.to_lowercase().is_in(_NOTHING), None)
        if self.decimal_comma and not text.str.contains(".", literal=True).any():
            text = text.str.replace(",", ".", literal=True)
        numbers = text.cast(pl.Float64, strict=False)
        wrong = numbers.is_null() & text.is_not_null()
        if wrong.any():
            row = wrong.arg_max() or 0
            raise InvalidInput.at(
                column.name, message=f"row {row + self.first_row}: '{column[row]}' is not a number"
            )
        return _floats(numbers)


def _floats(column: pl.Series) -> FloatArray:
    """An empty value is NaN, which the quality checks find."""
    return np.asarray(column.cast(pl.Float64).fill_null(float("nan")).to_numpy(), dtype=np.float64)


def _listed(names: Mapping[str, object] | list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
