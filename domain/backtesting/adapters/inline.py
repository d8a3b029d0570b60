"""Runs a backtest in the calling thread, for the command line and for tests."""

from domain.backtesting.adapters.process_pool import tell
from domain.backtesting.adapters.worker_pool import Handler, carry_out
from domain.backtesting.ports import BacktestJob, JobObserver
from domain.ids import BacktestId


class _NoLongerWanted(BaseException):
    """Unwinds a run that was cancelled elsewhere; not an Exception, so that no strategy swallows it."""


class InlineRunner:
    """`submit` returns when the run has ended. Ctrl-C cancels it and is raised again."""

    def __init__(self, handle: Handler, name: str) -> None:
        self.name = name
        self._handle = handle
        self._held: frozenset[BacktestId] = frozenset()

    def submit(self, job: BacktestJob, observer: JobObserver) -> None:
        if not observer.began(job, self.name):
            return
        self._held = frozenset({job.id})
        try:
            self._carry_out(job, observer)
        finally:
            self._held = frozenset()

    def holding(self) -> frozenset[BacktestId]:
        """The job in hand."""
        return self._held

    def _carry_out(self, job: BacktestJob, observer: JobObserver) -> None:
        def report(fraction: float, stage: str) -> None:
            if not observer.progressed(job, fraction, stage):
                raise _NoLongerWanted

        try:
            end = carry_out(self._handle, job, report)
        except _NoLongerWanted:
            observer.cancelled(job)
            return
        except KeyboardInterrupt:
            observer.cancelled(job)
            raise
        tell(observer, job, end)

    def cancel(self, backtest_id: BacktestId) -> None:
        """Nothing else can run while a job does, so there is never anything to cancel."""

    def close(self) -> None:
        """Nothing is held."""
