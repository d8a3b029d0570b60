"""Following a run through the schema."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.backtesting.model import BacktestProgress, BacktestStatus
from domain.identity.model import Role
from domain.ids import BacktestId
from events.topics import backtest_progress
from tests.kit.api import ELSEWHERE, HOME, NOW, ApiOnFakes
from tests.kit.graphql import the_schema
from trader_graphql import following

QUERY = "subscription ($id: ID!) { backtestProgress(id: $id) { status progress stage failure } }"
RUN = BacktestId("bt_000001")


@pytest.fixture
def api() -> ApiOnFakes:
    return ApiOnFakes()


async def follow(api: ApiOnFakes, context: Any = None) -> AsyncIterator[dict[str, Any]]:
    stream = await the_schema().stream(
        QUERY, variable_values={"id": RUN}, context_value=context or api.context(Role.VIEWER)
    )
    async for result in stream:
        assert result.errors is None, result.errors  # type: ignore[union-attr]
        yield result.data["backtestProgress"]  # type: ignore[union-attr,index]


def publish(api: ApiOnFakes, status: BacktestStatus, progress: float, stage: str) -> None:
    event = BacktestProgress(RUN, HOME, status, progress, stage)
    api.bus.publish(backtest_progress(HOME, RUN), event)


async def test_the_present_state_comes_first_and_the_final_one_ends_it(api: ApiOnFakes) -> None:
    api.holding(1, BacktestStatus.RUNNING)
    seen = []
    async for step in follow(api):
        seen.append((step["status"], step["progress"], step["stage"]))
        if len(seen) == 1:
            publish(api, BacktestStatus.RUNNING, 0.75, "simulating")
            publish(api, BacktestStatus.COMPLETED, 1.0, "completed")
            publish(api, BacktestStatus.RUNNING, 0.1, "an echo")
    assert seen == [
        ("RUNNING", 0.5, "running"),
        ("RUNNING", 0.75, "simulating"),
        ("COMPLETED", 1.0, "completed"),
    ]


@pytest.mark.parametrize(
    "status", [BacktestStatus.COMPLETED, BacktestStatus.FAILED, BacktestStatus.CANCELLED]
)
async def test_an_ended_run_is_told_once(api: ApiOnFakes, status: BacktestStatus) -> None:
    (run,) = api.holding(1, status)
    seen = [step async for step in follow(api)]
    assert [(step["status"], step["failure"]) for step in seen] == [(status.name, run.failure)]


async def test_an_end_between_reading_and_listening_is_not_missed(api: ApiOnFakes) -> None:
    """The run ends while its state is being read, which is when a careless order would lose it."""
    (run,) = api.holding(1, BacktestStatus.RUNNING)
    get = api.repository.get

    def get_and_end(*which: Any) -> Any:
        before = get(*which)
        publish(api, BacktestStatus.COMPLETED, 1.0, "completed")
        return before

    api.repository.get = get_and_end  # type: ignore[method-assign] # a race, made certain
    assert [step["status"] async for step in follow(api)] == ["RUNNING", "COMPLETED"]
    assert run.status is BacktestStatus.RUNNING


async def test_an_end_that_another_process_wrote_is_found(
    api: ApiOnFakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "SILENCE_BEFORE_LOOKING_SECONDS", 0.01)
    (run,) = api.holding(1, BacktestStatus.RUNNING)
    seen = []
    async for step in follow(api):
        seen.append(step["status"])
        api.repository.save(run.failed(NOW, "The process that ran this backtest ended."))
    assert seen == ["RUNNING", "FAILED"]


async def test_a_subscriber_that_leaves_is_forgotten_by_the_bus(api: ApiOnFakes) -> None:
    api.holding(1, BacktestStatus.RUNNING)
    steps = follow(api)
    await anext(steps)
    assert len(api.bus._listeners) == 1
    waiting = asyncio.ensure_future(anext(steps))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert api.bus._listeners == {}


async def test_nobody_follows_the_runs_of_another_workspace(api: ApiOnFakes) -> None:
    api.holding(1, BacktestStatus.RUNNING)
    stream = await the_schema().stream(
        QUERY, variable_values={"id": RUN}, context_value=api.context(workspace=ELSEWHERE)
    )
    results = [result async for result in stream]
    (error,) = results[0].errors  # type: ignore[union-attr,misc] # there is one
    assert (error.message, error.extensions) == ("There is no backtest 'bt_000001'.", {"code": "NOT_FOUND"})
    assert len(results) == 1
    assert api.bus._listeners == {}
