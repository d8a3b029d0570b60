"""Where, when and at what price an order is filled: the cells of the matrix in domain/orders/README.md."""

import pytest

from domain.clock import NANOSECONDS_PER_DAY
from domain.orders.book import OrderBook, PriceBar
from domain.orders.model import (
    Execution,
    LimitFill,
    OrderEvent,
    OrderEventKind,
    OrderRole,
    OrderType,
    TimeInForce,
    Trail,
    TrailKind,
    WantedFill,
)
from tests.kit.orders import ONE, OTHER, Desk, request

FLAT = (100.0, 100.0, 100.0, 100.0)


# ---------------------------------------------------------------- market orders


def test_a_market_order_fills_at_the_open_of_the_next_bar() -> None:
    desk = Desk()
    desk.place(3.0)
    assert desk.bar(101.0, 105.0, 99.0, 104.0) == [(3.0, 101.0)]
    assert not desk.wanted[0].passive


def test_a_market_order_fills_at_the_next_close_where_the_run_says_so() -> None:
    desk = Desk(market_at_open=False)
    desk.place(3.0)
    assert desk.bar(101.0, 105.0, 99.0, 104.0) == [(3.0, 104.0)]


def test_an_order_for_the_open_and_one_for_the_close_fill_at_theirs_whatever_the_run_says() -> None:
    desk = Desk(market_at_open=False)
    desk.place(1.0, OrderType.MARKET_ON_OPEN)
    desk.place(-2.0, OrderType.MARKET_ON_CLOSE)
    assert desk.bar(101.0, 105.0, 99.0, 104.0) == [(1.0, 101.0), (-2.0, 104.0)]


def test_a_market_order_at_this_very_close_fills_at_it() -> None:
    desk = Desk(market_at_open=False)
    order = desk.place(1.0)
    desk.decide_at_close(100.0)
    assert desk.fills == [(1.0, 100.0)]
    assert desk.kinds(order) == [OrderEventKind.ACCEPTED, OrderEventKind.FILLED]


def test_a_market_order_of_an_earlier_close_is_not_filled_at_this_one_as_if_it_were_its_own() -> None:
    desk = Desk(market_at_open=False)
    desk.place(1.0)
    desk.bars += 1
    desk.decide_at_close(100.0)
    assert desk.fills == []


# ---------------------------------------------------------------- limits


@pytest.mark.parametrize(
    ("quantity", "limit", "low", "high"), [(1.0, 95.0, 95.0, 101.0), (-1.0, 105.0, 99.0, 105.0)]
)
def test_a_limit_that_is_only_touched_fills_by_choice_alone(
    quantity: float, limit: float, low: float, high: float
) -> None:
    for rule, filled in ((LimitFill.CROSSED, []), (LimitFill.TOUCHED, [(quantity, limit)])):
        desk = Desk(limit_fill=rule)
        desk.place(quantity, OrderType.LIMIT, limit=limit)
        assert desk.bar(100.0, high, low, 100.0) == filled


def test_a_limit_that_is_traded_through_fills_at_the_limit_and_pays_no_spread() -> None:
    desk = Desk()
    desk.place(2.0, OrderType.LIMIT, limit=95.0)
    assert desk.bar(100.0, 101.0, 94.0, 99.0) == [(2.0, 95.0)]
    assert desk.wanted[0].passive


def test_a_limit_the_open_has_jumped_over_fills_at_the_open() -> None:
    desk = Desk()
    desk.place(2.0, OrderType.LIMIT, limit=95.0)
    assert desk.bar(93.0, 94.0, 92.0, 93.0) == [(2.0, 93.0)]
    assert desk.wanted[0].passive


def test_a_limit_that_was_marketable_when_it_was_placed_takes_the_open_and_pays_the_spread() -> None:
    desk = Desk(market=100.0)
    desk.place(2.0, OrderType.LIMIT, limit=110.0)
    assert desk.bar(101.0, 102.0, 99.0, 100.0) == [(2.0, 101.0)]
    assert not desk.wanted[0].passive
    assert desk.wanted[0].limit == 110.0


