"""`bias`: a verdict, what it rests on, and an exit code a script can read."""

from pathlib import Path

import pytest

from tests.kit.cli import CommandResult, agentic_trader, isolated
from tests.kit.strategies import a_strategy_file

ENDLESS = """
from domain.strategies.protocol import EventStrategy


class Endless(EventStrategy):
    '''Never gives its bar back.'''

    name = "endless"
    lookback = 1

    def on_bar(self, context):
        while True:
            pass
"""

LEAKY = '''
import numpy as np

from domain.features.moving_averages import sma
from domain.strategies.protocol import VectorisedStrategy


class Peeks(VectorisedStrategy):
    """Buys before it rises."""

    name = "peeks"
    lookback = 2

    def target(self, bars):
        tomorrow = np.full(bars.shape, np.nan)
        tomorrow[:-1] = bars.close[1:]
        return np.where(tomorrow > bars.close, 1.0, 0.0)


class Hurries(VectorisedStrategy):
    """Declares a tenth of the bars it needs."""

    name = "hurries"
    lookback = 5

    def target(self, bars):
        average = sma(bars.close, 50)
        return np.where(bars.close > average, 1.0, np.where(np.isnan(average), np.nan, 0.0))


class BuysCheap(VectorisedStrategy):
    """Buys below a price in dollars."""

    name = "buys_cheap"
    lookback = 1

    def target(self, bars):
        return np.where(bars.close < 30.0, 1.0, 0.0)


class Fails(VectorisedStrategy):
    """Fails."""

    name = "fails"
    lookback = 1

    def target(self, bars):
        return bars.close[1_000_000]
'''

ON_GOOG = ("--symbol", "GOOG", "--source", "sample", "--from", "2011-01-03", "--to", "2012-06-29")


@pytest.fixture(scope="module")
def goog(shared_folder: Path) -> Path:
    """A folder with the bars and a file of strategies that are wrong."""
    file = a_strategy_file(shared_folder.parent, LEAKY, "leaky.py")
    assert agentic_trader("data", "import", "sample", "--symbol", "GOOG", "--symbol", "AAPL").code == 0
    return file


def bias(check: str, strategy: str, *options: str, file: Path | None = None) -> CommandResult:
    own = () if file is None else ("--strategy-file", str(file))
    return agentic_trader("bias", check, strategy, *ON_GOOG, *own, *options)


@pytest.mark.parametrize("check", ["lookahead", "recursive", "parity"])
def test_an_honest_strategy_is_clean_and_ends_with_0(goog: Path, check: str) -> None:
    done = bias(check, "sma_cross", "--param", "fast=5", "--param", "slow=20", "--json")

    assert done.code == 0
    assert done.document["clean"] is True
    assert done.document["strategy"] == "sma_cross"
    assert done.document["bars"] == 377
    assert done.document["sentences"]


def test_a_leak_ends_with_1_and_is_one_json_document(goog: Path) -> None:
    done = bias("lookahead", "peeks", "--json", file=goog)

    assert done.code == 1
    target, tomorrow = done.document["findings"]
    assert done.document["clean"] is False
    assert (target["kind"], target["subject"], target["bars_back"]) == ("future_bars", "target", 1)
    assert target["effect"]["gain"] == pytest.approx(
        target["effect"]["told"]["final_equity"] - target["effect"]["honest"]["final_equity"]
    )
    assert target["effect"]["gain"] > 100_000
    first = tomorrow["changes"][0]
    assert first["instrument"] == "GOOG.XNAS"
    assert first["time"].startswith("2011-01-")
    assert first["then"] is None


def test_a_person_reads_the_verdict_and_every_changed_bar(goog: Path) -> None:
    shown = bias("lookahead", "peeks", file=goog)

    assert shown.code == 1
    assert shown.stdout.startswith("BIAS FOUND  lookahead of peeks, 377 bars")
    assert "uses up to 1 later bar" in shown.stdout
    assert "tomorrow: future bars" in shown.stdout
    assert "Traceback" not in shown.stderr


def test_every_bar_can_be_asked_for(goog: Path) -> None:
    done = bias("lookahead", "sma_cross", "--exhaustive", "--param", "fast=5", "--param", "slow=20", "--json")

    assert len(done.document["checked"]) == 377 - 21


