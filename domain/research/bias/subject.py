"""The strategy under question, and what it decides on any bars it is shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from domain.arrays import BoolArray, FloatArray
from domain.backtesting.inputs import RunInputs
from domain.backtesting.model import BacktestSpec
from domain.backtesting.run import simulate_spec
from domain.errors import InvalidInput, TradingError
from domain.market.bars import Panel
from domain.market.ports import BarStore
from domain.research.bias.capture import captured
from domain.research.bias.event_decisions import EventDecisions
from domain.research.laboratory import Laboratory
from domain.strategies.protocol import EventStrategy, Strategy, VectorisedStrategy

TARGET = "target"
ORDERS = "orders"


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A strategy with the bars and terms of its run.

    make    a new, configured instance at each call, with the seed of the spec
    store   where prices can be read as they stood on an earlier day; None leaves that check out
    """

    spec: BacktestSpec
    inputs: RunInputs
    make: Callable[[], Strategy]
    store: BarStore | None = None

    @classmethod
    def of(cls, spec: BacktestSpec, laboratory: Laboratory, store: BarStore | None = None) -> "Subject":
        """Of a completed spec. Raises what `Laboratory.inputs` and `Laboratory.strategy` raise.

        Where the account books splits and dividends, the prices a strategy sees take the place of those
        it trades: another future must reach what it decides on.
        """
        laboratory.strategy(spec)
        inputs = laboratory.inputs(spec)
        if inputs.conditions.view is not None:
            inputs = inputs.on(inputs.seen)
        return cls(spec, inputs, lambda: laboratory.strategy(spec), store)

    @property
    def panel(self) -> Panel:
        return self.inputs.panel

    def on(self, panel: Panel) -> "Observation":
        """What a new instance decides on these bars.

        Raises InvalidInput when the strategy fails on them or answers with what is not weights.
        """
        return observe(self.spec, self.terms_on(panel), self.make())

    def terms_on(self, panel: Panel) -> RunInputs:
        """What the run reads, with these bars in place of its own: a stretch of them, or all of them changed."""
        if len(panel) == len(self.panel):
            return replace(self.inputs, panel=panel)
        start = int(np.searchsorted(self.panel.close_time, panel.close_time[0])) if len(panel) else 0
        return replace(self.inputs.take(slice(start, start + len(panel))), panel=panel)


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """Everything a strategy made of some bars.

    targets     (T, N) weights asked for at each bar, NaN where none was
    orders      (T,) other actions at each bar in words, "" for none; empty for a vectorised strategy
    indicators  by name, (T,) or (T, N)
    drew        whether it drew random numbers
    """

    panel: Panel
    targets: FloatArray
    orders: tuple[str, ...]
    indicators: Mapping[str, FloatArray]
    drew: bool

    @property
    def columns(self) -> dict[str, FloatArray]:
        """The targets and every indicator, each (T, 1) or (T, N)."""
        tables = {TARGET: self.targets, **self.indicators}
        return {name: table.reshape(len(self.panel), -1) for name, table in tables.items()}

    def decided(self) -> BoolArray:
        """(T,) bars on which it asked for anything."""
        asked = np.isfinite(self.targets).any(axis=1)
        if self.orders:
            asked |= np.array([bool(order) for order in self.orders])
        return np.asarray(asked, dtype=np.bool_)


def observe(spec: BacktestSpec, inputs: RunInputs, strategy: Strategy) -> Observation:
    """What this instance decides on these bars, under the terms of the spec.

    Raises InvalidInput when it fails on them or answers with what is not weights.
    """
    panel = inputs.panel
    try:
        targets, orders, indicators = _decisions(spec, inputs, strategy)
    except TradingError:
        raise
    except Exception as fault:
        raise InvalidInput(
            f"'{strategy.name}' fails on {len(panel)} bars: {type(fault).__name__}: {fault}; "
            "a strategy must answer on any bars it is given."
        ) from fault
    return Observation(panel, targets, orders, indicators, "random" in vars(strategy))


def _decisions(
    spec: BacktestSpec, inputs: RunInputs, strategy: Strategy
) -> tuple[FloatArray, tuple[str, ...], Mapping[str, FloatArray]]:
    panel = inputs.panel
    if isinstance(strategy, VectorisedStrategy):
        with captured(strategy, len(panel)) as indicators:
            targets = strategy.target(panel)
        return _checked(targets, panel, strategy.name), (), indicators
    if not isinstance(strategy, EventStrategy):
        raise InvalidInput(f"'{strategy.name}' is neither a vectorised nor an event strategy.")
    heard = EventDecisions(panel)
    heard.listen_to(strategy)
    simulate_spec(spec, inputs, strategy)
    # On prices that are restated at every corporate action, indicators have no one value to compare.
    restated = inputs.conditions.view is not None
    return heard.targets, heard.orders, {} if restated else heard.indicators


def _checked(targets: FloatArray, panel: Panel, name: str) -> FloatArray:
    if not isinstance(targets, np.ndarray) or targets.shape != panel.shape:
        raise InvalidInput(
            f"'{name}' must answer with one weight for each bar and instrument, shape {panel.shape}."
        )
    return np.array(targets, dtype=np.float64)


def same(now: FloatArray, then: FloatArray) -> BoolArray:
    """Where two tables hold the same value to the last bit; undefined is the same as undefined."""
    return np.asarray((now == then) | (np.isnan(now) & np.isnan(then)), dtype=np.bool_)