def test_a_limit_moved_over_the_market_takes_the_open_and_one_moved_away_from_it_waits() -> None:
    for before, after, passive in ((95.0, 103.0, False), (103.0, 101.5, True)):
        desk = Desk(market=100.0)
        order = desk.place(2.0, OrderType.LIMIT, limit=before)
        desk.book.modify(order, time=desk.now, market=102.0, limit=after)
        assert desk.bar(101.0, 102.0, 99.0, 100.0) == [(2.0, 101.0)]
        assert desk.wanted[0].passive is passive


def test_a_marketable_limit_that_the_market_ran_away_from_waits_like_any_other() -> None:
    desk = Desk(market=100.0)
    desk.place(2.0, OrderType.LIMIT, limit=101.0)
    assert desk.bar(103.0, 104.0, 102.0, 103.0) == []
    assert desk.bar(99.0, 100.0, 98.0, 99.0) == [(2.0, 99.0)]
    assert desk.wanted[0].passive


def test_of_two_limits_on_either_side_one_bar_fills_one() -> None:
    # The way between the low and the high is not known: one visit is sure, a round trip is not
    desk = Desk()
    desk.place(1.0, OrderType.LIMIT, limit=95.0)
    desk.place(-1.0, OrderType.LIMIT, limit=105.0)
    assert desk.bar(100.0, 110.0, 90.0, 100.0) == [(1.0, 95.0)]
    assert desk.bar(100.0, 110.0, 90.0, 100.0) == [(-1.0, 105.0)]


# ---------------------------------------------------------------- stops


@pytest.mark.parametrize(
    ("quantity", "stop", "bar", "price"),
    [
        (-1.0, 95.0, (100.0, 101.0, 95.0, 99.0), 95.0),
        (-1.0, 95.0, (93.0, 96.0, 92.0, 95.0), 93.0),
        (1.0, 105.0, (100.0, 105.0, 99.0, 101.0), 105.0),
        (1.0, 105.0, (107.0, 108.0, 104.0, 105.0), 107.0),
    ],
    ids=["sell touched", "sell gap", "buy touched", "buy gap"],
)
def test_a_stop_fills_at_its_price_or_at_the_open_beyond_it(
    quantity: float, stop: float, bar: tuple[float, float, float, float], price: float
) -> None:
    desk = Desk()
    desk.place(quantity, OrderType.STOP, stop=stop)
    assert desk.bar(*bar) == [(quantity, price)]
    assert not desk.wanted[0].passive


def test_a_stop_that_is_not_reached_waits() -> None:
    desk = Desk()
    order = desk.place(-1.0, OrderType.STOP, stop=95.0)
    assert desk.bar(100.0, 101.0, 95.1, 99.0) == []
    assert desk.kinds(order) == [OrderEventKind.ACCEPTED]


# ---------------------------------------------------------------- stop-limits


def test_a_stop_limit_fills_at_the_stop_that_wakes_it_while_its_limit_allows_that() -> None:
    desk = Desk()
    order = desk.place(1.0, OrderType.STOP_LIMIT, stop=105.0, limit=106.0)
    assert desk.bar(100.0, 107.0, 99.0, 106.0) == [(1.0, 105.0)]
    assert desk.kinds(order) == [OrderEventKind.ACCEPTED, OrderEventKind.TRIGGERED, OrderEventKind.FILLED]


def test_a_stop_limit_woken_by_a_gap_beyond_its_limit_waits_for_the_limit() -> None:
    desk = Desk()
    desk.place(1.0, OrderType.STOP_LIMIT, stop=105.0, limit=106.0)
    assert desk.bar(108.0, 110.0, 107.0, 109.0) == []
    assert desk.bar(108.0, 109.0, 105.5, 107.0) == [(1.0, 106.0)]


def test_a_stop_limit_woken_by_a_gap_may_fill_later_in_that_bar() -> None:
    desk = Desk()
    desk.place(1.0, OrderType.STOP_LIMIT, stop=105.0, limit=106.0)
    assert desk.bar(108.0, 110.0, 105.0, 109.0) == [(1.0, 106.0)]


