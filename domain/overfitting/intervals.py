"""Confidence intervals of any statistic of returns or trades, by resampling them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import TypeAlias

import numpy as np

from domain.arrays import FloatArray
from domain.overfitting.bootstrap import Scheme, block_for, resampled_rows
from domain.overfitting.inputs import require_share, series
from domain.performance.returns import FEWEST_FOR_A_SPREAD, NOISE

RowStatistic: TypeAlias = Callable[[FloatArray], FloatArray]
"""From samples (b, n) to their statistic (b,), NaN where undefined; see `row_statistics`."""

_NORMAL = NormalDist()
_FEWEST_DEFINED = 0.95
_MOST_GROUPS = 1_000
_FEWEST_GROUPS = 50
_JACKKNIFE_VALUES = 20_000_000
_BATCH_VALUES = 2_000_000


class Method(StrEnum):
    """BCA corrects the percentiles for bias and skew of the statistic; PERCENTILE takes them as they are."""

    BCA = "bca"
    PERCENTILE = "percentile"


@dataclass(frozen=True, slots=True)
class Interval:
    """A statistic of the sample, and the two-sided interval it lies in with that confidence.

    standard_error  standard deviation (ddof 1) over the resamples
    block           rows a block had, 1 for independent draws
    resamples       those in which the statistic was defined
    """

    estimate: float
    low: float
    high: float
    standard_error: float
    confidence: float
    method: Method
    block: float
    resamples: int


def bootstrap_interval(
    values: FloatArray,
    statistic: RowStatistic,
    *,
    resamples: int = 2_000,
    confidence: float = 0.95,
    block: float | None = None,
    method: Method = Method.BCA,
    scheme: Scheme = Scheme.STATIONARY,
    seed: int = 0,
) -> Interval | None:
    """Interval of a statistic of returns or trades (n,), in their order.

    block left out is chosen by the autocorrelation of the values; give 1 for trades, which are taken
    as independent. None below two values, when the statistic of the sample or of more than one
    resample in twenty is undefined (NaN), when all resamples agree, and when the correction is undefined.
    Raises InvalidInput for NaN or infinity in values, and for a confidence outside (0, 1).
    Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), 13.3 and 14.3; with blocks, the
    acceleration is taken from leaving out a block at a time.
    """
    sample = series("values", values)
    require_share("confidence", confidence)
    if len(sample) < FEWEST_FOR_A_SPREAD:
        return None
    estimate = float(statistic(sample[None, :])[0])
    used = block_for(sample, block, scheme)
    batches = resampled_rows(len(sample), resamples, block=used, seed=seed, scheme=scheme)
    drawn = np.concatenate([statistic(sample[rows]) for rows in batches])
    left_out = jackknife(sample, statistic, used) if method is Method.BCA else None
    found = interval_of(drawn, estimate, left_out, confidence)
    if found is None:
        return None
    defined = drawn[np.isfinite(drawn)]
    error = float(defined.std(ddof=1))
    return Interval(estimate, *found, error, confidence, method, used, len(defined))


def interval_of(
    drawn: FloatArray, estimate: float, left_out: FloatArray | None, confidence: float
) -> tuple[float, float] | None:
    """The interval from a statistic's resampled values (B,) and, for BCa, its jackknife values (m,).

    left_out None takes plain percentiles. NaN marks undefined values; None as in `bootstrap_interval`.
    """
    defined = drawn[np.isfinite(drawn)]
    if not math.isfinite(estimate) or len(defined) < max(_FEWEST_DEFINED * len(drawn), FEWEST_FOR_A_SPREAD):
        return None
    if float(np.ptp(defined)) <= NOISE * max(1.0, abs(estimate)):
        return None
    tail = (1.0 - confidence) / 2.0
    shares: tuple[float, float] | None = (tail, 1.0 - tail)
    if left_out is not None:
        shares = _corrected(defined, estimate, left_out, tail)
    if shares is None:
        return None
    low, high = np.quantile(defined, shares)
    return float(low), float(high)


def _corrected(
    drawn: FloatArray, estimate: float, left_out: FloatArray, tail: float
) -> tuple[float, float] | None:
    """Shares of the resamples to read the interval at, moved for bias and acceleration."""
    below = np.count_nonzero(drawn < estimate) + np.count_nonzero(drawn <= estimate)
    share = below / (2.0 * len(drawn))
    if not 0.0 < share < 1.0:
        return None
    bias, acceleration = _NORMAL.inv_cdf(share), _acceleration(left_out)
    shares = []
    for score in (_NORMAL.inv_cdf(tail), -_NORMAL.inv_cdf(tail)):
        moved = bias + score
        stretch = 1.0 - acceleration * moved
        if stretch <= 0.0:
            return None
        shares.append(_NORMAL.cdf(bias + moved / stretch))
    return shares[0], shares[1]


def _acceleration(left_out: FloatArray) -> float:
    """0, that is no correction for skew, when leaving rows out changes nothing."""
    defined = left_out[np.isfinite(left_out)]
    if len(defined) < FEWEST_FOR_A_SPREAD:
        return 0.0
    influence = defined.mean() - defined
    spread = float(influence @ influence)
    scale = NOISE * max(1.0, float(np.abs(defined).max()))
    if spread <= scale * scale:
        return 0.0
    return float(np.sum(influence**3)) / (6.0 * spread * math.sqrt(spread))


def jackknife(values: FloatArray, statistic: RowStatistic, block: float = 1.0) -> FloatArray:
    """The statistic of values (n,) with each group of consecutive rows left out once, (m,).

    A group is a block, and longer where there would be more than a thousand groups (fewer for a very
    long history). Rows that fill no group stay in all.
    """
    count = len(values)
    groups = min(_MOST_GROUPS, max(_FEWEST_GROUPS, _JACKKNIFE_VALUES // count), math.floor(count / block))
    size = math.ceil(count / max(groups, FEWEST_FOR_A_SPREAD))
    starts = np.arange(count // size) * size
    kept = np.arange(count - size)
    batch = max(1, _BATCH_VALUES // count)
    found = []
    for first in range(0, len(starts), batch):
        rows = kept + size * (kept >= starts[first : first + batch, None])
        found.append(statistic(values[rows]))
    return np.concatenate(found)
