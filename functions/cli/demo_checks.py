"""Whether the numbers of a run agree with each other, from its full curve and its trades.

A result that contradicts itself is a fault of the platform, whatever it says about the market.
"""

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

Row: TypeAlias = Mapping[str, str]

_RELATIVE = 1e-9
_CENT_PER_MILLION = 1e-8
_LARGEST_REPORT_BYTES = 600_000
_MOST_BELIEVABLE_SHARPE = 5.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a finished run can be checked by.

    Statistics go by their domain names; curve and trades are the rows of the CSV downloads.
    """

    initial_cash: float
    statistics: Mapping[str, Any]
    benchmark_statistics: Mapping[str, Any]
    bars: int
    curve: Sequence[Row]
    trades: Sequence[Row]
    report: str


@dataclass(frozen=True, slots=True)
class Check:
    """One question and its answer; `detail` holds both figures."""

    name: str
    holds: bool
    detail: str


def read_rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV download."""
    return list(csv.DictReader(io.StringIO(content.decode())))


def check_all(evidence: Evidence) -> tuple[Check, ...]:
    """Every check, in the order a person reads a result. None is left out when another fails."""
    return tuple(_answered(question, evidence) for question in _QUESTIONS)


def _answered(question: "_Question", evidence: Evidence) -> Check:
    ask, name = question
    try:
        holds, detail = ask(evidence)
    except (KeyError, ValueError, TypeError, ZeroDivisionError, IndexError) as fault:
        return Check(name, False, f"cannot be answered: {type(fault).__name__} {fault}")
    return Check(name, holds, detail)


_Answer: TypeAlias = tuple[bool, str]
_Question: TypeAlias = tuple[Callable[[Evidence], _Answer], str]


def _curve_is_whole(evidence: Evidence) -> _Answer:
    times = [row["close_time"] for row in evidence.curve]
    ordered = all(earlier < later for earlier, later in pairwise(times))
    return ordered and len(times) == evidence.bars, f"{len(times):,} points for {evidence.bars:,} bars"


def _final_equity_is_the_last_point(evidence: Evidence) -> _Answer:
    return _same(float(evidence.curve[-1]["equity"]), evidence.statistics["final_equity"])


def _return_explains_final_equity(evidence: Evidence) -> _Answer:
    grown = evidence.initial_cash * (1 + evidence.statistics["total_return"])
    return _same(grown, evidence.statistics["final_equity"])


def _drawdown_is_that_of_the_curve(evidence: Evidence) -> _Answer:
    peak, deepest = evidence.initial_cash, 0.0
    for row in evidence.curve:
        equity = float(row["equity"])
        peak = max(peak, equity)
        deepest = min(deepest, equity / peak - 1)
    return _same(deepest, evidence.statistics["max_drawdown"])


def _profits_explain_the_growth(evidence: Evidence) -> _Answer:
    """Growth is the profit of all trades, open ones too, less what the account paid for borrowing."""
    profits = math.fsum(float(row["pnl"]) for row in evidence.trades)
    grown = evidence.statistics["final_equity"] - evidence.initial_cash
    explained = profits - evidence.statistics["financing_paid"]
    close = abs(explained - grown) <= _CENT_PER_MILLION * max(evidence.initial_cash, abs(grown))
    return close, f"{explained:,.4f} and {grown:,.4f}"


def _trades_are_counted(evidence: Evidence) -> _Answer:
    closed = [row for row in evidence.trades if row["is_open"] != "true"]
    counted = (len(closed), len(evidence.trades) - len(closed))
    told = (evidence.statistics["trades"], evidence.statistics["open_trades"])
    return counted == told, f"{counted} and {told}"


def _wins_are_counted(evidence: Evidence) -> _Answer:
    profits = [float(row["pnl"]) for row in evidence.trades if row["is_open"] != "true"]
    return _same(sum(profit > 0 for profit in profits) / len(profits), evidence.statistics["win_rate"])


def _something_happened(evidence: Evidence) -> _Answer:
    count = evidence.statistics["trades"]
    return count > 0, f"{count} trades"


def _no_money_came_from_nowhere(evidence: Evidence) -> _Answer:
    least_cash = min(float(row["cash"]) for row in evidence.curve)
    least_equity = min(float(row["equity"]) for row in evidence.curve)
    slack = _CENT_PER_MILLION * evidence.initial_cash
    return (
        least_cash >= -slack and least_equity > 0,
        f"least cash {least_cash:,.2f}, least equity {least_equity:,.2f}",
    )


def _benchmark_is_its_curve(evidence: Evidence) -> _Answer:
    return _same(float(evidence.curve[-1]["benchmark"]), evidence.benchmark_statistics["final_equity"])


def _sharpe_is_believable(evidence: Evidence) -> _Answer:
    sharpe = evidence.statistics["sharpe"]
    return abs(sharpe) < _MOST_BELIEVABLE_SHARPE, f"{sharpe:.3f}"


def _costs_were_paid(evidence: Evidence) -> _Answer:
    fees = evidence.statistics["fees_paid"]
    return fees > 0, f"{fees:,.2f}"


def _report_stands_alone(evidence: Evidence) -> _Answer:
    size = len(evidence.report.encode())
    is_page = evidence.report.lstrip().lower().startswith("<!doctype html")
    fetches = any(mark in evidence.report for mark in ('src="http', "src='http", "@import", "url(http"))
    return is_page and not fetches and size <= _LARGEST_REPORT_BYTES, f"{size:,} bytes"


def _same(first: float, second: float) -> _Answer:
    return math.isclose(
        first, second, rel_tol=_RELATIVE, abs_tol=_RELATIVE
    ), f"{first:,.6f} and {second:,.6f}"


_QUESTIONS: tuple[_Question, ...] = (
    (_curve_is_whole, "the curve has one point a bar, in order"),
    (_something_happened, "trades happened"),
    (_final_equity_is_the_last_point, "final equity is the last point of the curve"),
    (_return_explains_final_equity, "total return leads from the cash to the final equity"),
    (_profits_explain_the_growth, "profits of the trades add up to the growth"),
    (_drawdown_is_that_of_the_curve, "maximum drawdown is that of the curve"),
    (_trades_are_counted, "trades are counted as they are listed"),
    (_wins_are_counted, "win rate is that of the listed trades"),
    (_costs_were_paid, "trading cost something"),
    (_no_money_came_from_nowhere, "no money was spent that was not there"),
    (_benchmark_is_its_curve, "buy and hold ends where its curve does"),
    (_sharpe_is_believable, "the Sharpe ratio is one of this world"),
    (_report_stands_alone, "the report is one page that fetches nothing"),
)
