"""What a sweep comes to, as JSON values.

combinations, runs, failed  counts; failed counts runs
planned_combinations        more than combinations when patience ran out; stopped_early says so
objectives                  [{statistic, direction}]
best                        for each objective: the best combination, None where none has a score
top                         the best twenty by the first objective, best first
pareto                      what no other combination beats in every objective; only of several
                            objectives, by the first one, a hundred at most
failures                    [{reason, runs}] by kind, most frequent first
marginals                   for each parameter: [{from, to, combinations, mean, best}] of the first
                            objective, a value each or twenty ranges of values
neighbourhood               how the neighbours of the best combination do, see `_neighbourhood`
instruments, periods        [{name, runs, failed, mean, best, combination, parameters}] by the first
                            objective; combination is the best one there
data_hash                   of all bars that were read

A combination is {combination, parameters, scores, statistics}: its number, its parameters, what it
is ranked by (the mean over the accounts), and the mean of every statistic over the accounts in which
it is defined. A score is undefined (null) where the statistic is in more than half of the accounts.
Ties go to the lower number. Kept in memory while reducing: eight bytes a combination and objective.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.backtesting.many import STATISTICS
from domain.research.json_values import number
from domain.research.model import Chunk, Direction, SearchMethod, SweepSpec
from domain.research.program import Plan, Read
from domain.research.sweep.chunks import Accounts, blocks_of, levels_in, scores_of
from domain.research.sweep.pareto import non_dominated, oriented
from domain.research.sweep.search import Search
from domain.research.sweep.space import Axis

_TOP = 20
_FRONT = 100
_MOST_VALUES = 50
_RANGES = 20
_NEARBY = 0.1


@dataclass(slots=True)
class _Block:
    """A block of combinations and where its rows are."""

    chunks: list[Chunk]
    numbers: IntArray
    scores: FloatArray


def outcome_of(
    spec: SweepSpec, plan: Plan, read: Read, schema: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """The outcome, and warnings. Raises NeedsOperator when a chunk is missing or doubled."""
    return _Reduction(spec, plan, read, schema).outcome()


class _Reduction:
    """Goes through the blocks once for scores, and back for the rows of what is shown."""

    def __init__(self, spec: SweepSpec, plan: Plan, read: Read, schema: Mapping[str, Any]) -> None:
        self._spec = spec
        self._plan = plan
        self._read = read
        self._schema = schema
        self._search = Search.of(spec, schema)
        self._directions = [objective.direction for objective in spec.objectives]
        sign = 1.0 if self._directions[0] is Direction.MAXIMISE else -1.0
        self._marginals = [_Marginal(axis, sign) for axis in self._search.space.axes]
        self._blocks: list[_Block] = []
        self._failures: Counter[str] = Counter()
        self._accounts: dict[int, list[Mapping[str, Any]]] = {}
        self._runs = 0

    def outcome(self) -> tuple[dict[str, Any], list[str]]:
        for chunks in blocks_of(self._plan.chunks):
            self._take(chunks)
        scores = np.concatenate([block.scores for block in self._blocks])
        ranks = [self._ranked(scores, column) for column in range(scores.shape[1])]
        front = self._front(scores, ranks[0])
        shown = self._described(
            scores, sorted({*(int(r[0]) for r in ranks if len(r)), *ranks[0].tolist(), *front})
        )
        planned = self._planned(len(scores))
        values: dict[str, Any] = {
            "combinations": len(scores),
            "planned_combinations": planned,
            "stopped_early": self._spec.patience is not None and len(scores) < planned,
            "runs": self._runs,
            "failed": sum(self._failures.values()),
            "objectives": [one.model_dump(mode="json") for one in self._spec.objectives],
            "best": [shown[int(rank[0])] if len(rank) else None for rank in ranks],
            "top": [shown[place] for place in ranks[0].tolist()],
            "pareto": [shown[place] for place in front],
            "failures": [
                {"reason": reason, "runs": runs} for reason, runs in self._failures.most_common(_TOP)
            ],
            "marginals": {
                axis.name: marginal.as_json()
                for axis, marginal in zip(self._search.space.axes, self._marginals, strict=True)
            },
            "neighbourhood": self._neighbourhood(scores[:, 0], int(ranks[0][0])) if len(ranks[0]) else None,
            "instruments": self._by("instrument"),
            "periods": self._by("period"),
            "data_hash": self._plan.data_hash,
        }
        return values, [*self._plan.notes, *self._warnings(values)]

    def _take(self, chunks: list[Chunk]) -> None:
        values = [self._read(chunk.number)[0] for chunk in chunks]
        _, numbers, levels = levels_in(chunks[0], self._spec, self._schema)
        scores = scores_of(chunks, values)
        self._blocks.append(_Block(chunks, numbers, scores))
        for at, marginal in enumerate(self._marginals):
            marginal.hear(levels[:, at], scores[:, 0])
        self._runs += sum(chunk.runs for chunk in chunks)
        for one in values:
            for reason, runs in one["failures"]:
                self._failures[reason] += runs
            for account in one["accounts"]:
                self._accounts.setdefault(account["account"], []).append(account)

    def _planned(self, done: int) -> int:
        return max(done, self._search.extent().combinations)

    def _ranked(self, scores: FloatArray, column: int) -> IntArray:
        """Places of the best scores, best first."""
        better = oriented(scores[:, [column]], [self._directions[column]])[:, 0]
        known = np.flatnonzero(~np.isnan(better))
        return known[np.argsort(-better[known], kind="stable")][:_TOP]

    def _front(self, scores: FloatArray, best: IntArray) -> list[int]:
        if scores.shape[1] == 1:
            return [int(place) for place in best[:1]]
        front = np.flatnonzero(non_dominated(scores, self._directions))
        better = oriented(scores[front][:, [0]], self._directions[:1])[:, 0]
        places: list[int] = front[np.argsort(-better, kind="stable")][:_FRONT].tolist()
        return places

    def _described(self, scores: FloatArray, places: Sequence[int]) -> dict[int, dict[str, Any]]:
        """The combinations at these places, ascending, with their statistics."""
        described: dict[int, dict[str, Any]] = {}
        first = 0
        for block in self._blocks:
            mine = [place for place in places if first <= place < first + len(block.numbers)]
            if mine:
                described |= self._from_rows(block, {place: place - first for place in mine}, scores)
            first += len(block.numbers)
        return described

    def _from_rows(
        self, block: _Block, places: Mapping[int, int], scores: FloatArray
    ) -> dict[int, dict[str, Any]]:
        size = len(block.numbers)
        tables = [table for chunk in block.chunks if (table := self._read(chunk.number)[1]) is not None]
        _, _, levels = levels_in(block.chunks[0], self._spec, self._schema)
        statistics = {
            name: np.concatenate([np.asarray(table[name]).reshape(-1, size) for table in tables])
            for name in STATISTICS
        }
        wanted = list(places.values())
        parameters = self._search.candidates.combinations(levels[wanted])
        return {
            place: {
                "combination": int(block.numbers[row]),
                "parameters": parameters[at],
                "scores": [number(score) for score in scores[place]],
                "statistics": {name: _mean(values[:, row]) for name, values in statistics.items()},
            }
            for at, (place, row) in enumerate(places.items())
        }

    def _neighbourhood(self, scores: FloatArray, best: int) -> dict[str, Any] | None:
        """How stable the best combination is: what those around it score by the first objective.

        Neighbours differ by at most a level in every numeric parameter of a grid, by at most a tenth
        of its range otherwise, and in nothing that is not a number. better_than is the share of all
        scored combinations that the neighbours' median is better than: near 1 the best one stands on
        a plateau, near 0.5 it stands alone.
        """
        near = np.zeros(len(scores), dtype=np.bool_)
        centre = self._levels_at(best)
        first = 0
        for block in self._blocks:
            _, _, levels = levels_in(block.chunks[0], self._spec, self._schema)
            near[first : first + len(levels)] = (np.abs(levels - centre) <= self._reach()).all(axis=1)
            first += len(levels)
        near[best] = False
        better = oriented(scores[:, None], self._directions[:1])[:, 0]
        known = better[~np.isnan(better)]
        around = better[near & ~np.isnan(better)]
        if len(around) == 0:
            return None
        sign = 1.0 if self._directions[0] is Direction.MAXIMISE else -1.0
        return {
            "neighbours": int(near.sum()),
            "scored": len(around),
            "median": number(sign * float(np.median(around))),
            "mean": number(sign * float(around.mean())),
            "worst": number(sign * float(around.min())),
            "better_than": number(float((known < np.median(around)).mean())),
        }

    def _reach(self) -> IntArray:
        whole_grid = self._spec.method is SearchMethod.GRID and self._spec.samples is None
        reach = [
            0 if not axis.kind.is_numeric else 1 if whole_grid else max(1, round(_NEARBY * (axis.levels - 1)))
            for axis in self._search.space.axes
        ]
        return np.array(reach, dtype=np.int64)

    def _levels_at(self, place: int) -> IntArray:
        for block in self._blocks:
            if place < len(block.numbers):
                levels: IntArray = levels_in(block.chunks[0], self._spec, self._schema)[2][place]
                return levels
            place -= len(block.numbers)
        raise IndexError(place)

    def _by(self, what: str) -> list[dict[str, Any]]:
        """Each instrument, or each period, by itself."""
        accounts, at = Accounts(self._spec), ("instrument", "period").index(what)

        def name_of(account: int) -> str:
            return accounts.names(account)[at]

        groups: dict[str, list[Mapping[str, Any]]] = {}
        for account, values in sorted(self._accounts.items()):
            groups.setdefault(name_of(account), []).extend(values)
        sizes = Counter[str]()
        for block in self._blocks:
            for chunk in block.chunks:
                for account in chunk.work["accounts"]:
                    sizes[name_of(account)] += len(block.numbers)
        return [self._summed(name, values, sizes[name]) for name, values in groups.items()]

    def _summed(self, name: str, values: Sequence[Mapping[str, Any]], runs: int) -> dict[str, Any]:
        sign = 1.0 if self._directions[0] is Direction.MAXIMISE else -1.0
        defined = sum(one["defined"] for one in values)
        known = [one for one in values if one["best"] is not None]
        best = max(known, key=lambda one: (sign * one["best"], -one["combination"]), default=None)
        return {
            "name": name,
            "runs": runs,
            "failed": sum(one["failed"] for one in values),
            "mean": number(sum(one["sum"] for one in values) / defined) if defined else None,
            "best": None if best is None else number(best["best"]),
            "combination": None if best is None else best["combination"],
            "parameters": None if best is None else self._parameters_of(best["combination"]),
        }

    def _parameters_of(self, combination: int) -> Mapping[str, Any]:
        for block in self._blocks:
            at = int(np.searchsorted(block.numbers, combination))
            if at < len(block.numbers) and block.numbers[at] == combination:
                _, _, levels = levels_in(block.chunks[0], self._spec, self._schema)
                return self._search.candidates.combinations(levels[[at]])[0]
        raise KeyError(combination)

    def _warnings(self, values: Mapping[str, Any]) -> list[str]:
        told = []
        if values["failed"]:
            told.append(f"{values['failed']:,} of {values['runs']:,} runs failed; the failures say why.")
        if values["best"][0] is None:
            statistic = self._spec.objectives[0].statistic
            told.append(f"No combination has a {statistic}, so there is no best one.")
        if values["stopped_early"]:
            told.append(
                f"Stopped after {values['combinations']:,} of {values['planned_combinations']:,} combinations: "
                f"{self._spec.patience} in a row did not do better."
            )
        return told


class _Marginal:
    """The first objective by the values of one parameter, whatever the others are."""

    def __init__(self, axis: Axis, sign: float) -> None:
        self._axis, self._sign = axis, sign
        self._ranges = axis.levels if axis.levels <= _MOST_VALUES or not axis.kind.is_numeric else _RANGES
        self._count = np.zeros(self._ranges, dtype=np.int64)
        self._sum = np.zeros(self._ranges)
        self._best = np.full(self._ranges, -np.inf)

    def hear(self, levels: IntArray, scores: FloatArray) -> None:
        known = ~np.isnan(scores)
        place = levels[known] * self._ranges // self._axis.levels
        self._count += np.bincount(place, minlength=self._ranges)
        self._sum += np.bincount(place, scores[known], self._ranges)
        np.maximum.at(self._best, place, self._sign * scores[known])

    def as_json(self) -> list[dict[str, Any]]:
        size, ranges = self._axis.levels, self._ranges
        return [
            {
                "from": self._axis.value(-(-at * size // ranges)),
                "to": self._axis.value(-(-(at + 1) * size // ranges) - 1),
                "combinations": int(self._count[at]),
                "mean": number(self._sum[at] / self._count[at]) if self._count[at] else None,
                "best": number(self._sign * self._best[at]),
            }
            for at in range(ranges)
        ]


def _mean(values: FloatArray) -> float | None:
    known = values[~np.isnan(values)]
    return number(float(known.mean())) if len(known) else None
