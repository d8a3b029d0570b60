"""Orders where two rules meet: run-level exits, sessions, dividends, volume caps, orders placed in answers."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from domain.backtesting.conditions import Conditions, InstrumentEvents
from domain.backtesting.engine import simulate
from domain.backtesting.model import FillPrice, Sizing
from domain.backtesting.result import FillReason, OrderStatus, Simulation
from domain.clock import NANOSECONDS_PER_DAY
from domain.market.bars import Bars, Panel
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
from domain.strategies.protocol import BarContext
from tests.kit.bars import an_instrument
from tests.kit.engine import FREE, WHOLE, a_panel, panel_of, without_bar
from tests.kit.orders import Acting

Act = Callable[[BarContext], Any]
FLAT = (100.0, 100.0, 100.0, 100.0)
HOUR = NANOSECONDS_PER_DAY // 24


def bars(*rows: tuple[float, float, float, float]) -> Panel:
    """Daily bars of one instrument: open, high, low, close."""
    opens, highs, lows, closes = zip(*rows, strict=True)
    return a_panel(closes, opens=opens, highs=highs, lows=lows)


def run(
    acts: Mapping[int, Act] | Acting,
    panel: Panel,
    *,
    fill: FillPrice = FillPrice.NEXT_OPEN,
    conditions: Conditions | None = None,
    **sizing: float,
) -> tuple[Acting, Simulation]:
    strategy = acts if isinstance(acts, Acting) else Acting(acts)
    result = simulate(
        panel,
        strategy,
        initial_cash=100_000.0,
        costs=FREE,
        fill=fill,
        sizing=Sizing.model_validate(WHOLE.model_dump() | sizing),
        conditions=conditions or Conditions(),
    )
    return strategy, result


def rows(simulation: Simulation) -> list[tuple[int, str, str, float, float]]:
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


# ---------------------------------------------------------------- exits of the run beside orders


def test_a_take_profit_of_the_run_waits_for_the_bar_after_an_entry_inside_a_bar() -> None:
    # Given a limit at 90 filled inside a bar whose high of 120 may have come before it
    panel = bars(FLAT, (100.0, 120.0, 89.0, 95.0), (95.0, 100.0, 94.0, 96.0))
    _, result = run({0: lambda context: context.buy(10, limit=90.0)}, panel, take_profit=0.1)
    assert rows(result) == [
        (1, "FILLED", "ORDER", 10.0, 90.0),
        (2, "FILLED", "TAKE_PROFIT", -10.0, 90.0 * 1.1),
    ]


def test_a_take_profit_of_the_run_may_end_an_entry_at_the_open_in_that_bar() -> None:
    panel = bars(FLAT, (100.0, 120.0, 99.0, 115.0), FLAT)
    _, result = run({0: lambda context: context.buy(10)}, panel, take_profit=0.1)
    assert rows(result)[1] == (1, "FILLED", "TAKE_PROFIT", -10.0, 100.0 * 1.1)


def test_a_stop_of_the_run_ends_an_entry_by_a_limit_in_that_bar() -> None:
    panel = bars(FLAT, (100.0, 101.0, 80.0, 95.0), FLAT)
    _, result = run({0: lambda context: context.buy(10, limit=90.0)}, panel, stop_loss=0.1)
    assert rows(result)[1] == (1, "FILLED", "STOP_LOSS", -10.0, 81.0)


def test_exits_of_a_bracket_end_with_a_position_the_run_closes_and_leave_a_new_one_alone() -> None:
    # Given a gap through the run's stop at 90, and an order that buys anew at the same open
    panel = bars(FLAT, FLAT, (85.0, 86.0, 79.0, 84.0), (84.0, 84.0, 84.0, 84.0))
    _, result = run(
        {0: lambda context: context.buy(10, stop_loss=80.0), 1: lambda context: context.buy(5)},
        panel,
        stop_loss=0.1,
    )
    # Then the stop of the bracket, which the bar reaches, sells nothing of what is new
    assert rows(result)[1:] == [
        (2, "FILLED", "STOP_LOSS", -10.0, 85.0),
        (2, "CANCELLED", "STOP_LOSS", -10.0, 0.0),
        (2, "FILLED", "ORDER", 5.0, 85.0),
    ]


def test_exits_are_gone_at_the_close_of_the_bar_in_which_the_run_closed_their_position() -> None:
    panel = bars(FLAT, FLAT, (100.0, 111.0, 100.0, 105.0), FLAT)
    strategy, _ = run(
        {
            0: lambda context: context.buy(10, stop_loss=80.0),
            1: lambda context: len(context.orders()),
            2: lambda context: len(context.orders()),
        },
        panel,
        take_profit=0.1,
    )
    assert (strategy.answers[1], strategy.answers[2]) == (1, 0)


# ---------------------------------------------------------------- corporate actions


def test_a_dividend_moves_no_resting_order() -> None:
    # Given a dividend of 2 at the open of bar 2, by which brokers would lower a resting purchase
    panel = bars(FLAT, FLAT, (98.0, 98.0, 96.5, 98.0), (98.0, 98.0, 94.0, 98.0))
    events = InstrumentEvents(np.array([[2, 0]]), np.array([[1.0, 2.0]]))
    strategy, result = run(
        {0: lambda context: context.buy(10, limit=96.0), 2: lambda context: context.orders()[0].limit},
        panel,
        conditions=Conditions(events=events),
    )
    assert strategy.answers[2] == 96.0
    assert rows(result) == [(3, "FILLED", "ORDER", 10.0, 96.0)]


# ---------------------------------------------------------------- instruments without a bar


def test_an_order_placed_where_its_instrument_has_no_bar_meets_the_next_one() -> None:
    panel = without_bar(panel_of([100.0] * 4, [50.0, 51.0, 52.0, 53.0]), row=1, column=1)

    def act(context: BarContext) -> float:
        context.buy(1, context.instruments[1])
        # The side of a stop is checked against the last close that is known
        context.sell(1, context.instruments[1], stop=49.0)
        return context.close(context.instruments[1])

    strategy, result = run({1: act}, panel)
    assert np.isnan(strategy.answers[1])
    assert rows(result)[0] == (2, "FILLED", "ORDER", 1.0, 51.0)


def test_a_stop_jumped_over_while_there_was_no_bar_fills_at_the_open_that_follows() -> None:
    other = [100.0, 100.0, 100.0, 80.0, 80.0]
    panel = without_bar(panel_of([100.0] * 5, other, opens=[[100.0] * 5, other]), row=2, column=1)
    act: Act = lambda context: context.buy(5, context.instruments[1], stop_loss=95.0)  # noqa: E731 - one act
    _, result = run({0: act}, panel)
    assert rows(result)[1] == (3, "FILLED", "STOP_LOSS", -5.0, 80.0)


# ---------------------------------------------------------------- how long an order works


def hourly(days: int, closes: Callable[[int], float] = lambda _: 100.0) -> Panel:
    """Three bars a day, which close at 15, 16 and 17 o'clock UTC on 2024-01-02 and the days after."""
    times = np.array(
        [(19_724 + day) * NANOSECONDS_PER_DAY + hour * HOUR for day in range(days) for hour in (15, 16, 17)]
    )
    close = np.array([closes(row) for row in range(3 * days)])
    volume = np.full(len(close), 1e6)
    series = Bars(an_instrument(), Timeframe.parse("1h"), times, close, close, close, close, volume)
    return Panel.align([series])


