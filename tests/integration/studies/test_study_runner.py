"""Studies in real worker processes: whatever dies, nothing is lost, doubled, or different."""

import json
import multiprocessing
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from domain.backtesting.adapters.worker_pool import WorkerPool
from domain.errors import NeedsOperator
from domain.research.adapters import course
from domain.research.adapters.parquet_results import ParquetResultStore
from domain.research.adapters.pool_runner import PoolStudyRunner
from domain.research.model import StudyId, StudyJob, StudyKind, SweepSpec
from domain.research.trials import SharpeSample
from tests.kit.backtests import WORKSPACE
from tests.kit.studies import a_sweep
from tests.kit.study_workers import (
    ENDLESS,
    KILLS_EVERY_WORKER,
    KILLS_ITS_WORKER_ONCE,
    RAISES,
    SLEEPS,
    make_worker,
    programs,
)

PATIENCE_SECONDS = 60
BASE = {"strategy": "moody", "instruments": ["TEST.XNAS"], "source": "sample", "timeframe": "1d"}
MANY = {"fast": {"low": 2, "high": 21}, "slow": {"low": 22, "high": 70}}
FEW = {"fast": {"values": [2, 3, 4]}, "slow": {"values": [8, 10]}}


@dataclass
class Heard:
    """A StudyObserver that notes everything."""

    ended: threading.Event = field(default_factory=threading.Event)
    some_done: threading.Event = field(default_factory=threading.Event)
    runs: list[int] = field(default_factory=list)
    best: list[float | None] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)
    planned_runs: int = 0
    trials: SharpeSample = field(default_factory=SharpeSample)
    end: tuple[Any, ...] = ()
    on_progress: Callable[[], None] = lambda: None

    def began(self, job: StudyJob, runner: str) -> bool:
        return True

    def planned(self, job: StudyJob, runs: int, notes: Sequence[str]) -> bool:
        self.planned_runs = runs
        return True

    def progressed(
        self, job: StudyJob, runs_done: int, runs_planned: int, stage: str, best: float | None
    ) -> bool:
        self.runs.append(runs_done)
        self.best.append(best)
        self.stages.append(stage)
        if runs_done:
            self.some_done.set()
        self.on_progress()
        return True

    def counted(self, job: StudyJob, trials: SharpeSample) -> None:
        self.trials = trials

    def completed(self, job: StudyJob, outcome: Mapping[str, Any], warnings: Sequence[str]) -> None:
        self._end("completed", outcome, warnings)

    def failed(self, job: StudyJob, reason: str) -> None:
        self._end("failed", reason)

    def cancelled(self, job: StudyJob) -> None:
        self._end("cancelled")

    def _end(self, *end: Any) -> None:
        self.end = end
        self.ended.set()

    @property
    def outcome(self) -> Mapping[str, Any]:
        assert self.end[0] == "completed", self.end
        outcome: Mapping[str, Any] = self.end[1]
        return outcome


class Laboratories:
    """A pool of workers whose studies lie in one folder."""

    def __init__(
        self, folder: Path, workers: int, timeout_seconds: float = PATIENCE_SECONDS, **limits: float
    ) -> None:
        self.folder = folder
        self.results = ParquetResultStore(folder)
        self.pool = WorkerPool(
            partial(make_worker, folder, **limits), workers=workers, timeout_seconds=timeout_seconds
        )
        self.runner = PoolStudyRunner(
            lambda: self.pool, programs(), self.results, name="pool", version="1", at_once=2
        )

    def start(self, study: str, spec: SweepSpec, heard: Heard | None = None) -> Heard:
        heard = heard or Heard()
        self.runner.submit(StudyJob(StudyId(study), WORKSPACE, StudyKind.SWEEP, spec), heard)
        return heard

    def carried_out(self, study: str, spec: SweepSpec) -> Heard:
        heard = self.start(study, spec)
        assert heard.ended.wait(PATIENCE_SECONDS)
        return heard

    def files(self, study: str) -> dict[str, bytes]:
        found = (self.folder / WORKSPACE / study).iterdir()
        return {path.name: path.read_bytes() for path in found}

    def close(self) -> None:
        self.runner.close()
        self.pool.close()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratories]:
    laboratories = Laboratories(tmp_path_factory.mktemp("two"), 2)
    yield laboratories
    laboratories.close()


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratories]:
    laboratories = Laboratories(tmp_path_factory.mktemp("one"), 1)
    yield laboratories
    laboratories.close()


SPECS: dict[str, dict[str, Any]] = {
    "grid": {"space": MANY},
    "instruments_and_periods": {
        "base": BASE | {"instruments": ["TEST.XNAS", "OTHER.XNAS"]},
        "each_instrument": True,
        "periods": [{"end": "2020-06-01"}, {"start": "2020-06-02"}],
        "space": {"fast": {"low": 2, "high": 9}, "slow": {"low": 10, "high": 19}},
        "objectives": [{"statistic": "sharpe"}, {"statistic": "max_drawdown"}],
    },
    "patience": {"space": MANY, "patience": 60},
    "random": {"space": MANY, "method": "random", "samples": 60, "seed": 4},
    "latin": {"space": MANY, "method": "latin_hypercube", "samples": 60, "constraints": ["slow - fast > 9"]},
    "bayesian": {"space": MANY, "method": "bayesian", "samples": 40, "seed": 2},
}


