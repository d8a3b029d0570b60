"""The market data service over files in a folder, and sources whose rows a test writes down."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from domain.clock import FixedClock
from domain.ids import WorkspaceId
from domain.market.adapters.exchange_calendar import calendar_for
from domain.market.adapters.parquet_store import ParquetBarStore
from domain.market.ports import BarSource
from domain.market.quality_report import OnError
from domain.market.series import SeriesKey
from domain.market.service import MarketDataService
from domain.market.timeframe import DAILY
from tests.kit.bars import an_instrument
from tests.kit.market import InMemorySeriesRepository, StillSource, a_delivery

MINE = WorkspaceId("mine")
NOW = datetime(2026, 1, 2, tzinfo=UTC)
KEY = SeriesKey("still", an_instrument().id, DAILY)
GOOD = (10.0, 12.0, 9.0, 11.0, 100.0)
# 1 January 2020 is a holiday in New York, so rows start on the 2nd; the 4th and 5th are a weekend.
SESSIONS = [1, 2, 5, 6]


class House:
    """The service with everything around it."""

    def __init__(
        self,
        folder: Path,
        *sources: BarSource,
        now: datetime = NOW,
        repository: InMemorySeriesRepository | None = None,
    ) -> None:
        self.repository = repository or InMemorySeriesRepository()
        self.service = MarketDataService(
            store_for=lambda workspace: ParquetBarStore(folder / workspace),
            repository=self.repository,
            sources={source.name: source for source in sources},
            clock=FixedClock(now),
            calendar_for=calendar_for,
        )

    def take_in(self, source: BarSource, on_error: OnError = OnError.REFUSE) -> None:
        self.service.import_bars(MINE, source, None, DAILY, on_error=on_error)


def a_source(
    rows: Sequence[Sequence[float]], days: Sequence[int] = SESSIONS, name: str = "still"
) -> StillSource:
    return StillSource({"TEST": a_delivery(rows, days)}, name)
