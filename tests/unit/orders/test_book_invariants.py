"""What holds for every book, whatever is placed and however prices move."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.orders.model import (
    LimitFill,
    OrderEvent,
    OrderEventKind,
    OrderRole,
    OrderType,
    TimeInForce,
    Trail,
    TrailKind,
)
from tests.kit.orders import ONE, OTHER, Desk, request

FILLS = {OrderEventKind.FILLED, OrderEventKind.PARTIALLY_FILLED}
ENDS = {
    OrderEventKind.FILLED,
    OrderEventKind.CANCELLED,
    OrderEventKind.EXPIRED,
    OrderEventKind.DENIED,
}


@dataclass
class Session:
    """A desk after a random life: the bars it saw, by close time, and the orders it accepted."""

    desk: Desk
    bars: dict[int, dict[Any, tuple[float, float, float, float]]]
    placed: dict[int, Any]

    @property
    def fills(self) -> list[OrderEvent]:
        return [event for event in self.desk.events if event.kind in FILLS]


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    desk = Desk(
        limit_fill=draw(st.sampled_from(LimitFill)),
        market_at_open=draw(st.booleans()),
        capacity=draw(st.sampled_from([3.0, 7.0, 1e9])),
    )
    session = Session(desk, {}, {})
    for _ in range(draw(st.integers(1, 25))):
        for _ in range(int(random.integers(0, 3))):
            _place(session, random)
        if random.random() < 0.2 and session.placed:
            desk.book.cancel(int(random.choice(list(session.placed))), time=desk.now)
        row = {one: _bar(desk.market, random) for one in (ONE, OTHER) if random.random() < 0.9}
        desk.row(row, session=int(desk.bars // 2))
        session.bars[desk.now] = row
        desk.market = float(row[ONE][3]) if ONE in row else desk.market
    return session


def _place(session: Session, random: np.random.Generator) -> None:
    desk, kind = session.desk, OrderType(int(random.integers(len(OrderType))))
    side = float(random.choice([-1.0, 1.0]))

    def near() -> float:
        return desk.market * float(np.exp(random.normal(0, 0.02)))

    fields: dict[str, Any] = {}
    if kind in {OrderType.LIMIT, OrderType.STOP_LIMIT}:
        fields["limit"] = near()
    if kind in {OrderType.STOP, OrderType.STOP_LIMIT}:
        fields["stop"] = desk.market * float(np.exp(side * random.uniform(0.001, 0.03)))
    if kind is OrderType.TRAILING_STOP:
        fields["trail"] = Trail(TrailKind.PERCENT, float(random.uniform(0.005, 0.03)))
    if random.random() < 0.4:
        fields |= {"take_profit": near() * (1 + side * 0.04), "stop_loss": near() * (1 - side * 0.04)}
    if random.random() < 0.3:
        fields["oco_group"] = str(random.choice(["a", "b"]))
    if random.random() < 0.2:
        fields["time_in_force"] = TimeInForce.DAY
    quantity = side * float(random.integers(1, 10))
    instrument = ONE if random.random() < 0.7 else OTHER
    try:
        number = desk.place(quantity, kind, instrument=instrument, **fields)
    except InvalidInput:
        return
    session.placed[number] = request(quantity, kind, instrument=instrument, **fields)


def _bar(market: float, random: np.random.Generator) -> tuple[float, float, float, float]:
    open_, *rest = market * np.exp(random.normal(0, 0.02, 4))
    close = rest[0]
    return float(open_), float(max(open_, *rest)), float(min(open_, *rest)), float(close)


@settings(max_examples=80, deadline=None)
@given(sessions())
def test_no_fill_lies_outside_its_bar(session: Session) -> None:
    for event in session.fills:
        _, high, low, _ = session.bars[event.time][event.instrument]
        assert event.price is not None
        assert low <= event.price <= high


@settings(max_examples=80, deadline=None)
@given(sessions())
def test_a_price_limit_is_kept(session: Session) -> None:
    for event, wanted in zip(session.fills, session.desk.wanted, strict=True):
        assert event.order_id == wanted.order_id
        if wanted.limit is not None:
            side = 1.0 if wanted.quantity > 0 else -1.0
            assert side * (wanted.reference - wanted.limit) <= 0


@settings(max_examples=80, deadline=None)
@given(sessions())
def test_nothing_happens_to_an_order_that_has_ended(session: Session) -> None:
    ended: set[int] = set()
    for event in session.desk.events:
        assert event.order_id not in ended
        if event.kind in ENDS:
            ended.add(event.order_id)
    working = {one.order_id for one in session.desk.book.working()}
    assert working.isdisjoint(ended)
    assert working | ended == {event.order_id for event in session.desk.events}


@settings(max_examples=80, deadline=None)
@given(sessions())
def test_no_order_is_filled_for_more_than_its_quantity_nor_on_the_bar_it_was_decided_on(
    session: Session,
) -> None:
    filled: dict[int, float] = {}
    for event in session.fills:
        filled[event.order_id] = filled.get(event.order_id, 0.0) + event.quantity
        if event.order_id in session.placed:
            assert event.time > event.placed_at
    for number, order in session.placed.items():
        units = filled.get(number, 0.0)
        assert 0 <= units / order.quantity <= 1 + 1e-9


@settings(max_examples=80, deadline=None)
@given(sessions())
def test_of_a_group_one_order_alone_is_filled(session: Session) -> None:
    first: dict[str, OrderEvent] = {}
    for event in session.desk.events:
        order = session.placed.get(event.order_id)
        group = "" if order is None else order.oco_group
        if not group:
            continue
        taken = first.get(group)
        if event.kind in FILLS:
            # Orders of the same name placed after the group was filled are a group of their own
            if taken is not None and taken.order_id != event.order_id:
                assert event.placed_at >= taken.time
            first[group] = event


@settings(max_examples=80, deadline=None)
@given(sessions())
def test_exits_of_a_bracket_close_what_was_entered_and_never_more(session: Session) -> None:
    roles = {OrderRole.OWN: 0.0, OrderRole.STOP_LOSS: 0.0, OrderRole.TAKE_PROFIT: 0.0}
    brackets = {n for n, one in session.placed.items() if one.take_profit is not None}
    entered = exits_of_longs = exits_of_shorts = shorted = 0.0
    for event in session.fills:
        if event.order_id in brackets:
            entered += max(event.quantity, 0.0)
            shorted += min(event.quantity, 0.0)
        elif event.role is not OrderRole.OWN:
            roles[event.role] += abs(event.quantity)
            exits_of_longs += min(event.quantity, 0.0)
            exits_of_shorts += max(event.quantity, 0.0)
        assert exits_of_longs >= -entered - 1e-9
        assert exits_of_shorts <= -shorted + 1e-9
    waiting = sum(one.remaining for one in session.desk.book.working() if one.role is OrderRole.STOP_LOSS)
    assert abs(entered + exits_of_longs + shorted + exits_of_shorts + waiting) < 1e-6


@settings(max_examples=80, deadline=None)
@given(sessions())
def test_every_order_is_accepted_first(session: Session) -> None:
    seen: set[int] = set()
    for event in session.desk.events:
        assert (event.kind is OrderEventKind.ACCEPTED) == (event.order_id not in seen)
        seen.add(event.order_id)
