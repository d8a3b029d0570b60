"""What is served beside GraphQL: files of a run, health, documentation."""

import pytest

from domain.backtesting.model import BacktestStatus
from domain.errors import NeedsOperator
from functions.api import create_app
from functions.settings import Mode
from tests.kit.api import ApiOnFakes
from tests.kit.http import client
from trader_graphql.connections import global_id


@pytest.fixture
def api() -> ApiOnFakes:
    api = ApiOnFakes()
    api.holding(1)
    return api


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("curve.csv", "text/csv; charset=utf-8"),
        ("trades.csv", "text/csv; charset=utf-8"),
        ("curve.parquet", "application/vnd.apache.parquet"),
        ("trades.parquet", "application/vnd.apache.parquet"),
    ],
)
async def test_curve_and_trades_are_fetched_as_files(api: ApiOnFakes, name: str, media: str) -> None:
    what, form = name.split(".")
    async with client(create_app(api)) as http:
        answer = await http.get(f"/backtests/bt_000001/{name}")
    assert (answer.status_code, answer.text) == (200, f"{what} as {form}")
    assert answer.headers["content-type"] == media
    assert answer.headers["content-disposition"] == f'attachment; filename="bt_000001-{name}"'


async def test_a_report_is_a_page_that_may_run_its_own_scripts_only(api: ApiOnFakes) -> None:
    async with client(create_app(api)) as http:
        answer = await http.get(f"/backtests/{global_id('Backtest', 'bt_000001')}/report.html")
    assert (answer.status_code, answer.text) == (200, "<!doctype html><title>bt_000001</title>")
    assert answer.headers["content-security-policy"].startswith(
        "default-src 'none'; script-src 'unsafe-inline'"
    )


async def test_links_of_the_api_lead_to_what_they_name(api: ApiOnFakes) -> None:
    query = '{ backtest(id: "bt_000001") { reportUrl downloads { url } } }'
    async with client(create_app(api)) as http:
        links = (await http.post("/graphql", json={"query": query})).json()["data"]["backtest"]
        for url in [links["reportUrl"], *(one["url"] for one in links["downloads"])]:
            assert (await http.get(url)).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/backtests/bt_nothing/curve.csv", 404, "There is no backtest 'bt_nothing'."),
        ("/backtests/bt_nothing/report.html", 404, "There is no backtest 'bt_nothing'."),
        ("/backtests/nonsense!/report.html", 422, "id: 'nonsense!' is not an id of this API"),
        (
            "/backtests/bt_000001/report.html",
            409,
            "Backtest bt_000001 is queued; only a completed one has results.",
        ),
    ],
)
async def test_a_file_that_is_not_there_says_why(path: str, status: int, detail: str) -> None:
    api = ApiOnFakes()
    api.holding(1, BacktestStatus.QUEUED)
    async with client(create_app(api)) as http:
        answer = await http.get(path)
    assert (answer.status_code, answer.json()) == (status, {"detail": detail})


async def test_files_need_a_key_on_a_server() -> None:
    api = ApiOnFakes(mode=Mode.SERVER)
    api.holding(1)
    async with client(create_app(api)) as http:
        for path in ("/backtests/bt_000001/report.html", "/backtests/bt_000001/curve.csv"):
            assert (await http.get(path)).status_code == 401
            known = await http.get(path, headers={"authorization": f"Bearer {api.key()}"})
            assert known.status_code == 200


async def test_health_is_about_the_process_and_readiness_about_the_database(api: ApiOnFakes) -> None:
    async with client(create_app(api), peer="203.0.113.7") as http:
        assert (await http.get("/healthz")).json()["status"] == "ok"
        assert (await http.get("/readyz")).json() == {"status": "ready", "reasons": []}
        api.database.fault = NeedsOperator("The database has not been migrated.")
        assert (await http.get("/healthz")).status_code == 200
        away = await http.get("/readyz")
    assert (away.status_code, away.json()) == (
        503,
        {"status": "not ready", "reasons": ["The database has not been migrated."]},
    )


async def test_the_rest_of_the_api_is_documented(api: ApiOnFakes) -> None:
    async with client(create_app(api)) as http:
        assert (await http.get("/docs")).status_code == 200
        paths = (await http.get("/openapi.json")).json()["paths"]
    assert set(paths) == {
        "/healthz",
        "/readyz",
        "/backtests/{id}/report.html",
        "/backtests/{id}/{what}.{form}",
        "/studies/{id}/report.html",
        "/studies/{id}/runs.{form}",
        "/comparisons/report.html",
    }


async def test_answers_can_neither_be_framed_nor_sniffed_nor_cached(api: ApiOnFakes) -> None:
    async with client(create_app(api)) as http:
        headers = (await http.post("/graphql", json={"query": "{ viewer { name } }"})).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
