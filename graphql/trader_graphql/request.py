"""What every resolver is given: who asks, and the services that answer."""

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, ParamSpec, TypeAlias, TypeVar

import anyio.to_thread
from strawberry.types import Info as StrawberryInfo

from domain.identity.model import Principal
from domain.ids import WorkspaceId
from trader_graphql.context import Services
from trader_graphql.loaders import Loaders

P = ParamSpec("P")
R = TypeVar("R")


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
        services = self.services
        return Loaders(services.backtests, services.studies, services.series, self.workspace_id)


Info: TypeAlias = StrawberryInfo[RequestContext, Any]


async def in_thread(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a service call that blocks on disk or database without holding up the event loop."""
    return await anyio.to_thread.run_sync(partial(call, *args, **kwargs))
