"""Worker processes that are warm before the first task arrives, shared by everything that computes.

One thread looks after each worker. A worker owns nothing that outlives it: it writes files
atomically and everything else is written by this process, so a worker can be killed at any moment.
That is what makes cancelling immediate and a crash of one worker the end of one task.
"""

import contextlib
import gc
import logging
import multiprocessing
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable
from enum import Enum
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, NamedTuple, Protocol, TypeAlias

from domain.backtesting.adapters.fair_queue import FairQueue
from domain.errors import TradingError

Report: TypeAlias = Callable[[float, str], None]
Handler: TypeAlias = Callable[[Any, Report], Any]
HandlerFactory: TypeAlias = Callable[[], Handler]

_log = logging.getLogger(__name__)
_POLL_SECONDS = 0.05
_REPORTS_ARE_SENT_EVERY_SECONDS = 0.05
_SPAWN = multiprocessing.get_context("spawn")  # a forked child would hold copies of every pipe and lock
_ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"), "1"
)
"""A worker is one core's work. Sums of a matrix product depend on the number of threads, and so would results."""


class Task(Protocol):
    """What a worker carries out; picklable."""

    @property
    def id(self) -> str: ...

    @property
    def is_limited_by_step(self) -> bool:
        """Whether the time limit begins anew with every report of progress."""
        ...


class How(Enum):
    """How a task ended. CRASHED is the worker's own death, TIMED_OUT ours to bring about."""

    COMPLETED = "completed"
    FAILED = "failed"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    CANCELLED = "cancelled"


class End(NamedTuple):
    """detail is the handler's answer, or one sentence for a person; None when cancelled."""

    how: How
    detail: Any = None


class TaskObserver(Protocol):
    """Hears how a task goes, from a thread of the pool. began and progressed say whether it is still wanted."""

    def began(self) -> bool: ...

    def progressed(self, fraction: float, stage: str) -> bool: ...

    def ended(self, end: End) -> None:
        """Called once for each task that began, and for one that was cancelled before."""
        ...


class WorkerPool:
    """Carries out at most `workers` tasks at once; the others wait in lanes that take turns.

    make_handler is called once in each worker and must be picklable. A task that runs longer than
    timeout_seconds (or shows no progress for so long, if it is limited by step) ends as TIMED_OUT.
    """

    def __init__(self, make_handler: HandlerFactory, *, workers: int, timeout_seconds: float) -> None:
        self.workers = workers
        self._make_handler = make_handler
        self._timeout_seconds = timeout_seconds
        self._tasks: FairQueue[tuple[Task, TaskObserver]] = FairQueue()
        self._cancelled: set[str] = set()
        self._withdrawn: set[str] = set()
        self._held: set[str] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._keepers = [
            threading.Thread(target=self._keep, name=f"worker-{index}", daemon=True)
            for index in range(workers)
        ]
        for keeper in self._keepers:
            keeper.start()

    @property
    def closing(self) -> threading.Event:
        """Set once the pool is being closed."""
        return self._closing

    def submit(self, task: Task, observer: TaskObserver, lane: str) -> None:
        """Take the task and return at once. Tasks of one lane begin in their order; no lane waits for
        another one to be empty."""
        with self._lock:
            self._held.add(task.id)
        self._tasks.put(lane, (task, observer))

    def cancel(self, task_id: str) -> None:
        """Kill the worker that has it, or drop it from the queue."""
        with self._lock:
            if task_id in self._held:
                self._cancelled.add(task_id)

    def withdraw(self, task_id: str) -> None:
        """Drop it from the queue; one that has begun goes on to its end, and its worker lives."""
        with self._lock:
            if task_id in self._held:
                self._withdrawn.add(task_id)

    def holding(self) -> frozenset[str]:
        """The tasks that wait or run here, until their observer was told the end."""
        with self._lock:
            return frozenset(self._held)

    def close(self) -> None:
        """Cancel what waits and runs, and end every worker."""
        self._closing.set()
        self._tasks.close()
        for keeper in self._keepers:
            keeper.join()

    def _keep(self) -> None:
        worker: _Worker | None = None
        try:
            worker = self._usable(worker)
            while (taken := self._tasks.get()) is not None:
                task, observer = taken
                worker = self._usable(worker)
                self._carry_out(worker, task, observer)
                with self._lock:
                    self._held.discard(task.id)
                    self._cancelled.discard(task.id)
                    self._withdrawn.discard(task.id)
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

    def _carry_out(self, worker: "_Worker | None", task: Task, observer: TaskObserver) -> None:
        end = self._end_before_it_began(worker, task)
        if end is None and worker is not None:
            if not observer.began():
                return
            end = self._follow(worker, task, observer)
        if end is not None:
            observer.ended(end)

    def _end_before_it_began(self, worker: "_Worker | None", task: Task) -> End | None:
        with self._lock:
            is_withdrawn = task.id in self._withdrawn
        if is_withdrawn or self._must_stop(task):
            return End(How.CANCELLED)
        if worker is None:
            return End(
                How.CRASHED,
                "No worker process could be started; the machine may be out of memory or processes.",
            )
        return None

    def _follow(self, worker: "_Worker", task: Task, observer: TaskObserver) -> End:
        worker.send(task)
        deadline = time.monotonic() + self._timeout_seconds
        while True:
            message = worker.receive(_POLL_SECONDS)
            if isinstance(message, End):
                return message
            stop = message is not None and not observer.progressed(*message)
            if stop or self._must_stop(task):
                worker.kill()
                return End(How.CANCELLED)
            if message is not None and task.is_limited_by_step:
                deadline = time.monotonic() + self._timeout_seconds
            if time.monotonic() > deadline:
                worker.kill()
                return End(
                    How.TIMED_OUT, f"It ran longer than the limit of {self._timeout_seconds:g} seconds."
                )

    def _must_stop(self, task: Task) -> bool:
        with self._lock:
            return task.id in self._cancelled or self._closing.is_set()


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, make_handler: HandlerFactory) -> None:
        self._pipe, far_end = _SPAWN.Pipe()
        # Pickled by itself, for what it names is imported when it is read: after threads are limited.
        arguments = (far_end, pickle.dumps(make_handler))
        self._process: SpawnProcess = _SPAWN.Process(target=_work, args=arguments, daemon=True)
        self._process.start()
        far_end.close()  # so that the death of the worker is read as the end of the pipe

    def send(self, task: Task) -> None:
        try:
            self._pipe.send(task)
        except OSError:
            self.kill()

    def receive(self, timeout_seconds: float) -> "End | tuple[float, str] | None":
        """A report or the end, None after the time-out; a dead worker answers for itself."""
        try:
            if not self._pipe.closed and not self._pipe.poll(timeout_seconds) and not self._has_died():
                return None
            message: End | tuple[float, str] = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode
            how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
            return End(
                How.CRASHED,
                f"The worker process ended unexpectedly ({how}); it may have run out of memory.",
            )
        return message

    def _has_died(self) -> bool:
        """Without a word: what it started itself may hold the far end of the pipe open."""
        if self._process.is_alive() or self._pipe.poll():
            return False
        self._pipe.close()
        return True

    @property
    def is_usable(self) -> bool:
        return self._process.is_alive() and not self._pipe.closed

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()


