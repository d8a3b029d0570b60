import errno
import multiprocessing
import os
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.clock import from_nanoseconds
from domain.errors import InvalidInput, NeedsOperator, NotFound
from domain.market.adapters.parquet_store import ParquetBarStore
from domain.market.bars import Bars
from domain.market.corporate_actions import Dividend, Split
from domain.market.instruments import AssetClass, Instrument, InstrumentId
from domain.market.series import SeriesKey
from domain.market.timeframe import DAILY, Timeframe
from tests.kit.bars import an_instrument, bars_closing_at, daily_times, random_bars

KEY = SeriesKey("sample", an_instrument().id, DAILY)
TWO_FOR_ONE = Split(date(2020, 1, 2), 2.0)


@pytest.fixture
def store(tmp_path: Path) -> ParquetBarStore:
    return ParquetBarStore(tmp_path / "bars")


def _bars_on(days: list[int], price: float) -> Bars:
    close = np.full(len(days), price)
    return Bars(an_instrument(), DAILY, daily_times(1_000)[days], close, close, close, close, close)


def _file_of(store: ParquetBarStore) -> Path:
    (path,) = store._root.rglob("*.parquet")
    return path


def test_bars_come_back_as_they_were_stored(store: ParquetBarStore) -> None:
    bars = random_bars(500, seed=1)

    stored = store.upsert("sample", bars, [TWO_FOR_ONE])

    assert stored.digest() == bars.digest()
    assert store.read(KEY).digest() == bars.digest()
    assert store.actions(KEY) == (TWO_FOR_ONE,)


def test_the_instrument_comes_back_whole_whatever_its_name(store: ParquetBarStore) -> None:
    odd = Instrument(
        "BTC/USDT:../x%",
        "BINANCE",
        AssetClass.CRYPTO,
        "USDT",
        Decimal("0.010"),
        Decimal("0.00001"),
        True,
        "Bitcoin ₿",
    )
    bars = bars_closing_at([1, 2], instrument=odd, timeframe=Timeframe.parse("1m"))

    store.upsert("binance", bars)

    assert store.read(SeriesKey("binance", odd.id, bars.timeframe)).instrument == odd
    assert len(_file_of(store).relative_to(store._root).parts) == 4


def test_series_are_found_by_their_symbol_in_any_source_and_at_any_venue(store: ParquetBarStore) -> None:
    # Given pairs, one with a dot and one with a star in its name, and a series of another time frame
    for source, symbol, venue in (
        ("b", "EUR/USD", "X"),
        ("a", "EUR/USD", "Y"),
        ("a", "EUR/USD", "X"),
        ("a", "EUR/USD.a", "X"),
        ("a", "E*", "X"),
    ):
        store.upsert(source, bars_closing_at([1.0], instrument=Instrument(symbol, venue, AssetClass.FX)))
    hourly = Timeframe.parse("1h")
    store.upsert("c", bars_closing_at([1.0], instrument=Instrument("EUR/USD", "X"), timeframe=hourly))

    found = store.named("EUR/USD", DAILY)

    assert [(key.source, key.instrument_id) for key in found] == [
        ("a", "EUR/USD.X"),
        ("a", "EUR/USD.Y"),
        ("b", "EUR/USD.X"),
    ]
    assert [key.instrument_id for key in store.named("E*", DAILY)] == ["E*.X"]
    assert store.named("GBP/USD", DAILY) == ()


def test_a_range_includes_both_ends_and_an_as_of_read_knows_nothing_later(store: ParquetBarStore) -> None:
    bars = store.upsert("sample", bars_closing_at([1, 2, 3, 4]))
    second, third = (from_nanoseconds(time) for time in bars.close_time[1:3].tolist())

    assert store.read(KEY, second, third).close.tolist() == [2, 3]
    assert store.read(KEY, end=second).close.tolist() == [1, 2]
    assert len(store.read(KEY, start=datetime(2030, 1, 1, tzinfo=UTC))) == 0


def test_a_small_range_of_many_row_groups_is_exact(store: ParquetBarStore) -> None:
    bars = random_bars(100_000, seed=2)
    store.upsert("sample", bars)
    first, last = (from_nanoseconds(bars.close_time[row]) for row in (65_000, 66_000))

    part = store.read(KEY, first, last)

    assert part.digest() == bars.take(slice(65_000, 66_001)).digest()