@pytest.mark.parametrize("way", SPECS)
def test_one_worker_and_two_leave_the_same_bytes(two: Laboratories, one: Laboratories, way: str) -> None:
    spec = a_sweep(**({"base": BASE} | SPECS[way]))
    first, second = (where.carried_out(way, spec) for where in (one, two))
    assert json.dumps(first.outcome) == json.dumps(second.outcome)
    assert one.files(way) == two.files(way)
    assert first.trials == second.trials
    assert first.trials.count == first.outcome["combinations"] > 0


def test_progress_goes_up_to_what_was_planned_and_knows_the_best(two: Laboratories) -> None:
    heard = two.carried_out("progress", a_sweep(base=BASE, space=MANY))
    assert heard.planned_runs == heard.runs[-1] == 20 * 49
    assert heard.runs == sorted(heard.runs)
    assert heard.best[-1] == heard.outcome["best"][0]["scores"][0]


def test_a_worker_that_is_killed_costs_nothing_but_time(two: Laboratories) -> None:
    spec = a_sweep(base=BASE, space=FEW | {"mood": {"values": [0, KILLS_ITS_WORKER_ONCE]}})
    heard = two.carried_out("killed", spec)
    assert len(list(two.folder.glob("killed-*"))) == 2
    assert (heard.outcome["runs"], heard.outcome["failed"], heard.trials.count) == (12, 0, 12)
    assert len(two.results.rows(WORKSPACE, StudyId("killed"))) == 12
    again = two.carried_out("killed_no_more", spec)
    assert two.files("killed") == two.files("killed_no_more")
    assert heard.outcome == again.outcome


def test_work_that_kills_every_worker_fails_the_study_and_keeps_what_was_done(
    two: Laboratories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course, "_TRIES", 2)
    spec = a_sweep(
        base=BASE,
        space=MANY | {"mood": {"values": [0, KILLS_EVERY_WORKER]}},
        constraints=["mood == 0 or fast == 21"],
    )
    heard = two.carried_out("deadly", spec)
    assert heard.end == (
        "failed",
        "The worker process ended unexpectedly (signal 9); it may have run out of memory.",
    )
    kept = two.results.finished(WORKSPACE, StudyId("deadly"))
    assert len(kept) > 0
    assert heard.trials.count == heard.runs[-1] > 0


def test_a_strategy_that_raises_is_a_row_that_says_so(two: Laboratories) -> None:
    heard = two.carried_out("raises", a_sweep(base=BASE, space=FEW | {"mood": {"values": [0, RAISES]}}))
    assert heard.outcome["failed"] == 6
    (failure,) = heard.outcome["failures"]
    assert failure["reason"].endswith("ZeroDivisionError: no luck.")
    assert failure["runs"] == 6
    rows = two.results.rows(WORKSPACE, StudyId("raises"))
    assert [bool(failure) for failure in rows["failure"]] == [
        mood == RAISES for mood in rows["parameter.mood"]
    ]


def test_a_combination_without_end_is_a_row_that_says_so(two: Laboratories) -> None:
    spec = a_sweep(base=BASE, space={"fast": {"values": [2, 3]}, "mood": {"values": [0, ENDLESS]}})
    heard = two.carried_out("endless", spec)
    assert (heard.outcome["runs"], heard.outcome["failed"]) == (4, 2)
    assert heard.outcome["failures"] == [
        {"reason": "It ran longer than the limit of 0.3 seconds.", "runs": 2}
    ]


def test_a_chunk_that_no_alarm_interrupts_is_given_up_with_the_reason(tmp_path: Path) -> None:
    where = Laboratories(tmp_path, 1, 4.0, combination_seconds=PATIENCE_SECONDS)
    try:
        spec = a_sweep(base=BASE, space={"fast": {"values": [2]}, "mood": {"values": [0, SLEEPS]}})
        heard = where.carried_out("stuck", spec)
    finally:
        where.close()
    assert (heard.outcome["runs"], heard.outcome["failed"]) == (2, 2)  # they were one chunk
    assert heard.outcome["failures"] == [{"reason": "It ran longer than the limit of 4 seconds.", "runs": 2}]


def test_a_cancelled_study_stops_keeps_its_chunks_and_is_resumed_without_repeating_them(
    two: Laboratories,
) -> None:
    spec = a_sweep(base=BASE, space=MANY)
    whole = two.carried_out("whole", spec)
    heard = Heard()

    def stop_it() -> None:
        if heard.runs[-1]:
            two.runner.cancel(StudyId("stopped"))

    heard.on_progress = stop_it
    two.start("stopped", spec, heard)
    assert heard.ended.wait(PATIENCE_SECONDS)
    assert heard.end == ("cancelled",)
    kept = {name: path.stat().st_mtime_ns for name, path in chunk_files(two, "stopped").items()}
    assert 0 < len(kept) < len(chunk_files(two, "whole"))
    assert 0 < heard.trials.count < whole.trials.count
    again = two.carried_out("stopped", spec)
    assert again.outcome == whole.outcome
    assert two.files("stopped") == two.files("whole")
    after = chunk_files(two, "stopped")
    assert {name: after[name].stat().st_mtime_ns for name in kept} == kept
    assert again.trials == whole.trials