def for_the_day(context: BarContext) -> int:
    return context.order(
        OrderRequest(context.instruments[0], 1.0, OrderType.LIMIT, limit=95.0, time_in_force=TimeInForce.DAY)
    )


def test_an_order_for_the_day_does_not_meet_the_first_bar_of_the_next() -> None:
    panel = hourly(2, lambda row: 90.0 if row == 3 else 100.0)
    _, result = run({0: for_the_day}, panel)
    assert rows(result) == [(3, "EXPIRED", "ORDER", 1.0, 0.0)]


def test_an_order_for_the_day_placed_at_its_last_close_works_through_the_next() -> None:
    panel = hourly(3, lambda row: 90.0 if row == 5 else 100.0)
    _, result = run({2: for_the_day}, panel)
    assert rows(result) == [(5, "FILLED", "ORDER", 1.0, 90.0)]
    panel = hourly(3, lambda row: 90.0 if row == 6 else 100.0)
    _, result = run({2: for_the_day}, panel)
    assert rows(result) == [(6, "EXPIRED", "ORDER", 1.0, 0.0)]


def test_an_order_for_the_day_goes_by_the_sessions_of_its_own_instrument() -> None:
    # Given two venues on one clock: from row 2 on it is the next day in Tokyo, and the same in New York
    hours = np.array([12, 14, 18, 20], dtype=np.int64)
    times = 19_724 * NANOSECONDS_PER_DAY + hours * HOUR
    close, volume = np.full(4, 100.0), np.full(4, 1e6)
    low = np.array([100.0, 100.0, 100.0, 90.0])
    timeframe = Timeframe.parse("1h")
    panel = Panel.align(
        [
            Bars(an_instrument("T", "XTKS"), timeframe, times, close, close, low, close, volume),
            Bars(an_instrument("N", "XNYS"), timeframe, times, close, close, low, close, volume),
        ]
    )

    def place(context: BarContext) -> None:
        for instrument in context.instruments:
            context.order(
                OrderRequest(instrument, 1.0, OrderType.LIMIT, limit=95.0, time_in_force=TimeInForce.DAY)
            )

    _, result = run({0: place}, panel)
    status = {
        int(j): OrderStatus(one).name
        for j, one in zip(result.orders.instrument, result.orders.status, strict=True)
    }
    assert status == {0: "EXPIRED", 1: "FILLED"}


