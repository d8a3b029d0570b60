"""Orders of an event strategy in a simulation: bars to act on, a run of acts, and the orders it lists."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from domain.backtesting.conditions import Conditions
from domain.backtesting.engine import simulate
from domain.backtesting.model import Costs, FillPrice, Sizing
from domain.backtesting.result import FillReason, OrderStatus, Simulation
from domain.market.bars import Panel
from domain.strategies.protocol import BarContext
from tests.kit.engine import FREE, WHOLE, a_panel
from tests.kit.orders import Acting

Act = Callable[[BarContext], Any]
CLOSES = [100.0, 100.0, 104.0, 108.0, 96.0, 90.0]
OPENS = [100.0, 101.0, 103.0, 107.0, 102.0, 95.0]
PANEL = a_panel(CLOSES, opens=OPENS)


def bars(*rows: tuple[float, float, float, float]) -> Panel:
    """Daily bars of one instrument: open, high, low, close."""
    opens, highs, lows, closes = zip(*rows, strict=True)
    return a_panel(closes, opens=opens, highs=highs, lows=lows)


def run(
    acts: Mapping[int, Act] | Acting,
    panel: Panel = PANEL,
    *,
    cash: float = 100_000.0,
    costs: Costs = FREE,
    fill: FillPrice = FillPrice.NEXT_OPEN,
    sizing: Sizing = WHOLE,
    conditions: Conditions | None = None,
    **limits: float,
) -> tuple[Acting, Simulation]:
    """Simulate these acts; `limits` are fields of the sizing, such as `stop_loss`, that replace its own."""
    strategy = acts if isinstance(acts, Acting) else Acting(acts)
    result = simulate(
        panel,
        strategy,
        initial_cash=cash,
        costs=costs,
        fill=fill,
        sizing=Sizing.model_validate(sizing.model_dump() | limits),
        conditions=conditions or Conditions(),
    )
    return strategy, result


def decided_orders(simulation: Simulation) -> list[tuple[int, int, str, float]]:
    """(decided bar, bar, status, quantity) of each order."""
    orders = simulation.orders
    return [
        (int(decided), int(bar), OrderStatus(status).name, float(quantity))
        for decided, bar, status, quantity in zip(
            orders.decided_bar, orders.bar, orders.status, orders.quantity, strict=True
        )
    ]


def priced_orders(simulation: Simulation) -> list[tuple[int, str, str, float, float]]:
    """(bar, status, reason, quantity, price) of each order; a price of 0 is none."""
    orders = simulation.orders
    return [
        (
            int(bar),
            OrderStatus(status).name,
            FillReason(reason).name,
            float(units),
            float(np.nan_to_num(price)),
        )
        for bar, status, reason, units, price in zip(
            orders.bar, orders.status, orders.reason, orders.quantity, orders.price, strict=True
        )
    ]
