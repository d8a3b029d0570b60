"""The demo finds a result that contradicts itself."""

from dataclasses import replace
from typing import Any

import pytest

from functions.cli.demo_checks import Evidence, check_all, read_rows

CURVE = b"""close_time,equity,cash,exposure,benchmark
2020-01-02T21:00:00.000000000Z,1000.0,1000.0,0.0,1000.0
2020-01-03T21:00:00.000000000Z,1100.0,0.0,1.0,1010.0
2020-01-06T21:00:00.000000000Z,990.0,0.0,1.0,1020.0
2020-01-07T21:00:00.000000000Z,1045.0,500.0,0.5,1050.0
"""
TRADES = b"""instrument,pnl,is_open
GOOG.XNAS,60.0,false
GOOG.XNAS,-20.0,false
GOOG.XNAS,7.0,true
"""


def evidence(**changed: Any) -> Evidence:
    """1,000 became 1,045: +60 and -20 of closed trades, +7 of an open one, 2 of interest."""
    statistics = {
        "final_equity": 1045.0,
        "total_return": 0.045,
        "max_drawdown": -0.1,
        "trades": 2,
        "open_trades": 1,
        "win_rate": 0.5,
        "fees_paid": 3.0,
        "financing_paid": 2.0,
        "sharpe": 1.2,
    }
    sound = Evidence(
        initial_cash=1000.0,
        statistics=statistics,
        benchmark_statistics={"final_equity": 1050.0},
        bars=4,
        curve=read_rows(CURVE),
        trades=read_rows(TRADES),
        report="<!doctype html><title>Report</title>",
    )
    numbers = {name: value for name, value in changed.items() if name in statistics}
    others = {name: value for name, value in changed.items() if name not in statistics}
    return replace(sound, statistics=statistics | numbers, **others)


def failed(found: Evidence) -> list[str]:
    return [check.name for check in check_all(found) if not check.holds]


def test_a_sound_result_passes_every_check() -> None:
    assert failed(evidence()) == []
    assert len(check_all(evidence())) == 13


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"bars": 5}, "the curve has one point a bar, in order"),
        (
            {"curve": read_rows(CURVE)[:1] + read_rows(CURVE)[:0:-1]},
            "the curve has one point a bar, in order",
        ),
        ({"final_equity": 1045.1}, "final equity is the last point of the curve"),
        ({"total_return": 0.046}, "total return leads from the cash to the final equity"),
        ({"financing_paid": 0.0}, "profits of the trades add up to the growth"),
        ({"max_drawdown": -0.11}, "maximum drawdown is that of the curve"),
        ({"trades": 3}, "trades are counted as they are listed"),
        ({"open_trades": 0}, "trades are counted as they are listed"),
        ({"win_rate": 2 / 3}, "win rate is that of the listed trades"),
        ({"fees_paid": 0.0}, "trading cost something"),
        ({"sharpe": 7.0}, "the Sharpe ratio is one of this world"),
        ({"sharpe": None}, "the Sharpe ratio is one of this world"),
        ({"benchmark_statistics": {"final_equity": 1051.0}}, "buy and hold ends where its curve does"),
        (
            {"report": '<!doctype html><img src="https://x/y.png">'},
            "the report is one page that fetches nothing",
        ),
        ({"report": "<!doctype html>" + "x" * 600_000}, "the report is one page that fetches nothing"),
        ({"report": "Not Found"}, "the report is one page that fetches nothing"),
    ],
)
def test_a_contradiction_is_named(changed: dict[str, Any], name: str) -> None:
    assert name in failed(evidence(**changed))


def test_money_from_nowhere_is_named() -> None:
    rows = read_rows(CURVE.replace(b"990.0,0.0", b"990.0,-5.0"))
    assert failed(evidence(curve=rows)) == ["no money was spent that was not there"]


def test_a_drawdown_counts_from_the_initial_cash() -> None:
    rows = read_rows(CURVE.replace(b"Z,1000.0,1000.0", b"Z,800.0,800.0"))
    assert failed(evidence(curve=rows)) == ["maximum drawdown is that of the curve"]
    assert failed(evidence(curve=rows, max_drawdown=-0.2)) == []


def test_an_empty_curve_is_told_and_not_raised() -> None:
    checks = {check.name: check for check in check_all(evidence(curve=[], trades=[]))}
    assert checks["final equity is the last point of the curve"].detail.startswith("cannot be answered")
    assert not checks["no money was spent that was not there"].holds
