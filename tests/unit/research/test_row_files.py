"""Rows of a study as one file, made of its chunks."""

import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from domain.errors import NeedsOperator
from domain.ids import WorkspaceId
from domain.research.adapters.parquet_results import ParquetResultStore
from domain.research.adapters.row_files import rows_as_file
from domain.research.model import Chunk, StudyId
from domain.research.table import Table

HOME, STUDY = WorkspaceId("default"), StudyId("st_000001")


def a_store(folder: Path, *tables: Table | None) -> ParquetResultStore:
    store = ParquetResultStore(folder)
    store.prepare(HOME, STUDY, "plan")
    for number, table in enumerate(tables):
        store.write_chunk(HOME, STUDY, Chunk(number, 2), ({"number": number}, table))
    return store


def a_table(first: int) -> Table:
    return Table(
        {
            "combination": np.array([first, first + 1]),
            "sharpe": np.array([0.5, np.nan]),
            "failure": ["", 'a "quoted", word'],
        }
    )


def test_csv_has_one_header_and_the_rows_of_every_chunk_in_order(tmp_path: Path) -> None:
    store = a_store(tmp_path, a_table(0), None, a_table(2))
    blocks = list(rows_as_file(store.row_files(HOME, STUDY), "csv"))
    assert len(blocks) == 2
    assert b"".join(blocks).decode().splitlines() == [
        "combination,sharpe,failure",
        '0,0.5,""',
        '1,,"a ""quoted"", word"',
        '2,0.5,""',
        '3,,"a ""quoted"", word"',
    ]


def test_parquet_is_one_file_with_the_rows_of_every_chunk(tmp_path: Path) -> None:
    store = a_store(tmp_path, a_table(0), a_table(2))
    frame = pl.read_parquet(io.BytesIO(b"".join(rows_as_file(store.row_files(HOME, STUDY), "parquet"))))
    assert frame["combination"].to_list() == [0, 1, 2, 3]
    assert frame["sharpe"].is_nan().to_list() == [False, True, False, True]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_columns_that_only_some_chunks_have_are_empty_in_the_others(tmp_path: Path, form: str) -> None:
    store = a_store(tmp_path, a_table(0), Table({"origin": ["search"], "sharpe": np.array([1.5])}))
    content = b"".join(rows_as_file(store.row_files(HOME, STUDY), form))  # type: ignore[arg-type]  # one of the two
    frame = pl.read_csv(io.BytesIO(content)) if form == "csv" else pl.read_parquet(io.BytesIO(content))
    assert frame.columns == ["combination", "sharpe", "failure", "origin"]
    assert frame["origin"].to_list() == [None, None, "search"]
    assert frame["combination"].to_list() == [0, 1, None]


def test_a_damaged_chunk_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    store = a_store(tmp_path, a_table(0))
    (file,) = store.row_files(HOME, STUDY)
    file.write_bytes(b"PAR1 nonsense")
    with pytest.raises(NeedsOperator, match="damaged"):
        rows_as_file(store.row_files(HOME, STUDY), "csv")
