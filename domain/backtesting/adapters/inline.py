"""Runs a backtest in the calling thread, for the command line and for tests."""

from domain.backtesting.adapters.process_pool import Handler, carry_out
from domain.backtesting.ports import BacktestJob, JobObserver
from domain.ids import BacktestId


class InlineRunner:
    """`submit` returns when the run has ended. Ctrl-C cancels it and is raised again."""

    def __init__(self, handle: Handler, name: str) -> None:
        self.name = name
        self._handle = handle

    def submit(self, job: BacktestJob, observer: JobObserver) -> None:
        observer.began(job, self.name)
        try:
            ended, detail = carry_out(
                self._handle, job, lambda fraction, stage: observer.progressed(job, fraction, stage)
            )
        except KeyboardInterrupt:
            observer.cancelled(job)
            raise
        if ended == "completed":
            observer.completed(job, detail)
        else:
            observer.failed(job, detail)

    def cancel(self, backtest_id: BacktestId) -> None:
        """Nothing else can run while a job does, so there is never anything to cancel."""

    def close(self) -> None:
        """Nothing is held."""
