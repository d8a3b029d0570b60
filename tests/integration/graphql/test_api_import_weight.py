"""What the API must not load before it is asked for it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[3]
_HEAVY = ("numpy", "polars", "pandas", "torch", "pyarrow", "boto3", "redis", "domain.backtesting._kernel")
_PROGRAM = "import json, sys; import {module}; print(json.dumps(sorted(sys.modules)))"


@pytest.mark.parametrize(
    ("module", "besides"),
    [
        ("trader_graphql.context", ("strawberry", "fastapi", "sqlalchemy")),
        ("trader_graphql.schema", ("fastapi", "starlette.applications", "sqlalchemy")),
        ("functions.api", ("sqlalchemy", "uvicorn")),
        ("functions.graphql_http", ("sqlalchemy", "uvicorn")),
    ],
)
def test_importing_it_loads_nothing_heavy(module: str, besides: tuple[str, ...]) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{_ROOT / 'graphql'}{os.pathsep}{_ROOT}"}
    program = _PROGRAM.format(module=module)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(json.loads(done.stdout))
    assert loaded & {*_HEAVY, *besides} == set()
