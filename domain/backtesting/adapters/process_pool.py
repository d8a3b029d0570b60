"""Runs backtests in worker processes that are warm before the first job arrives.

One thread looks after each worker. A worker owns nothing that outlives it: it writes artefacts
atomically and everything else is written by this process, so a worker can be killed at any moment.
That is what makes cancelling immediate and a crash of one worker a failure of one run.
"""

import logging
import multiprocessing
import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, TypeAlias

from domain.backtesting.model import BacktestOutcome
from domain.backtesting.ports import BacktestJob, JobObserver
from domain.errors import TradingError
from domain.ids import BacktestId

Report: TypeAlias = Callable[[float, str], None]
Handler: TypeAlias = Callable[[BacktestJob, Report], BacktestOutcome]
HandlerFactory: TypeAlias = Callable[[], Handler]

_log = logging.getLogger(__name__)
_POLL_SECONDS = 0.05
_REPORTS_ARE_SENT_EVERY_SECONDS = 0.05
_RETRY_PAUSES_SECONDS = (0.1, 0.5, 2.0, 5.0, 10.0)
_SPAWN = multiprocessing.get_context("spawn")  # a forked child would hold copies of every pipe and lock


class ProcessPoolRunner:
    """Carries out at most `workers` jobs at once; the others wait in order.

    make_handler is called once in each worker and must be picklable. A job that runs longer than
    timeout_seconds is failed.
    """

    def __init__(
        self, make_handler: HandlerFactory, *, workers: int, timeout_seconds: float, name: str
    ) -> None:
        self.name = name
        self._make_handler = make_handler
        self._timeout_seconds = timeout_seconds
        self._jobs: queue.SimpleQueue[tuple[BacktestJob, JobObserver] | None] = queue.SimpleQueue()
        self._cancelled: set[BacktestId] = set()
        self._waiting_or_running: set[BacktestId] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._keepers = [
            threading.Thread(target=self._keep, name=f"backtest-worker-{index}", daemon=True)
            for index in range(workers)
        ]
        for keeper in self._keepers:
            keeper.start()

    def submit(self, job: BacktestJob, observer: JobObserver) -> None:
        """Take the job and return at once."""
        with self._lock:
            self._waiting_or_running.add(job.id)
        self._jobs.put((job, observer))

    def cancel(self, backtest_id: BacktestId) -> None:
        """Kill the worker that has it, or drop it from the queue."""
        with self._lock:
            if backtest_id in self._waiting_or_running:
                self._cancelled.add(backtest_id)

    def close(self) -> None:
        """Cancel what waits and runs, and end every worker."""
        self._closing.set()
        for _ in self._keepers:
            self._jobs.put(None)
        for keeper in self._keepers:
            keeper.join()

    def holding(self) -> frozenset[BacktestId]:
        """The jobs that wait or run here, until their end has been written down."""
        with self._lock:
            return frozenset(self._waiting_or_running)

    def _keep(self) -> None:
        worker: _Worker | None = None
        try:
            worker = self._usable(worker)
            while (taken := self._jobs.get()) is not None:
                job, observer = taken
                worker = self._usable(worker)
                self._carry_out(worker, job, observer)
                with self._lock:
                    self._waiting_or_running.discard(job.id)
                    self._cancelled.discard(job.id)
                worker = self._usable(worker)
        finally:
            if worker is not None:
                worker.kill()

    def _usable(self, worker: "_Worker | None") -> "_Worker | None":
        """The worker, or a fresh one when it has died; None when the machine refuses one for now."""
        if worker is not None and worker.is_usable:
            return worker
        if worker is not None:
            worker.kill()
        try:
            return None if self._closing.is_set() else _Worker(self._make_handler)
        except OSError:
            _log.exception("A worker process could not be started")
            return None

    def _carry_out(self, worker: "_Worker | None", job: BacktestJob, observer: JobObserver) -> None:
        end = self._end_before_it_began(worker, job, observer) or self._follow(worker, job, observer)
        if end is _ENDED_ELSEWHERE:
            return
        for pause_seconds in (*_RETRY_PAUSES_SECONDS, 0.0):
            if _recorded(observer, job, end):
                return
            self._closing.wait(pause_seconds)

    def _end_before_it_began(
        self, worker: "_Worker | None", job: BacktestJob, observer: JobObserver
    ) -> "_End | None":
        if self._must_stop(job):
            return ("cancelled", None)
        if worker is None:
            return (
                "failed",
                "No worker process could be started; the machine may be out of memory or processes.",
            )
        try:
            wanted = observer.began(job, self.name)
        except Exception as fault:  # noqa: BLE001 - a run that cannot be recorded is not carried out
            _log.exception("Could not record that backtest %s has begun", job.id)
            return ("failed", f"Its beginning could not be recorded: {_sentence(fault)}")
        return None if wanted else _ENDED_ELSEWHERE

    def _follow(self, worker: "_Worker | None", job: BacktestJob, observer: JobObserver) -> "_End":
        assert worker is not None  # noqa: S101 - checked before the job began
        worker.send(job)
        deadline = time.monotonic() + self._timeout_seconds
        while True:
            message = worker.receive(_POLL_SECONDS)
            if message is not None and message[0] != "progress":
                return (message[0], message[1])
            if message is not None and not _still_wanted(observer, job, message[1], message[2]):
                worker.kill()
                return ("cancelled", None)
            if self._must_stop(job):
                worker.kill()
                return ("cancelled", None)
            if time.monotonic() > deadline:
                worker.kill()
                return ("failed", f"It ran longer than the limit of {self._timeout_seconds:g} seconds.")

    def _must_stop(self, job: BacktestJob) -> bool:
        with self._lock:
            return job.id in self._cancelled or self._closing.is_set()


