"""What the API costs: a list, a whole backtest over HTTP, and starting a process that serves it."""

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from domain.backtesting.model import BacktestStatus
from tests.benchmarks.rows import Row
from tests.benchmarks.timing import best_cpu_ms_of_many
from tests.kit.api import ApiOnFakes, a_run
from tests.kit.graphql import the_schema
from tests.kit.server import ask, running_server
from trader_graphql.backtests.types import Backtest
from trader_graphql.connections import Connection, connection
from trader_graphql.request import in_thread

LIST = """
query { backtests(first: 100) { edges { node {
  id identifier status progress createdAt startedAt finishedAt failure
} } } }
"""
START = """
mutation ($input: StartBacktestInput!) { startBacktest(input: $input) { __typename ... on Backtest { id } } }
"""
STATUS = "query ($id: ID!) { backtest(id: $id) { status failure statistics { finalEquity } } }"
RUNS = 100
IMPORT_CPU = "import time; b = time.process_time(); import {module}; print((time.process_time() - b) * 1_000)"


def rows() -> list[Row]:
    with_fast, without_fast, own = list_cost_ms()
    return [
        Row(
            "GraphQL list of 100 x 8 fields, above the resolver's own work",
            "ms",
            with_fast - own,
            0.5,
            {"stock Strawberry executor": without_fast - own},
            note=f"CPU of schema.execute; the resolver itself takes {own:.2f} ms.",
        ),
        Row("import of the API, all eager", "ms CPU", import_cpu_ms("functions.graphql_http"), 1_000.0),
        Row("startBacktest to finished over HTTP, 2,148 bars", "ms", start_to_finished_ms(), 300.0),
    ]


def list_cost_ms() -> tuple[float, float, float]:
    """CPU of the query with the fast executor, with the stock one, and of the resolver's work alone."""
    api = ApiOnFakes()
    for number in range(RUNS):
        run = a_run(number + 1, BacktestStatus.COMPLETED)
        api.repository.rows[run.id] = run
    context = api.context()
    loop = asyncio.new_event_loop()

    def execute(fast: bool) -> None:
        result = loop.run_until_complete(the_schema(fast=fast).execute(LIST, context_value=context))
        if result.errors or len(result.data["backtests"]["edges"]) != RUNS:
            raise RuntimeError(f"The list query failed: {result.errors}")

    async def resolve() -> Connection[Backtest]:
        services = context.services
        page = await in_thread(services.backtests.page, context.workspace_id, first=RUNS)
        return connection(
            page.items,
            lambda run: run.id,
            Backtest.of,
            has_next=page.has_next,
            has_previous=page.has_previous,
            total=page.total,
        )

    costs = (
        best_cpu_ms_of_many(lambda: execute(True), 5, 100),
        best_cpu_ms_of_many(lambda: execute(False), 5, 20),
        best_cpu_ms_of_many(lambda: loop.run_until_complete(resolve()), 5, 100),
    )
    loop.close()
    return costs


def import_cpu_ms(module: str) -> float:
    """CPU milliseconds to import a module in a fresh interpreter with byte code at hand, best of five."""
    script = IMPORT_CPU.format(module=module)
    runs = [
        subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
        for _ in range(5)
    ]
    return min(float(run.stdout) for run in runs)


def start_to_finished_ms() -> float:
    """Wall-clock from the mutation to the answer that it has completed, best of ten, warm server."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder)) as url,
        httpx.Client(base_url=url) as client,
    ):
        return min(_one_backtest_ms(client, seed) for seed in range(10))


def _one_backtest_ms(client: httpx.Client, seed: int) -> float:
    began = time.perf_counter()
    given = {
        "strategy": "sma_cross",
        "parameters": {"fast": 20, "slow": 50},
        "instruments": ["GOOG"],
        "seed": str(seed),
        "idempotencyKey": f"bench-{seed}",
    }
    started = ask(client, START, input=given)["startBacktest"]
    while True:
        run = ask(client, STATUS, id=started["id"])["backtest"]
        if run["status"] == "COMPLETED":
            return (time.perf_counter() - began) * 1_000
        if run["status"] == "FAILED":
            raise RuntimeError(run["failure"])
        time.sleep(0.002)
