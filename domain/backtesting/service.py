"""Starting, following and ending backtests. Where a run is carried out is the runner's business."""

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from domain.backtesting.completion import BarCount, SpecCompletion
from domain.backtesting.model import (
    EVERY_BACKTEST,
    Backtest,
    BacktestFilter,
    BacktestOutcome,
    BacktestProgress,
    BacktestSpec,
    BacktestStatus,
    Page,
)
from domain.backtesting.ports import (
    ArtefactStore,
    BacktestJob,
    BacktestRepository,
    BacktestRunner,
    Listener,
)
from domain.clock import Clock
from domain.errors import Conflict, NotFound, Retryable
from domain.ids import BacktestId, IdSource, WorkspaceId
from domain.market.catalogue import SeriesCatalogue
from domain.strategies.ports import StrategyCatalogue

if TYPE_CHECKING:
    from domain.backtesting.result import Curve, Trades

_log = logging.getLogger(__name__)
HEARTBEAT_EVERY_SECONDS = 5.0
_SILENCE_MEANS_DEAD = timedelta(seconds=4 * HEARTBEAT_EVERY_SECONDS)
_PROGRESS_IS_SAVED_EVERY = timedelta(seconds=0.5)


class BacktestService:
    """The use cases of backtesting, each scoped to one workspace."""

    def __init__(
        self,
        *,
        repository: BacktestRepository,
        catalogue: SeriesCatalogue,
        strategies: Callable[[], StrategyCatalogue],
        artefacts: Callable[[], ArtefactStore],
        runner: Callable[[], BacktestRunner],
        listener: Listener,
        clock: Clock,
        ids: IdSource,
        bars_in_period: BarCount,
        queue_limit: int = 1_000,
        on_completed: Callable[[Backtest], None] = lambda _: None,
    ) -> None:
        """on_completed hears each run once it is written down as completed, from any thread."""
        self._repository = repository
        self._completion = SpecCompletion(
            catalogue=catalogue, strategies=strategies, bars_in_period=bars_in_period
        )
        self._artefacts = artefacts
        self._runner = runner
        self._listener = listener
        self._clock = clock
        self._ids = ids
        self._queue_limit = queue_limit
        self._on_completed = on_completed

    def start(
        self, workspace_id: WorkspaceId, spec: BacktestSpec, idempotency_key: str | None = None
    ) -> Backtest:
        """Check everything that can be checked, store the run, and hand it to the runner.

        With an idempotency key that was used before for the same spec, the run it made then is
        returned. Raises NotFound (strategy, instrument), InvalidInput, Conflict (key reused for
        another spec), and Retryable when too many runs are waiting.
        """
        complete = self._completion.complete(workspace_id, spec).spec
        runner = self._runner()
        if len(runner.holding()) >= self._queue_limit:
            raise Retryable(f"{self._queue_limit} backtests are waiting already; start this one later.")
        backtest = Backtest(
            id=BacktestId(self._ids.new("bt")),
            workspace_id=workspace_id,
            spec=complete,
            status=BacktestStatus.QUEUED,
            created_at=self._clock.now(),
            runner=runner.name,
        )
        self._repository.touch(runner.name, backtest.created_at)
        stored = self._repository.add(backtest, idempotency_key, _fingerprint(complete))
        if stored.id == backtest.id:
            self._announce(stored, "queued")
            runner.submit(BacktestJob(stored.id, workspace_id, complete), self._recorder())
        return self._repository.get(workspace_id, stored.id)

    def get(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> Backtest:
        """Raises NotFound."""
        return self._repository.get(workspace_id, backtest_id)

    def get_many(
        self, workspace_id: WorkspaceId, backtest_ids: Sequence[BacktestId]
    ) -> Sequence[Backtest | None]:
        """In the order asked for; None where there is none."""
        return self._repository.get_many(workspace_id, backtest_ids)

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
        """Runs newest first. Exactly one of first and last is given, from 1 to 100."""
        return self._repository.page(
            workspace_id, first=first, after=after, last=last, before=before, where=where
        )

    def cancel(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> Backtest:
        """Stop a run; a run that was cancelled already is returned as it is.

        Raises NotFound, and Conflict for a run that completed or failed.
        """
        backtest = self._repository.get(workspace_id, backtest_id)
        if backtest.status is BacktestStatus.CANCELLED:
            return backtest
        cancelled = backtest.cancelled(self._clock.now())
        if not self._repository.save(cancelled):
            ended = self._repository.get(workspace_id, backtest_id)
            if ended.status is BacktestStatus.CANCELLED:
                return ended
            raise Conflict(f"Backtest {backtest_id} has {ended.status} already and cannot be cancelled.")
        self._runner().cancel(backtest_id)
        self._announce(cancelled, "cancelled")
        return cancelled

    def delete(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> None:
        """Forget an ended run and its artefacts. Raises NotFound, and Conflict while it runs."""
        self._repository.delete(workspace_id, backtest_id)
        self._artefacts().delete(workspace_id, backtest_id)

    def curve(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> "Curve":
        """Raises NotFound until the run has completed."""
        return self._artefacts().curve(workspace_id, backtest_id)

    def trades(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> "Trades":
        """Raises NotFound until the run has completed."""
        return self._artefacts().trades(workspace_id, backtest_id)

    def heartbeat(self, runner: str) -> int:
        """Note that this runner lives, and fail the runs of those that have gone silent.

        Returns how many runs were failed. Called at start and then regularly.
        """
        now = self._clock.now()
        long_ago = now - _SILENCE_MEANS_DEAD
        self._repository.touch(runner, now)
        # A run of this very process that it no longer holds: its end could not be written down.
        unfinished = self._repository.unfinished(runner, long_ago)
        held = self._runner().holding()
        lost = [backtest for backtest in unfinished if backtest.id not in held]
        failed = 0
        for backtest in (*self._repository.abandoned(runner, long_ago), *lost):
            ended = backtest.failed(now, "The process that ran this backtest ended before it finished.")
            if self._repository.save(ended):
                self._announce(ended, "failed")
                failed += 1
        return failed

    def _recorder(self) -> "_Recorder":
        return _Recorder(self._repository, self._clock, self._announce, self._discard, self._on_completed)

    def _discard(self, job: BacktestJob) -> None:
        self._artefacts().delete(job.workspace_id, job.id)

    def _announce(self, backtest: Backtest, stage: str) -> None:
        self._listener(
            BacktestProgress(
                backtest.id,
                backtest.workspace_id,
                backtest.status,
                backtest.progress,
                stage,
                backtest.failure,
            )
        )


class _Recorder:
    """Writes down what a runner reports of one job; late reports about an ended run change nothing.

    A result nobody will see, because the run was cancelled meanwhile, leaves no files behind.
    """

    def __init__(
        self,
        repository: BacktestRepository,
        clock: Clock,
        announce: Callable[[Backtest, str], None],
        discard: Callable[[BacktestJob], None],
        on_completed: Callable[[Backtest], None],
    ) -> None:
        self._repository = repository
        self._clock = clock
        self._announce = announce
        self._discard = discard
        self._on_completed = on_completed
        self._running: Backtest | None = None
        self._saved_at = clock.now()

    def began(self, job: BacktestJob, runner: str) -> bool:
        began = self._repository.get(job.workspace_id, job.id).began(self._clock.now(), runner)
        wanted = self._repository.save(began)
        if wanted:
            self._running = began
            self._announce(began, "starting")
        return wanted

    def progressed(self, job: BacktestJob, fraction: float, stage: str) -> bool:
        if self._running is None or self._running.id != job.id:
            return False
        advanced = self._running.advanced(fraction)
        now = self._clock.now()
        if now - self._saved_at >= _PROGRESS_IS_SAVED_EVERY:
            self._saved_at = now
            if not self._repository.save(advanced):
                return False
        self._announce(advanced, stage)
        return True

    def completed(self, job: BacktestJob, outcome: BacktestOutcome) -> None:
        if not self._ended(job, lambda run: run.completed(self._clock.now(), outcome)):
            self._discard(job)
            return
        try:
            self._on_completed(self._repository.get(job.workspace_id, job.id))
        except Exception:  # noqa: BLE001 - a listener's fault must not undo a result that is stored
            _log.exception("Who hears of completed backtests could not take %s", job.id)

    def failed(self, job: BacktestJob, reason: str) -> None:
        self._ended(job, lambda run: run.failed(self._clock.now(), reason))
        self._discard(job)

    def cancelled(self, job: BacktestJob) -> None:
        self._ended(job, lambda run: run.cancelled(self._clock.now()))
        self._discard(job)

    def _ended(self, job: BacktestJob, end: Callable[[Backtest], Backtest]) -> bool:
        """Whether this was the end of the run; False when it had ended, or was deleted, before."""
        try:
            ended = end(self._repository.get(job.workspace_id, job.id))
        except NotFound:
            return False
        saved = self._repository.save(ended)
        if saved:
            self._announce(ended, str(ended.status))
        return saved


def _fingerprint(spec: BacktestSpec) -> str:
    canonical = json.dumps(spec.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
