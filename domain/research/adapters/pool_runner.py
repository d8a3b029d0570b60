"""Carries out studies in the worker processes that backtests are carried out in.

A thread follows each study: it hands out chunks in the order of the plan, a few at a time, hears of
them in whichever order they end, and judges them in the order of the plan. So the outcome does not
depend on the number of workers, and what is held in memory grows with workers, not with chunks.
"""

import logging
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any

from domain.backtesting.adapters.worker_pool import WorkerPool
from domain.research.adapters.course import Cancelled, Course, CourseFailed
from domain.research.model import StudyId, StudyJob, StudyKind
from domain.research.ports import ResultStore, StudyObserver
from domain.research.program import Program

_log = logging.getLogger(__name__)
_RETRY_PAUSES_SECONDS = (0.1, 0.5, 2.0, 5.0, 10.0)


class PoolStudyRunner:
    """Implements `StudyRunner`.

    pool     made when the first study begins
    at_once  studies that are followed at the same time; 0 follows each in the thread that submits it
    version  of the code; chunks that another one made are not kept
    """

    def __init__(
        self,
        pool: Callable[[], WorkerPool],
        programs: Mapping[StudyKind, Program[Any]],
        results: ResultStore,
        *,
        name: str,
        version: str,
        at_once: int = 4,
    ) -> None:
        self.name = name
        self._pool = pool
        self._programs = programs
        self._results = results
        self._version = version
        self._waiting: queue.SimpleQueue[tuple[StudyJob, StudyObserver] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._stops: dict[StudyId, threading.Event] = {}
        self._closing = False
        self._followers = [
            threading.Thread(target=self._follow, name=f"study-{index}", daemon=True)
            for index in range(at_once)
        ]
        for follower in self._followers:
            follower.start()

    def submit(self, job: StudyJob, observer: StudyObserver) -> None:
        """Take the study. Ctrl-C cancels one that is followed in the calling thread, and is raised again."""
        with self._lock:
            self._stops[job.id] = threading.Event()
        if self._followers:
            self._waiting.put((job, observer))
        else:
            self._carry_out(job, observer)

    def holding(self) -> frozenset[StudyId]:
        """The studies that wait or run here, until their end has been written down."""
        with self._lock:
            return frozenset(self._stops)

    def cancel(self, study_id: StudyId) -> None:
        """Stop handing out chunks, and kill the workers that carry out any."""
        with self._lock:
            if study_id in self._stops:
                self._stops[study_id].set()

    def close(self) -> None:
        """Stop every study; the pool is closed by whoever made it, after this."""
        with self._lock:
            self._closing = True
            for stop in self._stops.values():
                stop.set()
        for _ in self._followers:
            self._waiting.put(None)
        for follower in self._followers:
            follower.join()

    def _follow(self) -> None:
        while (taken := self._waiting.get()) is not None:
            self._carry_out(*taken)

    def _carry_out(self, job: StudyJob, observer: StudyObserver) -> None:
        try:
            self._carry_on(job, observer)
        finally:
            with self._lock:
                del self._stops[job.id]

    def _carry_on(self, job: StudyJob, observer: StudyObserver) -> None:
        with self._lock:
            stop = self._stops[job.id]
        if stop.is_set():
            self._record(job, lambda: observer.cancelled(job))
            return
        course = Course(
            job,
            observer,
            self._programs[job.kind],
            self._results,
            self._pool(),
            stop,
            runner=self.name,
            version=self._version,
        )
        end = self._ended(job, observer, course, stop)
        self._record(job, lambda: observer.counted(job, course.trials))
        if end is not None:
            self._record(job, end)

    def _ended(
        self, job: StudyJob, observer: StudyObserver, course: Course, stop: threading.Event
    ) -> Callable[[], None] | None:
        """How to tell the end; None when it was told elsewhere before the study began."""
        try:
            finished = course.follow()
        except Cancelled:
            return lambda: observer.cancelled(job)
        except CourseFailed as failed:
            reason = str(failed)
            return lambda: observer.failed(job, reason)
        except KeyboardInterrupt:
            stop.set()
            course.stop()
            self._record(job, lambda: observer.counted(job, course.trials))
            self._record(job, lambda: observer.cancelled(job))
            raise
        except Exception as unforeseen:  # noqa: BLE001 - one study must not end the thread that follows others
            _log.exception("Study %s failed", job.id)
            course.stop()
            told = f"An internal error ({type(unforeseen).__name__}); the log has the details."
            return lambda: observer.failed(job, told)
        if finished is None:
            return None
        outcome, warnings = finished
        return lambda: observer.completed(job, outcome, warnings)

    def _record(self, job: StudyJob, write: Callable[[], None]) -> None:
        """The database may be away for a while; an end must not be lost."""
        for pause_seconds in (*_RETRY_PAUSES_SECONDS, 0.0):
            try:
                write()
            except Exception:  # noqa: BLE001 - whatever it was, it is tried again
                _log.exception("Could not record how study %s ended", job.id)
            else:
                return
            if not self._closing:
                threading.Event().wait(pause_seconds)