def test_a_stop_limit_that_wants_a_better_price_than_its_stop_does_not_fill_in_the_bar_that_wakes_it() -> (
    None
):
    # The low may have come before the stop was reached
    desk = Desk()
    desk.place(1.0, OrderType.STOP_LIMIT, stop=105.0, limit=98.0)
    assert desk.bar(100.0, 106.0, 97.0, 100.0) == []
    assert desk.bar(100.0, 101.0, 97.0, 100.0) == [(1.0, 98.0)]


# ---------------------------------------------------------------- trailing stops


@pytest.mark.parametrize(
    ("trail", "atr", "level"),
    [
        (Trail(TrailKind.AMOUNT, 4.0), None, 96.0),
        (Trail(TrailKind.PERCENT, 0.05), None, 95.0),
        (Trail(TrailKind.ATR, 2.0), 1.5, 97.0),
    ],
    ids=["amount", "percent", "average true range"],
)
def test_a_trailing_stop_begins_at_its_distance_from_the_market(
    trail: Trail, atr: float | None, level: float
) -> None:
    desk = Desk()
    desk.place(-1.0, OrderType.TRAILING_STOP, trail=trail, atr=atr)
    assert desk.book.working()[0].stop == level
    assert desk.bar(100.0, 100.0, level, 100.0) == [(-1.0, level)]


def test_a_trailing_stop_is_tested_where_it_stood_before_the_bar_and_follows_it_afterwards() -> None:
    desk = Desk()
    desk.place(-1.0, OrderType.TRAILING_STOP, trail=Trail(TrailKind.AMOUNT, 4.0))
    # The low at 97 may have come after the high at 110, which would have meant a stop at 106; that is not known
    assert desk.bar(100.0, 110.0, 97.0, 108.0) == []
    assert desk.book.working()[0].stop == 106.0
    assert desk.bar(108.0, 109.0, 105.0, 107.0) == [(-1.0, 106.0)]


def test_a_trailing_stop_never_moves_back() -> None:
    desk = Desk()
    desk.place(1.0, OrderType.TRAILING_STOP, trail=Trail(TrailKind.AMOUNT, 10.0))
    desk.bar(100.0, 101.0, 95.0, 100.0)
    desk.bar(100.0, 101.0, 97.0, 100.0)
    assert desk.book.working()[0].stop == 105.0


# ---------------------------------------------------------------- brackets


def test_a_stop_and_a_target_in_one_bar_are_the_stop() -> None:
    desk = Desk()
    desk.place(1.0, take_profit=110.0, stop_loss=90.0)
    desk.bar(*FLAT)
    assert desk.bar(100.0, 112.0, 88.0, 100.0) == [(-1.0, 90.0)]
    assert len(desk.book) == 0


@pytest.mark.parametrize(
    ("bar", "price", "role"),
    [
        ((100.0, 111.0, 99.0, 105.0), 110.0, OrderRole.TAKE_PROFIT),
        ((112.0, 113.0, 99.0, 105.0), 112.0, OrderRole.TAKE_PROFIT),
        ((100.0, 101.0, 89.0, 95.0), 90.0, OrderRole.STOP_LOSS),
        ((85.0, 101.0, 84.0, 95.0), 85.0, OrderRole.STOP_LOSS),
    ],
    ids=["target", "gap over the target", "stop", "gap through the stop"],
)
def test_an_exit_cancels_the_other(
    bar: tuple[float, float, float, float], price: float, role: OrderRole
) -> None:
    desk = Desk()
    desk.place(2.0, take_profit=110.0, stop_loss=90.0)
    desk.bar(*FLAT)
    assert desk.bar(*bar) == [(-2.0, price)]
    assert desk.wanted[-1].role is role
    assert desk.events[-1].kind is OrderEventKind.CANCELLED
    assert desk.events[-1].reason == "the other exit was filled"


def test_a_bracket_entered_at_the_open_may_exit_in_that_bar_by_either_side() -> None:
    for bar, price in (((100.0, 111.0, 95.0, 100.0), 110.0), ((100.0, 101.0, 89.0, 100.0), 90.0)):
        desk = Desk()
        desk.place(1.0, take_profit=110.0, stop_loss=90.0)
        assert desk.bar(*bar) == [(1.0, 100.0), (-1.0, price)]


