"""Starting, following, ending and reading studies."""

from datetime import timedelta

import numpy as np
import pytest

from domain.errors import Conflict, InvalidInput, NotFound, Retryable
from domain.ids import WorkspaceId
from domain.research.model import Chunk, Study, StudyStatus, SweepSpec
from domain.research.table import Table
from domain.research.trials import SharpeSample
from tests.kit.backtests import NOON, WORKSPACE
from tests.kit.studies import a_sweep
from tests.kit.study_service import World


@pytest.fixture
def world() -> World:
    return World()


def test_a_started_study_is_stored_with_its_spec_completed_and_handed_to_the_runner(world: World) -> None:
    study = world.start(a_sweep(base={"strategy": "sma_cross", "instruments": ["TEST"]}))
    assert isinstance(study.spec, SweepSpec)
    assert (study.status, study.spec.base.instruments, study.spec.base.source) == (
        StudyStatus.QUEUED, ("TEST.XNAS",), "sample",
    )  # fmt: skip
    assert study.spec.base.parameters == {"fast": 20, "slow": 50, "allow_short": False}
    assert [job.id for job, _ in world.runner.submitted] == [study.id]
    assert [event.stage for event in world.listener.heard] == ["queued"]


def test_the_same_key_starts_one_study_and_another_request_is_a_conflict(world: World) -> None:
    assert world.start(key="k").id == world.start(key="k").id
    assert len(world.runner.submitted) == 1
    with pytest.raises(Conflict):
        world.start(a_sweep(seed=1), key="k")


def test_too_many_waiting_studies_are_refused_for_now() -> None:
    world = World(queue_limit=1)
    world.start()
    with pytest.raises(Retryable, match="1 studies are waiting already"):
        world.start()


def test_progress_is_told_ten_times_a_second_at_most_with_the_time_that_is_left(world: World) -> None:
    study, job, observer = world.begin()
    for done in range(1, 5):
        world.clock.advance(timedelta(seconds=0.05))
        observer.progressed(job, done, 6, "running", 0.5)
    told = [event for event in world.listener.heard if event.stage == "running" and event.runs_done]
    assert [event.runs_done for event in told] == [1, 3]
    assert (told[1].best, told[1].runs_planned) == (0.5, 6)
    assert told[1].eta == NOON + timedelta(seconds=0.15) + timedelta(seconds=0.15) * 3 / 2
    assert world.stored(study).runs_done == 1  # written down less often than it is told


def test_a_completed_study_has_its_outcome_and_its_trials_are_counted_once(world: World) -> None:
    study, job, observer = world.begin()
    for _ in range(2):
        observer.counted(job, SharpeSample.of([0.1, 0.3]))
    observer.completed(job, {"best": 1}, ("careful",))
    found = world.stored(study)
    assert (found.status, found.outcome, found.warnings, found.progress, found.finished_at) == (
        StudyStatus.COMPLETED, {"best": 1}, ("careful",), 1.0, NOON,
    )  # fmt: skip
    assert world.service.trials(WORKSPACE, "sma_cross").count == 2
    observer.failed(job, "too late")
    assert world.stored(study).status is StudyStatus.COMPLETED


def test_the_last_that_is_told_of_a_study_knows_what_was_best(world: World) -> None:
    _, job, observer = world.begin()
    observer.progressed(job, 5, 6, "running", 0.5)
    observer.progressed(job, 6, 6, "reducing", 0.7)
    observer.completed(job, {}, ())
    last = world.listener.heard[-1]
    assert (last.status, last.best) == (StudyStatus.COMPLETED, 0.7)


def test_a_process_that_slept_while_its_study_went_on_elsewhere_changes_nothing(world: World) -> None:
    study, job, observer = world.begin()
    elsewhere = world.stored(study).changed(runner="other-runner", runs_done=5)
    world.studies.rows[study.id] = elsewhere
    world.clock.advance(timedelta(seconds=1))
    assert not observer.progressed(job, 1, 6, "running", None)
    observer.completed(job, {"best": "old"}, ())
    assert world.stored(study) == elsewhere
    assert not world.service._recorder().began(job, "test-runner")


