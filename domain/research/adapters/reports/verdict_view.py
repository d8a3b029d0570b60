"""A verdict as the panel of a report shows it."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.performance.verdict_panel import PanelAnswer, PanelFinding, VerdictPanel
from domain.research.evaluation.verdict import Check, Verdict, read_finding
from domain.research.model import Answer, Finding, Trials

_LABELS: Mapping[str, str] = {
    Check.LOOK_AHEAD: "No look into the future",
    Check.FILL: "Fills that are to be had",
    Check.TRACK_RECORD: "Long enough track record",
    Check.BACKTEST_LENGTH: "Enough data for the trials",
    Check.PROBABILISTIC_SHARPE: "Sharpe ratio above zero",
    Check.DEFLATED_SHARPE: "Sharpe ratio above luck",
    Check.OVERFITTING: "Not overfitted (PBO)",
    Check.DATA_SNOOPING: "Best of a search by skill",
    Check.PERMUTATION: "Better than on shuffled bars",
    Check.SHARPE_INTERVAL: "Interval of the Sharpe ratio",
    Check.GROWTH_INTERVAL: "Interval of growth",
    Check.TRADE_INTERVAL: "Interval of the mean trade",
    Check.DRAWDOWN: "Drawdowns to be expected",
    Check.NEIGHBOURHOOD: "Neighbouring parameters",
    Check.COSTS: "Higher costs",
    Check.DELAY: "One bar of delay",
    Check.TRADE_CONCENTRATION: "Not one trade alone",
    Check.PERIOD_CONCENTRATION: "Not one stretch of time",
    Check.REGIMES: "More than one kind of market",
    Check.BENCHMARK: "Better than buying and holding",
}
_HOUSE = "House definition."


def panel_of(verdict: Verdict, note: str = "", *, is_open: bool = False) -> VerdictPanel:
    """The verdict in the words of a report."""
    findings = tuple(_shown(finding) for finding in verdict.findings)
    return VerdictPanel(panel_answer(verdict.answer), verdict.sentence, findings, note, is_open)


def stored_panel(verdict: Mapping[str, Any], note: str = "", *, is_open: bool = False) -> VerdictPanel:
    """The same of a verdict as an evaluation stores it."""
    findings: Sequence[Finding] = [read_finding(one) for one in verdict["findings"]]
    return panel_of(
        Verdict(Answer(verdict["answer"]), verdict["sentence"], tuple(findings)), note, is_open=is_open
    )


def trials_note(trials: Trials) -> str:
    """How often the strategy was tried, as a sentence below a verdict."""
    times = "once" if trials.count == 1 else f"{trials.count:,} times"
    return (
        f"The platform has counted every run and every combination of every sweep: {trials.strategy} was tried "
        f"{times} in this workspace. The more often one tries, the better the best looks by luck alone."
    )


def _shown(finding: Finding) -> PanelFinding:
    label = _LABELS.get(finding.check, finding.check.replace("_", " ").capitalize())
    source = "" if finding.source == _HOUSE else finding.source
    return PanelFinding(str(finding.check), label, panel_answer(finding.answer), finding.sentence, source)


def panel_answer(answer: Answer) -> PanelAnswer:
    """The answer as a report shows it."""
    return PanelAnswer(answer.value)
