"""Where a chunk of a study is carried out: the bars and strategies of one workspace.

Bars are read once and kept while a worker goes from chunk to chunk of the same data.
"""

from collections import OrderedDict

from domain.backtesting.inputs import RunInputs, read_inputs
from domain.backtesting.model import BacktestSpec
from domain.backtesting.result import Simulation
from domain.backtesting.run import StrategyFactory, measure, simulate_spec
from domain.market.ports import BarStore
from domain.performance.statistics import Performance
from domain.strategies.protocol import Strategy

_READ_FIELDS = ("instruments", "timeframe", "source", "start", "end", "currency", "adjustment", "benchmark")
_KEPT = 16


class Laboratory:
    """Reads inputs, makes strategies, simulates and measures; every method is a pure function of its
    arguments and of what the store holds."""

    def __init__(self, store: BarStore, strategies: StrategyFactory) -> None:
        self._store = store
        self._strategies = strategies
        self._read: OrderedDict[str, RunInputs] = OrderedDict()

    def inputs(self, spec: BacktestSpec) -> RunInputs:
        """What a completed spec reads. Raises as `read_inputs` does."""
        key = repr([getattr(spec, field) for field in _READ_FIELDS])
        if key not in self._read:
            self._read[key] = read_inputs(self._store, spec)
            if len(self._read) > _KEPT:
                self._read.popitem(last=False)
        self._read.move_to_end(key)
        return self._read[key]

    def strategy(self, spec: BacktestSpec) -> Strategy:
        """The configured strategy. Raises NotFound, InvalidInput."""
        return self._strategies.create(spec.strategy, spec.parameters, spec.seed)

    def simulate(self, spec: BacktestSpec, inputs: RunInputs | None = None) -> Simulation:
        """Trade the spec's strategy, over its own bars unless others are given."""
        return simulate_spec(spec, inputs or self.inputs(spec), self.strategy(spec))

    def run(self, spec: BacktestSpec, inputs: RunInputs | None = None) -> tuple[Simulation, Performance]:
        """Simulate and measure."""
        used = inputs or self.inputs(spec)
        simulation = self.simulate(spec, used)
        return simulation, measure(simulation, used.panel, spec)
