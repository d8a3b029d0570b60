"""Requests that ask for too much."""

import pytest
from graphql import parse

from domain.identity.model import Role
from tests.kit.api import ApiOnFakes
from trader_graphql.cost import CostPlans
from trader_graphql.limits import Guard, Limits
from trader_graphql.schema import TraderSchema, build_schema

LIMITS = Limits(depth=6, tokens=300, aliases=3, cost=500, root_fields=4, directives=5)
SCHEMA = build_schema(LIMITS)


async def refusal(query: str, schema: TraderSchema = SCHEMA, **variables: object) -> str | None:
    api = ApiOnFakes()
    api.holding(2)
    result = await schema.execute(query, variable_values=variables, context_value=api.context(Role.VIEWER))
    if result.errors is None:
        return None
    assert result.data is None, "a request that asks for too much is not carried out in part"
    assert len(result.errors) == 1
    return result.errors[0].message


DEEP = "{ backtests(first: 1) { edges { node { spec { costs { commissionBps } } } } } }"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (DEEP, None),
        (DEEP.replace("first: 1", "first: 1").replace("node {", "node { trades(first: 1) { edges { node { pnl } } }"),
         "This operation has 7 levels deep; 6 are allowed."),
        ("{ a: viewer { name } b: viewer { name } c: viewer { name } }", None),
        ("{ a: viewer { b: name } c: viewer { d: name } }", "This operation has 4 aliases; 3 are allowed."),
        ("{ viewer { name } viewer { role } viewer { name } viewer { name } viewer { name } }",
         "This operation has 5 root fields; 4 are allowed."),
        ("{ viewer { name" + " @include(if: true)" * 1 + " role @skip(if: false)" * 5 + " } }",
         "This operation has 6 directives; 5 are allowed."),
    ],
)  # fmt: skip
async def test_a_document_beyond_a_limit_is_refused(query: str, message: str | None) -> None:
    assert await refusal(query) == message


async def test_too_many_tokens_stop_the_parser() -> None:
    message = await refusal("{ " + "viewer { name } " * 100 + "}")
    assert message == "Syntax Error: Document contains more than 300 tokens. Parsing aborted."


async def test_aliases_hidden_in_fragments_count_each_time_they_are_spread() -> None:
    query = "{ viewer { ...f } me: viewer { ...f } } fragment f on Viewer { a: name b: role }"
    assert await refusal(query) == "This operation has 5 aliases; 3 are allowed."


async def test_a_fragment_bomb_is_refused_and_quickly() -> None:
    """Twenty fragments that spread the next one twice: a million fields in 20 lines."""
    schema = build_schema(Limits(tokens=2_000, cost=20_000))
    bomb = "{ viewer { ...f0 } } " + " ".join(
        f"fragment f{n} on Viewer {{ ...f{n + 1} ...f{n + 1} }}" for n in range(20)
    )
    message = await refusal(bomb + " fragment f20 on Viewer { name }", schema)
    assert message == "This operation has 1048577 fields; 20000 are allowed."


async def test_fragments_that_spread_each_other_are_refused() -> None:
    query = "{ viewer { ...a } } fragment a on Viewer { ...b } fragment b on Viewer { ...a }"
    assert await refusal(query) == "Cannot spread fragment 'a' within itself via 'b'."


PAGE = "query ($n: Int) { backtests(first: $n) { edges { node { identifier status progress failure } } } }"


