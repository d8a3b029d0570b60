"""Wires the market room: the sources on offer, the store, the calendars."""

from collections.abc import Iterator, Mapping

from domain.clock import Clock
from domain.market.adapters.alpaca import AlpacaSource
from domain.market.adapters.ccxt import CcxtSource
from domain.market.adapters.exchange_calendar import calendar_for
from domain.market.adapters.sample import SampleSource
from domain.market.adapters.yahoo import YahooSource
from domain.market.catalogue import SeriesRepository
from domain.market.ports import BarSource
from domain.market.service import MarketDataService
from functions.backtest_run import bar_store
from functions.settings import Settings

SOURCE_NAMES = ("sample", "yahoo", "alpaca", "ccxt")


def market_data_service(settings: Settings, repository: SeriesRepository, clock: Clock) -> MarketDataService:
    """Import, read and check bars under the data folder of these settings."""
    return MarketDataService(
        store_for=lambda workspace_id: bar_store(settings.folder, workspace_id),
        repository=repository,
        sources=_Sources(settings, clock),
        clock=clock,
        calendar_for=calendar_for,
    )


class _Sources(Mapping[str, BarSource]):
    """Every source by name, made when it is asked for: one may lack its package or its keys."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    def __getitem__(self, name: str) -> BarSource:
        if name not in SOURCE_NAMES:
            raise KeyError(name)
        source: BarSource = getattr(self, f"_{name}")()
        return source

    def __iter__(self) -> Iterator[str]:
        return iter(SOURCE_NAMES)

    def __len__(self) -> int:
        return len(SOURCE_NAMES)

    def _sample(self) -> BarSource:
        return SampleSource()

    def _yahoo(self) -> BarSource:
        return YahooSource()

    def _ccxt(self) -> BarSource:
        return CcxtSource(self._settings.ccxt_exchange)

    def _alpaca(self) -> BarSource:
        key, secret = self._settings.alpaca_api_key, self._settings.alpaca_secret_key
        return AlpacaSource(
            key.get_secret_value() if key else None,
            secret.get_secret_value() if secret else None,
            self._clock,
            paper=self._settings.alpaca_paper,
            feed=self._settings.alpaca_feed,
        )

