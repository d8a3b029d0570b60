"""Writes down what a runner reports of one study, and tells listeners.

Late reports about a study that has ended change nothing. Progress is told at most ten times a
second, and written down twice: a sweep of a hundred thousand runs must not write as many rows.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from domain.clock import Clock
from domain.errors import NotFound
from domain.ids import WorkspaceId
from domain.research.model import Study, StudyId, StudyJob, StudyProgress, StudyStatus, base_of
from domain.research.ports import ResultStore, StudyListener, StudyRepository, TrialLog
from domain.research.trials import SharpeSample

_TOLD_EVERY = timedelta(seconds=0.1)
_SAVED_EVERY = timedelta(seconds=0.5)


class Recorder:
    """Implements `StudyObserver` for one study."""

    def __init__(
        self, repository: StudyRepository, trials: TrialLog, clock: Clock, listener: StudyListener
    ) -> None:
        self._repository = repository
        self._trials = trials
        self._clock = clock
        self._listener = listener
        self._running: Study | None = None
        self._best: float | None = None
        self._done_before = 0
        self._measured_from = clock.now()
        self._told_at = self._saved_at = clock.now() - _SAVED_EVERY

    def began(self, job: StudyJob, runner: str) -> bool:
        """False when the study ended, or went to another runner, before it began."""
        now = self._clock.now()
        stored = self._repository.get(job.workspace_id, job.id)
        if stored.runner != runner:
            return False
        running = stored.changed(status=StudyStatus.RUNNING, started_at=stored.started_at or now)
        return self._store(running, "planning")

    def planned(self, job: StudyJob, runs: int, notes: Sequence[str]) -> bool:
        if self._running is None or self._running.id != job.id:
            return False
        self._measured_from = self._clock.now()
        self._done_before = -1
        return self._store(self._running.changed(runs_planned=runs, warnings=tuple(notes)), "running")

    def progressed(
        self, job: StudyJob, runs_done: int, runs_planned: int, stage: str, best: float | None
    ) -> bool:
        """Whether the study is still wanted."""
        if self._running is None or self._running.id != job.id:
            return False
        now = self._clock.now()
        self._best = best
        if self._done_before < 0:
            self._done_before = runs_done  # what an earlier life had finished says nothing about speed
        self._running = self._running.changed(
            runs_done=runs_done, runs_planned=runs_planned, eta=self._eta(now, runs_done, runs_planned)
        )
        if now - self._saved_at >= _SAVED_EVERY:
            self._saved_at = now
            if not self._repository.save(self._running):
                return False
        if now - self._told_at >= _TOLD_EVERY:
            self._told_at = now
            self._listener(announced(self._running, stage, best))
        return True

    def counted(self, job: StudyJob, trials: SharpeSample) -> None:
        if trials.count:
            self._trials.record(job.workspace_id, base_of(job.spec).strategy, job.id, trials)

    def completed(self, job: StudyJob, outcome: Mapping[str, Any], warnings: Sequence[str]) -> None:
        self._end(job, status=StudyStatus.COMPLETED, outcome=dict(outcome), warnings=tuple(warnings))

    def failed(self, job: StudyJob, reason: str) -> None:
        self._end(job, status=StudyStatus.FAILED, failure=reason)

    def cancelled(self, job: StudyJob) -> None:
        self._end(job, status=StudyStatus.CANCELLED)

    def _eta(self, now: datetime, done: int, planned: int) -> datetime | None:
        new = done - self._done_before
        if new <= 0:
            return None
        return now + (now - self._measured_from) / new * max(0, planned - done)

    def _store(self, study: Study, stage: str) -> bool:
        wanted = self._repository.save(study)
        if wanted:
            self._running = study
            self._listener(announced(study, stage))
        return wanted

    def _end(self, job: StudyJob, **state: Any) -> None:
        try:
            stored = self._running or self._repository.get(job.workspace_id, job.id)
        except NotFound:
            return
        ended = stored.changed(finished_at=self._clock.now(), eta=None, **state)
        if self._repository.save(ended):
            self._listener(announced(ended, str(ended.status), self._best))


def announced(study: Study, stage: str, best: float | None = None) -> StudyProgress:
    """The study as subscribers see it."""
    return StudyProgress(
        study.id,
        study.workspace_id,
        study.kind,
        study.status,
        study.runs_done,
        study.runs_planned,
        study.eta,
        stage,
        best,
        study.failure,
    )


def trials_in(values: Mapping[str, Any]) -> SharpeSample:
    """What a chunk counts as tried; nothing for a chunk that tries nothing new."""
    return SharpeSample(**values["trials"]) if "trials" in values else SharpeSample()


def kept_trials(results: ResultStore, workspace_id: WorkspaceId, study_id: StudyId) -> SharpeSample:
    """What the chunks that are kept have tried, in the order of the plan."""
    total = SharpeSample()
    for number in sorted(results.finished(workspace_id, study_id)):
        total = total.merged(trials_in(results.values(workspace_id, study_id, number)))
    return total
