"""Many parameter combinations of one strategy over the same bars: statistics alone, no curves kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from domain.arrays import FloatArray
from domain.backtesting._sweep import COLUMNS, Sweep
from domain.backtesting.deciding import Batch, Combination, batches
from domain.backtesting.inputs import RunInputs
from domain.backtesting.model import BacktestSpec
from domain.backtesting.run import StrategyFactory, measure, simulate_spec
from domain.backtesting.sparse import is_sparse, sweep_of
from domain.errors import TradingError
from domain.market.calendars import measured_sessions
from domain.performance.model import Statistics
from domain.performance.returns import Periods

STATISTICS: tuple[str, ...] = tuple(
    field.name for field in fields(Statistics) if "date" not in str(field.type)
)
"""Every statistic that is a number, in the order of the tear sheet."""

_BETWEEN_REPORTS = 256
_ROW = {name: row for row, name in enumerate(COLUMNS)}


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
    explain: Callable[[BaseException], str] | None = None,
) -> ManyRuns:
    """Run the spec's strategy with each of these parameters laid over the spec's own.

    statistics names those wanted, all of STATISTICS unless given; fewer cost less. report hears, now
    and then, how many combinations are done, and may raise to stop. A combination whose parameters or
    strategy fail is noted in `failures`; the others go on. What is no TradingError is raised, unless
    explain puts it into a sentence, or raises it again. Every number is the one `measure` gives for
    the same combination: money and trades to the last bit, statistics of returns but for the order in
    which sums are taken.

    Runs that trade one instrument on target weights go from fill to fill in compiled code, all others
    bar by bar; `sparse.is_sparse` decides.
    """
    many = _Many.empty(
        spec, inputs, strategies, tuple(statistics or STATISTICS), len(combinations), with_returns, explain
    )
    hear = report or _nobody
    sweep = many.sweep()
    if sweep is None:
        for index, combination in enumerate(combinations):
            many.run_alone(index, combination)
            hear(index + 1)
    else:
        for batch in batches(spec, inputs.panel, strategies, combinations):
            many.run_batch(sweep, batch, combinations, hear)
    return many.outcome()


def _nobody(done: int) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True, eq=False)
class _Many:
    """The runs and what they have come to: `values` (len(COLUMNS), K) of statistics that the sweep
    knows, `others` of any that it does not."""

    spec: BacktestSpec
    inputs: RunInputs
    strategies: StrategyFactory
    names: tuple[str, ...]
    values: FloatArray
    others: Mapping[str, FloatArray]
    failures: list[str]
    returns: FloatArray | None
    explain: Callable[[BaseException], str] | None

    @classmethod
    def empty(
        cls,
        spec: BacktestSpec,
        inputs: RunInputs,
        strategies: StrategyFactory,
        names: tuple[str, ...],
        runs: int,
        with_returns: bool,
        explain: Callable[[BaseException], str] | None,
    ) -> "_Many":
        values = np.full((len(COLUMNS), runs), np.nan)
        others = {name: np.full(runs, np.nan) for name in names if name not in _ROW}
        returns = np.full((runs, len(_periods(inputs).day)), np.nan) if with_returns else None
        return cls(spec, inputs, strategies, names, values, others, [""] * runs, returns, explain)

    def outcome(self) -> ManyRuns:
        table = {name: self._column(name) for name in self.names}
        return ManyRuns(table, tuple(self.failures), self.returns)

    def sweep(self) -> Sweep | None:
        """The compiled sweep; None where runs go bar by bar, if only to say what is wrong with the bars."""
        if not is_sparse(self.spec, self.inputs, self.names):
            return None
        try:
            return sweep_of(self.spec, self.inputs, self.names)
        except TradingError:
            return None

    def run_alone(self, index: int, combination: Combination) -> None:
        """One combination, bar by bar."""
        one = self.spec.model_copy(update={"parameters": {**self.spec.parameters, **combination}})
        try:
            strategy = self.strategies.create(one.strategy, one.parameters, one.seed)
            simulation = simulate_spec(one, self.inputs, strategy)
            performance = measure(simulation, self.inputs.panel, one)
        except TradingError as refused:
            self.failures[index] = str(refused)
            return
        except BaseException as fault:
            if self.explain is None:
                raise
            self.failures[index] = self.explain(fault)
            return
        for name in self.names:
            value = getattr(performance.statistics, name)
            self._column(name)[index] = np.nan if value is None else value
        if self.returns is not None:
            closing = _periods(self.inputs).closing(simulation.curve.equity)
            level = np.concatenate(([float(one.initial_cash)], closing))
            with np.errstate(divide="ignore", invalid="ignore"):  # a ruined account may end at nothing
                self.returns[index] = level[1:] / level[:-1] - 1.0

    def run_batch(
        self, sweep: Sweep, batch: Batch, combinations: Sequence[Combination], hear: Callable[[int], None]
    ) -> None:
        """Combinations that were decided together, in compiled code; those left alone, bar by bar."""
        runs = len(batch.chosen)
        unfit = np.zeros(runs, dtype=np.uint8)
        values = np.full((len(COLUMNS), runs), np.nan)
        returns = np.full((0, 0) if self.returns is None else (runs, self.returns.shape[1]), np.nan)
        for first in range(0, runs, _BETWEEN_REPORTS):
            last = min(first + _BETWEEN_REPORTS, runs)
            decisions = batch.decisions
            sweep.run(decisions.offset, decisions.row, decisions.weight, first, last, values, returns, unfit)
            hear(batch.start + last)
        chosen = np.array(batch.chosen, dtype=np.int64)
        self.values[:, chosen] = values
        if self.returns is not None:
            self.returns[chosen] = returns
        for index in (*batch.alone, *chosen[unfit != 0].tolist()):
            self.run_alone(index, combinations[index])
        if batch.alone:
            hear(batch.stop)

    def _column(self, name: str) -> FloatArray:
        return self.values[_ROW[name]] if name in _ROW else self.others[name]


def _periods(inputs: RunInputs) -> Periods:
    panel = inputs.panel
    session = measured_sessions(panel.close_time, panel.timeframe, panel.instruments)
    return Periods.of(panel.close_time, session)
