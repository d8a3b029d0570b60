"""An account against its benchmark."""

import math
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from domain.arrays import FloatArray
from domain.performance.returns import (
    FEWEST_FOR_A_SPREAD,
    NOISE,
    EquityPath,
    Periods,
    compounded,
    require_finite,
)


class Relative(TypedDict):
    """Statistics over the periods that the account and the benchmark share."""

    benchmark_return: float | None
    excess_return: float | None
    alpha: float | None
    beta: float | None
    correlation: float | None
    information_ratio: float | None


NO_BENCHMARK = Relative(
    benchmark_return=None,
    excess_return=None,
    alpha=None,
    beta=None,
    correlation=None,
    information_ratio=None,
)


@dataclass(frozen=True, slots=True, eq=False)
class BenchmarkPath:
    """Buy-and-hold from the benchmark's first bar; `late_by` periods pass before it."""

    path: EquityPath
    late_by: int

    @classmethod
    def of(cls, periods: Periods, values: FloatArray, initial: float) -> "BenchmarkPath | None":
        """values (T,) start with NaN until the benchmark's first bar; None when all are NaN.

        Raises InvalidInput when a value after the first is not a finite number.
        """
        close = periods.closing(values)
        late_by = 0
        if np.isnan(close[0]):
            known = np.flatnonzero(~np.isnan(close))
            if not len(known):
                return None
            late_by = int(known[0])
            close = close[late_by:]
        require_finite("benchmark", float(close.max()), float(close.min()))
        return cls(EquityPath.of(periods.day[late_by:], close, close, initial), late_by)


def relative(
    path: EquityPath,
    final_equity: float,
    benchmark: BenchmarkPath | None,
    periods_per_year: int,
    risk_free_rate: float = 0.0,
) -> Relative:
    """CAPM alpha and beta, correlation, information ratio and excess return; see CONVENTIONS.

    A benchmark that starts late is compared from its first bar on, for the account as for itself.
    """
    if benchmark is None:
        return NO_BENCHMARK
    other = benchmark.path
    start = float(path.level[benchmark.late_by])
    benchmark_return = float(other.level[-1] / other.level[0]) - 1.0
    measured = Relative(
        benchmark_return=benchmark_return,
        excess_return=final_equity / start - 1.0 - benchmark_return if start > 0.0 else None,
        alpha=None,
        beta=None,
        correlation=None,
        information_ratio=None,
    )
    returns = path.returns[benchmark.late_by :]
    if len(returns) >= FEWEST_FOR_A_SPREAD and len(returns) == len(other.returns):
        _compare(measured, returns, other.returns, periods_per_year, risk_free_rate)
    return measured


def _compare(
    measured: Relative, returns: FloatArray, market: FloatArray, periods_per_year: int, risk_free_rate: float
) -> None:
    count = len(returns)
    mean = float(np.add.reduce(returns)) / count
    market_mean = float(np.add.reduce(market)) / count
    centred, market_centred = returns - mean, market - market_mean
    variance = float(np.add.reduce(centred * centred)) / count
    market_variance = float(np.add.reduce(market_centred * market_centred)) / count
    covariance = float(np.add.reduce(centred * market_centred)) / count
    if market_variance > NOISE**2:
        beta = covariance / market_variance
        rate = risk_free_rate / periods_per_year
        measured["beta"] = beta
        measured["alpha"] = compounded(1.0 + mean - rate - beta * (market_mean - rate), periods_per_year)
        if variance > NOISE**2:
            # Rounding may carry a perfect correlation past one.
            correlation = covariance / math.sqrt(variance) / math.sqrt(market_variance)
            measured["correlation"] = min(max(correlation, -1.0), 1.0)
    active = centred - market_centred
    tracking_error = math.sqrt(float(np.add.reduce(active * active)) / (count - 1))
    if tracking_error > NOISE:
        measured["information_ratio"] = (mean - market_mean) / tracking_error * math.sqrt(periods_per_year)
