"""The verdict of an evaluation, put together from what its parts found.

The outcome as JSON values:

verdict        {answer, sentence, findings: [{check, answer, sentence, value, threshold, source}]}
statistics     of the run, as a backtest has them
trials         {count, variance, effective}: strategies tried, the variance of their Sharpe ratios per
               period, and how many independent ones they amount to; null where not known
intervals      {sharpe, annual_return, max_drawdown, mean_trade}: {estimate, low, high, ...} or null
drawdowns      the Monte Carlo cone: quantiles, step, equity (a list for each quantile, from 1), final,
               max_drawdown, drawdown_probabilities [[size, share]], probability_of_ruin and _of_loss
stretches, regimes
               the run in parts of time and by the state of the market
stress         {costs: [{multiple, statistics}], delay: {bars, statistics}}, or null
neighbourhood  {parameters, sharpes, ran}, the run's own first, or null; ran is false for those that failed
overfitting    {probability, probability_of_loss, degradation, splits, trials}, or null
snooping       {superior, lower, upper, reality_check, trials}: p-values, or null
permutation    {statistic, observed, simulated, p_value}, or null
data_hash      of the bars
"""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.errors import InvalidInput
from domain.overfitting.permutation import p_value
from domain.overfitting.sharpe import SharpeEstimate
from domain.research.evaluation.fragility_checks import cost_finding, delay_finding, neighbourhood_finding
from domain.research.evaluation.luck_checks import (
    Tried,
    overfitting_finding,
    permutation_finding,
    sharpe_findings,
    snooping_finding,
)
from domain.research.evaluation.verdict import Check, read_finding, verdict_on
from domain.research.json_values import number
from domain.research.model import Answer, Direction, EvaluationSpec, Finding, Objective

Values = Mapping[str, Any]
_CHECKS_OF: Mapping[str, tuple[Check, ...]] = {
    "stress": (Check.COSTS, Check.DELAY),
    "neighbourhood": (Check.NEIGHBOURHOOD,),
    "search": (Check.OVERFITTING, Check.DATA_SNOOPING),
    "look_ahead": (Check.LOOK_AHEAD,),
    "shuffles": (Check.PERMUTATION,),
}


def outcome_of(
    spec: EvaluationSpec, answers: Sequence[Values], data_hash: str
) -> tuple[Mapping[str, Any], Sequence[str]]:
    """The outcome as JSON values, and the warnings of the run that was questioned. Their fields stand at the head of this module."""
    parts = {answer["part"]: answer for answer in answers if answer["part"] != "shuffles"}
    account = parts["account"]
    if "gave_up" in account:
        raise InvalidInput(f"The run itself could not be carried out: {account['gave_up']}")
    shuffles = [answer for answer in answers if answer["part"] == "shuffles"]
    search = _found(parts, "search")
    tried = _tried(spec, search)
    shuffled, permutation = _permutation(spec, account, search, shuffles)
    findings = (
        *(read_finding(one) for one in account["findings"]),
        *_on_sharpe(account, tried),
        *_on_reruns(account, parts),
        *_on_search(search),
        *shuffled,
        *_given_up(answers),
    )
    return {
        "verdict": verdict_on(findings, periods=int(account["statistics"]["return_periods"])).as_json(),
        "statistics": account["statistics"],
        "trials": {"count": tried.count, "variance": tried.variance, "effective": tried.effective},
        "intervals": account["intervals"],
        "drawdowns": account["drawdowns"],
        "stretches": account["stretches"],
        "regimes": account["regimes"],
        "stress": _without_part(_found(parts, "stress")),
        "neighbourhood": _without_part(_found(parts, "neighbourhood")),
        "overfitting": None if search is None else search["overfitting"],
        "snooping": None if search is None else search["snooping"],
        "permutation": permutation,
        "data_hash": data_hash,
    }, tuple(account["warnings"])


def _found(parts: Mapping[str, Values], name: str) -> Values | None:
    part = parts.get(name)
    return None if part is None or "gave_up" in part else part


def _without_part(values: Values | None) -> Values | None:
    return None if values is None else {name: value for name, value in values.items() if name != "part"}


def _tried(spec: EvaluationSpec, search: Values | None) -> Tried:
    """The larger of what was told and what the search holds: a search is as many trials as it made. How
    many of them are independent is known of the search alone."""
    if search is None:
        return Tried(spec.trials, spec.trial_sharpe_variance)
    count = max(spec.trials or 1, search["combinations"])
    variance = search["variance"]
    effective = search["effective"] if count == search["combinations"] else None
    return Tried(count, spec.trial_sharpe_variance if variance is None else variance, effective)


def _on_sharpe(account: Values, tried: Tried) -> Sequence[Finding]:
    estimate = None if account["estimate"] is None else SharpeEstimate(**account["estimate"])
    year = int(account["statistics"]["periods_per_year"])
    return sharpe_findings(estimate, year, tried, is_ruined=account["ruined"])


def _on_reruns(account: Values, parts: Mapping[str, Values]) -> Sequence[Finding]:
    base, findings = account["statistics"], list[Finding]()
    stress, around = _found(parts, "stress"), _found(parts, "neighbourhood")
    if stress is not None:
        twice, thrice = (one["statistics"] for one in stress["costs"])
        findings.append(cost_finding(base, twice, thrice))
        findings.append(delay_finding(base, stress["delay"]["statistics"]))
    if "neighbourhood" not in parts:
        findings.append(neighbourhood_finding(()))
    elif around is not None:
        findings.append(neighbourhood_finding(around["sharpes"], around["ran"]))
    ahead = _found(parts, "look_ahead")
    if ahead is not None and ahead["finding"] is not None:
        findings.append(read_finding(ahead["finding"]))
    return findings


def _on_search(search: Values | None) -> Sequence[Finding]:
    bias = None if search is None else search["overfitting"]
    snooping = None if search is None else search["snooping"]
    return (
        overfitting_finding(None, 0)
        if bias is None
        else overfitting_finding(bias["probability"], bias["trials"]),
        snooping_finding(None, None, 0)
        if snooping is None
        else snooping_finding(snooping["superior"], snooping["reality_check"], snooping["trials"]),
    )


def _permutation(
    spec: EvaluationSpec, account: Values, search: Values | None, shuffles: Sequence[Values]
) -> tuple[Sequence[Finding], Values | None]:
    done = [one for answer in shuffles if "gave_up" not in answer for one in answer["best"]]
    if not done or (spec.sweep is not None and search is None):
        return (permutation_finding(None, len(done), 0),), None
    objective = Objective() if spec.sweep is None else spec.sweep.objectives[0]
    observed = account["statistics"][objective.statistic] if search is None else search["observed"]
    higher = objective.direction is Direction.MAXIMISE
    value = p_value(observed, done, higher_is_better=higher)
    searched = 0 if search is None else search["searched_anew"]
    return (permutation_finding(value, len(done), searched),), {
        "statistic": objective.statistic,
        "observed": number(observed),
        "simulated": done,
        "p_value": number(value),
    }


def _given_up(answers: Sequence[Values]) -> Sequence[Finding]:
    return [
        Finding(check, Answer.UNCLEAR, f"It was given up: {answer['gave_up']}")
        for answer in answers
        if "gave_up" in answer and answer["part"] != "shuffles"
        for check in _CHECKS_OF[answer["part"]]
    ]