_End: TypeAlias = tuple[str, Any]
_ENDED_ELSEWHERE: _End = ("ended elsewhere", None)
_TELL: dict[str, Callable[[JobObserver, BacktestJob, Any], None]] = {
    "completed": lambda observer, job, outcome: observer.completed(job, outcome),
    "failed": lambda observer, job, reason: observer.failed(job, reason),
    "cancelled": lambda observer, job, _: observer.cancelled(job),
}


def _recorded(observer: JobObserver, job: BacktestJob, end: _End) -> bool:
    """Whether the end could be written down; the database may be away for a while."""
    try:
        _TELL[end[0]](observer, job, end[1])
    except Exception:  # noqa: BLE001 - whatever it was, the caller tries again: a result must not be lost
        _log.exception("Could not record that backtest %s has %s", job.id, end[0])
        return False
    return True


def _still_wanted(observer: JobObserver, job: BacktestJob, fraction: float, stage: str) -> bool:
    """What the observer says; a progress that cannot be recorded must not end the run."""
    try:
        return observer.progressed(job, fraction, stage)
    except Exception:  # noqa: BLE001 - see above
        _log.exception("Could not record the progress of backtest %s", job.id)
        return True


def _sentence(fault: Exception) -> str:
    return str(fault) if isinstance(fault, TradingError) else f"an internal error ({type(fault).__name__})."


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, make_handler: HandlerFactory) -> None:
        self._make_handler = make_handler
        self._pipe, far_end = _SPAWN.Pipe()
        self._process: SpawnProcess = _SPAWN.Process(target=_work, args=(far_end, make_handler), daemon=True)
        self._process.start()
        far_end.close()  # so that the death of the worker is read as the end of the pipe

    def send(self, job: BacktestJob) -> None:
        try:
            self._pipe.send(job)
        except OSError:
            self.kill()

    def receive(self, timeout_seconds: float) -> tuple[Any, ...] | None:
        """The next message, None after the time-out; a dead worker answers for itself."""
        try:
            if not self._pipe.closed and not self._pipe.poll(timeout_seconds):
                return None
            message: tuple[Any, ...] = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode
            how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
            return (
                "failed",
                f"The worker process ended unexpectedly ({how}); it may have run out of memory.",
            )
        return message

    @property
    def is_usable(self) -> bool:
        return self._process.is_alive() and not self._pipe.closed

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()


def _work(pipe: Connection, make_handler: HandlerFactory) -> None:
    """The life of a worker: make the handler, then carry out jobs until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    handle = make_handler()
    while True:
        try:
            job: BacktestJob = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            pipe.send(_outcome(handle, job, pipe))
        except OSError:
            os._exit(1)  # nobody is left to tell


def _outcome(handle: Handler, job: BacktestJob, pipe: Connection) -> tuple[str, Any]:
    sent_at = 0.0

    def report(fraction: float, stage: str) -> None:
        nonlocal sent_at
        now = time.monotonic()
        if now - sent_at >= _REPORTS_ARE_SENT_EVERY_SECONDS:
            sent_at = now
            pipe.send(("progress", fraction, stage))

    return carry_out(handle, job, report)


def carry_out(handle: Handler, job: BacktestJob, report: Report) -> tuple[str, Any]:
    """("completed", outcome) or ("failed", a sentence); what was not foreseen goes to the log too."""
    try:
        return ("completed", handle(job, report))
    except TradingError as known:
        return ("failed", str(known))
    except MemoryError:
        return ("failed", "There was not enough memory; use fewer instruments or a shorter period.")
    except OSError as lost:
        if isinstance(lost, BrokenPipeError):
            raise
        return ("failed", f"The machine refused: {lost.strerror or lost}.")
    except Exception as unforeseen:  # noqa: BLE001 - a strategy is foreign code: anything can come out
        _log.exception("Backtest %s failed", job.id)
        return (
            "failed",
            f"An internal error ({type(unforeseen).__name__}); the log has the details.",
        )
