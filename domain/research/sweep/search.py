"""The combinations of one sweep: how many there are, and which ones a stretch of them holds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from domain.arrays import IntArray
from domain.errors import InvalidInput
from domain.research.model import ParameterValue, SearchMethod, SweepSpec
from domain.research.sweep.constraints import parsed
from domain.research.sweep.sampling import BLOCK, Candidates, require_countable, shuffled
from domain.research.sweep.space import Space, space_of

MOST_RUNS = 100_000_000
_MOST_COUNTED = 20_000_000
_MOST_LOOKED_AT = 1_000_000_000
_MOST_STRATIFIED = 1_000_000
_LOOKED_AT_FOR_EACH_SAMPLE = 1_000
_ATTEMPTS_TO_STRATIFY = 5
_STRATA_A_SAMPLE = 8


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a search goes.

    combinations  that will be tried; an estimate where is_exact is False
    stop          the candidate after the last one that is looked at
    strata        of a Latin hypercube
    repeated      numbers of candidates left out because an earlier one is the same combination
    notes         sentences for a person
    """

    combinations: int
    stop: int
    strata: int = 0
    repeated: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class Stretch:
    """Candidates first <= k < stop, of which so many are to be tried."""

    first: int
    stop: int
    combinations: int


@dataclass(frozen=True, slots=True)
class Search:
    """The candidates of a sweep that is not Bayesian, and those of a Bayesian one to begin with."""

    candidates: Candidates
    samples: int | None

    @classmethod
    def of(cls, spec: SweepSpec, schema: Mapping[str, Any], strata: int = 0) -> "Search":
        """schema is the JSON Schema of the strategy's parameters; the base's are completed.

        Raises InvalidInput for a space or constraints that do not fit the strategy, a grid that is
        beyond counting, and a method without `samples` that needs them.
        """
        space = space_of(spec.space, schema, spec.method)
        require_countable(space, spec.method)
        if spec.samples is None and spec.method is not SearchMethod.GRID:
            raise InvalidInput.at(
                "samples", message=f"say how many combinations a {spec.method} search tries"
            )
        constants = {name: value for name, value in spec.base.parameters.items() if name not in space.names}
        some: Mapping[str, ParameterValue] = {axis.name: axis.value(0) for axis in space.axes}
        constraints = parsed(spec.constraints, {**constants, **some})
        method = SearchMethod.RANDOM if spec.method is SearchMethod.BAYESIAN else spec.method
        candidates = Candidates(space, constraints, constants, method, spec.seed, spec.samples, strata)
        return cls(candidates, spec.samples)

    @property
    def space(self) -> Space:
        return self.candidates.space

    def extent(self) -> Extent:
        """Counted exactly where that takes seconds, estimated otherwise.

        Raises InvalidInput when no combination meets the constraints.
        """
        if self.candidates.method is SearchMethod.LATIN_HYPERCUBE:
            found = self._stratified()
        elif self.candidates.method is SearchMethod.RANDOM:
            found = self._sampled()
        else:
            found = self._counted()
        if found.combinations == 0:
            raise InvalidInput.at("constraints", message=_NONE_VALID)
        return found

    def stretches(self, extent: Extent, combinations: int) -> Iterator[Stretch]:
        """The search cut into pieces of about so many combinations, in order, at most one block long."""
        search = self.stratified(extent.strata)
        repeated = np.array(sorted(extent.repeated), dtype=np.int64)
        first, held = 0, 0
        for start in range(0, extent.stop, BLOCK):
            stop = min(start + BLOCK, extent.stop)
            numbers, _ = search.candidates.valid(start, stop)
            numbers = numbers[~np.isin(numbers, repeated)]
            taken = 0
            while len(numbers) - taken >= combinations - held:
                taken += combinations - held
                end = int(numbers[taken - 1]) + 1
                yield Stretch(first, end, combinations)
                first, held = end, 0
            held += len(numbers) - taken
        if held:
            yield Stretch(first, extent.stop, held)

    def stratified(self, strata: int) -> "Search":
        """The same search with a Latin hypercube of so many strata."""
        return replace(self, candidates=replace(self.candidates, strata=strata))

    def taken(
        self, first: int, stop: int, repeated: frozenset[int] = frozenset()
    ) -> tuple[IntArray, IntArray]:
        """The combinations of a stretch: their numbers (n,), and their levels (n, parameters)."""
        numbers, levels = [], []
        left_out = np.array(sorted(repeated), dtype=np.int64)
        for start in range(first, stop, BLOCK):
            found, rows = self.candidates.valid(start, min(start + BLOCK, stop))
            new = ~np.isin(found, left_out)
            numbers.append(found[new])
            levels.append(rows[new])
        return np.concatenate(numbers), np.concatenate(levels)

    def _counted(self) -> Extent:
        count = self.candidates.count
        if not self.candidates.constraints:
            return Extent(count, count)
        if count > _MOST_LOOKED_AT:
            raise InvalidInput.at(
                "space", message=f"the grid holds {count:,} combinations; narrow it, or sample it instead"
            )
        if count > _MOST_COUNTED:
            some = shuffled(np.arange(BLOCK, dtype=np.uint64), count, 0, 0)
            rows = np.concatenate([self.candidates.levels(int(one), int(one) + 1) for one in some[:4_096]])
            share = float(self.candidates.allowed(rows).mean())
            return Extent(max(1, round(count * share)), count, is_exact=False)
        valid = sum(len(numbers) for numbers, _ in self.candidates.blocks())
        return Extent(valid, count)

    def _sampled(self) -> Extent:
        wanted, size = self.samples or 0, self.space.size
        if not self.candidates.constraints:
            count = min(wanted, size)
            return Extent(count, count, notes=_fewer(count, wanted))
        looked_at = min(size, max(BLOCK, wanted * _LOOKED_AT_FOR_EACH_SAMPLE))
        held = 0
        for numbers, _ in self.candidates.blocks(looked_at):
            if held + len(numbers) >= wanted:
                return Extent(wanted, int(numbers[wanted - held - 1]) + 1)
            held += len(numbers)
        return Extent(held, looked_at, notes=_fewer(held, wanted))

    def _stratified(self) -> Extent:
        wanted = self.samples or 0
        if wanted > _MOST_STRATIFIED:
            raise InvalidInput.at(
                "samples", message=f"a Latin hypercube has {_MOST_STRATIFIED:,} at most; use random samples"
            )
        within_reach = min(wanted, self.space.size)
        strata, found = within_reach, Extent(0, 0)
        for _ in range(_ATTEMPTS_TO_STRATIFY):
            found = self.stratified(strata).distinct(within_reach)
            if found.combinations in {0, within_reach}:
                break
            finer = strata * within_reach // found.combinations + 1
            strata = min(finer, _STRATA_A_SAMPLE * within_reach, _MOST_STRATIFIED)
        return replace(found, notes=_fewer(found.combinations, wanted))

    def distinct(self, wanted: int) -> Extent:
        """The first `wanted` different combinations of this hypercube that meet the constraints."""
        blocks = list(self.candidates.blocks())
        numbers = np.concatenate([block[0] for block in blocks])
        levels = np.concatenate([block[1] for block in blocks])
        _, firsts = np.unique(self._names(levels), return_index=True)
        kept = np.sort(firsts)[:wanted]
        strata = self.candidates.strata
        if len(kept) == 0:
            return Extent(0, strata, strata)
        stop = strata if len(kept) < wanted else int(numbers[kept[-1]]) + 1
        repeated = np.setdiff1d(numbers[numbers < stop], numbers[kept])
        return Extent(len(kept), stop, strata, frozenset(repeated.tolist()))

    def _names(self, levels: IntArray) -> IntArray:
        """One number for each combination; numbers that wrap around still differ but for bad luck."""
        name = np.zeros(len(levels), dtype=np.int64)
        for at, axis in enumerate(self.space.axes):
            name = name * np.int64(axis.levels) + levels[:, at]
        return name


_NONE_VALID = "no combination of the space meets them all; widen the space or drop a constraint"


def _fewer(found: int, wanted: int) -> tuple[str, ...]:
    if found >= wanted:
        return ()
    return (f"Only {found:,} different combinations of the {wanted:,} asked for exist or could be found.",)
