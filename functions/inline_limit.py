"""The time limit of a backtest that is carried out in the calling thread."""

import threading
from collections.abc import Callable

from domain.backtesting.model import BacktestOutcome
from domain.backtesting.ports import BacktestJob
from domain.research.adapters.time_limit import AlarmTimeLimit

Report = Callable[[float, str], None]
Handler = Callable[[BacktestJob, Report], BacktestOutcome]


def within_limit(handle: Handler, seconds: float) -> Handler:
    """The same, failed when it runs longer than this many seconds.

    The alarm reaches the main thread of a process alone; in any other the caller's own limit stands,
    say that of a Lambda invocation.
    """

    def work(job: BacktestJob, report: Report) -> BacktestOutcome:
        if threading.current_thread() is not threading.main_thread():
            return handle(job, report)
        limit = AlarmTimeLimit(seconds)
        limit.restart()
        try:
            return handle(job, report)
        finally:
            limit.stop()

    return work
