"""Reading studies."""

from collections.abc import Sequence
from typing import TypeVar

import strawberry

from domain.errors import InvalidInput
from domain.research import model
from domain.research.model import StudyId
from trader_graphql.connections import Connection, PageArguments, connection
from trader_graphql.enums import StudyKind
from trader_graphql.fields import query
from trader_graphql.permissions import VIEWER
from trader_graphql.request import Info, in_thread
from trader_graphql.research import evaluations, sweeps, walk_forwards
from trader_graphql.research.evaluations import Evaluation
from trader_graphql.research.specs import SweepSpecInput, in_study_names
from trader_graphql.research.studies import Study, study_cursor, study_id
from trader_graphql.research.sweeps import Sweep
from trader_graphql.research.walk_forwards import WalkForward

T = TypeVar("T", bound=Study)


@strawberry.type(description="What a study would take.")
class StudyEstimate:
    runs: int = strawberry.field(description="Simulations; an upper bound where `isExact` is false.")
    seconds: float = strawberry.field(description="On this server's workers, by a rule of thumb.")
    bytes: float = strawberry.field(description="Of result files.")
    is_exact: bool


@strawberry.type(description="How often a strategy was tried: every run, every combination of every sweep.")
class Trials:
    strategy: str
    count: int
    sharpe_variance: float | None = strawberry.field(
        description="Of their Sharpe ratios per period; null below two trials."
    )


@strawberry.type
class ResearchQueries:
    @query(VIEWER, "One sweep; null when there is none.")
    async def sweep(self, info: Info, id_: strawberry.ID) -> Sweep | None:
        return await _one(info, study_id(id_, sweeps.KIND), StudyKind.SWEEP, Sweep)

    @query(VIEWER, "Sweeps, newest first.")
    async def sweeps(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        strategy: str | None = None,
    ) -> Connection[Sweep]:
        arguments = PageArguments.read(first, last, after, before)
        return await _page(info, StudyKind.SWEEP, Sweep, arguments, strategy)

    @query(VIEWER, "What a sweep would take, before it is started.")
    async def estimate_sweep(self, info: Info, input_: SweepSpecInput) -> StudyEstimate:
        context, spec = info.context, input_.sweep()
        try:
            found = await in_thread(
                context.services.studies.estimate, context.workspace_id, StudyKind.SWEEP, spec
            )
        except InvalidInput as refused:
            raise in_study_names(refused) from None
        return StudyEstimate(
            runs=found.runs, seconds=found.seconds, bytes=found.bytes, is_exact=found.is_exact
        )

    @query(VIEWER, "One walk-forward; null when there is none.")
    async def walk_forward(self, info: Info, id_: strawberry.ID) -> WalkForward | None:
        key = study_id(id_, walk_forwards.KIND)
        return await _one(info, key, StudyKind.WALK_FORWARD, WalkForward)

    @query(VIEWER, "Walk-forwards, newest first.")
    async def walk_forwards(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        strategy: str | None = None,
    ) -> Connection[WalkForward]:
        arguments = PageArguments.read(first, last, after, before)
        return await _page(info, StudyKind.WALK_FORWARD, WalkForward, arguments, strategy)

    @query(VIEWER, "One evaluation; null when there is none.")
    async def evaluation(self, info: Info, id_: strawberry.ID) -> Evaluation | None:
        key = study_id(id_, evaluations.KIND)
        return await _one(info, key, StudyKind.EVALUATION, Evaluation)

    @query(VIEWER, "Evaluations, newest first.")
    async def evaluations(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        strategy: str | None = None,
    ) -> Connection[Evaluation]:
        arguments = PageArguments.read(first, last, after, before)
        return await _page(info, StudyKind.EVALUATION, Evaluation, arguments, strategy)

    @query(VIEWER, "How often a strategy was tried in this workspace.")
    async def trials(self, info: Info, strategy: str) -> Trials:
        context = info.context
        found = await in_thread(context.services.studies.trials, context.workspace_id, strategy)
        return Trials(strategy=found.strategy, count=found.count, sharpe_variance=found.sharpe_variance)


async def _one(info: Info, key: StudyId, kind: StudyKind, shown: type[T]) -> T | None:
    found = await info.context.loaders.study.load(key)
    return shown.of(found) if found is not None and found.kind is kind else None


async def _page(
    info: Info, kind: StudyKind, shown: type[T], arguments: PageArguments, strategy: str | None
) -> Connection[T]:
    context = info.context
    page = await in_thread(
        context.services.studies.page,
        context.workspace_id,
        kind=kind,
        first=arguments.first,
        after=study_cursor(arguments.after, "after"),
        last=arguments.last,
        before=study_cursor(arguments.before, "before"),
        strategy=strategy,
    )
    items: Sequence[model.Study] = page.items
    return connection(
        items,
        lambda study: study.id,
        shown.of,
        has_next=page.has_next,
        has_previous=page.has_previous,
        total=page.total,
    )
