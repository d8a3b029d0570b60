"""The order book of a simulation: bars of the panel in, fills in the simulated account out."""

from bisect import bisect_left
from typing import Protocol

import numpy as np

from domain.arrays import FloatArray
from domain.backtesting.model import FillPrice
from domain.backtesting.result import DenialReason, FillReason, OrderStatus
from domain.features.volatility import atr
from domain.market.bars import Panel
from domain.market.calendars import session_ids
from domain.market.instruments import InstrumentId
from domain.orders.book import OrderBook, PanelBars
from domain.orders.model import (
    Execution,
    LimitFill,
    OrderEvent,
    OrderEventKind,
    OrderRequest,
    OrderRole,
    OrderType,
    TimeInForce,
    TrailKind,
    WantedFill,
    WorkingOrder,
)

_NOTHING_TO_REDUCE = "there is nothing left to reduce"
_NOT_LISTED_BY_ACCOUNT = {
    OrderEventKind.CANCELLED: OrderStatus.CANCELLED,
    OrderEventKind.EXPIRED: OrderStatus.EXPIRED,
}
# By the number of the role. Plain names and numbers: to look a member up costs as much as a small fill.
_PURPOSES = (FillReason.ORDER, FillReason.STOP_LOSS, FillReason.TAKE_PROFIT)
_TRAILING = FillReason.TRAILING_STOP
_OWN, _TRAILING_STOP, _DAY = OrderRole.OWN, OrderType.TRAILING_STOP, TimeInForce.DAY


class OrderAccount(Protocol):
    """What orders need of a simulated account; i is the row of the panel, j the column."""

    def open_bar(self, i: int) -> None: ...

    def close_bar(self, i: int) -> None: ...

    def position(self, j: int) -> float: ...

    def trade(
        self, i: int, j: int, quantity: float, reference: float, reason: int, decided_bar: int, passive: bool
    ) -> float: ...

    def list_order(
        self, decided_bar: int, i: int, j: int, status: int, reason: int, denial: int, quantity: float
    ) -> None: ...

    def split_ratio(self, i: int, j: int) -> float: ...

    def volume_left(self, i: int, j: int) -> float: ...

    def last_close(self, j: int) -> float: ...


