"""Orders that end one another: the exits of a bracket, and groups of which one fills."""

import pytest

from domain.orders.model import OrderEventKind, OrderRole, OrderType
from tests.kit.orders import FLAT, ONE, OTHER, Desk

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
