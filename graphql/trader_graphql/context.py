"""The domain services that answer, as the composition root hands them over. Free of GraphQL."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.backtesting.service import BacktestService
from domain.clock import Clock
from domain.identity.service import IdentityService
from domain.market.catalogue import SeriesCatalogue, SeriesRepository
from domain.research.service import StudyService
from domain.strategies.ports import StrategyCatalogue
from events.bus import Bus

if TYPE_CHECKING:
    from domain.market.service import MarketDataService
    from domain.research.results import ResultAnalysis


@dataclass(frozen=True, slots=True)
class Services:
    """The domain as the API sees it.

    Those behind a function load numpy or polars and are made on first use, so that a process
    that never needs them starts light.
    """

    backtests: BacktestService
    studies: StudyService
    series: SeriesRepository
    catalogue: SeriesCatalogue
    identity: IdentityService
    bus: Bus
    clock: Clock
    strategies: Callable[[], StrategyCatalogue]
    market: Callable[[], "MarketDataService"]
    results: Callable[[], "ResultAnalysis"]
