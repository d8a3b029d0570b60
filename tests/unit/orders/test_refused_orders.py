"""Orders that cannot be meant are refused with a sentence that says why."""

import math
from typing import Any

import pytest

from domain.errors import InvalidInput
from domain.orders.model import OrderType, TimeInForce, Trail, TrailKind
from tests.kit.orders import ONE, OTHER, Desk

LIMIT, STOP, STOP_LIMIT = OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT
TRAILING, MARKET, TILL = OrderType.TRAILING_STOP, OrderType.MARKET, TimeInForce.GOOD_TILL_DATE


@pytest.mark.parametrize(
    ("quantity", "kind", "fields", "message"),
    [
        (0.0, MARKET, {}, "quantity 0.0"),
        (math.nan, MARKET, {}, "quantity nan"),
        (math.inf, MARKET, {}, "quantity inf"),
        (-math.inf, LIMIT, {"limit": 5.0}, "quantity -inf"),
        (1.0, LIMIT, {}, "needs a limit price"),
        (1.0, STOP, {}, "needs a stop price"),
        (1.0, STOP_LIMIT, {"stop": 101.0}, "needs a limit price"),
        (1.0, MARKET, {"limit": 101.0}, "takes no limit price"),
        (1.0, MARKET, {"stop": 101.0}, "takes no stop price"),
        (1.0, MARKET, {"trail": Trail(TrailKind.AMOUNT, 1.0)}, "takes no trail"),
        (1.0, LIMIT, {"limit": 101.0, "stop": 101.0}, "takes no stop price"),
        (1.0, LIMIT, {"limit": -1.0}, "limit price -1.0"),
        (1.0, LIMIT, {"limit": math.nan}, "limit price nan"),
        (1.0, STOP, {"stop": math.inf}, "stop price inf"),
        (1.0, STOP, {"stop": 99.0}, "a buy stop must lie above the market, which is at 100.0"),
        (1.0, STOP, {"stop": 100.0}, "must lie above the market"),
        (-1.0, STOP, {"stop": 101.0}, "a sell stop must lie below the market"),
        (-1.0, STOP_LIMIT, {"stop": 101.0, "limit": 100.0}, "must lie below the market"),
        (-1.0, TRAILING, {}, "needs a trail"),
        (-1.0, STOP, {"stop": 90.0, "trail": Trail(TrailKind.AMOUNT, 1.0)}, "takes no trail"),
        (-1.0, TRAILING, {"trail": Trail(TrailKind.AMOUNT, 0.0)}, "trail 0.0"),
        (-1.0, TRAILING, {"trail": Trail(TrailKind.AMOUNT, 100.0)}, "puts its stop below 0"),
        (-1.0, TRAILING, {"trail": Trail(TrailKind.PERCENT, 5.0)}, "a fraction lies below 1"),
        (
            -1.0,
            TRAILING,
            {"trail": Trail(TrailKind.ATR, 2.0), "atr": math.nan},
            "does not exist yet; wait for 14 bars",
        ),
        (1.0, MARKET, {"time_in_force": TILL}, "needs the time it is good till"),
        (1.0, MARKET, {"time_in_force": TILL, "good_till": 5}, "a time that has passed"),
        (1.0, MARKET, {"good_till": 10**18}, "takes no date"),
        (1.0, MARKET, {"take_profit": 99.0}, "take profit at 99.0, which must lie above the entry at 100.0"),
        (1.0, MARKET, {"stop_loss": 101.0}, "stop loss at 101.0, which must lie below the entry at 100.0"),
        (-1.0, MARKET, {"stop_loss": 99.0}, "must lie above the entry"),
        (1.0, LIMIT, {"limit": 90.0, "stop_loss": 95.0}, "below the entry at 90.0"),
        (1.0, STOP, {"stop": 110.0, "take_profit": 105.0}, "above the entry at 110.0"),
        (1.0, MARKET, {"stop_loss": math.nan}, "stop loss at nan"),
        (1.0, MARKET, {"stop_loss": 90.0, "reduce_only": True}, "cannot carry the exits"),
    ],
)
def test_an_order_that_cannot_be_meant_is_refused(
    quantity: float, kind: OrderType, fields: dict[str, Any], message: str
) -> None:
    desk = Desk()
    with pytest.raises(InvalidInput) as refusal:
        desk.place(quantity, kind, **fields)
    assert message in refusal.value.message
    assert refusal.value.message.startswith("The ")
    assert len(desk.book) == 0
    assert desk.events == []


