"""The simulated account in plain Python: what `_kernel.pyx` must agree with, and the place to read it.

One bar passes like this:

1.  financing for the time since the previous bar
2.  dividends, splits and delistings of what was held at the close before
3.  protective levels that the open jumped over
4.  the sales of a margin call
5.  pending targets, when they fill at the open
    (orders of an event strategy's own fill here, at the open and inside the bar)
6.  protective levels touched inside the bar
7.  the close becomes the last known price
8.  pending targets, when they fill at the next close, or when they were decided after this bar
    had opened: its close is then the first price known to come after the decision
9.  new targets become pending orders; under SAME_CLOSE they fill here and now
10. the account is marked, and called when its margin is too small

`reference_books.py` holds what is held and how a fill is booked, `reference_exits.py` steps 2 to 4 and 6,
`reference_market.py` what trading costs.

It is slow on purpose. Nothing but tests and readers use it.
"""

import math

from domain.arrays import FloatArray
from domain.backtesting.model import FillPrice
from domain.backtesting.reference_books import Prices, Wanted
from domain.backtesting.reference_exits import Exits
from domain.backtesting.reference_market import NOISE, Quote, round_down, total
from domain.backtesting.reference_records import Holding, Order
from domain.backtesting.result import DenialReason, FillReason, OrderStatus
from domain.backtesting.terms import Terms
from domain.market.bars import Panel

NANOSECONDS_PER_YEAR = 365.0 * 86_400.0 * 1e9
NANOSECONDS_PER_FUNDING = 8 * 3_600 * 1_000_000_000


