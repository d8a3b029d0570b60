"""Would chance alone have done as well? Findings from a Sharpe ratio, from a search and from shuffles.

Data too short to tell is UNCLEAR, never FAILS: nothing was shown either way.
"""

import math
from dataclasses import dataclass

from domain.overfitting.sharpe import (
    SharpeEstimate,
    deflated_sharpe,
    expected_maximum_sharpe,
    minimum_backtest_years,
    minimum_track_record,
    probability_above,
    standard_error,
)
from domain.research.evaluation.verdict import Check, graded
from domain.research.model import Answer, Finding

CONFIDENT = 0.95
"""Fisher's convention, one in twenty; the level Bailey & Lopez de Prado use for their ratios."""
MORE_LIKELY_NOT = 0.5
"""Below it the true Sharpe ratio is more likely under its hurdle than above it."""
OVERFIT_HOLDS, OVERFIT_FAILS = 0.2, 0.5
"""At one half the choice in one half of the data says nothing about the other (Bailey et al. 2017); one
in five is the house's limit: a search of like combinations seldom comes lower."""
P_HOLDS, P_FAILS = 0.05, 0.20
"""One in twenty is Fisher's convention; one in five is common luck."""

_PSR = "Bailey & Lopez de Prado, The Sharpe Ratio Efficient Frontier, Journal of Risk 15 (2012)."
_DSR = "Bailey & Lopez de Prado, The Deflated Sharpe Ratio, Journal of Portfolio Management 40 (2014)."
_MINBTL = "Bailey, Borwein, Lopez de Prado & Zhu, Pseudo-Mathematics and Financial Charlatanism, Notices of the AMS 61 (2014)."
_PBO = "Bailey, Borwein, Lopez de Prado & Zhu, The Probability of Backtest Overfitting, Journal of Computational Finance 20 (2017)."
_SPA = "Hansen, A Test for Superior Predictive Ability, Journal of Business & Economic Statistics 23 (2005)."
_PERMUTATION = "Masters, Permutation and Randomization Tests for Trading System Development (2020)."


@dataclass(frozen=True, slots=True)
class Tried:
    """How many strategies were tried, and how their Sharpe ratios per period spread.

    effective counts independent ones; None where that is not known.
    """

    count: int | None
    variance: float | None = None
    effective: float | None = None


def sharpe_findings(
    estimate: SharpeEstimate | None, periods_per_year: int, tried: Tried, *, is_ruined: bool = False
) -> tuple[Finding, ...]:
    """Track record, backtest length, probabilistic and deflated Sharpe ratio. estimate is per period; None
    says that returns did not vary, or that the account was ruined."""
    if estimate is None:
        checks = (
            Check.TRACK_RECORD,
            Check.BACKTEST_LENGTH,
            Check.PROBABILISTIC_SHARPE,
            Check.DEFLATED_SHARPE,
        )
        why = "was ruined" if is_ruined else "never changed in value"
        sentence = f"The account {why}, so there is no Sharpe ratio to judge."
        return tuple(Finding(check, Answer.UNCLEAR, sentence) for check in checks)
    return (
        _track_record(estimate, periods_per_year),
        _backtest_length(estimate, periods_per_year, tried),
        _probabilistic(estimate, periods_per_year),
        _deflated(estimate, periods_per_year, tried),
    )


def _track_record(estimate: SharpeEstimate, year: int) -> Finding:
    needed = minimum_track_record(estimate, 0.0, CONFIDENT)
    have = estimate.count / year
    if needed is None:
        return Finding(
            Check.TRACK_RECORD,
            Answer.UNCLEAR,
            "The Sharpe ratio is not above zero; no length of data would show an edge.",
            have,
            None,
            _PSR,
        )
    enough = estimate.count >= needed
    return Finding(
        Check.TRACK_RECORD,
        Answer.HOLDS if enough else Answer.UNCLEAR,
        f"A Sharpe ratio like this one needs {_years(needed / year)} of data to be told from zero with {CONFIDENT:.0%} "
        f"confidence; there {'are' if enough else 'are only'} {_years(have)}.",
        have,
        needed / year,
        _PSR,
    )


