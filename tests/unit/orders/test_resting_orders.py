"""What is left of an order after a bar: parts of it, how long it works, and its terms after a split."""

import pytest

from domain.clock import NANOSECONDS_PER_DAY
from domain.orders.book import OrderBook, PriceBar
from domain.orders.model import (
    Execution,
    OrderEvent,
    OrderEventKind,
    OrderType,
    TimeInForce,
    Trail,
    TrailKind,
    WantedFill,
)
from tests.kit.orders import FLAT, ONE, OTHER, Desk, request

# ---------------------------------------------------------------- quantity


def test_a_bar_that_lets_through_a_part_leaves_the_rest_open() -> None:
    desk = Desk(capacity=4.0)
    order = desk.place(10.0)
    for filled in (4.0, 4.0, 2.0):
        assert desk.bar(*FLAT) == [(filled, 100.0)]
    assert desk.kinds(order) == [
        OrderEventKind.ACCEPTED,
        OrderEventKind.PARTIALLY_FILLED,
        OrderEventKind.PARTIALLY_FILLED,
        OrderEventKind.FILLED,
    ]


def test_what_an_open_could_not_fill_of_a_limit_is_not_tried_again_in_that_bar() -> None:
    asked: list[float] = []

    def execute(wanted: WantedFill) -> Execution:
        asked.append(wanted.quantity)
        return Execution(1.0)

    desk = Desk()
    desk.place(3.0, OrderType.LIMIT, limit=95.0)
    bar = PriceBar(90.0, 96.0, 89.0, 95.0, open_time=desk.now, close_time=desk.now + 1)
    desk.book.match_bar({ONE: bar}, execute)
    assert asked == [3.0]


def test_a_rest_that_is_rounding_of_floats_is_no_rest() -> None:
    events: list[OrderEvent] = []
    book = OrderBook(events.append)
    book.place(request(0.3), time=1)
    bar = PriceBar(100.0, 100.0, 100.0, 100.0, open_time=1, close_time=2)
    book.match_bar({ONE: bar}, lambda wanted: Execution(0.1 + 0.2 - 1e-16))
    book.place(request(0.3), time=2)
    book.match_bar({ONE: PriceBar(*FLAT, 2, 3)}, lambda wanted: Execution(0.1 * 3 - 1e-13))
    assert [one.kind for one in events].count(OrderEventKind.FILLED) == 2
    assert len(book) == 0


def test_a_stop_that_could_not_fill_whole_goes_on_at_the_next_open() -> None:
    desk = Desk(capacity=4.0)
    desk.place(-6.0, OrderType.STOP, stop=95.0)
    assert desk.bar(100.0, 100.0, 94.0, 99.0) == [(-4.0, 95.0)]
    assert desk.bar(101.0, 102.0, 100.0, 101.0) == [(-2.0, 101.0)]


@pytest.mark.parametrize("kind", [OrderType.MARKET_ON_OPEN, OrderType.MARKET_ON_CLOSE])
def test_what_an_open_or_a_close_could_not_fill_ends_with_it(kind: OrderType) -> None:
    desk = Desk(capacity=4.0)
    order = desk.place(6.0, kind)
    desk.bar(*FLAT)
    assert desk.kinds(order)[-1] is OrderEventKind.EXPIRED
    assert desk.events[-1].quantity == 2.0


def test_an_order_the_account_refuses_ends_with_its_reason() -> None:
    desk = Desk(refuse="no money")
    order = desk.place(1.0)
    assert desk.bar(*FLAT) == []
    assert desk.kinds(order) == [OrderEventKind.ACCEPTED, OrderEventKind.DENIED]
    assert desk.events[-1].reason == "no money"


def test_a_book_may_tell_of_orders_that_end_unfilled_alone() -> None:
    events: list[OrderEvent] = []
    book = OrderBook(events.append, ends_only=True)
    filled, left = book.place(request(1.0), time=1), book.place(request(1.0), time=2)
    bar = PriceBar(100.0, 100.0, 100.0, 100.0, open_time=1, close_time=2)
    book.match_bar({ONE: bar}, lambda wanted: Execution(wanted.quantity))
    assert book.instrument_of(filled) is None
    book.cancel(left, time=2)
    assert [(one.order_id, one.kind) for one in events] == [(left, OrderEventKind.CANCELLED)]


# ---------------------------------------------------------------- time in force


def test_a_day_order_ends_with_the_session_of_its_first_bar() -> None:
    desk = Desk()
    order = desk.place(1.0, OrderType.LIMIT, limit=95.0, time_in_force=TimeInForce.DAY)
    desk.bar(*FLAT, session=7)
    desk.bar(*FLAT, session=7)
    assert desk.bar(90.0, 91.0, 89.0, 90.0, session=8) == []
    assert desk.kinds(order) == [OrderEventKind.ACCEPTED, OrderEventKind.EXPIRED]


