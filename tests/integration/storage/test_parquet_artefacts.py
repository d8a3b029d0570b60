"""Curves and trades as files."""

import csv
import io
import resource
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from domain.backtesting.adapters.parquet_artefacts import ParquetArtefactStore
from domain.backtesting.result import Curve, FillReason, Trades
from domain.errors import NeedsOperator, NotFound
from domain.ids import BacktestId, WorkspaceId
from domain.market.instruments import InstrumentId
from tests.kit.bars import daily_times
from tests.kit.storage import OURS, THEIRS

RUN = BacktestId("bt_1")
IDS = tuple(InstrumentId(name) for name in ("UNUSED.XNAS", "GOOG.XNAS", "BTC/USDT.BINANCE"))


@pytest.fixture
def store(tmp_path: Path) -> ParquetArtefactStore:
    return ParquetArtefactStore(tmp_path / "artefacts")


def a_curve(count: int = 50, seed: int = 1) -> Curve:
    random = np.random.default_rng(seed)
    equity, cash, exposure, benchmark = random.normal(size=(4, count))
    benchmark[: count // 2] = np.nan
    return Curve(daily_times(count) + 123_456_789, equity, cash, exposure, benchmark)


def some_trades(count: int = 4) -> Trades:
    """One row for each reason to end, in turn; every column differs from every other."""
    columns: dict[str, Any] = {
        field.name: np.arange(count, dtype=np.float64) + index / 7
        for index, field in enumerate(fields(Trades))
    }
    columns |= {name: np.arange(count, dtype=np.int64) for name in ("entry_bar", "exit_bar", "bars_held")}
    reasons = list(FillReason)
    columns |= {
        "instrument_ids": IDS,
        "instrument": np.arange(count, dtype=np.int64) % 2 + 1,
        "entry_time": daily_times(count),
        "exit_time": daily_times(count) + 1,
        "exit_reason": np.array([reasons[row % len(reasons)] for row in range(count)], dtype=np.int64),
        "is_open": np.arange(count) == 0,
    }
    return Trades(**columns)


def assert_equal(found: Any, expected: Any) -> None:
    assert type(found) is type(expected)
    for field in fields(expected):
        one, other = getattr(found, field.name), getattr(expected, field.name)
        if isinstance(other, np.ndarray):
            assert one.dtype == other.dtype, field.name
            np.testing.assert_array_equal(one, other, strict=True, err_msg=field.name)
        else:
            assert one == other, field.name


@pytest.mark.parametrize("count", [0, 1, 4, 1_000])
def test_curve_and_trades_come_back_bit_for_bit(store: ParquetArtefactStore, count: int) -> None:
    store.write(OURS, RUN, a_curve(count), some_trades(count))

    assert_equal(store.curve(OURS, RUN), a_curve(count))
    assert_equal(store.trades(OURS, RUN), some_trades(count))


def test_trades_written_before_dividends_were_booked_had_none(
    store: ParquetArtefactStore, tmp_path: Path
) -> None:
    store.write(OURS, RUN, a_curve(), some_trades())
    path = tmp_path / "artefacts" / "ours" / RUN / "trades.parquet"
    pl.read_parquet(path).drop("dividends").write_parquet(path)

    assert store.trades(OURS, RUN).dividends.tolist() == [0.0] * 4
    assert store.trades(OURS, RUN).pnl.tolist() == some_trades().pnl.tolist()


def test_writing_again_replaces_both(store: ParquetArtefactStore, tmp_path: Path) -> None:
    store.write(OURS, RUN, a_curve(seed=1), some_trades(1))
    store.write(OURS, RUN, a_curve(seed=2), some_trades(2))

    assert_equal(store.curve(OURS, RUN), a_curve(seed=2))
    assert_equal(store.trades(OURS, RUN), some_trades(2))
    assert [path.name for path in (tmp_path / "artefacts" / "ours").iterdir()] == [RUN]


def test_a_run_without_results_or_of_another_workspace_is_not_found(store: ParquetArtefactStore) -> None:
    store.write(OURS, RUN, a_curve(), some_trades())

    for workspace, run in ((OURS, BacktestId("bt_2")), (THEIRS, RUN)):
        with pytest.raises(NotFound):
            store.curve(workspace, run)
        with pytest.raises(NotFound):
            store.trades(workspace, run)
        with pytest.raises(NotFound):
            store.export(workspace, run, "curve", "csv")


@pytest.mark.parametrize("run", ["../ours/bt_1", "..", ".", "", "a/b", "bt_\x00", "bt_1\n", "x" * 1_000])
def test_a_name_never_leads_out_of_its_workspace(
    store: ParquetArtefactStore, run: str, tmp_path: Path
) -> None:
    store.write(OURS, RUN, a_curve(), some_trades())

    with pytest.raises(NotFound):
        store.curve(THEIRS, BacktestId(run))
    with pytest.raises(NotFound):
        store.delete(THEIRS, BacktestId(run))
    assert_equal(store.curve(OURS, RUN), a_curve())


@pytest.mark.parametrize("workspace", ["..", ".", "../up", "a b/ü", "with.dot"])
def test_a_workspace_of_any_name_stays_below_the_root(tmp_path: Path, workspace: str) -> None:
    store = ParquetArtefactStore(tmp_path / "artefacts")

    store.write(WorkspaceId(workspace), RUN, a_curve(), some_trades())

    assert_equal(store.curve(WorkspaceId(workspace), RUN), a_curve())
    assert {path.name for path in tmp_path.iterdir()} == {"artefacts"}
    assert len(list((tmp_path / "artefacts").glob(f"*/{RUN}"))) == 1


def test_a_deleted_run_leaves_nothing_and_can_be_deleted_again(
    store: ParquetArtefactStore, tmp_path: Path
) -> None:
    store.write(OURS, RUN, a_curve(), some_trades())
    other = BacktestId("bt_10")
    store.write(OURS, other, a_curve(), some_trades())
    interrupted = tmp_path / "artefacts" / "ours" / f".{RUN}.dead"
    interrupted.mkdir()
    (interrupted / "curve.parquet").write_bytes(b"half")

    store.delete(OURS, RUN)
    store.delete(OURS, RUN)

    assert [path.name for path in (tmp_path / "artefacts" / "ours").iterdir()] == [other]


@pytest.fixture
def small_files_only() -> Iterator[None]:
    """The kernel refuses to let a file grow beyond 4 kB, as a full disk or a quota would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_keeps_what_was_there(
    store: ParquetArtefactStore, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    store.write(OURS, RUN, a_curve(5), some_trades(1))
    request.getfixturevalue("small_files_only")

    with pytest.raises(NeedsOperator, match="The disk of the data folder is full; free some space"):
        store.write(OURS, RUN, a_curve(10_000), some_trades(1))

    assert_equal(store.curve(OURS, RUN), a_curve(5))
    assert [path.name for path in (tmp_path / "artefacts" / "ours").iterdir()] == [RUN]


def test_a_folder_that_cannot_be_written_needs_an_operator(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(NeedsOperator, match="The data folder cannot be written"):
        ParquetArtefactStore(tmp_path / "file").write(OURS, RUN, a_curve(), some_trades())


@pytest.mark.parametrize("content", [b"", b"PAR1 is not enough", None])
def test_a_damaged_file_needs_an_operator(
    store: ParquetArtefactStore, tmp_path: Path, content: bytes | None
) -> None:
    store.write(OURS, RUN, a_curve(), some_trades())
    for name in ("curve", "trades"):
        path = tmp_path / "artefacts" / "ours" / RUN / f"{name}.parquet"
        path.write_bytes(path.read_bytes()[:-20] if content is None else content)

    for read in (store.curve, store.trades):
        with pytest.raises(NeedsOperator, match="damaged; delete it and run it again"):
            read(OURS, RUN)
    with pytest.raises(NeedsOperator, match="damaged"):
        store.export(OURS, RUN, "trades", "csv")


def test_an_exported_table_speaks_for_itself(store: ParquetArtefactStore) -> None:
    store.write(OURS, RUN, a_curve(2), some_trades(4))

    rows = list(csv.DictReader(io.StringIO(store.export(OURS, RUN, "trades", "csv").decode())))

    assert [row["instrument"] for row in rows] == ["GOOG.XNAS", "BTC/USDT.BINANCE"] * 2
    assert [row["exit_reason"] for row in rows] == ["still_open", "signal", "stop_loss", "take_profit"]
    assert rows[0]["entry_time"] == "2020-01-01T21:00:00Z"
    assert rows[0]["exit_time"] == "2020-01-01T21:00:00.000000001Z"
    assert "return" in rows[0]
    assert float(rows[2]["pnl"]) == some_trades(4).pnl[2]


def test_an_exported_parquet_file_opens_elsewhere(store: ParquetArtefactStore) -> None:
    store.write(OURS, RUN, a_curve(3), some_trades())

    frame = pl.read_parquet(io.BytesIO(store.export(OURS, RUN, "curve", "parquet")))

    assert frame.columns == ["close_time", "equity", "cash", "exposure", "benchmark"]
    assert frame["close_time"].to_physical().to_list() == a_curve(3).close_time.tolist()
