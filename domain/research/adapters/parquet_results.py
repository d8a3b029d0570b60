"""Results of chunks as files, one a chunk: `<workspace>/<study>/<number>.parquet` under the root.

The rows are the table of the file, and the chunk's values stand in its metadata, so that a chunk is
kept whole or not at all; a chunk without rows is a `.json`. A file is written under a name that
begins with a dot, and gets its own once all of it is on disk.
"""

import contextlib
import errno
import io
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import numpy as np
import polars as pl

from domain.errors import InvalidInput, NeedsOperator, NotFound
from domain.ids import WorkspaceId
from domain.research.model import Chunk, StudyId
from domain.research.ports import ChunkAnswer
from domain.research.table import Table

_VALUES = "values"
_PLAN = "plan"
_NAME = re.compile(r"(\d{8})\.(?:parquet|json)")
_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_DISK_IS_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, KeyError, ValueError)


class ParquetResultStore:
    """Implements `ResultStore` on a local disk; safe for several processes at once."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def prepare(self, workspace_id: WorkspaceId, study_id: StudyId, plan: str) -> None:
        """Make room for the chunks of this plan; those of another one are thrown away.

        Raises NeedsOperator when the disk is full or unwritable.
        """
        folder = self._folder(workspace_id, study_id)
        with _operator_sees_refusal():
            folder.mkdir(parents=True, exist_ok=True)
            kept = folder / _PLAN
            if not kept.exists() or kept.read_text(encoding="utf-8") != plan:
                for _, path in self._files(workspace_id, study_id):
                    path.unlink(missing_ok=True)
                _write_durably(kept, plan.encode())

    def finished(self, workspace_id: WorkspaceId, study_id: StudyId) -> frozenset[int]:
        """Numbers of the chunks that are kept."""
        return frozenset(number for number, _ in self._files(workspace_id, study_id))

    def write_chunk(
        self, workspace_id: WorkspaceId, study_id: StudyId, chunk: Chunk, answer: ChunkAnswer
    ) -> None:
        """Durable when it returns; a chunk that is there already is replaced.

        Raises NeedsOperator when the disk is full or unwritable; nothing half-written stays.
        """
        values, table = answer
        text = json.dumps(values, allow_nan=False, separators=(",", ":"))
        content = text.encode() if table is None else _parquet(table, text)
        suffix = "json" if table is None else "parquet"
        folder = self._folder(workspace_id, study_id)
        with _operator_sees_refusal():
            _write_durably(folder / f"{chunk.number:08d}.{suffix}", content)

    def read_chunk(self, workspace_id: WorkspaceId, study_id: StudyId, number: int) -> ChunkAnswer:
        """The rows are read when they are first looked at. Raises NotFound, and NeedsOperator for a
        damaged file, then too."""
        path = self._path(workspace_id, study_id, number)
        with _operator_sees_damage(study_id):
            if path.suffix == ".json":
                return json.loads(path.read_bytes()), None
            return json.loads(pl.read_parquet_metadata(path)[_VALUES]), Table(_RowsOnDemand(path, study_id))

    def values(self, workspace_id: WorkspaceId, study_id: StudyId, number: int) -> Mapping[str, Any]:
        """A chunk's answer without its rows. Raises NotFound, and NeedsOperator for a damaged file."""
        path = self._path(workspace_id, study_id, number)
        with _operator_sees_damage(study_id):
            if path.suffix == ".json":
                found: Mapping[str, Any] = json.loads(path.read_bytes())
            else:
                found = json.loads(pl.read_parquet_metadata(path)[_VALUES])
            return found

    def discard(self, workspace_id: WorkspaceId, study_id: StudyId, after: int) -> None:
        """Throw away the chunks with a higher number."""
        with _operator_sees_refusal():
            for number, path in self._files(workspace_id, study_id):
                if number > after:
                    path.unlink(missing_ok=True)

    def rows(
        self,
        workspace_id: WorkspaceId,
        study_id: StudyId,
        *,
        columns: Sequence[str] | None = None,
        order_by: str | None = None,
        descending: bool = True,
        offset: int = 0,
        limit: int | None = None,
    ) -> Table:
        """Rows of all finished chunks, in the order of the plan unless told otherwise. Undefined values
        come last whichever way they are ordered; ties stay in the order of the plan.

        Raises InvalidInput for a column there is not.
        """
        files = [path for _, path in self._files(workspace_id, study_id) if path.suffix == ".parquet"]
        if not files:
            return Table({name: [] for name in columns or ()})
        with _operator_sees_damage(study_id):
            frame = pl.scan_parquet(files)
            known = frame.collect_schema().names()
            _require_known(known, columns, order_by)
            if order_by is not None:
                rank = (
                    pl.col(order_by).fill_nan(None)
                    if frame.collect_schema()[order_by].is_float()
                    else order_by
                )
                frame = frame.sort(rank, descending=descending, nulls_last=True, maintain_order=True)
            chosen = frame.select(list(columns) if columns is not None else known).slice(offset, limit)
            return _table(chosen.collect())

    def row_files(self, workspace_id: WorkspaceId, study_id: StudyId) -> tuple[Path, ...]:
        """The files that hold rows, in the order of the plan; chunks without rows have none."""
        return tuple(path for _, path in self._files(workspace_id, study_id) if path.suffix == ".parquet")

    def delete(self, workspace_id: WorkspaceId, study_id: StudyId) -> None:
        """Forget a study's files, those of an interrupted write too."""
        folder = self._folder(workspace_id, study_id)
        gone = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
        with _operator_sees_refusal(), contextlib.suppress(FileNotFoundError):
            folder.rename(gone)  # at once, so that another process which is still writing finds no folder
            shutil.rmtree(gone)

    def _folder(self, workspace_id: WorkspaceId, study_id: StudyId) -> Path:
        # Both names come from outside: a dot or a slash in them must not lead out of the root.
        if not _SAFE_ID.fullmatch(study_id):
            raise NotFound("study", study_id)
        return self._root / quote(workspace_id, safe="").replace(".", "%2E") / study_id

    def _files(self, workspace_id: WorkspaceId, study_id: StudyId) -> list[tuple[int, Path]]:
        """Number and place of each chunk, in the order of the plan."""
        folder = self._folder(workspace_id, study_id)
        if not folder.is_dir():
            return []
        found = [(_NAME.fullmatch(path.name), path) for path in folder.iterdir()]
        return sorted((int(name[1]), path) for name, path in found if name is not None)

    def _path(self, workspace_id: WorkspaceId, study_id: StudyId, number: int) -> Path:
        folder = self._folder(workspace_id, study_id)
        for suffix in ("parquet", "json"):
            path = folder / f"{number:08d}.{suffix}"
            if path.exists():
                return path
        raise NotFound("result of study", study_id, f"Chunk {number} is missing.")


