"""Runs in SQL, on SQLite and on PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.backtesting.adapters.sql import SqlBacktestRepository
from domain.backtesting.model import Backtest, BacktestFilter, BacktestStatus
from domain.errors import Conflict, InvalidInput, NotFound
from domain.ids import BacktestId
from domain.storage.database import Database
from tests.kit.storage import (
    CREATED,
    FULL_OUTCOME,
    FULL_SPEC,
    OURS,
    THEIRS,
    a_backtest,
    a_completed_backtest,
    at_once,
)


@pytest.fixture
def repository(database: Database) -> SqlBacktestRepository:
    return SqlBacktestRepository(database)


def test_a_run_comes_back_equal_at_every_step_of_its_life(repository: SqlBacktestRepository) -> None:
    queued = a_backtest()
    began = queued.began(CREATED + timedelta(microseconds=1), "runner-2")
    advanced = began.advanced(1 / 3)
    completed = advanced.completed(CREATED + timedelta(seconds=9), FULL_OUTCOME)

    assert repository.add(queued, None, "hash") == queued
    assert repository.get(OURS, queued.id) == queued
    for state in (began, advanced, completed):
        assert repository.save(state) is True
        assert repository.get(OURS, queued.id) == state


def test_numbers_come_back_with_every_bit_and_every_digit(repository: SqlBacktestRepository) -> None:
    repository.add(a_completed_backtest(), None, "hash")

    stored = repository.get(OURS, a_backtest().id)

    assert stored.outcome is not None
    assert str(stored.outcome.benchmark_statistics["final_equity"]) == "-0.0"
    assert isinstance(stored.outcome.statistics["largest"], float)
    assert stored.spec.initial_cash == FULL_SPEC.initial_cash
    assert list(stored.spec.parameters) == list(FULL_SPEC.parameters)


def test_a_failure_comes_back_with_its_reason(repository: SqlBacktestRepository) -> None:
    queued = a_backtest(runner=None)
    repository.add(queued, None, "hash")
    failed = queued.failed(CREATED, "Die Platte ist voll.")

    assert repository.save(failed) is True
    assert repository.get(OURS, queued.id) == failed


def test_a_statistic_that_is_no_number_is_refused_and_leaves_the_run_as_it_was(
    repository: SqlBacktestRepository,
) -> None:
    running = a_backtest().began(CREATED, "runner-1")
    repository.add(running, None, "hash")
    outcome = replace(FULL_OUTCOME, statistics={"sharpe": float("nan")})

    with pytest.raises(Exception, match="not JSON compliant"):
        repository.save(running.completed(CREATED, outcome))

    assert repository.get(OURS, running.id) == running


def test_many_come_in_the_order_asked_for_with_gaps(repository: SqlBacktestRepository) -> None:
    first, second = a_backtest(1), a_backtest(2)
    repository.add(first, None, "hash")
    repository.add(second, None, "hash")

    found = repository.get_many(OURS, [second.id, BacktestId("bt_none"), first.id, second.id])

    assert found == [second, None, first, second]
    assert repository.get_many(OURS, []) == []


def test_another_workspace_sees_and_changes_nothing(repository: SqlBacktestRepository) -> None:
    mine = a_completed_backtest()
    repository.add(mine, "key", "hash")

    with pytest.raises(NotFound):
        repository.get(THEIRS, mine.id)
    assert repository.get_many(THEIRS, [mine.id]) == [None]
    assert repository.page(THEIRS, first=10).total == 0
    assert repository.page(THEIRS, last=10, where=BacktestFilter(instrument="GOOG.XNAS")).items == ()
    assert repository.save(a_backtest(workspace_id=THEIRS).failed(CREATED, "not yours")) is False
    with pytest.raises(NotFound):
        repository.delete(THEIRS, mine.id)
    assert repository.get(OURS, mine.id) == mine


def test_the_same_key_in_two_workspaces_makes_two_runs(repository: SqlBacktestRepository) -> None:
    ours, theirs = a_backtest(1), a_backtest(2, THEIRS)

    assert repository.add(ours, "key", "hash") == ours
    assert repository.add(theirs, "key", "other hash") == theirs
    assert repository.add(a_backtest(3), "key", "hash") == ours
    assert repository.add(a_backtest(4, THEIRS), "key", "other hash") == theirs


def test_a_key_used_again_returns_the_run_it_made(repository: SqlBacktestRepository) -> None:
    first = a_completed_backtest(1)
    repository.add(first, "key", "hash")

    assert repository.add(a_backtest(2), "key", "hash") == first
    assert repository.page(OURS, first=10).items == (first,)


def test_a_key_used_for_another_request_is_a_conflict(repository: SqlBacktestRepository) -> None:
    repository.add(a_backtest(1), "key", "hash")

    with pytest.raises(Conflict, match="idempotency key was used before"):
        repository.add(a_backtest(2), "key", "another hash")

    assert repository.page(OURS, first=10).total == 1


def test_a_key_is_free_again_when_its_run_was_deleted(repository: SqlBacktestRepository) -> None:
    repository.add(a_completed_backtest(1), "key", "hash")
    repository.delete(OURS, a_backtest(1).id)
    second = a_backtest(2)

    assert repository.add(second, "key", "another hash") == second


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_a_key_of_a_wrong_length_is_refused(repository: SqlBacktestRepository, key: str) -> None:
    with pytest.raises(InvalidInput, match="idempotencyKey: must have 1 to 200 characters"):
        repository.add(a_backtest(), key, "hash")


def test_an_identifier_cannot_be_used_twice(repository: SqlBacktestRepository) -> None:
    repository.add(a_backtest(), None, "hash")

    with pytest.raises(Conflict):
        repository.add(a_backtest(), None, "hash")


def test_eight_threads_with_one_key_make_one_run(repository: SqlBacktestRepository) -> None:
    for attempt in range(5):
        key = f"key-{attempt}"
        added = at_once(8, lambda number: repository.add(a_backtest(attempt * 8 + number), key, "hash"))  # noqa: B023 - ends within the pass

        assert len({backtest.id for backtest in added}) == 1
        assert repository.get(OURS, added[0].id) == added[0]
    assert repository.page(OURS, first=100).total == 5


@pytest.mark.parametrize("final", [status for status in BacktestStatus if status.is_final])
def test_a_final_state_never_changes(repository: SqlBacktestRepository, final: BacktestStatus) -> None:
    ended = replace(a_completed_backtest(), status=final)
    repository.add(ended, None, "hash")

    for status in BacktestStatus:
        assert repository.save(replace(ended, status=status, progress=0.5)) is False
    assert repository.get(OURS, ended.id) == ended


def test_of_eight_threads_that_end_a_run_one_wins(repository: SqlBacktestRepository) -> None:
    for attempt in range(5):
        running = a_backtest(attempt).began(CREATED, "runner-1")
        repository.add(running, None, "hash")
        ends = [running.failed(CREATED + timedelta(seconds=number), f"fault {number}") for number in range(8)]

        won = at_once(8, lambda number: repository.save(ends[number]))  # noqa: B023 - ends within the pass

        assert won.count(True) == 1
        assert repository.get(OURS, running.id) == ends[won.index(True)]


def test_saving_a_run_that_is_gone_says_so(repository: SqlBacktestRepository) -> None:
    assert repository.save(a_backtest()) is False
    assert repository.page(OURS, first=10).total == 0


def test_an_unfinished_run_cannot_be_deleted(repository: SqlBacktestRepository) -> None:
    queued = a_backtest()
    repository.add(queued, None, "hash")

    with pytest.raises(Conflict, match="is queued; cancel it"):
        repository.delete(OURS, queued.id)

    assert repository.get(OURS, queued.id) == queued


def test_a_deleted_run_is_gone_from_every_listing(repository: SqlBacktestRepository) -> None:
    ended = a_completed_backtest()
    repository.add(ended, None, "hash")

    repository.delete(OURS, ended.id)

    with pytest.raises(NotFound):
        repository.get(OURS, ended.id)
    assert repository.page(OURS, first=10, where=BacktestFilter(instrument="GOOG.XNAS")).items == ()
    with pytest.raises(NotFound):
        repository.delete(OURS, ended.id)


def test_runs_of_silent_runners_are_abandoned_in_every_workspace(repository: SqlBacktestRepository) -> None:
    repository.touch("silent", CREATED)
    repository.touch("alive", CREATED)
    repository.touch("alive", CREATED + timedelta(seconds=20))
    runs = {
        "silent and queued": a_backtest(1, runner="silent"),
        "silent and running, theirs": a_backtest(2, THEIRS).began(CREATED, "silent"),
        "never heard of": a_backtest(3, runner="unknown"),
        "silent but ended": a_backtest(4, runner="silent").cancelled(CREATED),
        "alive": a_backtest(5, runner="alive"),
        "of the asker": a_backtest(6, runner="asker"),
    }
    for run in runs.values():
        repository.add(run, None, "hash")

    abandoned = repository.abandoned("asker", CREATED + timedelta(seconds=10))

    assert abandoned == [
        runs["silent and queued"],
        runs["silent and running, theirs"],
        runs["never heard of"],
    ]


def test_a_runner_is_silent_only_before_the_moment_asked_for(repository: SqlBacktestRepository) -> None:
    repository.touch("other", CREATED)
    repository.add(a_backtest(1, runner="other"), None, "hash")

    assert repository.abandoned("asker", CREATED) == []
    assert len(repository.abandoned("asker", CREATED + timedelta(microseconds=1))) == 1


def test_unfinished_runs_of_one_runner_are_found_by_their_age(repository: SqlBacktestRepository) -> None:
    for run in (
        a_backtest(1, runner="mine"),
        a_backtest(2, runner="mine").cancelled(CREATED),
        a_backtest(3, runner="other"),
    ):
        repository.add(run, None, "hash")

    assert repository.unfinished("mine", CREATED) == []
    later = CREATED + timedelta(days=1)
    assert [run.id for run in repository.unfinished("mine", later)] == [a_backtest(1).id]


def test_who_cancels_from_an_old_copy_keeps_what_was_recorded_since(
    repository: SqlBacktestRepository,
) -> None:
    queued = repository.add(a_backtest(1), None, "hash")
    repository.save(queued.began(CREATED, "mine").advanced(0.4))

    assert repository.save(queued.cancelled(CREATED))

    stored = repository.get(OURS, queued.id)
    assert (stored.status, stored.started_at, stored.progress) == (BacktestStatus.CANCELLED, CREATED, 0.4)


@pytest.mark.parametrize("identifier", ["bt_\x00", "bt_\ud800"])
def test_text_that_no_row_can_hold_is_refused_in_a_sentence(
    repository: SqlBacktestRepository, identifier: str
) -> None:
    """Whether a database refuses it or finds nothing, the fault of the driver is not shown."""
    with pytest.raises(InvalidInput):
        repository.get(OURS, BacktestId(identifier))


def test_states_are_values_that_repositories_never_alter(repository: SqlBacktestRepository) -> None:
    backtest: Backtest = a_completed_backtest()

    repository.add(backtest, None, "hash")

    assert backtest == a_completed_backtest()
