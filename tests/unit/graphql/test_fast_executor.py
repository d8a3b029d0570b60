"""Compiled lists answer what graphql-core answers, to the byte, or stand aside."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import pytest
import strawberry
from strawberry.extensions import FieldExtension
from strawberry.schema.config import StrawberryConfig

from domain.backtesting.model import BacktestStatus
from tests.kit.api import ApiOnFakes
from tests.kit.graphql import the_schema
from trader_graphql import fast_executor
from trader_graphql.fast_executor import FastExecutor
from trader_graphql.scalars import SCALARS


class Spy:
    """Notes which projections were really used."""

    def __init__(self) -> None:
        self.used = 0

    def __call__(self, executor: FastExecutor, *arguments: Any) -> Any:
        project = ORIGINAL(executor, *arguments)
        if project is None:
            return None

        def counted(item: Any) -> Any:
            projected = project(item)
            self.used += 1
            return projected

        return counted


ORIGINAL = FastExecutor._projection


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Spy]:
    one = Spy()
    monkeypatch.setattr(FastExecutor, "_projection", lambda executor, *args: one(executor, *args))  # noqa: PLW0108 - binds the executor
    return one


@strawberry.enum
class Colour(Enum):
    RED = "r"
    BLUE = "b"


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Inner(Named):
    when: datetime | None
    day: date
    sizes: list[int | None]
    parts: "list[Part] | None"


@strawberry.type
class Part:
    weight: float


@strawberry.type
class Other:
    other: int


class Twice(FieldExtension):
    def resolve(self, next_: Any, source: Any, info: strawberry.Info, **kwargs: Any) -> Any:
        return next_(source, info, **kwargs) * 2


@strawberry.type
class Item:
    id: strawberry.ID
    text: str | None
    count: int
    ratio: float
    flag: bool
    price: Decimal
    colour: Colour
    inner: Inner
    maybe: Inner | None
    either: Annotated[Inner | Other, strawberry.union("Either")]

    @strawberry.field
    def double(self) -> int:
        if self.count < 0:
            raise ValueError("negative")
        return self.count * 2

    @strawberry.field
    def scaled(self, by: int = 3) -> int:
        return self.count * by

    @strawberry.field
    async def later(self) -> int:
        return self.count + 1

    @strawberry.field(extensions=[Twice()])
    def extended(self) -> int:
        return self.count


def an_item(number: int, **changes: Any) -> Item:
    inner = Inner(
        name=f"inner {number}",
        when=datetime(2020, 1, 1, 12, number, 0, number * 1_000, tzinfo=timezone(timedelta(hours=number))),
        day=date(2020, 1, number + 1),
        sizes=[number, None],
        parts=None if number % 2 else [Part(weight=0.1 * number)],
    )
    item = Item(
        id=strawberry.ID(f"i{number}"),
        text=None if number % 3 == 0 else 'quo"te \u2028',
        count=number,
        ratio=number / 7,
        flag=number % 2 == 0,
        price=Decimal(number) / 8,
        colour=Colour.RED if number % 2 else Colour.BLUE,
        inner=inner,
        maybe=None if number % 2 else inner,
        either=inner if number % 2 else Other(other=number),
    )
    return replace(item, **changes)


ITEMS: list[Item] = []


@strawberry.type
class Query:
    @strawberry.field
    def items(self) -> list[Item]:
        return ITEMS

    @strawberry.field
    def holes(self) -> list[Item | None]:
        return [*ITEMS, None]

    @strawberry.field
    def named(self) -> list[Named]:
        return [item.inner for item in ITEMS]

    @strawberry.field
    def numbers(self) -> list[int]:
        return [1, 2, 3, 4, 5]


def schema(**options: Any) -> strawberry.Schema:
    return strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS), types=[Inner], **options)


FAST = schema(execution_context_class=FastExecutor)
STOCK = schema()


def both(query: str, items: list[Item], **variables: Any) -> str:
    """The answer of both executors, which must be one."""
    ITEMS[:] = items
    answers = []
    for one in (FAST, STOCK):
        result = asyncio.run(one.execute(query, variable_values=variables))
        errors = [error.formatted for error in result.errors or []]
        answers.append(json.dumps({"data": result.data, "errors": errors}))
    assert answers[0] == answers[1]
    return answers[0]


SIX = [an_item(number) for number in range(6)]
COMPILED = [
    "{ items { id } }",
    "{ items { id text count ratio flag price colour double __typename } }",
    "{ items { renamed: id other: count again: count } }",
    "{ items { inner { name when day sizes parts { weight } __typename } maybe { name } } }",
    """{ items { ...f } } fragment f on Item { id ...g inner { ...h } } fragment g on Item { count }
    fragment h on Inner { name ... on Named { name } ... { day } }""",
    "{ items { id inner { name } inner { day } } items { count } }",
    "{ holes { id } }",
]
LEFT_ALONE = [
    "{ items { scaled } }",
    "{ items { scaled(by: 5) } }",
    "{ items { later } }",
    "{ items { extended } }",
    "{ items { either { ... on Inner { name } ... on Other { other } } } }",
    "{ named { name } }",
    "{ numbers }",
    "query ($yes: Boolean = true) { items { id text @include(if: $yes) } }",
    "query ($yes: Boolean = true) { items { ...f @skip(if: $yes) count } } fragment f on Item { id }",
]


@pytest.mark.parametrize("query", COMPILED)
def test_plain_lists_are_compiled_and_answer_the_same(query: str, spy: Spy) -> None:
    assert '"errors": []' in both(query, SIX)
    assert spy.used >= 6


@pytest.mark.parametrize("query", LEFT_ALONE)
def test_lists_that_are_not_plain_are_left_to_graphql_core(query: str, spy: Spy) -> None:
    assert '"errors": []' in both(query, SIX)
    assert spy.used == 0


def test_include_is_decided_anew_by_each_request() -> None:
    query = "query ($yes: Boolean!) { items { id text @include(if: $yes) } }"
    assert "quo" in both(query, SIX, yes=True)
    assert "quo" not in both(query, SIX, yes=False)


ODD_FIELDS = (
    "id text count ratio flag price colour double inner { name } maybe { name sizes parts { weight } when }"
)


def failures_of(field: str, changes: dict[str, Any]) -> list[list[str | int]]:
    """Where the answer of both executors has errors, below the fifth of six items, which is changed."""
    odd = [*SIX[:4], replace(SIX[4], **changes), SIX[5]]
    answer = json.loads(both(f"{{ {field} {{ {ODD_FIELDS} }} }}", odd))
    assert all(error["path"][:2] == [field, 4] for error in answer["errors"])
    return [error["path"][2:] for error in answer["errors"]]


@pytest.mark.parametrize("field", ["items", "holes"])
@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"count": None}, ["count"]),
        ({"count": 2**31}, ["count"]),
        ({"count": "7"}, ["double"]),
        ({"count": -1}, ["double"]),
        ({"ratio": float("nan")}, ["ratio"]),
        ({"ratio": float("inf")}, ["ratio"]),
        ({"price": None}, ["price"]),
        ({"colour": "purple"}, ["colour"]),
        ({"inner": None}, ["inner"]),
        ({"inner": Other(other=1)}, ["inner"]),
        ({"maybe": replace(SIX[2].inner, sizes=7)}, ["maybe", "sizes"]),
        ({"maybe": replace(SIX[2].inner, sizes=["x"])}, ["maybe", "sizes", 0]),
        ({"text": ValueError("as a value")}, ["text"]),
    ],
)
def test_values_that_do_not_fit_fail_as_they_always_did(
    field: str, changes: dict[str, Any], path: list[str | int]
) -> None:
    assert failures_of(field, changes) == [path]


@pytest.mark.parametrize("field", ["items", "holes"])
@pytest.mark.parametrize(
    "changes",
    [
        {"count": True},
        {"ratio": 3},
        {"flag": 1},
        {"text": 5},
        {"id": 5},
        {"price": 1.5},
        {"colour": "r"},
        {"maybe": replace(SIX[2].inner, when=None, sizes=(1, 2), parts=[])},
    ],
)
def test_values_of_a_neighbouring_type_are_taken_as_they_always_were(
    field: str, changes: dict[str, Any]
) -> None:
    assert failures_of(field, changes) == []


def test_short_lists_are_not_worth_compiling(spy: Spy) -> None:
    both("{ items { id } }", SIX[:2])
    assert spy.used == 0


def test_plans_are_kept_within_bounds_and_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    plans = fast_executor._Plans(most=3)
    monkeypatch.setattr(fast_executor, "PLANS", plans)
    for number in range(10):
        both(f"{{ items {{ a{number}: id }} }}", SIX)
    assert len(plans) == 3


def test_middleware_is_never_bypassed() -> None:
    class Shout(strawberry.extensions.SchemaExtension):
        def resolve(self, next_: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
            result = next_(root, info, *args, **kwargs)
            return result.upper() if isinstance(result, str) else result

    ITEMS[:] = [an_item(number, text="quiet") for number in range(6)]
    loud = schema(execution_context_class=FastExecutor, extensions=[Shout])
    result = asyncio.run(loud.execute("{ items { text } }"))
    assert result.data == {"items": [{"text": "QUIET"}] * 6}


API_QUERIES = [
    "{ backtests(first: 100) { edges { cursor node { id identifier status progress createdAt failure } } } }",
    """{ backtests(first: 9) { edges { node { ...f } } } } fragment f on Backtest {
        statistics { sharpe maxDrawdownStart trades } spec { initialCash fill costs { spreadBps } seed }
        provenance { firstBar seed } drawdowns { end depth } monthlyReturns { month value } warnings }""",
    "{ backtests(first: 9) { edges { node { spec { parameters from_: from } } } } }",
    "{ backtests(first: 9) { edges { node { reportUrl } } } }",
    '{ backtest(id: "bt_000003") { equityCurve(points: 100) { time equity benchmark drawdown } } }',
    '{ backtest(id: "bt_000003") { trades(first: 7) { edges { node { number pnl isOpen return } } } } }',
    '{ bars(instrument: "GOOG", first: 100) { edges { cursor node { closeTime open high low close volume } } } }',
    "{ statisticConventions { name unit higherIsBetter } strategies { id name parametersSchema } }",
]


@pytest.mark.parametrize("query", API_QUERIES)
async def test_the_api_answers_the_same_with_and_without(query: str) -> None:
    api = ApiOnFakes()
    api.holding(8)
    api.repository.rows.update({run.id: run for run in api.holding(2, BacktestStatus.FAILED)})
    answers = []
    for fast in (True, False, True):
        result = await the_schema(fast=fast).execute(query, context_value=api.context())
        assert result.errors is None, result.errors
        answers.append(json.dumps(result.data))
    assert answers[0] == answers[1] == answers[2]


async def test_the_usual_list_of_the_api_is_compiled(spy: Spy) -> None:
    api = ApiOnFakes()
    api.holding(8)
    await the_schema().execute(API_QUERIES[0], context_value=api.context())
    assert spy.used == 8


def test_a_moment_is_written_in_utc() -> None:
    here = datetime(2020, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert SCALARS[datetime].serialize(here) == "2020-01-01T10:00:00Z"  # type: ignore[misc]
    assert (
        SCALARS[datetime].serialize(datetime(2020, 1, 1, microsecond=5, tzinfo=UTC))
        == "2020-01-01T00:00:00.000005Z"
    )  # type: ignore[misc]
