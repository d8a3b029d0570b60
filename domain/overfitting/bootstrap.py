"""Which rows a resampled history is made of: single draws, or blocks that keep autocorrelation."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.errors import InvalidInput
from domain.overfitting.inputs import require_at_least, series
from domain.performance.returns import NOISE

# Rows drawn at a time: 16 MB an array, however long the history is.
_BATCH_ROWS = 2_000_000
_FEWEST_FOR_A_BLOCK_LENGTH = 20


class Scheme(StrEnum):
    """STATIONARY blocks have geometric lengths about a mean, CIRCULAR ones a fixed length; both go on
    at the start when they reach the end, so that every row is drawn equally often."""

    STATIONARY = "stationary"
    CIRCULAR = "circular"


@dataclass(frozen=True, slots=True)
class BlockLength:
    """Block lengths, in rows, that suit the mean of a series: one for each scheme, at least 1."""

    stationary: float
    circular: float

    def of(self, scheme: Scheme) -> float:
        return self.stationary if scheme is Scheme.STATIONARY else self.circular


def resampled_rows(
    length: int,
    resamples: int,
    *,
    block: float,
    seed: int,
    scheme: Scheme = Scheme.STATIONARY,
    draws: int | None = None,
) -> Iterator[IntArray]:
    """Rows of each resample, in batches of shape (b, draws); all batches together hold `resamples`.

    length is the number of rows to draw from, draws how many a resample has, as many unless told
    otherwise. block is the length of a block in rows (the mean length of stationary ones); 1 draws
    every row by itself. The same arguments give the same rows. Raises InvalidInput for a length,
    draws or resamples below 1, and for a block shorter than 1 or longer than the history.
    Sources: Politis & Romano, "The Stationary Bootstrap", JASA 89 (1994); Politis & Romano, "A circular
    block-resampling procedure for stationary data" (1992).
    """
    wanted = length if draws is None else draws
    require_at_least("length", length, 1)
    require_at_least("draws", wanted, 1)
    require_at_least("resamples", resamples, 1)
    if not 1.0 <= block <= length:
        raise InvalidInput.at("block", message=f"must lie between 1 and the {length} rows (got {block})")
    return _batches(length, (resamples, wanted), block, scheme, np.random.default_rng(seed))


def _batches(
    length: int, shape: tuple[int, int], block: float, scheme: Scheme, rng: np.random.Generator
) -> Iterator[IntArray]:
    resamples, draws = shape
    size = max(1, _BATCH_ROWS // draws)
    for first in range(0, resamples, size):
        part = (min(size, resamples - first), draws)
        if block == 1.0:
            yield rng.integers(0, length, part)
        elif scheme is Scheme.STATIONARY:
            yield _stationary(length, part, block, rng)
        else:
            yield _circular(length, part, round(block), rng)


def _stationary(length: int, shape: tuple[int, int], block: float, rng: np.random.Generator) -> IntArray:
    starts = rng.integers(0, length, shape)
    begins = rng.random(shape) < 1.0 / block
    here = np.arange(shape[1])
    begun = np.maximum.accumulate(np.where(begins, here, 0), axis=1)
    # Each block goes on from a random row; that it is counted from the first draw on shifts it, no more.
    rows = np.take_along_axis(starts, begun, axis=1)
    rows += here
    rows %= length
    return rows


def _circular(length: int, shape: tuple[int, int], block: int, rng: np.random.Generator) -> IntArray:
    starts = rng.integers(0, length, (shape[0], math.ceil(shape[1] / block), 1))
    rows = (starts + np.arange(block)).reshape(shape[0], -1)[:, : shape[1]]
    rows %= length
    return rows


def optimal_block_length(values: FloatArray) -> BlockLength | None:
    """Block lengths chosen by the autocorrelation of a series (n,), at most min(3 sqrt n, n / 3).

    None below 20 values or when they do not vary. Raises InvalidInput for NaN or infinity.
    Source: Politis & White, "Automatic Block-Length Selection for the Dependent Bootstrap", Econometric
    Reviews 23 (2004), corrected by Patton, Politis & White, Econometric Reviews 28 (2009); the bandwidth is
    twice the first lag from which on several autocorrelations are insignificant.
    """
    sample = series("values", values)
    count = len(sample)
    centred = sample - sample.mean() if count else sample
    variance = float(centred @ centred) / max(count, 1)
    if count < _FEWEST_FOR_A_BLOCK_LENGTH or math.sqrt(variance) <= NOISE:
        return None
    run = max(5, int(math.log10(count)))
    last = math.ceil(math.sqrt(count)) + run
    covariance = np.array([float(centred[lag:] @ centred[: count - lag]) / count for lag in range(last + 1)])
    bandwidth = _bandwidth(np.abs(covariance / variance), count, run, last)
    lags = np.arange(1, bandwidth + 1)
    # Flat-top window: full weight up to half the bandwidth, then down to 0.
    weighted = np.minimum(1.0, 2.0 * (1.0 - lags / bandwidth)) * covariance[1 : bandwidth + 1]
    slope = 2.0 * float(lags @ weighted)
    long_run = variance + 2.0 * float(weighted.sum())
    if abs(long_run) <= NOISE * variance:
        return None
    longest = math.ceil(min(3.0 * math.sqrt(count), count / 3.0))
    stationary = (slope * slope / long_run**2 * count) ** (1.0 / 3.0)
    circular = (1.5 * slope * slope / long_run**2 * count) ** (1.0 / 3.0)
    return BlockLength(min(max(stationary, 1.0), longest), min(max(circular, 1.0), longest))


def _bandwidth(autocorrelation: FloatArray, count: int, run: int, last: int) -> int:
    insignificant = autocorrelation[1:last] < 2.0 * math.sqrt(math.log10(count) / count)
    in_a_row = np.convolve(insignificant, np.ones(run), mode="valid")
    found = np.flatnonzero(in_a_row >= run)
    return min(2 * (int(found[0]) + 1), last) if len(found) else last


def block_for(values: FloatArray, block: float | None, scheme: Scheme = Scheme.STATIONARY) -> float:
    """The block asked for, or the one that suits the values; 1 where that is undefined."""
    if block is not None:
        return block
    found = optimal_block_length(values)
    return 1.0 if found is None else found.of(scheme)
