"""Bars in a folder of Parquet files, one file a series.

`source=<source>/instrument=<id>/timeframe=<timeframe>/bars.parquet` under the root, each value
percent-encoded. The instrument and its corporate actions travel in the metadata of the same file,
so that one rename replaces all that is known about a series at once: a reader sees the old state
or the new one, never a mixture.
"""

import contextlib
import fcntl
import glob
import io
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import quote, unquote

import numpy as np
import polars as pl

from domain.arrays import BoolArray
from domain.clock import to_nanoseconds
from domain.errors import InvalidInput, NeedsOperator, NotFound
from domain.market.adapters import series_metadata
from domain.market.adapters.series_metadata import Description
from domain.market.bars import COLUMNS, Bars
from domain.market.corporate_actions import CorporateAction
from domain.market.instruments import InstrumentId
from domain.market.series import SeriesKey
from domain.market.timeframe import Timeframe

_FILE = "bars.parquet"
_SCHEMA = {"close_time": pl.Int64(), **dict.fromkeys(COLUMNS, pl.Float64())}
# A range read decodes every row group it touches: 32,768 rows keep 10,000 bars to one or two of
# them, and LZ4 decodes several times faster than Zstandard for a sixth more disk.
_ROWS_PER_GROUP = 32_768
_COMPRESSION: Literal["lz4"] = "lz4"
# What the Parquet reader raises for a file that is cut off or overwritten; the panic is its own.
_UNREADABLE = (
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    InvalidInput,
    OSError,
    KeyError,
    TypeError,
    ValueError,
)

_Answer = TypeVar("_Answer")


class _Held(threading.local):
    """The series this thread has locked."""

    def __init__(self) -> None:
        self.keys: set[SeriesKey] = set()


