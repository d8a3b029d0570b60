"""The part of a verdict that needs no other run: what a result page and a report can say at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.arrays import IntArray
from domain.backtesting.model import FillPrice
from domain.backtesting.result import Curve, Trades
from domain.overfitting.intervals import Method
from domain.overfitting.sharpe import SharpeEstimate
from domain.research.evaluation.account_checks import (
    benchmark_finding,
    concentration_findings,
    drawdown_finding,
    interval_findings,
    stretches,
)
from domain.research.evaluation.account_record import AccountRecord
from domain.research.evaluation.fragility_checks import quick_cost_finding
from domain.research.evaluation.luck_checks import Tried, sharpe_findings
from domain.research.evaluation.verdict import Check, Verdict, verdict_on
from domain.research.model import Answer, Finding, Trials

QUICK_VALUES = 300_000
"""Values resampled at most, so that a page need not wait: 150 resamples of 2,000 periods."""
_FEWEST_RESAMPLES, _MOST_RESAMPLES = 50, 500


_NOT_LOOKED_AHEAD = Finding(
    Check.LOOK_AHEAD,
    Answer.UNCLEAR,
    "Whether the strategy uses the future was not checked here; an evaluation, or `bias lookahead`, does.",
)


@dataclass(frozen=True, slots=True)
class AccountView:
    """Findings on one account, and what stands behind them as JSON values."""

    findings: tuple[Finding, ...]
    details: Mapping[str, Any]


def quick_verdict(
    statistics: Mapping[str, Any],
    curve: Curve,
    trades: Trades,
    *,
    initial_cash: float,
    trials: Trials | None = None,
    fill: FillPrice = FillPrice.NEXT_OPEN,
    sessions: IntArray | None = None,
) -> Verdict:
    """The panel from what a finished run has stored; the same arguments give the same answer.

    statistics  by name, as in `BacktestOutcome`
    trials      what the platform has counted of this strategy; None leaves open how much luck to take off
    sessions    see `AccountRecord.of`

    It takes fewer resamples than an evaluation, percentile intervals, and the cost check is an estimate.
    """
    record = AccountRecord.of(statistics, curve, trades, initial_cash, sessions)
    resamples = min(_MOST_RESAMPLES, max(_FEWEST_RESAMPLES, QUICK_VALUES // max(len(record.returns), 1)))
    view = account_view(record, fill, resamples=resamples, seed=0, method=Method.PERCENTILE)
    tried = Tried(None) if trials is None else Tried(max(trials.count, 1), trials.sharpe_variance)
    costs = quick_cost_finding(statistics, initial_cash)
    findings = (_NOT_LOOKED_AHEAD, *view.findings, costs, *_on_sharpe(record, tried))
    return verdict_on(findings, periods=len(record.day))


def account_view(
    record: AccountRecord, fill: FillPrice, *, resamples: int, seed: int, method: Method = Method.BCA
) -> AccountView:
    """Everything the account tells by itself but for its Sharpe ratio against luck.

    details: intervals {sharpe, annual_return, max_drawdown, mean_trade}, drawdowns (the Monte Carlo cone)
    and stretches, see `account_checks`.
    """
    fill_finding = _on_fill(fill)
    if record.is_ruined:
        return AccountView(
            (*fill_finding, *_on_ruin()), {"intervals": {}, "drawdowns": None, "stretches": []}
        )
    is_quick = method is Method.PERCENTILE
    intervals, as_json = interval_findings(
        record, resamples=resamples, seed=seed, method=method, drawdown=not is_quick
    )
    drawdown, cone = drawdown_finding(record, resamples=resamples, seed=seed)
    findings = (
        *fill_finding,
        *intervals,
        drawdown,
        *concentration_findings(record),
        benchmark_finding(record),
    )
    return AccountView(findings, {"intervals": as_json, "drawdowns": cone, "stretches": stretches(record)})


def _on_sharpe(record: AccountRecord, tried: Tried) -> tuple[Finding, ...]:
    estimate = None if record.is_ruined else SharpeEstimate.of(record.returns)
    return sharpe_findings(estimate, record.periods_per_year, tried, is_ruined=record.is_ruined)


def _on_fill(fill: FillPrice) -> tuple[Finding, ...]:
    if not fill.is_optimistic:
        return ()
    sentence = (
        "Orders were filled at the very close they were decided on, a price nobody could still have had."
    )
    return (Finding(Check.FILL, Answer.FAILS, sentence),)


def _on_ruin() -> tuple[Finding, ...]:
    sentence = "The account was ruined: its value fell to zero or below."
    return (Finding(Check.DRAWDOWN, Answer.FAILS, sentence, -1.0, None),)
