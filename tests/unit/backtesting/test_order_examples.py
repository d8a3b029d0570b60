"""Six event strategies as their authors would write them from the docstrings alone."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
from pydantic import Field

from domain.arrays import FloatArray
from domain.backtesting.engine import simulate
from domain.backtesting.model import FillPrice, Sizing
from domain.backtesting.result import FillReason, OrderStatus, Simulation
from domain.clock import NANOSECONDS_PER_DAY, from_nanoseconds, to_nanoseconds
from domain.features.channels import highest
from domain.features.moving_averages import sma
from domain.features.volatility import zscore
from domain.market.bars import Bars, Panel
from domain.market.instruments import AssetClass, Instrument, InstrumentId
from domain.market.timeframe import Timeframe
from domain.orders.model import (
    OrderEvent,
    OrderEventKind,
    OrderRequest,
    OrderType,
    TimeInForce,
    Trail,
    TrailKind,
)
from domain.strategies.protocol import BarContext, EventStrategy, StrategyParameters
from tests.kit.engine import FRACTIONAL, FREE, WHOLE, a_panel, panel_of


def trade(
    strategy: EventStrategy, panel: Panel, sizing: Sizing = WHOLE, cash: float = 100_000.0
) -> Simulation:
    return simulate(panel, strategy, initial_cash=cash, costs=FREE, fill=FillPrice.NEXT_OPEN, sizing=sizing)


def fills(result: Simulation) -> list[tuple[int, float, float, str]]:
    """(bar, quantity, price, reason)"""
    orders = result.orders
    return [
        (int(bar), float(units), float(price), FillReason(reason).name)
        for bar, units, price, reason, status in zip(
            orders.bar, orders.quantity, orders.price, orders.reason, orders.status, strict=True
        )
        if status == OrderStatus.FILLED
    ]


# ---------------------------------------------------------------- 1. breakout with a bracket


class BracketBreakout(EventStrategy):
    """Buy a new high by a stop order above it; risk one unit of price to gain two."""

    name = "bracket_breakout"

    class Parameters(StrategyParameters):
        window: int = Field(3, ge=2, le=500, description="Bars of the channel.")
        risk: float = Field(1.0, gt=0, le=100, description="Price units down to the stop.")

    @property
    def lookback(self) -> int:
        return int(self.parameters.window)

    def indicators(self, bars: Panel) -> Mapping[str, FloatArray]:
        return {"top": highest(bars.high, self.parameters.window)}

    def on_bar(self, context: BarContext) -> None:
        top, risk = context.indicator("top"), self.parameters.risk
        if math.isnan(top) or context.position() != 0:
            return
        # Yesterday's order is out of date: one entry works at a time
        context.cancel_all()
        if context.close() < top:
            context.buy(10, stop=top, stop_loss=top - risk, take_profit=top + 2 * risk)


def test_a_breakout_enters_at_its_stop_and_leaves_at_its_target() -> None:
    panel = a_panel(
        [10.0, 10.0, 10.0, 11.5, 13.5, 13.0],
        opens=[10.0, 10.0, 10.0, 10.5, 11.5, 13.5],
        highs=[11.0, 11.0, 11.0, 12.0, 14.0, 13.5],
        lows=[9.0, 9.5, 9.5, 10.5, 11.0, 13.0],
    )
    # Row 3 passes 11, where the entry stands; its stop is 10, its target 13, reached in row 4
    result = trade(BracketBreakout(), panel)
    assert fills(result) == [(3, 10.0, 11.0, "ORDER"), (4, -10.0, 13.0, "TAKE_PROFIT")]


# ---------------------------------------------------------------- 2. a trailing stop in average true ranges


class TrailingTrend(EventStrategy):
    """Buy above the average; protect what was bought by a stop that follows two ranges behind."""

    name = "trailing_trend"
    lookback = 4

    def indicators(self, bars: Panel) -> Mapping[str, FloatArray]:
        return {"average": sma(bars.close, 3)}

    def on_bar(self, context: BarContext) -> None:
        flat = context.position() == 0 and not context.orders()
        if flat and context.close() > context.indicator("average"):
            context.buy(10, tag="entry")

    def on_order(self, context: BarContext, event: OrderEvent) -> None:
        if event.kind is OrderEventKind.FILLED and event.tag == "entry":
            context.sell(event.quantity, trail=Trail(TrailKind.ATR, 2.0, window=2), reduce_only=True)


def test_a_trailing_stop_follows_a_trend_and_ends_it() -> None:
    closes = [10.0, 10.0, 10.0, 11.0, 12.0, 14.0, 16.0, 12.0, 12.0, 12.0]
    # Entry at row 4's open of 11; ranges 0 0 1 1 by row 4, so their average is 0.75. The stop begins at
    # 12 - 1.5 and stands at 14.5 after the high of 16; row 7 opens at 16 and falls through it.
    result = trade(TrailingTrend(), a_panel(closes))
    assert fills(result) == [(4, 10.0, 11.0, "ORDER"), (7, -10.0, 14.5, "TRAILING_STOP")]


# ---------------------------------------------------------------- 3. a ladder of limits, left by one of two


class Ladder(EventStrategy):
    """Buy weakness in three steps; leave all of it at a gain or at a loss, whichever comes first."""

    name = "ladder"
    lookback = 1

    def on_start(self, instruments: tuple[InstrumentId, ...]) -> None:
        self.exits: list[int] = []

    def on_bar(self, context: BarContext) -> None:
        if context.position() == 0 and not context.orders():
            for step in (0.99, 0.98, 0.97):
                context.buy(10, limit=context.close() * step, tag="rung")

    def on_order(self, context: BarContext, event: OrderEvent) -> None:
        if event.tag != "rung":
            if event.kind is OrderEventKind.FILLED:
                context.cancel_all()
            return
        if event.kind is OrderEventKind.FILLED:
            for number in self.exits:
                context.cancel(number)
            held, average = context.position(), context.average_price()
            self.exits = [
                context.sell(held, limit=average * 1.02, oco_group="out", reduce_only=True),
                context.sell(held, stop=average * 0.95, oco_group="out", reduce_only=True),
            ]


def test_a_ladder_leaves_all_its_rungs_at_once() -> None:
    panel = a_panel(
        [100.0, 98.5, 97.5, 101.0, 101.0],
        opens=[100.0, 100.0, 98.5, 97.5, 101.0],
        highs=[100.0, 100.0, 98.5, 101.0, 101.0],
        lows=[100.0, 98.5, 97.5, 97.5, 101.0],
    )
    # Rungs at 99 in row 1 and 98 in row 2; the average of 98.5 makes a target of 100.47, met in row 3
    result = trade(Ladder(), panel)
    assert fills(result) == [
        (1, 10.0, 99.0, "ORDER"),
        (2, 10.0, 98.0, "ORDER"),
        (3, -20.0, 98.5 * 1.02, "ORDER"),
    ]
    assert result.positions[-1, 0] == 0.0


# ---------------------------------------------------------------- 4. monthly rebalance at the close


class MonthlyRebalance(EventStrategy):
    """Bring every instrument back to its equal share, at the close of each month's first bar."""

    name = "monthly_rebalance"
    lookback = 1

    def on_bar(self, context: BarContext) -> None:
        if context.index == 0:
            self._wait(context)

    def on_timer(self, context: BarContext, name: str) -> None:
        share = context.equity / len(context.instruments)
        changes = [(share / context.close(one) - context.position(one), one) for one in context.instruments]
        # Sales first: orders fill in the order they are placed, and purchases need their money
        for change, instrument in sorted(changes):
            if abs(change) * context.close(instrument) > 0.01 * context.equity:
                context.order(OrderRequest(instrument, change, OrderType.MARKET_ON_CLOSE))
        self._wait(context)

    def _wait(self, context: BarContext) -> None:
        today = from_nanoseconds(context.time)
        following = datetime(today.year + today.month // 12, today.month % 12 + 1, 1, tzinfo=UTC)
        context.timer("month", at=to_nanoseconds(following))


def test_a_monthly_timer_rebalances_at_the_close_after_it() -> None:
    # Given daily bars from 2 January 2020 on, of one price that stands still and one that doubles
    days = 70
    still, doubling = [50.0] * days, [100.0] * 45 + [200.0] * (days - 45)
    panel = panel_of(still, doubling)
    months = [from_nanoseconds(time).month for time in panel.close_time]
    february, march = months.index(2), months.index(3)
    assert february < 45 < march

    result = trade(MonthlyRebalance(), panel, FRACTIONAL)

    # Half in each, then 150,000 in all: 75,000 in each, so 125 of the one pay for 500 of the other
    assert fills(result) == [
        (february + 1, 500.0, 100.0, "ORDER"),
        (february + 1, 1000.0, 50.0, "ORDER"),
        (march + 1, -125.0, 200.0, "ORDER"),
        (march + 1, 500.0, 50.0, "ORDER"),
    ]


# ---------------------------------------------------------------- 5. a daily filter on shorter bars


class DailyTrendFilter(EventStrategy):
    """Buy a dip of an hour, for that day only, while the last two days closed higher and higher."""

    name = "daily_trend_filter"
    lookback = 1

    def on_bar(self, context: BarContext) -> None:
        days = context.higher("1d").close[:, 0]
        if len(days) < 2 or days[-1] <= days[-2] or context.position() or context.orders():
            return
        context.order(
            OrderRequest(
                context.instruments[0],
                1.0,
                OrderType.LIMIT,
                limit=context.close() * 0.99,
                time_in_force=TimeInForce.DAY,
                take_profit=context.close() * 1.01,
            )
        )


def test_a_daily_filter_sees_a_day_only_once_it_has_closed() -> None:
    # Given six bars of four hours a day around the clock; the second day closes above the first
    closes = [100.0] * 6 + [101.0] * 6 + [101.0, 101.0, 99.0, 103.0, 103.0, 103.0]
    coin = Instrument("BTC/USD", "SYNTHETIC", AssetClass.CRYPTO, fractional=True)
    close = np.array(closes)
    opens = np.concatenate([close[:1], close[:-1]])
    times = 20_000 * NANOSECONDS_PER_DAY + np.arange(1, 19) * NANOSECONDS_PER_DAY // 6
    bars = Bars(
        coin,
        Timeframe.parse("4h"),
        times,
        opens,
        np.maximum(opens, close),
        np.minimum(opens, close),
        close,
        np.full(18, 1e6),
    )

    # Then the first order is placed at the close of the second day, at 101 * 0.99
    result = trade(DailyTrendFilter(), Panel.align([bars]), FRACTIONAL)
    assert fills(result)[:2] == [
        (14, 1.0, 101.0 * 0.99, "ORDER"),
        (15, -1.0, 101.0 * 1.01, "TAKE_PROFIT"),
    ]
    assert result.orders.decided_bar[0] == 11


# ---------------------------------------------------------------- 6. a pair


class Pair(EventStrategy):
    """Sell what is dear of two against what is cheap, and leave both when they meet again."""

    name = "pair"
    instruments_needed = (2, 2)
    lookback = 5

    def indicators(self, bars: Panel) -> Mapping[str, FloatArray]:
        return {"spread": zscore(bars.close[:, :1] - bars.close[:, 1:], 5)[:, 0]}

    def on_bar(self, context: BarContext) -> None:
        one, other = context.instruments
        spread = context.indicator("spread", one)
        held = context.position(one)
        if held == 0 and abs(spread) > 1.5:
            dear, cheap = (one, other) if spread > 0 else (other, one)
            context.sell(10, dear)
            context.buy(10, cheap)
        elif held != 0 and (spread > 0) == (held > 0):
            for instrument in context.instruments:
                context.close_position(instrument)


def test_a_pair_is_entered_and_left_together() -> None:
    one = [100.0, 100.0, 100.0, 100.0, 104.0, 104.0, 99.0, 99.0, 99.0]
    result = trade(Pair(), panel_of(one, [100.0] * 9), Sizing(max_leverage=2.0))
    assert fills(result) == [
        (5, -10.0, 104.0, "ORDER"),
        (5, 10.0, 100.0, "ORDER"),
        (7, 10.0, 99.0, "ORDER"),
        (7, -10.0, 100.0, "ORDER"),
    ]
    assert result.positions[-1].tolist() == [0.0, 0.0]
