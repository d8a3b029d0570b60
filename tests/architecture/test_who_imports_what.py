"""Third-party packages stay where the plan puts them."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = {"agentic_trader", "domain", "events", "functions", "trader_graphql"}

# The first rule whose path begins a file's path says what it may import beyond the standard library and us.
ALLOWED = (
    ("domain/storage/", {"sqlalchemy", "alembic"}),
    ("domain/market/adapters/", {"numpy", "polars", "sqlalchemy", "exchange_calendars", "pandas",
                                 "yfinance", "alpaca", "ccxt", "requests", "curl_cffi"}),
    ("domain/performance/adapters/", {"numpy", "jinja2"}),
    ("domain/backtesting/adapters/", {"numpy", "polars", "sqlalchemy"}),
    ("domain/identity/adapters/", {"sqlalchemy"}),
    ("domain/research/adapters/", {"numpy", "polars", "sqlalchemy", "optuna", "jinja2"}),
    ("domain/portfolio/adapters/", {"numpy", "skfolio"}),
    ("domain/", {"numpy", "pydantic"}),
    ("events/", {"pydantic"}),
    ("graphql/agentic_trader/", {"httpx", "pandas", "polars", "pydantic", "websockets"}),
    ("graphql/", {"strawberry", "graphql", "fastapi", "starlette", "pydantic", "anyio", "cross_web", "numpy"}),
    ("functions/report.py", {"numpy"}),
    ("functions/cli/", {"typer", "rich", "httpx", "websockets", "pydantic"}),
    ("functions/", {"fastapi", "starlette", "uvicorn", "mangum", "pydantic", "pydantic_settings", "anyio"}),
)  # fmt: skip


def source_files() -> Iterator[str]:
    for folder in ("domain", "events", "functions", "graphql"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix()


def imported_packages(file: str) -> set[str]:
    packages = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            packages |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            packages.add(node.module.split(".")[0])
    return packages - set(sys.stdlib_module_names) - OURS


@pytest.mark.parametrize("file", list(source_files()))
def test_a_file_imports_only_what_its_room_may(file: str) -> None:
    allowed = next(packages for prefix, packages in ALLOWED if file.startswith(prefix))
    assert imported_packages(file) <= allowed


def test_nothing_imports_relatively_upwards() -> None:
    for file in source_files():
        for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.ImportFrom) and node.level > 1), file