def _work(pipe: Connection, make_handler: bytes) -> None:
    """The life of a worker: make the handler, then carry out tasks until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    with contextlib.suppress(OSError):  # without a standard error there is nothing to be kept apart
        os.dup2(2, 1)  # what a strategy prints must not come between the lines of a command's answer
    os.register_at_fork(after_in_child=pipe.close)  # a strategy that forks must not answer twice
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.update(_ONE_THREAD)
    factory: HandlerFactory = pickle.loads(make_handler)  # noqa: S301 - from the parent process, as every task is
    handle = factory()
    gc.freeze()  # what was imported stays; looking through it at every collection would cost a tenth
    while True:
        try:
            task: Task = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            pipe.send(_outcome(handle, task, pipe))
        except OSError:
            os._exit(1)  # nobody is left to tell


def _end_with_parent() -> None:
    """A worker whose parent was killed would go on to the end of its task, and fight with the next one."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _outcome(handle: Handler, task: Task, pipe: Connection) -> End:
    sent_at = 0.0

    def report(fraction: float, stage: str) -> None:
        nonlocal sent_at
        now = time.monotonic()
        if now - sent_at >= _REPORTS_ARE_SENT_EVERY_SECONDS:
            sent_at = now
            try:
                pipe.send((fraction, stage))
            except OSError:
                os._exit(1)  # nobody is left to tell

    try:
        return carry_out(handle, task, report)
    except BaseException as unforeseen:  # noqa: BLE001 - not even `sys.exit` in a strategy ends the worker
        _log.exception("Task %s failed", task.id)
        return End(How.FAILED, f"The strategy stopped with {type(unforeseen).__name__}.")


def carry_out(handle: Handler, task: Task, report: Report) -> End:
    """What the handler answers, or why it could not; what was not foreseen goes to the log too."""
    try:
        return End(How.COMPLETED, handle(task, report))
    except TradingError as known:
        return End(How.FAILED, str(known))
    except MemoryError:
        return End(How.FAILED, "There was not enough memory; use fewer instruments or a shorter period.")
    except OSError as lost:
        if isinstance(lost, BrokenPipeError):
            raise
        return End(How.FAILED, f"The machine refused: {lost.strerror or lost}.")
    except Exception as unforeseen:  # noqa: BLE001 - a strategy is foreign code: anything can come out
        _log.exception("Task %s failed", task.id)
        return End(How.FAILED, f"An internal error ({type(unforeseen).__name__}); the log has the details.")
