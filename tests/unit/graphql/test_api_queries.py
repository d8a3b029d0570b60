"""Reading through the schema."""

import pytest

from domain.backtesting.model import BacktestStatus
from domain.identity.model import Role
from tests.kit.api import ELSEWHERE, ApiOnFakes
from tests.kit.graphql import data_of, error_of, the_schema
from trader_graphql.connections import cursor_of, global_id


@pytest.fixture
def api() -> ApiOnFakes:
    return ApiOnFakes()


async def test_the_viewer_is_told_who_it_is(api: ApiOnFakes) -> None:
    data = await data_of(api, "{ viewer { name role workspace } }", Role.TRADER)
    assert data == {"viewer": {"name": "trader", "role": "TRADER", "workspace": "default"}}


async def test_a_backtest_is_found_by_its_global_id_and_by_the_id_people_see(api: ApiOnFakes) -> None:
    api.holding(1)
    query = "query ($id: ID!) { backtest(id: $id) { id identifier status } }"
    expected = {"id": global_id("Backtest", "bt_000001"), "identifier": "bt_000001", "status": "COMPLETED"}
    assert (await data_of(api, query, id=expected["id"]))["backtest"] == expected
    assert (await data_of(api, query, id="bt_000001"))["backtest"] == expected


async def test_a_backtest_of_another_workspace_does_not_exist(api: ApiOnFakes) -> None:
    api.holding(1)
    result = await the_schema().execute(
        '{ backtest(id: "bt_000001") { id } }', context_value=api.context(workspace=ELSEWHERE)
    )
    assert result.errors is None
    assert result.data == {"backtest": None}


async def test_a_completed_backtest_shows_everything(api: ApiOnFakes) -> None:
    api.holding(1)
    data = await data_of(
        api,
        """{ backtest(id: "bt_000001") {
            progress createdAt startedAt finishedAt failure warnings
            spec { strategy parameters instruments timeframe from to initialCash fill fillIsOptimistic seed
                   costs { commissionBps } sizing { quantity stopLoss } adjustment benchmark }
            statistics { finalEquity calmar maxDrawdownStart start trades valueAtRisk95 }
            benchmarkStatistics { finalEquity }
            drawdowns { start end depth days }
            monthlyReturns { year month value } yearlyReturns { year month value }
            provenance { dataHash seed bars durationSeconds }
            reportUrl downloads { name url }
        } }""",
    )
    shown = data["backtest"]
    assert shown["createdAt"] == "2026-03-02T12:00:01Z"
    assert shown["spec"]["initialCash"] == "100000"
    assert shown["spec"]["fill"] == "NEXT_OPEN"
    assert shown["spec"]["parameters"] == {"fast": 10, "slow": 20}
    assert shown["statistics"] == {
        "finalEquity": 0.5,
        "calmar": None,
        "maxDrawdownStart": "2020-02-03",
        "start": "2020-01-02",
        "trades": 23,
        "valueAtRisk95": 16.25,
    }
    assert shown["drawdowns"][0] == {"start": "2020-01-02", "end": None, "depth": -0.2, "days": 9}
    assert len(shown["monthlyReturns"]) == 6
    assert shown["yearlyReturns"] == [{"year": 2020, "month": None, "value": 0.21}]
    assert shown["provenance"] == {"dataHash": "ab" * 32, "seed": 7, "bars": 250, "durationSeconds": 0.01}
    assert shown["reportUrl"] == "/backtests/bt_000001/report.html"
    assert [one["url"] for one in shown["downloads"]] == [
        "/backtests/bt_000001/curve.csv",
        "/backtests/bt_000001/curve.parquet",
        "/backtests/bt_000001/trades.csv",
        "/backtests/bt_000001/trades.parquet",
    ]


async def test_results_are_null_until_the_run_has_completed(api: ApiOnFakes) -> None:
    api.holding(1, BacktestStatus.RUNNING)
    data = await data_of(
        api,
        '{ backtest(id: "bt_000001") { status statistics { sharpe } equityCurve { equity } provenance { bars }'
        " trades(first: 1) { totalCount } reportUrl downloads { url } drawdowns { depth } warnings } }",
    )
    assert data["backtest"] == {
        "status": "RUNNING",
        "statistics": None,
        "equityCurve": None,
        "provenance": None,
        "trades": None,
        "reportUrl": None,
        "downloads": [],
        "drawdowns": [],
        "warnings": [],
    }


