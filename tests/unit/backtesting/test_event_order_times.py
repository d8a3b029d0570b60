"""From when and until when an order works: sessions, dates, answers to a fill or a timer."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from domain.backtesting.result import OrderStatus
from domain.clock import NANOSECONDS_PER_DAY
from domain.market.bars import Bars, Panel
from domain.market.timeframe import Timeframe
from domain.orders.model import OrderEvent, OrderEventKind, OrderRequest, OrderType, TimeInForce
from domain.strategies.protocol import BarContext
from tests.kit.bars import an_instrument
from tests.kit.event_orders import Act, bars, run
from tests.kit.event_orders import priced_orders as rows
from tests.kit.orders import FLAT, Acting

HOUR = NANOSECONDS_PER_DAY // 24


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
