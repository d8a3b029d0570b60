"""How a kind of study is planned, carried out and reduced.

The steps are pure and speak JSON values, so that they can run in this process, in a pool, or as
Lambda functions under a Step Functions map. A program holds no state between calls.

A program may offer more than the three steps by having the methods of one of the protocols below:

Staged     what is done next follows from what was found: a Bayesian search in rounds
Watched    it can be seen to be done before its plan is, and says what is best so far
Forgiving  a chunk that ran into the time limit becomes an answer that says so, not the end of the study

What every chunk's values may hold, whatever the kind: "trials", a `SharpeSample` as a JSON object,
where the chunk tried combinations that count as trials of the strategy.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar, runtime_checkable

from domain.research.laboratory import Laboratory
from domain.research.model import Chunk, StudyKind
from domain.research.ports import ChunkAnswer

SpecT_contra = TypeVar("SpecT_contra", contravariant=True)
Report = Callable[[int], None]
"""Hears how many runs of the chunk are done; may raise to stop."""
Read = Callable[[int], ChunkAnswer]
"""A chunk's answer by its number."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done. notes are sentences for a person, say what was left out and why.

    runs_expected is the whole of a plan that grows as it is carried out; None when it does not grow.
    """

    chunks: tuple[Chunk, ...]
    data_hash: str
    notes: tuple[str, ...] = ()
    runs_expected: int | None = None

    @property
    def runs(self) -> int:
        return sum(chunk.runs for chunk in self.chunks)

    def and_then(self, chunks: Sequence[Chunk]) -> "Plan":
        """The plan with more chunks, numbered on."""
        return replace(self, chunks=(*self.chunks, *chunks))

    def up_to(self, number: int) -> "Plan":
        """The plan without the chunks after this one."""
        return replace(self, chunks=self.chunks[: number + 1])


class Program(Protocol[SpecT_contra]):
    """One kind of study. The same spec, data and chunks give the same bytes, wherever they ran."""

    kind: StudyKind

    def plan(self, spec: SpecT_contra, laboratory: Laboratory) -> Plan:
        """Raises InvalidInput for a spec that cannot be carried out on this data."""
        ...

    def run(self, spec: SpecT_contra, chunk: Chunk, laboratory: Laboratory, report: Report) -> ChunkAnswer:
        """Carry out one chunk. What goes wrong in one combination is noted in its row, not raised."""
        ...

    def reduce(
        self,
        spec: SpecT_contra,
        plan: Plan,
        read: Read,
        laboratory: Laboratory,
    ) -> tuple[Mapping[str, Any], Sequence[str]]:
        """The outcome as JSON values, and warnings. read gives a chunk's answer by its number; a chunk
        that was given up because of `patience` is not among the numbers of the plan."""
        ...


@runtime_checkable
class Staged(Protocol):
    """A program whose plan grows: `plan` gives the first chunks, this the following ones."""

    def next_chunks(self, spec: Any, plan: Plan, read: Read, laboratory: Laboratory) -> Sequence[Chunk]:
        """What to do once every chunk of the plan is finished, numbered on from it; empty at the end.

        A pure function of what the chunks found, so that a study that was interrupted goes on as if
        it had not been.
        """
        ...


class Watch(Protocol):
    """Follows one study; hears the values of each chunk in the order of the plan, whichever order
    they were finished in, so that what it says does not depend on the number of workers."""

    best: float | None
    """Best value of the first objective so far."""

    def hear(self, chunk: Chunk, values: Mapping[str, Any]) -> bool:
        """Whether it is enough: the chunks after this one are not needed."""
        ...


@runtime_checkable
class Watched(Protocol):
    """A program that can say, while chunks are coming in, what is best and when to stop."""

    def watch(self, spec: Any) -> Watch: ...


@runtime_checkable
class Forgiving(Protocol):
    """A program that can go on without the result of a chunk."""

    def give_up(self, spec: Any, chunk: Chunk, laboratory: Laboratory, reason: str) -> ChunkAnswer:
        """The answer of a chunk that could not be carried out within the time limit."""
        ...
