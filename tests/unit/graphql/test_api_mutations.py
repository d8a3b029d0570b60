"""Changing things through the schema."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.backtesting.model import BacktestStatus
from domain.errors import Conflict
from domain.identity.model import Role
from domain.market.quality_report import OnError
from tests.kit.api import HOME, ApiOnFakes
from tests.kit.graphql import data_of, error_of, execute
from trader_graphql.connections import global_id

START = """mutation ($input: StartBacktestInput!) { startBacktest(input: $input) {
    __typename
    ... on Backtest { identifier status spec { strategy parameters instruments from to initialCash seed source } }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
    ... on NotFound { kind identifier }
} }"""


@pytest.fixture
def api() -> ApiOnFakes:
    return ApiOnFakes()


async def start(api: ApiOnFakes, **given: Any) -> dict[str, Any]:
    data = await data_of(api, START, input={"strategy": "sma_cross", "instruments": ["GOOG"]} | given)
    return dict(data["startBacktest"])


async def test_a_backtest_starts_and_is_handed_to_the_runner(api: ApiOnFakes) -> None:
    answer = await start(
        api,
        parameters={"fast": 5},
        **{"from": "2020-02-01"},
        to="2020-06-30",
        initialCash="12345.67",
        seed=2**40,
    )
    assert answer["__typename"] == "Backtest"
    assert answer["status"] == "QUEUED"
    assert answer["spec"] == {
        "strategy": "sma_cross",
        "parameters": {"fast": 5, "slow": 20},
        "instruments": ["GOOG.XNAS"],
        "from": "2020-02-01",
        "to": "2020-06-30",
        "initialCash": "12345.67",
        "seed": 2**40,
        "source": "sample",
    }
    assert [job.id for job, _ in api.runner.submitted] == [answer["identifier"]]


async def test_every_term_of_the_account_reaches_the_spec(api: ApiOnFakes) -> None:
    await start(
        api,
        costs={
            "commissionTiers": [{"over": 1000.0, "bps": 0.5}],
            "commissionTierPeriod": "MONTH",
            "commissionMaximumBps": 100.0,
            "commissionBpsPassive": 0.0,
            "fxBps": 2.0,
            "fundingRate": -0.0001,
        },
        sizing={"initialMargin": 0.5, "maintenanceMargin": 0.25, "maxVolumeShare": 0.1},
        limitFill="TOUCHED",
        adjustment="BOOKED",
        closeDelisted=False,
    )
    spec = api.runner.submitted[0][0].spec
    assert [(tier.over, tier.bps) for tier in spec.costs.commission_tiers] == [(1_000.0, 0.5)]
    assert (spec.costs.commission_tier_period, spec.costs.commission_maximum_bps) == ("month", 100.0)
    assert (spec.costs.commission_bps_passive, spec.costs.fx_bps, spec.costs.funding_rate) == (
        0.0,
        2.0,
        -0.0001,
    )
    assert (spec.sizing.leverage, spec.sizing.maintenance_margin, spec.sizing.max_volume_share) == (
        2.0,
        0.25,
        0.1,
    )
    assert (spec.limit_fill, spec.adjustment, spec.close_delisted) == ("touched", "booked", False)


async def test_the_terms_of_the_account_are_echoed(api: ApiOnFakes) -> None:
    echoed = """mutation($input: StartBacktestInput!) { startBacktest(input: $input) { ... on Backtest { spec {
        limitFill closeDelisted costs { commissionTiers { over bps } commissionTierPeriod fxBps }
        sizing { initialMargin maintenanceMargin maxVolumeShare }
    } } } }"""
    given = {
        "strategy": "sma_cross",
        "instruments": ["GOOG"],
        "costs": {"commissionTiers": [{"over": 1000.0, "bps": 0.5}]},
        "sizing": {"maxVolumeShare": 0.1},
    }

    data = await data_of(api, echoed, input=given)

    assert data["startBacktest"]["spec"] == {
        "limitFill": "CROSSED",
        "closeDelisted": True,
        "costs": {
            "commissionTiers": [{"over": 1000.0, "bps": 0.5}],
            "commissionTierPeriod": "ORDER",
            "fxBps": 0.0,
        },
        "sizing": {"initialMargin": None, "maintenanceMargin": None, "maxVolumeShare": 0.1},
    }


async def test_costs_and_sizing_left_out_keep_the_domains_defaults(api: ApiOnFakes) -> None:
    await start(
        api, costs={"commissionBps": 20.0, "spreadBps": 0.0}, sizing={"stopLoss": 0.05}, fill="NEXT_CLOSE"
    )
    spec = api.runner.submitted[0][0].spec
    assert (spec.costs.commission_bps, spec.costs.spread_bps, spec.costs.slippage_bps) == (20.0, 0.0, 1.0)
    assert (spec.sizing.stop_loss, spec.sizing.max_leverage) == (0.05, 1.0)
    assert spec.fill == "next_close"


async def test_the_same_key_and_input_start_one_run(api: ApiOnFakes) -> None:
    first = await start(api, idempotencyKey="k")
    again = await start(api, idempotencyKey="k")
    other = await start(api, idempotencyKey="k", seed=1)
    assert again["identifier"] == first["identifier"]
    assert len(api.runner.submitted) == 1
    assert other == {
        "__typename": "Conflict",
        "message": "The idempotency key 'k' was used for another request.",
    }


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        (
            {"initialCash": "0", "costs": {"commissionBps": -1.0}, "sizing": {"maxLeverage": 0.0}},
            [
                (["initialCash"], "must be greater than 0 (got 0)"),
                (["costs", "commissionBps"], "must be greater than or equal to 0 (got -1.0)"),
                (["sizing", "maxLeverage"], "must be greater than 0 (got 0.0)"),
            ],
        ),
        ({"from": "2021-01-01", "to": "2020-01-01"}, [(["from"], "2021-01-01 is after to, 2020-01-01")]),
        (
            {"from": "2030-01-01"},
            [(["from"], "2030-01-01 is after the last bar; bars go from 2020-01-01 to 2020-09-06")],
        ),
        (
            {"to": "2010-01-01"},
            [(["to"], "2010-01-01 is before the first bar; bars go from 2020-01-01 to 2020-09-06")],
        ),
        ({"parameters": {"fast": 30}}, [(["parameters", "fast"], "must be a whole number below slow")]),
        ({"parameters": [1]}, [(["parameters"], "must be an object of names and values")]),
        ({"instruments": ["GOOG", "GOOG"]}, [(["instruments"], "an instrument is named twice")]),
        (
            {"timeframe": "fortnight"},
            [
                (
                    ["timeframe"],
                    "'fortnight' is not a time frame; write a number and m, h, d or w, like 1d or 15m",
                )
            ],
        ),
        ({"seed": -1}, [(["seed"], "must be greater than or equal to 0 (got -1)")]),
    ],
)
async def test_wrong_input_is_a_member_of_the_union_with_the_callers_paths(
    api: ApiOnFakes, given: dict[str, Any], problems: list[tuple[list[str], str]]
) -> None:
    answer = await start(api, **given)
    assert answer["__typename"] == "InvalidInput"
    assert [(one["path"], one["message"]) for one in answer["problems"]] == problems
    assert answer["message"] == "; ".join(f"{'.'.join(path)}: {message}" for path, message in problems)
    assert api.runner.submitted == []


@pytest.mark.parametrize(
    ("given", "kind", "identifier"),
    [
        ({"strategy": "magic"}, "strategy", "magic"),
        ({"instruments": ["NOPE"]}, "instrument", "NOPE"),
        ({"benchmark": "NOPE"}, "benchmark", "NOPE"),
    ],
)
async def test_what_does_not_exist_is_a_member_of_the_union(
    api: ApiOnFakes, given: dict[str, Any], kind: str, identifier: str
) -> None:
    answer = await start(api, **given)
    assert (answer["__typename"], answer["kind"], answer["identifier"]) == ("NotFound", kind, identifier)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"initialCash": "plenty"}, "'plenty' is not a decimal number"),
        ({"initialCash": "NaN"}, "'NaN' is not a decimal number"),
        ({"initialCash": True}, "'True' is not a decimal number"),
        ({"from": "yesterday"}, "Value cannot represent a Date"),
        ({"seed": 2**63}, "is not a whole number of at most 63 bits"),
        ({"fill": "LAST_YEAR"}, "Value 'LAST_YEAR' does not exist in 'FillPrice' enum"),
        ({"speed": 1}, "Expected value of type 'StartBacktestInput' not to include unknown field 'speed'"),
    ],
)
async def test_a_value_that_is_no_such_scalar_is_refused_before_anything_runs(
    api: ApiOnFakes, given: dict[str, Any], message: str
) -> None:
    error = await error_of(api, START, input={"strategy": "sma_cross", "instruments": ["GOOG"]} | given)
    assert message in error["message"]
    assert "path" not in error


@pytest.mark.parametrize(
    "mutation",
    [
        'startBacktest(input: {strategy: "sma_cross", instruments: ["GOOG"]})',
        'cancelBacktest(input: {id: "bt_000001"})',
        'deleteBacktest(input: {id: "bt_000001"})',
        'importBars(input: {source: "sample", symbols: ["GOOG"]})',
        'createApiKey(input: {name: "n", role: ADMIN})',
    ],
)
async def test_a_viewer_may_change_nothing(api: ApiOnFakes, mutation: str) -> None:
    api.holding(1)
    data = await data_of(
        api, f"mutation {{ answer: {mutation} {{ __typename ... on Refusal {{ message }} }} }}", Role.VIEWER
    )
    needed = "admin" if "ApiKey" in mutation else "trader"
    assert data["answer"] == {
        "__typename": "Forbidden",
        "message": f"This needs the role '{needed}'; 'viewer' is 'viewer'.",
    }
    assert api.runner.submitted == []
    assert api.market.calls == []


async def test_a_forbidden_query_is_an_error_with_a_code(api: ApiOnFakes) -> None:
    error = await error_of(api, "{ apiKeys { name } }", Role.TRADER)
    assert error["extensions"] == {"code": "FORBIDDEN"}


async def test_a_run_is_cancelled_once_and_an_ended_one_never(api: ApiOnFakes) -> None:
    query = """mutation ($id: ID!) { cancelBacktest(input: {id: $id}) {
        __typename ... on Backtest { status } ... on Refusal { message } } }"""
    queued = global_id("Backtest", (await start(api))["identifier"])
    for _ in range(2):
        answer = (await data_of(api, query, id=queued))["cancelBacktest"]
        assert answer == {"__typename": "Backtest", "status": "CANCELLED"}
    assert len(api.runner.cancelled) == 1

    api.holding(1)
    ended = (await data_of(api, query, id="bt_000001"))["cancelBacktest"]
    assert ended == {
        "__typename": "Conflict",
        "message": "Backtest bt_000001 has completed already and cannot be cancelled.",
    }
    missing = (await data_of(api, query, id="bt_nothing"))["cancelBacktest"]
    assert missing["__typename"] == "NotFound"


async def test_an_ended_run_is_deleted_with_its_artefacts(api: ApiOnFakes) -> None:
    api.holding(1)
    query = """mutation ($id: ID!) { deleteBacktest(input: {id: $id}) { __typename ... on DeletedBacktest { id } } }"""
    wanted = global_id("Backtest", "bt_000001")
    assert (await data_of(api, query, id=wanted))["deleteBacktest"] == {
        "__typename": "DeletedBacktest",
        "id": wanted,
    }
    assert api.artefacts.deleted == ["bt_000001"]
    assert (await data_of(api, query, id=wanted))["deleteBacktest"]["__typename"] == "NotFound"

    api.holding(1, BacktestStatus.RUNNING)
    assert (await data_of(api, query, id=wanted))["deleteBacktest"]["__typename"] == "Conflict"
    wrong = await data_of(api, query, id=global_id("Instrument", "GOOG.XNAS"))
    assert wrong["deleteBacktest"]["__typename"] == "InvalidInput"


IMPORT = """mutation ($input: ImportBarsInput!) { importBars(input: $input) { __typename
    ... on ImportBarsResult { series { instrumentId rows qualityReport { rowsQuarantined } } }
    ... on Refusal { message } ... on InvalidInput { problems { path message } } } }"""


async def test_bars_are_imported_with_their_quality_reports(api: ApiOnFakes) -> None:
    given = {"source": "sample", "symbols": ["GOOG"], "from": "2020-01-01", "onError": "QUARANTINE"}
    answer = (await data_of(api, IMPORT, Role.TRADER, input=given))["importBars"]
    assert answer["series"] == [
        {"instrumentId": "GOOG.XNAS", "rows": 250, "qualityReport": {"rowsQuarantined": 2}}
    ]
    assert api.market.calls == [
        ("sample", ("GOOG",), "1d", datetime(2020, 1, 1, tzinfo=UTC), None, OnError.QUARANTINE)
    ]


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        (
            {"source": "moon", "symbols": ["GOOG"]},
            "NotFound",
            "There is no source 'moon'. Known sources: sample.",
        ),
        ({"source": "sample", "symbols": ["BAD"]}, "InvalidInput", "BAD.high_below_low: 2 of 100 rows"),
        ({"source": "sample", "symbols": []}, "InvalidInput", "symbols: name from 1 to 100"),
        (
            {"source": "sample", "symbols": ["GOOG"], "from": "2021-01-01", "to": "2020-01-01"},
            "InvalidInput",
            "from: 2021-01-01 is after to, 2020-01-01",
        ),
    ],
)
async def test_an_import_that_cannot_be_says_why(
    api: ApiOnFakes, given: dict[str, Any], kind: str, message: str
) -> None:
    answer = (await data_of(api, IMPORT, input=given))["importBars"]
    assert (answer["__typename"], answer["message"]) == (kind, message)


async def test_an_admin_makes_lists_and_revokes_keys(api: ApiOnFakes) -> None:
    made = await data_of(
        api,
        """mutation { createApiKey(input: {name: " laptop ", role: TRADER, expiresAt: "2027-01-01T00:00:00Z"}) {
            ... on CreatedApiKey { secret key { id name prefix role expiresAt } } } }""",
    )
    secret, key = made["createApiKey"]["secret"], made["createApiKey"]["key"]
    assert key | {"id": "", "prefix": ""} == {
        "id": "",
        "prefix": "",
        "name": "laptop",
        "role": "TRADER",
        "expiresAt": "2027-01-01T00:00:00Z",
    }
    assert secret.startswith(key["prefix"])
    assert api.services.identity.recognise(secret) is not None

    listed = await data_of(api, "{ apiKeys { id name revokedAt } }")
    assert listed["apiKeys"] == [{"id": key["id"], "name": "laptop", "revokedAt": None}]

    query = "mutation ($id: ID!) { revokeApiKey(input: {id: $id}) { __typename } }"
    assert (await data_of(api, query, id=key["id"]))["revokeApiKey"] == {"__typename": "RevokedApiKey"}
    assert api.services.identity.recognise(secret) is None
    missing = await data_of(api, query, id=global_id("ApiKey", "key_none"))
    assert missing["revokeApiKey"] == {"__typename": "NotFound"}


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"name": "  ", "role": "VIEWER"}, ["name"]),
        ({"name": "x" * 101, "role": "VIEWER"}, ["name"]),
        ({"name": "late", "role": "VIEWER", "expiresAt": "2020-01-01T00:00:00Z"}, ["expiresAt"]),
    ],
)
async def test_a_key_that_makes_no_sense_is_refused(
    api: ApiOnFakes, given: dict[str, Any], path: list[str]
) -> None:
    query = """mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
        ... on InvalidInput { problems { path } } } }"""
    answer = await data_of(api, query, input=given)
    assert answer["createApiKey"]["problems"] == [{"path": path}]
    assert api.services.identity.list_keys(HOME) == []


async def test_a_refusal_is_no_entry_of_errors(api: ApiOnFakes) -> None:
    api.repository.add = _refuse  # type: ignore[method-assign] # the repository decides races
    result = await execute(api, START, input={"strategy": "sma_cross", "instruments": ["GOOG"]})
    assert result.errors is None
    assert result.data == {"startBacktest": {"__typename": "Conflict", "message": "Somebody was faster."}}


def _refuse(*_: Any) -> Any:
    raise Conflict("Somebody was faster.")
