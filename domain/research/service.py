"""Starting, following, ending and reading studies. Where they are carried out is the runner's business.

A study whose process died is failed by the heartbeat of another one, and can be resumed: the chunks
it had finished are kept and not carried out again. It is not resumed by itself, for what killed the
process, say a strategy that eats all memory, would kill the next one too.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from domain.backtesting.model import Backtest
from domain.clock import Clock
from domain.errors import Conflict, InvalidInput, Retryable
from domain.ids import IdSource, WorkspaceId
from domain.research.model import (
    PARAMETER,
    Aggregate,
    Direction,
    Estimate,
    EvaluationSpec,
    HeatMap,
    Objective,
    Study,
    StudyId,
    StudyJob,
    StudyKind,
    StudyPage,
    StudyProgress,
    StudySpec,
    StudyStatus,
    Trials,
    base_of,
    sweep_of,
)
from domain.research.ports import ResultStore, StudyListener, StudyRepository, StudyRunner, TrialLog
from domain.research.recorder import Recorder, announced, kept_trials
from domain.research.trials import SharpeSample

if TYPE_CHECKING:
    from domain.research.preparation import StudyPreparation
    from domain.research.table import Table

_SILENCE_MEANS_DEAD = timedelta(seconds=20)
_DIED = "The process that ran this study ended before it finished; resume it to go on where it stopped."
HeatMapOf: TypeAlias = "Callable[[Table, str, str, str, Aggregate, Direction], HeatMap]"


class StudyService:
    """The use cases of research, each scoped to one workspace.

    What stands behind a function loads numpy or polars and is made on first use.
    """

    def __init__(
        self,
        *,
        repository: StudyRepository,
        trials: TrialLog,
        results: Callable[[], ResultStore],
        runner: Callable[[], StudyRunner],
        preparation: "Callable[[], StudyPreparation]",
        heat_map: Callable[[], HeatMapOf],
        listener: StudyListener,
        touch: Callable[[str, datetime], None],
        clock: Clock,
        ids: IdSource,
        queue_limit: int = 1_000,
    ) -> None:
        """touch records that a runner is alive, as the heartbeat of backtests does."""
        self._repository = repository
        self._trials = trials
        self._results = results
        self._runner = runner
        self._preparation = preparation
        self._heat_map = heat_map
        self._listener = listener
        self._touch = touch
        self._clock = clock
        self._ids = ids
        self._queue_limit = queue_limit

    def start(
        self,
        workspace_id: WorkspaceId,
        kind: StudyKind,
        spec: StudySpec,
        idempotency_key: str | None = None,
    ) -> Study:
        """Check everything that can be checked, store the study, and hand it to the runner.

        With an idempotency key that was used before for the same spec, the study it made then is
        returned. Raises NotFound (strategy, instrument), InvalidInput (paths into the spec; above
        `ASK_ABOVE` runs that are not confirmed, at `confirmedRuns`), Conflict (key reused for another
        spec), MissingExtra (a Bayesian search without its extra), and Retryable when too many wait.
        """
        complete, estimate = self._preparation().prepare(workspace_id, kind, spec)
        self._preparation().require_confirmed(complete, estimate)
        request = _fingerprint(kind, complete)
        complete = self._with_trials(workspace_id, complete)
        runner = self._runner()
        self._require_room(runner)
        study = Study(
            id=StudyId(self._ids.new("st")),
            workspace_id=workspace_id,
            kind=kind,
            spec=complete,
            status=StudyStatus.QUEUED,
            created_at=self._clock.now(),
            runner=runner.name,
        )
        self._touch(runner.name, study.created_at)
        stored = self._repository.add(study, idempotency_key, request)
        if stored.id == study.id:
            self._listener(announced(stored, "queued"))
            runner.submit(_job(stored), self._recorder())
        return self._repository.get(workspace_id, stored.id)

    def estimate(self, workspace_id: WorkspaceId, kind: StudyKind, spec: StudySpec) -> Estimate:
        """What it would take. Raises as `start` does, but for runs that are not confirmed."""
        return self._preparation().prepare(workspace_id, kind, spec)[1]

    def get(self, workspace_id: WorkspaceId, study_id: StudyId) -> Study:
        """Raises NotFound."""
        return self._repository.get(workspace_id, study_id)

    def get_many(self, workspace_id: WorkspaceId, study_ids: Sequence[StudyId]) -> Sequence[Study | None]:
        """In the order asked for; None where there is none."""
        return self._repository.get_many(workspace_id, study_ids)

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
        """Studies of a kind, newest first. Exactly one of first and last is given, from 1 to 100."""
        return self._repository.page(
            workspace_id, kind=kind, first=first, after=after, last=last, before=before, strategy=strategy
        )

    def cancel(self, workspace_id: WorkspaceId, study_id: StudyId) -> Study:
        """Stop a study; one that was cancelled already is returned as it is. Finished chunks are kept.

        Raises NotFound, and Conflict for a study that completed or failed.
        """
        study = self._repository.get(workspace_id, study_id)
        if study.status is StudyStatus.CANCELLED:
            return study
        cancelled = study.changed(status=StudyStatus.CANCELLED, finished_at=self._clock.now(), eta=None)
        if not self._repository.save(cancelled):
            ended = self._repository.get(workspace_id, study_id)
            if not ended.status.is_final:  # resumed by another process in between
                return self.cancel(workspace_id, study_id)
            if ended.status is StudyStatus.CANCELLED:
                return ended
            raise Conflict(f"Study {study_id} has {ended.status} already and cannot be cancelled.")
        self._runner().cancel(study_id)
        self._listener(announced(cancelled, "cancelled"))
        return self._repository.get(workspace_id, study_id)

    def resume(self, workspace_id: WorkspaceId, study_id: StudyId) -> Study:
        """Go on with a failed or cancelled study; what it had finished is not done again, unless its
        bars were imported anew since. A study that waits or runs is returned as it is.

        Raises NotFound, Conflict for a completed study, Retryable when too many wait or when the
        study has not come to rest yet.
        """
        study = self._repository.get(workspace_id, study_id)
        if not study.status.is_final:
            return study
        runner = self._runner()
        self._require_room(runner)
        if study_id in runner.holding():
            raise Retryable(f"Study {study_id} is still being stopped; resume it in a moment.")
        again = study.changed(
            status=StudyStatus.QUEUED, finished_at=None, failure=None, eta=None, runner=runner.name
        )
        self._touch(runner.name, self._clock.now())
        if not self._repository.reopen(again):
            current = self._repository.get(workspace_id, study_id)
            if not current.status.is_final:  # somebody else was first
                return current
            raise Conflict(f"Study {study_id} has {study.status}; only a failed or cancelled one is resumed.")
        self._listener(announced(again, "queued"))
        runner.submit(_job(again), self._recorder())
        return self._repository.get(workspace_id, study_id)

    def delete(self, workspace_id: WorkspaceId, study_id: StudyId) -> None:
        """Forget an ended study and its rows. Its trials stay counted: they were made.

        Raises NotFound, Conflict while it waits or runs, and Retryable until it has come to rest.
        """
        self._repository.get(workspace_id, study_id)
        if study_id in self._runner().holding():
            self._require_ended(workspace_id, study_id)
            raise Retryable(f"Study {study_id} is still being stopped; delete it in a moment.")
        self._repository.delete(workspace_id, study_id)
        self._results().delete(workspace_id, study_id)

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
        """Rows of the chunks finished so far; undefined values come last whichever way they are ordered.

        Raises NotFound for the study, InvalidInput for a column there is not.
        """
        self._repository.get(workspace_id, study_id)
        return self._results().rows(
            workspace_id,
            study_id,
            columns=columns,
            order_by=order_by,
            descending=descending,
            offset=offset,
            limit=limit,
        )

    def heat_map(
        self,
        workspace_id: WorkspaceId,
        study_id: StudyId,
        x: str,
        y: str,
        statistic: str | None = None,
        aggregate: Aggregate = Aggregate.BEST,
    ) -> HeatMap:
        """A statistic (the first objective unless given) over two parameters of a sweep, of the rows so far.

        Raises NotFound, and InvalidInput for a study that is no sweep and a name that was not varied.
        """
        sweep = sweep_of(self._repository.get(workspace_id, study_id).spec)
        if sweep is None:
            raise InvalidInput(f"Study {study_id} searched no parameters, so it has no heat map.")
        for field, name in (("x", x), ("y", y)):
            if name not in sweep.space:
                raise InvalidInput.at(
                    field, message=f"'{name}' was not varied; {', '.join(sweep.space)} were"
                )
        if x == y:
            raise InvalidInput.at("y", message="must be another parameter than x")
        objective = next(
            (one for one in sweep.objectives if one.statistic == statistic),
            sweep.objectives[0] if statistic is None else Objective(statistic=statistic),
        )
        columns = [PARAMETER + x, PARAMETER + y, objective.statistic]
        table = self._results().rows(workspace_id, study_id, columns=columns)
        return self._heat_map()(table, x, y, objective.statistic, aggregate, objective.direction)

    def trials(self, workspace_id: WorkspaceId, strategy: str) -> Trials:
        """How often a strategy was tried: every completed backtest, every combination of every sweep."""
        return self._trials.total(workspace_id, strategy)

    def count_backtest(self, backtest: Backtest) -> None:
        """Count a completed backtest as a trial of its strategy; counting it again changes nothing."""
        if backtest.outcome is None:
            return
        sharpe = _sharpe_per_period(backtest.outcome.statistics)
        self._trials.record(
            backtest.workspace_id, backtest.spec.strategy, backtest.id, SharpeSample.of([sharpe])
        )

    def heartbeat(self, runner: str) -> int:
        """Fail the studies of processes that have gone silent; they can be resumed.

        That this runner lives is noted by the heartbeat of backtests. Returns how many were failed.
        """
        now = self._clock.now()
        long_ago = now - _SILENCE_MEANS_DEAD
        unfinished = self._repository.unfinished(runner, long_ago)
        held = self._runner().holding() if unfinished else frozenset()
        lost = [one for one in unfinished if one.id not in held]
        failed = 0
        for study in (*self._repository.abandoned(runner, long_ago), *lost):
            ended = study.changed(status=StudyStatus.FAILED, finished_at=now, failure=_DIED, eta=None)
            if self._repository.save(ended):
                self._listener(announced(ended, "failed"))
                sample = kept_trials(self._results(), study.workspace_id, study.id)
                self._trials.record(study.workspace_id, base_of(study.spec).strategy, study.id, sample)
                failed += 1
        return failed

    def _with_trials(self, workspace_id: WorkspaceId, spec: StudySpec) -> StudySpec:
        """An evaluation is a pure function of its spec, so what is counted now is written into it."""
        if not isinstance(spec, EvaluationSpec) or spec.trials is not None:
            return spec
        counted = self._trials.total(workspace_id, spec.base.strategy)
        return spec.model_copy(
            update={"trials": max(1, counted.count), "trial_sharpe_variance": counted.sharpe_variance}
        )

    def _require_room(self, runner: StudyRunner) -> None:
        if len(runner.holding()) >= self._queue_limit:
            raise Retryable(f"{self._queue_limit} studies are waiting already; start this one later.")

    def _require_ended(self, workspace_id: WorkspaceId, study_id: StudyId) -> None:
        study = self._repository.get(workspace_id, study_id)
        if not study.status.is_final:
            raise Conflict(f"Study {study_id} is {study.status}; cancel it before you delete it.")

    def _recorder(self) -> Recorder:
        return Recorder(self._repository, self._trials, self._clock, self._announce)

    def _announce(self, progress: StudyProgress) -> None:
        self._listener(progress)


def _job(study: Study) -> StudyJob:
    return StudyJob(study.id, study.workspace_id, study.kind, study.spec)


def _sharpe_per_period(statistics: Mapping[str, float | None]) -> float | None:
    """Of the annual one, as it is stored with a run."""
    sharpe, periods = statistics.get("sharpe"), statistics.get("periods_per_year")
    return None if sharpe is None or not periods else float(sharpe / periods**0.5)


def _fingerprint(kind: StudyKind, spec: StudySpec) -> str:
    canonical = json.dumps([kind, spec.model_dump(mode="json")], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
