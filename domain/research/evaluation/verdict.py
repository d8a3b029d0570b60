"""From findings to one sentence: does the result hold, does it fail, or can nobody tell yet?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from domain.research.json_values import number
from domain.research.model import Answer, Finding


class Check(StrEnum):
    """Every check of the panel, in the order it is read."""

    LOOK_AHEAD = "look_ahead"
    FILL = "fill"
    TRACK_RECORD = "track_record"
    BACKTEST_LENGTH = "backtest_length"
    PROBABILISTIC_SHARPE = "probabilistic_sharpe"
    DEFLATED_SHARPE = "deflated_sharpe"
    OVERFITTING = "probability_of_overfitting"
    DATA_SNOOPING = "data_snooping"
    PERMUTATION = "permutation"
    SHARPE_INTERVAL = "sharpe_interval"
    GROWTH_INTERVAL = "growth_interval"
    TRADE_INTERVAL = "trade_interval"
    DRAWDOWN = "drawdown"
    NEIGHBOURHOOD = "neighbourhood"
    COSTS = "costs"
    DELAY = "delay"
    TRADE_CONCENTRATION = "trade_concentration"
    PERIOD_CONCENTRATION = "period_concentration"
    REGIMES = "regimes"
    BENCHMARK = "benchmark"


SOUNDNESS = frozenset({Check.LOOK_AHEAD, Check.FILL})
"""What makes every other number worthless when it fails."""
LUCK = frozenset(
    {
        Check.PROBABILISTIC_SHARPE,
        Check.DEFLATED_SHARPE,
        Check.OVERFITTING,
        Check.DATA_SNOOPING,
        Check.PERMUTATION,
        Check.SHARPE_INTERVAL,
        Check.GROWTH_INTERVAL,
        Check.TRADE_INTERVAL,
    }
)
"""Whether chance alone would do as well."""
FRAILTY = frozenset(
    {
        Check.DRAWDOWN,
        Check.NEIGHBOURHOOD,
        Check.COSTS,
        Check.DELAY,
        Check.TRADE_CONCENTRATION,
        Check.PERIOD_CONCENTRATION,
        Check.REGIMES,
    }
)
"""Whether an edge survives what a real account adds to it."""
BEYOND_LUCK = frozenset({Check.PROBABILISTIC_SHARPE, Check.DEFLATED_SHARPE})
"""Without these nobody may say that a result is more than luck, whatever else holds."""

_IN_WORDS: Mapping[str, str] = {
    Check.LOOK_AHEAD: "it uses the future",
    Check.FILL: "its fills are not to be had",
    Check.PROBABILISTIC_SHARPE: "its Sharpe ratio is not above zero",
    Check.DEFLATED_SHARPE: "the best of so many trials looks as good by chance",
    Check.OVERFITTING: "what is best in one half of the data is not in the other",
    Check.DATA_SNOOPING: "the best of such a search does as well by chance",
    Check.PERMUTATION: "it earns as much on shuffled bars",
    Check.SHARPE_INTERVAL: "resampled returns have no positive Sharpe ratio",
    Check.GROWTH_INTERVAL: "resampled returns lose money",
    Check.TRADE_INTERVAL: "resampled trades lose money",
    Check.DRAWDOWN: "it can ruin the account",
    Check.NEIGHBOURHOOD: "it needs exactly these parameters",
    Check.COSTS: "costs eat the profit",
    Check.DELAY: "one bar of delay ends it",
    Check.TRADE_CONCENTRATION: "one trade made the profit",
    Check.PERIOD_CONCENTRATION: "one stretch of time made the profit",
    Check.REGIMES: "it earns in one kind of market alone",
    Check.BENCHMARK: "buying and holding did as well or better",
}
FEWEST_PERIODS = 20
"""On fewer return periods a test of luck says nothing, neither when it is passed nor when it is not."""
_NAMED_REASONS = 3
_TOO_LONG = 1e6


@dataclass(frozen=True, slots=True)
class Verdict:
    """The panel of one result. answer FAILS for luck, leaks and frailty; UNCLEAR is not a pass."""

    answer: Answer
    sentence: str
    findings: tuple[Finding, ...]

    def as_json(self) -> dict[str, Any]:
        """{answer, sentence, findings: [{check, answer, sentence, value, threshold, source}]}."""
        return {
            "answer": self.answer.value,
            "sentence": self.sentence,
            "findings": [finding_as_json(finding) for finding in self.findings],
        }


def verdict_on(findings: Sequence[Finding], *, periods: int | None = None) -> Verdict:
    """One panel, in the order of `Check`; of two findings of one check the later one counts.

    periods  return periods of the run: on fewer than FEWEST_PERIODS every test of luck is UNCLEAR. None is enough
    """
    is_short = periods is not None and periods < FEWEST_PERIODS
    by_check = {one.check: _undecided(one) if is_short else one for one in findings}
    order = [check.value for check in Check]
    ranked = tuple(sorted(by_check.values(), key=lambda finding: order.index(finding.check)))
    answer, sentence = _overall(ranked)
    return Verdict(answer, sentence, ranked)


def _undecided(finding: Finding) -> Finding:
    return replace(finding, answer=Answer.UNCLEAR) if finding.check in LUCK | {Check.DELAY} else finding


def _overall(findings: Sequence[Finding]) -> tuple[Answer, str]:
    failed = [finding.check for finding in findings if finding.answer is Answer.FAILS]
    held = {finding.check for finding in findings if finding.answer is Answer.HOLDS}
    open_ = [finding.check for finding in findings if finding.answer is Answer.UNCLEAR]
    for group, words in (
        (SOUNDNESS, "Do not trust this result"),
        (LUCK, "This looks like luck, not like an edge"),
        (FRAILTY, "Whatever edge there is does not survive real trading"),
    ):
        reasons = [_IN_WORDS[check] for check in failed if check in group]
        if reasons:
            return Answer.FAILS, f"{words}: {_listed(reasons)}."
    count = f"{len(held)} of {len(findings)} checks hold{'s' if len(held) == 1 else ''}"
    caution = f"; but {_listed([_IN_WORDS[check] for check in failed])}" if failed else ""
    if held >= BEYOND_LUCK and Check.LOOK_AHEAD not in held:
        return Answer.UNCLEAR, (
            f"Luck alone does not explain it ({count}{caution}), but whether it uses the future is not known: "
            "an evaluation checks that."
        )
    if held >= BEYOND_LUCK:
        rest = f", {len(open_)} cannot be told" if open_ else ""
        return Answer.HOLDS, f"This result holds up: {count}{rest}{caution}."
    return (
        Answer.UNCLEAR,
        f"Luck cannot be ruled out yet: {count} and {len(open_)} cannot be told{caution}.",
    )


def _listed(reasons: Sequence[str]) -> str:
    named = list(reasons[:_NAMED_REASONS])
    if len(reasons) > _NAMED_REASONS:
        named.append(f"{len(reasons) - _NAMED_REASONS} more")
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def finding_as_json(finding: Finding) -> dict[str, Any]:
    return {**asdict(finding), "value": number(finding.value), "threshold": number(finding.threshold)}


def percent(change: float) -> str:
    """A gain or a loss for a sentence; in powers of ten where digits would fill the line."""
    if abs(change) >= _TOO_LONG:
        return f"{change * 100.0:.1e}%"
    text = f"{change:.1%}"
    return "0.0%" if text == "-0.0%" else text


def read_finding(values: Mapping[str, Any]) -> Finding:
    return Finding(**{**values, "answer": Answer(values["answer"])})


def graded(value: float, holds: float, fails: float) -> Answer:
    """HOLDS from `holds` on, FAILS from `fails` on, UNCLEAR between; whichever of the two is the higher."""
    if holds >= fails:
        return Answer.HOLDS if value >= holds else Answer.FAILS if value <= fails else Answer.UNCLEAR
    return Answer.HOLDS if value <= holds else Answer.FAILS if value >= fails else Answer.UNCLEAR