class ReferenceAccount(Exits):
    """An account that follows target weights, bar by bar."""

    def __init__(self, panel: Panel, terms: Terms) -> None:
        super().__init__(panel, terms)
        self.equity_curve: Prices = []
        self.cash_curve: Prices = []
        self.exposure_curve: Prices = []
        self.positions: list[Prices] = []
        self.financing = 0.0
        self.short_value = self.net_value = 0.0
        self.filled_late = 0
        self.is_cut: set[int] = set()

    def run(self, targets: FloatArray) -> "ReferenceAccount":
        """Live all bars through with these targets (T, N)."""
        for bar, row in enumerate(targets.tolist()):
            self.open_bar(bar)
            self.close_bar(bar)
            self.end_bar(bar, row)
        self.finish(len(targets) - 1)
        return self

    def open_bar(self, bar: int) -> None:
        """Steps 1 to 5."""
        self.at_close = False
        # The rate of this row may be younger than its open: the one before it is the last that was known.
        self.rate_row = max(bar - 1, 0)
        self._charge_financing(bar)
        self.take_events(bar)
        self.protect(bar, at_open=True)
        self.liquidate(bar)
        if self.fill is FillPrice.NEXT_OPEN:
            self._fill(bar, self.open[bar], at_open=True)

    def close_bar(self, bar: int) -> None:
        """Steps 6 to 8."""
        self.protect(bar, at_open=False)
        self.at_close, self.rate_row = True, bar
        for index, holding in enumerate(self.holdings):
            if self.has_bar(bar, index):
                holding.last_close = self.close[bar][index]
                if holding.quantity and holding.trip.inside and holding.trip.entry_bar == bar:
                    holding.trip.seen.append(holding.last_close)
                elif holding.quantity:
                    holding.trip.seen += [self.low[bar][index], self.high[bar][index]]
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

    def _charge_financing(self, bar: int) -> None:
        # Lenders count calendar time: a weekend costs three days.
        if bar == 0:
            return
        before, now = self.close_time[bar - 1], self.close_time[bar]
        years = float(now - before) / NANOSECONDS_PER_YEAR
        due = self.short_value * self.costs.borrow_rate * years
        due += max(0.0, -self.cash) * self.costs.margin_rate * years
        # Longs pay shorts while the rate is positive: who holds at midnight, eight and sixteen, and not
        # who sold before. What falls on a close is paid by who held at that close.
        fundings = -(-now // NANOSECONDS_PER_FUNDING) + before // -NANOSECONDS_PER_FUNDING
        due += self.net_value * self.costs.funding_rate * float(fundings)
        self.cash -= due
        self.financing += due

    def _mark(self, bar: int) -> None:
        worths = [self.worth(index, holding.last_close) for index, holding in enumerate(self.holdings)]
        self.net_value = total(worths)
        equity = self.cash + self.net_value
        gross = total(abs(worth) for worth in worths)
        self.short_value = total(-worth for worth in worths if worth < 0)
        self.equity_curve.append(equity)
        self.cash_curve.append(self.cash)
        self.positions.append([holding.quantity for holding in self.holdings])
        self.check_margin(bar, equity, gross)
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
            and self.has_bar(bar, index)
            and self._is_turn(bar, index, at_open=at_open)
        ]
        if not due or self.is_ruined:
            return
        quoted = [
            holding.last_close if math.isnan(price) else price
            for holding, price in zip(self.holdings, prices, strict=True)
        ]
        equity = self._value(quoted)
        if equity <= 0:
            self._ruin(bar)
            return
        self.is_cut = set()
        # Sales raise the money that purchases need, so everything that shrinks goes first.
        budgets = {index: self._reduce(bar, index, quoted[index], equity) for index in due}
        self._increase_all(bar, budgets, quoted, equity)
        for index in due:
            # What volume cut short stays wanted, and is worked on at the next price.
            if index not in self.is_cut:
                self.holdings[index].pending = math.nan

    def _is_turn(self, bar: int, index: int, *, at_open: bool) -> bool:
        """Under NEXT_OPEN the close is for those whose bar had opened before the decision was made, and no
        second chance for what volume cut short at the open."""
        if self.fill is not FillPrice.NEXT_OPEN:
            return True
        opened, decided = self.open_time[bar][index], self.close_time[self.holdings[index].decided_bar]
        return at_open == bool(opened >= decided)

    def _value(self, prices: Prices) -> float:
        return total([self.cash, *(self.worth(index, price) for index, price in enumerate(prices))])

    def _reduce(self, bar: int, index: int, price: float, equity: float) -> float:
        """Sell what is too much; the answer is the money wanted for what is too little."""
        holding, worth = self.holdings[index], price * self.rate(index)
        desired, current = holding.pending * equity, holding.quantity * worth
        if holding.quantity and desired * current <= 0:
            self._sell_back(bar, index, price, abs(holding.quantity))
            return 0.0 if index in self.is_cut else abs(desired)
        if abs(desired - current) <= NOISE * equity:
            return 0.0
        if abs(desired) > abs(current):
            return abs(desired) - abs(current)
        quantity = round_down((abs(current) - abs(desired)) / worth, holding.lot)
        self._sell_back(bar, index, price, min(quantity, abs(holding.quantity)))
        return 0.0

    def _sell_back(self, bar: int, index: int, price: float, wanted: float) -> None:
        if wanted <= 0:
            return
        holding = self.holdings[index]
        quantity = self._worked_on(bar, index, wanted)
        if quantity > 0:
            holding.trip.seen.append(price)
            self.book(self._decided(bar, index, -1.0 if holding.quantity > 0 else 1.0, price), quantity)

    def _worked_on(self, bar: int, index: int, quantity: float) -> float:
        filled = self.cut_to_volume(bar, index, quantity)
        if filled < quantity:
            self.is_cut.add(index)
        return filled

    def _decided(self, bar: int, index: int, side: float, price: float) -> Wanted:
        return Wanted(bar, index, side, price, FillReason.SIGNAL, self.holdings[index].decided_bar)

    def _increase_all(self, bar: int, budgets: dict[int, float], quoted: Prices, equity: float) -> None:
        wanted = total(budgets.values())
        gross = total(abs(self.worth(index, price)) for index, price in enumerate(quoted))
        left = max(0.0, self.sizing.leverage * self._value(quoted) - gross)
        # Too little for all: everyone gets the same share, whatever the order of instruments.
        scale = left / wanted if wanted > left else 1.0
        for index, budget in budgets.items():
            if budget > 0:
                share = budget * scale if min(budget * scale, left) > NOISE * equity else 0.0
                left -= self._increase(bar, index, quoted[index], (budget, share, left))

    def _increase(self, bar: int, index: int, price: float, money: tuple[float, float, float]) -> float:
        """Buy (or sell short) what the share pays for; the answer is the buying power used."""
        budget, share, left = money
        holding, market = self.holdings[index], self.costs_of(bar, index)
        side = 1.0 if holding.pending > 0 else -1.0
        quote = Quote(price * self.rate(index), side, self.volume[bar][index])
        by_budget = market.affordable(quote, share, 1.0) if share > 0 else 0.0
        by_power = market.affordable(quote, left, self.sizing.leverage)
        quantity = round_down(min(by_budget, by_power), holding.lot)
        if quantity <= 0:
            self._deny(bar, index, side, round_down(market.affordable(quote, budget, 1.0), holding.lot))
            return 0.0
        quantity = self._worked_on(bar, index, quantity)
        if quantity <= 0:
            return 0.0
        needed = market.needed(quote, quantity, self.sizing.leverage)
        self.book(self._decided(bar, index, side, price), quantity)
        return needed

    def _deny(self, bar: int, index: int, side: float, wanted: float) -> None:
        if wanted > 0:
            self._list(bar, index, OrderStatus.DENIED, DenialReason.NO_BUYING_POWER, side * wanted)
        elif not self.holdings[index].quantity:
            self._list(bar, index, OrderStatus.DENIED, DenialReason.ROUNDS_TO_ZERO, 0.0)

    def _list(self, bar: int, index: int, status: OrderStatus, denial: DenialReason, quantity: float) -> None:
        holding = self.holdings[index]
        self.orders.append(
            Order(holding.decided_bar, bar, index, status, quantity, held=holding.quantity, denial=denial)
        )

    # ---------------------------------------------------------------- the end

    def finish(self, last_bar: int) -> None:
        """List decisions that never traded, and trades that are still open."""
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
                        rate=self.rate(index),
                    )
                )

    def _list_pending(self, index: int, holding: Holding) -> None:
        # The fill price is not known yet; the last close stands in for it.
        delta = 0.0
        if holding.last_close > 0:
            worth = holding.last_close * self.rate(index)
            delta = holding.pending * self.equity_curve[-1] / worth - holding.quantity
        whole = abs(holding.quantity) if holding.pending == 0 else round_down(abs(delta), holding.lot)
        if whole > 0 or (not holding.quantity and holding.pending != 0):
            signed = whole if delta > 0 else 0.0 - whole
            self._list(-1, index, OrderStatus.PENDING, DenialReason.NOT_DENIED, signed)
