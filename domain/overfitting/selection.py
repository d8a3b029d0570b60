"""Probability that choosing the best of many trials chose luck: PBO by combinatorially symmetric
cross-validation (CSCV).

Time is cut into blocks. Every half of the blocks is once the past to choose on and once the future to
be judged on. Where the best of the past is, half of the time, among the worse half of the future, the
choice meant nothing.

Source: Bailey, Borwein, Lopez de Prado & Zhu, "The Probability of Backtest Overfitting", Journal of
Computational Finance 20 (2017).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.errors import InvalidInput
from domain.overfitting.inputs import table
from domain.performance.returns import FEWEST_FOR_A_SPREAD, NOISE

# Values held at a time while splits are evaluated: 32 MB an array, however many trials there are.
_BATCH_VALUES = 4_000_000
# Out-of-sample values of all trials that are kept to compare the chosen one with; more change nothing.
_POOLED_VALUES = 1_000_000
_DOMINANCE_POINTS = 2_000
_MOST_BLOCKS = 20


class Measure(StrEnum):
    """What makes one trial better than another: its Sharpe ratio or its mean return, per period."""

    SHARPE = "sharpe"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Line:
    """Least squares of what the chosen trial made out of sample on what it made in sample."""

    slope: float
    intercept: float
    r_squared: float


@dataclass(frozen=True, slots=True, eq=False)
class SelectionBias:
    """What choosing the best trial was worth, over S splits of time into two halves.

    probability             share of splits in which the chosen trial did no better than the median trial
                            out of sample (PBO); about 0.5 for pure noise, near 0 for one true edge
    logits                  (S,) log odds of the chosen trial's rank out of sample; above 0 is good
    in_sample, out_of_sample (S,) the measure of the chosen trial, per period
    degradation             out of sample against in sample; a slope below 0 says that the better a
                            choice looked the worse it did. None when all choices looked alike
    probability_of_loss     share of splits in which the chosen trial's measure was below 0 out of sample
    first_order_dominance   whether, at every level, choosing was at least as likely to exceed it as
                            taking any trial at random
    second_order_dominance  the same for anyone who dislikes risk: weaker, implied by the first
    splits, trials          S and K
    """

    probability: float
    logits: FloatArray
    in_sample: FloatArray
    out_of_sample: FloatArray
    degradation: Line | None
    probability_of_loss: float
    first_order_dominance: bool
    second_order_dominance: bool
    splits: int
    trials: int


def probability_of_overfitting(
    returns: FloatArray, n_blocks: int = 16, measure: Measure = Measure.SHARPE
) -> SelectionBias | None:
    """Of trials' simple period returns (T, K), a column a trial, every trial there was.

    n_blocks is even; 16 gives 12,870 splits. Blocks differ by one period at most. A trial that does not
    vary within a half has made nothing and risked nothing there: it counts as 0. Of equal ones in
    sample the first is chosen; equal ones out of sample share their rank. Time grows with
    splits x K, memory with K alone.
    None with fewer than two trials, when no trial varies, or with fewer than two periods a block.
    Raises InvalidInput for an odd n_blocks, fewer than 2, more than 20, and for NaN or infinity.
    """
    values = table("returns", returns)
    if n_blocks % 2 or not 2 <= n_blocks <= _MOST_BLOCKS:  # noqa: PLR2004 - two halves
        raise InvalidInput.at(
            "n_blocks", message=f"must be even and between 2 and {_MOST_BLOCKS} (got {n_blocks})"
        )
    periods, trials = values.shape
    if trials < FEWEST_FOR_A_SPREAD or periods < FEWEST_FOR_A_SPREAD * n_blocks:
        return None
    if not (np.ptp(values, axis=0) > NOISE).any():
        return None
    return _summary(_Blocks.of(values, n_blocks), measure, trials)


@dataclass(frozen=True, slots=True, eq=False)
class _Blocks:
    """Sums over each block, so that a split costs a few additions a trial whatever T is.

    size (B,), total (B, K) of returns less each column's mean, squares (B, K) of the same, centre (K,)
    """

    size: FloatArray
    total: FloatArray
    squares: FloatArray
    centre: FloatArray

    @classmethod
    def of(cls, values: FloatArray, n_blocks: int) -> "_Blocks":
        # Sums of squares about the mean: about 0 they would lose the variance of a steady trial.
        centre = values.mean(axis=0)
        edges = np.linspace(0, len(values), n_blocks + 1).astype(np.int64)
        total = np.empty((n_blocks, values.shape[1]))
        squares = np.empty_like(total)
        for block in range(n_blocks):
            rows = values[edges[block] : edges[block + 1]] - centre
            total[block] = rows.sum(axis=0)
            squares[block] = np.einsum("tk,tk->k", rows, rows)
        return cls(np.diff(edges).astype(np.float64), total, squares, centre)

    def measured(self, halves: FloatArray, measure: Measure) -> FloatArray:
        """The measure of every trial over each half (S, B) of ones and zeros, as (S, K)."""
        count = (halves @ self.size)[:, None]
        mean = halves @ self.total
        mean /= count
        if measure is Measure.MEAN:
            mean += self.centre
            return mean
        variance = halves @ self.squares
        variance -= count * mean * mean
        variance /= count - 1.0
        deviation = np.sqrt(np.maximum(variance, 0.0, out=variance), out=variance)
        mean += self.centre
        varies = deviation > NOISE
        return np.divide(mean, deviation, out=np.zeros_like(mean), where=varies)


def _summary(blocks: _Blocks, measure: Measure, trials: int) -> SelectionBias:
    n_blocks = len(blocks.size)
    splits = math.comb(n_blocks, n_blocks // 2)
    stride = math.ceil(splits * trials / _POOLED_VALUES)
    found, pooled = [], []
    for first, halves in _halves(n_blocks, max(1, _BATCH_VALUES // trials)):
        one = blocks.measured(halves, measure)
        other = blocks.measured(1.0 - halves, measure)
        # Either half is once the past: the splits of the second half of the list are these, turned round.
        for past, future in ((one, other), (other, one)):
            found.append(_chosen(past, future))
            pooled.append(future[-first % stride :: stride].ravel())
    in_sample, out_of_sample, rank = np.concatenate(found, axis=1)
    share = rank / (trials + 1.0)
    logits = np.log(share / (1.0 - share))
    first_order, second_order = _dominance(out_of_sample, np.concatenate(pooled))
    return SelectionBias(
        # Logit 0 is the median: not better than it is not good. Rounding must not decide that.
        probability=float(np.mean(logits <= NOISE)),
        logits=logits,
        in_sample=in_sample,
        out_of_sample=out_of_sample,
        degradation=_line(in_sample, out_of_sample),
        probability_of_loss=float(np.mean(out_of_sample < 0.0)),
        first_order_dominance=first_order,
        second_order_dominance=second_order,
        splits=splits,
        trials=trials,
    )


def _halves(n_blocks: int, size: int) -> Iterator[tuple[int, FloatArray]]:
    """Halves of the blocks as rows of ones and zeros, some at a time, with the number of the first.

    Those that hold block 0: the others are what these leave over.
    """
    rest = combinations(range(1, n_blocks), n_blocks // 2 - 1)
    chosen: IntArray = np.array([(0, *others) for others in rest], dtype=np.int64)
    for first in range(0, len(chosen), size):
        part = chosen[first : first + size]
        halves = np.zeros((len(part), n_blocks))
        np.put_along_axis(halves, part, 1.0, axis=1)
        yield first, halves


def _chosen(past: FloatArray, future: FloatArray) -> FloatArray:
    """Of each split (S, K): the best trial's value in the past, in the future, and its rank there, (3, S)."""
    best = np.argmax(past, axis=1)
    rows = np.arange(len(best))
    value = future[rows, best]
    below = np.count_nonzero(future < value[:, None], axis=1)
    up_to = np.count_nonzero(future <= value[:, None], axis=1)
    return np.stack([past[rows, best], value, (below + up_to + 1.0) / 2.0])


