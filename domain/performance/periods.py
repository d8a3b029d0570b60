"""When a result was made: by year, quarter, month, weekday, and by the market's regime.

Every return period belongs to one slice of a breakdown. A regime is what was known when the period
began: its label is decided from closes up to the end of the period before, so that a breakdown by
regime could have been acted on.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.errors import InvalidInput
from domain.performance.returns import FEWEST_FOR_A_SPREAD, NOISE, EquityPath, compounded

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_THURSDAY = 3  # 1970-01-01
_QUARTERS = 4
_MONTHS_OF_QUARTER = 3
_MONTHS_OF_YEAR = 12
_DAYS_OF_WEEK = 7


@dataclass(frozen=True, slots=True)
class Slice:
    """The return periods of one label, chained as if the others had not been.

    total_return   compounded
    annual_return  geometric, by the periods of the slice; None if it overflows
    sharpe         mean over deviation (ddof 1), annualised, risk-free rate 0; None below two periods
                   or without a spread
    max_drawdown   of the chained curve, 0 or below
    profit         account currency, of these periods as they were in the account
    profit_share   over the whole profit; None where the account made none
    """

    label: str
    periods: int
    first: date
    last: date
    total_return: float
    annual_return: float | None
    sharpe: float | None
    max_drawdown: float
    profit: float
    profit_share: float | None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Slices by one question; together they hold every return period once. rule says how labels are made."""

    by: str
    rule: str
    slices: tuple[Slice, ...]


def breakdowns(path: EquityPath, market: FloatArray | None, periods_per_year: int) -> tuple[Breakdown, ...]:
    """Every breakdown of this module with its usual windows; those by regime need a market."""
    by_calendar = (by_year, by_quarter, by_month_of_year, by_weekday)
    by_regime = (by_trend, by_market_drawdown, by_volatility)
    return (
        *(one(path, periods_per_year) for one in by_calendar),
        *(one(path, market, periods_per_year) for one in by_regime if market is not None),
    )


def by_year(path: EquityPath, periods_per_year: int) -> Breakdown:
    """One slice a calendar year."""
    number = _months(path) // _MONTHS_OF_YEAR
    years = np.unique(number)
    labels = [str(1970 + int(year)) for year in years]
    rule = "calendar year of the day a return period ends on"
    return _broken("year", rule, path, np.searchsorted(years, number), labels, periods_per_year)


def by_quarter(path: EquityPath, periods_per_year: int) -> Breakdown:
    """One slice a calendar quarter: "2020 Q1"."""
    number = _months(path) // _MONTHS_OF_QUARTER
    quarters = np.unique(number)
    labels = [f"{1970 + int(one) // _QUARTERS} Q{int(one) % _QUARTERS + 1}" for one in quarters]
    rule = "calendar quarter of the day a return period ends on"
    return _broken("quarter", rule, path, np.searchsorted(quarters, number), labels, periods_per_year)


def by_month_of_year(path: EquityPath, periods_per_year: int) -> Breakdown:
    """January to December, each over all years."""
    rule = "month of the day a return period ends on, over all years"
    return _broken("month of year", rule, path, _months(path) % _MONTHS_OF_YEAR, _MONTHS, periods_per_year)


def by_weekday(path: EquityPath, periods_per_year: int) -> Breakdown:
    """Monday to Sunday, each over all weeks."""
    rule = "weekday a return period ends on; Monday's return holds the weekend"
    number = (path.day + _THURSDAY) % _DAYS_OF_WEEK
    return _broken("weekday", rule, path, number, _WEEKDAYS, periods_per_year)


def by_trend(path: EquityPath, market: FloatArray, periods_per_year: int, window: int = 200) -> Breakdown:
    """Bull or bear: whether the market last closed above its average.

    market (n + 1,) is the market's level at the start and at the end of each return period, as
    `EquityPath.level`; NaN while it is not known. window counts levels.
    """
    levels = _checked(path, market)
    known = np.full(len(levels), -1, dtype=np.int64)
    if len(levels) >= window:
        total = np.cumsum(np.concatenate(([0.0], np.where(np.isfinite(levels), levels, 0.0))))
        seen = np.cumsum(np.concatenate(([0], np.isfinite(levels).astype(np.int64))))
        whole = seen[window:] - seen[:-window] == window
        average = (total[window:] - total[:-window]) / window
        above = levels[window - 1 :] > average
        known[window - 1 :] = np.where(whole, np.where(above, 0, 1), -1)
    rule = f"market's close before the period against its mean of {window} closes"
    return _regimes("trend", rule, path, known[:-1], ("bull", "bear"), periods_per_year)


