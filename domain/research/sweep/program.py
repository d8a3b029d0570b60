"""Sweeps: many combinations of parameters, over instruments and periods, ranked by statistics.

Every row that is written holds the number of the combination, its instrument and period, its
parameters (columns `parameter.<name>`), every statistic (NaN undefined), and its failure ("" for
none). What a chunk's values hold beside that is what ranking needs, so that the rows need not be read:

sums, defined  (objectives, combinations), packed: the statistic added up over the chunk's accounts,
               and in how many of them it is defined
accounts       for each account: runs that failed, and the first objective's sum, how often it is
               defined, its best value and the number of the combination it belongs to
failures       [an example, how often] for each kind of failure
trials         what counts as tried
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.backtesting.many import STATISTICS, ManyRuns
from domain.errors import MissingExtra
from domain.research.laboratory import Laboratory
from domain.research.model import (
    PARAMETER,
    Chunk,
    Direction,
    ParameterValue,
    SearchMethod,
    StudyKind,
    SweepSpec,
)
from domain.research.ports import ChunkAnswer, SearchSampler
from domain.research.program import Plan, Read, Report
from domain.research.sweep.chunks import (
    Account,
    Accounts,
    Ground,
    blocks_of,
    chunks_of,
    levels_in,
    packed,
    parts_of,
    scores_of,
)
from domain.research.sweep.outcome import outcome_of
from domain.research.sweep.search import Search
from domain.research.sweep.space import AxisKind
from domain.research.sweep.watch import SweepWatch
from domain.research.table import Table
from domain.research.trials import SharpeSample

ROUND = 16
"""Combinations a Bayesian search asks for at once; it must not depend on the number of workers."""
_FAILURES_LISTED = 20
_NUMBER = re.compile(r"\d[\d.,]*")


class SweepProgram:
    """Implements `Program`, `Staged`, `Watched` and `Forgiving` for sweeps.

    sampler suggests the combinations of a Bayesian search; None where that is not installed.
    """

    kind = StudyKind.SWEEP

    def __init__(self, sampler: SearchSampler | None = None) -> None:
        self._sampler = sampler

    def plan(self, spec: SweepSpec, laboratory: Laboratory) -> Plan:
        """Raises InvalidInput for a space, constraints or data that allow no run, and MissingExtra."""
        ground = Ground.read(spec, laboratory, hashlib.sha256())
        search = Search.of(spec, schema_of(spec, laboratory))
        extent = search.extent()
        notes = (*ground.notes, *extent.notes)
        if spec.method is SearchMethod.BAYESIAN:
            first = self._round(spec, search, ground.accounts, [])
            expected = extent.combinations * len(ground.accounts)
            return Plan(tuple(first), ground.data_hash, notes, expected)
        return Plan(tuple(chunks_of(spec, search, extent, ground)), ground.data_hash, notes)

    def run(self, spec: SweepSpec, chunk: Chunk, laboratory: Laboratory, report: Report) -> ChunkAnswer:
        """Every combination of the chunk in each of its accounts."""
        search, numbers, levels = levels_in(chunk, spec, schema_of(spec, laboratory))
        columns = search.candidates.columns(levels)
        combinations = search.space.rows(columns)

        def run(at: int, account: Account) -> ManyRuns:
            before = at * len(combinations)
            return laboratory.many(account.spec, combinations, report=lambda count: report(before + count))

        return _answer(spec, chunk, search, numbers, columns, run)

    def give_up(self, spec: SweepSpec, chunk: Chunk, laboratory: Laboratory, reason: str) -> ChunkAnswer:
        """Every run of the chunk failed for this reason."""
        search, numbers, levels = levels_in(chunk, spec, schema_of(spec, laboratory))
        nothing = ManyRuns(
            {name: np.full(len(numbers), np.nan) for name in STATISTICS}, (reason,) * len(numbers)
        )
        columns = search.candidates.columns(levels)
        return _answer(spec, chunk, search, numbers, columns, lambda at, account: nothing)  # noqa: ARG005

    def next_chunks(self, spec: SweepSpec, plan: Plan, read: Read, laboratory: Laboratory) -> Sequence[Chunk]:
        """The next round of a Bayesian search; other searches are planned as a whole."""
        if spec.method is not SearchMethod.BAYESIAN:
            return ()
        told: list[tuple[Sequence[int], Sequence[float]]] = []
        for block in blocks_of(plan.chunks):
            scores = scores_of(block, [read(chunk.number)[0] for chunk in block])
            told.extend(zip(block[0].work["levels"], scores.tolist(), strict=True))
        search = Search.of(spec, schema_of(spec, laboratory))
        accounts = [
            one for chunk in plan.chunks[: plan.chunks[0].work["parts"]] for one in chunk.work["accounts"]
        ]
        return self._round(spec, search, accounts, told, len(plan.chunks))

    def watch(self, spec: SweepSpec) -> SweepWatch:
        """What is best so far, and whether patience has run out."""
        return SweepWatch(spec)

    def reduce(
        self, spec: SweepSpec, plan: Plan, read: Read, laboratory: Laboratory
    ) -> tuple[Mapping[str, Any], Sequence[str]]:
        """The outcome; its fields are described in `sweep_outcome`."""
        return outcome_of(spec, plan, read, schema_of(spec, laboratory))

    def _round(
        self,
        spec: SweepSpec,
        search: Search,
        accounts: Sequence[int],
        told: Sequence[tuple[Sequence[int], Sequence[float]]],
        number: int = 0,
    ) -> list[Chunk]:
        if self._sampler is None:
            raise MissingExtra("Bayesian search", "search")
        wanted = min(ROUND, (spec.samples or 0) - len(told))
        if wanted <= 0:
            return []
        maximise = [objective.direction is Direction.MAXIMISE for objective in spec.objectives]
        levels = self._sampler.ask(search.candidates, told, maximise, wanted, spec.seed)
        if not levels:
            return []
        work = {"block": len(told) // ROUND, "first": len(told), "levels": [list(row) for row in levels]}
        return [
            Chunk(number + at, len(levels) * len(part["accounts"]), {**work, **part})
            for at, part in enumerate(parts_of(accounts, 1))
        ]


def schema_of(spec: SweepSpec, laboratory: Laboratory) -> Mapping[str, Any]:
    """The JSON Schema of the strategy's parameters."""
    parameters = type(laboratory.strategy(spec.base).parameters)
    schema: Mapping[str, Any] = parameters.model_json_schema()
    return schema


