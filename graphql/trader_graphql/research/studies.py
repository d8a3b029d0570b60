"""What every study shows: where it stands, and how it goes on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

import strawberry

from domain.errors import InvalidInput
from domain.research import model
from domain.research.model import StudyId, StudyProgress
from trader_graphql.connections import Node, global_id, key_of
from trader_graphql.downloads import Download
from trader_graphql.enums import StudyKind, StudyStatus
from trader_graphql.fields import resolved
from trader_graphql.request import Info

_PREFIX = "st_"


@strawberry.interface(description="A question that takes many runs to answer.")
class Study(Node):
    identifier: str = strawberry.field(description="The id as the command line and file names show it: st_…")
    kind: StudyKind
    status: StudyStatus
    progress: float = strawberry.field(description="Share of the planned runs that are done, from 0 to 1.")
    runs_done: int
    runs_planned: int | None = strawberry.field(description="Null until it is planned.")
    eta: datetime | None = strawberry.field(description="When it may be done, by the speed so far.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    failure: str | None = strawberry.field(description="Why it failed, in one sentence.")
    stored: strawberry.Private[model.Study]

    TYPE: ClassVar[str]

    @classmethod
    def of(cls, study: model.Study) -> Self:
        """From the domain's; what costs more than reading an attribute waits until it is asked for."""
        return cls(
            id=global_id(cls.TYPE, study.id),
            identifier=study.id,
            kind=study.kind,
            status=study.status,
            progress=study.progress,
            runs_done=study.runs_done,
            runs_planned=study.runs_planned,
            eta=study.eta,
            created_at=study.created_at,
            started_at=study.started_at,
            finished_at=study.finished_at,
            failure=study.failure,
            stored=study,
        )

    @resolved("What a reader of the result should know.")
    def warnings(self) -> list[str]:
        return list(self.stored.warnings)

    @resolved("Everything on one self-contained HTML page. Null until it has completed.")
    def report_url(self, info: Info) -> str | None:
        if self.status is not StudyStatus.COMPLETED:
            return None
        return f"{info.context.root_path}/studies/{self.identifier}/report.html"

    @resolved("Its single runs as files, as far as they are finished; empty before the first.")
    def downloads(self, info: Info) -> list[Download]:
        if self.runs_done == 0:
            return []
        path = f"{info.context.root_path}/studies/{self.identifier}"
        return [Download(name=f"runs.{form}", url=f"{path}/runs.{form}") for form in ("csv", "parquet")]

    def found(self) -> Mapping[str, Any] | None:
        """The stored outcome; None until it has completed."""
        return self.stored.outcome


@strawberry.type(name="StudyProgress", description="Where a study stands at this moment.")
class Progress:
    id: strawberry.ID
    status: StudyStatus
    progress: float = strawberry.field(description="From 0 to 1.")
    runs_done: int
    runs_planned: int | None
    eta: datetime | None
    stage: str = strawberry.field(description="What it is doing, in words for people.")
    best: float | None = strawberry.field(description="Best value of the first objective so far.")
    failure: str | None

    @classmethod
    def of(cls, event: StudyProgress, kind: str) -> "Progress":
        """From an event of the bus; kind is the GraphQL type of the study."""
        completed = event.status is StudyStatus.COMPLETED
        share = event.runs_done / event.runs_planned if event.runs_planned else 0.0
        return cls(
            id=global_id(kind, event.id),
            status=event.status,
            progress=1.0 if completed else share,
            runs_done=event.runs_done,
            runs_planned=event.runs_planned,
            eta=event.eta,
            stage=event.stage,
            best=event.best,
            failure=event.failure,
        )

    @classmethod
    def snapshot(cls, study: model.Study, kind: str) -> "Progress":
        """From what is stored."""
        return cls(
            id=global_id(kind, study.id),
            status=study.status,
            progress=study.progress,
            runs_done=study.runs_done,
            runs_planned=study.runs_planned,
            eta=study.eta,
            stage=str(study.status),
            best=None,
            failure=study.failure,
        )


def study_id(text: str, kind: str, field: str = "id") -> StudyId:
    """From the id of the API, or from the st_… that the command line shows. Raises InvalidInput."""
    return StudyId(text if text.startswith(_PREFIX) else key_of(kind, text, field))


def study_cursor(key: str | None, field: str) -> StudyId | None:
    """Where a page of studies begins. Raises InvalidInput for a cursor of another list."""
    if key is not None and not key.startswith(_PREFIX):
        raise InvalidInput.at(field, message="is not a cursor of this list")
    return None if key is None else StudyId(key)
