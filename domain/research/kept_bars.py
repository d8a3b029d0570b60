"""Series that a study reads period by period, kept so that the store is asked for each of them once."""

from collections import OrderedDict
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from domain.clock import to_nanoseconds
from domain.market.bars import Bars
from domain.market.corporate_actions import CorporateAction
from domain.market.ports import BarStore
from domain.market.series import SeriesKey
from domain.market.timeframe import Timeframe

_MOST_ROWS = 1_000_000
"""Of all series together, 48 MB."""


class KeptBars:
    """A `BarStore` that keeps what it reads, as it was when it was first read whole.

    A series is kept once it is asked for a second time, so that a study of one period never holds
    more of it than that period.
    """

    def __init__(self, store: BarStore) -> None:
        self._store = store
        self._asked: set[SeriesKey] = set()
        self._kept: OrderedDict[SeriesKey, Bars] = OrderedDict()
        self._actions: dict[SeriesKey, tuple[CorporateAction, ...]] = {}

    def read(self, key: SeriesKey, start: datetime | None = None, end: datetime | None = None) -> Bars:
        """Bars whose close time lies in [start, end]."""
        if key not in self._kept:
            if key not in self._asked:
                self._asked.add(key)
                return self._store.read(key, start, end)
            self._keep(key)
        self._kept.move_to_end(key)
        first, last = (None if moment is None else to_nanoseconds(moment) for moment in (start, end))
        return self._kept[key].between(first, last)

    def actions(self, key: SeriesKey) -> tuple[CorporateAction, ...]:
        """Known corporate actions, oldest first."""
        if key not in self._actions:
            self._actions[key] = self._store.actions(key)
        return self._actions[key]

    def named(self, symbol: str, timeframe: Timeframe) -> tuple[SeriesKey, ...]:
        return self._store.named(symbol, timeframe)

    def locked(self, key: SeriesKey) -> AbstractContextManager[None]:
        return self._store.locked(key)

    def upsert(self, source: str, bars: Bars, actions: Sequence[CorporateAction] = ()) -> Bars:
        return self._store.upsert(source, bars, actions)

    def delete(self, key: SeriesKey) -> None:
        self._store.delete(key)

    def _keep(self, key: SeriesKey) -> None:
        """The series that was not asked for the longest makes room."""
        self._kept[key] = self._store.read(key)
        while len(self._kept) > 1 and sum(map(len, self._kept.values())) > _MOST_ROWS:
            self._kept.popitem(last=False)