def test_a_fill_at_the_close_that_was_decided_on_is_found(goog: Path) -> None:
    done = bias("lookahead", "sma_cross", "--fill", "same_close", "--json")

    assert done.code == 1
    assert [one["kind"] for one in done.document["findings"]] == ["same_close"]


def test_prices_adjusted_for_later_splits_are_found_in_the_store(goog: Path) -> None:
    on_apple = ("--symbol", "AAPL", "--source", "sample", "--from", "2003-01-02", "--to", "2006-12-29")
    own = ("--strategy-file", str(goog), "--json")

    adjusted = agentic_trader("bias", "lookahead", "buys_cheap", *on_apple, *own)
    as_traded = agentic_trader("bias", "lookahead", "buys_cheap", *on_apple, "--adjustment", "none", *own)

    assert adjusted.code == 1
    assert [one["kind"] for one in adjusted.document["findings"]] == ["later_adjustment"]
    # Two for one on 28 February 2005: what looked like twenty dollars was traded at forty.
    assert adjusted.document["findings"][0]["changes"][-1]["time"] < "2005-02-28"
    assert as_traded.code == 0


def test_a_look_back_that_is_too_short_is_found(goog: Path) -> None:
    done = bias("recursive", "hurries", file=goog)

    assert done.code == 1
    assert "has its first value after 50 bars, but the strategy declares a look-back of 5" in done.stdout
    assert "average = sma(window=50)" in done.stdout


def test_a_tolerance_decides_what_has_settled(goog: Path) -> None:
    strict, lax = (
        bias("recursive", "ema_cross", "--tolerance", tolerance, "--json").document["warm_ups"][1]["stable"]
        for tolerance in ("0.00001", "0.001")
    )

    assert strict > lax > 26


def test_what_differs_live_is_told_with_its_first_bar(goog: Path) -> None:
    done = bias("parity", "peeks", "--json", file=goog)

    assert done.code == 1
    assert done.document["differences"][0]["feed"] == "growing"
    assert done.document["differences"][0]["time"].startswith("2011-01-0")
    assert "it decides otherwise first at 2011-01-0" in bias("parity", "peeks", file=goog).stdout


def test_a_window_of_the_newest_bars_can_be_tried(goog: Path) -> None:
    done = bias("parity", "sma_cross", "--window", "60", "--json")

    assert dict(done.document["compared"])["window"] == 377 - 59
    refused = bias("parity", "sma_cross", "--window", "10")
    assert refused.code == 2
    assert "must be at least the look-back of 51 bars" in refused.stderr


@pytest.mark.parametrize(
    ("strategy", "changed", "code", "sentence"),
    [
        ("sma_cros", [], 3, "sma_cross"),
        ("sma_cross", ["--symbol", "ZZZZ"], 3, "ZZZZ"),
        ("sma_cross", ["--param", "fats=3"], 2, "--param.fats: is not a parameter"),
        ("sma_cross", ["--strategy-file", "nowhere.py"], 3, "nowhere.py"),
        ("pairs_zscore", [], 2, "trades exactly 2 instruments"),
    ],
)
def test_wrong_input_is_one_sentence(
    goog: Path, strategy: str, changed: list[str], code: int, sentence: str
) -> None:
    refused = bias("lookahead", strategy, *changed, "--json")

    assert refused.code == code
    assert sentence in refused.document["error"]["message"]
    assert "Traceback" not in refused.stderr


def test_a_strategy_that_fails_is_told_in_one_sentence(goog: Path) -> None:
    refused = bias("lookahead", "fails", file=goog)

    assert refused.code == 2
    assert "'fails' fails on 377 bars: IndexError" in refused.stderr


def test_a_strategy_that_never_ends_is_stopped_at_the_time_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "endless.py"
    file.write_text(ENDLESS, encoding="utf-8")
    with isolated(tmp_path / "data"):
        monkeypatch.setenv("AGENTIC_TRADER_JOB_TIMEOUT_SECONDS", "1")
        done = agentic_trader(
            "bias",
            "lookahead",
            "endless",
            "--strategy-file",
            str(file),
            "--symbol",
            "GOOG",
            "--source",
            "sample",
        )
    assert done.code == 1
    assert "It ran longer than the limit of 1 seconds." in done.stderr
