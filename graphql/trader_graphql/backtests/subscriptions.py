"""Following a run."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress

import strawberry

from domain.backtesting.model import BacktestProgress
from domain.ids import BacktestId
from events.topics import backtest_progress
from trader_graphql.backtests.queries import backtest_id
from trader_graphql.backtests.types import Progress
from trader_graphql.fields import subscription
from trader_graphql.permissions import VIEWER
from trader_graphql.request import Info, RequestContext, in_thread

# A run may be ended by another process, whose events this bus does not carry: the stored state is
# read again after that long without an event.
SILENCE_BEFORE_LOOKING_SECONDS = 2.0


async def _stored(context: RequestContext, key: BacktestId) -> Progress:
    return Progress.snapshot(await in_thread(context.services.backtests.get, context.workspace_id, key))


async def _next_event(events: AsyncIterator[BacktestProgress]) -> BacktestProgress:
    return await anext(events)


@strawberry.type
class BacktestSubscriptions:
    @subscription(VIEWER, "The present state at once, then each step; completes after the final status.")
    async def backtest_progress(self, info: Info, id_: strawberry.ID) -> AsyncGenerator[Progress, None]:
        context = info.context
        key = backtest_id(id_)
        async with context.services.bus.listen(backtest_progress(context.workspace_id, key)) as events:
            present = await _stored(context, key)
            yield present
            waiting: asyncio.Task[BacktestProgress] | None = None
            try:
                while not present.status.is_final:
                    waiting = waiting or asyncio.create_task(_next_event(events))
                    done, _ = await asyncio.wait({waiting}, timeout=SILENCE_BEFORE_LOOKING_SECONDS)
                    if done:
                        with suppress(StopAsyncIteration):
                            present = Progress.of(waiting.result())
                            yield present
                        waiting = None
                        continue
                    stored = await _stored(context, key)
                    if stored.status is not present.status or stored.progress > present.progress:
                        present = stored
                        yield present
            finally:
                if waiting is not None:
                    waiting.cancel()