class SimulatedOrders:
    """Everything about explicit orders in one run.

    keep_events  whether `events` holds all that happens to orders; nobody may be listening
    events       what has happened to orders and was not told yet
    """

    def __init__(
        self,
        account: OrderAccount,
        panel: Panel,
        *,
        fill: FillPrice,
        limit_fill: LimitFill,
        adverse_rate: float,
        keep_events: bool = True,
    ) -> None:
        self._account = account
        ids = tuple(one.id for one in panel.instruments)
        self._columns = {instrument: column for column, instrument in enumerate(ids)}
        self._adverse_rate = adverse_rate
        self._only = ids if len(ids) == 1 else None
        self._bar = 0
        self._prices = _Prices(panel)
        self._bars = self._prices.bars
        self._close_time = panel.close_time.data
        self._keep_events = keep_events
        self.events: list[OrderEvent] = []
        self.book = OrderBook(
            self._hear,
            limit_fill=limit_fill,
            market_at_open=fill is FillPrice.NEXT_OPEN,
            ends_only=not keep_events,
            instruments=ids,
        )

    # ------------------------------------------------------------------ what the strategy does

    def place(self, request: OrderRequest, column: int, bar: int) -> int:
        """Accept an order for the instrument of a column. Raises InvalidInput for one that cannot be meant."""
        self._bar = bar
        trail = request.trail
        average_range = None
        if trail is not None and trail.kind is TrailKind.ATR:
            average_range = self._prices.average_range(bar, column, trail.window)
        if request.time_in_force is _DAY:
            self._prices.follow_sessions(column)
        market = self._account.last_close(column)
        return self.book.place(request, time=self._close_time[bar], market=market, atr=average_range)

    def modify(self, order_id: int, bar: int, **changes: float | None) -> bool:
        self._bar = bar
        instrument = self.book.instrument_of(order_id)
        if instrument is None:
            return False
        market = self._account.last_close(self._columns[instrument])
        return self.book.modify(order_id, time=self._close_time[bar], market=market, **changes)

    def cancel(self, order_id: int, bar: int) -> bool:
        self._bar = bar
        return self.book.cancel(order_id, time=self._close_time[bar])

    def cancel_all(self, instrument: InstrumentId | None, bar: int) -> int:
        self._bar = bar
        return self.book.cancel_all(instrument, time=self._close_time[bar])

    def working(self, instrument: InstrumentId | None) -> tuple[WorkingOrder, ...]:
        return self.book.working(instrument)

    def take_events(self) -> list[OrderEvent]:
        """What has happened since the last call, in order."""
        taken, self.events = self.events, []
        return taken

    # ------------------------------------------------------------------ what bars do

    def live_through(self, bar: int) -> None:
        """Everything that happens in a bar while orders work."""
        book, account, self._bar = self.book, self._account, bar
        now = self._close_time[bar]
        for instrument in self._only or book.instruments():
            ratio = account.split_ratio(bar, self._columns[instrument])
            if ratio != 1.0:
                book.split(instrument, ratio)
        account.open_bar(bar)
        if book.has_exits:
            book.cancel_orphans(self._position, time=now)
        bars, execute = self._bars.at(bar), self._execute
        closes_matter = book.match_bar(bars, execute)
        account.close_bar(bar)
        if closes_matter:
            book.match_close(bars, execute, time=now)
        if book.has_exits:
            book.cancel_orphans(self._position, time=now)

    def fill_at_this_close(self, bar: int) -> None:
        """Market orders of this very bar, at its close; optimistic."""
        self._bar = bar
        self.book.match_now(self._bars.at(bar), self._execute)

    def finish(self) -> None:
        """List the orders that still work after the last bar."""
        for order in self.book.working():
            self._account.list_order(
                self._prices.row_at(order.placed_at, self._bar),
                -1,
                self._columns[order.request.instrument],
                OrderStatus.PENDING,
                _PURPOSES[order.role],
                DenialReason.NOT_DENIED,
                order.remaining,
            )

    # ------------------------------------------------------------------ between book and account

    def _position(self, instrument: InstrumentId) -> float:
        return self._account.position(self._columns[instrument])

    def _execute(self, wanted: WantedFill) -> Execution:
        _, request, role, quantity, reference, passive, limit, placed_at = wanted
        account, bar = self._account, self._bar
        column = self._columns[request.instrument]
        if request.reduce_only:
            quantity = _reducing(quantity, account.position(column))
            if quantity == 0:
                return Execution(0.0, _NOTHING_TO_REDUCE)
        if limit is not None and not passive:
            reference, passive = self._kept_to_limit(quantity, reference, limit)
        reason = _TRAILING if request.type == _TRAILING_STOP else _PURPOSES[role]
        decided = self._prices.row_at(placed_at, bar) if role == _OWN else bar
        filled = account.trade(bar, column, quantity, reference, reason, decided, passive)
        if filled == wanted.quantity:
            return Execution(filled)
        return Execution(filled, self._refusal(wanted, column, quantity, filled))

    def _kept_to_limit(self, quantity: float, reference: float, limit: float) -> tuple[float, bool]:
        """A limit order that takes a price pays spread and slippage, but never more than its limit."""
        side = 1.0 if quantity > 0 else -1.0
        dearest = reference * (1.0 + side * self._adverse_rate)
        return (limit, True) if side * (dearest - limit) > 0 else (reference, False)

    def _refusal(self, wanted: WantedFill, column: int, quantity: float, filled: float) -> str:
        """Why what was not filled never will be; "" when the rest may wait for the next bar."""
        if filled == quantity:
            return "" if quantity == wanted.quantity else _NOTHING_TO_REDUCE
        if self._account.volume_left(self._bar, column) <= 0:
            return ""
        return "the account cannot pay for it" if abs(filled) == 0 else "the account cannot pay for the rest"

    def _hear(self, event: OrderEvent) -> None:
        if self._keep_events:
            self.events.append(event)
        status = _NOT_LISTED_BY_ACCOUNT.get(event.kind)
        if event.kind is OrderEventKind.DENIED and event.reason == _NOTHING_TO_REDUCE:
            status = OrderStatus.CANCELLED
        if status is not None:
            self._account.list_order(
                self._prices.row_at(event.placed_at, self._bar),
                self._bar,
                self._columns[event.instrument],
                status,
                _PURPOSES[event.role],
                DenialReason.NOT_DENIED,
                event.quantity,
            )


class _Prices:
    """The bars of the panel as orders meet them, and what is made of them only where an order asks."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._close_time = panel.close_time.data
        # An instrument with a bar at every time opens each after the last decision: none comes late.
        mixed = len(panel.instruments) > 1 and bool(np.isnan(panel.close).any())
        self._is_intraday = panel.timeframe.is_intraday
        self.bars = PanelBars(
            panel.open,
            panel.high,
            panel.low,
            panel.close,
            panel.close_time,
            panel.open_time if mixed else None,
            ends_session=not self._is_intraday,
        )
        self._followed: set[int] = set()
        self._ranges: dict[int, FloatArray] = {}

    def row_at(self, time: int, bar: int) -> int:
        """The row up to `bar` that closed at a time; most often the one before."""
        if bar > 0 and self._close_time[bar - 1] == time:
            return bar - 1
        return bisect_left(self._close_time, time, hi=bar + 1)

    def follow_sessions(self, column: int) -> None:
        """Have the bars say which session each of this instrument belongs to."""
        if self._is_intraday and column not in self._followed:
            self._followed.add(column)
            sessions = session_ids(self._panel.close_time, self._panel.instruments[column])
            self.bars.follow_sessions(column, np.ascontiguousarray(sessions, dtype=np.int64))

    def average_range(self, bar: int, column: int, window: int) -> float:
        """Average true range at the instrument's last bar; made once for each window."""
        table = self._ranges.get(window)
        if table is None:
            panel = self._panel
            table = _last_known(atr(panel.high, panel.low, panel.close, window))
            self._ranges[window] = table
        return float(table[bar, column])


def _last_known(values: FloatArray) -> FloatArray:
    """Each number, or the one before it where it is NaN; NaN before the first."""
    rows = np.arange(len(values)).reshape(-1, 1)
    known = np.maximum.accumulate(np.where(np.isnan(values), 0, rows), axis=0)
    return np.take_along_axis(values, known, axis=0)


def _reducing(quantity: float, position: float) -> float:
    """As much of the quantity as closes the position."""
    if quantity * position >= 0:
        return 0.0
    return quantity if abs(quantity) <= abs(position) else -position