def _backtest_length(estimate: SharpeEstimate, year: int, tried: Tried) -> Finding:
    have, annual = estimate.count / year, estimate.sharpe * year**0.5
    if tried.count is None:
        return Finding(
            Check.BACKTEST_LENGTH,
            Answer.UNCLEAR,
            f"{_NOT_COUNTED}, so luck has no size.",
            have,
            None,
            _MINBTL,
        )
    needed = minimum_backtest_years(tried.count, annual)
    if needed is None:
        sentence = "The Sharpe ratio is not above zero; no length of data would show an edge."
        return Finding(Check.BACKTEST_LENGTH, Answer.UNCLEAR, sentence, have, None, _MINBTL)
    sentence = (
        "One strategy was tried, so no length of data is needed to outgrow the luck of a search."
        if tried.count == 1
        else f"With less than {_years(needed)} of data luck gives the best of {_tried(tried.count)} an annual Sharpe "
        f"ratio of {annual:.2f}; there are {_years(have)}."
    )
    return Finding(
        Check.BACKTEST_LENGTH,
        Answer.HOLDS if have >= needed else Answer.UNCLEAR,
        sentence,
        have,
        needed,
        _MINBTL,
    )


def _probabilistic(estimate: SharpeEstimate, year: int) -> Finding:
    value = probability_above(estimate)
    annual = estimate.sharpe * year**0.5
    if value is None:
        sentence = "The returns are too lopsided for the error of their Sharpe ratio to be known."
        return Finding(Check.PROBABILISTIC_SHARPE, Answer.UNCLEAR, sentence, None, CONFIDENT, _PSR)
    return Finding(
        Check.PROBABILISTIC_SHARPE,
        graded(value, CONFIDENT, MORE_LIKELY_NOT),
        f"With a probability of {_percent(value)} the true Sharpe ratio is above zero (measured: {annual:.2f} a year).",
        value,
        CONFIDENT,
        _PSR,
    )


def _deflated(estimate: SharpeEstimate, year: int, tried: Tried) -> Finding:
    def unclear(sentence: str) -> Finding:
        return Finding(Check.DEFLATED_SHARPE, Answer.UNCLEAR, sentence, None, CONFIDENT, _DSR)

    if tried.count is None:
        return unclear(f"{_NOT_COUNTED}, so luck cannot be taken off.")
    if tried.count > 1 and tried.variance is None:
        return unclear(
            f"How the {tried.count} trials spread is not known; give the sweep that this result came from."
        )
    value = deflated_sharpe(estimate, tried.count, tried.variance)
    if value is None:
        return unclear("The returns are too lopsided for the error of their Sharpe ratio to be known.")
    answer = graded(value, CONFIDENT, MORE_LIKELY_NOT)
    hurdle = expected_maximum_sharpe(tried.count, tried.variance or 0.0) * year**0.5
    sentence = (
        f"With a probability of {_percent(value)} the Sharpe ratio is above {hurdle:.2f} a year, which luck gives the "
        f"best of {_tried(tried.count)}."
    )
    independent, worthless = _as_independent(estimate, tried), _as_worthless(estimate, tried)
    if independent is not None:
        sentence += f" Many of them are alike: as {tried.effective:.1f} independent ones it is {_percent(independent)}."
    if worthless is not None and value < MORE_LIKELY_NOT and worthless >= CONFIDENT:
        sentence += f" They differ by more than chance: had they the spread of worthless ones it is {_percent(worthless)}."
    # A dense grid counts the same idea many times, and one that holds an idea beside its opposite spreads
    # wider than luck does; then the truth lies between the numbers.
    if answer is not Answer.HOLDS and max(independent or 0.0, worthless or 0.0) >= CONFIDENT:
        answer = Answer.UNCLEAR
    return Finding(Check.DEFLATED_SHARPE, answer, sentence, value, CONFIDENT, _DSR)


