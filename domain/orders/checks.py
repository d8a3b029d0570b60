"""What is wrong with an order before it is accepted. Every message is one sentence for a person."""

import math
from collections.abc import Iterator

from domain.errors import InvalidInput
from domain.orders.model import OrderRequest, OrderRole, OrderType, TimeInForce, TrailKind, WorkingOrder

_NEEDS_LIMIT = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
_NEEDS_STOP = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})


def check_request(request: OrderRequest, *, time: int, market: float, atr: float | None) -> None:
    """Raises InvalidInput that names the first thing wrong with the order.

    time    when it is placed, UTC nanoseconds
    market  last known price of the instrument; NaN when there has been none
    atr     average true range for a trail measured in it
    """
    if _is_plain(request):
        return
    for problem in _problems(request, time, market, atr):
        raise InvalidInput(f"{_name(request)} for {request.instrument} {problem}.")


def check_change(
    order: WorkingOrder, market: float, *, quantity: float | None, limit: float | None, stop: float | None
) -> None:
    """Raises InvalidInput for a change of a working order that cannot be meant."""
    for problem in _change_problems(order, market, quantity, limit, stop):
        raise InvalidInput(f"Order {order.order_id} for {order.request.instrument} {problem}.")


def check_exits(
    order: WorkingOrder, market: float, *, take_profit: float | None, stop_loss: float | None, entered: bool
) -> None:
    """Raises InvalidInput where exits cannot be moved, or lie on the wrong side of the entry.

    entered  whether something was filled already, so that the exits work
    """
    request = order.request
    what = f"Order {order.order_id} for {request.instrument}"
    if request.take_profit is None and request.stop_loss is None:
        raise InvalidInput(f"{what} was placed without the exits of a bracket, which cannot be added later.")
    if entered:
        raise InvalidInput(f"{what} has exits that work already; change those orders instead.")
    side = 1.0 if order.remaining > 0 else -1.0
    for problem in _bracket_problems(side, _entry_price(request, market), take_profit, stop_loss):
        raise InvalidInput(f"{what} {problem}.")


def _change_problems(
    order: WorkingOrder, market: float, quantity: float | None, limit: float | None, stop: float | None
) -> Iterator[str]:
    side = 1.0 if order.remaining > 0 else -1.0
    if quantity is not None:
        if order.role is not OrderRole.OWN:
            yield "is the exit of a bracket, whose quantity follows the position"
        if not (math.isfinite(quantity) and side * quantity > 0):
            yield f"cannot be changed to the quantity {quantity}; it keeps its side and is finite"
    yield from _changed_price_problems("limit", limit, order.limit is not None)
    is_trailing = order.request.type is OrderType.TRAILING_STOP
    yield from _changed_price_problems("stop", stop, order.stop is not None and not is_trailing)
    if stop is not None and side * (market - stop) >= 0:
        yield _wrong_side(side, stop, market)


def _changed_price_problems(what: str, price: float | None, has_one: bool) -> Iterator[str]:
    if price is not None and not has_one:
        yield f"has no {what} price to change"
    elif price is not None and not is_price(price):
        yield f"cannot be changed to the {what} price {price}; it must be above 0 and finite"


def _entry_price(request: OrderRequest, market: float) -> float:
    """The price an order is expected to enter at: its limit, else its stop, else the market's."""
    if request.limit is not None:
        return request.limit
    return market if request.stop is None else request.stop


def is_price(value: float | None) -> bool:
    return value is not None and math.isfinite(value) and value > 0


def _is_plain(request: OrderRequest) -> bool:
    """Whether there is nothing to check: most orders are market orders of a sound quantity."""
    return (
        request.type is OrderType.MARKET
        and request.time_in_force is TimeInForce.GOOD_TILL_CANCELLED
        and (0 < request.quantity < math.inf or -math.inf < request.quantity < 0)
        and request.limit is None
        and request.stop is None
        and request.trail is None
        and request.good_till is None
        and request.take_profit is None
        and request.stop_loss is None
    )


