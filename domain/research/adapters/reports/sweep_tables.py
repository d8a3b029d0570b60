"""The tables of a sweep report: the best combinations, where they do well, and what failed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.performance.adapters import formatting
from domain.performance.adapters.formatting import Figure
from domain.research.adapters.reports import wording
from domain.research.model import SweepSpec


@dataclass(frozen=True, slots=True)
class CombinationRow:
    """A combination: its parameters, its scores by each objective, and its mean statistics."""

    rank: int
    combination: int
    parameters: tuple[str, ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class CombinationTable:
    """Columns of names, and a row each; `statistics` are the API's names of the figures' columns."""

    parameters: tuple[str, ...]
    statistics: tuple[str, ...]
    labels: tuple[str, ...]
    rows: tuple[CombinationRow, ...]


@dataclass(frozen=True, slots=True)
class PartRow:
    """One instrument, or one period, by itself."""

    name: str
    runs: str
    failed: str
    mean: Figure
    best: Figure
    parameters: str


@dataclass(frozen=True, slots=True)
class FailureRow:
    reason: str
    runs: str


def combination_table(spec: SweepSpec, found: Sequence[Mapping[str, Any]]) -> CombinationTable:
    """In the order given. What they are ranked by comes first."""
    currency = spec.base.currency
    ranked_by = [one.statistic for one in spec.objectives]
    others = [name for name in wording.SUMMARY if name not in ranked_by]
    names = tuple(spec.space)
    rows = tuple(
        CombinationRow(
            rank,
            one["combination"],
            tuple(wording.parameter(one["parameters"][name]) for name in names),
            (
                *(
                    wording.figure(name, score, currency)
                    for name, score in zip(ranked_by, one["scores"], strict=True)
                ),
                *(wording.figure(name, one["statistics"][name], currency) for name in others),
            ),
        )
        for rank, one in enumerate(found, start=1)
    )
    statistics = (*ranked_by, *others)
    return CombinationTable(
        tuple(wording.named(name) for name in names),
        statistics,
        tuple(wording.label(name) for name in statistics),
        rows,
    )


def part_rows(spec: SweepSpec, parts: Sequence[Mapping[str, Any]], what: str) -> tuple[PartRow, ...]:
    """Instruments ("instruments") or periods ("periods"); none where there is only one."""
    if len(parts) < 2:  # noqa: PLR2004 - one part is the whole
        return ()
    statistic, currency = spec.objectives[0].statistic, spec.base.currency
    return tuple(
        PartRow(
            wording.period(one["name"]) if what == "periods" else one["name"],
            formatting.count(one["runs"]),
            formatting.count(one["failed"]),
            wording.figure(statistic, one["mean"], currency),
            wording.figure(statistic, one["best"], currency),
            wording.parameters(one["parameters"]),
        )
        for one in parts
    )


def failure_rows(failures: Sequence[Mapping[str, Any]]) -> tuple[FailureRow, ...]:
    return tuple(FailureRow(one["reason"], formatting.count(one["runs"])) for one in failures)
