"""What can be traded: the instrument and the few facts about it that decide sizes and prices."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from domain.errors import InvalidInput, Problem

InstrumentId = NewType("InstrumentId", str)


class AssetClass(StrEnum):
    """The kind of thing an instrument is, which decides its calendar and its lot."""

    EQUITY = "equity"
    ETF = "etf"
    INDEX = "index"
    FX = "fx"
    CRYPTO = "crypto"


@dataclass(frozen=True, slots=True)
class Instrument:
    """One tradable thing at one venue.

    symbol      as the venue writes it: `AAPL`, `BTC/USDT`
    venue       ISO 10383 market identifier (`XNAS`, `XNYS`) or the exchange's name (`BINANCE`)
    currency    ISO 4217 code, or the quote asset of a pair, of prices and P&L
    tick_size   smallest price step, in `currency`
    lot_size    smallest quantity step when whole lots are traded, in units
    fractional  whether the venue accepts any quantity instead of whole lots
    """

    symbol: str
    venue: str
    asset_class: AssetClass = AssetClass.EQUITY
    currency: str = "USD"
    tick_size: Decimal = Decimal("0.01")
    lot_size: Decimal = Decimal(1)
    fractional: bool = False
    name: str = ""

    def __post_init__(self) -> None:
        problems = [
            Problem((field,), "must not be empty or hold white space")
            for field in ("symbol", "venue", "currency")
            if not getattr(self, field) or any(c.isspace() for c in getattr(self, field))
        ]
        problems += [
            Problem((field,), "must be a positive number")
            for field in ("tick_size", "lot_size")
            if not getattr(self, field) > 0
        ]
        if problems:
            raise InvalidInput.of(problems)

    @property
    def id(self) -> InstrumentId:
        """`symbol.venue`, unique in a workspace: `AAPL.XNAS`."""
        return InstrumentId(f"{self.symbol}.{self.venue}")