def _as_independent(estimate: SharpeEstimate, tried: Tried) -> float | None:
    """Deflated by as many trials as they amount to; None where that is not known."""
    return None if tried.effective is None else deflated_sharpe(estimate, tried.effective, tried.variance)


def _as_worthless(estimate: SharpeEstimate, tried: Tried) -> float | None:
    """Deflated by as many trials that all have no edge: their Sharpe ratios spread by the error of one. None
    unless these spread wider."""
    error = standard_error(estimate)
    if tried.count is None or tried.variance is None or error is None or tried.variance <= error**2:
        return None
    return deflated_sharpe(estimate, tried.count, error**2)


def overfitting_finding(probability: float | None, trials: int) -> Finding:
    """probability is that of `selection.probability_of_overfitting`; None where it is not defined."""
    if probability is None:
        sentence = (
            "There is no search, or too little data of it, to see whether its choice holds up elsewhere."
        )
        return Finding(Check.OVERFITTING, Answer.UNCLEAR, sentence, None, OVERFIT_HOLDS, _PBO)
    return Finding(
        Check.OVERFITTING,
        graded(probability, OVERFIT_HOLDS, OVERFIT_FAILS),
        f"In {_percent(probability)} of the ways to halve the data, the best of {trials} combinations in one half was "
        "below the median in the other.",
        probability,
        OVERFIT_HOLDS,
        _PBO,
    )


def snooping_finding(superior: float | None, reality: float | None, trials: int) -> Finding:
    """p-values of Hansen's test (consistent) and of White's, against doing nothing."""
    if superior is None:
        sentence = "There is no search, or too little data of it, to see what the best of it owes to chance."
        return Finding(Check.DATA_SNOOPING, Answer.UNCLEAR, sentence, None, P_HOLDS, _SPA)
    white = "" if reality is None else f" (White's reality check: {_percent(reality)})"
    return Finding(
        Check.DATA_SNOOPING,
        graded(superior, P_HOLDS, P_FAILS),
        f"If none of the {trials} combinations earned anything, the best would look this good in {_percent(superior)} "
        f"of cases{white}.",
        superior,
        P_HOLDS,
        _SPA,
    )


def permutation_finding(p_value: float | None, shuffles: int, searched: int) -> Finding:
    """p_value is (1 + shuffles at least as good) / (1 + shuffles); searched counts the combinations that
    were tried again on each shuffle, 0 when the strategy alone was."""
    if p_value is None and shuffles:
        sentence = "There is no result that could be compared with those on shuffled bars."
        return Finding(Check.PERMUTATION, Answer.UNCLEAR, sentence, None, P_HOLDS, _PERMUTATION)
    if p_value is None or (p_value > P_HOLDS and 1.0 / (1 + shuffles) > P_HOLDS):
        sentence = f"{shuffles} shuffles of the bars are too few to tell; take 100 or more."
        return Finding(Check.PERMUTATION, Answer.UNCLEAR, sentence, p_value, P_HOLDS, _PERMUTATION)
    what = f"the best of {searched} combinations searched anew" if searched else "the strategy"
    return Finding(
        Check.PERMUTATION,
        graded(p_value, P_HOLDS, P_FAILS),
        f"On {shuffles} shuffles of the bars, which keep the drift and destroy every pattern, {what} did as well in "
        f"{_percent(p_value)} of cases.",
        p_value,
        P_HOLDS,
        _PERMUTATION,
    )


_SHORTEST_IN_YEARS = 0.1
_ROUNDED = 0.0005
_NOT_COUNTED = "How many strategies were tried to find this one is not known"


def _tried(count: int) -> str:
    return "1 trial" if count == 1 else f"{count:,} trials"


def _years(years: float) -> str:
    return f"{years:,.1f} years" if years >= _SHORTEST_IN_YEARS else f"{math.ceil(years * 365.0)} days"


def _percent(share: float) -> str:
    """A probability: what is not certain is not told as 0 or 100 per cent."""
    if _ROUNDED < share < 1.0 - _ROUNDED or share in {0.0, 1.0}:
        return f"{share:.1%}"
    return "less than 0.1%" if share <= _ROUNDED else "more than 99.9%"