def test_the_newer_value_of_a_bar_wins(store: ParquetBarStore) -> None:
    store.upsert("sample", _bars_on([0, 1, 3], 10.0))

    merged = store.upsert("sample", _bars_on([1, 2], 20.0))

    assert merged.close.tolist() == [10, 20, 20, 10]
    assert store.read(KEY).digest() == merged.digest()


def test_sources_and_time_frames_are_kept_apart(store: ParquetBarStore) -> None:
    store.upsert("sample", bars_closing_at([1]))
    store.upsert("yahoo", bars_closing_at([2]))
    store.upsert("sample", bars_closing_at([3], timeframe=Timeframe.parse("1w")))

    assert store.read(KEY).close.tolist() == [1]
    assert store.read(SeriesKey("yahoo", KEY.instrument_id, DAILY)).close.tolist() == [2]


def test_storing_the_same_again_does_not_touch_the_file(store: ParquetBarStore) -> None:
    bars = random_bars(50, seed=3)
    store.upsert("sample", bars, [TWO_FOR_ONE])
    before = _file_of(store).stat().st_mtime_ns

    store.upsert("sample", bars, [TWO_FOR_ONE])

    assert _file_of(store).stat().st_mtime_ns == before


def test_actions_are_merged_and_a_corrected_one_replaces_the_old(store: ParquetBarStore) -> None:
    bars = bars_closing_at([1, 2])
    store.upsert("sample", bars, [Dividend(date(2020, 1, 2), 0.5), Dividend(date(2020, 5, 1), 0.6)])

    store.upsert("sample", bars, [Dividend(date(2020, 1, 2), 0.55), TWO_FOR_ONE])

    assert store.actions(KEY) == (
        TWO_FOR_ONE,
        Dividend(date(2020, 1, 2), 0.55),
        Dividend(date(2020, 5, 1), 0.6),
    )


def test_actions_of_one_day_in_one_delivery_are_all_kept(store: ParquetBarStore) -> None:
    bars, day = bars_closing_at([1, 2]), date(2020, 1, 2)
    paid_twice = [Dividend(day, 0.5), Dividend(day, 1.25)]
    store.upsert("sample", bars, [*paid_twice, Split(day, 2.0), Split(day, 1.5)])

    store.upsert("sample", bars, paid_twice)
    assert store.actions(KEY) == (Split(day, 3.0), Dividend(day, 1.75))

    store.upsert("sample", bars, [Dividend(day, 0.75)])
    assert store.actions(KEY) == (Split(day, 3.0), Dividend(day, 0.75))


def test_who_has_locked_a_series_can_write_it(store: ParquetBarStore) -> None:
    with store.locked(KEY):
        store.upsert("sample", bars_closing_at([1]))
        store.delete(KEY)

    with pytest.raises(NotFound):
        store.read(KEY)


def test_an_unknown_series_is_not_found_and_deleting_it_does_nothing(store: ParquetBarStore) -> None:
    with pytest.raises(NotFound, match=r"sample:TEST\.XNAS:1d"):
        store.read(KEY)
    with pytest.raises(NotFound):
        store.actions(KEY)
    store.delete(KEY)


def test_a_deleted_series_is_gone_and_its_neighbours_stay(store: ParquetBarStore) -> None:
    weekly = bars_closing_at([3], timeframe=Timeframe.parse("1w"))
    store.upsert("sample", bars_closing_at([1]))
    store.upsert("sample", weekly)

    store.delete(KEY)

    with pytest.raises(NotFound):
        store.read(KEY)
    assert len(store.read(SeriesKey("sample", KEY.instrument_id, weekly.timeframe))) == 1


def test_no_bars_cannot_be_stored(store: ParquetBarStore) -> None:
    with pytest.raises(InvalidInput, match="no bars"):
        store.upsert("sample", bars_closing_at([1]).take(slice(0, 0)))