def by_market_drawdown(
    path: EquityPath, market: FloatArray, periods_per_year: int, threshold: float = 0.2
) -> Breakdown:
    """Bull or bear by the common rule of a fifth: a bear market begins when the market has closed
    `threshold` below its highest close, and ends when it has closed as far above its lowest since.

    market is as in `by_trend`. The market counts as a bull until it falls.
    """
    levels = _checked(path, market)
    known = np.full(len(levels), -1, dtype=np.int64)
    extreme, bear = math.nan, False
    for row, level in enumerate(levels.tolist()):
        if math.isnan(level):
            known[row] = -1 if math.isnan(extreme) else int(bear)
            continue
        if math.isnan(extreme):
            extreme = level
        extreme = min(extreme, level) if bear else max(extreme, level)
        turned = level >= extreme * (1.0 + threshold) if bear else level <= extreme * (1.0 - threshold)
        if turned:
            bear, extreme = not bear, level
        known[row] = int(bear)
    rule = f"bear from a close {threshold:.0%} below the market's peak to one {threshold:.0%} above its low"
    return _regimes("market drawdown", rule, path, known[:-1], ("bull", "bear"), periods_per_year)


def by_volatility(
    path: EquityPath, market: FloatArray, periods_per_year: int, window: int = 21, history: int = 252
) -> Breakdown:
    """Calm, usual or wild: the market's volatility over the last `window` returns, ranked among its own past.

    market is as in `by_trend`. The volatility known before a period is compared with the terciles of all
    volatilities known up to then, itself included; there must be `history` of them, before which
    periods are "unknown". No threshold is ever moved by what came later.
    """
    levels = _checked(path, market)
    volatility = _volatility(levels, window)
    known = np.full(len(levels), -1, dtype=np.int64)
    past: list[float] = []
    ranked = np.empty(0)
    for row in np.flatnonzero(np.isfinite(volatility)):
        past.append(float(volatility[row]))
        ranked = np.insert(ranked, int(np.searchsorted(ranked, past[-1])), past[-1])
        if len(past) >= history:
            low, high = ranked[len(past) // 3], ranked[2 * len(past) // 3]
            known[row] = int(past[-1] >= low) + int(past[-1] >= high)
    rule = f"deviation of the market's {window} returns before the period, by terciles of all such values up to then"
    return _regimes("volatility", rule, path, known[:-1], ("calm", "usual", "wild"), periods_per_year)


def _volatility(levels: FloatArray, window: int) -> FloatArray:
    result = np.full(len(levels), np.nan)
    if len(levels) > window:
        returns = levels[1:] / levels[:-1] - 1.0
        result[window:] = np.lib.stride_tricks.sliding_window_view(returns, window).std(axis=1, ddof=1)
    return result


def _regimes(
    by: str, rule: str, path: EquityPath, known: IntArray, labels: Sequence[str], periods_per_year: int
) -> Breakdown:
    number = np.where(known < 0, len(labels), known)
    return _broken(by, rule, path, number, (*labels, "unknown"), periods_per_year)


def _broken(
    by: str, rule: str, path: EquityPath, number: IntArray, labels: Sequence[str], periods_per_year: int
) -> Breakdown:
    """A slice for each number that occurs, in the order of the labels; none of a ruined account."""
    if path.ruined:
        return Breakdown(by, rule, ())
    slices = [
        _slice(label, path, number == position, periods_per_year) for position, label in enumerate(labels)
    ]
    return Breakdown(by, rule, tuple(one for one in slices if one is not None))


def _slice(label: str, path: EquityPath, mine: BoolArray, periods_per_year: int) -> Slice | None:
    rows = np.flatnonzero(mine)
    if not len(rows):
        return None
    returns = path.returns[rows]
    chained = np.cumprod(np.concatenate(([1.0], 1.0 + returns)))
    whole = float(path.level[-1] - path.level[0])
    profit = float((path.level[rows + 1] - path.level[rows]).sum())
    return Slice(
        label=label,
        periods=len(rows),
        first=path.day_of(int(rows[0]) + 1),
        last=path.day_of(int(rows[-1]) + 1),
        total_return=float(chained[-1]) - 1.0,
        annual_return=compounded(float(chained[-1]), periods_per_year / len(rows)),
        sharpe=_sharpe(returns, periods_per_year),
        max_drawdown=min(float((chained / np.maximum.accumulate(chained)).min()) - 1.0, 0.0),
        profit=profit,
        profit_share=profit / whole if whole > 0.0 else None,
    )


def _sharpe(returns: FloatArray, periods_per_year: int) -> float | None:
    if len(returns) < FEWEST_FOR_A_SPREAD:
        return None
    deviation = float(returns.std(ddof=1))
    return float(returns.mean()) / deviation * math.sqrt(periods_per_year) if deviation > NOISE else None


def _months(path: EquityPath) -> IntArray:
    """Months since January 1970 that periods end in."""
    return path.day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _checked(path: EquityPath, market: FloatArray) -> FloatArray:
    levels = np.asarray(market, dtype=np.float64)
    if levels.shape != path.level.shape:
        raise InvalidInput.at(
            "market", message=f"must have a level before and after each period, {path.level.shape[0]} in all"
        )
    if bool((levels <= 0.0).any()):
        raise InvalidInput.at("market", message="must be above 0 throughout")
    return levels
