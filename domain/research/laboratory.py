"""Where a chunk of a study is carried out: the bars and strategies of one workspace.

Bars are read once and kept while a worker goes from chunk to chunk of the same data.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from domain.backtesting.inputs import RunInputs, read_inputs
from domain.backtesting.many import ManyRuns, run_many
from domain.backtesting.model import BacktestSpec
from domain.backtesting.result import Simulation
from domain.backtesting.run import StrategyFactory, measure, simulate_spec
from domain.errors import TradingError
from domain.market.ports import BarStore
from domain.performance.statistics import Performance
from domain.research.kept_bars import KeptBars
from domain.research.ports import RanTooLong, TimeLimit
from domain.strategies.protocol import Strategy

_READ_FIELDS = ("instruments", "timeframe", "source", "start", "end", "currency", "adjustment", "benchmark")
_KEPT = 16
_LONGEST_REASON = 300


class Laboratory:
    """Reads inputs, makes strategies, simulates and measures; every method is a pure function of its
    arguments and of what the store holds.

    limit stops a combination that runs too long; it is then one that failed.
    """

    def __init__(self, store: BarStore, strategies: StrategyFactory, limit: TimeLimit | None = None) -> None:
        self._store = KeptBars(store)
        self._strategies = strategies
        self._limit = limit or _Unlimited()
        self._timed = _Timed(strategies, self._limit)
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

    def simulate(
        self,
        spec: BacktestSpec,
        inputs: RunInputs | None = None,
        changed: Callable[[Strategy], Strategy] | None = None,
    ) -> Simulation:
        """Trade the spec's strategy, or what `changed` makes of it, over its own bars unless others are
        given."""
        used = inputs or self.inputs(spec)
        try:
            strategy = self._timed.create(spec.strategy, spec.parameters, spec.seed)
            return simulate_spec(spec, used, strategy if changed is None else changed(strategy))
        finally:
            self._limit.stop()

    def run(self, spec: BacktestSpec, inputs: RunInputs | None = None) -> tuple[Simulation, Performance]:
        """Simulate and measure."""
        used = inputs or self.inputs(spec)
        simulation = self.simulate(spec, used)
        return simulation, measure(simulation, used.panel, spec)

    def many(
        self,
        spec: BacktestSpec,
        combinations: Sequence[Mapping[str, Any]],
        inputs: RunInputs | None = None,
        *,
        statistics: Sequence[str] | None = None,
        with_returns: bool = False,
        report: Callable[[int], None] | None = None,
    ) -> ManyRuns:
        """Run and measure each combination, as `run_many` does; report hears how many are done.

        A strategy is foreign code: whatever it raises in one combination is noted in `failures`.
        """
        used = inputs or self.inputs(spec)
        chosen: dict[str, Any] = {"statistics": statistics, "with_returns": with_returns}
        try:
            return run_many(
                spec, used, combinations, self._timed, report=report, explain=_explained, **chosen
            )
        except BaseException as unforeseen:  # noqa: BLE001 - what is not a strategy's is raised again
            told = _explained(unforeseen)
            if len(combinations) == 1:
                return _failed(run_many(spec, used, [], self._strategies, **chosen), told)
            return self._one_by_one(spec, combinations, used, report, chosen)
        finally:
            self._limit.stop()

    def _one_by_one(
        self,
        spec: BacktestSpec,
        combinations: Sequence[Mapping[str, Any]],
        inputs: RunInputs,
        report: Callable[[int], None] | None,
        chosen: Mapping[str, Any],
    ) -> ManyRuns:
        """To find which of them it was; slower, for nothing is shared among them."""
        parts = []
        for index, combination in enumerate(combinations):
            parts.append(self.many(spec, [combination], inputs, **chosen))
            if report is not None:
                report(index + 1)
        return _joined(parts)


class _Unlimited:
    """No time limit."""

    def restart(self) -> None:
        """Time does not matter."""

    def stop(self) -> None:
        """Time does not matter."""


class _Timed:
    """Makes strategies, each of which begins a new combination."""

    def __init__(self, strategies: StrategyFactory, limit: TimeLimit) -> None:
        self._strategies = strategies
        self._limit = limit

    def create(self, name: str, parameters: dict[str, Any], seed: int) -> Strategy:
        self._limit.restart()
        return self._strategies.create(name, parameters, seed)


def _explained(fault: BaseException) -> str:
    """Why a combination failed, when it alone is to blame and the others can go on; other faults are
    raised again."""
    if isinstance(fault, RanTooLong):
        return str(fault)
    if isinstance(fault, TradingError | KeyboardInterrupt | GeneratorExit | ConnectionError):
        raise fault
    if isinstance(fault, MemoryError):
        return "There was not enough memory for it."
    try:
        detail = str(fault).strip()
    except Exception:  # noqa: BLE001 - an exception of a strategy's own may not even be printable
        detail = ""
    told = f"{type(fault).__name__}: {detail}" if detail else type(fault).__name__
    return f"The strategy stopped with {told[:_LONGEST_REASON]}."


def _failed(nothing: ManyRuns, told: str) -> ManyRuns:
    """The result of one combination whose strategy raised."""
    return ManyRuns(
        {name: np.full(1, np.nan) for name in nothing.statistics},
        (told,),
        None if nothing.returns is None else np.full((1, nothing.returns.shape[1]), np.nan),
    )


def _joined(parts: Sequence[ManyRuns]) -> ManyRuns:
    returns = [part.returns for part in parts if part.returns is not None]
    return ManyRuns(
        {name: np.concatenate([part.statistics[name] for part in parts]) for name in parts[0].statistics},
        tuple(failure for part in parts for failure in part.failures),
        np.concatenate(returns) if returns else None,
    )
