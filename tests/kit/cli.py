"""The command line as a test runs it: in this process, or as a child where signals matter."""

import io
import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.cli.main import run

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
