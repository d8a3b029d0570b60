"""The simulated account in plain Python: what `_kernel.pyx` must agree with, and the place to read it.

One bar passes like this:

1.  financing for the time since the previous bar
2.  protective levels that the open jumped over
3.  pending orders, when they fill at the open
4.  protective levels touched inside the bar
5.  the close becomes the last known price
6.  pending orders, when they fill at the next close, or when they were decided after this bar
    had opened: its close is then the first price known to come after the decision
7.  new targets become pending orders; under SAME_CLOSE they fill here and now
8.  the account is marked

It is slow on purpose. Nothing but tests and readers use it.
"""

import math
from typing import TypeAlias

from domain.arrays import FloatArray
from domain.backtesting.lots import lot_sizes
from domain.backtesting.model import Costs, FillPrice, Sizing
from domain.backtesting.reference_market import NOISE, Market, Quote, round_down, total
from domain.backtesting.reference_records import Holding, Order, RoundTrip, Trade
from domain.backtesting.result import DenialReason, FillReason, OrderStatus
from domain.market.bars import Panel

NANOSECONDS_PER_YEAR = 365.0 * 86_400.0 * 1e9
Prices: TypeAlias = list[float]


class ReferenceAccount:
    """Cash, holdings and what happened to them."""

    def __init__(
        self, panel: Panel, *, initial_cash: float, costs: Costs, fill: FillPrice, sizing: Sizing
    ) -> None:
        self.panel = panel
        self.open, self.high, self.low = panel.open.tolist(), panel.high.tolist(), panel.low.tolist()
        self.close, self.volume = panel.close.tolist(), panel.volume.tolist()
        self.close_time, self.open_time = panel.close_time.tolist(), panel.open_time.tolist()
        self.market = Market.of(costs)
        self.costs, self.fill, self.sizing = costs, fill, sizing
        self.cash = initial_cash
        self.holdings = [Holding(lot) for lot in lot_sizes(panel.instruments, sizing.quantity)]
        self.orders: list[Order] = []
        self.trades: list[Trade] = []
        self.equity_curve: Prices = []
        self.cash_curve: Prices = []
        self.exposure_curve: Prices = []
        self.positions: list[Prices] = []
        self.financing = 0.0
        self.short_value = 0.0
        self.entry_bar_exits = 0
        self.filled_late = 0
        self.ruined_bar = -1

    def run(self, targets: FloatArray) -> "ReferenceAccount":
        """Live all bars through with these targets (T, N)."""
        for bar, row in enumerate(targets.tolist()):
            self.begin_bar(bar)
            self.end_bar(bar, row)
        self._finish(len(targets) - 1)
        return self

    def begin_bar(self, bar: int) -> None:
        """Everything that happens before a decision can be made on this bar."""
        self._charge_financing(bar)
        self._protect(bar, at_open=True)
        if self.fill is FillPrice.NEXT_OPEN:
            self._fill(bar, self.open[bar], at_open=True)
        self._protect(bar, at_open=False)
        for index, holding in enumerate(self.holdings):
            if self._has_bar(bar, index):
                holding.last_close = self.close[bar][index]
                holding.trip.seen += [self.low[bar][index], self.high[bar][index]] if holding.quantity else []
        if self.fill is FillPrice.NEXT_CLOSE:
            self._fill(bar, self.close[bar])
        elif self.fill is FillPrice.NEXT_OPEN:
            listed = len(self.orders)
            self._fill(bar, self.close[bar])
            self.filled_late += sum(order.status is OrderStatus.FILLED for order in self.orders[listed:])

    def end_bar(self, bar: int, row: Prices) -> None:
        """Targets decided on this close become pending orders, replacing older ones."""
        for holding, weight in zip(self.holdings, row, strict=True):
            if not math.isnan(weight) and not self.is_ruined:
                holding.pending, holding.decided_bar = weight, bar
        if self.fill is FillPrice.SAME_CLOSE:
            self._fill(bar, self.close[bar])
        self._mark(bar)

    @property
    def is_ruined(self) -> bool:
        """Nobody lends to an account that is worth nothing: it trades no more."""
        return self.ruined_bar >= 0

    def _has_bar(self, bar: int, index: int) -> bool:
        return not math.isnan(self.close[bar][index])

    def _value(self, prices: Prices) -> float:
        return total([self.cash, *(h.worth(price) for h, price in zip(self.holdings, prices, strict=True))])

    def _charge_financing(self, bar: int) -> None:
        # Lenders count calendar time: a weekend costs three days.
        if bar == 0:
            return
        times = self.panel.close_time
        years = float(times[bar] - times[bar - 1]) / NANOSECONDS_PER_YEAR
        due = self.short_value * self.costs.borrow_rate * years
        due += max(0.0, -self.cash) * self.costs.margin_rate * years
        self.cash -= due
        self.financing += due

    def _mark(self, bar: int) -> None:
        worths = [holding.worth(holding.last_close) for holding in self.holdings]
        equity = self.cash + total(worths)
        gross = total(abs(worth) for worth in worths)
        self.short_value = total(-worth for worth in worths if worth < 0)
        self.equity_curve.append(equity)
        self.cash_curve.append(self.cash)
        self.positions.append([holding.quantity for holding in self.holdings])
        if equity > 0:
            self.exposure_curve.append(gross / equity)
        else:
            self.exposure_curve.append(math.nan if gross > 0 else 0.0)
            self._ruin(bar)

    def _ruin(self, bar: int) -> None:
        if not self.is_ruined:
            self.ruined_bar = bar
        for holding in self.holdings:
            holding.pending = math.nan

    # ---------------------------------------------------------------- targets become orders

    def _fill(self, bar: int, prices: Prices, *, at_open: bool = False) -> None:
        due = [
            index
            for index, holding in enumerate(self.holdings)
            if not math.isnan(holding.pending)
            and self._has_bar(bar, index)
            and not (at_open and self.open_time[bar][index] < self.close_time[holding.decided_bar])
        ]
        if not due or self.is_ruined:
            return
        reference = [
            holding.last_close if math.isnan(price) else price
            for holding, price in zip(self.holdings, prices, strict=True)
        ]
        equity = self._value(reference)
        if equity <= 0:
            self._ruin(bar)
            return
        # Sales raise the money that purchases need, so everything that shrinks goes first.
        budgets = {index: self._reduce(bar, index, reference[index], equity) for index in due}
        self._increase_all(bar, budgets, reference, equity)
        for index in due:
            self.holdings[index].pending = math.nan

    def _reduce(self, bar: int, index: int, price: float, equity: float) -> float:
        """Sell what is too much; the answer is the money wanted for what is too little."""
        holding = self.holdings[index]
        desired, current = holding.pending * equity, holding.quantity * price
        if holding.quantity and desired * current <= 0:
            self._sell_back(bar, index, price, abs(holding.quantity))
            return abs(desired)
        if abs(desired - current) <= NOISE * equity:
            return 0.0
        if abs(desired) > abs(current):
            return abs(desired) - abs(current)
        quantity = round_down((abs(current) - abs(desired)) / price, holding.lot)
        self._sell_back(bar, index, price, min(quantity, abs(holding.quantity)))
        return 0.0

    def _sell_back(self, bar: int, index: int, price: float, quantity: float) -> None:
        holding = self.holdings[index]
        if quantity > 0:
            side = -1.0 if holding.quantity > 0 else 1.0
            holding.trip.seen.append(price)
            self._trade_at_market(bar, index, Quote(price, side, self.volume[bar][index]), quantity)

    def _increase_all(self, bar: int, budgets: dict[int, float], reference: Prices, equity: float) -> None:
        wanted = total(budgets.values())
        gross = total(abs(h.worth(price)) for h, price in zip(self.holdings, reference, strict=True))
        left = max(0.0, self.sizing.max_leverage * self._value(reference) - gross)
        # Too little for all: everyone gets the same share, whatever the order of instruments.
        scale = left / wanted if wanted > left else 1.0
        for index, budget in budgets.items():
            if budget > 0:
                side = 1.0 if self.holdings[index].pending > 0 else -1.0
                quote = Quote(reference[index], side, self.volume[bar][index])
                share = budget * scale
                quantity = self._paid_for(index, quote, share, left) if share > NOISE * equity else 0.0
                if quantity > 0:
                    self._trade_at_market(bar, index, quote, quantity)
                    left -= self.market.needed(quote, quantity, self.sizing.max_leverage)
                else:
                    self._deny(bar, index, quote, budget)

    def _paid_for(self, index: int, quote: Quote, share: float, left: float) -> float:
        by_budget = self.market.affordable(quote, share, 1.0)
        by_power = self.market.affordable(quote, left, self.sizing.max_leverage)
        return round_down(min(by_budget, by_power), self.holdings[index].lot)

    def _deny(self, bar: int, index: int, quote: Quote, budget: float) -> None:
        holding = self.holdings[index]
        wanted = round_down(self.market.affordable(quote, budget, 1.0), holding.lot)
        if wanted > 0:
            self._list(bar, index, OrderStatus.DENIED, DenialReason.NO_BUYING_POWER, quote.side * wanted)
        elif not holding.quantity:
            self._list(bar, index, OrderStatus.DENIED, DenialReason.ROUNDS_TO_ZERO, 0.0)

    def _trade_at_market(self, bar: int, index: int, quote: Quote, quantity: float) -> None:
        decided = self.holdings[index].decided_bar
        paid = self.market.price(quote, quantity)
        self._book(self._filled(decided, bar, index, quote, quantity, paid), FillReason.SIGNAL)

    def _list(self, bar: int, index: int, status: OrderStatus, denial: DenialReason, quantity: float) -> None:
        holding = self.holdings[index]
        self.orders.append(
            Order(holding.decided_bar, bar, index, status, quantity, held=holding.quantity, denial=denial)
        )

    # ---------------------------------------------------------------- protective exits

    def _protect(self, bar: int, *, at_open: bool) -> None:
        for index, holding in enumerate(self.holdings):
            if holding.quantity and self._has_bar(bar, index) and not self.is_ruined:
                if holding.quantity > 0:
                    self._protect_long(bar, index, at_open)
                else:
                    self._protect_short(bar, index, at_open)

    def _protect_long(self, bar: int, index: int, at_open: bool) -> None:
        holding, opening = self.holdings[index], self.open[bar][index]
        low = opening if at_open else self.low[bar][index]
        high = opening if at_open else self.high[bar][index]
        stop = holding.average * (1.0 - (self.sizing.stop_loss or math.inf))
        take = holding.average * (1.0 + (self.sizing.take_profit or math.inf))
        # Pessimistic: when one bar touches both levels, the stop is taken. A limit fills only when
        # price trades through it, for at the level itself others are first in the queue.
        if low <= stop:
            self._exit(bar, index, min(opening, stop), [opening], FillReason.STOP_LOSS)
        elif high > take:
            self._exit(bar, index, max(opening, take), [opening, low], FillReason.TAKE_PROFIT)

    def _protect_short(self, bar: int, index: int, at_open: bool) -> None:
        holding, opening = self.holdings[index], self.open[bar][index]
        low = opening if at_open else self.low[bar][index]
        high = opening if at_open else self.high[bar][index]
        stop = holding.average * (1.0 + (self.sizing.stop_loss or math.inf))
        take = holding.average * (1.0 - (self.sizing.take_profit or math.inf))
        if high >= stop:
            self._exit(bar, index, max(opening, stop), [opening], FillReason.STOP_LOSS)
        elif low < take:
            self._exit(bar, index, min(opening, take), [opening, high], FillReason.TAKE_PROFIT)

    def _exit(self, bar: int, index: int, price: float, seen: Prices, reason: FillReason) -> None:
        holding = self.holdings[index]
        side = -1.0 if holding.quantity > 0 else 1.0
        quantity = abs(holding.quantity)
        quote = Quote(price, side, self.volume[bar][index])
        # A touched stop is a market order; a profit target is a limit and trades at its price.
        paid = self.market.price(quote, quantity) if reason is FillReason.STOP_LOSS else price
        if holding.pending * holding.quantity > 0:
            # That decision was made before the exit; it must not buy back what was just stopped.
            holding.pending = math.nan
        self.entry_bar_exits += holding.trip.entry_bar == bar
        holding.trip.seen += [*seen, price]
        self._book(self._filled(bar, bar, index, quote, quantity, paid), reason)

    # ---------------------------------------------------------------- bookkeeping

    def _filled(
        self, decided: int, bar: int, index: int, quote: Quote, quantity: float, price: float
    ) -> Order:
        return Order(
            decided,
            bar,
            index,
            OrderStatus.FILLED,
            quote.side * quantity,
            price=price,
            commission=self.market.commission(quantity, price),
            slippage=quantity * abs(price - quote.reference),
        )

    def _book(self, order: Order, reason: FillReason) -> None:
        order.reason = reason
        self.orders.append(order)
        self.cash -= order.quantity * order.price + order.commission
        holding = self.holdings[order.instrument]
        if not holding.quantity:
            holding.trip, holding.average = RoundTrip(order.bar), 0.0
        holding.trip.fees += order.commission
        if holding.quantity * order.quantity >= 0:
            holding.add(order.quantity, order.price)
        else:
            holding.reduce(order.quantity, order.price)
        order.held = holding.quantity
        if not holding.quantity:
            self.trades.append(
                holding.trip.ended(order.instrument, order.bar, reason, average=holding.average)
            )

    def _finish(self, last_bar: int) -> None:
        for index, holding in enumerate(self.holdings):
            if not math.isnan(holding.pending):
                self._list_pending(index, holding)
            if holding.quantity:
                self.trades.append(
                    holding.trip.ended(
                        index,
                        last_bar,
                        FillReason.STILL_OPEN,
                        average=holding.average,
                        left=holding.quantity,
                        close=holding.last_close,
                    )
                )

    def _list_pending(self, index: int, holding: Holding) -> None:
        # The fill price is not known yet; the last close stands in for it.
        delta = 0.0
        if holding.last_close > 0:
            delta = holding.pending * self.equity_curve[-1] / holding.last_close - holding.quantity
        whole = abs(holding.quantity) if holding.pending == 0 else round_down(abs(delta), holding.lot)
        if whole > 0 or (not holding.quantity and holding.pending != 0):
            signed = whole if delta > 0 else 0.0 - whole
            self._list(-1, index, OrderStatus.PENDING, DenialReason.NOT_DENIED, signed)
