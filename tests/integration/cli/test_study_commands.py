"""`sweep`, `walk-forward`, `evaluation` and `study` as a person uses them, workers included."""

import csv
import os
import re
import signal
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.kit.cli import CommandResult, agentic_trader, child_environment, command
from tests.kit.strategies import a_strategy_file

ON_GOOG = ("sma_cross", "--symbol", "GOOG", "--source", "sample", "--from", "2007-01-03")
SPACE = ("--vary", "fast=5:25:10", "--vary", "slow=30,60")

MOODY = '''
import time
from typing import Literal

import numpy as np
from pydantic import BaseModel

from domain.strategies.protocol import VectorisedStrategy

print("the file was read")


class Moody(VectorisedStrategy):
    """Everything that can go wrong."""

    name = "moody"
    lookback = 1

    class Parameters(BaseModel):
        mood: Literal["honest", "raises", "shape", "infinite", "nothing", "endless"] = "honest"

    def target(self, bars):
        print("a target was asked for")
        mood = self.parameters.mood
        while mood == "endless":
            time.sleep(0.01)
        if mood == "raises":
            raise ZeroDivisionError("out of luck")
        if mood == "shape":
            return np.zeros((3, 3))
        value = {"infinite": np.inf, "nothing": np.nan}.get(mood, 1.0)
        return np.full(bars.shape, value)
'''

COUNTED = '''
import os
import signal
import threading
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from domain.strategies.protocol import VectorisedStrategy

LOG, PIPE, FLAG = Path({log!r}), Path({pipe!r}), Path({flag!r})
LAST = 400


class Counted(VectorisedStrategy):
    """Writes down what it is asked, and stops once at its last combination."""

    name = "counted"
    lookback = 1

    class Parameters(BaseModel):
        n: int = 1

    def target(self, bars):
        n = self.parameters.n
        with LOG.open("a") as file:
            file.write(f"{{n}}\\n")
        if n == LAST and not FLAG.exists():
            FLAG.touch()
            {how}
        return np.where(np.arange(len(bars))[:, np.newaxis] % (n + 1), 1.0, 0.0) * np.ones(bars.shape)
'''
WAITS = 'PIPE.write_text("running"); threading.Event().wait(60)'
DIES = "os.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture(autouse=True)
def one_worker(monkeypatch: pytest.MonkeyPatch, shared_folder: Path) -> None:
    monkeypatch.setenv("AGENTIC_TRADER_WORKERS", "1")


@pytest.fixture(scope="module")
def searched(shared_folder: Path) -> Any:
    """A sweep over two instruments and two periods, by two objectives."""
    periods = ("--period", "2007-01-03:2009-12-31", "--period", "2010-01-04:")
    objectives = ("--objective", "calmar", "--objective", "minimise:volatility")
    done = agentic_trader(
        "sweep", "run", *ON_GOOG, "--symbol", "AAPL", "--each-instrument", *SPACE, *periods, *objectives, "--json"
    )  # fmt: skip
    assert done.code == 0, done.stderr
    return done.document


def counted_file(folder: Path, how: str) -> tuple[Path, Path]:
    """The strategy file, and the log of what it was asked."""
    log, pipe = folder / "log", folder / "pipe"
    os.mkfifo(pipe)
    source = COUNTED.format(log=str(log), pipe=str(pipe), flag=str(folder / "flag"), how=how)
    return a_strategy_file(folder, source, "counted.py"), log


def sweep_of_counted(file: Path) -> tuple[str, ...]:
    return (
        "sweep",
        "run",
        "counted",
        "--strategy-file",
        str(file),
        *ON_GOOG[1:],
        "--vary",
        "n=1:400",
        "--json",
    )


def asked(log: Path) -> Counter[int]:
    return Counter(int(line) for line in log.read_text().split())


def test_a_sweep_is_one_document_with_the_best_first(searched: Any) -> None:
    outcome = searched["outcome"]
    assert (searched["status"], outcome["combinations"], outcome["runs"]) == ("completed", 6, 24)
    scores = [one["scores"][0] for one in outcome["top"]]
    assert scores == sorted(scores, reverse=True)
    assert {one["name"] for one in outcome["instruments"]} == {"GOOG.XNAS", "AAPL.XNAS"}
    assert [one["runs"] for one in outcome["periods"]] == [12, 12]
    assert len(outcome["pareto"]) >= 1


