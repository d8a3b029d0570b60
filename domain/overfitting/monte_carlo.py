"""What else could have happened: equity curves of resampled returns or trades, and how bad they get.

One history shows one maximum drawdown, and usually a lucky one. The same returns in another order
show the range to be ready for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.overfitting.bootstrap import block_for, resampled_rows
from domain.overfitting.inputs import require_at_least, require_share, series
from domain.performance.returns import FEWEST_FOR_A_SPREAD, NOISE

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
DRAWDOWNS = (0.1, 0.2, 0.3, 0.5)


@dataclass(frozen=True, slots=True, eq=False)
class MonteCarlo:
    """The spread of R simulated paths; arrays of (Q,) hold one value for each of `quantiles`.

    step                   (P,) periods or trades since the start at which the cone is given, from 0
    equity                 (P, Q) quantiles of the account's value at each step, each step by itself: none
                            of these lines need be a path
    final                  (Q,) of the value at the end
    max_drawdown           (Q,) in [-1, 0]: the first is the worst
    time_under_water       (Q,) share of the steps that end below an earlier value
    longest_under_water    (Q,) most steps in a row that do
    drawdown_probabilities (size, share of paths that ever fall so far from a peak), sizes above 0
    probability_of_ruin    share of paths that ever hold no more than the ruin share of the start
    probability_of_loss    share of paths that end below the start
    resamples, block       R, and the mean rows of a block, 1 for independent draws
    """

    quantiles: tuple[float, ...]
    step: IntArray
    equity: FloatArray
    final: FloatArray
    max_drawdown: FloatArray
    time_under_water: FloatArray
    longest_under_water: FloatArray
    drawdown_probabilities: tuple[tuple[float, float], ...]
    probability_of_ruin: float
    probability_of_loss: float
    resamples: int
    block: float


def simulated_paths(
    returns: FloatArray,
    *,
    resamples: int = 2_000,
    horizon: int | None = None,
    block: float | None = None,
    initial: float = 1.0,
    compounded: bool = True,
    quantiles: Sequence[float] = QUANTILES,
    drawdowns: Sequence[float] = DRAWDOWNS,
    ruin: float = 0.5,
    points: int = 500,
    seed: int = 0,
) -> MonteCarlo | None:
    """Paths of resampled simple returns (n,), drawn with replacement, in blocks of the stationary bootstrap.

    compounded False takes the values as money, the result of each trade, added to `initial`. An account
    that has lost everything stays at 0. horizon is the length of a path, n unless told otherwise; block
    left out is chosen by autocorrelation, give 1 for trades; ruin is a share of the start. The
    cone is given at no more than points + 1 steps, the ends included; everything else sees each step.
    None below two values. Raises InvalidInput for NaN or infinity, an initial value not above 0, and a
    quantile or drawdown outside (0, 1).
    """
    values = series("returns", returns)
    _check(initial, horizon, points, ruin, [*quantiles, *drawdowns])
    if len(values) < FEWEST_FOR_A_SPREAD:
        return None
    steps = len(values) if horizon is None else horizon
    used = block_for(values, block)
    step = np.unique(np.linspace(0, steps, min(points, steps) + 1).round().astype(np.int64))
    batches = resampled_rows(len(values), resamples, block=used, seed=seed, draws=steps)
    paths = _Paths.over((_levels(values[rows], initial, compounded) for rows in batches), step)
    shares = np.asarray(quantiles, dtype=np.float64)
    return MonteCarlo(
        quantiles=tuple(quantiles),
        step=step,
        equity=np.quantile(paths.seen, shares, axis=0).T,
        final=np.quantile(paths.seen[:, -1], shares),
        max_drawdown=np.quantile(paths.deepest, shares),
        time_under_water=np.quantile(paths.under, shares),
        longest_under_water=np.quantile(paths.longest, shares),
        drawdown_probabilities=tuple((size, float(np.mean(paths.deepest <= -size))) for size in drawdowns),
        probability_of_ruin=float(np.mean(paths.lowest <= ruin * initial)),
        probability_of_loss=float(np.mean(paths.seen[:, -1] < initial)),
        resamples=resamples,
        block=used,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Paths:
    """What is kept of each path: its value at the steps shown (R, P), and its extremes (R,)."""

    seen: FloatArray
    lowest: FloatArray
    deepest: FloatArray
    under: FloatArray
    longest: FloatArray

    @classmethod
    def over(cls, batches: Iterator[FloatArray], step: IntArray) -> "_Paths":
        parts = [cls._of(level, step) for level in batches]
        return cls(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("seen", "lowest", "deepest", "under", "longest")
            )
        )

    @classmethod
    def _of(cls, level: FloatArray, step: IntArray) -> "_Paths":
        fall = level / np.maximum.accumulate(level, axis=1) - 1.0
        # Sums of money round: a fall of 1e-16 is a new high.
        under = fall < -NOISE
        here = np.arange(level.shape[1])
        above = np.maximum.accumulate(np.where(under, 0, here), axis=1)
        return cls(
            seen=level[:, step],
            lowest=level.min(axis=1),
            deepest=fall.min(axis=1),
            under=under[:, 1:].mean(axis=1),
            longest=(here - above).max(axis=1).astype(np.float64),
        )


def _levels(values: FloatArray, initial: float, compounded: bool) -> FloatArray:
    """Account values (b, n + 1) from what each step brings (b, n), the start first; never below 0."""
    level = np.empty((values.shape[0], values.shape[1] + 1))
    level[:, 0] = initial
    if compounded:
        np.maximum(1.0 + values, 0.0, out=level[:, 1:])
        return np.cumprod(level, axis=1, out=level)
    level[:, 1:] = values
    np.cumsum(level, axis=1, out=level)
    level[np.logical_or.accumulate(level <= 0.0, axis=1)] = 0.0
    return level


def _check(initial: float, horizon: int | None, points: int, ruin: float, shares: Sequence[float]) -> None:
    require_at_least("initial", initial, NOISE)
    require_at_least("points", points, 1)
    require_share("ruin", ruin)
    if horizon is not None:
        require_at_least("horizon", horizon, 1)
    for share in shares:
        require_share("quantiles and drawdowns", share)
