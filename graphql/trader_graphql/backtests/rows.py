"""Rows of curves and trade lists."""

from datetime import datetime

import strawberry


@strawberry.type(description="State of the account at a bar's close, in account currency.")
class EquityPoint:
    time: datetime
    equity: float
    cash: float
    exposure: float | None = strawberry.field(description="Gross position value over equity.")
    benchmark: float | None = strawberry.field(description="Value of the benchmark from the same cash.")
    drawdown: float = strawberry.field(description="Equity over its highest value so far, minus one.")


@strawberry.type(description="A round trip from flat to flat, at average cost.")
class Trade:
    number: int = strawberry.field(description="Counted from one in the order of exits.")
    instrument: str
    entry_time: datetime
    exit_time: datetime = strawberry.field(description="Of the last bar while the trade is open.")
    quantity: float = strawberry.field(description="Largest size held, in units; negative for shorts.")
    entry_price: float = strawberry.field(description="In the instrument's currency, as is the exit's.")
    exit_price: float = strawberry.field(description="The last close while the trade is open.")
    pnl: float = strawberry.field(
        description="After commissions and slippage, with dividends, in account currency."
    )
    return_: float | None = strawberry.field(description="P&L over the cost of entry.")
    fees: float
    dividends: float = strawberry.field(description="Booked while it was held; part of the P&L.")
    bars_held: int
    maximum_adverse_excursion: float | None = strawberry.field(
        description="Fraction of the entry price, not positive."
    )
    maximum_favourable_excursion: float | None = strawberry.field(
        description="Fraction of the entry price, not negative."
    )
    exit_reason: str = strawberry.field(
        description="signal, order, stop_loss, take_profit, trailing_stop, margin_call, delisted or split; still_open."
    )
    is_open: bool
