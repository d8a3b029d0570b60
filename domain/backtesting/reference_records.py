"""What the reference account keeps, in plain Python: orders, trades, holdings."""

import math
from dataclasses import dataclass, field

from domain.backtesting.reference_market import NOISE
from domain.backtesting.result import DenialReason, FillReason, OrderStatus


@dataclass
class Order:
    """A row of `result.Orders`."""

    decided_bar: int
    bar: int
    instrument: int
    status: OrderStatus
    quantity: float
    price: float = math.nan
    commission: float = 0.0
    slippage: float = 0.0
    held: float = 0.0
    reason: FillReason = FillReason.SIGNAL
    denial: DenialReason = DenialReason.NOT_DENIED


@dataclass
class Trade:
    """A row of `result.Trades`."""

    instrument: int
    entry_bar: int
    exit_bar: int
    exit_reason: FillReason
    quantity: float
    entry_price: float
    exit_price: float
    pnl: float
    return_: float
    fees: float
    mae: float
    mfe: float
    dividends: float


@dataclass
class RoundTrip:
    """A position from flat to flat, at average cost. Prices are added up in the instrument's currency,
    values in the account's. `inside` tells that an order inside the bar opened it, not at its open; `added_inside` is
    the last bar in which such an order opened it or added to it."""

    entry_bar: int
    inside: bool = False
    added_inside: int = -1
    side: float = 0.0
    basis: float = 0.0
    entry_units: float = 0.0
    entry_prices: float = 0.0
    entry_value: float = 0.0
    exit_units: float = 0.0
    exit_prices: float = 0.0
    exit_value: float = 0.0
    fees: float = 0.0
    dividends: float = 0.0
    mae: float = 0.0
    mfe: float = 0.0
    seen: list[float] = field(default_factory=list)

    def judge(self, average: float) -> None:
        """How far price went against the average cost held at that time, and how far in favour."""
        moves = [self.side * (price - average) / average for price in self.seen] if average > 0 else []
        self.mae, self.mfe = min([self.mae, *moves]), max([self.mfe, *moves])
        self.seen = []

    def ended(
        self,
        instrument: int,
        bar: int,
        reason: FillReason,
        *,
        average: float,
        left: float = 0.0,
        close: float = 0.0,
        rate: float = 1.0,
    ) -> Trade:
        """The trade it made; what is left is counted at the close."""
        exit_prices = self.exit_prices + abs(left) * close
        exit_value = self.exit_value + abs(left) * (close * rate)
        pnl = self.side * (exit_value - self.entry_value) - self.fees + self.dividends
        self.judge(average)
        return Trade(
            instrument=instrument,
            entry_bar=self.entry_bar,
            exit_bar=bar,
            exit_reason=reason,
            quantity=self.side * self.entry_units,
            entry_price=self.entry_prices / self.entry_units,
            exit_price=exit_prices / self.entry_units,
            pnl=pnl,
            return_=pnl / self.basis if self.basis > 0 else math.nan,
            fees=self.fees,
            mae=self.mae,
            mfe=self.mfe,
            dividends=self.dividends,
        )


@dataclass
class Holding:
    """What is held of one instrument, and what is wanted of it.

    average is in the instrument's currency, cost the same in the account's. leaving tells why an exit
    that volume cut short goes on at the next open; taken is what fills took of the volume, by bar.
    """

    lot: float
    conversion: float = 0.0
    quantity: float = 0.0
    average: float = 0.0
    cost: float = 0.0
    last_close: float = math.nan
    pending: float = math.nan
    decided_bar: int = -1
    leaving: FillReason | None = None
    taken: dict[int, float] = field(default_factory=dict)
    trip: RoundTrip = field(default_factory=lambda: RoundTrip(-1))

    def begin(self, bar: int) -> None:
        """Forget the round trip before: a new one opens in this bar."""
        self.trip, self.average, self.cost, self.leaving = RoundTrip(bar), 0.0, 0.0, None

    def add(self, signed: float, price: float, paid: float) -> None:
        """Book more of the same side at this price, which is `paid` in the account's currency."""
        held, quantity, trip = abs(self.quantity), abs(signed), self.trip
        if held > 0:
            trip.judge(self.average)  # what was seen so far concerns the average before this purchase
        trip.side = math.copysign(1.0, signed)
        trip.entry_units += quantity
        trip.entry_prices += quantity * price
        trip.entry_value += quantity * paid
        self.average = (self.average * held + quantity * price) / (held + quantity)
        self.cost = (self.cost * held + quantity * paid) / (held + quantity)
        self.quantity += signed
        trip.basis = max(trip.basis, abs(self.quantity) * self.cost)

    def reduce(self, signed: float, price: float, paid: float) -> None:
        """Book less of it; the average cost of the rest stays."""
        self.trip.exit_units += abs(signed)
        self.trip.exit_prices += abs(signed) * price
        self.trip.exit_value += abs(signed) * paid
        self.quantity += signed
        if abs(self.quantity) <= NOISE * self.lot:
            self.quantity = 0.0

    def restate(self, ratio: float) -> None:
        """So many new shares for each old one, at the same cost altogether."""
        self.last_close /= ratio
        if self.quantity:
            self.quantity *= ratio
            self.average /= ratio
            self.cost /= ratio
            self.trip.entry_units *= ratio
            self.trip.exit_units *= ratio
            self.trip.seen = [price / ratio for price in self.trip.seen]
