"""Where and at what price an order meets a bar: cells of the matrix in domain/orders/README.md."""

import pytest

from domain.orders.model import LimitFill, OrderEventKind, OrderType, Trail, TrailKind
from tests.kit.orders import Desk

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