@pytest.mark.parametrize(
    ("query", "variables", "cost"),
    [
        (PAGE, {"n": 3}, 1 + 3 * (1 + (1 + 1 * 4))),
        (PAGE, {"n": 90}, 541),
        (PAGE, {"n": 1_000_000_000}, 6_000_000_001),
        (PAGE, {"n": 0}, 601),
        (PAGE, {"n": -90}, 601),
        (PAGE, {"n": None}, 601),
        (PAGE, {}, 601),
        (PAGE.replace("($n: Int)", "($n: Int = 90)"), {}, 541),
        (PAGE.replace("($n: Int)", "($n: Int = 90)"), {"n": 2}, 13),
        (PAGE.replace("($n: Int)", "").replace("$n", "-5"), {}, 601),
        (PAGE.replace("($n: Int)", "").replace("(first: $n)", ""), {}, 601),
        (PAGE.replace("first: $n", "first: 2, last: $n"), {"n": 90}, 541),
        ('{ backtest(id: "bt_000001") { equityCurve { equity } } }', {}, 1 + 1 + 500),
        ('{ backtest(id: "bt_000001") { equityCurve(points: 10) { equity } } }', {}, 1 + 1 + 10),
        ('{ backtest(id: "bt_000001") { monthlyReturns { value } drawdowns { depth } } }', {}, 1 + 2 + 120 + 10),
        ("{ strategies { name } }", {}, 1 + 20),
    ],
)  # fmt: skip
def test_cost_is_the_number_of_fields_that_may_be_answered(
    query: str, variables: dict[str, int | None], cost: int
) -> None:
    from graphql.execution.values import get_variable_values

    document = parse(query)
    operation = document.definitions[0]
    values = get_variable_values(SCHEMA._schema, operation.variable_definitions or (), variables)  # type: ignore[attr-defined]
    assert CostPlans().of(SCHEMA._schema, document, operation).cost(values.coerced) == cost  # type: ignore[arg-type,union-attr]


@pytest.mark.parametrize("first", [90, 100, -1, 0, 2_000_000])
async def test_one_document_is_cheap_or_dear_by_its_variables(first: int) -> None:
    assert await refusal(PAGE, n=2) is None
    cost = 6 * (first if first > 0 else 100) + 1
    assert await refusal(PAGE, n=first) == (
        f"This operation may return {cost} fields; 500 are allowed. Ask for smaller pages."
    )
    assert await refusal(PAGE, n=2) is None


async def test_a_dear_mutation_is_not_carried_out() -> None:
    api = ApiOnFakes()
    query = """mutation { startBacktest(input: {strategy: "sma_cross", instruments: ["GOOG"]}) {
        ... on Backtest { equityCurve(points: 5000) { equity } } } }"""
    result = await SCHEMA.execute(query, context_value=api.context())
    assert result.errors is not None
    assert result.errors[0].extensions == {"code": "QUERY_TOO_COMPLEX"}
    assert api.runner.submitted == []


def test_plans_are_kept_within_bounds() -> None:
    plans = CostPlans()
    for number in range(600):
        document = parse(f"{{ a{number}: viewer {{ name }} }}")
        plans.of(SCHEMA._schema, document, document.definitions[0])  # type: ignore[arg-type] # an operation
    assert len(plans._plans) == 512


def test_rules_stay_the_same_objects_so_that_validation_is_cached() -> None:
    guard = Guard(LIMITS)
    assert guard.rules(may_introspect=True) is guard.rules(may_introspect=True)
    assert guard.rules(may_introspect=False) is guard.rules(may_introspect=False)
    assert guard.rules(may_introspect=False) != guard.rules(may_introspect=True)


async def test_a_repeated_request_is_parsed_and_validated_once() -> None:
    from strawberry.extensions.parser_cache import _get_parse_cache
    from strawberry.extensions.validation_cache import _get_validate_cache

    caches = (_get_parse_cache(512), _get_validate_cache(512))
    query = "{ viewer { workspace name role } }"
    assert await refusal(query) is None
    before = [cache.cache_info() for cache in caches]  # type: ignore[attr-defined]
    for _ in range(100):
        assert await refusal(query) is None
    after = [cache.cache_info() for cache in caches]  # type: ignore[attr-defined]
    assert [now.hits - then.hits for now, then in zip(after, before, strict=True)] == [100, 100]
    assert [now.misses - then.misses for now, then in zip(after, before, strict=True)] == [0, 0]
