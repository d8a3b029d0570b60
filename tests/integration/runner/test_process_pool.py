"""Real worker processes, and every way a job in one can end."""

import errno
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from domain.backtesting.adapters import worker_pool
from domain.backtesting.adapters.process_pool import ProcessPoolRunner
from domain.backtesting.adapters.worker_pool import HandlerFactory
from domain.backtesting.model import BacktestOutcome
from domain.backtesting.ports import BacktestJob
from domain.errors import Retryable
from domain.ids import BacktestId
from tests.kit.backtests import WORKSPACE, RecordingObserver, a_spec
from tests.kit.jobs import make_handler

PATIENCE_SECONDS = 60
A_PARENT_THAT_IS_KILLED = """
import os, signal
from domain.backtesting.adapters.process_pool import ProcessPoolRunner
from domain.backtesting.ports import BacktestJob
from tests.kit.backtests import WORKSPACE, RecordingObserver, a_spec
from tests.kit.jobs import make_handler
runner = ProcessPoolRunner.alone(make_handler, workers=1, timeout_seconds=3_600, name="pool")
observer = RecordingObserver()
runner.submit(BacktestJob("bt_1", WORKSPACE, a_spec(strategy="endless")), observer)
observer.started.wait()
os.kill(os.getpid(), signal.SIGKILL)
"""


def a_job(way: str, number: int = 1) -> BacktestJob:
    return BacktestJob(BacktestId(f"bt_{way}_{number}"), WORKSPACE, a_spec(strategy=way))


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolRunner]:
    runner = ProcessPoolRunner.alone(make_handler, workers=1, timeout_seconds=PATIENCE_SECONDS, name="pool")
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
        ("unforeseen", "An internal error (ZeroDivisionError); the log has the details."),
        ("exits", "The strategy stopped with SystemExit."),
        ("no_memory", "There was not enough memory; use fewer instruments or a shorter period."),
        ("killed", "The worker process ended unexpectedly (signal 9); it may have run out of memory."),
    ],
)
def test_a_job_that_fails_says_why_and_the_pool_goes_on(
    pool: ProcessPoolRunner, way: str, reason: str
) -> None:
    assert run(pool, way).last == ("failed", reason)
    assert run(pool, "well").last[0] == "completed"


def test_a_worker_computes_on_one_thread_and_prints_where_no_answer_is_read(
    pool: ProcessPoolRunner, capfd: pytest.CaptureFixture[str]
) -> None:
    # A matrix product on another number of threads is summed in another order.
    assert {"OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", "MKL_NUM_THREADS=1"} <= set(
        run(pool, "about_itself").last[1].warnings
    )
    assert capfd.readouterr().out == ""


def test_a_strategy_that_forks_answers_once(pool: ProcessPoolRunner) -> None:
    assert run(pool, "forks").last[1].warnings == ("parent",)
    # An answer of the child would be taken for that of the next job.
    assert run(pool, "well").last[1].warnings[0].startswith("worker ")


def test_a_worker_in_the_middle_of_a_job_ends_with_its_parent() -> None:
    command = [sys.executable, "-c", A_PARENT_THAT_IS_KILLED]
    parent = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    # The worker holds the far end of the pipe, which is read to its end once the worker is gone.
    _, said = parent.communicate(timeout=PATIENCE_SECONDS)
    assert (parent.returncode, said) == (-signal.SIGKILL, b"")


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
    runner = ProcessPoolRunner.alone(make_handler, workers=1, timeout_seconds=0.2, name="impatient")
    try:
        assert run(runner, "endless").last == ("failed", "It ran longer than the limit of 0.2 seconds.")
    finally:
        runner.close()


