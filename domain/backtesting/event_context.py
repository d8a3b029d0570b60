"""What an event strategy is handed in a simulation."""

import math
from datetime import timedelta
from typing import Protocol

import numpy as np

from domain.arrays import FloatArray
from domain.backtesting.sight import Sight
from domain.backtesting.simulated_orders import OrderAccount, SimulatedOrders
from domain.backtesting.timers import Timers
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.market.instruments import InstrumentId
from domain.orders.model import OrderRequest, OrderType, TimeInForce, Trail, WorkingOrder
from domain.strategies.protocol import BarContext

# Requests are built by place, and of names looked up once: a long run makes millions of them.
_GOOD_TILL_CANCELLED = TimeInForce.GOOD_TILL_CANCELLED
_MARKET, _LIMIT, _STOP = OrderType.MARKET, OrderType.LIMIT, OrderType.STOP


class EventAccount(OrderAccount, Protocol):
    """What an event strategy needs of a simulated account beside its orders."""

    @property
    def cash(self) -> float: ...

    @property
    def equity(self) -> float: ...

    def average(self, j: int) -> float: ...

    def begin_bar(self, i: int) -> None: ...

    def ask(self, j: int, weight: float) -> None: ...

    def end_bar(self, i: int) -> None: ...


class EventContext(BarContext):
    """One object for the whole run: making one a bar would cost more than the bar.

    agenda  not empty while orders work, timers wait or events are to be told; the loop asks it at
            each bar, and skips everything else while it is empty
    """

    __slots__ = (
        "_account",
        "_asked",
        "_close",
        "_close_time",
        "_columns",
        "_name",
        "_only",
        "_ordered",
        "_orders",
        "_sight",
        "_width",
        "agenda",
        "index",
        "instruments",
        "timers",
    )

    index: int
    instruments: tuple[InstrumentId, ...]

    def __init__(
        self, account: EventAccount, panel: Panel, name: str, sight: Sight, orders: SimulatedOrders
    ) -> None:
        self._account = account
        self._name = name
        self._orders = orders
        self.timers = Timers()
        self.agenda: list[bool] = []
        self.index = 0
        self.instruments = tuple(instrument.id for instrument in panel.instruments)
        self._columns = {instrument: column for column, instrument in enumerate(self.instruments)}
        self._only = len(self.instruments) == 1
        self._close = panel.close.reshape(-1).data
        self._close_time = panel.close_time.data
        self._width = len(self.instruments)
        self._sight = sight
        # The bar on which a target was last asked for, and an order placed, for each instrument.
        self._asked = [-1] * len(self.instruments)
        self._ordered = [-1] * len(self.instruments)

    # ------------------------------------------------------------------ what is known

    @property
    def time(self) -> int:
        time: int = self._close_time[self.index]
        return time

    @property
    def bars(self) -> Panel:
        return self._sight.bars(self.index)

    def higher(self, timeframe: str) -> Panel:
        return self._sight.higher(self.index, timeframe)

    def close(self, instrument: InstrumentId | None = None) -> float:
        value: float = self._close[self.index * self._width + self._column(instrument)]
        return value

    def indicator(self, name: str, instrument: InstrumentId | None = None) -> float:
        try:
            value: float = self._sight.indicator(self.index, name)[self.index, self._column(instrument)]
        except InvalidInput as fault:
            raise self._refusal(fault.message) from None
        return value

    def history(self, name: str, bars: int, instrument: InstrumentId | None = None) -> FloatArray:
        if bars < 1:
            raise self._refusal(f"asks for {bars} bars of '{name}'; one is the least")
        try:
            table = np.asarray(self._sight.indicator(self.index, name))
        except InvalidInput as fault:
            raise self._refusal(fault.message) from None
        end = self.index + 1
        return table[max(0, end - bars) : end, self._column(instrument)]

    # ------------------------------------------------------------------ the account

    @property
    def equity(self) -> float:
        return self._account.equity

    @property
    def cash(self) -> float:
        return self._account.cash

    def position(self, instrument: InstrumentId | None = None) -> float:
        return self._account.position(self._column(instrument))

    def average_price(self, instrument: InstrumentId | None = None) -> float:
        average = self._account.average(self._column(instrument))
        return average if average > 0 else math.nan

    # ------------------------------------------------------------------ acting

    def target(self, weight: float, instrument: InstrumentId | None = None) -> None:
        column = self._column(instrument)
        if not math.isfinite(weight):
            raise InvalidInput(
                f"'{self._name}' asks for the weight {weight} at bar {self.index}; a target is a finite share of equity."
            )
        if self._ordered[column] == self.index:
            raise self._both(column)
        self._asked[column] = self.index
        self._account.ask(column, weight)

    def order(self, request: OrderRequest) -> int:
        column, index = self._column(request.instrument), self.index
        if self._asked[column] == index:
            raise self._both(column)
        self._ordered[column] = index
        try:
            order_id = self._orders.place(request, column, index)
        except InvalidInput as fault:
            raise self._refusal(f"places an order that cannot be carried out. {fault.message}") from None
        if not self.agenda:
            self.wake()
        return order_id

    def buy(
        self,
        quantity: float,
        instrument: InstrumentId | None = None,
        *,
        limit: float | None = None,
        stop: float | None = None,
        trail: Trail | None = None,
        take_profit: float | None = None,
        stop_loss: float | None = None,
        reduce_only: bool = False,
        oco_group: str = "",
        tag: str = "",
    ) -> int:
        return self.order(
            OrderRequest(
                self._named(instrument),
                self._above_zero(quantity),
                _type_of(limit, stop, trail),
                limit,
                stop,
                trail,
                _GOOD_TILL_CANCELLED,
                None,
                take_profit,
                stop_loss,
                reduce_only,
                oco_group,
                tag,
            )
        )

    def sell(
        self,
        quantity: float,
        instrument: InstrumentId | None = None,
        *,
        limit: float | None = None,
        stop: float | None = None,
        trail: Trail | None = None,
        take_profit: float | None = None,
        stop_loss: float | None = None,
        reduce_only: bool = False,
        oco_group: str = "",
        tag: str = "",
    ) -> int:
        return self.order(
            OrderRequest(
                self._named(instrument),
                -self._above_zero(quantity),
                _type_of(limit, stop, trail),
                limit,
                stop,
                trail,
                _GOOD_TILL_CANCELLED,
                None,
                take_profit,
                stop_loss,
                reduce_only,
                oco_group,
                tag,
            )
        )

    def close_position(self, instrument: InstrumentId | None = None) -> int | None:
        held = self.position(instrument)
        if held == 0:
            return None
        return self.order(OrderRequest(self._named(instrument), -held, reduce_only=True))

    def modify(
        self,
        order_id: int,
        *,
        quantity: float | None = None,
        limit: float | None = None,
        stop: float | None = None,
        take_profit: float | None = None,
        stop_loss: float | None = None,
    ) -> bool:
        try:
            return self._orders.modify(
                order_id,
                self.index,
                quantity=quantity,
                limit=limit,
                stop=stop,
                take_profit=take_profit,
                stop_loss=stop_loss,
            )
        except InvalidInput as fault:
            raise self._refusal(f"changes an order in a way that cannot be. {fault.message}") from None

    def cancel(self, order_id: int) -> bool:
        try:
            return self._orders.cancel(order_id, self.index)
        except InvalidInput as fault:
            raise self._refusal(f"cancels an order it never placed. {fault.message}") from None

    def cancel_all(self, instrument: InstrumentId | None = None) -> int:
        return self._orders.cancel_all(None if instrument is None else self._named(instrument), self.index)

    def orders(self, instrument: InstrumentId | None = None) -> tuple[WorkingOrder, ...]:
        return self._orders.working(None if instrument is None else self._named(instrument))

    def timer(self, name: str, *, at: int | timedelta | None = None, every: timedelta | None = None) -> None:
        try:
            self.timers.set(name, self.time, at, every)
        except InvalidInput as fault:
            raise self._refusal(f"sets a timer that cannot be. {fault.message}") from None
        self.wake()

    def cancel_timer(self, name: str) -> bool:
        return self.timers.cancel(name)

    # ------------------------------------------------------------------ for the loop

    def wake(self) -> None:
        if not self.agenda:
            self.agenda.append(True)

    # ------------------------------------------------------------------ what is wrong

    def _column(self, instrument: InstrumentId | None) -> int:
        if instrument is None:
            if self._only:
                return 0
            raise InvalidInput(
                f"'{self._name}' at bar {self.index} must say which of its {len(self.instruments)} instruments it means."
            )
        column = self._columns.get(instrument)
        if column is None:
            raise InvalidInput(
                f"'{self._name}' at bar {self.index} asks for {instrument}, which is not among its instruments."
            )
        return column

    def _named(self, instrument: InstrumentId | None) -> InstrumentId:
        return self.instruments[self._column(instrument)]

    def _above_zero(self, quantity: float) -> float:
        if not (math.isfinite(quantity) and quantity > 0):
            raise self._refusal(f"orders the quantity {quantity}; say how many units above 0 to buy or sell")
        return quantity

    def _refusal(self, what: str) -> InvalidInput:
        return InvalidInput(f"'{self._name}' at bar {self.index} {what.rstrip('.')}.")

    def _both(self, column: int) -> InvalidInput:
        return self._refusal(
            f"both asks for a target and places an order for {self.instruments[column]}; one bar takes one of them"
        )


def _type_of(limit: float | None, stop: float | None, trail: Trail | None) -> OrderType:
    if trail is not None:
        return OrderType.TRAILING_STOP
    if limit is not None:
        return _LIMIT if stop is None else OrderType.STOP_LIMIT
    return _MARKET if stop is None else _STOP
