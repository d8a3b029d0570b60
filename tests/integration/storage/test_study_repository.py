"""Studies and trials on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.backtesting.adapters.sql import SqlBacktestRepository
from domain.clock import FixedClock
from domain.errors import Conflict, InvalidInput, NotFound
from domain.ids import WorkspaceId
from domain.research.adapters.sql import SqlStudyRepository, SqlTrialLog
from domain.research.model import EvaluationSpec, Study, StudyId, StudyKind, StudyStatus, WalkForwardSpec
from domain.research.trials import SharpeSample
from domain.storage.database import Database
from tests.kit.studies import a_sweep

HOME, AWAY = WorkspaceId("home"), WorkspaceId("away")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def a_study(number: int = 1, **changes: Any) -> Study:
    study = Study(
        id=StudyId(f"st_{number:03d}"),
        workspace_id=HOME,
        kind=StudyKind.SWEEP,
        spec=a_sweep(),
        status=StudyStatus.QUEUED,
        created_at=NOON,
        runner="one",
    )
    return study.changed(**changes)


@pytest.fixture
def studies(database: Database) -> SqlStudyRepository:
    return SqlStudyRepository(database)


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        (StudyKind.SWEEP, a_sweep(method="random", samples=5, periods=[{"start": "2020-01-01"}])),
        (StudyKind.WALK_FORWARD, WalkForwardSpec(sweep=a_sweep())),
        (StudyKind.EVALUATION, EvaluationSpec(base=a_sweep().base, trials=7, trial_sharpe_variance=0.25)),
    ],
)
def test_a_study_comes_back_as_it_was(studies: SqlStudyRepository, kind: StudyKind, spec: Any) -> None:
    study = a_study(
        kind=kind,
        spec=spec,
        started_at=NOON,
        finished_at=NOON,
        eta=NOON,
        runs_planned=10**10,
        runs_done=5,
        failure="why",
        warnings=("one", "two"),
        outcome={"best": [None, 1e300], "top": []},
    )
    studies.add(study, None, "hash")
    assert studies.get(HOME, study.id) == study


def test_a_study_of_another_workspace_is_not_there(studies: SqlStudyRepository) -> None:
    studies.add(a_study(), None, "hash")
    with pytest.raises(NotFound):
        studies.get(AWAY, StudyId("st_001"))
    assert studies.get_many(HOME, [StudyId("st_009"), StudyId("st_001")]) == [None, a_study()]


def test_a_key_used_again_answers_with_the_first_study_and_refuses_another(
    studies: SqlStudyRepository,
) -> None:
    assert studies.add(a_study(1), "key", "hash") == a_study(1)
    assert studies.add(a_study(2), "key", "hash") == a_study(1)
    with pytest.raises(Conflict, match="used before for a different study"):
        studies.add(a_study(3), "key", "other")
    with pytest.raises(InvalidInput, match="idempotencyKey"):
        studies.add(a_study(4), "", "hash")


def test_pages_are_newest_first_of_one_kind_and_strategy(studies: SqlStudyRepository) -> None:
    for number in range(1, 6):
        kind = StudyKind.EVALUATION if number == 3 else StudyKind.SWEEP
        spec = EvaluationSpec(base=a_sweep().base) if number == 3 else a_sweep()
        studies.add(a_study(number, kind=kind, spec=spec), None, "hash")
    page = studies.page(HOME, kind=StudyKind.SWEEP, first=2)
    assert ([one.id for one in page.items], page.has_next, page.has_previous, page.total) == (
        ["st_005", "st_004"], True, False, 4,
    )  # fmt: skip
    rest = studies.page(HOME, kind=StudyKind.SWEEP, first=9, after=StudyId("st_004"))
    assert ([one.id for one in rest.items], rest.has_next, rest.has_previous) == (
        ["st_002", "st_001"],
        False,
        True,
    )
    last = studies.page(HOME, kind=StudyKind.SWEEP, last=1, before=StudyId("st_002"))
    assert [one.id for one in last.items] == ["st_004"]
    assert studies.page(HOME, kind=StudyKind.SWEEP, first=5, strategy="macd").total == 0
    with pytest.raises(InvalidInput):
        studies.page(HOME, kind=StudyKind.SWEEP)


@pytest.mark.parametrize("end", [status for status in StudyStatus if status.is_final])
def test_a_study_ends_once(studies: SqlStudyRepository, end: StudyStatus) -> None:
    studies.add(a_study(), None, "hash")
    assert studies.save(a_study(status=end))
    assert not studies.save(a_study(status=StudyStatus.RUNNING))
    assert studies.get(HOME, StudyId("st_001")).status is end


def test_a_study_in_the_hands_of_another_runner_is_left_alone(studies: SqlStudyRepository) -> None:
    mine = a_study(status=StudyStatus.RUNNING, runner="one")
    studies.add(mine, None, "hash")
    assert studies.save(mine.changed(status=StudyStatus.FAILED))
    assert studies.reopen(mine.changed(status=StudyStatus.QUEUED, runner="two"))
    assert not studies.save(mine.changed(runs_done=3))
    assert not studies.save(mine.changed(status=StudyStatus.COMPLETED, outcome={}))
    assert studies.get(HOME, mine.id).status is StudyStatus.QUEUED
    assert studies.save(mine.changed(status=StudyStatus.RUNNING, runner="two"))


def test_who_ends_a_study_does_not_undo_how_far_it_came(studies: SqlStudyRepository) -> None:
    studies.add(a_study(), None, "hash")
    studies.save(
        a_study(status=StudyStatus.RUNNING, runs_done=7, runs_planned=9, started_at=NOON, warnings=("a",))
    )
    studies.save(a_study(status=StudyStatus.CANCELLED))
    found = studies.get(HOME, StudyId("st_001"))
    assert (found.status, found.runs_done, found.runs_planned, found.started_at, found.warnings) == (
        StudyStatus.CANCELLED, 7, 9, NOON, ("a",),
    )  # fmt: skip


def test_only_a_failed_or_cancelled_study_is_reopened(studies: SqlStudyRepository) -> None:
    studies.add(a_study(), None, "hash")
    assert not studies.reopen(a_study())
    studies.save(a_study(status=StudyStatus.FAILED, failure="why"))
    assert studies.reopen(a_study(runner="two"))
    assert studies.get(HOME, StudyId("st_001")) == a_study(runner="two")
    studies.save(a_study(status=StudyStatus.COMPLETED))
    assert not studies.reopen(a_study())


def test_only_an_ended_study_is_deleted(studies: SqlStudyRepository) -> None:
    studies.add(a_study(), None, "hash")
    with pytest.raises(Conflict, match="cancel it before"):
        studies.delete(HOME, StudyId("st_001"))
    studies.save(a_study(status=StudyStatus.COMPLETED))
    studies.delete(HOME, StudyId("st_001"))
    with pytest.raises(NotFound):
        studies.delete(HOME, StudyId("st_001"))


def test_studies_of_silent_processes_are_found(studies: SqlStudyRepository, database: Database) -> None:
    runners = SqlBacktestRepository(database)
    runners.touch("alive", NOON)
    runners.touch("silent", NOON - timedelta(minutes=1))
    for number, runner in enumerate(("alive", "silent", "unknown", "mine"), 1):
        studies.add(a_study(number, runner=runner), None, "hash")
    studies.add(a_study(5, runner="silent", status=StudyStatus.FAILED), None, "hash")
    found = studies.abandoned("mine", NOON - timedelta(seconds=20))
    assert [one.runner for one in found] == ["silent", "unknown"]
    assert [one.id for one in studies.unfinished("mine", NOON + timedelta(seconds=1))] == ["st_004"]
    assert studies.unfinished("mine", NOON) == []


def test_trials_add_up_over_runs_and_sweeps_and_each_counts_once(database: Database) -> None:
    log = SqlTrialLog(database, FixedClock(NOON))
    log.record(HOME, "sma_cross", "bt_1", SharpeSample.of([0.1]))
    log.record(HOME, "sma_cross", "st_1", SharpeSample.of([9.0]))
    log.record(HOME, "sma_cross", "st_1", SharpeSample.of([0.3, None, 0.5]))  # resumed: all of it again
    log.record(HOME, "macd", "bt_2", SharpeSample.of([5.0]))
    log.record(AWAY, "sma_cross", "bt_3", SharpeSample.of([5.0]))
    total = log.total(HOME, "sma_cross")
    assert total.count == 4
    assert total.sharpe_variance == pytest.approx(0.04, rel=1e-12)  # of 0.1, 0.3 and 0.5
    assert log.total(HOME, "macd").sharpe_variance is None
    assert log.total(HOME, "nothing").count == 0