def test_a_run_of_a_sweep_is_the_backtest_of_the_same_terms(searched: Any) -> None:
    rows = agentic_trader("sweep", "runs", searched["id"], "--limit", "100", "--json").document["runs"]
    row = next(
        one
        for one in rows
        if one["parameters"] == {"fast": 15, "slow": 60}
        and one["instrument"] == "GOOG.XNAS"
        and one["period"].startswith("2010")
    )
    alone = agentic_trader(
        "backtest", "run", "sma_cross", "--symbol", "GOOG", "--source", "sample", "--param", "fast=15",
        "--param", "slow=60", "--from", "2010-01-04", "--json",
    ).document  # fmt: skip
    assert len(rows) == 24
    for name in ("sharpe", "total_return", "max_drawdown", "trades", "fees_paid"):
        assert row[name] == pytest.approx(alone[name], rel=1e-12)


def test_a_person_sees_what_was_searched_and_what_came_out(searched: Any) -> None:
    shown = agentic_trader("sweep", "show", searched["id"]).stdout
    assert shown.splitlines()[:2] == [
        "sma_cross allow_short=False on GOOG.XNAS, AAPL.XNAS; varied: fast 5 to 25 by 10, slow 30 or 60",
        "6 combinations, 24 runs, 0 failed; best first: highest calmar and lowest volatility",
    ]
    best = searched["outcome"]["top"][0]["parameters"]
    assert f"fast={best['fast']}, slow={best['slow']}" in shown
    assert f"Not beaten in all objectives at once: {len(searched['outcome']['pareto'])}" in shown


def test_runs_are_ordered_by_any_statistic(searched: Any) -> None:
    document = agentic_trader(
        "sweep", "runs", searched["id"], "--order-by", "trades", "--ascending", "--limit", "5", "--json"
    ).document
    trades = [one["trades"] for one in document["runs"]]
    assert len(trades) == 5
    assert trades == sorted(trades)
    refused = agentic_trader("sweep", "runs", searched["id"], "--order-by", "luck")
    assert refused.code == 2
    assert "luck" in refused.stderr


def test_a_heat_map_holds_a_cell_for_each_pair(searched: Any) -> None:
    found = agentic_trader("sweep", "heat-map", searched["id"], "fast", "slow", "--json").document
    assert (found["x_values"], found["y_values"], found["statistic"]) == ([5, 15, 25], [30, 60], "calmar")
    assert [len(row) for row in found["cells"]] == [3, 3]
    shown = agentic_trader("sweep", "heat-map", searched["id"], "fast", "slow", "--aggregate", "mean").stdout
    assert "Calmar ratio, mean" in shown
    refused = agentic_trader("sweep", "heat-map", searched["id"], "fast", "allow_short")
    assert (refused.code, "'allow_short' was not varied; fast, slow were" in refused.stderr) == (2, True)


def test_every_run_is_exported(searched: Any, tmp_path: Path) -> None:
    target = tmp_path / "runs.csv"
    done = agentic_trader("sweep", "export", searched["id"], "--output", str(target), "--json")
    assert done.document == {"path": str(target), "bytes": target.stat().st_size}
    with target.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 24
    assert {(row["parameter.fast"], row["parameter.slow"]) for row in rows} == {
        (fast, slow) for fast in ("5", "15", "25") for slow in ("30", "60")
    }


def test_an_export_is_of_the_kind_its_name_says(searched: Any, tmp_path: Path) -> None:
    target = tmp_path / "runs.parquet"
    assert agentic_trader("sweep", "export", searched["id"], "--output", str(target)).code == 0
    assert target.read_bytes()[:4] == b"PAR1"


