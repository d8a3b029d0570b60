"""How a kind of study is planned, carried out and reduced.

The three steps are pure and speak JSON values, so that they can run in this process, in a pool, or
as Lambda functions under a Step Functions map. A program holds no state between calls.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from domain.research.laboratory import Laboratory
from domain.research.model import Chunk, StudyKind
from domain.research.ports import ChunkAnswer

SpecT_contra = TypeVar("SpecT_contra", contravariant=True)
Report = Callable[[int], None]
"""Hears how many runs of the chunk are done; may raise to stop."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done. notes are sentences for a person, say what was left out and why."""

    chunks: tuple[Chunk, ...]
    data_hash: str
    notes: tuple[str, ...] = ()

    @property
    def runs(self) -> int:
        return sum(chunk.runs for chunk in self.chunks)


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
        read: Callable[[int], ChunkAnswer],
        laboratory: Laboratory,
    ) -> tuple[Mapping[str, Any], Sequence[str]]:
        """The outcome as JSON values, and warnings. read gives a chunk's answer by its number; a chunk
        that was given up because of `patience` is not among the numbers of the plan."""
        ...