def _require_known(known: Sequence[str], columns: Sequence[str] | None, order_by: str | None) -> None:
    for name in (*(columns or ()), *((order_by,) if order_by is not None else ())):
        if name not in known:
            raise InvalidInput.at(
                "orderBy" if name == order_by else "columns", message=f"there is no column '{name}'"
            )


def _parquet(table: Table, values: str) -> bytes:
    frame = pl.DataFrame({name: pl.Series(_plain(column)) for name, column in table.columns.items()})
    buffer = io.BytesIO()
    # Statistics hardly compress: a stronger method would cost more time than a run does.
    frame.write_parquet(buffer, compression="lz4", statistics=False, metadata={_VALUES: values})
    return buffer.getvalue()


def _plain(column: Any) -> Any:
    return column if isinstance(column, np.ndarray) else pl.Series(list(column), dtype=pl.String)


def _table(frame: pl.DataFrame) -> Table:
    return Table(
        {
            name: cast("Sequence[str]", series.to_list()) if series.dtype == pl.String else series.to_numpy()
            for name, series in ((one.name, one) for one in frame)
        }
    )


class _RowsOnDemand(Mapping[str, Any]):
    """The columns of a file, of which most are never looked at."""

    def __init__(self, path: Path, study_id: StudyId) -> None:
        self._path = path
        self._study_id = study_id

    @cached_property
    def _columns(self) -> Mapping[str, Any]:
        with _operator_sees_damage(self._study_id):
            return _table(pl.read_parquet(self._path)).columns

    def __getitem__(self, name: str) -> Any:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


def _write_durably(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextlib.contextmanager
def _operator_sees_refusal() -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        if fault.errno in _DISK_IS_FULL:
            raise NeedsOperator(
                "The disk of the data folder is full; free some space and resume the study."
            ) from fault
        raise NeedsOperator(
            f"The data folder cannot be written ({fault.strerror}); mend its permissions and resume the study."
        ) from fault


@contextlib.contextmanager
def _operator_sees_damage(study_id: StudyId) -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as fault:
        raise NeedsOperator(
            f"The results of study {study_id} are damaged; delete it and start it again."
        ) from fault