def _answer(
    spec: SweepSpec,
    chunk: Chunk,
    search: Search,
    numbers: IntArray,
    columns: Sequence[Sequence[ParameterValue]],
    run: Callable[[int, Account], ManyRuns],
) -> ChunkAnswer:
    accounts = Accounts(spec)
    mine = [accounts[number] for number in chunk.work["accounts"]]
    found = [run(at, account) for at, account in enumerate(mine)]
    objectives = np.array(
        [[_ranked_by(many, one.statistic) for many in found] for one in spec.objectives], dtype=np.float64
    )
    # A combination is one trial, in however many accounts it is run.
    trials = replace(_sharpe_sample(found), count=len(numbers) if chunk.work["part"] == 0 else 0)
    values = {
        "sums": packed(np.nansum(objectives, axis=1)),
        "defined": packed((~np.isnan(objectives)).sum(axis=1)),
        "accounts": [
            _account_values(account, many, numbers, spec) for account, many in zip(mine, found, strict=True)
        ],
        "failures": _failures([failure for many in found for failure in many.failures if failure]),
        "trials": asdict(trials),
    }
    return values, _table(search, numbers, columns, mine, found)


def _ranked_by(many: ManyRuns, statistic: str) -> FloatArray:
    """The statistic of each run; an infinite one ranks as little as one that is undefined."""
    values = many.statistics[statistic]
    return np.where(np.isfinite(values), values, np.nan)


def _account_values(account: Account, many: ManyRuns, numbers: IntArray, spec: SweepSpec) -> dict[str, Any]:
    objective = spec.objectives[0]
    values = _ranked_by(many, objective.statistic)
    known = ~np.isnan(values)
    best: int | None = None
    if known.any():
        best = int(
            np.nanargmax(values) if objective.direction is Direction.MAXIMISE else np.nanargmin(values)
        )
    return {
        "account": account.number,
        "failed": sum(1 for failure in many.failures if failure),
        "sum": float(np.nansum(values)),
        "defined": int(known.sum()),
        "best": None if best is None else float(values[best]),
        "combination": None if best is None else int(numbers[best]),
    }


def _failures(failures: Sequence[str]) -> list[list[Any]]:
    """Failures that differ in numbers alone are of one kind; the first of them stands for all."""
    kinds: dict[str, list[Any]] = {}
    for failure in failures:
        kinds.setdefault(_NUMBER.sub("#", failure), [failure, 0])[1] += 1
    return sorted(kinds.values(), key=lambda one: -one[1])[:_FAILURES_LISTED]


def _sharpe_sample(found: Sequence[ManyRuns]) -> SharpeSample:
    """Of the Sharpe ratios per period. Infinite ones, of accounts that never moved but for a rounding
    error, say nothing about the spread."""
    with np.errstate(invalid="ignore"):
        each = [many.statistics["sharpe"] / np.sqrt(many.statistics["periods_per_year"]) for many in found]
    every = np.concatenate(each)
    known = every[np.isfinite(every)]
    if len(known) == 0:
        return SharpeSample(len(every))
    mean = float(known.mean())
    return SharpeSample(len(every), len(known), mean, float(((known - mean) ** 2).sum()))


def _table(
    search: Search,
    numbers: IntArray,
    columns: Sequence[Sequence[ParameterValue]],
    accounts: Sequence[Account],
    found: Sequence[ManyRuns],
) -> Table:
    rows = len(numbers)
    table: dict[str, Any] = {
        "combination": np.tile(numbers, len(accounts)),
        "instrument": [account.instrument for account in accounts for _ in range(rows)],
        "period": [account.period for account in accounts for _ in range(rows)],
    }
    for axis, values in zip(search.space.axes, columns, strict=True):
        if axis.kind is AxisKind.CHOICE:
            table[PARAMETER + axis.name] = [str(value) for value in values] * len(accounts)
        else:
            table[PARAMETER + axis.name] = np.tile(np.array(values, dtype=_TYPES[axis.kind]), len(accounts))
    for name in STATISTICS:
        joined: FloatArray = np.concatenate([many.statistics[name] for many in found])
        table[name] = joined
    table["failure"] = [failure for many in found for failure in many.failures]
    return Table(table)


_TYPES = {AxisKind.INTEGER: np.int64, AxisKind.FLOAT: np.float64, AxisKind.BOOLEAN: np.bool_}
