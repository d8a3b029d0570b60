"""What a market order costs, and what a sum of money buys once costs are paid, in plain Python."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from domain.backtesting.lots import FRACTIONAL
from domain.backtesting.model import Costs

NOISE = 1e-9
"""Differences below this share of equity, or of a lot, are rounding of floats and not intent."""


def total(values: Iterable[float]) -> float:
    """Added left to right, as the kernel does; the built-in sum compensates from Python 3.12 on."""
    result = 0.0
    for value in values:
        result += value
    return result


def round_down(quantity: float, lot: float) -> float:
    """Whole lots that fit; a hair below a whole lot counts as one."""
    if lot == FRACTIONAL:
        return quantity
    return math.floor(quantity / lot + NOISE) * lot


def round_up(quantity: float, lot: float) -> float:
    """Whole lots that hold it; a hair above a whole lot counts as one."""
    if lot == FRACTIONAL:
        return quantity
    return math.ceil(quantity / lot - NOISE) * lot


@dataclass(frozen=True, slots=True)
class Quote:
    """One side of the market at a fill: side 1 buys, -1 sells. NaN or no volume is unknown."""

    reference: float
    side: float
    volume: float


@dataclass(frozen=True, slots=True)
class Tier:
    """The rate of the notional from a threshold up to the next."""

    begin: float
    end: float
    rate: float

    def commission(self, notional: float, before: float) -> float:
        """Of that part of a notional, traded after what was before, which lies in the tier."""
        return self.rate * max(0.0, min(before + notional, self.end) - max(before, self.begin))


@dataclass(frozen=True, slots=True)
class Market:
    """Costs as fractions of the price. adverse is half the spread plus slippage, maximum a share of the
    notional; conversion is what changing currency costs and traded what the tier period has seen."""

    fixed: float = 0.0
    per_share: float = 0.0
    rate: float = 0.0
    minimum: float = 0.0
    maximum: float = math.inf
    adverse: float = 0.0
    impact: float = 0.0
    tiers: tuple[Tier, ...] = ()
    conversion: float = 0.0
    traded: float = 0.0

    @classmethod
    def of(cls, costs: Costs) -> "Market":
        """What a market order pays."""
        most = costs.commission_maximum_bps
        return cls(
            fixed=costs.commission_fixed,
            per_share=costs.commission_per_share,
            rate=costs.commission_bps / 10_000.0,
            minimum=costs.commission_minimum,
            maximum=math.inf if most is None else most / 10_000.0,
            adverse=(costs.spread_bps / 2.0 + costs.slippage_bps) / 10_000.0,
            impact=costs.impact_bps / 10_000.0,
            tiers=_tiers(costs),
        )

    @classmethod
    def passive(cls, costs: Costs) -> "Market":
        """What a limit pays: it waits in the book, so neither spread nor slippage, and the maker's rate."""
        waiting = replace(cls.of(costs), adverse=0.0, impact=0.0)
        if costs.commission_bps_passive is None:
            return waiting
        return replace(waiting, rate=costs.commission_bps_passive / 10_000.0, tiers=())

    def price(self, quote: Quote, quantity: float) -> float:
        """What is paid or received for each unit."""
        return quote.reference * (1.0 + quote.side * self._adverse_rate(quote, quantity))

    def commission(self, quantity: float, price: float) -> float:
        """Of an order at this price, money of the account."""
        by_rate = (
            total(tier.commission(quantity * price, self.traded) for tier in self.tiers)
            if self.tiers
            else self.rate * quantity * price
        )
        commission = max(self.minimum, self.fixed + self.per_share * quantity + by_rate)
        if self.maximum < math.inf:
            commission = min(commission, self.maximum * quantity * price)
        return commission + self.conversion * quantity * price

    def needed(self, quote: Quote, quantity: float, cost_weight: float) -> float:
        """Money bound by an order. Costs lower equity, and the exposure allowed `cost_weight` times."""
        price = self.price(quote, quantity)
        costs = self.commission(quantity, price) + quantity * abs(price - quote.reference)
        return quantity * quote.reference + cost_weight * costs

    def affordable(self, quote: Quote, money: float, cost_weight: float) -> float:
        """Largest quantity whose position and costs together need no more than the money.

        Without impact and tiers every branch of the commission is linear in quantity: the smaller of
        the solutions for rate and minimum is exact, or that for the maximum where it is larger. Impact
        grows with the quantity itself and tiers bend the line, so the answer is searched for below
        that start.
        """
        adverse = self._adverse_rate(quote, 0.0)
        price = quote.reference * (1.0 + quote.side * adverse)
        unit = quote.reference * (1.0 + cost_weight * adverse)
        lowest = min((tier.rate for tier in self.tiers), default=self.rate)
        by_rate = (money - cost_weight * self.fixed) / (
            unit + cost_weight * (self.per_share + (lowest + self.conversion) * price)
        )
        at_minimum = (money - cost_weight * self.minimum) / (unit + cost_weight * self.conversion * price)
        most = min(by_rate, at_minimum)
        if self.maximum < math.inf:
            most = max(most, money / (unit + cost_weight * (self.maximum + self.conversion) * price))
        if most <= 0:
            return 0.0
        if self.tiers or (self.impact > 0 and quote.volume > 0):
            return self._search(quote, money, cost_weight, most)
        return most

    def _search(self, quote: Quote, money: float, cost_weight: float, most: float) -> float:
        least = 0.0
        for _ in range(64):
            middle = 0.5 * (least + most)
            if self.needed(quote, middle, cost_weight) <= money:
                least = middle
            else:
                most = middle
        return least

    def _adverse_rate(self, quote: Quote, quantity: float) -> float:
        rate = self.adverse
        if self.impact > 0:
            # Without a volume to compare with, the order is taken to be all of it.
            rate += self.impact * math.sqrt(quantity / quote.volume) if quote.volume > 0 else self.impact
        # Nobody pays to have a share taken: a sale brings nothing at worst.
        return min(rate, 1.0) if quote.side < 0 else rate


def _tiers(costs: Costs) -> tuple[Tier, ...]:
    """Commission tiers from zero on; none when one rate holds for all."""
    if not costs.commission_tiers:
        return ()
    rates = [costs.commission_bps / 10_000.0, *(tier.bps / 10_000.0 for tier in costs.commission_tiers)]
    begins = [0.0, *(tier.over for tier in costs.commission_tiers)]
    return tuple(map(Tier, begins, [*begins[1:], math.inf], rates))
