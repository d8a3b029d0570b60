"""Each deployable starts in a fresh interpreter and loads only what it may."""

import subprocess
import sys

import pytest

HEAVY = (
    "polars",
    "pandas",
    "torch",
    "transformers",
    "sklearn",
    "streamlit",
    "exchange_calendars",
    "yfinance",
    "ccxt",
)
LIGHT_API = (
    *HEAVY,
    "numpy",
    "boto3",
    "redis",
    "domain.backtesting._kernel",
    "domain.features._rolling",
    "typer",
)

MUST_NOT_LOAD = {
    "functions.graphql_http": LIGHT_API,
    "functions.api": LIGHT_API,
    "functions.settings": (*LIGHT_API, "sqlalchemy", "fastapi"),
    "functions.bootstrap": (*LIGHT_API, "fastapi"),
    "functions.cli.main": (*HEAVY, "fastapi", "numpy"),
    "agentic_trader": ("polars", "pandas", "numpy", "graphql", "domain", "functions", "sqlalchemy"),
    "functions.backtest_run": ("pandas", "torch", "fastapi", "strawberry", "boto3", "exchange_calendars"),
    "trader_graphql.schema": LIGHT_API,
    "domain.backtesting.engine": (*HEAVY, "sqlalchemy", "strawberry", "fastapi"),
    "domain.backtesting.service": (*LIGHT_API, "sqlalchemy"),
    "domain.research.service": (*LIGHT_API, "sqlalchemy"),
}


@pytest.mark.parametrize("module", MUST_NOT_LOAD)
def test_a_deployable_loads_nothing_it_does_not_need(module: str) -> None:
    script = f"import sys, {module}; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert module in loaded
    assert loaded.isdisjoint(MUST_NOT_LOAD[module]), sorted(loaded & set(MUST_NOT_LOAD[module]))