async def test_runs_are_paged_forwards_newest_first(api: ApiOnFakes) -> None:
    api.holding(5)
    query = """query ($after: String) { backtests(first: 2, after: $after) {
        totalCount pageInfo { hasNextPage hasPreviousPage endCursor } edges { cursor node { identifier } } } }"""
    seen: list[str] = []
    after = None
    while True:
        page = (await data_of(api, query, after=after))["backtests"]
        assert page["totalCount"] == 5
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        seen += [edge["node"]["identifier"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == [f"bt_{number:06d}" for number in (5, 4, 3, 2, 1)]


async def test_runs_are_paged_backwards_and_filtered(api: ApiOnFakes) -> None:
    api.holding(3)
    backwards = await data_of(api, "{ backtests(last: 2) { edges { node { identifier } } } }")
    assert [e["node"]["identifier"] for e in backwards["backtests"]["edges"]] == ["bt_000002", "bt_000001"]
    none = await data_of(
        api, "{ backtests(first: 9, filter: {status: FAILED}) { totalCount edges { cursor } } }"
    )
    assert none["backtests"] == {"totalCount": 0, "edges": []}


@pytest.mark.parametrize(
    ("arguments", "path", "message"),
    [
        ("", ["first"], "give either first or last, from 1 to 100"),
        ("(first: 1, last: 1)", ["first"], "give either first or last, from 1 to 100"),
        ("(first: 0)", ["first"], "must be from 1 to 100, not 0"),
        ("(last: 101)", ["last"], "must be from 1 to 100, not 101"),
        ("(first: -5)", ["first"], "must be from 1 to 100, not -5"),
        ('(first: 1, after: "nonsense")', ["after"], "'nonsense' is not a cursor of this list"),
    ],
)
async def test_a_page_that_cannot_be_is_refused(
    api: ApiOnFakes, arguments: str, path: list[str], message: str
) -> None:
    error = await error_of(api, f"{{ backtests{arguments} {{ totalCount }} }}")
    assert error["extensions"] == {"code": "INVALID_INPUT", "problems": [{"path": path, "message": message}]}


async def test_a_cursor_of_another_list_is_refused(api: ApiOnFakes) -> None:
    after = cursor_of("GOOG.XNAS")
    error = await error_of(
        api, "query ($a: String) { backtests(first: 1, after: $a) { totalCount } }", a=after
    )
    assert error["message"] == "after: is not a cursor of this list"


async def test_the_equity_curve_is_thinned_but_keeps_its_extremes(api: ApiOnFakes) -> None:
    api.holding(1)
    data = await data_of(
        api,
        '{ backtest(id: "bt_000001") { equityCurve(points: 50) { time equity cash exposure benchmark drawdown } } }',
    )
    points = data["backtest"]["equityCurve"]
    whole = api.artefacts.curve(api.workspace_id, api.repository.rows and next(iter(api.repository.rows)))
    assert len(points) <= 50
    assert points[0]["benchmark"] is None
    assert points[0]["time"] == "2026-03-02T12:00:00Z"
    equities = [point["equity"] for point in points]
    assert max(equities) == whole.equity.max()
    assert min(equities) == whole.equity.min()


@pytest.mark.parametrize("points", [-1, 0, 4, 5_001])
async def test_a_curve_of_too_few_or_too_many_points_is_refused(api: ApiOnFakes, points: int) -> None:
    api.holding(1)
    error = await error_of(
        api, f'{{ backtest(id: "bt_000001") {{ equityCurve(points: {points}) {{ equity }} }} }}'
    )
    assert error["message"] == f"points: must be from 5 to 5000, not {points}"


async def test_trades_are_paged(api: ApiOnFakes) -> None:
    api.holding(1)
    query = """query ($after: String) { backtest(id: "bt_000001") { trades(first: 3, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        edges { node { number instrument entryTime pnl return isOpen exitReason maximumAdverseExcursion } } } } }"""
    first = (await data_of(api, query))["backtest"]["trades"]
    assert first["totalCount"] == 7
    assert first["edges"][0]["node"] == {
        "number": 1,
        "instrument": "GOOG.XNAS",
        "entryTime": "2026-03-02T12:00:00Z",
        "pnl": 1.0,
        "return": 0.01,
        "isOpen": False,
        "exitReason": "signal",
        "maximumAdverseExcursion": -0.02,
    }
    second = (await data_of(api, query, after=first["pageInfo"]["endCursor"]))["backtest"]["trades"]
    assert [edge["node"]["number"] for edge in second["edges"]] == [4, 5, 6]
    assert second["pageInfo"]["hasNextPage"] is True


async def test_instruments_are_listed_with_their_series_and_quality(api: ApiOnFakes) -> None:
    data = await data_of(
        api,
        """{ instruments(first: 10, search: "alpha") { totalCount edges { node { identifier symbol assetClass
            tickSize series { source timeframe rows warnings qualityReport { rowsChecked findings { rule severity } }
        } } } } }""",
    )
    assert data["instruments"]["totalCount"] == 1
    node = data["instruments"]["edges"][0]["node"]
    assert node["identifier"] == "GOOG.XNAS"
    assert node["tickSize"] == "0.01"
    assert node["series"][0]["rows"] == 250
    assert node["series"][0]["qualityReport"]["findings"][0] == {
        "rule": "high_below_low",
        "severity": "ERROR",
    }


async def test_bars_are_read_by_symbol_in_pages_and_ranges(api: ApiOnFakes) -> None:
    query = """query ($after: String) { bars(instrument: "GOOG", from: "2020-01-02", to: "2020-01-09", first: 5,
        after: $after) { totalCount pageInfo { endCursor hasNextPage } edges { node { closeTime open close volume } } } }"""
    first = (await data_of(api, query))["bars"]
    assert first["totalCount"] == 8
    assert first["edges"][0]["node"]["closeTime"] == "2020-01-02T21:00:00Z"
    second = (await data_of(api, query, after=first["pageInfo"]["endCursor"]))["bars"]
    assert [edge["node"]["closeTime"][:10] for edge in second["edges"]] == [
        "2020-01-07",
        "2020-01-08",
        "2020-01-09",
    ]
    assert second["pageInfo"]["hasNextPage"] is False


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            'instrument: "NOPE"',
            "NOT_FOUND",
            "There is no instrument 'NOPE'. This workspace holds no 1d bars of it. Stored: AAPL, GOOG.",
        ),
        (
            'instrument: "GOOG", timeframe: "fortnight"',
            "INVALID_INPUT",
            "timeframe: 'fortnight' is not a time frame; write a number and m, h, d or w, like 1d or 15m",
        ),
        (
            'instrument: "GOOG", from: "2021-01-01", to: "2020-01-01"',
            "INVALID_INPUT",
            "from: 2021-01-01 is after to, 2020-01-01",
        ),
    ],
)
async def test_bars_that_cannot_be_read_say_why(
    api: ApiOnFakes, arguments: str, code: str, message: str
) -> None:
    error = await error_of(api, f"{{ bars({arguments}, first: 1) {{ totalCount }} }}")
    assert (error["extensions"]["code"], error["message"]) == (code, message)


