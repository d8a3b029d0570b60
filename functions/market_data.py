"""Wires the market room: the sources on offer, the store, the calendars."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from domain.clock import Clock
from domain.market.adapters.alpaca import AlpacaSource
from domain.market.adapters.ccxt import CcxtSource
from domain.market.adapters.exchange_calendar import calendar_for
from domain.market.adapters.file_times import Stamp, TimeReading
from domain.market.adapters.files import FileLayout, FileSource
from domain.market.adapters.sample import SampleSource
from domain.market.adapters.yahoo import YahooSource
from domain.market.catalogue import SeriesRepository
from domain.market.instruments import Instrument
from domain.market.ports import BarSource
from domain.market.service import MarketDataService
from functions.backtest_run import bar_store
from functions.settings import Settings


def market_data_service(settings: Settings, repository: SeriesRepository, clock: Clock) -> MarketDataService:
    """Import, read and check bars under the data folder of these settings."""
    return MarketDataService(
        store_for=lambda workspace_id: bar_store(settings.folder, workspace_id),
        repository=repository,
        sources=_Sources(settings, clock),
        clock=clock,
        calendar_for=calendar_for,
    )


def file_source(
    path: Path,
    instrument: Instrument,
    *,
    columns: Mapping[str, str],
    delimiter: str | None,
    timezone: str | None,
    time_format: str | None,
    stamp: str | None,
) -> BarSource:
    """A person's own file of one instrument's bars; None is found out from the file.

    stamp is `open` or `close`: which moment of a bar its time names.
    """
    times = TimeReading(timezone, time_format, Stamp(stamp or Stamp.OPEN))
    return FileSource(path, instrument, FileLayout(columns, delimiter, times))


class _Sources(Mapping[str, BarSource]):
    """Every source by name, made when it is asked for: one may lack its package or its keys."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

        # Bars of one exchange are a series of their own, so ccxt goes by the exchange it reads.
        self._makers: dict[str, Callable[[], BarSource]] = {
            "sample": SampleSource,
            "yahoo": YahooSource,
            "alpaca": self._alpaca,
            settings.ccxt_exchange: lambda: CcxtSource(settings.ccxt_exchange),
        }

    def __getitem__(self, name: str) -> BarSource:
        return self._makers[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def _alpaca(self) -> BarSource:
        key, secret = self._settings.alpaca_api_key, self._settings.alpaca_secret_key
        return AlpacaSource(
            key.get_secret_value() if key else None,
            secret.get_secret_value() if secret else None,
            self._clock,
            paper=self._settings.alpaca_paper,
            feed=self._settings.alpaca_feed,
        )
