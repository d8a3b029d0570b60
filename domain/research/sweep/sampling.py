"""Which combinations of a space are tried: candidates by number, in an order that the seed decides.

A candidate is worked out from its number alone, so that any stretch of them can be made anywhere
without making the ones before, and nothing is kept in memory. All arithmetic is on integers: the
same seed gives the same candidates on every machine and with every version of numpy.

grid             the whole grid, the last parameter changing fastest; with `samples` so many
                 combinations of it, evenly spaced
random           a walk through the whole space in shuffled order: no combination comes twice
latin hypercube  `strata` candidates; each parameter's range is cut into so many strata, and each
                 stratum is used once. McKay, Beckman, Conover, Technometrics 21 (1979)
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from domain.arrays import BoolArray, IntArray
from domain.errors import InvalidInput
from domain.research.model import ParameterValue, SearchMethod
from domain.research.sweep.constraints import Constraint
from domain.research.sweep.space import Axis, Space

BLOCK = 65_536
"""Candidates that are looked at in one go."""
_COUNTABLE = 2**62
_ROUNDS = 6
_Words = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The numbered candidates of one search.

    samples    combinations of a grid to take, None for all of them
    strata     of a Latin hypercube
    constants  the strategy's parameters that are not varied, which constraints may name
    """

    space: Space
    constraints: tuple[Constraint, ...]
    constants: Mapping[str, ParameterValue]
    method: SearchMethod
    seed: int = 0
    samples: int | None = None
    strata: int = 0

    @property
    def count(self) -> int:
        """Candidates there are; constraints may rule some of them out."""
        if self.method is SearchMethod.LATIN_HYPERCUBE:
            return self.strata
        if self.method is SearchMethod.GRID and self.samples is not None:
            return min(self.samples, self.space.size)
        return self.space.size

    def levels(self, first: int, stop: int) -> IntArray:
        """The levels of candidates first <= k < stop, shape (stop - first, parameters)."""
        numbers = np.arange(first, stop, dtype=np.uint64)
        if self.method is SearchMethod.LATIN_HYPERCUBE:
            columns = [self._stratified(axis, numbers, at) for at, axis in enumerate(self.space.axes)]
            return np.stack(columns, axis=1)
        if self.method is SearchMethod.GRID:
            return self._unravelled(self._evenly_spaced(first, stop))
        if self.space.size > _COUNTABLE:
            # Too many to be numbered, and so many that none will be drawn twice.
            columns = [
                _scaled(_scrambled(numbers, self.seed, at), axis.levels)
                for at, axis in enumerate(self.space.axes)
            ]
            return np.stack(columns, axis=1)
        return self._unravelled(shuffled(numbers, self.space.size, self.seed, 0))

    def allowed(self, levels: IntArray) -> BoolArray:
        """Which of these rows meet every constraint."""
        meets = np.ones(len(levels), dtype=np.bool_)
        if not self.constraints:
            return meets
        columns = dict(self.constants)
        values = {axis.name: _values(axis, levels[:, at]) for at, axis in enumerate(self.space.axes)}
        for constraint in self.constraints:
            meets &= constraint.holds({**columns, **values})
        return meets

    def valid(self, first: int, stop: int) -> tuple[IntArray, IntArray]:
        """The candidates in this stretch that meet every constraint: their numbers, and their levels."""
        levels = self.levels(first, stop)
        meets = self.allowed(levels)
        return np.arange(first, stop, dtype=np.int64)[meets], levels[meets]

    def blocks(self, stop: int | None = None) -> Iterator[tuple[IntArray, IntArray]]:
        """`valid` of one block after the other."""
        end = self.count if stop is None else min(stop, self.count)
        for first in range(0, end, BLOCK):
            yield self.valid(first, min(first + BLOCK, end))

    def combinations(self, levels: IntArray) -> list[dict[str, ParameterValue]]:
        """The parameter values of these rows."""
        return self.space.rows(self.columns(levels))

    def columns(self, levels: IntArray) -> list[list[ParameterValue]]:
        """The same by parameter."""
        return self.space.columns([column.tolist() for column in levels.T])

    def _stratified(self, axis: Axis, numbers: _Words, at: int) -> IntArray:
        stratum = shuffled(numbers, self.strata, self.seed, at + 1)
        # A place within the stratum, in 1/1024 of it, exact in integers: axis.levels < 2**31.
        place = _scrambled(numbers, self.seed, at) >> np.uint64(54)
        cells = stratum.astype(np.uint64) * np.uint64(1_024) + place
        levels: IntArray = (cells * np.uint64(axis.levels) // np.uint64(self.strata * 1_024)).astype(np.int64)
        return levels

    def _evenly_spaced(self, first: int, stop: int) -> IntArray:
        size, taken = self.space.size, self.count
        if taken == size:
            return np.arange(first, stop, dtype=np.int64)
        return np.array([number * size // taken for number in range(first, stop)], dtype=np.int64)

    def _unravelled(self, index: IntArray) -> IntArray:
        """Positions in the grid as levels: a number whose digits have as many values as the axes."""
        levels = np.empty((len(index), len(self.space.axes)), dtype=np.int64)
        rest = index
        for at in reversed(range(len(self.space.axes))):
            rest, levels[:, at] = np.divmod(rest, self.space.axes[at].levels)
        return levels


def require_countable(space: Space, method: SearchMethod) -> None:
    """Raises InvalidInput for a grid that could not even be counted."""
    if method is SearchMethod.GRID and space.size > _COUNTABLE:
        raise InvalidInput.at(
            "space", message=f"the grid holds 10^{math.log10(space.size):.0f} combinations; sample it instead"
        )


def shuffled(numbers: _Words, size: int, seed: int, stream: int) -> IntArray:
    """Where each number below `size` goes in a permutation of 0..size-1 that the seed and stream name.

    A Feistel network over the next power of four, walked on until it is back below `size` (Black and
    Rogaway, Ciphers with Arbitrary Finite Domains, 2002). size is at most 2**62.
    """
    half = max(1, math.ceil(math.log2(max(size, 2)) / 2))
    while 4**half < size:  # the logarithm of a large number is not exact
        half += 1
    places = numbers.astype(np.uint64)
    outside = np.ones(len(places), dtype=np.bool_)
    while outside.any():
        places[outside] = _feistel(places[outside], half, seed, stream)
        outside = places >= np.uint64(size)
    return places.astype(np.int64)


def _feistel(numbers: _Words, half: int, seed: int, stream: int) -> _Words:
    width, mask = np.uint64(half), np.uint64(2**half - 1)
    left, right = numbers >> width, numbers & mask
    for turn in range(_ROUNDS):
        left, right = right, left ^ (_scrambled(right, seed, stream * _ROUNDS + turn) & mask)
    return (left << width) | right


def _scrambled(numbers: _Words, seed: int, stream: int) -> _Words:
    """64 random-looking bits for each number: the finaliser of SplitMix64 (Steele, Lea, Flood, 2014)."""
    with np.errstate(over="ignore"):
        words = numbers + _key(seed, stream)
        words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(words ^ (words >> np.uint64(31)), dtype=np.uint64)


def _key(seed: int, stream: int) -> np.uint64:
    """A far-off starting point for each pair; plain integers, for they do not overflow."""
    word = (seed * 0x9E3779B97F4A7C15 + (stream + 1) * 0xD1B54A32D192ED03) % 2**64
    word = ((word ^ (word >> 32)) * 0xD6E8FEB86659FD93) % 2**64
    return np.uint64(word ^ (word >> 29))


def _scaled(words: _Words, levels: int) -> IntArray:
    """Random words as levels; the top 32 bits are enough for 2**20 of them."""
    return ((words >> np.uint64(32)) * np.uint64(levels) >> np.uint64(32)).astype(np.int64)


def _values(
    axis: Axis, levels: IntArray
) -> npt.NDArray[np.float64] | npt.NDArray[np.bool_] | npt.NDArray[np.str_]:
    """The values of a column of levels."""
    distinct, place = np.unique(levels, return_inverse=True)
    values: Sequence[ParameterValue] = axis.values(distinct.tolist())
    return np.asarray(values)[place]
