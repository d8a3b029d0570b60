"""The rows of a study as one file to take away, made of its chunks without holding them all."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Literal

import polars as pl

from domain.errors import NeedsOperator

_BLOCK_BYTES = 1 << 18
_UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException)


def rows_as_file(files: Sequence[Path], form: Literal["csv", "parquet"]) -> Iterator[bytes]:
    """Blocks of one file with the rows of all these chunks, in their order.

    Columns that only some chunks have are empty in the others. CSV is made chunk by chunk while it is
    read; Parquet is put together in a temporary file, which is gone when the last block is. What can be
    refused is refused before the first block. Raises NeedsOperator for damaged chunks and a full disk.
    """
    try:
        columns = _columns(files)
        return _csv(files, columns) if form == "csv" else _blocks(_parquet(files, columns))
    except _UNREADABLE as fault:
        raise NeedsOperator("The results of this study are damaged; delete it and start it again.") from fault
    except OSError as fault:
        raise NeedsOperator(
            f"The file could not be put together ({fault.strerror}); free some space for temporary files."
        ) from fault


def _columns(files: Sequence[Path]) -> list[str]:
    """Every column of every chunk, in the order they come up; reads the ends of the files alone."""
    return list(dict.fromkeys(name for file in files for name in pl.read_parquet_schema(file)))


def _csv(files: Sequence[Path], columns: Sequence[str]) -> Iterator[bytes]:
    for number, file in enumerate(files):
        frame = pl.read_parquet(file)
        missing = [pl.lit(None).alias(name) for name in columns if name not in frame.columns]
        # An undefined number is an empty field: "NaN" is text to most that read CSV.
        whole = frame.with_columns(*missing, pl.selectors.float().fill_nan(None)).select(columns)
        yield whole.write_csv(include_header=number == 0).encode()


def _parquet(files: Sequence[Path], columns: Sequence[str]) -> IO[bytes]:
    parts = [pl.scan_parquet(file) for file in files]
    alike = len({tuple(pl.read_parquet_schema(file).items()) for file in files}) == 1
    whole = pl.scan_parquet(list(files)) if alike else pl.concat(parts, how="diagonal_relaxed")
    made = tempfile.TemporaryFile()  # noqa: SIM115 - closed by who reads it
    try:
        whole.select(columns).sink_parquet(made)
    except BaseException:
        made.close()
        raise
    made.seek(0)
    return made


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while block := file.read(_BLOCK_BYTES):
            yield block
