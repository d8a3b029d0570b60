"""What the reference account does that nobody decided on: protective exits, margin calls, events of shares."""

import math

from domain.backtesting.reference_books import Books, Prices, Wanted
from domain.backtesting.reference_market import NOISE, round_down, round_up, total
from domain.backtesting.reference_records import Order
from domain.backtesting.result import FillReason, OrderStatus
from domain.orders.model import LimitFill


class Exits(Books):
    """Positions that end by a level, by the broker's hand, or with the share itself."""

    entry_bar_exits = 0
    called_bar = -1
    margin_calls = 0

    # ---------------------------------------------------------------- protective levels

    def protect(self, bar: int, *, at_open: bool) -> None:
        """Take the positions out whose levels the open jumped over, or the bar touched."""
        for index, holding in enumerate(self.holdings):
            if not holding.quantity or not self.has_bar(bar, index) or self.is_ruined:
                continue
            if holding.leaving is not None:
                # A stop that volume cut short is a market order under way.
                if at_open:
                    self._exit(bar, index, self.open[bar][index], [], holding.leaving)
            elif holding.quantity > 0:
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
            self._stop(bar, index, stop, min(opening, stop))
        elif self._is_taken(bar, index, high - take):
            self._exit(bar, index, max(opening, take), [opening, low], FillReason.TAKE_PROFIT)

    def _protect_short(self, bar: int, index: int, at_open: bool) -> None:
        holding, opening = self.holdings[index], self.open[bar][index]
        low = opening if at_open else self.low[bar][index]
        high = opening if at_open else self.high[bar][index]
        stop = holding.average * (1.0 + (self.sizing.stop_loss or math.inf))
        take = holding.average * (1.0 - (self.sizing.take_profit or math.inf))
        if high >= stop:
            self._stop(bar, index, stop, max(opening, stop))
        elif self._is_taken(bar, index, take - low):
            self._exit(bar, index, min(opening, take), [opening, high], FillReason.TAKE_PROFIT)

    def _stop(self, bar: int, index: int, stop: float, beyond: float) -> None:
        # What an order inside the bar opened or added to was not yet held at the bar's open.
        if self.holdings[index].trip.added_inside == bar:
            self._exit(bar, index, stop, [], FillReason.STOP_LOSS)
        else:
            self._exit(bar, index, beyond, [self.open[bar][index]], FillReason.STOP_LOSS)

    def _is_taken(self, bar: int, index: int, beyond: float) -> bool:
        # The best price of the bar may have come before an order inside the bar opened or added.
        if self.holdings[index].trip.added_inside == bar:
            return False
        return beyond > 0 or (beyond == 0 and self.terms.limit_fill is LimitFill.TOUCHED)

    def _exit(self, bar: int, index: int, price: float, seen: Prices, reason: FillReason) -> None:
        holding = self.holdings[index]
        side = -1.0 if holding.quantity > 0 else 1.0
        held = abs(holding.quantity)
        if holding.pending * holding.quantity > 0:
            # That decision was made before the exit; it must not buy back what was just stopped.
            holding.pending = math.nan
        holding.trip.seen += seen
        quantity = self.cut_to_volume(bar, index, held)
        if quantity < held and reason is FillReason.STOP_LOSS:
            holding.leaving = reason
        if quantity > 0:
            self.entry_bar_exits += holding.trip.entry_bar == bar
            holding.trip.seen.append(price)
            # A touched stop is a market order; a profit target is a limit and trades at its price.
            passive = reason is not FillReason.STOP_LOSS
            self.book(Wanted(bar, index, side, price, reason, bar, passive), quantity)

    # ---------------------------------------------------------------- margin calls

    def check_margin(self, bar: int, equity: float, gross: float) -> None:
        """Call the account when equity covers too little of its positions at the close."""
        required = self.sizing.maintenance_margin
        if required is None or required * gross - equity <= NOISE * gross:
            self.called_bar = -1
        elif self.called_bar < 0:
            self.called_bar = bar
            self.margin_calls += 1

    def liquidate(self, bar: int) -> None:
        """Every position gives the same share at the open, until what is left is covered."""
        required = self.sizing.maintenance_margin
        if self.called_bar < 0 or required is None:
            return
        worths = [self.worth(index, self.price_now(bar, index)) for index in range(len(self.holdings))]
        equity, gross = total([self.cash, *worths]), total(abs(worth) for worth in worths)
        called = [index for index in range(len(self.holdings)) if self._is_callable(bar, index)]
        within_reach = total(abs(worths[index]) for index in called)
        if required * gross <= equity or within_reach == 0:
            return
        # Spread, slippage and the commission rate are allowed for; what other costs leave is called again.
        covered = (required - self.market.adverse - self.market.rate) * within_reach
        share = (required * gross - equity) / covered if equity > 0 and covered > 0 else 1.0
        for index in called:
            self._sell_called(bar, index, min(share, 1.0))

    def _is_callable(self, bar: int, index: int) -> bool:
        """Held, and its open comes after the close on which the call was made."""
        is_later = self.open_time[bar][index] >= self.close_time[self.called_bar]
        return self.holdings[index].quantity != 0 and self.has_bar(bar, index) and is_later

    def _sell_called(self, bar: int, index: int, share: float) -> None:
        holding, opening = self.holdings[index], self.open[bar][index]
        held = abs(holding.quantity)
        quantity = self.cut_to_volume(bar, index, min(held, round_up(held * share, holding.lot)))
        if quantity > 0:
            side = -1.0 if holding.quantity > 0 else 1.0
            holding.trip.seen.append(opening)
            wanted = Wanted(bar, index, side, opening, FillReason.MARGIN_CALL, self.called_bar)
            self.book(wanted, quantity)

    # ---------------------------------------------------------------- events of shares

    def take_events(self, bar: int) -> None:
        """Dividends, splits and delistings, before anything trades."""
        today = self.terms.conditions.events.take(bar, bar + 1)
        for (_, index), (ratio, dividend) in zip(today.where.tolist(), today.what.tolist(), strict=True):
            self._pay_dividend(index, dividend)
            if ratio == 0:
                self._delist(bar, index)
            elif ratio != 1:
                self._split(bar, index, ratio)

    def _pay_dividend(self, index: int, dividend: float) -> None:
        holding = self.holdings[index]
        amount = holding.quantity * dividend * self.rate(index) if dividend > 0 and holding.quantity else 0.0
        self.cash += amount
        self.dividends += amount
        holding.trip.dividends += amount

    def _delist(self, bar: int, index: int) -> None:
        holding = self.holdings[index]
        holding.pending = math.nan
        if holding.quantity:
            side = -1.0 if holding.quantity > 0 else 1.0
            wanted = Wanted(bar, index, side, holding.last_close, FillReason.DELISTED, bar)
            self.settle(wanted, abs(holding.quantity))

    def _split(self, bar: int, index: int, ratio: float) -> None:
        holding = self.holdings[index]
        before = holding.quantity
        holding.restate(ratio)
        if not before:
            return
        side = math.copysign(1.0, before)
        # A fraction of a share that does not trade is paid for at the last close, on the new footing.
        whole = round_down(abs(holding.quantity), min(holding.lot, 1.0))
        fraction = abs(holding.quantity) - whole
        if fraction <= NOISE:
            holding.quantity, fraction = side * whole, 0.0
        self.orders.append(
            Order(
                bar,
                bar,
                index,
                OrderStatus.FILLED,
                holding.quantity - before,
                price=0.0,
                held=holding.quantity,
                reason=FillReason.SPLIT,
            )
        )
        if fraction > 0:
            self.settle(Wanted(bar, index, -side, holding.last_close, FillReason.SPLIT, bar), fraction)
