"""A study over many periods asks the store for each series once, and sees the same bars."""

from datetime import UTC, datetime

import pytest

from domain.market.bars import Bars
from domain.market.instruments import Instrument
from domain.market.series import SeriesKey
from domain.research import kept_bars
from domain.research.kept_bars import KeptBars
from tests.kit.bars import random_bars
from tests.kit.runs import BarsInMemory

BARS = tuple(random_bars(120, seed, instrument=Instrument(name, "XNAS")) for seed, name in enumerate("AB"))
A, B = (SeriesKey("sample", one.instrument.id, one.timeframe) for one in BARS)
MONTHS = [
    (datetime(2020, month, 1, tzinfo=UTC), datetime(2020, month, 20, tzinfo=UTC)) for month in (1, 2, 3, 4)
]


class CountingStore(BarsInMemory):
    """Notes what it is asked for."""

    def __init__(self) -> None:
        super().__init__(BARS)
        self.asked: list[tuple[SeriesKey, bool]] = []

    def read(self, key: SeriesKey, start: datetime | None = None, end: datetime | None = None) -> Bars:
        self.asked.append((key, start is None and end is None))
        return super().read(key, start, end)


def test_periods_are_cut_from_a_series_that_is_read_once() -> None:
    store = CountingStore()
    kept = KeptBars(store)
    cut = [kept.read(A, *month).digest() for month in MONTHS]
    assert cut == [BarsInMemory(BARS).read(A, *month).digest() for month in MONTHS]
    assert len(set(cut)) == len(MONTHS)
    assert store.asked == [(A, False), (A, True)]


def test_the_series_not_asked_for_the_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_bars, "_MOST_ROWS", 150)
    store = CountingStore()
    kept = KeptBars(store)
    for key in (A, A, B, B, B, A):
        kept.read(key, *MONTHS[0])
    assert [key for key, whole in store.asked if whole] == [A, B, A]
