"""Handlers for worker processes: each plays one way a job can go. Importable, so that they can be spawned."""

import os
import signal
import time

from domain.backtesting.adapters.worker_pool import Handler, Report
from domain.backtesting.model import BacktestOutcome
from domain.backtesting.ports import BacktestJob
from domain.errors import NeedsOperator
from tests.kit.backtests import an_outcome

FOREVER_SECONDS = 3_600


def make_handler() -> Handler:
    """The strategy's name in the spec chooses what happens."""
    return _handle


def _handle(job: BacktestJob, report: Report) -> BacktestOutcome:
    report(0.25, "simulating")
    return _WAYS[job.spec.strategy](job)


def _well(job: BacktestJob) -> BacktestOutcome:
    return an_outcome(warnings=(f"worker {os.getpid()}",))


def _known_fault(job: BacktestJob) -> BacktestOutcome:
    raise NeedsOperator("The disk is full.")


def _unforeseen(job: BacktestJob) -> BacktestOutcome:
    raise ZeroDivisionError("secret detail")


def _no_memory(job: BacktestJob) -> BacktestOutcome:
    raise MemoryError


def _killed(job: BacktestJob) -> BacktestOutcome:
    os.kill(os.getpid(), signal.SIGKILL)
    return an_outcome()


def _endless(job: BacktestJob) -> BacktestOutcome:
    time.sleep(FOREVER_SECONDS)
    return an_outcome()


def _about_itself(job: BacktestJob) -> BacktestOutcome:
    print("a line of the strategy's own")  # noqa: T201 - where it goes is what is tested
    threads = sorted(name for name in os.environ if name.endswith("_THREADS"))
    return an_outcome(warnings=tuple(f"{name}={os.environ[name]}" for name in threads))


def _forks(job: BacktestJob) -> BacktestOutcome:
    child = os.fork()
    return an_outcome(warnings=("child" if child == 0 else "parent",))


def _exits(job: BacktestJob) -> BacktestOutcome:
    raise SystemExit(3)


_WAYS = {
    "about_itself": _about_itself,
    "forks": _forks,
    "exits": _exits,
    "well": _well,
    "known_fault": _known_fault,
    "unforeseen": _unforeseen,
    "no_memory": _no_memory,
    "killed": _killed,
    "endless": _endless,
}
