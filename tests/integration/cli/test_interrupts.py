"""Signals and pipes: what a child process leaves behind."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.kit.cli import ROOT, a_run_on_goog, agentic_trader, child_environment, command

# Opening the pipe for writing waits until the test reads it: then the run is known to go on.
WAITS = '''
import threading
from pathlib import Path
from domain.strategies.protocol import VectorisedStrategy

class Waits(VectorisedStrategy):
    """Waits for a signal."""
    name = "waits"
    lookback = 1
    def target(self, bars):
        Path({pipe!r}).write_text("running")
        threading.Event().wait(60)
        raise AssertionError("nobody stopped this")
'''


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_the_run_cancelled(empty_folder: Path, tmp_path: Path, sent: signal.Signals) -> None:
    a_run_on_goog()
    pipe, file = tmp_path / "pipe", tmp_path / "waits.py"
    os.mkfifo(pipe)
    file.write_text(WAITS.format(pipe=str(pipe)))
    child = subprocess.Popen(
        command("backtest", "run", "waits", "--symbol", "GOOG", "--strategy-file", str(file), "--json"),
        cwd=tmp_path,
        env=child_environment(empty_folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert pipe.read_text() == "running"
    child.send_signal(sent)
    stdout, stderr = child.communicate(timeout=30)
    assert child.returncode == 130
    error = json.loads(stdout)["error"]
    assert error["kind"] == "Interrupted"
    assert "Traceback" not in stderr
    (newest,) = agentic_trader("backtest", "list", "--limit", "1", "--json").document["backtests"]
    assert (newest["strategy"], newest["status"]) == ("waits", "cancelled")
    assert newest["id"] in error["message"]


def test_a_reader_that_leaves_early_sees_no_traceback(empty_folder: Path) -> None:
    child = subprocess.Popen(
        command("strategy", "list", "--json"),
        env=child_environment(empty_folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    child.stdout.close()
    assert child.stderr is not None
    told = child.stderr.read()
    child.stderr.close()
    assert child.wait(30) == 1
    assert told == b""


def test_the_module_runs_as_the_program_does(tmp_path: Path) -> None:
    done = subprocess.run(
        command("--help"),
        cwd=tmp_path,
        env=child_environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Usage: agentic-trader" in done.stdout
    assert (ROOT / "functions" / "cli" / "__main__.py").exists()


def test_debug_shows_where_a_fault_came_from(tmp_path: Path) -> None:
    done = subprocess.run(
        command("--debug", "strategy", "show", "nope"),
        env=child_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "Traceback" in done.stderr
    assert "There is no strategy 'nope'." in done.stderr


def test_a_strategy_that_raises_is_told_in_a_sentence_and_shown_with_debug(
    empty_folder: Path, tmp_path: Path
) -> None:
    a_run_on_goog()
    file = tmp_path / "breaks.py"
    file.write_text(WAITS.replace("Path({pipe!r}).write_text", "raise ZeroDivisionError").format())
    run = ("backtest", "run", "waits", "--symbol", "GOOG", "--strategy-file", str(file))
    told = {
        debug: subprocess.run(
            command(*debug, *run),
            env=child_environment(empty_folder),
            capture_output=True,
            text=True,
            check=False,
        )
        for debug in ((), ("--debug",))
    }
    assert {done.returncode for done in told.values()} == {1}
    assert "Traceback" not in told[()].stderr
    assert "--debug" in told[()].stderr
    assert "breaks.py" in told[("--debug",)].stderr
