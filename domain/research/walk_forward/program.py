"""Walk-forward: choose parameters on past bars, trade them on the bars that follow, move on, repeat.

What is reported is only what was traded with parameters chosen before. How windows lie stands in
`windows`, how they share one account in `stitching`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from domain.arrays import FloatArray
from domain.backtesting.many import ManyRuns
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.market.calendars import periods_per_year
from domain.research.json_values import numbers
from domain.research.laboratory import Laboratory
from domain.research.model import (
    Chunk,
    ParameterValue,
    StudyKind,
    SweepSpec,
    WalkForwardSpec,
)
from domain.research.ports import ChunkAnswer
from domain.research.program import Plan, Report
from domain.research.sweep.combinations import columns_of, combinations_of
from domain.research.table import Table
from domain.research.trials import SharpeSample
from domain.research.walk_forward.choosing import Choice, wanted_statistics
from domain.research.walk_forward.outcome import outcome_of
from domain.research.walk_forward.windows import Window, windows

RUNS_A_CHUNK = 1_000
"""Windows are put together up to about so many runs, so that a chunk is worth handing to a worker."""
HINDSIGHT = -1
"""Number of the window that spans everything, which is what a search without a walk-forward would do."""


class WalkForwardProgram:
    """One chunk for a group of windows, and a last one that chooses in hindsight on all bars.

    Combinations are run on the training rows alone, in an account of their own; the first objective
    of the sweep chooses. Ties go to the first combination. A window in which the objective is
    undefined for every combination holds nothing.

    The rows of the study are what could have been chosen: one row for each window and combination,
    with its statistics on the training rows; the search in hindsight has window -1.
    """

    kind = StudyKind.WALK_FORWARD

    def plan(self, spec: WalkForwardSpec, laboratory: Laboratory) -> Plan:
        """Raises InvalidInput for too few bars, and for a sweep that no single account can follow."""
        _check(spec.sweep)
        inputs = laboratory.inputs(spec.sweep.base)
        found, notes = windows(spec, len(inputs))
        count = len(combinations_of(spec.sweep, laboratory))
        each = max(1, RUNS_A_CHUNK // count)
        groups = [found[first : first + each] for first in range(0, len(found), each)]
        groups.append([Window(HINDSIGHT, 0, found[-1].test_end, found[0].test_start, found[-1].test_end)])
        chunks = [
            Chunk(index, count * len(group), {"windows": [window.as_json() for window in group]})
            for index, group in enumerate(groups)
        ]
        return Plan(tuple(chunks), inputs.data_hash, tuple(notes))

    def run(self, spec: WalkForwardSpec, chunk: Chunk, laboratory: Laboratory, report: Report) -> ChunkAnswer:
        """The choice of each window of the chunk, and everything it was chosen from."""
        inputs = laboratory.inputs(spec.sweep.base)
        combinations = combinations_of(spec.sweep, laboratory)
        objective = spec.sweep.objectives[0]
        choices: list[Choice] = []
        tables: list[Mapping[str, Any]] = []
        for values in chunk.work["windows"]:
            window = Window.read(values)
            many = laboratory.many(
                spec.sweep.base,
                combinations,
                inputs.take(window.train),
                statistics=wanted_statistics(objective),
                report=_from(report, len(choices) * len(combinations)),
            )
            choices.append(Choice.of(window, many, combinations, objective))
            tables.append(_columns(window, many, combinations))
        joined = {name: _joined([table[name] for table in tables]) for name in tables[0]}
        found: dict[str, Any] = {"choices": [choice.as_json() for choice in choices]}
        if choices[-1].window.number == HINDSIGHT:
            # The same combinations again in each window are no new trials.
            found["trials"] = asdict(_trials(joined["sharpe"], inputs.panel))
        return found, Table(joined)

    def reduce(
        self,
        spec: WalkForwardSpec,
        plan: Plan,
        read: Callable[[int], ChunkAnswer],
        laboratory: Laboratory,
    ) -> tuple[Mapping[str, Any], Sequence[str]]:
        """The outcome; its fields are described in `walk_forward_outcome`."""
        found = [Choice.read(values) for chunk in plan.chunks for values in read(chunk.number)[0]["choices"]]
        hindsight, *choices = sorted(found, key=lambda choice: choice.window.number)
        outcome, warnings = outcome_of(
            spec, choices, hindsight, combinations_of(spec.sweep, laboratory), laboratory
        )
        return outcome, (*plan.notes, *warnings)


def _check(sweep: SweepSpec) -> None:
    if sweep.each_instrument or sweep.periods:
        raise InvalidInput.at(
            "sweep",
            "eachInstrument" if sweep.each_instrument else "periods",
            message="a walk-forward follows one account over one period; leave this out and start one study for each",
        )


def _columns(
    window: Window, many: ManyRuns, combinations: Sequence[Mapping[str, ParameterValue]]
) -> Mapping[str, Any]:
    number = np.full(len(many), window.number, dtype=np.int64)
    return {"window": number, **columns_of(combinations, many)}


def _joined(parts: Sequence[Any]) -> Any:
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    return [text for part in parts for text in part]


def _from(report: Report, done: int) -> Report:
    """Counts on from what was done before."""
    return lambda count: report(done + count)


def _trials(sharpes: FloatArray, panel: Panel) -> SharpeSample:
    per_period = sharpes / periods_per_year(panel.timeframe, panel.instruments) ** 0.5
    return SharpeSample.of(numbers(per_period))