def test_closing_cancels_what_runs_and_what_waits() -> None:
    runner = ProcessPoolRunner.alone(
        make_handler, workers=1, timeout_seconds=PATIENCE_SECONDS, name="closing"
    )
    running, waiting = RecordingObserver(), RecordingObserver()
    runner.submit(a_job("endless"), running)
    runner.submit(a_job("well"), waiting)
    assert running.started.wait(PATIENCE_SECONDS)
    runner.close()
    assert running.last[0] == "cancelled"
    assert waiting.last[0] == "cancelled"


class BusyDatabase(RecordingObserver):
    """Cannot write one kind of report down, a number of times."""

    def __init__(self, what: str, times: int = 1) -> None:
        super().__init__()
        self.what = what
        self.times = times

    def _write(self, what: str) -> None:
        if what == self.what and self.times:
            self.times -= 1
            raise Retryable("The database is busy.")

    def began(self, job: BacktestJob, runner: str) -> bool:
        self._write("began")
        return super().began(job, runner)

    def progressed(self, job: BacktestJob, fraction: float, stage: str) -> bool:
        self._write("progressed")
        return super().progressed(job, fraction, stage)

    def completed(self, job: BacktestJob, outcome: BacktestOutcome) -> None:
        self._write("completed")
        super().completed(job, outcome)


@pytest.mark.parametrize(
    ("what", "end"),
    [
        ("began", ("failed", "Its beginning could not be recorded: The database is busy.")),
        ("progressed", ("completed",)),
        ("completed", ("completed",)),
    ],
)
def test_a_database_that_is_busy_for_a_moment_loses_no_end_of_a_run(
    pool: ProcessPoolRunner, what: str, end: tuple[str, ...]
) -> None:
    observer = BusyDatabase(what)
    pool.submit(a_job("well"), observer)
    assert observer.ended.wait(PATIENCE_SECONDS)
    assert observer.last[: len(end)] == end
    assert run(pool, "well").last[0] == "completed"


def test_a_job_is_held_until_its_end_was_written_down(pool: ProcessPoolRunner) -> None:
    held_at_the_end: list[frozenset[BacktestId]] = []

    class Looks(RecordingObserver):
        def completed(self, job: BacktestJob, outcome: BacktestOutcome) -> None:
            held_at_the_end.append(pool.holding())
            super().completed(job, outcome)

    observer = Looks()
    pool.submit(a_job("well"), observer)
    assert observer.ended.wait(PATIENCE_SECONDS)
    run(pool, "well")  # the next job begins after this one was let go
    assert held_at_the_end == [frozenset({a_job("well").id})]


def test_a_job_that_was_ended_elsewhere_before_it_began_is_not_carried_out(pool: ProcessPoolRunner) -> None:
    observer = RecordingObserver()
    observer.wanted = False
    pool.submit(a_job("endless"), observer)
    assert run(pool, "well").last[0] == "completed"
    assert observer.calls == [("began", "bt_endless_1", "pool")]


def test_a_job_that_was_ended_elsewhere_while_it_runs_is_stopped(pool: ProcessPoolRunner) -> None:
    class EndedElsewhere(RecordingObserver):
        def progressed(self, job: BacktestJob, fraction: float, stage: str) -> bool:
            super().progressed(job, fraction, stage)
            return False

    observer = EndedElsewhere()
    pool.submit(a_job("endless"), observer)
    assert observer.ended.wait(PATIENCE_SECONDS)
    assert observer.last[0] == "cancelled"


def test_a_machine_that_refuses_a_new_process_fails_the_job_and_not_the_pool(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(make_handler: HandlerFactory) -> None:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    with monkeypatch.context() as patched:
        patched.setattr(worker_pool, "_Worker", refuse)
        runner = ProcessPoolRunner.alone(
            make_handler, workers=1, timeout_seconds=PATIENCE_SECONDS, name="starved"
        )
        observer = run(runner, "well")
    try:
        assert observer.last[0] == "failed"
        assert "No worker process could be started" in observer.last[1]
        assert run(runner, "well").last[0] == "completed"
    finally:
        runner.close()
