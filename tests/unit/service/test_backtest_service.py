"""Starting, following and ending backtests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.backtesting.model import BacktestSpec, BacktestStatus
from domain.backtesting.service import BacktestService
from domain.clock import FixedClock
from domain.errors import Conflict, InvalidInput, NotFound, Retryable
from domain.ids import TimeSortedIds, WorkspaceId
from domain.market.catalogue import SeriesCatalogue
from domain.market.instruments import Instrument
from domain.market.series import Series, SeriesKey
from domain.market.timeframe import DAILY
from domain.strategies.ports import StrategyInfo
from tests.kit.backtests import (
    NOON,
    WORKSPACE,
    HandDrivenRunner,
    InMemoryBacktestRepository,
    RecordingListener,
    a_spec,
    an_outcome,
)


class OneStrategy:
    """A catalogue of sma_cross alone."""

    def list(self) -> Sequence[StrategyInfo]:
        return []

    def describe(self, name: str) -> StrategyInfo:
        raise NotFound("strategy", name)

    def check(self, name: str, parameters: Mapping[str, Any], instruments: int) -> dict[str, Any]:
        if name != "sma_cross":
            raise NotFound("strategy", name)
        return {"allow_short": False} | dict(parameters)


class StoredSeries:
    """A series repository that only lists."""

    def __init__(self, *rows: tuple[str, str]) -> None:
        self.rows = rows

    def list(self, workspace_id: WorkspaceId, *, source: str | None = None, **_: Any) -> Sequence[Series]:
        return [
            Series(
                SeriesKey(origin, Instrument(symbol, "XNAS").id, DAILY),
                Instrument(symbol, "XNAS"),
                100,
                datetime(2020, 1, 2, tzinfo=UTC),
                datetime(2021, 1, 4, tzinfo=UTC),
                "ab",
                NOON,
                0,
            )
            for origin, symbol in self.rows
            if source in (None, origin)
        ]


class NoArtefacts:
    """Notes what is deleted."""

    def __init__(self) -> None:
        self.deleted: list[str] = []

    def delete(self, workspace_id: WorkspaceId, backtest_id: str) -> None:
        self.deleted.append(backtest_id)


@dataclass
class World:
    repository: InMemoryBacktestRepository = field(default_factory=InMemoryBacktestRepository)
    runner: HandDrivenRunner = field(default_factory=HandDrivenRunner)
    listener: RecordingListener = field(default_factory=RecordingListener)
    artefacts: NoArtefacts = field(default_factory=NoArtefacts)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))
    queue_limit: int = 10
    bars_in_period: int = 100
    stored: tuple[tuple[str, str], ...] = (("sample", "TEST"), ("sample", "OTHER"), ("yahoo", "OTHER"))

    def __post_init__(self) -> None:
        self.service = BacktestService(
            repository=self.repository,
            catalogue=SeriesCatalogue(StoredSeries(*self.stored)),  # type: ignore[arg-type] # lists only
            strategies=OneStrategy,
            artefacts=lambda: self.artefacts,  # type: ignore[arg-type,return-value] # deletes only
            runner=lambda: self.runner,
            listener=self.listener,
            clock=self.clock,
            ids=TimeSortedIds(self.clock),
            bars_in_period=lambda *_: self.bars_in_period,
            queue_limit=self.queue_limit,
        )

    def start(self, spec: BacktestSpec | None = None, key: str | None = None) -> Any:
        return self.service.start(WORKSPACE, spec or a_spec(), key)


@pytest.fixture
def world() -> World:
    return World()


def test_a_started_run_is_stored_queued_with_its_spec_completed_and_handed_to_the_runner(
    world: World,
) -> None:
    backtest = world.start(a_spec(instruments=("TEST",), source=None))
    assert backtest.status is BacktestStatus.QUEUED
    assert backtest.spec.instruments == ("TEST.XNAS",)
    assert backtest.spec.source == "sample"
    assert backtest.spec.parameters == {"allow_short": False, "fast": 10, "slow": 20}
    assert world.repository.rows[backtest.id] == backtest
    assert [job.id for job, _ in world.runner.submitted] == [backtest.id]
    assert world.listener.stages == ["queued"]


def test_the_same_idempotency_key_and_request_start_one_run(world: World) -> None:
    first, second = world.start(key="k"), world.start(key="k")
    assert first.id == second.id
    assert len(world.runner.submitted) == 1


def test_an_idempotency_key_used_for_another_request_is_a_conflict(world: World) -> None:
    world.start(key="k")
    with pytest.raises(Conflict, match="idempotency key 'k'"):
        world.start(a_spec(seed=1), key="k")


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"strategy": "nope"}, NotFound, "There is no strategy 'nope'"),
        ({"instruments": ("NOPE",)}, NotFound, "There is no instrument 'NOPE'"),
        ({"benchmark": "NOPE"}, NotFound, "There is no benchmark 'NOPE'"),
        ({"instruments": ("TEST", "TEST.XNAS")}, InvalidInput, "named twice"),
        ({"instruments": ("OTHER",), "source": None}, InvalidInput, "name one of sample, yahoo"),
        ({"instruments": ("TEST", "OTHER"), "source": "yahoo"}, NotFound, "from source 'yahoo'"),
        ({"timeframe": "soon"}, InvalidInput, "'soon' is not a time frame"),
        ({"start": "2022-01-01"}, InvalidInput, "2022-01-01 is after the last bar"),
        ({"end": "2019-01-01"}, InvalidInput, "2019-01-01 is before the first bar"),
    ],
)
def test_what_cannot_run_is_refused_before_anything_is_stored(
    world: World, changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        world.start(a_spec(**changes))
    assert world.repository.rows == {}
    assert world.runner.submitted == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"initial_cash": 0}, "initial_cash"),
        ({"initial_cash": -5}, "initial_cash"),
        ({"instruments": ()}, "instruments"),
        ({"costs": {"commission_bps": -1}}, "costs.commission_bps"),
        ({"sizing": {"max_leverage": 0}}, "sizing.max_leverage"),
        ({"seed": -1}, "seed"),
        ({"unknown": 1}, "unknown"),
        ({"initial_cash": "NaN"}, "initial_cash"),
    ],
)
def test_a_spec_with_a_wrong_value_names_the_field(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        a_spec(**changes)
    assert [".".join(problem.path) for problem in caught.value.problems] == [path]


def test_a_spec_whose_start_is_after_its_end_is_refused() -> None:
    with pytest.raises(InvalidInput, match="start 2021-01-02 is after end 2021-01-01"):
        a_spec(start="2021-01-02", end="2021-01-01")


def test_a_run_is_followed_from_start_to_its_outcome(world: World) -> None:
    backtest = world.start()
    job, observer = world.runner.submitted[0]
    observer.began(job, "test-runner")
    world.clock.advance(timedelta(seconds=1))
    observer.progressed(job, 0.5, "simulating")
    assert world.repository.rows[backtest.id].progress == 0.5
    observer.completed(job, an_outcome())
    ended = world.service.get(WORKSPACE, backtest.id)
    assert ended.status is BacktestStatus.COMPLETED
    assert ended.outcome == an_outcome()
    assert ended.progress == 1.0
    assert world.listener.stages == ["queued", "starting", "simulating", "completed"]


def test_a_failed_run_keeps_the_reason(world: World) -> None:
    backtest = world.start()
    job, observer = world.runner.submitted[0]
    observer.began(job, "test-runner")
    observer.failed(job, "The disk is full.")
    ended = world.service.get(WORKSPACE, backtest.id)
    assert (ended.status, ended.failure) == (BacktestStatus.FAILED, "The disk is full.")
    assert world.listener.heard[-1].failure == "The disk is full."


def test_cancelling_stops_the_runner_and_late_reports_change_nothing(world: World) -> None:
    backtest = world.start()
    job, observer = world.runner.submitted[0]
    observer.began(job, "test-runner")
    assert world.service.cancel(WORKSPACE, backtest.id).status is BacktestStatus.CANCELLED
    assert world.runner.cancelled == [backtest.id]
    observer.completed(job, an_outcome())
    observer.cancelled(job)
    assert world.service.get(WORKSPACE, backtest.id).status is BacktestStatus.CANCELLED
    assert world.listener.stages == ["queued", "starting", "cancelled"]


def test_cancelling_twice_is_the_same_as_once(world: World) -> None:
    backtest = world.start()
    first = world.service.cancel(WORKSPACE, backtest.id)
    assert world.service.cancel(WORKSPACE, backtest.id) == first


def test_a_completed_run_cannot_be_cancelled(world: World) -> None:
    backtest = world.start()
    job, observer = world.runner.submitted[0]
    observer.completed(job, an_outcome())
    with pytest.raises(Conflict, match="has completed already"):
        world.service.cancel(WORKSPACE, backtest.id)


def test_deleting_removes_the_artefacts_too_and_a_live_run_cannot_be_deleted(world: World) -> None:
    backtest = world.start()
    with pytest.raises(Conflict):
        world.service.delete(WORKSPACE, backtest.id)
    world.service.cancel(WORKSPACE, backtest.id)
    world.service.delete(WORKSPACE, backtest.id)
    assert world.artefacts.deleted == [backtest.id]
    with pytest.raises(NotFound):
        world.service.get(WORKSPACE, backtest.id)


def test_runs_of_a_process_that_fell_silent_are_failed_with_the_reason(world: World) -> None:
    backtest = world.start()
    world.clock.advance(timedelta(seconds=60))
    assert world.service.heartbeat("another-runner") == 1
    ended = world.service.get(WORKSPACE, backtest.id)
    assert ended.status is BacktestStatus.FAILED
    assert ended.failure == "The process that ran this backtest ended before it finished."


def test_runs_of_a_process_that_lives_are_left_alone(world: World) -> None:
    backtest = world.start()
    world.clock.advance(timedelta(seconds=60))
    world.service.heartbeat("test-runner")
    assert world.service.heartbeat("another-runner") == 0
    assert world.service.get(WORKSPACE, backtest.id).status is BacktestStatus.QUEUED


def test_a_run_of_another_workspace_does_not_exist(world: World) -> None:
    backtest = world.start()
    with pytest.raises(NotFound):
        world.service.get(WorkspaceId("other"), backtest.id)


def test_a_run_cancelled_before_its_worker_took_it_is_not_wanted_any_more(world: World) -> None:
    backtest = world.start()
    job, observer = world.runner.submitted[0]
    world.service.cancel(WORKSPACE, backtest.id)
    assert observer.began(job, "test-runner") is False
    assert observer.progressed(job, 0.5, "simulating") is False


def test_a_run_cancelled_by_another_process_is_found_out_at_the_next_saved_progress(world: World) -> None:
    backtest = world.start()
    job, observer = world.runner.submitted[0]
    assert observer.began(job, "test-runner") is True
    world.repository.save(backtest.cancelled(NOON))
    world.clock.advance(timedelta(seconds=1))
    assert observer.progressed(job, 0.5, "simulating") is False


def test_a_result_that_comes_after_the_run_was_cancelled_leaves_no_files(world: World) -> None:
    backtest = world.start()
    job, observer = world.runner.submitted[0]
    observer.began(job, "test-runner")
    world.service.cancel(WORKSPACE, backtest.id)
    observer.completed(job, an_outcome())
    assert world.artefacts.deleted == [backtest.id]


def test_the_end_of_a_run_that_was_deleted_meanwhile_changes_nothing(world: World) -> None:
    backtest = world.start()
    job, observer = world.runner.submitted[0]
    world.service.cancel(WORKSPACE, backtest.id)
    world.service.delete(WORKSPACE, backtest.id)
    observer.cancelled(job)
    assert world.repository.rows == {}


def test_cancelling_keeps_what_is_known_of_the_beginning(world: World) -> None:
    backtest = world.start()
    job, observer = world.runner.submitted[0]
    observer.began(job, "test-runner")
    world.repository.save(backtest.cancelled(NOON))  # from a copy read while it was queued
    assert world.service.get(WORKSPACE, backtest.id).started_at == NOON


def test_a_run_its_own_process_no_longer_holds_is_failed(world: World) -> None:
    backtest = world.start()
    world.runner.held = frozenset()
    assert world.service.heartbeat("test-runner") == 0  # it may be on its way to the runner
    world.clock.advance(timedelta(seconds=60))
    assert world.service.heartbeat("test-runner") == 1
    assert world.service.get(WORKSPACE, backtest.id).status is BacktestStatus.FAILED


def test_a_run_beyond_the_queue_limit_is_refused_and_not_stored() -> None:
    world = World(queue_limit=2)
    world.start()
    world.start()
    with pytest.raises(Retryable, match="2 backtests are waiting already"):
        world.start()
    assert len(world.repository.rows) == 2


@pytest.mark.parametrize(
    ("bars", "period", "told"),
    [
        (0, {"start": "2020-01-04", "end": "2020-01-05"}, "start: the period holds no bar"),
        (1, {"end": "2020-01-02"}, "end: the period holds one bar"),
    ],
)
def test_a_period_without_two_bars_is_refused_before_anything_is_stored(
    bars: int, period: dict[str, str], told: str
) -> None:
    world = World(bars_in_period=bars)
    with pytest.raises(InvalidInput, match=f"{told}; a backtest needs two at least"):
        world.start(a_spec(**period))
    assert world.repository.rows == {}
