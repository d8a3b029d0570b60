"""The time limit of what is carried out in the calling thread."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from domain.backtesting.model import BacktestOutcome
from domain.backtesting.ports import BacktestJob
from domain.research.adapters.time_limit import AlarmTimeLimit

Report = Callable[[float, str], None]
Handler = Callable[[BacktestJob, Report], BacktestOutcome]


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises RanTooLong where the block is after this many seconds.

    The alarm reaches the main thread of a process alone; in any other the caller's own limit stands,
    say that of a Lambda invocation.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    limit = AlarmTimeLimit(seconds)
    limit.restart()
    try:
        yield
    finally:
        limit.stop()


def within_limit(handle: Handler, seconds: float) -> Handler:
    """The same, failed when it runs longer than this many seconds."""

    def work(job: BacktestJob, report: Report) -> BacktestOutcome:
        with time_limit(seconds):
            return handle(job, report)

    return work
