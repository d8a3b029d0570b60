from collections.abc import Callable, Iterable
from typing import TypeAlias

from domain.market.instruments import InstrumentId
from domain.orders._working import PanelBars, PriceBar, WorkingOrders
from domain.orders.model import (
    Execution,
    LimitFill,
    OrderEvent,
    OrderRequest,
    WantedFill,
    WorkingOrder,
)

Shown: TypeAlias = dict[InstrumentId, PriceBar] | PanelBars

class OrderBook(WorkingOrders):
    def __init__(
        self,
        listen: Callable[[OrderEvent], None],
        *,
        limit_fill: LimitFill = ...,
        market_at_open: bool = ...,
        ends_only: bool = ...,
        instruments: Iterable[InstrumentId] = ...,
    ) -> None: ...
    def place(
        self, request: OrderRequest, *, time: int, market: float = ..., atr: float | None = ...
    ) -> int: ...
    def modify(
        self,
        order_id: int,
        *,
        time: int,
        market: float = ...,
        quantity: float | None = ...,
        limit: float | None = ...,
        stop: float | None = ...,
        take_profit: float | None = ...,
        stop_loss: float | None = ...,
    ) -> bool: ...
    def cancel(self, order_id: int, *, time: int, reason: str = ...) -> bool: ...
    def cancel_all(self, instrument: InstrumentId | None = ..., *, time: int) -> int: ...
    def working(self, instrument: InstrumentId | None = ...) -> tuple[WorkingOrder, ...]: ...
    def instrument_of(self, order_id: int) -> InstrumentId | None: ...
    def instruments(self) -> set[InstrumentId]: ...
    def split(self, instrument: InstrumentId, ratio: float) -> None: ...
    @property
    def has_exits(self) -> bool: ...
    def cancel_orphans(self, position: Callable[[InstrumentId], float], *, time: int) -> None: ...
    def match_bar(self, bars: Shown, execute: Callable[[WantedFill], Execution]) -> bool: ...
    def match_close(self, bars: Shown, execute: Callable[[WantedFill], Execution], *, time: int) -> None: ...
    def match_now(self, bars: Shown, execute: Callable[[WantedFill], Execution]) -> None: ...