def test_a_day_order_on_daily_bars_works_in_one_bar() -> None:
    desk = Desk()
    order = desk.place(1.0, OrderType.LIMIT, limit=95.0, time_in_force=TimeInForce.DAY)
    desk.bar(*FLAT, ends_session=True)
    assert desk.kinds(order)[-1] is OrderEventKind.EXPIRED


def test_a_day_order_placed_when_a_session_has_closed_belongs_to_the_next() -> None:
    # Given the last bar of a session, which arrives after an order was placed at its close
    desk = Desk()
    order = desk.place(1.0, OrderType.LIMIT, limit=95.0, time_in_force=TimeInForce.DAY)
    late = PriceBar(90.0, 96.0, 89.0, 95.0, open_time=0, close_time=desk.now, session=7, ends_session=True)
    desk.book.match_bar({ONE: late}, lambda wanted: Execution(wanted.quantity))
    desk.book.match_close({ONE: late}, lambda wanted: Execution(wanted.quantity), time=desk.now)

    # Then it works in the next
    assert desk.kinds(order) == [OrderEventKind.ACCEPTED]
    assert desk.bar(100.0, 100.0, 94.0, 95.0, session=8) == [(1.0, 95.0)]


def test_an_order_good_till_a_date_fills_up_to_that_close_and_not_after() -> None:
    for days, filled in ((2, []), (3, [(1.0, 95.0)])):
        desk = Desk()
        desk.place(
            1.0,
            OrderType.LIMIT,
            limit=95.0,
            time_in_force=TimeInForce.GOOD_TILL_DATE,
            good_till=(1 + days) * NANOSECONDS_PER_DAY,
        )
        desk.bar(*FLAT)
        desk.bar(*FLAT)
        assert desk.bar(100.0, 100.0, 94.0, 100.0) == filled
        assert len(desk.book) == 0


def test_a_date_inside_a_bar_ends_the_order_before_that_bar() -> None:
    desk = Desk()
    middle = desk.now + NANOSECONDS_PER_DAY // 2
    order = desk.place(1.0, time_in_force=TimeInForce.GOOD_TILL_DATE, good_till=middle)
    assert desk.bar(*FLAT) == []
    assert desk.kinds(order)[-1] is OrderEventKind.EXPIRED


def test_a_date_that_passes_without_a_bar_ends_the_order() -> None:
    desk = Desk()
    desk.place(1.0, time_in_force=TimeInForce.GOOD_TILL_DATE, good_till=2 * NANOSECONDS_PER_DAY)
    desk.nothing()
    assert desk.events[-1].kind is OrderEventKind.EXPIRED


def test_an_order_waits_through_bars_its_instrument_does_not_have() -> None:
    desk = Desk()
    desk.place(1.0)
    desk.row({OTHER: FLAT})
    desk.nothing()
    assert desk.bar(101.0, 102.0, 100.0, 101.0) == [(1.0, 101.0)]


# ---------------------------------------------------------------- splits


def test_a_split_restates_quantities_and_prices() -> None:
    desk = Desk()
    desk.place(10.0, take_profit=120.0, stop_loss=80.0)
    desk.place(-5.0, OrderType.TRAILING_STOP, trail=Trail(TrailKind.AMOUNT, 10.0))
    desk.place(3.0, OrderType.LIMIT, limit=60.0, instrument=OTHER)
    desk.bar(*FLAT)
    desk.book.split(ONE, 4.0)
    assert [(one.remaining, one.stop, one.limit) for one in desk.book.working()] == [
        (-20.0, 22.5, None),
        (3.0, None, 60.0),
        (-40.0, 20.0, None),
        (-40.0, None, 30.0),
    ]
    assert desk.bar(25.0, 25.0, 19.0, 24.0) == [(-20.0, 22.5), (-40.0, 20.0)]
    assert [one.request.instrument for one in desk.book.working()] == [OTHER]


def test_after_a_split_an_exit_filled_in_part_leaves_the_other_the_rest_in_new_shares() -> None:
    desk = Desk()
    desk.place(10.0, take_profit=120.0, stop_loss=80.0)
    desk.bar(*FLAT)
    desk.book.split(ONE, 2.0)
    desk.capacity = 5.0
    assert desk.bar(50.0, 61.0, 50.0, 60.0) == [(-5.0, 60.0)]
    assert [one.remaining for one in desk.book.working()] == [-15.0, -15.0]


@pytest.mark.parametrize(
    ("trail", "stop"), [(Trail(TrailKind.AMOUNT, 10.0), 55.0), (Trail(TrailKind.PERCENT, 0.1), 54.0)]
)
def test_a_split_restates_the_distance_of_a_trail_unless_it_is_a_share_of_price(
    trail: Trail, stop: float
) -> None:
    desk = Desk()
    desk.place(-4.0, OrderType.TRAILING_STOP, trail=trail)
    desk.book.split(ONE, 2.0)
    desk.bar(50.0, 60.0, 50.0, 60.0)
    assert desk.book.working()[0].stop == stop
