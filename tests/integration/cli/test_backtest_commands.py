"""`backtest`: from an empty folder to a report, and every wrong input to one sentence."""

import csv
import io
import math
from pathlib import Path

import pytest

from domain.performance.conventions import CONVENTIONS
from tests.kit.cli import CROSS, CommandResult, a_run_on_goog, agentic_trader


@pytest.fixture(scope="module")
def goog(shared_folder: Path) -> CommandResult:
    assert not any(shared_folder.parent.glob("*.db"))
    return a_run_on_goog()


def test_a_run_in_an_empty_folder_imports_its_bars_and_tells_every_statistic(goog: CommandResult) -> None:
    document = goog.document
    assert set(CONVENTIONS) <= set(document)
    assert {"id", "spec", "provenance", "warnings", "benchmark"} <= set(document)
    assert document["status"] == "completed"
    assert document["trades"] > 10
    assert -1 < document["max_drawdown"] < 0
    assert math.isclose(document["final_equity"], 10_000 * (1 + document["total_return"]), rel_tol=1e-12)
    assert document["spec"]["costs"]["commission_bps"] == 20.0
    assert document["spec"]["costs"]["spread_bps"] == 0.0
    assert document["spec"]["parameters"] == {"fast": 10, "slow": 20, "allow_short": False}
    assert document["provenance"]["bars"] == 2_148
    assert "Importing GOOG from sample" in goog.stderr


def test_a_second_run_imports_nothing_and_finds_the_same_numbers(goog: CommandResult) -> None:
    again = agentic_trader("backtest", "run", *CROSS, "--source", "sample", "--json")
    assert "Importing" not in again.stderr
    told = {"id", "created_at", "started_at", "finished_at", "provenance"}
    assert {k: v for k, v in again.document.items() if k not in told} == {
        k: v for k, v in goog.document.items() if k not in told
    }
    assert again.document["provenance"]["data_hash"] == goog.document["provenance"]["data_hash"]


def test_a_person_reads_a_table_beside_buying_and_holding(goog: CommandResult) -> None:
    shown = agentic_trader("backtest", "run", *CROSS)
    assert shown.code == 0
    assert "sma_cross fast=10, slow=20" in shown.stdout
    assert "Buy and hold" in shown.stdout
    assert "Sharpe ratio" in shown.stdout
    assert "█" in shown.stdout
    assert "agentic-trader backtest report bt_" in shown.stderr


def test_prices_in_another_currency_than_the_accounts_are_refused(goog: CommandResult) -> None:
    refused = agentic_trader("backtest", "run", *CROSS, "--currency", "EUR")
    assert refused.code != 0
    assert (
        "prices in USD; to convert them for a EUR account, import 1d bars of the pair USD/EUR"
        in refused.stderr
    )


def test_an_optimistic_fill_is_called_so(goog: CommandResult) -> None:
    shown = agentic_trader("backtest", "run", *CROSS, "--fill", "same_close")
    assert "same close (optimistic)" in shown.stdout


def test_a_run_can_be_listed_and_shown_again(goog: CommandResult) -> None:
    listed = agentic_trader(
        "backtest", "list", "--json", "--strategy", "sma_cross", "--status", "completed"
    ).document
    assert goog.document["id"] in {row["id"] for row in listed["backtests"]}
    assert listed["total"] >= 1
    assert agentic_trader("backtest", "list", "--strategy", "macd", "--json").document == {
        "total": 0,
        "backtests": [],
    }
    assert goog.document["id"] in agentic_trader("backtest", "list").stdout
    shown = agentic_trader("backtest", "show", goog.document["id"], "--json").document
    assert shown == goog.document
    everything = agentic_trader("backtest", "show", goog.document["id"], "--all").stdout
    assert all(convention.label in everything for convention in CONVENTIONS.values())


def test_curve_and_trades_are_exported(goog: CommandResult, tmp_path: Path) -> None:
    curve, trades = tmp_path / "curve.csv", tmp_path / "trades.parquet"
    run_id = goog.document["id"]
    assert agentic_trader("backtest", "export", run_id, "--what", "curve", "--output", str(curve)).code == 0
    rows = list(csv.DictReader(io.StringIO(curve.read_text())))
    assert len(rows) == 2_148
    assert float(rows[-1]["equity"]) == pytest.approx(goog.document["final_equity"], rel=1e-12)
    told = agentic_trader(
        "backtest", "export", run_id, "--what", "trades", "--format", "parquet", "-o", str(trades), "--json"
    ).document
    assert told == {"path": str(trades), "bytes": trades.stat().st_size}
    assert trades.read_bytes().startswith(b"PAR1")


