"""The books of the reference account: what it holds, what a fill costs, and what is written down."""

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

from domain.backtesting.lots import lot_sizes
from domain.backtesting.model import TierPeriod
from domain.backtesting.reference_market import NOISE, Market, Quote, round_down, total
from domain.backtesting.reference_records import Holding, Order, Trade
from domain.backtesting.result import DenialReason, FillReason, OrderStatus
from domain.backtesting.terms import Terms
from domain.clock import from_nanoseconds
from domain.market.bars import Panel

Prices: TypeAlias = list[float]


@dataclass(frozen=True)
class Wanted:
    """An order to fill: where, at which reference price, and how it came about."""

    bar: int
    index: int
    side: float
    reference: float
    reason: FillReason
    decided_bar: int
    passive: bool = False


class Books:
    """Cash, holdings, orders and trades, and the fills that move them."""

    def __init__(self, panel: Panel, terms: Terms) -> None:
        self.panel, self.terms = panel, terms
        self.open, self.high, self.low = panel.open.tolist(), panel.high.tolist(), panel.low.tolist()
        self.close, self.volume = panel.close.tolist(), panel.volume.tolist()
        self.close_time, self.open_time = panel.close_time.tolist(), panel.open_time.tolist()
        self.costs, self.fill, self.sizing = terms.costs, terms.fill, terms.sizing
        self.market, self.passive_market = Market.of(terms.costs), Market.passive(terms.costs)
        self.cash = terms.initial_cash
        self.rate_row, self.at_close = 0, True
        lots = lot_sizes(panel.instruments, terms.sizing.quantity)
        conversion = terms.conversion()
        changing = [0.0] * len(lots) if conversion is None else conversion.tolist()
        self.holdings = [Holding(lot, rate) for lot, rate in zip(lots, changing, strict=True)]
        self.tier_period = self._tier_periods()
        self.period, self.traded_in_period = 0, 0.0
        self.orders: list[Order] = []
        self.trades: list[Trade] = []
        self.dividends = 0.0
        self.ruined_bar = -1
        self.cut_by_volume = 0

    @property
    def is_ruined(self) -> bool:
        """Nobody lends to an account that is worth nothing: it trades no more."""
        return self.ruined_bar >= 0

    def has_bar(self, bar: int, index: int) -> bool:
        return not math.isnan(self.close[bar][index])

    def rate(self, index: int) -> float:
        """Money of the account for one unit of the instrument's currency, as far as it is known now."""
        rates = self.terms.conditions.rates
        return 1.0 if rates is None else float(rates[self.rate_row, index])

    def worth(self, index: int, price: float) -> float:
        """Signed value; an instrument that never had a bar is worth nothing, and is not held."""
        holding = self.holdings[index]
        return holding.quantity * (price * self.rate(index)) if holding.quantity else 0.0

    def price_now(self, bar: int, index: int) -> float:
        """The open while the bar lasts, where there is one; its close from then on."""
        known = self.holdings[index].last_close
        return known if self.at_close or not self.has_bar(bar, index) else self.open[bar][index]

    def volume_left(self, bar: int, index: int) -> float:
        """Units, in whole lots, that may still be filled in this bar."""
        share, holding = self.sizing.max_volume_share, self.holdings[index]
        if share is None:
            return math.inf
        most = share * self.volume[bar][index] if self.volume[bar][index] > 0 else 0.0
        left = most - holding.taken.get(bar, 0.0)
        return round_down(left, holding.lot) if left > NOISE * most else 0.0

    def cut_to_volume(self, bar: int, index: int, quantity: float) -> float:
        left = self.volume_left(bar, index)
        self.cut_by_volume += left < quantity
        return min(left, quantity)

    def costs_of(self, bar: int, index: int, *, passive: bool = False) -> Market:
        """What a fill of this instrument costs now."""
        if self.tier_period and self.tier_period[bar] != self.period:
            self.period, self.traded_in_period = self.tier_period[bar], 0.0
        return replace(
            self.passive_market if passive else self.market,
            conversion=self.holdings[index].conversion,
            traded=self.traded_in_period,
        )

    # ---------------------------------------------------------------- orders of the strategy's own

    def trade(self, wanted: Wanted, quantity: float) -> float:
        """Fill so many units; the answer is how many were."""
        held = self.holdings[wanted.index].quantity
        filled = 0.0
        if held * wanted.side < 0:
            filled = self._shrink(wanted, quantity)
            quantity -= abs(held)
            if filled < abs(held) or quantity <= NOISE * self.holdings[wanted.index].lot:
                return filled
        return filled + self._extend(wanted, quantity)

    def _shrink(self, wanted: Wanted, quantity: float) -> float:
        holding = self.holdings[wanted.index]
        held = abs(holding.quantity)
        whole = held if quantity >= held else round_down(quantity, holding.lot)
        if whole <= 0:
            self._refuse(wanted, DenialReason.ROUNDS_TO_ZERO, quantity)
            return 0.0
        whole = self.cut_to_volume(wanted.bar, wanted.index, whole)
        if whole > 0:
            holding.trip.seen.append(wanted.reference)
            self.book(wanted, whole)
        return whole

    def _extend(self, wanted: Wanted, quantity: float) -> float:
        holding, bar, index = self.holdings[wanted.index], wanted.bar, wanted.index
        whole = round_down(quantity, holding.lot)
        if whole <= 0:
            self._refuse(wanted, DenialReason.ROUNDS_TO_ZERO, quantity)
            return 0.0
        market = self.costs_of(bar, index, passive=wanted.passive)
        quote = Quote(wanted.reference * self.rate(index), wanted.side, self.volume[bar][index])
        power = 0.0 if self.is_ruined else self._buying_power(wanted)
        most = round_down(min(market.affordable(quote, power, self.sizing.leverage), whole), holding.lot)
        if most <= 0:
            self._refuse(wanted, DenialReason.NO_BUYING_POWER, whole)
            return 0.0
        most = self.cut_to_volume(bar, index, most)
        if most > 0:
            opens = not holding.quantity
            self.book(wanted, most)
            if not self.at_close and wanted.reference != self.open[bar][index]:
                holding.trip.added_inside = bar
                holding.trip.inside = holding.trip.inside or opens
        return most

    def _buying_power(self, wanted: Wanted) -> float:
        """What may still be added to gross exposure when the instrument is worth this price."""
        worths = [
            self.worth(
                index, wanted.reference if index == wanted.index else self.price_now(wanted.bar, index)
            )
            for index in range(len(self.holdings))
        ]
        equity, gross = total([self.cash, *worths]), total(abs(worth) for worth in worths)
        left = self.sizing.leverage * equity - gross
        return left if left > NOISE * equity else 0.0

    def _refuse(self, wanted: Wanted, denial: DenialReason, quantity: float) -> None:
        self.orders.append(
            Order(
                wanted.decided_bar,
                wanted.bar,
                wanted.index,
                OrderStatus.DENIED,
                wanted.side * quantity,
                held=self.holdings[wanted.index].quantity,
                reason=wanted.reason,
                denial=denial,
            )
        )

    # ---------------------------------------------------------------- bookkeeping

    def book(self, wanted: Wanted, quantity: float) -> None:
        """A fill of so many units, with what it costs."""
        market = self.costs_of(wanted.bar, wanted.index, passive=wanted.passive)
        quote = Quote(wanted.reference, wanted.side, self.volume[wanted.bar][wanted.index])
        price = market.price(quote, quantity)
        self._write(wanted, quantity, price, market)
        if self.tier_period:
            self.traded_in_period += quantity * (price * self.rate(wanted.index))

    def settle(self, wanted: Wanted, quantity: float) -> None:
        """The same at no cost: nobody trades, what is held becomes cash."""
        self._write(wanted, quantity, wanted.reference, Market())

    def _write(self, wanted: Wanted, quantity: float, price: float, market: Market) -> None:
        holding, rate = self.holdings[wanted.index], self.rate(wanted.index)
        signed, paid = wanted.side * quantity, price * rate
        commission = market.commission(quantity, paid)
        self.cash -= signed * paid + commission
        holding.taken[wanted.bar] = holding.taken.get(wanted.bar, 0.0) + quantity
        if not holding.quantity:
            holding.begin(wanted.bar)
        holding.trip.fees += commission
        if holding.quantity * signed >= 0:
            holding.add(signed, price, paid)
        else:
            holding.reduce(signed, price, paid)
        self.orders.append(
            Order(
                wanted.decided_bar,
                wanted.bar,
                wanted.index,
                OrderStatus.FILLED,
                signed,
                price=price,
                commission=commission,
                slippage=quantity * abs(price - wanted.reference) * rate,
                held=holding.quantity,
                reason=wanted.reason,
            )
        )
        if not holding.quantity:
            self.trades.append(
                holding.trip.ended(wanted.index, wanted.bar, wanted.reason, average=holding.average)
            )

    def _tier_periods(self) -> list[int]:
        """The month of each bar, counted from 1970, midnight being the end of a day; empty where months do
        not matter."""
        if not self.costs.commission_tiers or self.costs.commission_tier_period is TierPeriod.ORDER:
            return []
        closed = [from_nanoseconds(time - 1) for time in self.close_time]
        return [12 * (moment.year - 1970) + moment.month - 1 for moment in closed]
