"""Does the best of many trials beat its benchmark, given that it was picked? White's reality check and
Hansen's test of superior predictive ability (SPA).

Both compare the best trial with what the best of as many would show if none were any good, by
resampling blocks of time of all trials together.

Sources: White, "A Reality Check for Data Snooping", Econometrica 68 (2000); Hansen, "A Test for Superior
Predictive Ability", Journal of Business & Economic Statistics 23 (2005).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.overfitting.bootstrap import block_for, resampled_rows
from domain.overfitting.inputs import require_at_least, table
from domain.overfitting.permutation import p_value
from domain.performance.returns import NOISE

_BATCH_VALUES = 2_000_000
# The consistent test compares with the law of the iterated logarithm, which needs log log n > 0.
_FEWEST_PERIODS = 3


@dataclass(frozen=True, slots=True)
class SuperiorAbility:
    """p-values of "no trial beats the benchmark": small ones speak for the best trial.

    lower, upper  bounds: bad trials count as bad as they look, or as good as the benchmark. `upper`
                  is what loading a search with hopeless trials would give
    consistent    Hansen's own: clearly hopeless trials are left out of the comparison
    statistic     the best trial's mean excess return over its error (times its square root of time)
    best          column of the best trial
    block         mean rows a block had
    """

    lower: float
    consistent: float
    upper: float
    statistic: float
    best: int
    block: float


def superior_ability(
    excess: FloatArray,
    *,
    resamples: int = 1_000,
    block: float | None = None,
    studentised: bool = True,
    seed: int = 0,
) -> SuperiorAbility | None:
    """Hansen's test for the returns of trials less those of their benchmark, (T, K), a column a trial.

    block left out is chosen by the autocorrelation of the best trial. studentised divides each mean
    by its error, so that a calm good trial is not lost among wild ones; False is Hansen's other form.
    p-values count the observed result as one of the simulated, so none is 0.
    None below three periods and when no trial varies. Raises InvalidInput for NaN or infinity.
    """
    values = table("excess", excess)
    columns = _varying(values)
    if not len(columns):
        return None
    used = _block(_taken(values, columns), block)
    rows = resampled_rows(len(values), resamples, block=used, seed=seed)
    return superior_ability_over(values, rows, block=used, studentised=studentised)


def superior_ability_over(
    excess: FloatArray, rows: Iterable[IntArray], *, block: float, studentised: bool = True
) -> SuperiorAbility | None:
    """The same over given resamples: batches of row numbers (b, T), drawn in blocks of that mean length."""
    values = table("excess", excess)
    require_at_least("block", block, 1.0)
    columns = _varying(values)
    if not len(columns):
        return None
    values = _taken(values, columns)
    periods = len(values)
    mean = values.mean(axis=0)
    error = np.sqrt(_variance_of_mean(values, block))
    bad = mean < -error * math.sqrt(2.0 * math.log(math.log(periods)))
    centres = np.stack([np.maximum(mean, 0.0), np.where(bad, 0.0, mean), mean])
    scale = error if studentised else np.full(len(mean), 1.0 / math.sqrt(periods))
    best = int(np.argmax(mean / scale))
    statistic = max(float(mean[best] / scale[best]), 0.0)
    simulated = [
        np.maximum(((means - centre) / scale).max(axis=1), 0.0)
        for means in _resampled_means(values, rows)
        for centre in centres
    ]
    found = [p_value(statistic, np.concatenate(simulated[kind::3])) or 1.0 for kind in range(3)]
    return SuperiorAbility(found[0], found[1], found[2], statistic, int(columns[best]), block)


def reality_check(
    excess: FloatArray, *, resamples: int = 1_000, block: float | None = None, seed: int = 0
) -> float | None:
    """White's p-value for the returns of trials less those of their benchmark, (T, K).

    Small ones speak for the best trial. Hopeless trials make it larger, wild ones drown calm ones:
    `superior_ability` mends both. None and InvalidInput as there.
    """
    values = table("excess", excess)
    columns = _varying(values)
    if not len(columns):
        return None
    values = _taken(values, columns)
    used = _block(values, block)
    rows = resampled_rows(len(values), resamples, block=used, seed=seed)
    mean = values.mean(axis=0)
    simulated = [(means - mean).max(axis=1) for means in _resampled_means(values, rows)]
    return p_value(float(mean.max()), np.concatenate(simulated))


def _varying(values: FloatArray) -> IntArray:
    """Columns that say something; a trial that equals its benchmark throughout has no error."""
    if len(values) < _FEWEST_PERIODS:
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.ptp(values, axis=0) > NOISE)


def _taken(values: FloatArray, columns: IntArray) -> FloatArray:
    """Without a copy where all are wanted: a table of ten thousand trials is not small."""
    return values if len(columns) == values.shape[1] else values[:, columns]


def _block(values: FloatArray, block: float | None) -> float:
    best = int(np.argmax(values.mean(axis=0) / values.std(axis=0)))
    return block_for(values[:, best], block)


def _resampled_means(values: FloatArray, rows: Iterable[IntArray]) -> Iterable[FloatArray]:
    """Means of each trial over each resample, in batches (b, K): how often each row was drawn times its value."""
    periods = len(values)
    for drawn in rows:
        offsets = np.arange(len(drawn))[:, None] * periods
        counts = np.bincount((drawn + offsets).ravel(), minlength=drawn.size).reshape(drawn.shape)
        yield counts.astype(np.float64) @ values / periods


def _variance_of_mean(values: FloatArray, block: float) -> FloatArray:
    """Variance of each column's mean under the stationary bootstrap, (K,); Hansen (2005), section 2.4.

    The autocovariances of a history closed to a circle, weighted by how often two rows so far apart
    stay in one block; by Fourier transform, some columns at a time.
    """
    periods, trials = values.shape
    lags = np.arange(periods)
    kept = 1.0 - 1.0 / block
    weights = (1.0 - lags / periods) * kept**lags + lags / periods * kept ** (periods - lags)
    variance = np.empty(trials)
    size = max(1, _BATCH_VALUES // periods)
    for first in range(0, trials, size):
        part = values[:, first : first + size]
        spectrum = np.fft.rfft(part - part.mean(axis=0), axis=0)
        power = spectrum.real**2 + spectrum.imag**2
        covariance = np.fft.irfft(power, n=periods, axis=0) / periods
        variance[first : first + size] = weights @ covariance / periods
    # The weights are a positive definite function; what rounding takes below 0 is no error at all.
    floor = np.square(NOISE * np.maximum(np.abs(values).max(axis=0), 1.0))
    return np.asarray(np.maximum(variance, floor), dtype=np.float64)