@pytest.mark.parametrize(
    ("late", "expected"), [(0, (2, "FILLED")), (-1, (2, "EXPIRED"))], ids=["at the close", "just before it"]
)
def test_a_date_includes_the_bar_that_closes_at_it(late: int, expected: tuple[int, str]) -> None:
    panel = bars(FLAT, FLAT, (100.0, 100.0, 90.0, 100.0), (100.0, 100.0, 90.0, 100.0))

    def act(context: BarContext) -> None:
        context.order(
            OrderRequest(
                context.instruments[0],
                1.0,
                OrderType.LIMIT,
                limit=95.0,
                time_in_force=TimeInForce.GOOD_TILL_DATE,
                good_till=int(panel.close_time[2]) + late,
            )
        )

    _, result = run({0: act}, panel)
    assert [row[:2] for row in rows(result)] == [expected]


# ---------------------------------------------------------------- acting in answer to what happened


class Answering(Acting):
    """Acts on what it hears, too."""

    def __init__(self, acts: Mapping[int, Act], answer: Callable[[BarContext, OrderEvent], Any]) -> None:
        super().__init__(acts)
        self._answer = answer

    def on_order(self, context: BarContext, event: OrderEvent) -> None:
        super().on_order(context, event)
        self._answer(context, event)


FALLING = bars(FLAT, FLAT, (100.0, 100.0, 94.0, 95.0), (95.0, 95.0, 84.0, 85.0), (85.0, 86.0, 84.0, 85.0))


def test_an_order_cancelled_in_answer_to_a_fill_meets_no_further_bar() -> None:
    def ladder(context: BarContext) -> None:
        context.buy(1, limit=95.0)
        context.buy(1, limit=90.0)

    def stop_buying(context: BarContext, event: OrderEvent) -> None:
        if event.kind is OrderEventKind.FILLED:
            assert context.cancel(2) is True
            assert context.cancel(1) is False

    _, result = run(Answering({0: ladder}, stop_buying), FALLING)
    assert [row[:2] for row in rows(result)] == [(2, "FILLED"), (2, "CANCELLED")]


def test_an_order_that_has_just_filled_cannot_be_changed() -> None:
    strategy, result = run(
        {
            0: lambda context: context.buy(1, limit=95.0),
            2: lambda context: context.modify(1, limit=80.0),
        },
        FALLING,
    )
    assert strategy.answers[2] is False
    assert rows(result) == [(2, "FILLED", "ORDER", 1.0, 95.0)]


def test_an_order_placed_when_a_timer_is_due_works_from_the_next_bar() -> None:
    class Timed(Acting):
        def on_timer(self, context: BarContext, name: str) -> None:
            super().on_timer(context, name)
            context.buy(1)

    strategy, result = run(Timed({0: lambda context: context.timer("t", at=timedelta(days=2))}), FALLING)
    assert strategy.timed == [(2, "t")]
    assert rows(result) == [(3, "FILLED", "ORDER", 1.0, 95.0)]


def test_what_a_strategy_raises_while_it_listens_passes_through() -> None:
    def fail(context: BarContext, event: OrderEvent) -> None:
        raise ZeroDivisionError("its own")

    with pytest.raises(ZeroDivisionError, match="its own"):
        run(Answering({0: lambda context: context.buy(1)}, fail), FALLING)


