"""A book that is shown a panel row by row fills what it fills when each bar is handed to it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.clock import NANOSECONDS_PER_DAY
from domain.errors import InvalidInput
from domain.market.instruments import InstrumentId
from domain.orders.book import OrderBook, PanelBars, PriceBar
from domain.orders.model import Execution, OrderEvent, OrderRequest, OrderType, TimeInForce, Trail, TrailKind
from tests.kit.orders import Desk

ROWS, NAMES = 12, tuple(InstrumentId(f"T{number}.XNAS") for number in range(3))


class Prices:
    """Random bars of three instruments, some missing, some opened before the row before had closed."""

    def __init__(self, random: np.random.Generator) -> None:
        shape = (ROWS, len(NAMES))
        self.open, self.close, one, other = 100 + random.integers(-6, 7, (4, *shape)).astype(np.float64)
        prices = [self.open, self.close, one, other]
        self.high, self.low = np.max(prices, axis=0), np.min(prices, axis=0)
        gone = random.random(shape) < 0.2
        for column in (self.open, self.high, self.low, self.close):
            column[gone] = np.nan
        self.close_time = np.arange(1, ROWS + 1, dtype=np.int64) * NANOSECONDS_PER_DAY
        late = (random.random(shape) < 0.2).astype(np.int64)
        self.open_time = self.close_time[:, np.newaxis] - NANOSECONDS_PER_DAY - late
        self.session = np.arange(ROWS, dtype=np.int64) // 3

    def panel(self) -> PanelBars:
        bars = PanelBars(self.open, self.high, self.low, self.close, self.close_time, self.open_time)
        for column in range(len(NAMES)):
            bars.follow_sessions(column, self.session)
        return bars

    def row(self, row: int) -> dict[InstrumentId, PriceBar]:
        return {
            name: PriceBar(
                self.open[row, column],
                self.high[row, column],
                self.low[row, column],
                self.close[row, column],
                int(self.open_time[row, column]),
                int(self.close_time[row]),
                int(self.session[row]),
            )
            for column, name in enumerate(NAMES)
            if not np.isnan(self.close[row, column])
        }


def an_order(random: np.random.Generator) -> OrderRequest:
    kind, side = OrderType(int(random.integers(len(OrderType)))), float(random.choice([-1.0, 1.0]))
    fields: dict[str, Any] = {}
    if kind in {OrderType.LIMIT, OrderType.STOP_LIMIT}:
        fields["limit"] = 100.0 + float(random.integers(-5, 6))
    if kind in {OrderType.STOP, OrderType.STOP_LIMIT}:
        fields["stop"] = 100.0 + side * float(random.integers(1, 6))
    if kind is OrderType.TRAILING_STOP:
        fields["trail"] = Trail(TrailKind.AMOUNT, 2.0)
    if random.random() < 0.4:
        fields |= {"take_profit": 100.0 + side * 6, "stop_loss": 100.0 - side * 6}
    if random.random() < 0.3:
        fields["time_in_force"] = TimeInForce.DAY
    if random.random() < 0.3:
        fields["oco_group"] = "group"
    return OrderRequest(NAMES[int(random.integers(len(NAMES)))], side * 3.0, kind, **fields)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.sampled_from([2.0, 100.0]))
def test_rows_of_a_panel_fill_like_bars_handed_over(seed: int, market_at_open: bool, capacity: float) -> None:
    random = np.random.default_rng(seed)
    prices = Prices(random)
    panel = prices.panel()
    heard: tuple[list[OrderEvent], list[OrderEvent]] = ([], [])
    shown = OrderBook(heard[0].append, market_at_open=market_at_open, instruments=NAMES)
    handed = OrderBook(heard[1].append, market_at_open=market_at_open)

    for row in range(ROWS):
        now = int(prices.close_time[row])
        for book, bars in ((shown, panel.at(row)), (handed, prices.row(row))):
            if book.match_bar(bars, lambda wanted: Execution(np.clip(wanted.quantity, -capacity, capacity))):
                book.match_close(bars, lambda wanted: Execution(wanted.quantity), time=now)
        request = an_order(random)
        for book in (shown, handed):
            try:
                book.place(request, time=now, market=100.0)
            except InvalidInput:
                continue

    assert heard[0] == heard[1]
    assert shown.working() == handed.working()


def test_a_row_outside_the_panel_is_refused() -> None:
    panel = Prices(np.random.default_rng(0)).panel()
    for row in (-1, ROWS):
        with pytest.raises(IndexError):
            panel.at(row)


def test_an_instrument_that_is_not_a_column_of_the_panel_is_refused() -> None:
    panel = Prices(np.random.default_rng(0)).panel()
    book = OrderBook(lambda event: None, instruments=NAMES)
    book.place(OrderRequest(InstrumentId("OTHER.XNAS"), 1.0), time=0)
    with pytest.raises(IndexError):
        book.match_bar(panel.at(0), lambda wanted: Execution(0.0))


def test_a_book_has_room_for_many_instruments() -> None:
    desk = Desk()
    names = [InstrumentId(f"N{number}.XNAS") for number in range(33)]
    for name in names:
        desk.place(1.0, instrument=name)
    filled = desk.row({name: (price, price, price, price) for price, name in enumerate(names, start=1)})
    assert filled == [(1.0, float(price)) for price in range(1, 34)]


def test_a_book_says_whether_its_closes_and_its_exits_matter() -> None:
    bar = {NAMES[0]: PriceBar(100.0, 100.0, 100.0, 100.0, 2, 3)}
    book = OrderBook(lambda event: None)

    def place(**fields: Any) -> bool:
        book.place(OrderRequest(NAMES[0], 1.0, **fields), time=2)
        matters = book.match_bar(bar, lambda wanted: Execution(wanted.quantity))
        book.match_close(bar, lambda wanted: Execution(wanted.quantity), time=3)
        return matters

    assert not place()
    assert place(type=OrderType.MARKET_ON_CLOSE)
    assert place(type=OrderType.LIMIT, limit=50.0, time_in_force=TimeInForce.DAY)
    book.cancel_all(time=3)
    assert not book.has_exits
    place(stop_loss=90.0)
    assert book.has_exits