def test_who_resumes_second_is_given_the_study_that_waits_already(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, job, observer = world.begin()
    observer.failed(job, "broken")
    world.runner.let_go()
    reopen = world.studies.reopen

    def after_another(again: Study) -> bool:
        assert reopen(again.changed(runner="other-runner"))
        return reopen(again)

    monkeypatch.setattr(world.studies, "reopen", after_another)
    again = world.service.resume(WORKSPACE, study.id)
    assert (again.status, again.runner) == (StudyStatus.QUEUED, "other-runner")
    assert len(world.runner.submitted) == 1


def test_a_study_that_is_resumed_elsewhere_while_it_is_cancelled_is_cancelled_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, _, _ = world.begin()
    get = world.studies.get
    first = [get(WORKSPACE, study.id)]
    world.studies.rows[study.id] = first[0].changed(runner="other-runner")
    monkeypatch.setattr(world.studies, "get", lambda *ids: first.pop() if first else get(*ids))
    assert world.service.cancel(WORKSPACE, study.id).status is StudyStatus.CANCELLED
    assert world.stored(study).runner == "other-runner"


def test_a_cancelled_study_stays_so_whatever_the_runner_says_later(world: World) -> None:
    study, job, observer = world.begin()
    assert world.service.cancel(WORKSPACE, study.id).status is StudyStatus.CANCELLED
    assert world.runner.cancelled == [study.id]
    assert world.service.cancel(WORKSPACE, study.id).status is StudyStatus.CANCELLED
    world.clock.advance(timedelta(seconds=1))
    assert not observer.progressed(job, 3, 6, "running", None)
    observer.completed(job, {}, ())
    assert world.stored(study).status is StudyStatus.CANCELLED
    assert world.stored(study).runs_planned == 6


def test_a_study_that_ended_cannot_be_cancelled(world: World) -> None:
    study, job, observer = world.begin()
    observer.failed(job, "broken")
    assert world.stored(study).failure == "broken"
    with pytest.raises(Conflict, match="has failed already"):
        world.service.cancel(WORKSPACE, study.id)


def test_a_failed_study_is_resumed_as_the_same_study(world: World) -> None:
    study, job, observer = world.begin()
    observer.failed(job, "broken")
    with pytest.raises(Retryable, match="still being stopped"):
        world.service.resume(WORKSPACE, study.id)
    world.runner.let_go()
    again = world.service.resume(WORKSPACE, study.id)
    assert (again.id, again.status, again.failure, again.finished_at) == (
        study.id,
        StudyStatus.QUEUED,
        None,
        None,
    )
    assert [job.id for job, _ in world.runner.submitted] == [study.id, study.id]
    assert world.service.resume(WORKSPACE, study.id).status is StudyStatus.QUEUED
    assert len(world.runner.submitted) == 2


def test_a_completed_study_is_not_resumed(world: World) -> None:
    study, job, observer = world.begin()
    observer.completed(job, {}, ())
    world.runner.let_go()
    with pytest.raises(Conflict, match="only a failed or cancelled one"):
        world.service.resume(WORKSPACE, study.id)


def test_a_deleted_study_is_gone_with_its_files_and_its_trials_stay(world: World) -> None:
    study, job, observer = world.begin()
    with pytest.raises(Conflict, match="cancel it before"):
        world.service.delete(WORKSPACE, study.id)
    observer.counted(job, SharpeSample.of([0.1]))
    observer.completed(job, {}, ())
    world.runner.let_go()
    world.service.delete(WORKSPACE, study.id)
    assert world.results.deleted == [study.id]
    assert world.service.trials(WORKSPACE, "sma_cross").count == 1
    with pytest.raises(NotFound):
        world.stored(study)


def test_a_study_of_a_dead_process_is_failed_counted_and_can_be_resumed(world: World) -> None:
    study, _, _ = world.begin()
    sample = {"trials": {"count": 3, "defined": 0, "mean": 0.0, "squares": 0.0}}
    world.results.write_chunk(WORKSPACE, study.id, Chunk(0, 3), (sample, None))
    world.studies.rows[study.id] = world.stored(study).changed(runner="dead")
    assert world.service.heartbeat("test-runner") == 1
    failed = world.stored(study)
    assert failed.status is StudyStatus.FAILED
    assert failed.failure is not None
    assert failed.failure.endswith("resume it to go on where it stopped.")
    assert world.service.trials(WORKSPACE, "sma_cross").count == 3
    world.runner.let_go()
    assert world.service.resume(WORKSPACE, study.id).status is StudyStatus.QUEUED


def test_a_study_this_process_holds_lives_and_one_it_lost_is_failed(world: World) -> None:
    world.begin()
    world.clock.advance(timedelta(minutes=5))
    assert world.service.heartbeat("test-runner") == 0
    world.runner.let_go()
    assert world.service.heartbeat("test-runner") == 1


def test_rows_and_heat_maps_are_read_while_it_runs(world: World) -> None:
    study, *_ = world.begin()
    table = Table(
        {
            "parameter.fast": np.array([2, 2, 3]),
            "parameter.slow": np.array([8, 10, 8]),
            "sharpe": np.array([0.1, 0.2, 0.3]),
        }
    )
    world.results.write_chunk(WORKSPACE, study.id, Chunk(0, 3), ({}, table))
    assert world.service.rows(WORKSPACE, study.id, limit=2)["sharpe"].tolist() == [0.1, 0.2]
    found = world.service.heat_map(WORKSPACE, study.id, "fast", "slow")
    assert (found.x_values, found.y_values, found.cells) == ((2, 3), (8, 10), ((0.1, 0.3), (0.2, None)))


@pytest.mark.parametrize(
    ("x", "y", "path"), [("fast", "fast", "y"), ("slw", "fast", "x"), ("fast", "allow_short", "y")]
)
def test_a_heat_map_needs_two_parameters_that_were_varied(world: World, x: str, y: str, path: str) -> None:
    study = world.start()
    with pytest.raises(InvalidInput) as refused:
        world.service.heat_map(WORKSPACE, study.id, x, y)
    assert refused.value.problems[0].path == (path,)


def test_nothing_is_known_of_another_workspace_s_study(world: World) -> None:
    study = world.start()
    elsewhere = WorkspaceId("elsewhere")
    for call in (
        world.service.get,
        world.service.cancel,
        world.service.resume,
        world.service.delete,
        world.service.rows,
    ):
        with pytest.raises(NotFound):
            call(elsewhere, study.id)
