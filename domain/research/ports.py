"""What the research room needs from the outside."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from domain.errors import InvalidInput
from domain.ids import WorkspaceId
from domain.research.model import (
    Chunk,
    Study,
    StudyId,
    StudyJob,
    StudyKind,
    StudyPage,
    StudyProgress,
    Trials,
)
from domain.research.trials import SharpeSample

if TYPE_CHECKING:
    from domain.research.sweep.sampling import Candidates
    from domain.research.table import Table

StudyListener: TypeAlias = Callable[[StudyProgress], None]
ChunkAnswer: TypeAlias = "tuple[Mapping[str, Any], Table | None]"
"""What a chunk found: JSON values, and rows to be streamed to a file (None without rows)."""


class StudyRepository(Protocol):
    """Studies of each workspace. Every call is one transaction, or joins the one in progress."""

    def add(self, study: Study, idempotency_key: str | None, request_hash: str) -> Study:
        """Insert; a key used before with the same hash answers with the study it made, with another
        hash Conflict is raised."""
        ...

    def get(self, workspace_id: WorkspaceId, study_id: StudyId) -> Study:
        """Raises NotFound."""
        ...

    def get_many(self, workspace_id: WorkspaceId, study_ids: Sequence[StudyId]) -> Sequence[Study | None]:
        """In the order asked for; None where there is none."""
        ...

    def page(
        self,
        workspace_id: WorkspaceId,
        *,
        kind: StudyKind,
        first: int | None = None,
        after: StudyId | None = None,
        last: int | None = None,
        before: StudyId | None = None,
        strategy: str | None = None,
    ) -> StudyPage:
        """Newest first."""
        ...

    def save(self, study: Study) -> bool:
        """Store a new state; False, and nothing changed, when the stored study is final, gone, or in the
        hands of another runner: a process that slept while its study was resumed elsewhere."""
        ...

    def reopen(self, study: Study) -> bool:
        """Store a failed or cancelled study as queued again; False when it is neither."""
        ...

    def delete(self, workspace_id: WorkspaceId, study_id: StudyId) -> None:
        """Raises NotFound, and Conflict for a study that is not final."""
        ...

    def abandoned(self, runner: str, silent_since: datetime) -> Sequence[Study]:
        """Unfinished studies, of any workspace, whose runner is another one not heard of since then."""
        ...

    def unfinished(self, runner: str, created_before: datetime) -> Sequence[Study]:
        """Unfinished studies, of any workspace, of this runner."""
        ...


class TrialLog(Protocol):
    """How often each strategy was tried, so that a lucky one can be told from a good one."""

    def record(self, workspace_id: WorkspaceId, strategy: str, source_id: str, sample: SharpeSample) -> None:
        """Count the trials of a run or a sweep. The same source_id counts once; a later call replaces
        an earlier one."""
        ...

    def total(self, workspace_id: WorkspaceId, strategy: str) -> Trials: ...


class ResultStore(Protocol):
    """Results of chunks and the rows of studies, as files. Every write is atomic."""

    def prepare(self, workspace_id: WorkspaceId, study_id: StudyId, plan: str) -> None:
        """Make room for the chunks of this plan, named by its fingerprint. Chunks that are kept from
        another plan, say of data that was imported anew since, are thrown away."""
        ...

    def finished(self, workspace_id: WorkspaceId, study_id: StudyId) -> frozenset[int]:
        """Numbers of the chunks that are kept."""
        ...

    def write_chunk(
        self, workspace_id: WorkspaceId, study_id: StudyId, chunk: Chunk, answer: ChunkAnswer
    ) -> None:
        """Raises NeedsOperator when the disk is full or unwritable; nothing half-written stays."""
        ...

    def read_chunk(self, workspace_id: WorkspaceId, study_id: StudyId, number: int) -> ChunkAnswer:
        """Raises NotFound."""
        ...

    def values(self, workspace_id: WorkspaceId, study_id: StudyId, number: int) -> Mapping[str, Any]:
        """A chunk's answer without its rows. Raises NotFound."""
        ...

    def discard(self, workspace_id: WorkspaceId, study_id: StudyId, after: int) -> None:
        """Throw away the chunks with a higher number."""
        ...

    def rows(
        self,
        workspace_id: WorkspaceId,
        study_id: StudyId,
        *,
        columns: Sequence[str] | None = None,
        order_by: str | None = None,
        descending: bool = True,
        offset: int = 0,
        limit: int | None = None,
    ) -> "Table":
        """Rows of all finished chunks, in the order of the plan unless told otherwise."""
        ...

    def delete(self, workspace_id: WorkspaceId, study_id: StudyId) -> None: ...


class RanTooLong(InvalidInput):
    """A combination ran into the time limit."""


class TimeLimit(Protocol):
    """Stops a combination that runs too long, say a strategy that never ends."""

    def restart(self) -> None:
        """A combination begins; when the time is up, RanTooLong is raised wherever it is."""
        ...

    def stop(self) -> None:
        """Nothing is being run any more."""
        ...


class SearchSampler(Protocol):
    """Suggests where to look next, from what was found so far."""

    def ask(
        self,
        candidates: "Candidates",
        told: Sequence[tuple[Sequence[int], Sequence[float]]],
        maximise: Sequence[bool],
        count: int,
        seed: int,
    ) -> Sequence[Sequence[int]]:
        """Levels of up to so many combinations that meet the constraints, none of them told or repeated;
        fewer, or none, where the space holds no more.

        told is every combination that was tried, as levels, with its score by each objective (NaN where
        it has none). The same arguments give the same answer.
        """
        ...


class StudyObserver(Protocol):
    """Hears how a study goes; calls come from any thread.

    began, planned and progressed answer whether the study is still wanted.
    """

    def began(self, job: StudyJob, runner: str) -> bool: ...

    def planned(self, job: StudyJob, runs: int, notes: Sequence[str]) -> bool: ...

    def progressed(
        self, job: StudyJob, runs_done: int, runs_planned: int, stage: str, best: float | None
    ) -> bool: ...

    def counted(self, job: StudyJob, trials: SharpeSample) -> None:
        """What was tried in all of the study's lives; comes before its end, whichever that is."""
        ...

    def completed(self, job: StudyJob, outcome: Mapping[str, Any], warnings: Sequence[str]) -> None: ...

    def failed(self, job: StudyJob, reason: str) -> None: ...

    def cancelled(self, job: StudyJob) -> None: ...


class StudyRunner(Protocol):
    """Carries out studies somewhere: in a pool, in Step Functions."""

    name: str
    """Tells this runner from every other one, also from itself before a restart."""

    def submit(self, job: StudyJob, observer: StudyObserver) -> None:
        """Take the study; return at once, or when it has ended if its course is followed in the
        calling thread. Chunks that are kept from an earlier life are not carried out again."""
        ...

    def holding(self) -> frozenset[StudyId]:
        """The studies that wait or run here, until their end has been written down."""
        ...

    def cancel(self, study_id: StudyId) -> None:
        """Stop it within a second; nothing happens when it is unknown or ended."""
        ...

    def close(self) -> None:
        """Stop every study and release what is held."""
        ...
