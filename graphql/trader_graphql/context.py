"""What every resolver is given: who asks, and the domain services that answer."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar

import anyio.to_thread
from strawberry.types import Info as StrawberryInfo

from domain.backtesting.service import BacktestService
from domain.clock import Clock
from domain.identity.model import Principal
from domain.identity.service import IdentityService
from domain.ids import WorkspaceId
from domain.market.catalogue import SeriesCatalogue, SeriesRepository
from domain.strategies.ports import StrategyCatalogue
from events.bus import Bus
from trader_graphql.loaders import Loaders

if TYPE_CHECKING:
    from domain.market.service import MarketDataService

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Services:
    """The domain as the API sees it.

    Those behind a function load numpy or polars and are made on first use, so that a process
    that never needs them starts light.
    """

    backtests: BacktestService
    series: SeriesRepository
    catalogue: SeriesCatalogue
    identity: IdentityService
    bus: Bus
    clock: Clock
    strategies: Callable[[], StrategyCatalogue]
    market: Callable[[], "MarketDataService"]


class RequestContext:
    """One request, or one operation of a socket.

    may_introspect  whether the caller may read the schema through the API
    root_path       what stands before every path of this deployment, such as an API Gateway stage
    """

    def __init__(
        self, services: Services, principal: Principal, *, may_introspect: bool = False, root_path: str = ""
    ) -> None:
        self.services = services
        self.principal = principal
        self.may_introspect = may_introspect
        self.root_path = root_path.rstrip("/")

    @property
    def workspace_id(self) -> WorkspaceId:
        return self.principal.workspace_id

    @cached_property
    def loaders(self) -> Loaders:
        """Made for this request alone, so that nobody is ever answered from another's cache."""
        return Loaders(self.services.backtests, self.services.series, self.workspace_id)


Info: TypeAlias = StrawberryInfo[RequestContext, Any]


async def in_thread(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a service call that blocks on disk or database without holding up the event loop."""
    return await anyio.to_thread.run_sync(partial(call, *args, **kwargs))
