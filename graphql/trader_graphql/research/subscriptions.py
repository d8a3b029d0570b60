"""Following a study."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress

import strawberry

from domain.research.model import StudyId, StudyProgress
from events.topics import study_progress
from trader_graphql.fields import subscription
from trader_graphql.permissions import VIEWER
from trader_graphql.request import Info, in_thread
from trader_graphql.research import evaluations, sweeps, walk_forwards
from trader_graphql.research.studies import Progress, study_id

# A study may be ended by another process, whose events this bus does not carry: the stored state is
# read again after that long without an event.
SILENCE_BEFORE_LOOKING_SECONDS = 2.0
_ABOUT = "The present state at once, then each step; completes after the final status."


async def _next_event(events: AsyncIterator[StudyProgress]) -> StudyProgress:
    return await anext(events)


async def _follow(info: Info, key: StudyId, kind: str) -> AsyncGenerator[Progress, None]:
    context = info.context

    async def stored() -> Progress:
        study = await in_thread(context.services.studies.get, context.workspace_id, key)
        return Progress.snapshot(study, kind)

    async with context.services.bus.listen(study_progress(context.workspace_id, key)) as events:
        present = await stored()
        yield present
        waiting: asyncio.Task[StudyProgress] | None = None
        try:
            while not present.status.is_final:
                waiting = waiting or asyncio.create_task(_next_event(events))
                done, _ = await asyncio.wait({waiting}, timeout=SILENCE_BEFORE_LOOKING_SECONDS)
                if done:
                    with suppress(StopAsyncIteration):
                        present = Progress.of(waiting.result(), kind)
                        yield present
                    waiting = None
                    continue
                found = await stored()
                if found.status is not present.status or found.runs_done > present.runs_done:
                    present = found
                    yield present
        finally:
            if waiting is not None:
                waiting.cancel()


@strawberry.type
class ResearchSubscriptions:
    @subscription(VIEWER, _ABOUT)
    async def sweep_progress(self, info: Info, id_: strawberry.ID) -> AsyncGenerator[Progress, None]:
        async with aclosing(_follow(info, study_id(id_, sweeps.KIND), sweeps.KIND)) as events:
            async for event in events:
                yield event

    @subscription(VIEWER, _ABOUT)
    async def walk_forward_progress(self, info: Info, id_: strawberry.ID) -> AsyncGenerator[Progress, None]:
        async with aclosing(_follow(info, study_id(id_, walk_forwards.KIND), walk_forwards.KIND)) as events:
            async for event in events:
                yield event

    @subscription(VIEWER, _ABOUT)
    async def evaluation_progress(self, info: Info, id_: strawberry.ID) -> AsyncGenerator[Progress, None]:
        async with aclosing(_follow(info, study_id(id_, evaluations.KIND), evaluations.KIND)) as events:
            async for event in events:
                yield event