def test_a_trailing_stop_needs_a_price_to_trail() -> None:
    desk = Desk(market=math.nan)
    with pytest.raises(InvalidInput, match="no price to trail yet"):
        desk.place(-1.0, TRAILING, trail=Trail(TrailKind.PERCENT, 0.1))


def test_without_a_price_no_side_can_be_wrong() -> None:
    desk = Desk(market=math.nan)
    desk.place(1.0, STOP, stop=50.0)
    assert len(desk.book) == 1


# ---------------------------------------------------------------- changes


def test_a_change_works_from_the_next_bar_on() -> None:
    desk = Desk()
    order = desk.place(-1.0, STOP, stop=90.0)
    assert desk.book.modify(order, time=desk.now, market=100.0, stop=95.0, quantity=-3.0)
    assert desk.bar(100.0, 101.0, 94.0, 99.0) == [(-3.0, 95.0)]


def test_exits_that_do_not_work_yet_are_changed_with_their_entry() -> None:
    desk = Desk()
    order = desk.place(1.0, LIMIT, limit=95.0, take_profit=110.0, stop_loss=90.0)
    assert desk.book.modify(order, time=desk.now, market=100.0, stop_loss=85.0)
    desk.bar(100.0, 101.0, 94.0, 96.0)
    assert [(one.stop, one.limit) for one in desk.book.working()] == [(85.0, None), (None, 110.0)]


def test_an_exit_that_works_is_an_order_of_its_own() -> None:
    desk = Desk()
    entry = desk.place(1.0, take_profit=110.0, stop_loss=90.0)
    desk.bar(100.0, 101.0, 99.0, 100.0)
    stop = desk.book.working()[0]
    assert desk.book.modify(stop.order_id, time=desk.now, market=100.0, stop=97.0)
    assert desk.book.modify(entry, time=desk.now, market=100.0, stop_loss=97.0) is False
    assert desk.bar(100.0, 101.0, 96.0, 98.0) == [(-1.0, 97.0)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"quantity": 1.0}, "keeps its side"),
        ({"quantity": math.nan}, "keeps its side"),
        ({"limit": 90.0}, "has no limit price to change"),
        ({"stop": -1.0}, "stop price -1.0"),
        ({"stop": 101.0}, "must lie below the market"),
        ({"stop_loss": 105.0}, "cannot be added later"),
    ],
)
def test_a_change_that_cannot_be_meant_is_refused(change: dict[str, float], message: str) -> None:
    desk = Desk()
    order = desk.place(-1.0, STOP, stop=90.0)
    with pytest.raises(InvalidInput) as refusal:
        desk.book.modify(order, time=desk.now, market=100.0, **change)
    assert message in refusal.value.message
    assert desk.book.working()[0].stop == 90.0


def test_the_quantity_of_an_exit_follows_the_position() -> None:
    desk = Desk()
    desk.place(1.0, stop_loss=90.0)
    desk.bar(100.0, 101.0, 99.0, 100.0)
    with pytest.raises(InvalidInput, match="follows the position"):
        desk.book.modify(desk.book.working()[0].order_id, time=desk.now, market=100.0, quantity=-2.0)


def test_a_trailing_stop_has_no_price_to_change() -> None:
    desk = Desk()
    order = desk.place(-1.0, TRAILING, trail=Trail(TrailKind.AMOUNT, 5.0))
    with pytest.raises(InvalidInput, match="no stop price to change"):
        desk.book.modify(order, time=desk.now, market=100.0, stop=90.0)


# ---------------------------------------------------------------- cancelling


def test_a_cancelled_order_is_gone() -> None:
    desk = Desk()
    order = desk.place(1.0)
    assert desk.book.cancel(order, time=desk.now) is True
    assert desk.bar(100.0, 101.0, 99.0, 100.0) == []
    assert desk.book.cancel(order, time=desk.now) is False
    assert desk.book.modify(order, time=desk.now, quantity=2.0) is False


def test_all_orders_for_one_instrument_or_for_all_are_cancelled_at_once() -> None:
    desk = Desk()
    desk.place(1.0)
    desk.place(1.0, instrument=OTHER)
    desk.place(2.0)
    assert desk.book.cancel_all(ONE, time=desk.now) == 2
    assert desk.book.cancel_all(time=desk.now) == 1
    assert len(desk.book) == 0


@pytest.mark.parametrize("order_id", [0, -1, 2])
def test_a_number_that_was_never_given_out_is_refused(order_id: int) -> None:
    desk = Desk()
    desk.place(1.0)
    for act in (desk.book.cancel, desk.book.modify):
        with pytest.raises(InvalidInput, match=f"no order {order_id}"):
            act(order_id, time=desk.now)
