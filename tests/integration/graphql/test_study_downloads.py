"""Reports and rows of studies, and comparisons, as they are fetched."""

import pytest

from domain.ids import WorkspaceId
from domain.research.model import Study, StudyId, StudyKind, StudyStatus
from functions.api import create_app
from functions.settings import Mode
from tests.kit.api import ELSEWHERE, HOME, NOW, ApiOnFakes
from tests.kit.http import client
from tests.kit.studies import a_sweep
from trader_graphql.connections import global_id


def holding(api: ApiOnFakes, name: str, *, done: bool = True, workspace: WorkspaceId = HOME) -> None:
    status = StudyStatus.COMPLETED if done else StudyStatus.QUEUED
    study = Study(StudyId(name), workspace, StudyKind.SWEEP, a_sweep(), status, NOW)
    api.studies.rows[study.id] = study.changed(outcome={"runs": 6}) if done else study


@pytest.fixture
def api() -> ApiOnFakes:
    api = ApiOnFakes()
    api.holding(2)
    holding(api, "st_000001")
    return api


@pytest.mark.parametrize("name", ["st_000001", str(global_id("Sweep", "st_000001"))])
async def test_a_report_is_a_page_that_may_run_its_own_scripts_only(api: ApiOnFakes, name: str) -> None:
    async with client(create_app(api)) as http:
        answer = await http.get(f"/studies/{name}/report.html")
    assert (answer.status_code, answer.text) == (200, "<!doctype html><title>st_000001</title>")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith(
        "default-src 'none'; script-src 'unsafe-inline'"
    )


@pytest.mark.parametrize(
    ("form", "media"),
    [("csv", "text/csv; charset=utf-8"), ("parquet", "application/vnd.apache.parquet")],
)
async def test_rows_are_fetched_as_a_file(api: ApiOnFakes, form: str, media: str) -> None:
    async with client(create_app(api)) as http:
        answer = await http.get(f"/studies/st_000001/runs.{form}")
    assert (answer.status_code, answer.text) == (200, f"rows as {form}")
    assert answer.headers["content-type"] == media
    assert answer.headers["content-disposition"] == f'attachment; filename="st_000001-runs.{form}"'


async def test_runs_are_compared_in_the_order_they_are_named(api: ApiOnFakes) -> None:
    async with client(create_app(api)) as http:
        query = f"id={global_id('Backtest', 'bt_000002')}&id=bt_000001"
        answer = await http.get(f"/comparisons/report.html?{query}")
    assert (answer.status_code, answer.text) == (200, "<!doctype html><title>bt_000002 bt_000001</title>")


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/studies/st_nothing/report.html", 404, "There is no study 'st_nothing'."),
        ("/studies/st_nothing/runs.csv", 404, "There is no study 'st_nothing'."),
        ("/studies/st_elsewhere/runs.csv", 404, "There is no study 'st_elsewhere'."),
        ("/studies/nonsense!/report.html", 422, "id: 'nonsense!' is not an id of this API"),
        (
            f"/studies/{global_id('Backtest', 'bt_000001')}/report.html",
            422,
            "id: names a Backtest, which is no study",
        ),
        (
            "/studies/st_000002/report.html",
            409,
            "Study st_000002 is queued; only a completed one has a report.",
        ),
        ("/comparisons/report.html?id=bt_000001&id=bt_nothing", 404, "There is no backtest 'bt_nothing'."),
        ("/comparisons/report.html?id=nonsense!", 422, "id: 'nonsense!' is not an id of this API"),
    ],
)
async def test_what_is_not_there_says_why(api: ApiOnFakes, path: str, status: int, detail: str) -> None:
    holding(api, "st_000002", done=False)
    holding(api, "st_elsewhere", workspace=ELSEWHERE)
    async with client(create_app(api)) as http:
        answer = await http.get(path)
    assert (answer.status_code, answer.json()) == (status, {"detail": detail})


async def test_files_need_a_key_on_a_server() -> None:
    api = ApiOnFakes(mode=Mode.SERVER)
    api.holding(2)
    holding(api, "st_000001")
    paths = (
        "/studies/st_000001/report.html",
        "/studies/st_000001/runs.csv",
        "/comparisons/report.html?id=bt_000001&id=bt_000002",
    )
    async with client(create_app(api)) as http:
        for path in paths:
            assert (await http.get(path)).status_code == 401
            known = await http.get(path, headers={"authorization": f"Bearer {api.key()}"})
            assert known.status_code == 200