@pytest.mark.parametrize(
    ("kind", "price"),
    [(OrderType.LIMIT, {"limit": 98.0}), (OrderType.STOP, {"stop": 102.0})],
    ids=["by a limit", "by a stop"],
)
def test_a_bracket_entered_inside_the_bar_can_only_be_stopped_out_in_it(
    kind: OrderType, price: dict[str, float]
) -> None:
    # Given an entry inside a bar that reaches the target too
    desk = Desk()
    desk.place(1.0, kind, take_profit=110.0, stop_loss=90.0, **price)
    level = next(iter(price.values()))
    # Then the target may have come first, and does not count
    assert desk.bar(100.0, 115.0, 97.0, 112.0) == [(1.0, level)]
    # And in the next bar it does
    assert desk.bar(109.0, 111.0, 108.0, 110.0) == [(-1.0, 110.0)]

    # Given one that reaches the stop
    other = Desk()
    other.place(1.0, kind, take_profit=110.0, stop_loss=90.0, **price)
    # Then it is stopped out
    assert other.bar(100.0, 103.0, 89.0, 95.0) == [(1.0, level), (-1.0, 90.0)]


def test_an_entry_that_opens_beyond_its_stop_is_stopped_out_at_the_open() -> None:
    desk = Desk()
    desk.place(1.0, take_profit=110.0, stop_loss=95.0)
    assert desk.bar(90.0, 97.0, 88.0, 96.0) == [(1.0, 90.0), (-1.0, 90.0)]


def test_an_entry_that_opens_beyond_its_target_leaves_at_the_open_and_pays_the_spread() -> None:
    desk = Desk()
    desk.place(1.0, take_profit=110.0, stop_loss=95.0)
    assert desk.bar(115.0, 116.0, 114.0, 115.0) == [(1.0, 115.0), (-1.0, 115.0)]
    assert not desk.wanted[-1].passive


def test_a_short_bracket_is_the_mirror_image() -> None:
    desk = Desk()
    desk.place(-1.0, take_profit=90.0, stop_loss=110.0)
    desk.bar(*FLAT)
    assert desk.bar(100.0, 112.0, 88.0, 100.0) == [(1.0, 110.0)]


def test_exits_work_on_what_the_entry_has_filled() -> None:
    desk = Desk(capacity=4.0)
    entry = desk.place(10.0, take_profit=110.0, stop_loss=90.0)
    desk.bar(*FLAT)
    assert [one.remaining for one in desk.book.working()] == [6.0, -4.0, -4.0]
    desk.bar(*FLAT)
    assert [one.remaining for one in desk.book.working()] == [2.0, -8.0, -8.0]
    desk.book.cancel(entry, time=desk.now)
    assert [one.remaining for one in desk.book.working()] == [-8.0, -8.0]


def test_an_exit_that_fills_ends_what_is_left_of_its_entry() -> None:
    desk = Desk(capacity=4.0)
    entry = desk.place(10.0, take_profit=110.0, stop_loss=90.0)
    desk.bar(*FLAT)
    desk.book.modify(entry, time=desk.now + 1)
    assert desk.bar(89.0, 91.0, 88.0, 90.0) == [(-4.0, 89.0)]
    assert len(desk.book) == 0
    assert desk.kinds(entry)[-1] is OrderEventKind.CANCELLED


def test_a_target_filled_in_part_leaves_the_rest_protected() -> None:
    desk = Desk()
    desk.place(10.0, take_profit=110.0, stop_loss=90.0)
    desk.bar(*FLAT)
    desk.capacity = 4.0
    assert desk.bar(100.0, 111.0, 99.0, 105.0) == [(-4.0, 110.0)]
    desk.capacity = 100.0
    assert desk.bar(100.0, 101.0, 85.0, 90.0) == [(-6.0, 90.0)]
    assert len(desk.book) == 0


