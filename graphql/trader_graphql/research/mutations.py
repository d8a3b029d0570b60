"""Starting, stopping, resuming and forgetting studies."""

from typing import Annotated, TypeAlias

import strawberry

from domain import errors as domain
from domain.research import model
from domain.research.model import StudyId, StudySpec
from trader_graphql.connections import split_id
from trader_graphql.enums import StudyKind
from trader_graphql.errors import Conflict, Forbidden, InvalidInput, NotFound
from trader_graphql.fields import mutation
from trader_graphql.permissions import TRADER
from trader_graphql.request import Info, in_thread
from trader_graphql.research.evaluations import Evaluation
from trader_graphql.research.specs import (
    EvaluationSpecInput,
    SweepSpecInput,
    WalkForwardSpecInput,
    in_study_names,
)
from trader_graphql.research.sweeps import Sweep
from trader_graphql.research.walk_forwards import WalkForward

_KEY = strawberry.field(
    default=None, description="Sent again with the same input, the study it started before is returned."
)
SHOWN_AS: dict[StudyKind, type[Sweep] | type[WalkForward] | type[Evaluation]] = {
    StudyKind.SWEEP: Sweep,
    StudyKind.WALK_FORWARD: WalkForward,
    StudyKind.EVALUATION: Evaluation,
}


@strawberry.input(description="Parameters, instruments and periods to be varied, and what makes one better.")
class StartSweepInput(SweepSpecInput):
    idempotency_key: str | None = _KEY


@strawberry.input(description="Choose on past bars, trade the bars that follow, move on, and repeat.")
class StartWalkForwardInput(WalkForwardSpecInput):
    idempotency_key: str | None = _KEY


@strawberry.input(description="Everything that can be checked about one run: luck, leak or edge.")
class StartEvaluationInput(EvaluationSpecInput):
    idempotency_key: str | None = _KEY


@strawberry.input
class CancelStudyInput:
    id: strawberry.ID


@strawberry.input
class ResumeStudyInput:
    id: strawberry.ID


@strawberry.input
class DeleteStudyInput:
    id: strawberry.ID


@strawberry.type(description="What was deleted; its id names nothing any more.")
class DeletedStudy:
    id: strawberry.ID


StartSweepOutcome: TypeAlias = Annotated[
    Sweep | InvalidInput | NotFound | Conflict | Forbidden, strawberry.union("StartSweepOutcome")
]
StartWalkForwardOutcome: TypeAlias = Annotated[
    WalkForward | InvalidInput | NotFound | Conflict | Forbidden, strawberry.union("StartWalkForwardOutcome")
]
StartEvaluationOutcome: TypeAlias = Annotated[
    Evaluation | InvalidInput | NotFound | Conflict | Forbidden, strawberry.union("StartEvaluationOutcome")
]
StudyOutcome: TypeAlias = Annotated[
    Sweep | WalkForward | Evaluation | InvalidInput | NotFound | Conflict | Forbidden,
    strawberry.union("StudyOutcome"),
]
DeleteStudyOutcome: TypeAlias = Annotated[
    DeletedStudy | InvalidInput | NotFound | Conflict | Forbidden, strawberry.union("DeleteStudyOutcome")
]


@strawberry.type
class ResearchMutations:
    @mutation(
        TRADER,
        "Check a sweep, store it and begin it. The answer comes at once; `sweepProgress` tells how it goes on.",
    )
    async def start_sweep(self, info: Info, input_: StartSweepInput) -> StartSweepOutcome:
        return Sweep.of(await _started(info, StudyKind.SWEEP, input_.sweep(), input_.idempotency_key))

    @mutation(TRADER, "Check a walk-forward, store it and begin it.")
    async def start_walk_forward(self, info: Info, input_: StartWalkForwardInput) -> StartWalkForwardOutcome:
        spec = input_.walk_forward()
        return WalkForward.of(await _started(info, StudyKind.WALK_FORWARD, spec, input_.idempotency_key))

    @mutation(TRADER, "Check an evaluation, store it and begin it.")
    async def start_evaluation(self, info: Info, input_: StartEvaluationInput) -> StartEvaluationOutcome:
        spec = input_.evaluation()
        return Evaluation.of(await _started(info, StudyKind.EVALUATION, spec, input_.idempotency_key))

    @mutation(
        TRADER, "Stop a study. What it has finished is kept, and one that was cancelled already is returned."
    )
    async def cancel_study(self, info: Info, input_: CancelStudyInput) -> StudyOutcome:
        context = info.context
        key = _study_id(input_.id)
        return _shown(await in_thread(context.services.studies.cancel, context.workspace_id, key))

    @mutation(TRADER, "Go on with a failed or cancelled study; what it had finished is not done again.")
    async def resume_study(self, info: Info, input_: ResumeStudyInput) -> StudyOutcome:
        context = info.context
        key = _study_id(input_.id)
        return _shown(await in_thread(context.services.studies.resume, context.workspace_id, key))

    @mutation(TRADER, "Forget an ended study and its rows. Its trials stay counted: they were made.")
    async def delete_study(self, info: Info, input_: DeleteStudyInput) -> DeleteStudyOutcome:
        context = info.context
        key = _study_id(input_.id)
        await in_thread(context.services.studies.delete, context.workspace_id, key)
        return DeletedStudy(id=input_.id)


async def _started(info: Info, kind: StudyKind, spec: StudySpec, idempotency_key: str | None) -> model.Study:
    context = info.context
    try:
        return await in_thread(
            context.services.studies.start, context.workspace_id, kind, spec, idempotency_key
        )
    except domain.InvalidInput as refused:
        raise in_study_names(refused) from None


def _shown(study: model.Study) -> Sweep | WalkForward | Evaluation:
    return SHOWN_AS[study.kind].of(study)


def _study_id(text: str) -> StudyId:
    if text.startswith("st_"):
        return StudyId(text)
    kind, key = split_id(text)
    if kind not in {one.TYPE for one in SHOWN_AS.values()}:
        raise domain.InvalidInput.at("id", message=f"names a {kind}, which is no study")
    return StudyId(key)