def test_a_study_that_is_cancelled_while_it_is_reduced_is_resumed_from_its_chunks(two: Laboratories) -> None:
    spec = a_sweep(base=BASE, space=FEW)
    heard = Heard()
    heard.on_progress = lambda: (
        two.runner.cancel(StudyId("reduced")) if heard.stages[-1] == "reducing" else None
    )
    two.start("reduced", spec, heard)
    assert heard.ended.wait(PATIENCE_SECONDS)
    assert heard.end == ("cancelled",)
    assert heard.trials.count == 6
    kept = {name: path.stat().st_mtime_ns for name, path in chunk_files(two, "reduced").items()}
    again = two.carried_out("reduced", spec)
    assert (again.outcome["runs"], again.trials) == (6, heard.trials)
    assert {name: path.stat().st_mtime_ns for name, path in chunk_files(two, "reduced").items()} == kept


def chunk_files(where: Laboratories, study: str) -> dict[str, Path]:
    return {path.name: path for path in (where.folder / WORKSPACE / study).glob("*.parquet")}


def test_a_study_with_a_worker_that_sleeps_is_cancelled_at_once(two: Laboratories) -> None:
    # The time limit would end the combination; cancelling must not wait for it.
    spec = a_sweep(base=BASE, space={"fast": {"low": 2, "high": 200}, "mood": {"values": [SLEEPS]}})
    heard = two.start("sleeps", spec)
    two.runner.cancel(StudyId("sleeps"))
    assert heard.ended.wait(PATIENCE_SECONDS)
    assert heard.end == ("cancelled",)
    assert two.pool.holding() == frozenset()


def test_bars_that_were_imported_anew_are_not_mixed_with_the_old_ones(two: Laboratories) -> None:
    spec = a_sweep(base=BASE, space=FEW)
    two.carried_out("anew", spec)
    before = two.files("anew")
    (two.folder / "seed").write_text("5")
    try:
        expected = two.carried_out("new_from_the_start", spec)
        again = two.carried_out("anew", spec)
    finally:
        (two.folder / "seed").unlink()
    assert again.outcome == expected.outcome
    assert two.files("anew") == two.files("new_from_the_start")
    assert two.files("anew") != before


def test_a_bayesian_search_that_was_interrupted_goes_on_as_if_it_had_not_been(two: Laboratories) -> None:
    spec = a_sweep(base=BASE, space=MANY, method="bayesian", samples=40)
    whole = two.carried_out("search", spec)
    shutil.copytree(two.folder / WORKSPACE / "search", two.folder / WORKSPACE / "interrupted")
    for number in (1, 2):
        (two.folder / WORKSPACE / "interrupted" / f"{number:08d}.parquet").unlink()
    assert two.carried_out("interrupted", spec).outcome == whole.outcome


def test_patience_keeps_the_chunks_up_to_where_it_ran_out(two: Laboratories) -> None:
    heard = two.carried_out("impatient", a_sweep(base=BASE, space=MANY, patience=60))
    outcome = heard.outcome
    assert outcome["stopped_early"]
    assert 60 < outcome["combinations"] < outcome["planned_combinations"] == 20 * 49
    assert len(two.results.rows(WORKSPACE, StudyId("impatient"))) == outcome["runs"] == heard.runs[-1]


def test_patience_that_runs_out_costs_no_worker(two: Laboratories) -> None:
    before = {worker.pid for worker in multiprocessing.active_children()}
    heard = two.carried_out("impatient_again", a_sweep(base=BASE, space=MANY, patience=20))
    assert heard.outcome["stopped_early"]
    assert {worker.pid for worker in multiprocessing.active_children()} == before


def test_a_full_disk_fails_the_study_with_what_to_do(
    two: Laboratories, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise NeedsOperator("The disk of the data folder is full; free some space and resume the study.")

    with monkeypatch.context() as patched:
        patched.setattr(two.results, "prepare", full)
        heard = two.carried_out("full", a_sweep(base=BASE, space=FEW))
    assert heard.end == (
        "failed",
        "The disk of the data folder is full; free some space and resume the study.",
    )
    assert two.carried_out("full", a_sweep(base=BASE, space=FEW)).outcome["runs"] == 6


def test_closing_cancels_a_study_that_runs_and_one_that_waits(tmp_path: Path) -> None:
    where = Laboratories(tmp_path, 1)
    spec = a_sweep(base=BASE, space={"mood": {"values": [SLEEPS]}, "fast": {"low": 2, "high": 300}})
    heard = [where.start(f"study_{number}", spec) for number in range(3)]
    where.close()
    assert [one.end for one in heard] == [("cancelled",)] * 3
