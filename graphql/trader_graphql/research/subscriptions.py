"""Following a study."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

import strawberry

from domain.research.model import StudyId
from events.topics import study_progress
from trader_graphql.fields import subscription
from trader_graphql.following import follow
from trader_graphql.permissions import VIEWER
from trader_graphql.request import Info, in_thread
from trader_graphql.research import evaluations, sweeps, walk_forwards
from trader_graphql.research.studies import Progress, study_id

_ABOUT = "The present state at once, then each step; completes after the final status."


@strawberry.type
class ResearchSubscriptions:
    @subscription(VIEWER, _ABOUT)
    async def sweep_progress(self, info: Info, id_: strawberry.ID) -> AsyncGenerator[Progress, None]:
        async with aclosing(_of_study(info, study_id(id_, sweeps.KIND), sweeps.KIND)) as events:
            async for event in events:
                yield event

    @subscription(VIEWER, _ABOUT)
    async def walk_forward_progress(self, info: Info, id_: strawberry.ID) -> AsyncGenerator[Progress, None]:
        async with aclosing(_of_study(info, study_id(id_, walk_forwards.KIND), walk_forwards.KIND)) as events:
            async for event in events:
                yield event

    @subscription(VIEWER, _ABOUT)
    async def evaluation_progress(self, info: Info, id_: strawberry.ID) -> AsyncGenerator[Progress, None]:
        async with aclosing(_of_study(info, study_id(id_, evaluations.KIND), evaluations.KIND)) as events:
            async for event in events:
                yield event


def _of_study(info: Info, key: StudyId, kind: str) -> AsyncGenerator[Progress, None]:
    context = info.context
    services, workspace_id = context.services, context.workspace_id

    async def stored() -> Progress:
        return Progress.snapshot(await in_thread(services.studies.get, workspace_id, key), kind)

    return follow(services.bus, study_progress(workspace_id, key), stored, partial(Progress.of, kind=kind))
