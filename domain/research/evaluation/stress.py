"""The same run under worse conditions: dearer, later, and with parameters a little off."""

from collections.abc import Mapping, Sequence
from itertools import combinations as subsets
from typing import Any, cast

import numpy as np

from domain.arrays import FloatArray
from domain.backtesting.inputs import RunInputs
from domain.backtesting.model import BacktestSpec, Costs
from domain.backtesting.run import measure
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.market.instruments import InstrumentId
from domain.orders.model import OrderEvent
from domain.performance.statistics import Performance
from domain.research.laboratory import Laboratory
from domain.research.model import ParameterValue
from domain.research.wrapped_contexts import Delay, Postponed
from domain.strategies.protocol import BarContext, EventStrategy, Strategy, VectorisedStrategy

COST_MULTIPLES = (2.0, 3.0)
DELAY_BARS = 1
SHIFTS = (-0.2, -0.1, 0.1, 0.2)
"""How far each parameter is moved, as a share of its value; whole numbers move by one at least."""
SMALLEST = 3
"""A whole number below it cannot be moved a little: one step makes another strategy of it."""
_MOST_TOGETHER = 2
"""Parameters moved at a time: all mixtures of many would be more runs than anyone waits for."""


def dearer(costs: Costs, multiple: float) -> Costs:
    """Every rate and fee times the multiple, held at the highest value the field allows. What is received,
    funding below zero, stays as it is."""
    fields = type(costs).model_fields
    scaled: dict[str, Any] = {
        name: min(value * multiple, _ceiling(fields[name].metadata))
        for name, value in costs
        if isinstance(value, float) and value > 0.0
    }
    scaled["commission_tiers"] = tuple(
        tier.model_copy(update={"bps": tier.bps * multiple}) for tier in costs.commission_tiers
    )
    return costs.model_copy(update=scaled)


def run_dearer(spec: BacktestSpec, multiple: float, inputs: RunInputs, laboratory: Laboratory) -> Performance:
    """The run at so many times its costs."""
    return laboratory.run(spec.model_copy(update={"costs": dearer(spec.costs, multiple)}), inputs)[1]


def run_delayed(spec: BacktestSpec, bars: int, inputs: RunInputs, laboratory: Laboratory) -> Performance:
    """The run with every decision carried out so many bars later."""
    simulation = laboratory.simulate(spec, inputs, lambda strategy: delayed(strategy, bars))
    return measure(simulation, inputs.panel, spec)


def delayed(strategy: Strategy, bars: int) -> Strategy:
    """The same strategy, whose decisions reach the account so many bars later. What it sees stays as it
    is, its own position included. Raises InvalidInput for a strategy of neither form."""
    if isinstance(strategy, VectorisedStrategy):
        return _LateTargets(strategy, bars)
    if isinstance(strategy, EventStrategy):
        return _LateEvents(strategy, bars)
    raise InvalidInput(f"'{strategy.name}' is neither a vectorised nor an event strategy.")


def neighbours(parameters: Mapping[str, Any]) -> Sequence[Mapping[str, ParameterValue]]:
    """Combinations around these parameters, the parameters themselves first.

    Numbers are moved by SHIFTS; switches, words, zeros and whole numbers below SMALLEST stay. Empty when there
    is nothing to move.
    """
    moved = {name: _moved(value) for name, value in parameters.items() if _is_number(value)}
    moved = {name: values for name, values in moved.items() if values}
    if not moved:
        return ()
    found: list[dict[str, ParameterValue]] = [dict(parameters)]
    for together in range(1, _MOST_TOGETHER + 1):
        for names in subsets(moved, together):
            mixtures = _mixtures([moved[name] for name in names])
            found.extend({**parameters, **dict(zip(names, values, strict=True))} for values in mixtures)
    return found


def _mixtures(columns: Sequence[Sequence[ParameterValue]]) -> Sequence[tuple[ParameterValue, ...]]:
    mixed: list[tuple[ParameterValue, ...]] = [()]
    for column in columns:
        mixed = [(*before, value) for before in mixed for value in column]
    return mixed


def _moved(value: float) -> Sequence[ParameterValue]:
    if isinstance(value, int):
        if abs(value) < SMALLEST:
            return ()
        steps = [max(1, round(abs(value * shift))) * (1 if shift > 0 else -1) for shift in SHIFTS]
        return tuple(dict.fromkeys(value + step for step in steps))
    return tuple(value * (1.0 + shift) for shift in SHIFTS) if value != 0.0 else ()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ceiling(metadata: Sequence[Any]) -> float:
    return min((float(bound.le) for bound in metadata if hasattr(bound, "le")), default=np.inf)


class _LateTargets(VectorisedStrategy):
    """Row t is what the strategy decided on row t - bars."""

    name = "delayed"

    def __init__(self, strategy: VectorisedStrategy, bars: int) -> None:
        super().__init__(strategy.parameters)
        self._strategy, self._bars = strategy, bars

    @property
    def lookback(self) -> int:
        return self._strategy.lookback + self._bars

    def target(self, bars: Panel) -> FloatArray:
        targets = self._strategy.target(bars)
        late = np.full(np.shape(targets), np.nan)
        late[self._bars :] = targets[: len(targets) - self._bars]
        return late


class _LateEvents(EventStrategy):
    """Asks so many bars later for what the strategy asked for."""

    name = "delayed"

    def __init__(self, strategy: EventStrategy, bars: int) -> None:
        super().__init__(strategy.parameters)
        self._strategy, self._bars = strategy, bars
        self._delay = Delay()

    @property
    def lookback(self) -> int:
        return self._strategy.lookback + self._bars

    def on_start(self, instruments: tuple[InstrumentId, ...]) -> None:
        self._delay = Delay()
        self._strategy.on_start(instruments)

    def indicators(self, bars: Panel) -> Mapping[str, FloatArray]:
        return self._strategy.indicators(bars)

    def on_order(self, context: BarContext, event: OrderEvent) -> None:
        self._strategy.on_order(self._postponed(context), self._delay.told(event))

    def on_timer(self, context: BarContext, name: str) -> None:
        self._strategy.on_timer(self._postponed(context), name)

    def on_bar(self, context: BarContext) -> None:
        self._strategy.on_bar(self._postponed(context))
        self._delay.waiting.append([])
        if len(self._delay.waiting) > self._bars + 1:
            self._delay.release(context)

    def _postponed(self, context: BarContext) -> BarContext:
        return cast("BarContext", Postponed(context, self._delay))