class ParquetBarStore:
    """Implements `BarStore` on the local disk for one workspace."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._held = _Held()

    @contextlib.contextmanager
    def locked(self, key: SeriesKey) -> Iterator[None]:
        """Only one writer of a series at a time, in any process of this machine.

        Lock files lie apart from the data and are never removed: removing one while another
        writer waits for it would let two writers in.
        """
        if key in self._held.keys:
            yield
            return
        with _operator_sees_disk_faults(key):
            locks = self._root / ".locks"
            locks.mkdir(parents=True, exist_ok=True)
            lock = (locks / f"{_encoded(str(key))}.lock").open("wb")
        with lock:
            with _operator_sees_disk_faults(key):
                fcntl.flock(lock, fcntl.LOCK_EX)
            self._held.keys.add(key)
            try:
                yield
            finally:
                self._held.keys.remove(key)

    def upsert(self, source: str, bars: Bars, actions: Sequence[CorporateAction] = ()) -> Bars:
        if len(bars) == 0:
            raise InvalidInput(f"There are no bars of {bars.instrument.id} to store.")
        key = SeriesKey(source, bars.instrument.id, bars.timeframe)
        with self.locked(key), _operator_sees_disk_faults(key):
            path = self._path(key)
            if not path.exists():
                self._replace(path, bars, Description(bars.instrument, series_metadata.merged((), actions)))
                return bars
            stored, description = self.read(key), self._describe(key)
            merged = _merged(stored, bars)
            updated = Description(bars.instrument, series_metadata.merged(description.actions, actions))
            if updated != description or not _same_rows(merged, stored):
                self._replace(path, merged, updated)
            return merged

    def read(self, key: SeriesKey, start: datetime | None = None, end: datetime | None = None) -> Bars:
        wanted = pl.lit(value=True)
        if start is not None:
            wanted &= pl.col("close_time") >= to_nanoseconds(start)
        if end is not None:
            wanted &= pl.col("close_time") <= to_nanoseconds(end)

        def rows_and_description(path: Path) -> Bars:
            description = series_metadata.decode(pl.read_parquet_metadata(path))
            frame = pl.scan_parquet(path, schema=_SCHEMA, glob=False).filter(wanted).collect()
            return Bars(description.instrument, key.timeframe, *(frame[name].to_numpy() for name in _SCHEMA))

        return self._consistent(key, rows_and_description)

    def actions(self, key: SeriesKey) -> tuple[CorporateAction, ...]:
        return self._describe(key).actions

    def named(self, symbol: str, timeframe: Timeframe) -> tuple[SeriesKey, ...]:
        pattern = f"source=*/instrument={glob.escape(_encoded(symbol))}.*/timeframe={timeframe}/{_FILE}"
        try:
            paths = list(self._root.glob(pattern))
        except OSError as fault:
            raise NeedsOperator(f"The folder of stored bars cannot be read: {fault.strerror}.") from fault
        keys = [_key_of(path, timeframe) for path in paths]
        # A symbol may hold a dot itself: only the part after the last one is the venue.
        mine = (key for key in keys if key.instrument_id.rpartition(".")[0] == symbol)
        return tuple(sorted(mine, key=lambda key: (key.source, key.instrument_id)))

    def delete(self, key: SeriesKey) -> None:
        path = self._path(key)
        if not path.exists():
            return
        with self.locked(key), _operator_sees_disk_faults(key):
            path.unlink(missing_ok=True)
            for folder in path.parents[:3]:
                # A folder that another series still uses is not empty, and stays.
                with contextlib.suppress(OSError):
                    folder.rmdir()

    def _path(self, key: SeriesKey) -> Path:
        return (
            self._root
            / f"source={_encoded(key.source)}"
            / f"instrument={_encoded(key.instrument_id)}"
            / f"timeframe={key.timeframe}"
            / _FILE
        )

    def _describe(self, key: SeriesKey) -> Description:
        return self._consistent(key, lambda path: series_metadata.decode(pl.read_parquet_metadata(path)))

    def _consistent(self, key: SeriesKey, read: Callable[[Path], _Answer]) -> _Answer:
        """An answer from one state of the file: when a writer replaces it meanwhile, read again."""
        path = self._path(key)
        while True:
            before = _version(path)
            if before is None:
                raise NotFound("series", str(key), "Import its bars first.")
            try:
                answer = read(path)
            except _UNREADABLE as fault:
                if _version(path) == before:
                    raise NeedsOperator(
                        f"The stored bars of {key} cannot be read: the file is damaged or locked away; "
                        "delete the series and import it again."
                    ) from fault
            else:
                if _version(path) == before:
                    return answer

    def _replace(self, path: Path, bars: Bars, description: Description) -> None:
        columns = {name: getattr(bars, name) for name in _SCHEMA}
        buffer = io.BytesIO()
        pl.DataFrame(columns, schema=_SCHEMA).write_parquet(
            buffer,
            compression=_COMPRESSION,
            row_group_size=_ROWS_PER_GROUP,
            statistics=True,
            metadata=series_metadata.encode(description),
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, buffer.getbuffer())


def replace_file(path: Path, content: bytes | memoryview) -> None:
    """Write beside the file, make it durable, then rename over it; on a fault the old file stays.

    Raises OSError, and then nothing of the attempt is left behind.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _merged(stored: Bars, newer: Bars) -> Bars:
    """Rows of both by close time; where both have one, the newer values win."""
    kept: BoolArray = ~np.isin(stored.close_time, newer.close_time, assume_unique=True)
    close_time = np.concatenate([stored.close_time[kept], newer.close_time])
    order = np.argsort(close_time, kind="stable")
    columns = (
        np.concatenate([getattr(stored, column)[kept], getattr(newer, column)])[order] for column in COLUMNS
    )
    return Bars(newer.instrument, newer.timeframe, close_time[order], *columns)


def _same_rows(one: Bars, other: Bars) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in _SCHEMA)


def _version(path: Path) -> tuple[int, int] | None:
    """Tells one state of a file from the next; None when there is no file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def _encoded(name: str) -> str:
    return quote(name, safe="")


def _key_of(path: Path, timeframe: Timeframe) -> SeriesKey:
    instrument, source = (unquote(folder.name.partition("=")[2]) for folder in path.parents[1:3])
    return SeriesKey(source, InstrumentId(instrument), timeframe)


@contextlib.contextmanager
def _operator_sees_disk_faults(key: SeriesKey) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        reason = (fault.strerror or "the disk refused").lower()
        raise NeedsOperator(
            f"The bars of {key} could not be stored ({reason}); what was stored before is unchanged. "
            "Free space or mend the permissions of the data folder, then import again."
        ) from fault
