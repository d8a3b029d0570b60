"""Many parameter combinations of one strategy over the same bars: statistics alone, no curves kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from domain.arrays import FloatArray
from domain.backtesting.inputs import RunInputs
from domain.backtesting.model import BacktestSpec
from domain.backtesting.run import StrategyFactory, measure, simulate_spec
from domain.errors import TradingError
from domain.market.calendars import measured_sessions
from domain.performance.model import Statistics
from domain.performance.returns import Periods

STATISTICS: tuple[str, ...] = tuple(
    field.name for field in fields(Statistics) if "date" not in str(field.type)
)
"""Every statistic that is a number, in the order of the tear sheet."""


@dataclass(frozen=True, slots=True, eq=False)
class ManyRuns:
    """What K combinations came to.

    statistics  name -> (K,), NaN where undefined or where the combination failed
    failures    (K,) a sentence for a combination that could not be run, else ""
    returns     (K, n) simple returns of the n return periods, NaN rows for failures; None unless asked for
    """

    statistics: Mapping[str, FloatArray]
    failures: tuple[str, ...]
    returns: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.failures)


def run_many(
    spec: BacktestSpec,
    inputs: RunInputs,
    combinations: Sequence[Mapping[str, Any]],
    strategies: StrategyFactory,
    *,
    statistics: Sequence[str] | None = None,
    with_returns: bool = False,
    report: Callable[[int], None] | None = None,
) -> ManyRuns:
    """Run the spec's strategy with each of these parameters laid over the spec's own.

    statistics names those wanted, all of STATISTICS unless given; report hears how many combinations
    are done and may raise to stop. A combination whose parameters or strategy fail is noted in
    `failures`; the others go on. Every number is the one `measure` gives for the same combination.
    """
    names = tuple(statistics or STATISTICS)
    table = {name: np.full(len(combinations), np.nan) for name in names}
    failures = [""] * len(combinations)
    session = measured_sessions(inputs.panel.close_time, inputs.panel.timeframe, inputs.panel.instruments)
    periods = Periods.of(inputs.panel.close_time, session)
    returns = np.full((len(combinations), len(periods.day)), np.nan) if with_returns else None
    for index, combination in enumerate(combinations):
        one = spec.model_copy(update={"parameters": {**spec.parameters, **combination}})
        try:
            strategy = strategies.create(one.strategy, one.parameters, one.seed)
            simulation = simulate_spec(one, inputs, strategy)
            performance = measure(simulation, inputs.panel, one)
        except TradingError as refused:
            failures[index] = str(refused)
            continue
        for name in names:
            value = getattr(performance.statistics, name)
            table[name][index] = np.nan if value is None else value
        if returns is not None:
            level = np.concatenate(([float(one.initial_cash)], periods.closing(simulation.curve.equity)))
            returns[index] = level[1:] / level[:-1] - 1.0
        if report is not None:
            report(index + 1)
    return ManyRuns(table, tuple(failures), returns)
