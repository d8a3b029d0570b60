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

    def _keep(self) -> None:
        worker = _Worker(self._make_handler)
        try:
            while (taken := self._jobs.get()) is not None:
                job, observer = taken
                worker = worker.usable()
                self._carry_out(worker, job, observer)
                with self._lock:
                    self._waiting_or_running.discard(job.id)
                    self._cancelled.discard(job.id)
                worker = worker.usable()
        finally:
            worker.kill()

    def _carry_out(self, worker: "_Worker", job: BacktestJob, observer: JobObserver) -> None:
        try:
            if self._must_stop(job):
                observer.cancelled(job)
                return
            observer.began(job, self.name)
            worker.send(job)
            self._follow(worker, job, observer)
        except Exception:  # noqa: BLE001 - the observer failed (the database is away): the pool must live on
            _log.exception("Could not record how backtest %s went", job.id)
            worker.kill()

    def _follow(self, worker: "_Worker", job: BacktestJob, observer: JobObserver) -> None:
        deadline = time.monotonic() + self._timeout_seconds
        while True:
            message = worker.receive(_POLL_SECONDS)
            if message is not None and message[0] == "progress":
                observer.progressed(job, *message[1:])
            elif message is not None:
                _END_OF_JOB[message[0]](observer, job, message[1])
                return
            if self._must_stop(job):
                worker.kill()
                observer.cancelled(job)
                return
            if time.monotonic() > deadline:
                worker.kill()
                observer.failed(job, f"It ran longer than the limit of {self._timeout_seconds:g} seconds.")
                return

    def _must_stop(self, job: BacktestJob) -> bool:
        with self._lock:
            return job.id in self._cancelled or self._closing.is_set()


_END_OF_JOB: dict[str, Callable[[JobObserver, BacktestJob, Any], None]] = {
    "completed": lambda observer, job, outcome: observer.completed(job, outcome),
    "failed": lambda observer, job, reason: observer.failed(job, reason),
}


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

    def usable(self) -> "_Worker":
        """This worker, or a fresh one when it has died."""
        if self._process.is_alive() and not self._pipe.closed:
            return self
        self.kill()
        return _Worker(self._make_handler)

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
            f"An internal error ({type(unforeseen).__name__}); the log of the worker has the details.",
        )