def test_the_report_is_one_html_file(goog: CommandResult, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    assert agentic_trader("backtest", "report", goog.document["id"], "--output", str(page)).code == 0
    assert page.read_text().lstrip().lower().startswith("<!doctype html")


def test_a_report_that_cannot_be_written_is_the_callers_to_mend(goog: CommandResult, tmp_path: Path) -> None:
    refused = agentic_trader("backtest", "report", goog.document["id"], "-o", str(tmp_path / "no" / "r.html"))
    assert refused.code == 2
    assert "cannot be used: No such file or directory." in refused.stderr


def test_a_completed_run_cannot_be_cancelled_and_can_be_deleted(goog: CommandResult) -> None:
    run_id = agentic_trader("backtest", "run", *CROSS, "--json").document["id"]
    refused = agentic_trader("backtest", "cancel", run_id, "--json")
    assert (refused.code, refused.document["error"]["kind"]) == (4, "Conflict")
    assert agentic_trader("backtest", "delete", run_id, "--json").document == {"id": run_id, "deleted": True}
    for command in (["show"], ["report"], ["delete"], ["cancel"], ["export", "--what", "curve"]):
        assert agentic_trader("backtest", command[0], run_id, *command[1:]).code == 3


@pytest.mark.parametrize(
    ("changed", "code", "sentence"),
    [
        (["--symbol", "ZZZZ"], 3, "ZZZZ"),
        (["--symbol", "ZZZZ", "--source", "sample"], 3, "ZZZZ"),
        (["--symbol", "GOOG", "--source", "bogus"], 3, "There is no source 'bogus'."),
        (["--symbol", "GOOG", "--symbol", "GOOG"], 2, "named twice"),
        (["--symbol", "GOOG", "--timeframe", "5x"], 2, "--timeframe: '5x' is not a time frame"),
        (["--symbol", "GOOG", "--param", "fats=3"], 2, "--param.fats: is not a parameter"),
        (["--symbol", "GOOG", "--param", "fast=0"], 2, "--param.fast: "),
        (["--symbol", "GOOG", "--param", "fast=ten"], 2, "--param.fast: "),
        (["--symbol", "GOOG", "--param", "fast=30", "--param", "slow=20"], 2, "must be below slow"),
        (
            ["--symbol", "GOOG", "--from", "2012-02-01", "--to", "2012-01-01"],
            2,
            "--from: 2012-02-01 is after --to",
        ),
        (["--symbol", "GOOG", "--from", "2030-01-01"], 2, "--from: 2030-01-01 is after the last bar"),
        (["--symbol", "GOOG", "--to", "1990-01-01"], 2, "--to: 1990-01-01 is before the first bar"),
        (["--symbol", "GOOG", "--cash", "0"], 2, "--cash: "),
        (["--symbol", "GOOG", "--benchmark", "NONE"], 3, "NONE"),
        (["--symbol", "GOOG", "--strategy-file", "nowhere.py"], 3, "nowhere.py"),
    ],
)
def test_wrong_input_is_one_sentence_and_no_run(
    goog: CommandResult, changed: list[str], code: int, sentence: str
) -> None:
    before = agentic_trader("backtest", "list", "--json").document["total"]
    refused = agentic_trader("backtest", "run", "sma_cross", *changed, "--json")
    assert refused.code == code
    assert sentence in refused.document["error"]["message"]
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr
    assert agentic_trader("backtest", "list", "--json").document["total"] == before


def test_a_period_too_short_to_trade_is_told(goog: CommandResult) -> None:
    refused = agentic_trader(
        "backtest", "run", "sma_cross", "--symbol", "GOOG", "--from", "2012-01-03", "--to", "2012-01-03"
    )
    assert refused.code != 0
    assert "a backtest needs two at least" in refused.stderr


def test_an_unknown_strategy_offers_the_nearest(goog: CommandResult) -> None:
    refused = agentic_trader("backtest", "run", "sma_cros", "--symbol", "GOOG")
    assert refused.code == 3
    assert "sma_cross" in refused.stderr


STRATEGY = '''
from domain.strategies.protocol import VectorisedStrategy

class Fails(VectorisedStrategy):
    """Fails."""
    name = "fails"
    lookback = 1
    def target(self, bars):
        return 1 / 0

class Holds(VectorisedStrategy):
    """Holds."""
    name = "holds"
    lookback = 1
    def target(self, bars):
        import numpy as np
        return np.ones(bars.shape)
'''


def test_a_strategy_of_ones_own_file_runs_by_its_name(goog: CommandResult, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(STRATEGY)
    own = ["--strategy-file", str(file), "--json"]
    assert agentic_trader("backtest", "run", "holds", "--symbol", "GOOG", *own).code == 0
    names = {row["name"] for row in agentic_trader("strategy", "list", *own).document}
    assert {"holds", "fails", "sma_cross"} <= names
    failed = agentic_trader("backtest", "run", "fails", "--symbol", "GOOG", *own)
    assert failed.code == 1
    assert failed.document["error"]["kind"] == "BacktestFailed"
    shown = agentic_trader("backtest", "show", failed.document["error"]["id"], "--json").document
    assert shown["status"] == "failed"
    assert "final_equity" not in shown
