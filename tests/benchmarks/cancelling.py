"""How long a running backtest lives on after it was cancelled."""

import time

from domain.backtesting.adapters.process_pool import ProcessPoolRunner
from domain.backtesting.ports import BacktestJob
from domain.ids import BacktestId
from tests.benchmarks.rows import Row
from tests.kit.backtests import WORKSPACE, RecordingObserver, a_spec
from tests.kit.jobs import make_handler

_REPEATS = 5
_PATIENCE_SECONDS = 60


def rows() -> list[Row]:
    runner = ProcessPoolRunner.alone(make_handler, workers=1, timeout_seconds=_PATIENCE_SECONDS, name="bench")
    try:
        slowest = max(_cancel_ms(runner, number) for number in range(_REPEATS))
    finally:
        runner.close()
    return [Row("cancel of a running backtest, slowest of five", "ms", slowest, 1_000.0)]


def _cancel_ms(runner: ProcessPoolRunner, number: int) -> float:
    job = BacktestJob(BacktestId(f"bt_bench_{number}"), WORKSPACE, a_spec(strategy="endless"))
    observer = RecordingObserver()
    runner.submit(job, observer)
    observer.started.wait(_PATIENCE_SECONDS)
    began = time.perf_counter()
    runner.cancel(job.id)
    observer.ended.wait(_PATIENCE_SECONDS)
    return (time.perf_counter() - began) * 1_000
