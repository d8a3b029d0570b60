"""Following a run."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry

from events.topics import backtest_progress
from trader_graphql.backtests.queries import backtest_id
from trader_graphql.backtests.types import Progress
from trader_graphql.fields import subscription
from trader_graphql.following import follow
from trader_graphql.permissions import VIEWER
from trader_graphql.request import Info, in_thread


@strawberry.type
class BacktestSubscriptions:
    @subscription(VIEWER, "The present state at once, then each step; completes after the final status.")
    async def backtest_progress(self, info: Info, id_: strawberry.ID) -> AsyncGenerator[Progress, None]:
        context = info.context
        services, workspace_id, key = context.services, context.workspace_id, backtest_id(id_)

        async def stored() -> Progress:
            return Progress.snapshot(await in_thread(services.backtests.get, workspace_id, key))

        topic = backtest_progress(workspace_id, key)
        async with aclosing(follow(services.bus, topic, stored, Progress.of)) as events:
            async for event in events:
                yield event
