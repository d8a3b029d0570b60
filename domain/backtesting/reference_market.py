"""What a market order costs, and what a sum of money buys once costs are paid, in plain Python."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Quote:
    """One side of the market at a fill: side 1 buys, -1 sells. NaN or no volume is unknown."""

    reference: float
    side: float
    volume: float


@dataclass(frozen=True, slots=True)
class Market:
    """Costs as fractions of the price. adverse is half the spread plus slippage."""

    fixed: float
    per_share: float
    rate: float
    minimum: float
    adverse: float
    impact: float

    @classmethod
    def of(cls, costs: Costs) -> "Market":
        return cls(
            fixed=costs.commission_fixed,
            per_share=costs.commission_per_share,
            rate=costs.commission_bps / 10_000.0,
            minimum=costs.commission_minimum,
            adverse=(costs.spread_bps / 2.0 + costs.slippage_bps) / 10_000.0,
            impact=costs.impact_bps / 10_000.0,
        )

    def price(self, quote: Quote, quantity: float) -> float:
        """What is paid or received for each unit."""
        return quote.reference * (1.0 + quote.side * self._adverse_rate(quote, quantity))

    def commission(self, quantity: float, price: float) -> float:
        return max(self.minimum, self.fixed + self.per_share * quantity + self.rate * quantity * price)

    def needed(self, quote: Quote, quantity: float, cost_weight: float) -> float:
        """Money bound by an order. Costs lower equity, and the exposure allowed `cost_weight` times."""
        price = self.price(quote, quantity)
        costs = self.commission(quantity, price) + quantity * abs(price - quote.reference)
        return quantity * quote.reference + cost_weight * costs

    def affordable(self, quote: Quote, money: float, cost_weight: float) -> float:
        """Largest quantity whose position and costs together need no more than the money.

        Without impact both branches of the commission are linear in quantity, and the smaller of
        their solutions is exact. Impact grows with the quantity itself, so the answer is searched
        for below that start.
        """
        adverse = self._adverse_rate(quote, 0.0)
        price = quote.reference * (1.0 + quote.side * adverse)
        unit = quote.reference * (1.0 + cost_weight * adverse)
        by_rate = (money - cost_weight * self.fixed) / (
            unit + cost_weight * (self.per_share + self.rate * price)
        )
        at_minimum = (money - cost_weight * self.minimum) / unit
        most = min(by_rate, at_minimum)
        if most <= 0:
            return 0.0
        if self.impact > 0 and quote.volume > 0:
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