def _problems(request: OrderRequest, time: int, market: float, atr: float | None) -> Iterator[str]:
    if not math.isfinite(request.quantity) or request.quantity == 0:
        yield f"has the quantity {request.quantity}; it must be a finite number of units other than 0"
    yield from _price_problems("limit", request.limit, request.type in _NEEDS_LIMIT)
    yield from _price_problems("stop", request.stop, request.type in _NEEDS_STOP)
    yield from _trail_problems(request, market, atr)
    yield from _time_problems(request, time)
    side = 1.0 if request.quantity > 0 else -1.0
    if request.stop is not None and side * (market - request.stop) >= 0:
        yield _wrong_side(side, request.stop, market)
    entry = _entry_price(request, market)
    yield from _bracket_problems(side, entry, request.take_profit, request.stop_loss)
    if request.reduce_only and not (request.take_profit is None and request.stop_loss is None):
        yield "only reduces a position, so it cannot carry the exits of a bracket"


def _price_problems(what: str, price: float | None, needed: bool) -> Iterator[str]:
    if price is None:
        if needed:
            yield f"needs a {what} price"
    elif not needed:
        yield f"takes no {what} price"
    elif not is_price(price):
        yield f"has the {what} price {price}; it must be above 0 and finite"


def _trail_problems(request: OrderRequest, market: float, atr: float | None) -> Iterator[str]:
    trail = request.trail
    if request.type is not OrderType.TRAILING_STOP:
        if trail is not None:
            yield "takes no trail; only a trailing stop does"
        return
    if trail is None:
        yield "needs a trail"
    elif not is_price(trail.distance):
        yield f"has the trail {trail.distance}; it must be above 0 and finite"
    elif trail.kind is TrailKind.PERCENT and trail.distance >= 1:
        yield f"has a trail of {trail.distance}; a fraction lies below 1 (0.05 is five per cent)"
    elif not is_price(market):
        yield "has no price to trail yet; wait for the first bar of its instrument"
    elif trail.kind is TrailKind.ATR and not is_price(atr):
        yield f"trails by an average true range that does not exist yet; wait for {trail.window} bars"
    elif request.quantity < 0 and _trail_in_price(request, market, atr) >= market:
        yield f"trails by {trail.distance}, which puts its stop below 0"


def _trail_in_price(request: OrderRequest, market: float, atr: float | None) -> float:
    if request.trail is None:
        return math.nan
    unit = {TrailKind.AMOUNT: 1.0, TrailKind.PERCENT: market, TrailKind.ATR: atr or math.nan}
    return request.trail.distance * unit[request.trail.kind]


def _time_problems(request: OrderRequest, time: int) -> Iterator[str]:
    if request.time_in_force is not TimeInForce.GOOD_TILL_DATE:
        if request.good_till is not None:
            yield "takes no date; only an order good till a date does"
    elif request.good_till is None:
        yield "needs the time it is good till"
    elif request.good_till <= time:
        yield "is good till a time that has passed"


def _bracket_problems(
    side: float, entry: float, take_profit: float | None, stop_loss: float | None
) -> Iterator[str]:
    for what, price, direction in (("take profit", take_profit, 1.0), ("stop loss", stop_loss, -1.0)):
        if price is None:
            continue
        if not is_price(price):
            yield f"has a {what} at {price}; it must be above 0 and finite"
        elif direction * side * (price - entry) <= 0:
            where = "above" if direction * side > 0 else "below"
            yield f"has its {what} at {price}, which must lie {where} the entry at {entry}"


def _wrong_side(side: float, stop: float, market: float) -> str:
    where, kind = ("above", "buy") if side > 0 else ("below", "sell")
    return f"has its stop at {stop}, but a {kind} stop must lie {where} the market, which is at {market}"


def _name(request: OrderRequest) -> str:
    return f"The {request.type.name.lower().replace('_', ' ')} order"
