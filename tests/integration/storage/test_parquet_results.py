"""Chunks of studies as files: whole or not at all, and read back lazily."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from domain.errors import InvalidInput, NeedsOperator, NotFound
from domain.research.adapters.parquet_results import ParquetResultStore
from domain.research.model import Chunk, StudyId
from domain.research.table import Table
from tests.kit.backtests import WORKSPACE

STUDY = StudyId("st_1")
VALUES = {"sums": [[0.1, 2.5e-300]], "failures": [], "word": "ü"}


def a_table(first: int = 0, sharpe: tuple[float, ...] = (0.5, float("nan"), 0.7)) -> Table:
    rows = len(sharpe)
    return Table(
        {
            "combination": np.arange(first, first + rows),
            "instrument": ["TEST.XNAS"] * rows,
            "parameter.short": np.array([True] * rows),
            "sharpe": np.array(sharpe),
            "failure": ["", "it broke", ""][:rows],
        }
    )


@pytest.fixture
def store(tmp_path: Path) -> ParquetResultStore:
    store = ParquetResultStore(tmp_path)
    store.prepare(WORKSPACE, STUDY, "plan")
    return store


def write(store: ParquetResultStore, number: int, table: Table | None) -> None:
    store.write_chunk(WORKSPACE, STUDY, Chunk(number, 3), (VALUES, table))


def test_a_chunk_comes_back_as_it_was(store: ParquetResultStore) -> None:
    write(store, 0, a_table())
    values, table = store.read_chunk(WORKSPACE, STUDY, 0)
    assert values == VALUES == store.values(WORKSPACE, STUDY, 0)
    assert table is not None
    for name, column in a_table().columns.items():
        np.testing.assert_array_equal(table[name], column)
        if isinstance(column, np.ndarray):
            assert table[name].dtype == column.dtype


def test_a_chunk_without_rows_is_kept_too(store: ParquetResultStore) -> None:
    write(store, 4, None)
    assert store.read_chunk(WORKSPACE, STUDY, 4) == (VALUES, None)
    assert store.values(WORKSPACE, STUDY, 4) == VALUES
    assert store.finished(WORKSPACE, STUDY) == {4}
    assert len(store.rows(WORKSPACE, STUDY, columns=["sharpe"])) == 0


def test_the_same_chunk_is_the_same_bytes_and_counts_once(store: ParquetResultStore, tmp_path: Path) -> None:
    write(store, 0, a_table())
    first = (tmp_path / WORKSPACE / STUDY / "00000000.parquet").read_bytes()
    write(store, 0, a_table())
    assert (tmp_path / WORKSPACE / STUDY / "00000000.parquet").read_bytes() == first
    assert len(store.rows(WORKSPACE, STUDY)) == 3


def test_rows_are_in_the_order_of_the_plan_whichever_chunk_came_first(store: ParquetResultStore) -> None:
    write(store, 1, a_table(3))
    write(store, 0, a_table(0))
    assert store.rows(WORKSPACE, STUDY)["combination"].tolist() == [0, 1, 2, 3, 4, 5]
    assert store.rows(WORKSPACE, STUDY, offset=2, limit=2)["combination"].tolist() == [2, 3]


@pytest.mark.parametrize(("descending", "order"), [(True, [2, 5, 0, 3, 1, 4]), (False, [0, 3, 2, 5, 1, 4])])
def test_undefined_values_come_last_and_ties_in_the_order_of_the_plan(
    store: ParquetResultStore, descending: bool, order: list[int]
) -> None:
    write(store, 0, a_table(0))
    write(store, 1, a_table(3))
    found = store.rows(WORKSPACE, STUDY, columns=["combination"], order_by="sharpe", descending=descending)
    assert list(found.columns) == ["combination"]
    assert found["combination"].tolist() == order


def test_a_column_there_is_not_is_refused(store: ParquetResultStore) -> None:
    write(store, 0, a_table())
    with pytest.raises(InvalidInput, match="columns: there is no column 'sharp'"):
        store.rows(WORKSPACE, STUDY, columns=["sharp"])
    with pytest.raises(InvalidInput, match="orderBy: there is no column 'sharp'"):
        store.rows(WORKSPACE, STUDY, order_by="sharp")


def test_chunks_of_another_plan_are_thrown_away(store: ParquetResultStore) -> None:
    write(store, 0, a_table())
    store.prepare(WORKSPACE, STUDY, "plan")
    assert store.finished(WORKSPACE, STUDY) == {0}
    store.prepare(WORKSPACE, STUDY, "another plan")
    assert store.finished(WORKSPACE, STUDY) == frozenset()


def test_chunks_after_a_number_are_discarded(store: ParquetResultStore) -> None:
    for number in range(4):
        write(store, number, a_table())
    store.discard(WORKSPACE, STUDY, 1)
    assert store.finished(WORKSPACE, STUDY) == {0, 1}


def test_a_full_disk_leaves_nothing_half_written(
    store: ParquetResultStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(
            NeedsOperator, match="disk of the data folder is full; free some space and resume"
        ):
            write(store, 0, a_table())
    assert store.finished(WORKSPACE, STUDY) == frozenset()
    assert [path.name for path in (tmp_path / WORKSPACE / STUDY).iterdir()] == ["plan"]


def test_what_a_killed_worker_left_half_written_is_not_counted(
    store: ParquetResultStore, tmp_path: Path
) -> None:
    (tmp_path / WORKSPACE / STUDY / ".00000000.parquet.ab12cd34").write_bytes(b"half")
    assert store.finished(WORKSPACE, STUDY) == frozenset()
    with pytest.raises(NotFound):
        store.read_chunk(WORKSPACE, STUDY, 0)


@pytest.mark.parametrize("read", ["read_chunk", "values"])
def test_a_damaged_file_says_so(store: ParquetResultStore, tmp_path: Path, read: str) -> None:
    write(store, 0, a_table())
    (tmp_path / WORKSPACE / STUDY / "00000000.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(NeedsOperator, match="results of study st_1 are damaged"):
        getattr(store, read)(WORKSPACE, STUDY, 0)


def test_a_value_that_json_cannot_hold_is_never_written(store: ParquetResultStore) -> None:
    with pytest.raises(ValueError, match="JSON"):
        store.write_chunk(WORKSPACE, STUDY, Chunk(0, 1), ({"sum": float("nan")}, None))
    assert store.finished(WORKSPACE, STUDY) == frozenset()


@pytest.mark.parametrize("name", ["../st_1", "st/1", "", "."])
def test_a_name_that_leads_out_of_the_folder_is_no_study(store: ParquetResultStore, name: str) -> None:
    for call in (store.finished, store.delete):
        with pytest.raises(NotFound):
            call(WORKSPACE, StudyId(name))


def test_deleting_forgets_everything(store: ParquetResultStore, tmp_path: Path) -> None:
    write(store, 0, a_table())
    store.delete(WORKSPACE, STUDY)
    store.delete(WORKSPACE, STUDY)
    assert list((tmp_path / WORKSPACE).iterdir()) == []
