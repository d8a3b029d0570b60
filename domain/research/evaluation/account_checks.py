"""What one account tells by itself, without another run: how wide its numbers are, how deep it may
fall, and whether a few trades or one stretch of time made the profit.

Data too short to tell is UNCLEAR, never FAILS.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.overfitting import row_statistics
from domain.overfitting.intervals import Interval, Method, bootstrap_interval
from domain.overfitting.monte_carlo import MonteCarlo, simulated_paths
from domain.performance.returns import as_date, compounded
from domain.research.evaluation.account_record import AccountRecord
from domain.research.evaluation.verdict import FEWEST_PERIODS, Check, graded, percent
from domain.research.json_values import number, numbers
from domain.research.model import Answer, Finding

FEWEST_TRADES = 10
"""A spread of fewer trades is itself a guess."""
MUCH_OF_THE_PROFIT = 0.5
"""A trade that made more than half of the profit decides whether there was one."""
PARTS = 4
"""Stretches of equal length that the run is cut into: the fewest in which one can stand out."""
SHORTEST_PART_YEARS = 0.25
RUIN = 0.5
"""Half of the account: it takes a doubling to come back."""
RUIN_HOLDS, RUIN_FAILS = 0.01, 0.05
CONE_POINTS = 100
"""Steps at which the cone is given: as many as a chart can show."""
DEEP = 0.05
"""The drawdown to expect is the one that one path in twenty exceeds."""

_BCA = "Efron & Tibshirani, An Introduction to the Bootstrap (1993); Politis & Romano, The Stationary Bootstrap, JASA 89 (1994)."
_HOUSE = "House definition."


def interval_findings(
    record: AccountRecord, *, resamples: int, seed: int, method: Method = Method.BCA, drawdown: bool = True
) -> tuple[tuple[Finding, ...], Mapping[str, Any]]:
    """Findings on Sharpe ratio, growth and mean trade, and these intervals as JSON values, annual where the
    statistics are. drawdown adds the interval of the maximum drawdown, None otherwise."""
    year, count = record.periods_per_year, max(len(record.returns), 1)
    options: Mapping[str, Any] = {"resamples": resamples, "seed": seed, "method": method}
    sharpe = _scaled(bootstrap_interval(record.returns, row_statistics.sharpe, **options), year**0.5)
    total = bootstrap_interval(record.returns, row_statistics.total_return, **options)
    growth = None if total is None else _annual(total, year / count)
    fall = bootstrap_interval(record.returns, row_statistics.max_drawdown, **options) if drawdown else None
    enough = len(record.pnl) >= FEWEST_TRADES
    trade = bootstrap_interval(record.pnl, row_statistics.mean, block=1.0, **options) if enough else None
    findings = (
        _above_zero(Check.SHARPE_INTERVAL, sharpe, "a Sharpe ratio", "{:.2f}".format, "returns"),
        _above_zero(Check.GROWTH_INTERVAL, growth, "an annual return", percent, "returns"),
        _above_zero(
            Check.TRADE_INTERVAL, trade, "a mean trade", "{:,.2f}".format, f"{len(record.pnl)} trades"
        ),
    )
    intervals = {"sharpe": sharpe, "annual_return": growth, "max_drawdown": fall, "mean_trade": trade}
    return findings, {
        name: None if one is None else _interval_as_json(one) for name, one in intervals.items()
    }


def drawdown_finding(
    record: AccountRecord, *, resamples: int, seed: int
) -> tuple[Finding, Mapping[str, Any] | None]:
    """What drawdown to expect of an account with such returns in another order, and the cone of its paths."""
    paths = (
        None
        if record.is_ruined
        else simulated_paths(record.returns, resamples=resamples, ruin=RUIN, points=CONE_POINTS, seed=seed)
    )
    if paths is None or len(record.returns) < FEWEST_PERIODS:
        sentence = "There are too few returns to say how deep such an account may fall."
        return Finding(Check.DRAWDOWN, Answer.UNCLEAR, sentence, None, RUIN_HOLDS, _BCA), None
    if not record.returns.any():
        sentence = "The account never changed in value, so nothing is known of its drawdowns."
        return Finding(Check.DRAWDOWN, Answer.UNCLEAR, sentence, None, RUIN_HOLDS, _BCA), None
    deep = float(paths.max_drawdown[int(np.argmin(np.abs(np.array(paths.quantiles) - DEEP)))])
    told = -float(record.statistics["max_drawdown"])
    sentence = (
        f"The same returns in another order fall by {percent(-deep)} or more in one path of {round(1 / DEEP)} (the run "
        f"fell by {percent(told)}), and lose half of the account in {paths.probability_of_ruin:.1%} of paths."
    )
    answer = graded(paths.probability_of_ruin, RUIN_HOLDS, RUIN_FAILS)
    finding = Finding(Check.DRAWDOWN, answer, sentence, paths.probability_of_ruin, RUIN_HOLDS, _BCA)
    return finding, _cone_as_json(paths)


def concentration_findings(record: AccountRecord) -> tuple[Finding, Finding]:
    """Whether the best trades, or the best quarter of the run, made the profit."""
    return _trade_concentration(record.pnl), _period_concentration(record)


def benchmark_finding(record: AccountRecord) -> Finding:
    """After costs, against buying and holding, which pays none."""
    told = record.statistics
    ours, theirs, excess = told["total_return"], told["benchmark_return"], told["excess_return"]
    if theirs is None or excess is None:
        sentence = "There is no benchmark to compare with."
        return Finding(Check.BENCHMARK, Answer.UNCLEAR, sentence, None, 0.0, _HOUSE)
    mine, held = told["sharpe"], _sharpe(record.benchmark, record.periods_per_year)
    calmer = mine is not None and held is not None and mine > held
    words = f"After costs it made {percent(ours)}, buying and holding {percent(theirs)}"
    ratios = f"Sharpe ratio {_or_none(mine)} against {_or_none(held)}"
    if excess > 0.0 and ours > 0.0:
        return Finding(Check.BENCHMARK, Answer.HOLDS, f"{words} ({ratios}).", excess, 0.0, _HOUSE)
    if excess > 0.0 or (calmer and ours > 0.0):
        why = "it only lost less" if excess > 0.0 else "with less risk for it"
        sentence = f"{words}: {why} ({ratios})."
        return Finding(Check.BENCHMARK, Answer.UNCLEAR, sentence, excess, 0.0, _HOUSE)
    return Finding(Check.BENCHMARK, Answer.FAILS, f"{words} ({ratios}).", excess, 0.0, _HOUSE)


def stretches(record: AccountRecord) -> list[dict[str, Any]]:
    """The run in parts of equal length: {start, end, total_return, sharpe}, days as ISO text, Sharpe annual."""
    parts = np.array_split(np.arange(len(record.returns)), PARTS)
    return [_stretch(record, rows) for rows in parts if len(rows)]


def _stretch(record: AccountRecord, rows: IntArray) -> dict[str, Any]:
    returns = record.returns[rows]
    return {
        "start": as_date(int(record.day[rows[0]])).isoformat(),
        "end": as_date(int(record.day[rows[-1]])).isoformat(),
        "total_return": number(float(np.prod(1.0 + returns)) - 1.0),
        "sharpe": number(_sharpe(returns, record.periods_per_year)),
    }


def _trade_concentration(pnl: FloatArray) -> Finding:
    check, total = Check.TRADE_CONCENTRATION, float(pnl.sum())
    if len(pnl) < FEWEST_TRADES:
        has = "is" if len(pnl) == 1 else "are"
        sentence = f"{_count(len(pnl), 'trade')} {has} too few to say whether one of them is an exception."
        return Finding(check, Answer.UNCLEAR, sentence, None, None, _HOUSE)
    if total <= 0.0:
        return Finding(
            check, Answer.UNCLEAR, "There is no profit that trades could share.", None, None, _HOUSE
        )
    share = float(pnl.max()) / total
    sentence = f"The best of {len(pnl)} trades made {share:.0%} of the profit"
    if share >= 1.0:
        sentence += "; without it the others together made none"
    return Finding(check, graded(share, MUCH_OF_THE_PROFIT, 1.0), f"{sentence}.", share, 1.0, _HOUSE)


def _period_concentration(record: AccountRecord) -> Finding:
    check = Check.PERIOD_CONCENTRATION
    if record.is_ruined or record.years < PARTS * SHORTEST_PART_YEARS:
        sentence = f"A run of {record.years:.1f} years is too short to be told apart by stretches of time."
        return Finding(check, Answer.UNCLEAR, sentence, None, None, _HOUSE)
    gains = [float(np.log1p(part).sum()) for part in np.array_split(record.returns, PARTS)]
    return concentration(check, gains, f"{PARTS} stretches of equal length", "stretch")


def concentration(check: Check, gains: list[float], parts: str, part: str) -> Finding:
    """gains are the log growth of each part; the best one must not carry the rest."""
    total, positive = sum(gains), sum(gain > 0.0 for gain in gains)
    if total <= 0.0:
        return Finding(
            check, Answer.UNCLEAR, f"There is no profit that {parts} could share.", None, None, _HOUSE
        )
    rest = total - max(gains)
    answer = Answer.FAILS if rest <= 0.0 else Answer.HOLDS if positive > len(gains) / 2 else Answer.UNCLEAR
    left = "the others together lost money" if rest < 0.0 else f"{positive} of {len(gains)} made money"
    sentence = f"Of {parts}, the best {part} made {max(gains) / total:.0%} of the growth and {left}."
    return Finding(check, answer, sentence, max(gains) / total, 1.0, _HOUSE)


def _above_zero(
    check: Check, found: Interval | None, what: str, told: Callable[[float], str], of: str
) -> Finding:
    if found is None:
        sentence = f"There are too few {of.rsplit(maxsplit=1)[-1]}, or they do not vary, for an interval."
        return Finding(check, Answer.UNCLEAR, sentence, None, 0.0, _BCA)
    answer = Answer.HOLDS if found.low > 0.0 else Answer.FAILS if found.high <= 0.0 else Answer.UNCLEAR
    sentence = (
        f"Resampling the {of} gives {what} between {told(found.low)} and {told(found.high)} with "
        f"{found.confidence:.0%} confidence (measured: {told(found.estimate)})."
    )
    return Finding(check, answer, sentence, found.low, 0.0, _BCA)


def _scaled(found: Interval | None, factor: float) -> Interval | None:
    if found is None:
        return None
    return Interval(
        found.estimate * factor,
        found.low * factor,
        found.high * factor,
        found.standard_error * factor,
        found.confidence,
        found.method,
        found.block,
        found.resamples,
    )


def _annual(found: Interval, exponent: float) -> Interval | None:
    """Of total returns, annual ones. The standard error is that of the middle, to the first order."""
    ends = [compounded(1.0 + value, exponent) for value in (found.estimate, found.low, found.high)]
    if any(end is None for end in ends):
        return None
    estimate, low, high = (float(end) for end in ends if end is not None)
    slope = exponent * (1.0 + estimate) / (1.0 + found.estimate) if found.estimate > -1.0 else 0.0
    return Interval(
        estimate,
        low,
        high,
        found.standard_error * slope,
        found.confidence,
        found.method,
        found.block,
        found.resamples,
    )


def _interval_as_json(found: Interval) -> dict[str, Any]:
    values = asdict(found)
    return {
        name: value.value if isinstance(value, Method) else number(value) for name, value in values.items()
    }


def _cone_as_json(paths: MonteCarlo) -> dict[str, Any]:
    return {
        "quantiles": numbers(paths.quantiles),
        "step": [int(step) for step in paths.step],
        "equity": [numbers(row) for row in paths.equity.T],
        "final": numbers(paths.final),
        "max_drawdown": numbers(paths.max_drawdown),
        "drawdown_probabilities": [
            [number(size), number(share)] for size, share in paths.drawdown_probabilities
        ],
        "probability_of_ruin": number(paths.probability_of_ruin),
        "probability_of_loss": number(paths.probability_of_loss),
        "resamples": int(paths.resamples),
        "block": number(paths.block),
    }


def _sharpe(returns: FloatArray, year: int) -> float | None:
    known = returns[~np.isnan(returns)]
    if len(known) < 2:  # noqa: PLR2004 - a spread needs two
        return None
    return number(float(row_statistics.sharpe(known[None, :])[0]) * year**0.5)


def _or_none(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.2f}"


def _count(number_of: int, what: str) -> str:
    return f"{number_of} {what}" if number_of == 1 else f"{number_of} {what}s"