def test_a_report_is_written(searched: Any, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    assert agentic_trader("study", "report", searched["id"], "--output", str(target)).code == 0
    assert target.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_what_it_would_take_is_told_without_doing_it(searched: Any) -> None:
    before = agentic_trader("sweep", "list", "--json").document["total"]
    told = agentic_trader("sweep", "run", *ON_GOOG, *SPACE, "--estimate", "--json").document
    assert (told["runs"], told["is_exact"]) == (6, True)
    assert agentic_trader("sweep", "run", *ON_GOOG, *SPACE, "--estimate").stdout.startswith("6 runs, about ")
    assert agentic_trader("sweep", "list", "--json").document["total"] == before


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (["--vary", "fats=1:2"], 2, "--vary.fats: is not a parameter of this strategy"),
        (["--vary", "fast=0:2"], 2, "--vary.fast.low: must be at least 1 (got 0)"),
        (["--vary", "fast=5:9", "--where", "fast > slow"], 2, "--where: no combination of the space meets them all"),
        (["--vary", "fast=5:9", "--where", "fast <"], 2, "--where: is not an expression"),
        (["--vary", "fast=5:9", "--objective", "luck"], 2, "--objective: 'luck' is not a statistic"),
        (["--vary", "fast=5:9", "--method", "random"], 2, "--samples: say how many combinations"),
        (["--vary", "fast=5:9", "--period", "1990-01-01:1991-01-01"], 2, "--period: 1991-01-01 is before the first bar"),
        (["--vary", "fast=5:9", "--stop-loss", "2"], 2, "--stop-loss: must be less than 1"),
        (["--vary", "fast=5:9", "--symbol", "ZZZZ"], 3, "There is no symbol 'ZZZZ'."),
        (["--vary", "fast=1:2000", "--vary", "slow=2:2000"], 2, "add --yes to go ahead."),
    ],
)  # fmt: skip
def test_a_search_that_cannot_be_is_refused_in_one_sentence(
    searched: Any, options: list[str], code: int, sentence: str
) -> None:
    refused = agentic_trader("sweep", "run", *ON_GOOG, *options, "--json")
    assert refused.code == code
    assert sentence in refused.document["error"]["message"]
    assert refused.document["error"]["exit_code"] == code


def test_what_is_not_there_and_what_is_another_kind_is_told(searched: Any) -> None:
    assert agentic_trader("sweep", "show", "st_nope").code == 3
    refused = agentic_trader("evaluation", "show", searched["id"])
    assert refused.code == 2
    assert f"{searched['id']} is a sweep; use `agentic-trader sweep show`." in refused.stderr
    assert agentic_trader("study", "resume", searched["id"]).code == 4
    assert agentic_trader("study", "cancel", searched["id"]).code == 4


