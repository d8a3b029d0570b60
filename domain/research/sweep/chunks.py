"""How a sweep is cut: accounts to run in, blocks of combinations, and a chunk for a part of a block.

A block is a stretch of combinations; its chunks go through the accounts (instruments x periods) part
by part. A combination can be judged once its whole block is finished, so blocks follow each other.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.backtesting.inputs import RunInputs
from domain.backtesting.many import STATISTICS
from domain.backtesting.model import BacktestSpec
from domain.backtesting.sparse import is_sparse
from domain.errors import InvalidInput, NeedsOperator
from domain.research.laboratory import Laboratory
from domain.research.model import Chunk, SearchMethod, SweepSpec
from domain.research.sweep.effort import Effort
from domain.research.sweep.search import Extent, Search
from domain.strategies.decisions import deciding_many
from domain.strategies.protocol import EventStrategy

ALL = "all"
"""Stands for every instrument together, and for the base's own period, in rows and outcomes."""
_MOST_NOTES = 20
_MOST_BLOCKS = 2_000
"""However little patience there is: each block is a file and a message."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account a combination is run in. number is its place among all of the sweep's."""

    number: int
    instrument: str
    period: str
    spec: BacktestSpec


@dataclass(frozen=True, slots=True)
class Accounts:
    """Every instrument (or all together) over every period, periods first; made when they are asked for,
    since a thousand periods of hundreds of instruments are many."""

    spec: SweepSpec

    def __len__(self) -> int:
        return max(1, len(self.spec.periods)) * self._groups

    def __getitem__(self, number: int) -> Account:
        instruments = self.spec.base.instruments
        name, period = self.names(number)
        start, end = self.spec.base.start, self.spec.base.end
        if self.spec.periods:
            chosen = self.spec.periods[number // self._groups]
            start, end = chosen.start, chosen.end
        traded = (name,) if self.spec.each_instrument else instruments
        update = {"instruments": traded, "start": start, "end": end}
        return Account(number, name, period, self.spec.base.model_copy(update=update))

    def names(self, number: int) -> tuple[str, str]:
        """Of the instrument and the period."""
        at, which = divmod(number, self._groups)
        name = self.spec.base.instruments[which] if self.spec.each_instrument else ALL
        if not self.spec.periods:
            return name, ALL
        period = self.spec.periods[at]
        return name, f"{period.start or ''}..{period.end or ''}"

    @property
    def _groups(self) -> int:
        return len(self.spec.base.instruments) if self.spec.each_instrument else 1


@dataclass(frozen=True, slots=True)
class Ground:
    """The accounts that have bars, what their data hashes to, and how long a run takes in one."""

    accounts: tuple[int, ...]
    data_hash: str
    effort: Effort
    notes: tuple[str, ...]

    @classmethod
    def read(cls, spec: SweepSpec, laboratory: Laboratory, digest: Any) -> "Ground":
        """Raises InvalidInput when no account has bars. An account that has none is left out and named."""
        usable, notes, cells = [], [], 0
        fault: InvalidInput | None = None
        first: RunInputs | None = None
        accounts = Accounts(spec)
        for account in map(accounts.__getitem__, range(len(accounts))):
            try:
                inputs = laboratory.inputs(account.spec)
            except InvalidInput as refused:
                fault = refused
                notes.append(f"{account.instrument} over {account.period} was left out: {refused}.")
                continue
            first = first or inputs
            usable.append(account.number)
            cells += len(inputs) * len(account.spec.instruments)
            digest.update(inputs.data_hash.encode())
        if first is None:
            raise fault or InvalidInput("There is nothing to run on.")
        effort = _effort(accounts[usable[0]].spec, first, laboratory, cells // len(usable))
        return cls(tuple(usable), digest.hexdigest(), effort, _shortened(notes))


def _effort(spec: BacktestSpec, inputs: RunInputs, laboratory: Laboratory, cells: int) -> Effort:
    strategy = laboratory.strategy(spec)
    if isinstance(strategy, EventStrategy):
        return Effort(cells, "event")
    together = deciding_many(type(strategy)) is not None and is_sparse(spec, inputs, STATISTICS)
    return Effort(cells, "vectorised", together)


def _shortened(notes: Sequence[str]) -> tuple[str, ...]:
    if len(notes) <= _MOST_NOTES:
        return tuple(notes)
    return (*notes[:_MOST_NOTES], f"{len(notes) - _MOST_NOTES:,} more were left out for the like.")


def chunks_of(spec: SweepSpec, search: Search, extent: Extent, ground: Ground) -> Iterator[Chunk]:
    """The chunks of a search that is known in advance."""
    total = extent.combinations * len(ground.accounts)
    wanted = ground.effort.runs_a_chunk(total)
    block_size = min(wanted, extent.combinations)
    if spec.patience is not None:
        block_size = min(block_size, max(spec.patience, -(-extent.combinations // _MOST_BLOCKS)))
    accounts_a_chunk = ground.effort.accounts_a_chunk(block_size, wanted)
    repeated = sorted(extent.repeated)
    number = 0
    for block, stretch in enumerate(search.stretches(extent, block_size)):
        work: dict[str, Any] = {"block": block, "first": stretch.first, "stop": stretch.stop}
        if extent.strata:
            work["strata"] = extent.strata
            work["repeated"] = [one for one in repeated if stretch.first <= one < stretch.stop]
        for part in parts_of(ground.accounts, accounts_a_chunk):
            yield Chunk(number, stretch.combinations * len(part["accounts"]), {**work, **part})
            number += 1


def parts_of(accounts: Sequence[int], size: int) -> list[dict[str, Any]]:
    """The accounts in groups, each of which knows whether it is the last."""
    groups = [list(accounts[first : first + size]) for first in range(0, len(accounts), size)]
    return [{"part": at, "parts": len(groups), "accounts": group} for at, group in enumerate(groups)]


def levels_in(chunk: Chunk, spec: SweepSpec, schema: Mapping[str, Any]) -> tuple[Search, IntArray, IntArray]:
    """The search, and the numbers (n,) and levels (n, parameters) of a chunk's combinations."""
    work = chunk.work
    search = Search.of(spec, schema, work.get("strata", 0))
    if spec.method is SearchMethod.BAYESIAN:
        levels = np.array(work["levels"], dtype=np.int64).reshape(-1, len(search.space.axes))
        return search, np.arange(work["first"], work["first"] + len(levels), dtype=np.int64), levels
    numbers, levels = search.taken(work["first"], work["stop"], frozenset(work.get("repeated", ())))
    return search, numbers, levels


def blocks_of(chunks: Sequence[Chunk]) -> Iterator[list[Chunk]]:
    """The chunks of each block, in order. Raises NeedsOperator when one is missing or there twice."""
    block: list[Chunk] = []
    for place, chunk in enumerate(chunks):
        if chunk.number != place or chunk.work["part"] != len(block):
            raise NeedsOperator(f"Chunk {place} of the sweep is missing or doubled; start the sweep again.")
        block.append(chunk)
        if len(block) == chunk.work["parts"]:
            yield block
            block = []
    if block:
        raise NeedsOperator("The last chunks of the sweep are missing; resume it.")


def scores_of(block: Sequence[Chunk], values: Sequence[Mapping[str, Any]]) -> FloatArray:
    """How each combination of a block does by each objective, (combinations, objectives).

    The mean over the accounts in which the statistic is defined; NaN where it is undefined in more
    than half of them, for a combination that seldom trades must not win by its few good cases.
    """
    accounts = sum(len(chunk.work["accounts"]) for chunk in block)
    sums = sum(unpacked(one["sums"]) for one in values)
    defined = sum(unpacked(one["defined"]) for one in values)
    with np.errstate(invalid="ignore", divide="ignore"):
        scores: FloatArray = np.where(2.0 * defined >= accounts, sums / defined, np.nan).T
    return scores


def packed(values: FloatArray) -> dict[str, Any]:
    """An array as JSON values: numbers by the hundred thousand take ten times as long in decimal text."""
    content = base64.b64encode(np.asarray(values, dtype="<f8").tobytes()).decode()
    return {"shape": list(values.shape), "float64": content}


def unpacked(values: Mapping[str, Any]) -> FloatArray:
    """What was packed."""
    flat = np.frombuffer(base64.b64decode(values["float64"]), dtype="<f8")
    return flat.astype(np.float64).reshape(values["shape"])
