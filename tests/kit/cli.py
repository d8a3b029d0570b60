"""The command line as a test runs it: in this process, or as a child where signals matter."""

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.cli.main import run

CROSS = (
    "sma_cross", "--param", "fast=10", "--param", "slow=20", "--symbol", "GOOG", "--cash", "10000",
    "--commission-bps", "20", "--spread-bps", "0", "--slippage-bps", "0",
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        """stdout as the one JSON document it must be."""
        return json.loads(self.stdout)


def agentic_trader(*arguments: str) -> CommandResult:
    """Carry out one command line in this process; the environment names the data folder."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with redirect_stdout(stdout), redirect_stderr(stderr):
        code = run(arguments)
    return CommandResult(int(code), stdout.getvalue(), stderr.getvalue())


def child_environment(folder: Path) -> dict[str, str]:
    """The environment of a child process that works in this data folder alone."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AGENTIC_TRADER_")}
    kept.pop("DATABASE_URL", None)
    paths = [str(ROOT), str(ROOT / "graphql"), kept.get("PYTHONPATH", "")]
    return kept | {
        "AGENTIC_TRADER_DATA_FOLDER": str(folder),
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }


def command(*arguments: str) -> list[str]:
    """The command line as a child process."""
    return [sys.executable, "-m", "functions.cli", *arguments]


@contextmanager
def isolated(folder: Path) -> Iterator[Path]:
    """Commands of this process, and their children, work in this data folder alone."""
    before = dict(os.environ)
    wanted = child_environment(folder)
    os.environ.clear()
    os.environ.update(wanted)
    try:
        yield folder
    finally:
        os.environ.clear()
        os.environ.update(before)


def a_run_on_goog() -> CommandResult:
    """A completed run on the sample bars of GOOG, which are imported on the way."""
    done = agentic_trader("backtest", "run", *CROSS, "--source", "sample", "--json")
    assert done.code == 0, done.stderr
    return done
