"""What an order is, in the words that strategies, simulations and brokers share. Free of numpy.

What passes between a strategy, the book and an account at every order is a named tuple, because a long
run makes millions of them.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple

from domain.market.instruments import InstrumentId


class OrderType(IntEnum):
    """How an order waits for its price.

    MARKET_ON_OPEN and MARKET_ON_CLOSE fill at the open and at the close of the next bar alone.
    """

    MARKET = 0
    LIMIT = 1
    STOP = 2
    STOP_LIMIT = 3
    TRAILING_STOP = 4
    MARKET_ON_OPEN = 5
    MARKET_ON_CLOSE = 6


class TimeInForce(IntEnum):
    """How long an order waits: until cancelled, to the end of its session, or up to a date."""

    GOOD_TILL_CANCELLED = 0
    DAY = 1
    GOOD_TILL_DATE = 2


class LimitFill(StrEnum):
    """What a bar must do to fill a limit order inside it.

    CROSSED (the default) wants a price beyond the limit: at the limit itself others stand first in
    the queue. TOUCHED is content with the limit, and optimistic.
    """

    CROSSED = "crossed"
    TOUCHED = "touched"


class OrderRole(IntEnum):
    """What an order is for: the strategy's own purpose, or one of the two exits of a bracket."""

    OWN = 0
    STOP_LOSS = 1
    TAKE_PROFIT = 2


class TrailKind(IntEnum):
    """What the distance of a trailing stop is measured in."""

    AMOUNT = 0
    PERCENT = 1
    ATR = 2


@dataclass(frozen=True, slots=True)
class Trail:
    """Distance a trailing stop keeps from the best price since it began to wait.

    AMOUNT is in price units; PERCENT a fraction (0.05 is five per cent); ATR a multiple of the
    average true range over `window` bars, as it stood when the order was placed.
    """

    kind: TrailKind
    distance: float
    window: int = 14


class OrderRequest(NamedTuple):
    """What a strategy wants done. quantity is in units, positive buys and negative sells.

    limit, stop   prices; which are needed follows from the type
    trail         of a TRAILING_STOP alone
    good_till     UTC nanoseconds, of a GOOD_TILL_DATE order alone: the last bar close it may fill at
    take_profit, stop_loss
                  prices of a bracket: two exits of the filled quantity that cancel each other (OCO)
                  and begin to wait when this order has been filled
    reduce_only   never opens or flips a position: what is too much is cut off
    oco_group     orders of one group other than "" cancel each other once one of them has filled, be it
                  in part: what is left of that one goes on
    tag           the strategy's own word for it
    """

    instrument: InstrumentId
    quantity: float
    type: OrderType = OrderType.MARKET
    limit: float | None = None
    stop: float | None = None
    trail: Trail | None = None
    time_in_force: TimeInForce = TimeInForce.GOOD_TILL_CANCELLED
    good_till: int | None = None
    take_profit: float | None = None
    stop_loss: float | None = None
    reduce_only: bool = False
    oco_group: str = ""
    tag: str = ""


class OrderEventKind(IntEnum):
    """What happened to an order."""

    ACCEPTED = 0
    FILLED = 1
    PARTIALLY_FILLED = 2
    CANCELLED = 3
    EXPIRED = 4
    DENIED = 5
    TRIGGERED = 6
    MODIFIED = 7


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """One step in the life of an order.

    quantity is what this step filled, or for any other step what was still to be filled; signed, in
    units. price is that of a fill, before spread and slippage where the account charges those itself.
    time is UTC nanoseconds: the close of the bar it happened in. reason is a short phrase for people.
    role, tag and placed_at (UTC nanoseconds) are the order's.
    """

    order_id: int
    kind: OrderEventKind
    time: int
    instrument: InstrumentId
    quantity: float = 0.0
    price: float | None = None
    reason: str = ""
    role: OrderRole = OrderRole.OWN
    tag: str = ""
    placed_at: int = 0


@dataclass(frozen=True, slots=True)
class WorkingOrder:
    """An order that waits.

    remaining is signed, in units; stop is where the stop stands now, which moves for a trailing stop;
    limit is that of a limit order. placed_at is UTC nanoseconds. role tells the exits of a bracket
    from the strategy's own orders.
    """

    order_id: int
    request: OrderRequest
    remaining: float
    stop: float | None = None
    placed_at: int = 0
    limit: float | None = None
    role: OrderRole = OrderRole.OWN


class WantedFill(NamedTuple):
    """What the book asks to be carried out now.

    quantity   signed units
    reference  the price the bar offers, before spread and slippage
    passive    whether the order stood in the book at this price, and so pays no spread or slippage
    limit      the worst price its owner accepts; None for none
    placed_at  UTC nanoseconds
    """

    order_id: int
    request: OrderRequest
    role: OrderRole
    quantity: float
    reference: float
    passive: bool
    limit: float | None
    placed_at: int


class Execution(NamedTuple):
    """What came of a wanted fill.

    filled   signed units, between 0 and the quantity wanted
    refused  why the rest will never be filled: it ends the order. "" lets the rest wait
    price    what was paid, where it is known; None takes the reference
    """

    filled: float
    refused: str = ""
    price: float | None = None
