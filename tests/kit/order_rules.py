"""The market rules of one order once more, in plain Python and in another way: an oracle for the book.

Where `_rules.pxd` multiplies by the side of an order, a sale is turned here into a purchase, by turning
all prices upside down. There is no quantity: an order fills whole or not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.orders.model import OrderRequest, OrderType, TrailKind

Four = tuple[float, float, float, float]
"""Open, high, low and close of a bar."""


@dataclass(frozen=True)
class Rules:
    touch_is_enough: bool
    market_at_open: bool


@dataclass
class PlainBuy:
    """A purchase, or a sale in a world upside down."""

    rules: Rules
    kind: OrderType
    limit: float
    stop: float
    distance: float
    is_share: bool
    lowest: float

    def at_open(self, price: float) -> float | None:
        """What it pays at a known price that is not the bar's last."""
        if self.kind is OrderType.MARKET:
            return price if self.rules.market_at_open else None
        if self.kind is OrderType.MARKET_ON_OPEN:
            return price
        return self._woken_or_limited(price)

    def at_close(self, price: float) -> float | None:
        """What it pays at a close that is the first price after it was placed."""
        if self.kind in {OrderType.MARKET, OrderType.MARKET_ON_CLOSE}:
            return price
        return self._woken_or_limited(price)

    def inside(self, high: float, low: float) -> float | None:
        """What it pays in a bar that did not fill it at the open."""
        if self.kind is OrderType.LIMIT:
            crossed = low <= self.limit if self.rules.touch_is_enough else low < self.limit
            return self.limit if crossed else None
        if high < self._level():
            return None
        if self.kind in {OrderType.STOP, OrderType.TRAILING_STOP}:
            return self._level()
        if self.kind is OrderType.STOP_LIMIT:
            self.kind = OrderType.LIMIT
            return self.stop if self.stop <= self.limit else None
        return None

    def follow(self, low: float) -> None:
        self.lowest = min(self.lowest, low)

    def _woken_or_limited(self, price: float) -> float | None:
        if self.kind is OrderType.STOP_LIMIT and price >= self.stop:
            self.kind = OrderType.LIMIT
        if self.kind is OrderType.LIMIT:
            return price if price < self.limit else None
        is_stop = self.kind in {OrderType.STOP, OrderType.TRAILING_STOP}
        return price if is_stop and price >= self._level() else None

    def _level(self) -> float:
        if self.kind is OrderType.TRAILING_STOP:
            return self.lowest + (abs(self.lowest) * self.distance if self.is_share else self.distance)
        return self.stop


def plain_fill(
    request: OrderRequest, market: float, bars: Sequence[Four], rules: Rules, *, late: bool = False
) -> tuple[int, float] | None:
    """Which of the bars fills an order placed before them, and at what price; None if none does.

    late  the first bar had opened before the order was placed, and so offers its close alone
    """
    side = 1.0 if request.quantity > 0 else -1.0
    order = _upright(request, market, rules, side)
    for number, (open_, high, low, close) in enumerate(bars):
        top, bottom = (high, low) if side > 0 else (-low, -high)
        if late and number == 0:
            paid = order.at_close(side * close)
            order.follow(side * close)
        else:
            paid = _through(order, side * open_, top, bottom, side * close)
        if paid is not None:
            return number, side * paid
        if order.kind is OrderType.MARKET_ON_CLOSE or (
            order.kind is OrderType.MARKET_ON_OPEN and not (late and number == 0)
        ):
            return None
    return None


def _through(order: PlainBuy, open_: float, high: float, low: float, close: float) -> float | None:
    paid = order.at_open(open_)
    if paid is None:
        paid = order.inside(high, low)
    if paid is None and order.kind in {OrderType.MARKET, OrderType.MARKET_ON_CLOSE}:
        paid = close
    order.follow(low)
    return paid


def _upright(request: OrderRequest, market: float, rules: Rules, side: float) -> PlainBuy:
    trail = request.trail
    return PlainBuy(
        rules,
        request.type,
        side * (request.limit or 0.0),
        side * (request.stop or 0.0),
        0.0 if trail is None else trail.distance,
        trail is not None and trail.kind is TrailKind.PERCENT,
        side * market,
    )
