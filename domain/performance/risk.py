"""Volatility, risk-adjusted ratios and the shape of period returns."""

import math
from typing import TypedDict

import numpy as np

from domain.arrays import FloatArray
from domain.performance.returns import FEWEST_FOR_A_SPREAD, NOISE

_TAIL = 0.05


class Risk(TypedDict):
    """Statistics of the distribution of period returns."""

    volatility: float | None
    sharpe: float | None
    probabilistic_sharpe: float | None
    sortino: float | None
    skew: float | None
    kurtosis: float | None
    value_at_risk_95: float | None
    conditional_value_at_risk_95: float | None
    tail_ratio: float | None


def risk(returns: FloatArray, periods_per_year: int, risk_free_rate: float = 0.0) -> Risk:
    """All of them from simple period returns (n,), finite; every one None below two periods.

    risk_free_rate is annual and simple; a period earns its share, rate / periods_per_year.
    """
    count = len(returns)
    if count < FEWEST_FOR_A_SPREAD:
        return _NOTHING
    year = math.sqrt(periods_per_year)
    mean = float(np.add.reduce(returns)) / count
    centred = returns - mean
    squared = centred * centred
    second = float(np.add.reduce(squared)) / count
    deviation = math.sqrt(second * count / (count - 1))
    skew = kurtosis = per_period = None
    if deviation > NOISE:
        skew = float(np.add.reduce(squared * centred)) / count / second**1.5
        kurtosis = float(np.add.reduce(squared * squared)) / count / second**2
        per_period = (mean - risk_free_rate / periods_per_year) / deviation
    low, tail_mean, high = tails(returns)
    return Risk(
        volatility=deviation * year if deviation > NOISE else 0.0,
        sharpe=None if per_period is None else per_period * year,
        probabilistic_sharpe=probabilistic_sharpe(per_period, count, skew, kurtosis),
        sortino=sortino(returns, mean, periods_per_year),
        skew=skew,
        kurtosis=kurtosis,
        value_at_risk_95=low,
        conditional_value_at_risk_95=tail_mean,
        tail_ratio=abs(high) / abs(low) if abs(low) > NOISE else None,
    )


def probabilistic_sharpe(
    sharpe: float | None, count: int, skew: float | None, kurtosis: float | None, benchmark: float = 0.0
) -> float | None:
    """Probability that the true Sharpe ratio exceeds a benchmark, in [0, 1].

    sharpe and benchmark are per period, never annualised; kurtosis is Pearson's (normal = 3).
    Source: Bailey & Lopez de Prado, "The Sharpe Ratio Efficient Frontier", Journal of Risk 15 (2012).
    """
    if sharpe is None or skew is None or kurtosis is None:
        return None
    variance = variance_of_sharpe(sharpe, skew, kurtosis)
    if variance is None:
        return None
    score = (sharpe - benchmark) * math.sqrt(count - 1) / math.sqrt(variance)
    return 0.5 * math.erfc(-score / math.sqrt(2.0))


def variance_of_sharpe(sharpe: float, skew: float, kurtosis: float) -> float | None:
    """Asymptotic variance of an estimated Sharpe ratio times the number of periods.

    Per period, never annualised; kurtosis is Pearson's. None where a small sample makes it negative
    or zero. Source: Mertens, "Comments on Variance of the IID Estimator in Lo (2002)" (2002).
    """
    variance = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2
    return variance if variance > 0.0 else None


def sortino(returns: FloatArray, mean: float, periods_per_year: int) -> float | None:
    """Mean over downside deviation, target 0, annualised; None without a negative period.

    The deviation is taken over all periods, not over the losing ones alone: else a strategy that
    loses less often would look riskier.
    """
    losses = np.minimum(returns, 0.0)
    downside = math.sqrt(float(np.add.reduce(losses * losses)) / len(returns))
    return mean / downside * math.sqrt(periods_per_year) if downside > NOISE else None


def tails(returns: FloatArray) -> tuple[float, float, float]:
    """The 5 % quantile, the mean of returns up to it, and the 95 % quantile (interpolated linearly)."""
    last = len(returns) - 1
    low, high = _TAIL * last, (1.0 - _TAIL) * last
    below, above = int(low), int(high)
    # A partition at four places costs a fraction of a sort, and of np.percentile's own overhead.
    ranked = np.partition(returns, sorted({below, below + 1, above, min(above + 1, last)}))
    return (
        _between(ranked, below, low - below),
        float(np.add.reduce(ranked[: below + 1])) / (below + 1),
        _between(ranked, above, high - above),
    )


def _between(ranked: FloatArray, index: int, share: float) -> float:
    lower = float(ranked[index])
    upper = float(ranked[min(index + 1, len(ranked) - 1)])
    return lower + (upper - lower) * share


_NOTHING = Risk(
    volatility=None,
    sharpe=None,
    probabilistic_sharpe=None,
    sortino=None,
    skew=None,
    kurtosis=None,
    value_at_risk_95=None,
    conditional_value_at_risk_95=None,
    tail_ratio=None,
)