def test_exits_end_when_the_position_was_closed_by_other_means() -> None:
    desk = Desk()
    desk.place(1.0, take_profit=110.0, stop_loss=90.0)
    desk.bar(*FLAT)
    desk.book.cancel_orphans(lambda instrument: 1.0, time=desk.now)
    assert len(desk.book) == 2
    desk.book.cancel_orphans(lambda instrument: 0.0, time=desk.now)
    assert len(desk.book) == 0
    assert {one.reason for one in desk.events[-2:]} == {"the position was closed"}


def test_exits_of_one_instrument_end_and_those_of_another_and_own_orders_go_on() -> None:
    desk = Desk()
    for instrument in (ONE, OTHER):
        desk.place(1.0, stop_loss=90.0, instrument=instrument)
    desk.row({ONE: FLAT, OTHER: FLAT})
    own = desk.place(-1.0, OrderType.LIMIT, limit=120.0, instrument=OTHER)
    desk.book.cancel_orphans({ONE: 1.0, OTHER: 0.0}.__getitem__, time=desk.now)
    working = desk.book.working()
    assert [(one.request.instrument, one.role) for one in working] == [
        (ONE, OrderRole.STOP_LOSS),
        (OTHER, OrderRole.OWN),
    ]
    assert working[1].order_id == own


# ---------------------------------------------------------------- groups


def test_an_order_of_a_group_that_fills_cancels_the_others() -> None:
    desk = Desk()
    desk.place(-1.0, OrderType.LIMIT, limit=105.0, oco_group="out")
    stop = desk.place(-1.0, OrderType.STOP, stop=95.0, oco_group="out")
    alone = desk.place(-1.0, OrderType.STOP, stop=80.0)
    assert desk.bar(100.0, 106.0, 99.0, 104.0) == [(-1.0, 105.0)]
    assert desk.kinds(stop)[-1] is OrderEventKind.CANCELLED
    assert [one.order_id for one in desk.book.working()] == [alone]


def test_of_a_group_touched_twice_in_one_bar_the_stop_is_taken() -> None:
    desk = Desk()
    desk.place(-1.0, OrderType.LIMIT, limit=105.0, oco_group="out")
    desk.place(-1.0, OrderType.STOP, stop=95.0, oco_group="out")
    assert desk.bar(100.0, 106.0, 94.0, 104.0) == [(-1.0, 95.0)]


def test_the_name_of_a_group_can_be_used_again() -> None:
    desk = Desk()
    for _ in range(2):
        desk.place(1.0, oco_group="in")
        other = desk.place(1.0, OrderType.LIMIT, limit=50.0, oco_group="in")
        assert desk.bar(*FLAT) == [(1.0, 100.0)]
        assert desk.kinds(other)[-1] is OrderEventKind.CANCELLED


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


# ---------------------------------------------------------------- bars that opened before the decision


@pytest.mark.parametrize(
    ("quantity", "kind", "prices", "filled"),
    [
        (1.0, OrderType.MARKET, {}, [(1.0, 104.0)]),
        (1.0, OrderType.MARKET_ON_CLOSE, {}, [(1.0, 104.0)]),
        (1.0, OrderType.MARKET_ON_OPEN, {}, []),
        (1.0, OrderType.LIMIT, {"limit": 99.0}, []),
        (-1.0, OrderType.LIMIT, {"limit": 103.0}, [(-1.0, 104.0)]),
        (1.0, OrderType.STOP, {"stop": 103.0}, [(1.0, 104.0)]),
        (1.0, OrderType.STOP, {"stop": 105.0}, []),
        (-1.0, OrderType.STOP, {"stop": 99.0}, []),
    ],
)
def test_a_bar_that_opened_before_the_decision_offers_its_close_alone(
    quantity: float, kind: OrderType, prices: dict[str, float], filled: list[tuple[float, float]]
) -> None:
    desk = Desk(market=102.0 if kind is not OrderType.STOP or quantity > 0 else 100.0)
    desk.place(quantity, kind, **prices)
    assert desk.bar(100.0, 106.0, 98.0, 104.0, opened=0) == filled


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
