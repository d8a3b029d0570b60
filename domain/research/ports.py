"""What the research room needs from the outside."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from domain.ids import WorkspaceId
from domain.research.model import Chunk, Study, StudyId, StudyKind, StudyPage, StudyProgress, Trials

if TYPE_CHECKING:
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
        """Store a new state; False, and nothing changed, when the stored study is final or gone."""
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


class TrialLog(Protocol):
    """How often each strategy was tried, so that a lucky one can be told from a good one."""

    def record(
        self, workspace_id: WorkspaceId, strategy: str, source_id: str, sharpes: Sequence[float | None]
    ) -> None:
        """Count the trials of a run or a sweep: Sharpe ratios per period, None where undefined. The
        same source_id counts once; a later call replaces an earlier one."""
        ...

    def total(self, workspace_id: WorkspaceId, strategy: str) -> Trials: ...


class ResultStore(Protocol):
    """Results of chunks and the rows of studies, as files. Every write is atomic."""

    def finished(self, workspace_id: WorkspaceId, study_id: StudyId) -> Mapping[int, int]:
        """Numbers of the chunks that are kept, and how many runs each holds."""
        ...

    def write_chunk(
        self, workspace_id: WorkspaceId, study_id: StudyId, chunk: Chunk, answer: ChunkAnswer
    ) -> None:
        """Raises NeedsOperator when the disk is full or unwritable; nothing half-written stays."""
        ...

    def read_chunk(self, workspace_id: WorkspaceId, study_id: StudyId, number: int) -> ChunkAnswer:
        """Raises NotFound."""
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
