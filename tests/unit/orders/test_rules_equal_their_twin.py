"""One order through a few bars fills in the book as it does in plain Python."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.orders.model import LimitFill, OrderType, Trail, TrailKind
from tests.kit.order_rules import Four, Rules, plain_fill
from tests.kit.orders import MARKET, Desk, request

# Few and whole, so that prices often meet exactly.
PRICES = st.integers(92, 108).map(float)


@st.composite
def bars(draw: st.DrawFn) -> Four:
    open_, close, one, other = (draw(PRICES) for _ in range(4))
    return open_, max(open_, close, one, other), min(open_, close, one, other), close


@st.composite
def orders(draw: st.DrawFn) -> tuple[float, OrderType, dict[str, Any]]:
    kind, side = draw(st.sampled_from(OrderType)), draw(st.sampled_from([-1.0, 1.0]))
    fields: dict[str, Any] = {}
    if kind in {OrderType.LIMIT, OrderType.STOP_LIMIT}:
        fields["limit"] = draw(PRICES)
    if kind in {OrderType.STOP, OrderType.STOP_LIMIT}:
        fields["stop"] = MARKET + side * draw(st.integers(1, 8))
    if kind is OrderType.TRAILING_STOP:
        fields["trail"] = draw(
            st.sampled_from([Trail(TrailKind.AMOUNT, 3.0), Trail(TrailKind.PERCENT, 0.03125)])
        )
    return side, kind, fields


@settings(max_examples=600, deadline=None)
@given(
    orders(),
    st.lists(bars(), min_size=1, max_size=6),
    st.sampled_from(LimitFill),
    st.booleans(),
    st.booleans(),
)
def test_one_order_fills_as_the_rules_say(
    order: tuple[float, OrderType, dict[str, Any]],
    prices: list[Four],
    limit_fill: LimitFill,
    market_at_open: bool,
    late: bool,
) -> None:
    side, kind, fields = order
    desk = Desk(limit_fill=limit_fill, market_at_open=market_at_open)
    desk.place(side, kind, **fields)
    filled = None
    for number, four in enumerate(prices):
        for quantity, price in desk.bar(*four, opened=0 if late and number == 0 else None):
            assert (filled, quantity) == (None, side)
            filled = number, price

    rules = Rules(limit_fill is LimitFill.TOUCHED, market_at_open)
    assert filled == pytest.approx(
        plain_fill(request(side, kind, **fields), MARKET, prices, rules, late=late)
    )


def test_the_twin_knows_a_case_worked_out_by_hand() -> None:
    # A sale that trails by 3: at 97, then, after a high of 105, at 102
    trailing = request(-1.0, OrderType.TRAILING_STOP, trail=Trail(TrailKind.AMOUNT, 3.0))
    rising = [(100.0, 105.0, 98.0, 104.0), (104.0, 104.0, 101.0, 103.0)]
    assert plain_fill(trailing, MARKET, rising, Rules(False, True)) == (1, 102.0)
