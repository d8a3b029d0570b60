"""Curves and trades of runs as Parquet files, one folder a run.

`<workspace>/<backtest>/curve.parquet` and `trades.parquet` under the root. Files speak for
themselves: times are timestamps, instruments and reasons are words; reading gives the arrays back.
"""

import contextlib
import errno
import io
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote

import numpy as np
import polars as pl

from domain.arrays import IntArray
from domain.backtesting.result import Curve, FillReason, Trades
from domain.errors import NeedsOperator, NotFound
from domain.ids import BacktestId, WorkspaceId

_INSTRUMENT, _INSTRUMENT_IDS, _EXIT_REASON = "instrument", "instrument_ids", "exit_reason"
_DIVIDENDS = "dividends"
_TIME = pl.Datetime("ns", "UTC")
_REASONS: Final = sorted(FillReason)
_REASON_WORDS = pl.Enum([reason.name.lower() for reason in _REASONS])
_ISO_TIME = "%Y-%m-%dT%H:%M:%S%.fZ"
_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_DISK_IS_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# What the Parquet reader raises for a file that is cut off or overwritten; the panic is its own.
_UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, KeyError, AttributeError)


class ParquetArtefactStore:
    """Implements `ArtefactStore` on a local disk; safe for several processes at once."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, workspace_id: WorkspaceId, backtest_id: BacktestId, curve: Curve, trades: Trades) -> None:
        """Both or nothing; what a run wrote before is replaced. Durable when it returns.

        Raises NeedsOperator when the disk is full or unwritable.
        """
        folder = self._folder(workspace_id, backtest_id)
        unfinished = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
        try:
            unfinished.mkdir(parents=True)
            _write_durably(unfinished / "curve.parquet", _parquet(_curve_frame(curve)))
            _write_durably(unfinished / "trades.parquet", _parquet(_trades_frame(trades)))
            _replace_folder(unfinished, folder)
        except OSError as fault:
            raise _unwritable(fault) from fault
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def curve(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> Curve:
        """Raises NotFound, and NeedsOperator for a damaged file."""
        content = self._read(workspace_id, backtest_id, "curve")
        with _operator_sees_damage(backtest_id):
            frame = pl.read_parquet(content)
            return Curve(**{field.name: _array(frame, field.name) for field in fields(Curve)})

    def trades(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> Trades:
        """Raises NotFound, and NeedsOperator for a damaged file."""
        content = self._read(workspace_id, backtest_id, "trades")
        with _operator_sees_damage(backtest_id):
            frame = pl.read_parquet(content)
            if _DIVIDENDS not in frame.columns:  # written before runs booked any
                frame = frame.with_columns(pl.lit(0.0).alias(_DIVIDENDS))
            columns: dict[str, Any] = {
                field.name: _array(frame, field.name)
                for field in fields(Trades)
                if field.name != _INSTRUMENT_IDS
            }
            columns[_EXIT_REASON] = np.array(_REASONS, np.int64)[columns[_EXIT_REASON]]
            words: Any = frame[_INSTRUMENT].dtype
            return Trades(instrument_ids=tuple(words.categories), **columns)

    def export(
        self,
        workspace_id: WorkspaceId,
        backtest_id: BacktestId,
        what: Literal["curve", "trades"],
        form: Literal["csv", "parquet"],
    ) -> bytes:
        """A table as a file for other programs; times in CSV are ISO 8601, UTC.

        Raises NotFound, and NeedsOperator for a damaged file.
        """
        content = self._read(workspace_id, backtest_id, what)
        if form == "parquet":
            return content.getvalue()
        with _operator_sees_damage(backtest_id):
            return pl.read_parquet(content).write_csv(datetime_format=_ISO_TIME).encode()

    def delete(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> None:
        """Forget a run's files, those of an interrupted write too; nothing happens without any."""
        folder = self._folder(workspace_id, backtest_id)
        try:
            for present in [folder, *folder.parent.glob(f".{folder.name}.*")]:
                with contextlib.suppress(FileNotFoundError):
                    shutil.rmtree(present)
        except OSError as fault:
            raise _unwritable(fault) from fault

    def _folder(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> Path:
        # Both names come from outside: a dot or a slash in them must not lead out of the root.
        if not _SAFE_ID.fullmatch(backtest_id):
            raise NotFound("backtest", backtest_id)
        return self._root / quote(workspace_id, safe="").replace(".", "%2E") / backtest_id

    def _read(self, workspace_id: WorkspaceId, backtest_id: BacktestId, what: str) -> io.BytesIO:
        path = self._folder(workspace_id, backtest_id) / f"{what}.parquet"
        try:
            return io.BytesIO(path.read_bytes())
        except FileNotFoundError:
            raise NotFound("result of backtest", backtest_id) from None
        except OSError as fault:
            raise NeedsOperator(
                f"The results of backtest {backtest_id} cannot be read ({fault.strerror}); "
                "mend the permissions of the data folder."
            ) from fault


def _curve_frame(curve: Curve) -> pl.DataFrame:
    return pl.DataFrame({_column(f.name): _series(f.name, getattr(curve, f.name)) for f in fields(Curve)})


def _trades_frame(trades: Trades) -> pl.DataFrame:
    columns = {
        _column(field.name): _series(field.name, getattr(trades, field.name))
        for field in fields(Trades)
        if field.name != _INSTRUMENT_IDS
    }
    columns[_INSTRUMENT] = _words(pl.Enum(trades.instrument_ids), trades.instrument)
    columns[_EXIT_REASON] = _words(_REASON_WORDS, np.searchsorted(_REASONS, trades.exit_reason))
    return pl.DataFrame(columns)


def _column(field: str) -> str:
    return field.rstrip("_")  # `return_` only dodges the keyword


def _series(field: str, values: Any) -> pl.Series:
    series = pl.Series(values)
    return series.cast(_TIME) if field.endswith("_time") else series


def _words(kind: pl.Enum, positions: IntArray) -> pl.Series:
    return pl.Series(kind.categories, dtype=kind).gather(positions)


def _array(frame: pl.DataFrame, field: str) -> Any:
    """The column as the domain has it: times and words as int64, floats and truth values as they are."""
    series = frame[_column(field)]
    array = series.to_physical().to_numpy()
    return array.astype(np.int64) if np.issubdtype(array.dtype, np.integer) else array


def _parquet(frame: pl.DataFrame) -> memoryview:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getbuffer()


def _write_durably(path: Path, content: memoryview) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _replace_folder(new: Path, folder: Path) -> None:
    old = new.with_name(f"{new.name}.old")
    with contextlib.suppress(FileNotFoundError):
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    parent = os.open(folder.parent, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


def _unwritable(fault: OSError) -> NeedsOperator:
    if fault.errno in _DISK_IS_FULL:
        return NeedsOperator(
            "The disk of the data folder is full; free some space and run the backtest again."
        )
    return NeedsOperator(f"The data folder cannot be written ({fault.strerror}); mend its permissions.")


@contextlib.contextmanager
def _operator_sees_damage(backtest_id: BacktestId) -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as fault:
        raise NeedsOperator(
            f"The results of backtest {backtest_id} are damaged; delete it and run it again."
        ) from fault