def test_whatever_a_strategy_does_is_a_failed_run_with_its_reason(
    shared_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTIC_TRADER_JOB_TIMEOUT_SECONDS", "7")
    file = a_strategy_file(tmp_path, MOODY)
    run = ("sweep", "run", "moody", "--strategy-file", str(file), *ON_GOOG[1:])
    moods = "mood=honest,raises,shape,infinite,nothing,endless"
    done = agentic_trader(*run, "--vary", moods, "--json")
    assert done.code == 0
    outcome = done.document["outcome"]
    assert [one["parameters"] for one in outcome["top"]] == [{"mood": "honest"}]
    reasons = " ".join(one["reason"] for one in outcome["failures"])
    assert (outcome["failed"], outcome["runs"]) == (4, 6)
    assert "ZeroDivisionError: out of luck" in reasons
    assert "not (3, 3)" in reasons
    assert "an infinite weight at bar 0" in reasons
    assert "It ran longer than the limit of 2 seconds." in reasons


def test_a_search_in_which_nothing_ran_ends_with_1(shared_folder: Path, tmp_path: Path) -> None:
    file = a_strategy_file(tmp_path, MOODY)
    run = ("sweep", "run", "moody", "--strategy-file", str(file), *ON_GOOG[1:])
    done = agentic_trader(*run, "--vary", "mood=raises,shape")
    assert done.code == 1
    assert "2 combinations, 2 runs, 2 failed" in done.stdout
    told = r"Failed, 1 run: The strategy 'moody' stopped with an error in line \d+ of \w+\.py: ZeroDivisionError: out of luck\."
    assert re.search(told, done.stdout) is not None
    assert "Traceback" not in done.stderr


def test_a_worker_that_is_killed_loses_nothing_and_counts_nothing_twice(
    shared_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTIC_TRADER_WORKERS", "2")
    file, log = counted_file(tmp_path, DIES)
    done = agentic_trader(*sweep_of_counted(file))
    assert done.code == 0, done.stderr
    assert done.document["status"] == "completed"
    assert done.document["outcome"]["runs"] == 400
    assert asked(log)[400] == 2
    rows = agentic_trader("sweep", "runs", done.document["id"], "--limit", "1000", "--json").document["runs"]
    assert sorted(row["parameters"]["n"] for row in rows) == list(range(1, 401))


def test_an_interrupted_search_is_resumed_where_it_stopped(shared_folder: Path, tmp_path: Path) -> None:
    agentic_trader("data", "import", "sample", "--symbol", "GOOG")
    file, log = counted_file(tmp_path, WAITS)
    child = subprocess.Popen(
        command(*sweep_of_counted(file)),
        env=child_environment(shared_folder) | {"AGENTIC_TRADER_WORKERS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert (tmp_path / "pipe").read_text() == "running"
    child.send_signal(signal.SIGINT)
    stdout, stderr = child.communicate(timeout=30)
    assert child.returncode == 130, stderr
    (study,) = agentic_trader("sweep", "list", "--limit", "1", "--json").document["studies"]
    assert (study["strategy"], study["status"]) == ("counted", "cancelled")
    assert CommandResult(130, stdout, stderr).document["error"]["message"] == (
        f"Interrupted: study {study['id']} was cancelled; what it had finished is kept."
    )
    assert f"agentic-trader study resume {study['id']}" in stderr
    assert "Traceback" not in stderr
    kept = agentic_trader("sweep", "runs", study["id"], "--limit", "1000", "--json").document["runs"]
    assert 0 < len(kept) < 400

    resumed = agentic_trader("study", "resume", study["id"], "--strategy-file", str(file), "--json")

    assert resumed.code == 0, resumed.stderr
    assert resumed.document["outcome"]["runs"] == 400
    again = asked(log)
    assert {again[row["parameters"]["n"]] for row in kept} == {1}
    assert again[400] == 2


def test_a_walk_forward_trades_windows_it_did_not_choose_on(shared_folder: Path) -> None:
    done = agentic_trader(
        "walk-forward", "run", *ON_GOOG, *SPACE, "--train", "504", "--test", "252", "--json"
    )
    assert done.code == 0, done.stderr
    windows = done.document["outcome"]["windows"]
    assert [one["train"]["bars"] for one in windows] == [504] * len(windows)
    assert all(one["train"]["end"] < one["test"]["start"] for one in windows)
    shown = agentic_trader("walk-forward", "show", done.document["id"]).stdout
    assert "Sharpe ratio by window" in shown
    assert f"{windows[0]['test']['start'][:10]} to {windows[0]['test']['end'][:10]}" in shown
    refused = agentic_trader("sweep", "runs", done.document["id"])
    assert (refused.code, "use `agentic-trader walk-forward show`" in refused.stderr) == (2, True)


def test_a_backtest_is_evaluated_and_the_verdict_told_in_words(shared_folder: Path) -> None:
    run = agentic_trader("backtest", "run", *ON_GOOG, "--json").document
    done = agentic_trader(
        "evaluation", "of", run["id"], "--permutations", "2", "--resamples", "100", "--json"
    )
    assert done.code == 0, done.stderr
    verdict = done.document["outcome"]["verdict"]
    assert done.document["spec"]["base"] == run["spec"]
    shown = agentic_trader("evaluation", "show", done.document["id"]).stdout
    assert f"{verdict['answer'].upper()}: {verdict['sentence']}" in shown
    assert agentic_trader("study", "delete", done.document["id"], "--json").document["deleted"] is True
    assert agentic_trader("evaluation", "show", done.document["id"]).code == 3


def test_a_condition_without_anything_to_vary_is_refused(shared_folder: Path) -> None:
    refused = agentic_trader("evaluation", "run", *ON_GOOG, "--where", "fast < slow")
    assert (refused.code, refused.stderr) == (
        2,
        "--where: needs --vary: it chooses among what is varied\n",
    )
