"""Runs backtests in the worker processes of a pool, and writes their ends down whatever happens."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from domain.backtesting.adapters.worker_pool import End, HandlerFactory, How, WorkerPool
from domain.backtesting.ports import BacktestJob, JobObserver
from domain.errors import TradingError
from domain.ids import BacktestId

_log = logging.getLogger(__name__)
_RETRY_PAUSES_SECONDS = (0.1, 0.5, 2.0, 5.0, 10.0)
_LANE = "backtests"


class ProcessPoolRunner:
    """Implements `BacktestRunner` on a pool that may serve others too, and is closed with it."""

    def __init__(self, pool: WorkerPool, name: str) -> None:
        self.name = name
        self._pool = pool
        self._lock = threading.Lock()
        self._held: set[BacktestId] = set()

    @classmethod
    def alone(
        cls, make_handler: HandlerFactory, *, workers: int, timeout_seconds: float, name: str
    ) -> "ProcessPoolRunner":
        """With a pool of its own."""
        return cls(WorkerPool(make_handler, workers=workers, timeout_seconds=timeout_seconds), name)

    def submit(self, job: BacktestJob, observer: JobObserver) -> None:
        """Take the job and return at once."""
        with self._lock:
            self._held.add(job.id)
        self._pool.submit(job, _Keeper(job, observer, self.name, self._pool.closing, self._let_go), _LANE)

    def cancel(self, backtest_id: BacktestId) -> None:
        """Kill the worker that has it, or drop it from the queue."""
        self._pool.cancel(backtest_id)

    def holding(self) -> frozenset[BacktestId]:
        """The jobs that wait or run here, until their end has been written down."""
        with self._lock:
            return frozenset(self._held)

    def close(self) -> None:
        """Cancel what waits and runs, and end every worker."""
        self._pool.close()

    def _let_go(self, job: BacktestJob) -> None:
        with self._lock:
            self._held.discard(job.id)


class _Keeper:
    """Tells the observer of one job; a database that is away for a while loses nothing."""

    def __init__(
        self,
        job: BacktestJob,
        observer: JobObserver,
        runner: str,
        closing: threading.Event,
        let_go: Callable[[BacktestJob], None],
    ) -> None:
        self._job = job
        self._observer = observer
        self._runner = runner
        self._closing = closing
        self._let_go = let_go

    def began(self) -> bool:
        try:
            wanted = self._observer.began(self._job, self._runner)
        except Exception as fault:  # noqa: BLE001 - a run that cannot be recorded is not carried out
            _log.exception("Could not record that backtest %s has begun", self._job.id)
            self.ended(End(How.FAILED, f"Its beginning could not be recorded: {_sentence(fault)}"))
            return False
        if not wanted:
            self._let_go(self._job)
        return wanted

    def progressed(self, fraction: float, stage: str) -> bool:
        """What the observer says; a progress that cannot be recorded must not end the run."""
        try:
            return self._observer.progressed(self._job, fraction, stage)
        except Exception:  # noqa: BLE001 - see above
            _log.exception("Could not record the progress of backtest %s", self._job.id)
            return True

    def ended(self, end: End) -> None:
        for pause_seconds in (*_RETRY_PAUSES_SECONDS, 0.0):
            if self._recorded(end):
                break
            self._closing.wait(pause_seconds)
        self._let_go(self._job)

    def _recorded(self, end: End) -> bool:
        """Whether the end could be written down; the database may be away for a while."""
        try:
            tell(self._observer, self._job, end)
        except Exception:  # noqa: BLE001 - whatever it was, it is tried again: a result must not be lost
            _log.exception("Could not record that backtest %s has %s", self._job.id, end.how.value)
            return False
        return True


def tell(observer: JobObserver, job: BacktestJob, end: End) -> None:
    """The observer of a backtest hears of its end in its own words."""
    if end.how is How.COMPLETED:
        observer.completed(job, end.detail)
    elif end.how is How.CANCELLED:
        observer.cancelled(job)
    else:
        observer.failed(job, end.detail)


def _sentence(fault: Exception) -> Any:
    return str(fault) if isinstance(fault, TradingError) else f"an internal error ({type(fault).__name__})."
