"""Real worker processes, and every way a job in one can end."""

from collections.abc import Iterator

import pytest

from domain.backtesting.adapters.process_pool import ProcessPoolRunner
from domain.backtesting.ports import BacktestJob
from domain.ids import BacktestId
from tests.kit.backtests import WORKSPACE, RecordingObserver, a_spec
from tests.kit.jobs import make_handler

PATIENCE_SECONDS = 60


def a_job(way: str, number: int = 1) -> BacktestJob:
    return BacktestJob(BacktestId(f"bt_{way}_{number}"), WORKSPACE, a_spec(strategy=way))


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolRunner]:
    runner = ProcessPoolRunner(make_handler, workers=1, timeout_seconds=PATIENCE_SECONDS, name="pool")
    yield runner
    runner.close()


def run(pool: ProcessPoolRunner, way: str) -> RecordingObserver:
    observer = RecordingObserver()
    pool.submit(a_job(way), observer)
    assert observer.ended.wait(PATIENCE_SECONDS)
    return observer


def test_a_job_reports_its_beginning_progress_and_outcome(pool: ProcessPoolRunner) -> None:
    observer = run(pool, "well")
    assert observer.calls[:2] == [("began", "bt_well_1", "pool"), ("progressed", 0.25, "simulating")]
    assert observer.last[0] == "completed"


def test_a_worker_stays_for_the_next_job(pool: ProcessPoolRunner) -> None:
    assert run(pool, "well").last[1].warnings == run(pool, "well").last[1].warnings


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("known_fault", "The disk is full."),
        ("unforeseen", "An internal error (ZeroDivisionError); the log of the worker has the details."),
        ("no_memory", "There was not enough memory; use fewer instruments or a shorter period."),
        ("killed", "The worker process ended unexpectedly (signal 9); it may have run out of memory."),
    ],
)
def test_a_job_that_fails_says_why_and_the_pool_goes_on(
    pool: ProcessPoolRunner, way: str, reason: str
) -> None:
    assert run(pool, way).last == ("failed", reason)
    assert run(pool, "well").last[0] == "completed"


def test_a_running_job_is_cancelled_and_the_pool_goes_on(pool: ProcessPoolRunner) -> None:
    observer = RecordingObserver()
    pool.submit(a_job("endless"), observer)
    assert observer.started.wait(PATIENCE_SECONDS)
    pool.cancel(a_job("endless").id)
    assert observer.ended.wait(PATIENCE_SECONDS)
    assert observer.last == ("cancelled", "bt_endless_1")
    assert run(pool, "well").last[0] == "completed"


def test_a_waiting_job_that_is_cancelled_never_begins(pool: ProcessPoolRunner) -> None:
    busy, waiting = RecordingObserver(), RecordingObserver()
    pool.submit(a_job("endless"), busy)
    pool.submit(a_job("well", 2), waiting)
    pool.cancel(a_job("well", 2).id)
    pool.cancel(a_job("endless").id)
    assert waiting.ended.wait(PATIENCE_SECONDS)
    assert waiting.calls == [("cancelled", "bt_well_2")]


def test_a_job_over_its_time_limit_is_failed() -> None:
    runner = ProcessPoolRunner(make_handler, workers=1, timeout_seconds=0.2, name="impatient")
    try:
        assert run(runner, "endless").last == ("failed", "It ran longer than the limit of 0.2 seconds.")
    finally:
        runner.close()


def test_closing_cancels_what_runs_and_what_waits() -> None:
    runner = ProcessPoolRunner(make_handler, workers=1, timeout_seconds=PATIENCE_SECONDS, name="closing")
    running, waiting = RecordingObserver(), RecordingObserver()
    runner.submit(a_job("endless"), running)
    runner.submit(a_job("well"), waiting)
    assert running.started.wait(PATIENCE_SECONDS)
    runner.close()
    assert running.last[0] == "cancelled"
    assert waiting.last[0] == "cancelled"


def test_an_observer_that_fails_does_not_stop_the_pool(pool: ProcessPoolRunner) -> None:
    class Broken(RecordingObserver):
        def began(self, job: BacktestJob, runner: str) -> None:
            self.ended.set()
            raise ConnectionError("the database is away")

    broken = Broken()
    pool.submit(a_job("well"), broken)
    assert broken.ended.wait(PATIENCE_SECONDS)
    assert run(pool, "well").last[0] == "completed"
