"""One account that trades, window after window, what each window has chosen.

The account is never closed and reopened between windows: what a change of parameters costs is paid
in it. A vectorised strategy sees every bar up to the end of its window, so that its indicators are
warm, and rows of its own window alone become decisions. Where the parameters changed, the first row
of a window asks for what the new parameters hold by then; where they did not, the strategy goes on.

An event strategy keeps state that means nothing to other parameters. A new one is shown every bar
before its window with no account to trade in (flat, its orders go nowhere); where the parameters
changed, the last bar of the window before asks to close everything, so that the new one begins flat,
unless volume was too thin or a bar is missing: then it finds what is left, while that is being closed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from domain.arrays import FloatArray
from domain.backtesting.inputs import RunInputs
from domain.backtesting.model import BacktestSpec
from domain.backtesting.result import Curve, Simulation
from domain.backtesting.run import simulate_spec
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.market.instruments import InstrumentId
from domain.orders.model import OrderEvent
from domain.research.laboratory import Laboratory
from domain.research.walk_forward.stability import Parameters
from domain.research.walk_forward.windows import Window
from domain.research.wrapped_contexts import Onlooker, Seat, own_name
from domain.strategies.protocol import BarContext, EventStrategy, Strategy, VectorisedStrategy


@dataclass(frozen=True, slots=True)
class Leg:
    """What is traded in one window; parameters None holds nothing."""

    window: Window
    parameters: Parameters | None


def trade_legs(
    spec: BacktestSpec, inputs: RunInputs, legs: Sequence[Leg], laboratory: Laboratory
) -> Simulation:
    """Trade the legs over the rows from the first window's test to the last one's; these rows alone are
    in the answer. Nothing of a leg depends on a row after its window.

    Raises InvalidInput when a strategy answers with weights of another shape than the bars.
    """
    strategies = _strategies(spec, legs, laboratory)
    is_event = any(isinstance(one, EventStrategy) for one in strategies)
    stitched = _EventLegs(legs, strategies) if is_event else _TargetLegs(legs, strategies)
    start, end = legs[0].window.test_start, legs[-1].window.test_end
    simulation = simulate_spec(spec, inputs.take(slice(0, end)), stitched)
    return _cut(simulation, spec, inputs.take(slice(start, end)), start)


def _strategies(spec: BacktestSpec, legs: Sequence[Leg], laboratory: Laboratory) -> Sequence[Strategy | None]:
    """A strategy of its own for each leg: one that draws at random would go on from call to call."""
    made: list[Strategy | None] = []
    for leg in legs:
        if leg.parameters is None:
            made.append(None)
        else:
            one = spec.model_copy(update={"parameters": {**spec.parameters, **leg.parameters}})
            made.append(laboratory.strategy(one))
    return made


def changes(legs: Sequence[Leg]) -> Sequence[bool]:
    """Whether each leg has other parameters than the one before; the first has."""
    before = [None, *(leg.parameters for leg in legs)]
    return [number == 0 or leg.parameters != before[number] for number, leg in enumerate(legs)]


class _TargetLegs(VectorisedStrategy):
    """Vectorised strategies one after the other; see the head of this module."""

    name = "walk_forward"

    def __init__(self, legs: Sequence[Leg], strategies: Sequence[Strategy | None]) -> None:
        super().__init__()
        self._legs, self._strategies = legs, strategies

    @property
    def lookback(self) -> int:
        return 1

    def target(self, bars: Panel) -> FloatArray:
        weights = np.full(bars.shape, np.nan)
        for leg, strategy, changed in zip(self._legs, self._strategies, changes(self._legs), strict=True):
            test = leg.window.test
            if isinstance(strategy, VectorisedStrategy):
                targets = _targets(strategy, bars.take(slice(0, test.stop)))
                weights[test] = targets[test]
                if changed:
                    weights[test.start] = _held(targets[: test.start + 1])
            else:
                weights[test.start] = 0.0
        return weights


def _targets(strategy: VectorisedStrategy, known: Panel) -> FloatArray:
    targets = strategy.target(known)
    if np.shape(targets) != known.shape:
        raise InvalidInput(
            f"'{strategy.name}' must answer with one weight for each bar and instrument, shape {known.shape}, "
            f"not {np.shape(targets)}."
        )
    return targets


def _held(targets: FloatArray) -> FloatArray:
    """The last weight asked for in each column, 0 where none was."""
    given = ~np.isnan(targets)
    last = len(targets) - 1 - np.argmax(given[::-1], axis=0)
    return np.where(given.any(axis=0), targets[last, np.arange(targets.shape[1])], 0.0)


class _EventLegs(EventStrategy):
    """Event strategies one after the other in one account; see the head of this module."""

    name = "walk_forward"

    def __init__(self, legs: Sequence[Leg], strategies: Sequence[Strategy | None]) -> None:
        super().__init__()
        self._turns = [
            _Turn(
                str(leg.window.number), leg.window.test_start, one if isinstance(one, EventStrategy) else None
            )
            for leg, one, changed in zip(legs, strategies, changes(legs), strict=True)
            if changed
        ]
        self._now = -1

    @property
    def lookback(self) -> int:
        return 1

    def on_start(self, instruments: tuple[InstrumentId, ...]) -> None:
        self._now = -1
        for turn in self._turns:
            if turn.strategy is not None:
                turn.strategy.on_start(instruments)

    def indicators(self, bars: Panel) -> Mapping[str, FloatArray]:
        """Each strategy's own, made from the bars up to the end of its turn and undefined after it: one
        that uses the future then has at least none of the windows after its own."""
        return {
            own_name(turn.name, name): _padded(np.asarray(values), len(bars))
            for number, turn in enumerate(self._turns)
            if turn.strategy is not None
            for name, values in turn.strategy.indicators(bars.take(slice(0, self._end(number)))).items()
        }

    def on_order(self, context: BarContext, event: OrderEvent) -> None:
        self._take_turns(context)
        turn = self._turns[self._now]
        # On its first bar a strategy has no orders yet: these are what became of the one before's.
        if turn.strategy is not None and context.index > turn.start:
            turn.strategy.on_order(self._seat(context, self._now), event)

    def on_timer(self, context: BarContext, name: str) -> None:
        self._take_turns(context)
        owner, _, own = name.partition(":")
        for number, turn in enumerate(self._turns):
            if number >= self._now and turn.name == owner and turn.strategy is not None:
                turn.strategy.on_timer(self._seat(context, number), own)

    def on_bar(self, context: BarContext) -> None:
        self._take_turns(context)
        for number, turn in enumerate(self._turns):
            if number >= self._now and turn.strategy is not None and not self._is_leaving(context, number):
                turn.strategy.on_bar(self._seat(context, number))
        if self._is_leaving(context, self._now):
            _close_all(context)

    def _take_turns(self, context: BarContext) -> None:
        """Orders and timers are told before the bar, and on the first bar of a turn they find it begun."""
        while self._now + 1 < len(self._turns) and context.index >= self._turns[self._now + 1].start:
            self._now += 1

    def _end(self, number: int) -> int | None:
        """The row the next turn begins on; None for the last turn."""
        return None if number == len(self._turns) - 1 else self._turns[number + 1].start

    def _is_leaving(self, context: BarContext, number: int) -> bool:
        """Whether this is the last bar of a turn, on which everything is closed."""
        end = self._end(number)
        return number == self._now >= 0 and end is not None and context.index == end - 1

    def _seat(self, context: BarContext, number: int) -> BarContext:
        acts = number == self._now and not self._is_leaving(context, number)
        kind = Seat if acts else Onlooker
        return cast("BarContext", kind(context, self._turns[number].name))


@dataclass(frozen=True, slots=True)
class _Turn:
    """A strategy (None holds nothing) and the row from which on the account is its own."""

    name: str
    start: int
    strategy: EventStrategy | None


def _padded(values: FloatArray, rows: int) -> FloatArray:
    """Values (T, ...) with NaN after them up to so many rows."""
    padded = np.full((max(rows, len(values)), *values.shape[1:]), np.nan)
    padded[: len(values)] = values
    return padded


def _close_all(context: BarContext) -> None:
    context.cancel_all()
    for instrument in context.instruments:
        if context.position(instrument) != 0.0:
            context.target(0.0, instrument)


def _cut(simulation: Simulation, spec: BacktestSpec, tested: RunInputs, start: int) -> Simulation:
    """The simulation from row `start` on, before which nothing was traded; rows count from there."""
    curve, trades, orders = simulation.curve, simulation.trades, simulation.orders
    nothing = _TargetLegs([], [])
    benchmark = simulate_spec(spec, tested, nothing).curve.benchmark
    equity = curve.equity[start:]
    turnover = simulation.turnover
    if turnover is not None:
        turnover = turnover * float(curve.equity.mean()) / float(equity.mean())
    return replace(
        simulation,
        curve=Curve(tested.panel.close_time, equity, curve.cash[start:], curve.exposure[start:], benchmark),
        orders=replace(
            orders,
            decided_bar=orders.decided_bar - start,
            bar=np.where(orders.bar < 0, orders.bar, orders.bar - start),
        ),
        trades=replace(trades, entry_bar=trades.entry_bar - start, exit_bar=trades.exit_bar - start),
        turnover=turnover,
    )
