"""Studies in a notebook: what a reader wants first, every field below it, and nothing that runs."""

from datetime import UTC, datetime
from typing import Any

import pytest

from agentic_trader.generated import Comparison, Evaluation, Sweep, Trials, Verdict, WalkForward
from agentic_trader.objects import ApiObject
from agentic_trader.study_notebook import PRESENTED

NOON = datetime(2024, 1, 2, 12, tzinfo=UTC)
BACKTEST = {
    "strategy": "sma_cross",
    "parameters": {"fast": 20},
    "instruments": ["GOOG.XNAS"],
    "objectives": None,
}
STUDY: dict[str, Any] = {
    "id": "U3Q=",
    "identifier": "st_1",
    "kind": "SWEEP",
    "status": "COMPLETED",
    "progress": 1.0,
    "runs_done": 3,
    "runs_planned": 3,
    "warnings": ("Mind <this>.",),
}


def shown_as(answer: type[ApiObject], /, **fields: Any) -> str:
    """How an answer looks of which only these fields matter; the rest is null."""
    return PRESENTED[answer.__name__](dict.fromkeys(answer.model_fields) | fields)


def a_sweep(**changed: Any) -> str:
    top = {
        "number": 1,
        "parameters": {"fast": 5, "share": 0.25},
        "scores": [1.23456, -0.2],
        "statistics": [{"name": "sharpe", "value": 1.23456}, {"name": "annualReturn", "value": 0.1}],
    }
    objectives = [
        {"statistic": "sharpe", "direction": "MAXIMISE"},
        {"statistic": "maxDrawdown", "direction": "MINIMISE"},
    ]
    found = {
        "spec": {"backtest": BACKTEST},
        "combinations": 3,
        "failed": 1,
        "objectives": objectives,
        "top": [top],
        "pareto": [top],
        "neighbourhood": {"scored": 2, "median": 0.5, "better_than": 0.75},
        "failures": [{"reason": "no bars", "runs": 1}],
    }
    return shown_as(Sweep, **STUDY | found | changed)


def test_a_sweep_begins_with_its_best_combinations() -> None:
    shown = a_sweep()
    told, folded = shown.split("<details>", 1)
    assert told.startswith("<p><b>Sweep of sma_cross</b> on GOOG.XNAS</p><p>3 combinations, 1 runs failed;")
    assert "best first: highest sharpe and lowest max drawdown." in told
    assert ">fast=5, share=0.25</td>" in told
    assert ">1.235</td>" in told
    assert ">-20.00%</td>" in told
    assert "Not beaten in all objectives at once" in told
    assert "median of 0.500, better than 75% of all." in told
    assert "<li>Mind &lt;this&gt;.</li><li>1 failed: no bars</li>" in told
    assert folded.startswith("<summary>All fields</summary><table>")


def test_a_study_that_has_not_ended_says_how_far_it_is() -> None:
    running = {"combinations": None, "status": "RUNNING", "progress": 0.25, "failure": None}
    assert "<p>Running, 25% done. </p>" in a_sweep(**running)
    failed = running | {"status": "FAILED", "failure": "No <bars>."}
    assert "Failed, 25% done. No &lt;bars&gt;." in a_sweep(**failed)


def test_a_walk_forward_begins_with_the_stitched_account_and_its_windows() -> None:
    span = {"start": NOON, "end": NOON.replace(month=6), "bars": 100}
    window = {
        "number": 0,
        "test": span,
        "parameters": {"fast": 5},
        "in_sample": {"sharpe": 2.0},
        "out_of_sample": {"sharpe": None},
    }
    statistics = {
        "total_return": 0.5,
        "sharpe": 1.0,
        "annual_return": 0.1,
        "max_drawdown": -0.2,
        "calmar": 0.5,
    }
    spec = {"sweep": {"backtest": BACKTEST, "objectives": [{"statistic": "sharpe", "direction": "MAXIMISE"}]}}
    shown = shown_as(
        WalkForward,
        **STUDY,
        spec=spec,
        statistics=statistics,
        benchmark_statistics=None,
        windows=[window, window | {"number": 1, "parameters": None}],
        efficiency=0.5,
        profitable_windows=0.5,
    )
    told = shown.split("<details>")[0]
    assert "<b>Walk-forward of sma_cross</b>" in told
    assert ">50.00%</td>" in told
    assert ">2024-01-02 to 2024-06-02</td>" in told
    assert ">2.000</td>" in told
    assert told.count(">—</td>") == 5 + 2 + 1
    assert "It kept 50% of the annual return promised in sample." in told


def test_an_evaluation_is_its_verdict_with_the_findings() -> None:
    finding = {
        "check": "deflated_sharpe",
        "answer": "FAILS",
        "sentence": "Luck does < as well.",
        "value": 0.4,
        "threshold": 0.95,
        "source": "",
    }
    verdict = {"answer": "FAILS", "sentence": "This looks like luck.", "findings": (finding,)}
    told = shown_as(Evaluation, **STUDY, spec={"backtest": BACKTEST}, verdict=verdict)
    panel = "<p><b>✗ fails</b> This looks like luck.</p><table>"
    assert panel in told.split("<details>")[0]
    assert ">deflated sharpe</td>" in told
    assert ">Luck does &lt; as well.</td>" in told
    assert Verdict.model_validate(verdict)._repr_html_().startswith(panel)
    assert panel not in shown_as(Evaluation, **STUDY, spec={"backtest": BACKTEST})


def test_a_comparison_holds_a_column_a_run() -> None:
    told = shown_as(
        Comparison,
        backtests=("a", "b"),
        statistics=[{"name": "totalReturn", "values": [0.5, None]}, {"name": "trades", "values": [3, 4]}],
        differences=[{"path": "parameters.fast", "values": [5, 20], "is_term": False}],
        warnings=("Different terms.",),
    )
    assert ">50.00%</td>" in told
    assert ">—</td>" in told
    assert ">3</td>" in told
    assert ">parameters.fast</td>" in told
    assert "<li>Different terms.</li>" in told


@pytest.mark.parametrize("count", [0, 3])
def test_every_other_answer_is_a_table_of_its_fields(count: int) -> None:
    shown = Trials(strategy="sma_cross", count=count, sharpe_variance=None)._repr_html_()
    assert shown.startswith("<table><caption>Trials</caption>")
    assert f">{count}</td>" in shown
