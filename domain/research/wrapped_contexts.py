"""Bar contexts that stand between an event strategy and the account it acts on.

Each shows the strategy what the real context shows. What it does is kept from the account: for good
while it only looks on, for some bars while it is delayed.
"""

import math
from dataclasses import dataclass, field, replace
from typing import Any

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.market.instruments import InstrumentId
from domain.orders.model import OrderEvent, OrderRequest, WorkingOrder
from domain.strategies.protocol import BarContext

NO_ORDER = -1
"""Number of an order that was never placed."""


class Seat:
    """One strategy's place at a context that several share: its indicators and timers are its own."""

    def __init__(self, context: BarContext, name: str) -> None:
        self._context = context
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def indicator(self, name: str, instrument: InstrumentId | None = None) -> float:
        return self._context.indicator(own_name(self._name, name), instrument)

    def history(self, name: str, bars: int, instrument: InstrumentId | None = None) -> FloatArray:
        return self._context.history(own_name(self._name, name), bars, instrument)

    def timer(self, name: str, **when: Any) -> None:
        self._context.timer(own_name(self._name, name), **when)

    def cancel_timer(self, name: str) -> bool:
        return self._context.cancel_timer(own_name(self._name, name))

    def modify(self, order_id: int, **changes: Any) -> bool:
        return order_id != NO_ORDER and self._context.modify(order_id, **changes)

    def cancel(self, order_id: int) -> bool:
        return order_id != NO_ORDER and self._context.cancel(order_id)


class Onlooker(Seat):
    """A seat without an account: flat, no order works, and what is asked for goes nowhere."""

    def position(self, instrument: InstrumentId | None = None) -> float:  # noqa: ARG002 - as in BarContext
        return 0.0

    def average_price(self, instrument: InstrumentId | None = None) -> float:  # noqa: ARG002 - as above
        return math.nan

    def target(self, weight: float, instrument: InstrumentId | None = None) -> None:
        """Ask for nothing."""

    def order(self, request: OrderRequest) -> int:  # noqa: ARG002 - as above
        return NO_ORDER

    def buy(self, *order: Any, **terms: Any) -> int:  # noqa: ARG002 - as above
        return NO_ORDER

    def sell(self, *order: Any, **terms: Any) -> int:  # noqa: ARG002 - as above
        return NO_ORDER

    def close_position(self, instrument: InstrumentId | None = None) -> int | None:  # noqa: ARG002 - as above
        return None

    def modify(self, order_id: int, **changes: Any) -> bool:  # noqa: ARG002 - as above
        return False

    def cancel(self, order_id: int) -> bool:  # noqa: ARG002 - as above
        return False

    def cancel_all(self, instrument: InstrumentId | None = None) -> int:  # noqa: ARG002 - as above
        return 0

    def orders(self, instrument: InstrumentId | None = None) -> tuple[WorkingOrder, ...]:  # noqa: ARG002 - as above
        return ()


def own_name(owner: str, name: str) -> str:
    """What an indicator or a timer of this owner is called where several share a context."""
    return f"{owner}:{name}"


@dataclass(frozen=True, slots=True)
class _Wish:
    """Something that was asked for. number is the strategy's own of an order it placed."""

    action: str
    arguments: tuple[Any, ...]
    terms: dict[str, Any]
    number: int | None = None


@dataclass(slots=True)
class Delay:
    """What a strategy asked for and has not reached the account yet, oldest bar first.

    The strategy is given numbers of its own for the orders it places; `real` and `own` translate them
    once an order has been placed.
    """

    waiting: list[list[_Wish]] = field(default_factory=lambda: [[]])
    real: dict[int, int] = field(default_factory=dict)
    own: dict[int, int] = field(default_factory=dict)
    placed: int = 0

    def release(self, context: BarContext) -> None:
        """Carry out what was asked for on the oldest bar that waits."""
        for wish in self.waiting.pop(0):
            try:
                self._carry_out(wish, context)
            except InvalidInput:
                # A stop that the price has passed by now cannot be placed any more: a broker would
                # refuse it, and the strategy would find that it has no order.
                continue

    def _carry_out(self, wish: _Wish, context: BarContext) -> None:
        arguments = wish.arguments
        if wish.action in {"modify", "cancel"}:
            if arguments[0] not in self.real:
                return
            arguments = (self.real[arguments[0]], *arguments[1:])
        answer = getattr(context, wish.action)(*arguments, **wish.terms)
        if wish.number is not None and answer is not None:
            self.real[wish.number] = answer
            self.own[answer] = wish.number

    def told(self, event: OrderEvent) -> OrderEvent:
        """The event with the number the strategy knows its order by."""
        return replace(event, order_id=self.own.get(event.order_id, event.order_id))


class Postponed:
    """A context that notes what is asked for instead of doing it; see `Delay`."""

    def __init__(self, context: BarContext, delay: Delay) -> None:
        self._context = context
        self._delay = delay

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def target(self, weight: float, instrument: InstrumentId | None = None) -> None:
        self._note("target", weight, instrument)

    def order(self, request: OrderRequest) -> int:
        return self._place("order", request)

    def buy(self, *order: Any, **terms: Any) -> int:
        return self._place("buy", *order, **terms)

    def sell(self, *order: Any, **terms: Any) -> int:
        return self._place("sell", *order, **terms)

    def close_position(self, instrument: InstrumentId | None = None) -> int | None:
        if self._context.position(instrument) == 0.0:
            return None
        return self._place("close_position", instrument)

    def modify(self, order_id: int, **changes: Any) -> bool:
        self._note("modify", order_id, **changes)
        return self._works(order_id)

    def cancel(self, order_id: int) -> bool:
        self._note("cancel", order_id)
        return self._works(order_id)

    def cancel_all(self, instrument: InstrumentId | None = None) -> int:
        self._note("cancel_all", instrument)
        return len(self.orders(instrument))

    def orders(self, instrument: InstrumentId | None = None) -> tuple[WorkingOrder, ...]:
        own = self._delay.own
        return tuple(
            replace(one, order_id=own.get(one.order_id, one.order_id))
            for one in self._context.orders(instrument)
        )

    def _works(self, order_id: int) -> bool:
        """Whether it is in the account's book, or still on its way there."""
        if order_id not in self._delay.real:
            return 0 < order_id <= self._delay.placed
        return any(one.order_id == order_id for one in self.orders())

    def _place(self, action: str, *arguments: Any, **terms: Any) -> int:
        self._delay.placed += 1
        self._note(action, *arguments, number=self._delay.placed, **terms)
        return self._delay.placed

    def _note(self, action: str, *arguments: Any, number: int | None = None, **terms: Any) -> None:
        self._delay.waiting[-1].append(_Wish(action, arguments, terms, number))
