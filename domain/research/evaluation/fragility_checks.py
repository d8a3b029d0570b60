"""Findings from runs under worse conditions: does the edge survive costs, delay, other parameters?"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from domain.research.evaluation.verdict import Check, graded, percent
from domain.research.model import Answer, Finding

KEPT = 0.5
"""Half of the Sharpe ratio: what is left of an edge that is real but not sharply placed."""
NEIGHBOURS_HOLD, NEIGHBOURS_FAIL = 0.7, 0.4
"""Share of the neighbouring parameters that keep at least half of the Sharpe ratio."""
_HOUSE = "House definition."
_PARDO = "Pardo, The Evaluation and Optimization of Trading Strategies (2008)."


def cost_finding(base: Mapping[str, Any], doubled: Mapping[str, Any], tripled: Mapping[str, Any]) -> Finding:
    """From the statistics of the run as it is and at two and three times its costs."""
    paid = base["fees_paid"] + base["slippage_paid"] + base["financing_paid"]
    at_once, twice, thrice = (one["total_return"] for one in (base, doubled, tripled))

    def finding(answer: Answer, sentence: str) -> Finding:
        return Finding(Check.COSTS, answer, sentence, twice, 0.0, _HOUSE)

    if base["trades"] + base["open_trades"] == 0:
        return finding(Answer.UNCLEAR, "No trade happened, so there were no costs to double.")
    if paid <= 0.0:
        return finding(
            Answer.UNCLEAR,
            "The run paid no costs, so doubling them shows nothing; give the costs of a broker.",
        )
    if at_once <= 0.0:
        return finding(Answer.FAILS, f"It does not make money at the costs as they are ({percent(at_once)}).")
    sentence = (
        f"At twice the costs it makes {percent(twice)} and at three times {percent(thrice)}, instead of "
        f"{percent(at_once)}."
    )
    return finding(Answer.HOLDS if twice > 0.0 else Answer.FAILS, sentence)


def quick_cost_finding(statistics: Mapping[str, Any], initial_cash: float) -> Finding:
    """The same without another run: what was paid is taken off once more. Growth on what costs ate is left
    out, so the truth is a little worse."""
    paid = statistics["fees_paid"] + statistics["slippage_paid"] + statistics["financing_paid"]
    twice = statistics["total_return"] - paid / initial_cash
    found = cost_finding(statistics, {"total_return": twice}, {"total_return": twice - paid / initial_cash})
    if paid <= 0.0 or statistics["total_return"] <= 0.0:
        return found
    sentence = (
        f"Costs were {percent(paid / initial_cash)} of the starting cash; paying them twice would leave about "
        f"{percent(twice)} instead of {percent(statistics['total_return'])}."
    )
    return Finding(Check.COSTS, found.answer, sentence, twice, 0.0, _HOUSE)


def delay_finding(base: Mapping[str, Any], late: Mapping[str, Any]) -> Finding:
    """From the statistics of the run as it is and one bar later."""
    here, there = base["sharpe"], late["sharpe"]
    if here is None or here <= 0.0:
        sentence = "There is no positive Sharpe ratio that a delay could take away."
        return Finding(Check.DELAY, Answer.UNCLEAR, sentence, None, KEPT, _HOUSE)
    kept = 0.0 if there is None else there / here
    sentence = (
        f"One bar later the Sharpe ratio is {0.0 if there is None else there:.2f} instead of {here:.2f}."
    )
    return Finding(Check.DELAY, graded(kept, KEPT, 0.0), sentence, kept, KEPT, _HOUSE)


def neighbourhood_finding(sharpes: Sequence[float | None], ran: Sequence[bool] = ()) -> Finding:
    """sharpes are those of the run's own parameters and then of its neighbours, None where undefined; ran
    whether each could be run at all. One that ran and never traded keeps nothing; one that did not run does
    not count. Empty when there is no parameter that can be moved a little."""
    check = Check.NEIGHBOURHOOD
    if not sharpes:
        sentence = (
            "There is no parameter that can be moved a little, so nothing is known of the neighbourhood."
        )
        return Finding(check, Answer.UNCLEAR, sentence, None, NEIGHBOURS_HOLD, _PARDO)
    here, around = sharpes[0], _around(sharpes, ran)
    if here is None or here <= 0.0 or not around:
        sentence = "There is no positive Sharpe ratio that other parameters could keep."
        return Finding(check, Answer.UNCLEAR, sentence, None, NEIGHBOURS_HOLD, _PARDO)
    kept = sum(value >= KEPT * here for value in around) / len(around)
    median = float(np.median(around))
    sentence = (
        f"At least half of the Sharpe ratio is kept by {kept:.0%} of the neighbouring parameter sets, {len(around)} in "
        f"all; their median is {median:.2f}, the run's {here:.2f}, the worst {min(around):.2f}."
    )
    answer = graded(kept, NEIGHBOURS_HOLD, NEIGHBOURS_FAIL)
    return Finding(check, answer, sentence, kept, NEIGHBOURS_HOLD, _PARDO)


def _around(sharpes: Sequence[float | None], ran: Sequence[bool]) -> Sequence[float]:
    known = ran or [sharpe is not None for sharpe in sharpes]
    return [sharpe or 0.0 for sharpe, could in zip(sharpes, known, strict=True) if could][1:]
