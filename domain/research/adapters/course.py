"""Following one life of one study: plan, chunks, perhaps more chunks, reduction."""

import contextlib
import hashlib
import json
import logging
import queue
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from domain.backtesting.adapters.worker_pool import End, How, WorkerPool
from domain.errors import TradingError
from domain.research.carrying_out import Step, StudyTask
from domain.research.model import Chunk, StudyJob
from domain.research.ports import ResultStore, StudyObserver
from domain.research.program import Forgiving, Plan, Program, Staged, Watch, Watched
from domain.research.recorder import trials_in
from domain.research.trials import SharpeSample

_log = logging.getLogger(__name__)
_POLL_SECONDS = 0.05
_LAST_CHUNKS_SECONDS = 1.0
_TRIES = 4
"""A chunk whose worker died is tried again three times."""
_AHEAD = 8
"""Chunks a worker may be ahead of the first that is not finished: what waits to be judged is in memory."""


class Cancelled(Exception):
    """The study is not wanted any more."""


class CourseFailed(Exception):
    """The study cannot go on; the message is for a person."""


class Course:
    """One life of one study."""

    def __init__(
        self,
        job: StudyJob,
        observer: StudyObserver,
        program: Program[Any],
        results: ResultStore,
        pool: WorkerPool,
        stop: threading.Event,
        *,
        runner: str,
        version: str,
    ) -> None:
        self.trials = SharpeSample()
        self._job = job
        self._observer = observer
        self._program = program
        self._results = results
        self._pool = pool
        self._stop = stop
        self._runner = runner
        self._version = version
        self._life = secrets.token_hex(8)
        self._ends: queue.SimpleQueue[tuple[StudyTask, End]] = queue.SimpleQueue()
        self._in_flight: dict[str, StudyTask] = {}
        self._tries: Counter[str] = Counter()
        self._kept: set[int] = set()
        self._answers: dict[int, Mapping[str, Any]] = {}
        self._next = 0
        self._runs_done = 0
        self._watch: Watch | None = program.watch(job.spec) if isinstance(program, Watched) else None

    def follow(self) -> tuple[Mapping[str, Any], Sequence[str]] | None:
        """The outcome and warnings; None when the study had ended before it began.

        Raises Cancelled, CourseFailed; no task of the study is waiting or running then.
        """
        if not self._observer.began(self._job, self._runner):
            return None
        try:
            return self._followed()
        except TradingError as refused:
            self._fail(str(refused))

    def stop(self) -> None:
        """Take back every task, and return once none is waiting or running."""
        self._take_back()
        for values in self._answers.values():  # finished, but not judged: tried all the same
            self.trials = self.trials.merged(trials_in(values))
        self._answers.clear()

    def _take_back(self) -> None:
        for task_id in self._in_flight:
            self._pool.cancel(task_id)
        while self._in_flight:
            task, end = self._ends.get()
            del self._in_flight[task.id]
            if task.chunk is not None and end.how is How.COMPLETED:
                self._finished(task.chunk, end.detail)

    def _let_end(self) -> None:
        """Give what was begun in vain a moment: a worker that is killed is missed by what comes next."""
        for task_id in self._in_flight:
            self._pool.withdraw(task_id)
        deadline = time.monotonic() + _LAST_CHUNKS_SECONDS
        while self._in_flight and (left := deadline - time.monotonic()) > 0.0:
            with contextlib.suppress(queue.Empty):
                task, _ = self._ends.get(timeout=left)
                del self._in_flight[task.id]
        self._take_back()

    def _followed(self) -> tuple[Mapping[str, Any], Sequence[str]]:
        plan: Plan = self._ask(Step.PLAN)
        job = self._job
        self._results.prepare(job.workspace_id, job.id, _fingerprint(plan, self._version))
        self._kept = set(self._results.finished(job.workspace_id, job.id))
        if not self._observer.planned(job, plan.runs_expected or plan.runs, plan.notes):
            self._cancel()
        while True:
            last = self._carry_out(plan)
            if last is not None:
                self._results.discard(job.workspace_id, job.id, last)
                plan = plan.up_to(last)
                break
            more = self._ask(Step.NEXT, plan=plan) if isinstance(self._program, Staged) else ()
            if not more:
                break
            plan = plan.and_then(more)
        self._runs_done = plan.runs
        self._tell(plan, "reducing")
        finished: tuple[Mapping[str, Any], Sequence[str]] = self._ask(Step.REDUCE, plan=plan)
        return finished

    def _carry_out(self, plan: Plan) -> int | None:
        """Finish every chunk of the plan. The number of the last one that is needed, when the program
        has seen enough before the end."""
        waiting = deque(chunk for chunk in plan.chunks[self._next :] if chunk.number not in self._kept)
        self._runs_done += sum(
            chunk.runs for chunk in plan.chunks[self._next :] if chunk.number in self._kept
        )
        while True:
            last = self._judge(plan)
            self._tell(plan, "running")
            if last is not None:
                self._let_end()
                self._answers.clear()  # nobody will see them, so nobody can choose among them
                return last
            if self._next == len(plan.chunks):
                return None
            self._hand_out(waiting)
            self._hear(waiting)

    def _judge(self, plan: Plan) -> int | None:
        """Hear the finished chunks in the order of the plan."""
        while self._next < len(plan.chunks):
            chunk = plan.chunks[self._next]
            if chunk.number in self._answers:
                values = self._answers.pop(chunk.number)
            elif chunk.number in self._kept:
                values = self._results.values(self._job.workspace_id, self._job.id, chunk.number)
            else:
                return None
            self._next += 1
            self.trials = self.trials.merged(trials_in(values))
            if self._watch is not None and self._watch.hear(chunk, values):
                return chunk.number
        return None

    def _hand_out(self, waiting: "deque[Chunk]") -> None:
        while (
            waiting
            and len(self._in_flight) < 2 * self._pool.workers
            and waiting[0].number < self._next + _AHEAD * self._pool.workers
        ):
            self._submit(Step.RUN, chunk=waiting.popleft())

    def _hear(self, waiting: "deque[Chunk]") -> None:
        """Wait a moment for a task to end."""
        ended = self._wait()
        if ended is None:
            return
        task, end = ended
        chunk = task.chunk
        if chunk is None or end.how is How.CANCELLED:
            self._cancel()
        if end.how is How.COMPLETED:
            self._finished(chunk, end.detail)
        elif end.how is How.TIMED_OUT and task.step is Step.RUN and isinstance(self._program, Forgiving):
            self._submit(Step.GIVE_UP, chunk=chunk, reason=end.detail)
        elif self._may_try_again(f"chunk {chunk.number}", end):
            waiting.appendleft(chunk)
        else:
            self._fail(end.detail)

    def _finished(self, chunk: Chunk, values: Mapping[str, Any]) -> None:
        if chunk.number not in self._answers:
            self._answers[chunk.number] = values
            self._runs_done += chunk.runs

    def _ask(self, step: Step, plan: Plan | None = None) -> Any:
        """What a worker answers to a step that nothing else goes on beside."""
        while True:
            self._submit(step, plan=plan)
            while (ended := self._wait()) is None:
                pass
            end = ended[1]
            if end.how is How.COMPLETED:
                return end.detail
            if end.how is How.CANCELLED:
                self._cancel()
            if not self._may_try_again(step, end):
                self._fail(end.detail)

    def _may_try_again(self, what: str, end: End) -> bool:
        """Whether the worker died, and not too often over the same work."""
        self._tries[what] += 1
        if end.how is not How.CRASHED or self._tries[what] >= _TRIES:
            return False
        _log.warning("Study %s: a worker died over %s; trying again", self._job.id, what)
        return True

    def _submit(
        self, step: Step, *, chunk: Chunk | None = None, plan: Plan | None = None, reason: str = ""
    ) -> None:
        task_id = f"{self._job.id}:{secrets.token_hex(8)}"
        task = StudyTask(task_id, self._job, self._life, step, chunk, plan, reason)
        self._in_flight[task_id] = task
        self._pool.submit(task, _Ear(task, self._ends), self._job.id)

    def _wait(self) -> tuple[StudyTask, End] | None:
        if self._stop.is_set():
            self._cancel()
        try:
            task, end = self._ends.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            return None
        del self._in_flight[task.id]
        return task, end

    def _tell(self, plan: Plan, stage: str) -> None:
        best = None if self._watch is None else self._watch.best
        planned = plan.runs_expected or plan.runs
        try:
            wanted = self._observer.progressed(self._job, self._runs_done, planned, stage, best)
        except Exception:  # noqa: BLE001 - a progress that cannot be recorded must not end the study
            _log.exception("Could not record the progress of study %s", self._job.id)
            return
        if not wanted:
            self._cancel()

    def _cancel(self) -> NoReturn:
        self.stop()
        raise Cancelled

    def _fail(self, reason: str) -> NoReturn:
        self.stop()
        raise CourseFailed(reason)


class _Ear:
    """Puts the end of a task where the study's own thread finds it."""

    def __init__(self, task: StudyTask, ends: "queue.SimpleQueue[tuple[StudyTask, End]]") -> None:
        self._task = task
        self._ends = ends

    def began(self) -> bool:
        return True

    def progressed(self, fraction: float, stage: str) -> bool:  # noqa: ARG002 - finished chunks are what counts
        return True

    def ended(self, end: End) -> None:
        self._ends.put((self._task, end))


def _fingerprint(plan: Plan, version: str) -> str:
    """Two plans of one fingerprint have the same chunks of the same data, made by the same code."""
    chunks = [[chunk.number, chunk.runs, chunk.work] for chunk in plan.chunks]
    canonical = json.dumps([version, plan.data_hash, chunks], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
