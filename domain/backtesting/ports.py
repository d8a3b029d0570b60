"""What the backtesting room needs from the outside: a place for runs, their artefacts, a runner."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeAlias

from domain.backtesting.model import (
    EVERY_BACKTEST,
    Backtest,
    BacktestFilter,
    BacktestOutcome,
    BacktestProgress,
    BacktestSpec,
    Page,
)
from domain.ids import BacktestId, WorkspaceId

if TYPE_CHECKING:
    from domain.backtesting.result import Curve, Trades

Listener: TypeAlias = Callable[[BacktestProgress], None]


class BacktestRepository(Protocol):
    """Runs of each workspace. Every call is one transaction, or joins the one in progress."""

    def add(self, backtest: Backtest, idempotency_key: str | None, request_hash: str) -> Backtest:
        """Insert. When the key was used before with the same hash, the run it made is returned
        instead; with another hash Conflict is raised."""
        ...

    def get(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> Backtest:
        """Raises NotFound."""
        ...

    def get_many(
        self, workspace_id: WorkspaceId, backtest_ids: Sequence[BacktestId]
    ) -> Sequence[Backtest | None]:
        """In the order asked for; None where there is none."""
        ...

    def page(
        self,
        workspace_id: WorkspaceId,
        *,
        first: int | None = None,
        after: BacktestId | None = None,
        last: int | None = None,
        before: BacktestId | None = None,
        where: BacktestFilter = EVERY_BACKTEST,
    ) -> Page:
        """Newest first."""
        ...

    def save(self, backtest: Backtest) -> bool:
        """Store a new state; False, and nothing changed, when the stored run is already final
        or gone."""
        ...

    def delete(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> None:
        """Raises NotFound, and Conflict for a run that is not final."""
        ...

    def touch(self, runner: str, at: datetime) -> None:
        """Record that this runner is alive."""
        ...

    def abandoned(self, runner: str, silent_since: datetime) -> Sequence[Backtest]:
        """Unfinished runs, of any workspace, of every other runner that has not been heard of
        since then."""
        ...

    def unfinished(self, runner: str, created_before: datetime) -> Sequence[Backtest]:
        """Unfinished runs, of any workspace, of this runner."""
        ...


class ArtefactStore(Protocol):
    """Curves and trades of runs, as files; the HTML report is made from them."""

    def write(
        self, workspace_id: WorkspaceId, backtest_id: BacktestId, curve: "Curve", trades: "Trades"
    ) -> None:
        """Atomic. Raises NeedsOperator when the disk is full or unwritable."""
        ...

    def curve(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> "Curve":
        """Raises NotFound."""
        ...

    def trades(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> "Trades":
        """Raises NotFound."""
        ...

    def delete(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> None: ...


@dataclass(frozen=True, slots=True)
class BacktestJob:
    """All a worker needs to carry out a run; picklable and JSON-able through its fields."""

    id: BacktestId
    workspace_id: WorkspaceId
    spec: BacktestSpec

    @property
    def is_limited_by_step(self) -> bool:
        """The time limit is that of the whole run."""
        return False


class JobObserver(Protocol):
    """Hears how a job goes; calls come from any thread.

    began and progressed answer whether the job is still wanted: it may have been cancelled elsewhere.
    """

    def began(self, job: BacktestJob, runner: str) -> bool: ...

    def progressed(self, job: BacktestJob, fraction: float, stage: str) -> bool: ...

    def completed(self, job: BacktestJob, outcome: BacktestOutcome) -> None: ...

    def failed(self, job: BacktestJob, reason: str) -> None: ...

    def cancelled(self, job: BacktestJob) -> None: ...


class BacktestRunner(Protocol):
    """Carries out jobs somewhere: in this process, in a pool, in Step Functions."""

    name: str
    """Tells this runner from every other one, also from itself before a restart."""

    def submit(self, job: BacktestJob, observer: JobObserver) -> None:
        """Take the job; return at once, or when it has ended if it runs in the calling thread."""
        ...

    def holding(self) -> frozenset[BacktestId]:
        """The jobs that wait or run here, until their end has been written down."""
        ...

    def cancel(self, backtest_id: BacktestId) -> None:
        """Stop it within a second; nothing happens when it is unknown or ended."""
        ...

    def close(self) -> None:
        """Stop every job and release what is held."""
        ...