def test_a_mistake_while_listening_is_named_with_its_bar() -> None:
    answer: Callable[[BarContext, OrderEvent], Any] = lambda context, event: context.buy(-1)  # noqa: E731 - one act
    with pytest.raises(Exception, match="'acting' at bar 1 orders the quantity -1"):
        run(Answering({0: lambda context: context.buy(1)}, answer), FALLING)


# ---------------------------------------------------------------- several orders for one position


def test_of_two_orders_that_only_reduce_the_second_finds_nothing_left() -> None:
    def leave_twice(context: BarContext) -> None:
        context.sell(10, limit=105.0, reduce_only=True)
        context.sell(10, limit=106.0, reduce_only=True)

    panel = bars(FLAT, FLAT, (100.0, 110.0, 100.0, 108.0), FLAT)
    _, result = run({0: lambda context: context.buy(10), 1: leave_twice}, panel)
    assert rows(result)[1:] == [
        (2, "FILLED", "ORDER", -10.0, 105.0),
        (2, "CANCELLED", "ORDER", -10.0, 0.0),
    ]
    assert result.positions[-1, 0] == 0.0


def test_a_part_of_one_order_of_a_group_ends_the_others_and_goes_on_itself() -> None:
    def either(context: BarContext) -> None:
        context.buy(10, limit=95.0, oco_group="entry")
        context.buy(10, stop=120.0, oco_group="entry")

    # Four units a bar, by the volume cap
    panel = bars(FLAT, *[(100.0, 100.0, 94.0, 100.0)] * 4)
    _, result = run({0: either}, panel, max_volume_share=4e-6)
    assert rows(result) == [
        (1, "FILLED", "ORDER", 4.0, 95.0),
        (1, "CANCELLED", "ORDER", 10.0, 0.0),
        (2, "FILLED", "ORDER", 4.0, 95.0),
        (3, "FILLED", "ORDER", 2.0, 95.0),
    ]


@pytest.mark.parametrize(
    ("kind", "price"), [(OrderType.MARKET_ON_OPEN, 101.0), (OrderType.MARKET_ON_CLOSE, 104.0)]
)
def test_orders_for_the_open_and_the_close_keep_their_price_where_others_fill_at_the_close(
    kind: OrderType, price: float
) -> None:
    panel = bars(FLAT, (101.0, 105.0, 99.0, 104.0), FLAT)
    act: Act = lambda context: context.order(OrderRequest(context.instruments[0], 1.0, kind))  # noqa: E731 - one act
    for fill in (FillPrice.NEXT_CLOSE, FillPrice.NEXT_OPEN, FillPrice.SAME_CLOSE):
        _, result = run({0: act}, panel, fill=fill)
        assert rows(result) == [(1, "FILLED", "ORDER", 1.0, price)]


def test_a_target_that_turns_a_position_round_ends_the_exits_of_its_bracket() -> None:
    _, result = run(
        {
            0: lambda context: context.buy(10, take_profit=150.0, stop_loss=50.0),
            1: lambda context: context.target(-0.001),
        },
        bars(*[FLAT] * 4),
    )
    assert [row[:4] for row in rows(result)] == [
        (1, "FILLED", "ORDER", 10.0),
        (2, "FILLED", "SIGNAL", -10.0),
        (2, "FILLED", "SIGNAL", -1.0),
        (2, "CANCELLED", "STOP_LOSS", -10.0),
        (2, "CANCELLED", "TAKE_PROFIT", -10.0),
    ]
    assert result.positions[-1, 0] == -1.0


# ---------------------------------------------------------------- trails measured in ranges


def test_a_trail_in_ranges_uses_the_last_range_an_instrument_has_had() -> None:
    # Given an instrument without a bar now, whose range of 2 was last known two rows ago
    closes = [100.0, 102.0, 100.0, 102.0, 100.0, 100.0]
    panel = panel_of([100.0] * 6, closes)
    for row in (4, 5):
        panel = without_bar(panel, row=row, column=1)

    def act(context: BarContext) -> float | None:
        context.sell(1, context.instruments[1], trail=Trail(TrailKind.ATR, 2.0, window=2))
        return context.orders()[0].stop

    strategy, _ = run({5: act}, panel)
    assert strategy.answers[5] == 102.0 - 2 * 2.0
