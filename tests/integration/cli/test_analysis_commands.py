"""`backtest compare`, `verdict` and `anatomy`: what finished runs tell beyond their own statistics."""

from pathlib import Path
from typing import Any

import pytest

from tests.kit.cli import agentic_trader

RUN = ("backtest", "run", "sma_cross", "--symbol", "GOOG", "--source", "sample", "--json")


@pytest.fixture(scope="module")
def runs(shared_folder: Path) -> list[Any]:
    """Two completed runs on the same bars: another window, and dearer."""
    return [
        agentic_trader(*RUN).document,
        agentic_trader(*RUN, "--param", "fast=10", "--commission-bps", "5").document,
    ]


def test_runs_are_put_side_by_side_with_what_was_asked_differently(runs: list[Any]) -> None:
    first, second = runs
    found = agentic_trader("backtest", "compare", first["id"], second["id"], "--json").document
    assert found["ids"] == [first["id"], second["id"]]
    assert found["statistics"]["sharpe"] == [first["sharpe"], second["sharpe"]]
    assert found["differences"] == [
        {"path": "costs.commission_bps", "values": [1.0, 5.0], "is_term": True},
        {"path": "parameters.fast", "values": [20, 10], "is_term": False},
    ]
    assert [curve[0] for curve in found["curves"]] == [1.0, 1.0]
    assert len(found["days"]) == 2_148
    assert len(found["warnings"]) == 1
    assert found["report"] is None


def test_a_person_reads_the_comparison_and_gets_a_report(runs: list[Any], tmp_path: Path) -> None:
    ids, page = [one["id"] for one in runs], tmp_path / "comparison.html"
    shown = agentic_trader("backtest", "compare", *ids, "--output", str(page))
    assert shown.code == 0
    assert shown.stdout.splitlines()[:2] == [f"[1] {ids[0]}", f"[2] {ids[1]}"]
    assert "[1] and [2]: Sharpe ratios differ by " in shown.stdout
    assert "Note: The runs were traded on different terms: costs (costs.commission_bps)." in shown.stdout
    assert f"The report is in {page}." in shown.stderr
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_comparison_takes_two_runs_that_are_there(runs: list[Any]) -> None:
    one = runs[0]["id"]
    alone = agentic_trader("backtest", "compare", one)
    assert (alone.code, alone.stderr) == (2, "ID: name two runs at least to compare\n")
    assert agentic_trader("backtest", "compare", one, one).code == 2
    missing = agentic_trader("backtest", "compare", one, "bt_nope", "--json")
    assert (missing.code, missing.document["error"]["message"]) == (3, "There is no backtest 'bt_nope'.")


def test_a_verdict_is_told_check_by_check(runs: list[Any]) -> None:
    one = runs[0]["id"]
    found = agentic_trader("backtest", "verdict", one, "--json").document
    assert (found["id"], found["answer"]) == (one, "unclear")
    checks = {finding["check"]: finding for finding in found["findings"]}
    assert checks["benchmark"]["answer"] == "fails"
    shown = agentic_trader("backtest", "verdict", one)
    assert shown.stdout.startswith(f"UNCLEAR: {found['sentence']}\n")
    assert f"agentic-trader evaluation of {one}" in shown.stderr


def test_an_anatomy_adds_up_to_the_result(runs: list[Any]) -> None:
    run = runs[0]
    found = agentic_trader("backtest", "anatomy", run["id"], "--json").document
    for breakdown in found["breakdowns"]:
        profit = sum(part["profit"] for part in breakdown["slices"])
        assert profit == pytest.approx(run["final_equity"] - 100_000, rel=1e-9)
    assert [one["count"] for one in found["best_days"]] == [1, 5, 10, 20]
    assert found["regression"]["betas"][0]["value"] == pytest.approx(run["beta"], rel=1e-9)
    shown = agentic_trader("backtest", "anatomy", run["id"]).stdout
    assert "Alpha a period" in shown
    assert "2005" in shown


def test_what_is_not_there_ends_with_3(runs: list[Any]) -> None:
    assert agentic_trader("backtest", "verdict", "bt_nope").code == 3
    assert agentic_trader("backtest", "anatomy", "bt_nope").code == 3


def test_what_a_strategy_prints_stays_out_of_the_document(shared_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "prints.py"
    file.write_text(PRINTS, encoding="utf-8")
    run = ("backtest", "run", "prints", "--strategy-file", str(file), "--symbol", "GOOG", "--json")
    done = agentic_trader(*run)
    assert done.document["status"] == "completed"
    assert done.stderr.count("read\n") == 1
    assert done.stderr.count("asked\n") == 1
    listed = agentic_trader("strategy", "list", "--strategy-file", str(file), "--json")
    assert "prints" in {one["name"] for one in listed.document}


PRINTS = '''
import numpy as np

from domain.strategies.protocol import VectorisedStrategy

print("read")


class Prints(VectorisedStrategy):
    """Talks."""

    name = "prints"
    lookback = 1

    def target(self, bars):
        print("asked")
        return np.ones(bars.shape)
'''