@pytest.mark.parametrize("damage", ["cut off", "overwritten", "empty", "another table"])
def test_a_damaged_file_needs_an_operator_and_is_never_overwritten(
    store: ParquetBarStore, damage: str
) -> None:
    store.upsert("sample", random_bars(5_000, seed=4))
    path = _file_of(store)
    whole = path.read_bytes()
    damaged = {
        "cut off": whole[: len(whole) // 2],
        "overwritten": whole[:100] + b"\xff" * 20_000 + whole[20_100:-40] + b"\x00" * 40,
        "empty": b"",
        "another table": b"close_time,close\n1,2\n",
    }[damage]
    path.write_bytes(damaged)

    with pytest.raises(NeedsOperator, match=r"sample:TEST\.XNAS:1d cannot be read"):
        store.read(KEY)
    with pytest.raises(NeedsOperator):
        store.upsert("sample", bars_closing_at([1, 2]))
    assert path.read_bytes() == damaged
    store.delete(KEY)
    assert len(store.upsert("sample", bars_closing_at([1, 2]))) == 2


def test_a_full_disk_needs_an_operator_and_leaves_the_old_bars(
    store: ParquetBarStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = store.upsert("sample", bars_closing_at([1, 2]))

    def no_space(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", no_space)
        with pytest.raises(NeedsOperator, match="no space left on device"):
            store.upsert("sample", bars_closing_at([5, 6, 7]))

    assert store.read(KEY).digest() == old.digest()
    assert [path.name for path in _file_of(store).parent.iterdir()] == ["bars.parquet"]


def test_a_folder_that_cannot_be_made_needs_an_operator(tmp_path: Path) -> None:
    (tmp_path / "bars").write_text("a file where the folder should be")

    with pytest.raises(NeedsOperator, match="could not be stored"):
        ParquetBarStore(tmp_path / "bars").upsert("sample", bars_closing_at([1]))


def _write_days(root: Path, days: range) -> None:
    store = ParquetBarStore(root)
    for day in days:
        store.upsert("sample", _bars_on([day], float(day + 1)))


def test_two_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_days, args=(tmp_path, range(first, 40, 2))) for first in (0, 1)]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert [writer.exitcode for writer in writers] == [0, 0]
    assert ParquetBarStore(tmp_path).read(KEY).close.tolist() == [float(day + 1) for day in range(40)]


def test_a_reader_beside_a_writer_sees_whole_states_only(tmp_path: Path) -> None:
    store = ParquetBarStore(tmp_path)
    store.upsert("sample", _bars_on([0], 1.0))
    writer = threading.Thread(target=_write_days, args=(tmp_path, range(1, 60)))
    lengths = []

    writer.start()
    while writer.is_alive():
        bars = store.read(KEY)
        assert bars.close.tolist() == [float(day + 1) for day in range(len(bars))]
        lengths.append(len(bars))
    writer.join()

    assert lengths == sorted(lengths)
    assert len(store.read(KEY)) == 60


def test_two_workspaces_do_not_see_each_other(tmp_path: Path) -> None:
    ParquetBarStore(tmp_path / "mine").upsert("sample", bars_closing_at([1]))

    with pytest.raises(NotFound):
        ParquetBarStore(tmp_path / "yours").read(KEY)


def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    store = ParquetBarStore(tmp_path / "bars")
    instrument = Instrument("../../../escape", "X")

    store.upsert("../..", bars_closing_at([1], instrument=instrument))

    assert {path.name for path in tmp_path.iterdir()} == {"bars"}
    assert len(store.read(SeriesKey("../..", InstrumentId(instrument.id), DAILY))) == 1


day_sets = st.lists(
    st.lists(st.integers(0, 60), min_size=1, max_size=20, unique=True).map(sorted), min_size=1, max_size=4
)


@settings(max_examples=25, deadline=None)
@given(day_sets)
def test_upserts_merge_like_a_dictionary_and_repeating_the_last_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, days_of_upserts: list[list[int]]
) -> None:
    store = ParquetBarStore(tmp_path_factory.mktemp("bars"))
    expected: dict[int, float] = {}

    for number, days in enumerate(days_of_upserts, start=1):
        store.upsert("sample", _bars_on(days, float(number)))
        expected |= dict.fromkeys(days, float(number))
    again = store.upsert("sample", _bars_on(days_of_upserts[-1], float(len(days_of_upserts))))

    assert again.close.tolist() == [expected[day] for day in sorted(expected)]
    assert store.read(KEY).digest() == again.digest()


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, 60), min_size=3), st.randoms(use_true_random=False))
def test_the_order_of_upserts_of_disjoint_ranges_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, days: set[int], random: "np.random.Generator"
) -> None:
    ordered = sorted(days)
    parts = [ordered[0::3], ordered[1::3], ordered[2::3]]
    shuffled = list(parts)
    random.shuffle(shuffled)
    digests = set()

    for sequence in (parts, shuffled):
        store = ParquetBarStore(tmp_path_factory.mktemp("bars"))
        for part in sequence:
            store.upsert("sample", _bars_on(part, float(sum(part) + 1)))
        digests.add(store.read(KEY).digest())

    assert len(digests) == 1
