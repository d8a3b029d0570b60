"""Builders for the order book: bars of four numbers, a book that keeps what happened, a plain account."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.backtesting.event_loop import run_events
from domain.backtesting.result import OrderStatus
from domain.clock import NANOSECONDS_PER_DAY
from domain.market.bars import Panel
from domain.market.instruments import InstrumentId
from domain.orders.book import OrderBook, PriceBar
from domain.orders.model import (
    Execution,
    LimitFill,
    OrderEvent,
    OrderEventKind,
    OrderRequest,
    OrderType,
    WantedFill,
)
from domain.strategies.protocol import BarContext, EventStrategy

ONE = InstrumentId("ONE.XNAS")
OTHER = InstrumentId("OTHER.XNAS")
MARKET = 100.0
FLAT = (100.0, 100.0, 100.0, 100.0)


def request(quantity: float, kind: OrderType = OrderType.MARKET, **fields: Any) -> OrderRequest:
    """An order for ONE, unless told otherwise."""
    return OrderRequest(fields.pop("instrument", ONE), quantity, kind, **fields)


@dataclass
class Desk:
    """A book at a market of 100, fed bar by bar, and everything that came of it.

    `capacity` is how many units a bar lets through; `refuse` says why nothing more is filled. `wanted`
    holds the requests behind the fills.
    Bar k, counted from 1, lasts from day k to day k + 1; orders are placed at the close before.
    """

    limit_fill: LimitFill = LimitFill.CROSSED
    market_at_open: bool = True
    market: float = MARKET
    capacity: float = math.inf
    refuse: str = ""
    events: list[OrderEvent] = field(default_factory=list)
    wanted: list[WantedFill] = field(default_factory=list)
    bars: int = 0

    def __post_init__(self) -> None:
        self.book = OrderBook(
            self.events.append, limit_fill=self.limit_fill, market_at_open=self.market_at_open
        )
        self._left = self.capacity
        self.positions: dict[InstrumentId, float] = {}

    @property
    def now(self) -> int:
        return (self.bars + 1) * NANOSECONDS_PER_DAY

    def place(self, quantity: float, kind: OrderType = OrderType.MARKET, **fields: Any) -> int:
        atr = fields.pop("atr", None)
        return self.book.place(request(quantity, kind, **fields), time=self.now, market=self.market, atr=atr)

    def bar(
        self,
        open_: float,
        high: float,
        low: float,
        close: float,
        *,
        instrument: InstrumentId = ONE,
        session: int | None = None,
        ends_session: bool = False,
        opened: int | None = None,
    ) -> list[tuple[float, float]]:
        """Live through one bar; what it filled, as (quantity, reference price)."""
        return self.row(
            {instrument: (open_, high, low, close)}, session=session, ends_session=ends_session, opened=opened
        )

    def row(
        self,
        prices: dict[InstrumentId, tuple[float, float, float, float]],
        *,
        session: int | None = None,
        ends_session: bool = False,
        opened: int | None = None,
    ) -> list[tuple[float, float]]:
        """The same for several instruments at once."""
        start = self.now
        self.bars += 1
        bars = {
            one: PriceBar(
                *four,
                open_time=start if opened is None else opened,
                close_time=self.now,
                session=self.bars if session is None else session,
                ends_session=ends_session,
            )
            for one, four in prices.items()
        }
        before = len(self.fills)
        self._left = self.capacity
        self.book.match_bar(bars, self._execute)
        self.book.match_close(bars, self._execute, time=self.now)
        return self.fills[before:]

    def decide_at_close(self, price: float) -> None:
        """Fill market orders at the close they were placed at."""
        bar = PriceBar(price, price, price, price, 0, self.now)
        self.book.match_now({ONE: bar}, self._execute)

    def nothing(self) -> list[tuple[float, float]]:
        """A bar in which no instrument trades."""
        return self.row({})

    @property
    def fills(self) -> list[tuple[float, float]]:
        filled = {OrderEventKind.FILLED, OrderEventKind.PARTIALLY_FILLED}
        return [(one.quantity, one.price or 0.0) for one in self.events if one.kind in filled]

    def kinds(self, order_id: int) -> list[OrderEventKind]:
        """The life of one order."""
        return [one.kind for one in self.events if one.order_id == order_id]

    def _execute(self, wanted: WantedFill) -> Execution:
        if self.refuse:
            return Execution(0.0, self.refuse)
        units = min(abs(wanted.quantity), self._left)
        if units > 0:
            self.wanted.append(wanted)
        self._left -= units
        filled = math.copysign(units, wanted.quantity)
        instrument = wanted.request.instrument
        self.positions[instrument] = self.positions.get(instrument, 0.0) + filled
        return Execution(filled)


class PlainAccount:
    """An account with endless money and no costs, that keeps what it was asked to do."""

    def __init__(self, panel: Panel, *, capacity: float = math.inf, lot: float = 0.0) -> None:
        self.panel = panel
        self.capacity = capacity
        self.lot = lot
        self.cash = self.equity = 1e6
        self.used: dict[tuple[int, int], float] = {}
        self.held = [0.0] * len(panel.instruments)
        self.trades: list[tuple[int, int, float, float, int, int, bool]] = []
        self.listed: list[tuple[int, int, int, int, float]] = []
        self.asked: list[tuple[int, float]] = []
        self.calls: list[str] = []
        self.splits: dict[tuple[int, int], float] = {}

    def begin_bar(self, i: int) -> None:
        self.calls.append(f"begin {i}")

    def open_bar(self, i: int) -> None:
        self.calls.append(f"open {i}")
        for j in range(len(self.held)):
            self.held[j] *= self.split_ratio(i, j)

    def close_bar(self, i: int) -> None:
        self.calls.append(f"close {i}")

    def end_bar(self, i: int) -> None:
        self.calls.append(f"end {i}")

    def ask(self, j: int, weight: float) -> None:
        self.asked.append((j, weight))

    def position(self, j: int) -> float:
        return self.held[j]

    def average(self, j: int) -> float:
        return 0.0 if self.held[j] == 0 else self.trades[-1][3]

    def last_close(self, j: int) -> float:
        return float(self.panel.close[int(self.calls[-1].split()[1]), j])

    def volume_left(self, i: int, j: int) -> float:
        return self.capacity - self.used.get((i, j), 0.0)

    def trade(
        self, i: int, j: int, quantity: float, reference: float, reason: int, decided_bar: int, passive: bool
    ) -> float:
        units = min(abs(quantity), self.volume_left(i, j))
        if self.lot:
            units = math.floor(units / self.lot) * self.lot
        if units == 0:
            return 0.0
        self.used[i, j] = self.used.get((i, j), 0.0) + units
        filled = math.copysign(units, quantity)
        self.held[j] += filled
        self.trades.append((i, j, filled, reference, reason, decided_bar, passive))
        return filled

    def list_order(
        self, decided_bar: int, i: int, j: int, status: int, reason: int, denial: int, quantity: float
    ) -> None:
        self.listed.append((decided_bar, i, j, OrderStatus(status), quantity))

    def split_ratio(self, i: int, j: int) -> float:
        return self.splits.get((i, j), 1.0)


class Acting(EventStrategy):
    """Does what it is told at each bar: `acts[index]` is called with the context."""

    name = "acting"
    lookback = 1

    def __init__(self, acts: Mapping[int, Callable[[BarContext], Any]]) -> None:
        super().__init__()
        self._acts = acts
        self.heard: list[tuple[int, OrderEventKind, float]] = []
        self.timed: list[tuple[int, str]] = []
        self.answers: dict[int, Any] = {}

    def on_bar(self, context: BarContext) -> None:
        act = self._acts.get(context.index)
        if act is not None:
            self.answers[context.index] = act(context)

    def on_order(self, context: BarContext, event: OrderEvent) -> None:
        self.heard.append((context.index, event.kind, event.quantity))

    def on_timer(self, context: BarContext, name: str) -> None:
        self.timed.append((context.index, name))


def act_on(
    panel: Panel,
    acts: Mapping[int, Callable[[BarContext], Any]],
    account: PlainAccount | None = None,
    **terms: Any,
) -> tuple[Acting, PlainAccount]:
    """Run these acts over the panel in a plain account."""
    strategy = Acting(acts)
    used = account or PlainAccount(panel)
    run_events(used, panel, strategy, [len(panel)], **terms)
    return strategy, used