async def test_strategies_and_conventions_are_listed(api: ApiOnFakes) -> None:
    data = await data_of(
        api,
        "{ strategies { name parametersSchema maximumInstruments } statisticConventions { name convention } }",
    )
    assert [one["name"] for one in data["strategies"]] == ["buy_and_hold", "sma_cross"]
    assert data["strategies"][1]["parametersSchema"]["properties"]["fast"]["minimum"] == 1
    assert data["statisticConventions"][0]["name"] == "finalEquity"


@pytest.mark.parametrize(
    ("kind", "key", "expected"),
    [
        ("Backtest", "bt_000001", {"__typename": "Backtest", "identifier": "bt_000001"}),
        ("Instrument", "GOOG.XNAS", {"__typename": "Instrument", "symbol": "GOOG"}),
        ("Strategy", "sma_cross", {"__typename": "Strategy", "title": "SMA cross"}),
        ("Backtest", "bt_999999", None),
        ("Instrument", "NO.NE", None),
        ("Strategy", "magic", None),
    ],
)
async def test_a_node_is_fetched_by_its_id_alone(
    api: ApiOnFakes, kind: str, key: str, expected: dict[str, str] | None
) -> None:
    api.holding(1)
    query = """query ($id: ID!) { node(id: $id) { __typename ... on Backtest { identifier }
        ... on Instrument { symbol } ... on Strategy { title } } }"""
    assert (await data_of(api, query, id=global_id(kind, key)))["node"] == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("???", "id: '???' is not an id of this API"),
        (global_id("Planet", "mars"), "id: names a Planet, which is no node"),
    ],
)
async def test_an_id_that_names_nothing_says_so(api: ApiOnFakes, given: str, message: str) -> None:
    error = await error_of(api, "query ($id: ID!) { node(id: $id) { id } }", id=given)
    assert error["message"] == message


async def test_backtests_asked_for_one_by_one_are_loaded_together(api: ApiOnFakes) -> None:
    api.holding(3)
    asked: list[list[str]] = []
    get_many = api.repository.get_many
    api.repository.get_many = lambda w, ids: asked.append(list(ids)) or get_many(w, ids)  # type: ignore[method-assign,func-returns-value]
    fields = " ".join(f'a{n}: backtest(id: "bt_00000{n}") {{ identifier }}' for n in (1, 2, 3))
    await data_of(api, f"{{ {fields} }}")
    assert asked == [["bt_000001", "bt_000002", "bt_000003"]]