def _line(x: FloatArray, y: FloatArray) -> Line | None:
    across, up = x - x.mean(), y - y.mean()
    spread, height = float(across @ across), float(up @ up)
    if spread <= NOISE**2 * len(x):
        return None
    slope = float(across @ up) / spread
    explained = slope * slope * spread / height if height > NOISE**2 * len(x) else 0.0
    return Line(slope, float(y.mean() - slope * x.mean()), min(explained, 1.0))


def _dominance(chosen: FloatArray, pooled: FloatArray) -> tuple[bool, bool]:
    """Whether the first sample dominates the second stochastically, in first and in second order."""
    chosen, pooled = np.sort(chosen), np.sort(pooled)
    # The distribution of the chosen rises at its own values alone, so there it is highest above the other's.
    first = _share_up_to(chosen, chosen) <= _share_up_to(pooled, chosen) + NOISE
    steps = np.linspace(0.0, 1.0, _DOMINANCE_POINTS)
    levels = np.concatenate([np.quantile(chosen, steps), np.quantile(pooled, steps)])
    second = _shortfall(chosen, levels) <= _shortfall(pooled, levels) + NOISE
    return bool(first.all()), bool(second.all())


def _share_up_to(ranked: FloatArray, levels: FloatArray) -> FloatArray:
    share: FloatArray = np.searchsorted(ranked, levels, side="right") / len(ranked)
    return share


def _shortfall(ranked: FloatArray, levels: FloatArray) -> FloatArray:
    """Mean of max(level - value, 0) at each level: the integral of the distribution up to it."""
    below = np.searchsorted(ranked, levels, side="right")
    total = np.concatenate([[0.0], np.cumsum(ranked)])
    mean: FloatArray = (below * levels - total[below]) / len(ranked)
    return mean
