"""Event strategies live in the same account, see no future, and can be stopped."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from domain.backtesting.engine import simulate
from domain.backtesting.model import FillPrice
from domain.backtesting.result import Simulation
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.market.instruments import InstrumentId
from domain.strategies.protocol import BarContext, EventStrategy
from tests.kit.engine import FREE, WHOLE, Scenario, ScriptedEvents, a_panel, panel_of, scenarios

PANEL = a_panel([10.0, 12.0, 16.0, 20.0], opens=[9.0, 11.0, 15.0, 19.0])


class Watching(EventStrategy):
    """Calls a function at each bar, and keeps what it answers."""

    name = "watching"
    lookback = 1

    def __init__(self, look: Any) -> None:
        super().__init__()
        self._look = look
        self.seen: list[Any] = []

    def on_start(self, instruments: tuple[InstrumentId, ...]) -> None:
        self.seen = []

    def on_bar(self, context: BarContext) -> None:
        self.seen.append(self._look(context))


def watch(look: Any, panel: Panel = PANEL, fill: FillPrice = FillPrice.NEXT_OPEN) -> list[Any]:
    strategy = Watching(look)
    simulate(panel, strategy, initial_cash=10_000.0, costs=FREE, fill=fill, sizing=WHOLE)
    return strategy.seen


@settings(max_examples=100, deadline=None)
@given(scenarios())
def test_an_event_strategy_gets_what_its_targets_as_an_array_get(scenario: Scenario) -> None:
    # When the same targets are asked for bar by bar
    by_events = simulate(
        scenario.panel,
        ScriptedEvents(scenario.targets),
        initial_cash=scenario.initial_cash,
        costs=scenario.costs,
        fill=scenario.fill,
        sizing=scenario.sizing,
        limit_fill=scenario.limit_fill,
        conditions=scenario.conditions,
    )

    # Then every curve and order is the same to the last bit
    at_once = scenario.simulated()
    _assert_identical(by_events, at_once)


def _assert_identical(one: Simulation, other: Simulation) -> None:
    for column in ("equity", "cash", "exposure", "benchmark"):
        np.testing.assert_array_equal(getattr(one.curve, column), getattr(other.curve, column))
    for column in ("decided_bar", "bar", "instrument", "status", "reason", "quantity", "price", "held"):
        np.testing.assert_array_equal(getattr(one.orders, column), getattr(other.orders, column))
    np.testing.assert_array_equal(one.trades.pnl, other.trades.pnl)
    assert one.financing_paid == other.financing_paid


def test_bars_end_at_the_bar_that_has_just_closed() -> None:
    def look(context: BarContext) -> tuple[int, int, float]:
        return context.index, len(context.bars), float(context.bars.close[-1, 0])

    assert watch(look) == [(0, 1, 10.0), (1, 2, 12.0), (2, 3, 16.0), (3, 4, 20.0)]


def test_the_context_shows_the_account_at_this_close() -> None:
    def look(context: BarContext) -> tuple[float, float, float, float]:
        if context.index == 0:
            context.target(1.0)
        return context.equity, context.cash, context.position(), context.close()

    assert watch(look)[:2] == [(10_000.0, 10_000.0, 0.0, 10.0), (10_909.0, 1.0, 909.0, 12.0)]
    assert watch(look, fill=FillPrice.SAME_CLOSE)[:2] == [
        (10_000.0, 10_000.0, 0.0, 10.0),
        (12_000.0, 0.0, 1_000.0, 12.0),
    ]


def test_time_is_the_close_time_of_the_bar() -> None:
    assert watch(lambda context: context.time) == PANEL.close_time.tolist()


def test_a_close_without_a_bar_is_nan() -> None:
    panel = panel_of([10.0, 11.0], [20.0])

    seen = watch(lambda context: context.close(context.instruments[1]), panel)

    assert seen[0] == 20.0
    assert math.isnan(seen[1])


def test_a_later_target_on_the_same_bar_replaces_the_earlier_one() -> None:
    def look(context: BarContext) -> float:
        if context.index == 0:
            context.target(1.0)
            context.target(0.5)
        return context.position()

    assert watch(look) == [0.0, 454.0, 454.0, 454.0]


@pytest.mark.parametrize("weight", [math.nan, math.inf])
def test_a_target_that_is_no_number_is_refused_with_its_bar(weight: float) -> None:
    with pytest.raises(InvalidInput, match=r"'watching' asks for the weight \w+ at bar 0"):
        watch(lambda context: context.target(weight))


def test_one_of_several_instruments_must_be_named() -> None:
    with pytest.raises(InvalidInput, match="which of its 2 instruments"):
        watch(lambda context: context.target(1.0), panel_of([10.0] * 3, [20.0] * 3))


def test_an_instrument_outside_the_panel_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"asks for GOOG\.XNAS"):
        watch(lambda context: context.position(InstrumentId("GOOG.XNAS")))
