"""The platform as processes: what a client that comes back after a crash or a restart finds."""

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from domain.backtesting.adapters.sql import SqlBacktestRepository
from domain.backtesting.model import Backtest, BacktestStatus
from domain.ids import BacktestId
from functions.bootstrap import compose
from functions.settings import Settings
from tests.kit.backtests import WORKSPACE, a_spec
from tests.kit.cli import agentic_trader, child_environment, isolated
from tests.kit.server import ask, running_server

FAILURE = "query ($id: ID!) { backtest(id: $id) { status failure } }"
START = """
mutation ($input: StartBacktestInput!) {
  startBacktest(input: $input) { __typename ... on Backtest { id } ... on NotFound { message } }
}
"""
RESULT = """
query ($id: ID!) { backtest(id: $id) {
  status statistics { finalEquity trades } reportUrl equityCurve(points: 50) { equity }
} }
"""
PROGRESS_ENDS = 2_000


def leave_a_run_behind(folder: Path) -> BacktestId:
    """A run that a process began and never finished, as a crash leaves it."""
    application = compose(Settings(data_folder=folder))
    application.upgrade_database()
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    run = Backtest(
        BacktestId("bt_left_behind"), WORKSPACE, a_spec(), BacktestStatus.QUEUED, long_ago, runner="dead:1"
    ).began(long_ago, "dead:1")
    repository = SqlBacktestRepository(application.database)
    repository.add(run, None, "hash")
    repository.touch("dead:1", long_ago)
    application.close()
    return run.id


def test_a_run_whose_process_died_is_failed_with_the_reason_once_a_server_starts(tmp_path: Path) -> None:
    run = leave_a_run_behind(tmp_path)
    with running_server(tmp_path, import_sample=False) as url, httpx.Client(base_url=url) as client:
        for _ in range(PROGRESS_ENDS):
            found = ask(client, FAILURE, id=run)["backtest"]
            if found["status"] == "FAILED":
                break
    assert found == {
        "status": "FAILED",
        "failure": "The process that ran this backtest ended before it finished.",
    }


def test_a_result_outlives_the_client_that_started_it_and_the_server_that_made_it(tmp_path: Path) -> None:
    with running_server(tmp_path) as url, httpx.Client(base_url=url) as client:
        wanted = {
            "strategy": "sma_cross",
            "instruments": ["GOOG"],
            "initialCash": "10000",
            "idempotencyKey": "k",
        }
        started = ask(client, START, input=wanted)["startBacktest"]
        for _ in range(PROGRESS_ENDS):
            first = ask(client, RESULT, id=started["id"])["backtest"]
            if first["status"] == "COMPLETED":
                break
        report = client.get(first["reportUrl"]).text
    with running_server(tmp_path, import_sample=False) as url, httpx.Client(base_url=url) as client:
        again = ask(client, RESULT, id=started["id"])["backtest"]
        repeated = ask(client, START, input=wanted)["startBacktest"]
        assert client.get(again["reportUrl"]).status_code == 200
    assert again == first
    assert first["statistics"]["trades"] > 0
    assert "Simple moving average cross" in report
    assert repeated["id"] == started["id"]


def test_the_command_line_and_the_api_give_the_same_result(tmp_path: Path) -> None:
    with isolated(tmp_path):
        line = agentic_trader(
            "backtest", "run", "macd", "--symbol", "GOOG", "--source", "sample", "--cash", "10000", "--json"
        ).document
    with running_server(tmp_path, import_sample=False) as url, httpx.Client(base_url=url) as client:
        wanted = {"strategy": "macd", "instruments": ["GOOG"], "initialCash": "10000", "idempotencyKey": "k"}
        started = ask(client, START, input=wanted)["startBacktest"]
        for _ in range(PROGRESS_ENDS):
            result = ask(client, RESULT, id=started["id"])["backtest"]
            if result["status"] == "COMPLETED":
                break
    assert result["statistics"] == {"finalEquity": line["final_equity"], "trades": line["trades"]}


def test_any_asgi_server_can_serve_the_application(tmp_path: Path) -> None:
    with isolated(tmp_path):
        assert agentic_trader("database", "upgrade").code == 0
    server = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "--factory", "functions.local:app", "--port", "0"],
        env=child_environment(tmp_path),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        told = (re.search(r"running on (http://\S+)", line) for line in server.stderr or ())
        address = next(found[1] for found in told if found)
        assert httpx.get(f"{address}/readyz").status_code == 200
    finally:
        server.terminate()
        server.communicate(timeout=60)
