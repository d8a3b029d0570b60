"""What a simulation returns: curve, orders and trades as columns."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from domain.arrays import BoolArray, FloatArray, IntArray, TimeArray
from domain.market.instruments import InstrumentId


class FillReason(IntEnum):
    """Why an order was made, or a trade ended. A trade that has not ended is STILL_OPEN.

    SIGNAL is a target weight, ORDER an order of the strategy's own; STOP_LOSS and TAKE_PROFIT are
    protective exits, of the run or of a bracket. MARGIN_CALL is a sale the broker makes, DELISTED the
    end of the instrument itself. SPLIT rows are no trades: shares that a split adds at no price, and
    the fraction of one that is paid in cash.
    """

    STILL_OPEN = -1
    SIGNAL = 0
    STOP_LOSS = 1
    TAKE_PROFIT = 2
    TRAILING_STOP = 3
    ORDER = 4
    MARGIN_CALL = 5
    DELISTED = 6
    SPLIT = 7


class OrderStatus(IntEnum):
    """What became of an order."""

    FILLED = 0
    DENIED = 1
    PENDING = 2
    CANCELLED = 3
    EXPIRED = 4


class DenialReason(IntEnum):
    """Why an order was refused: the account cannot pay for it, or it is less than one lot."""

    NOT_DENIED = 0
    NO_BUYING_POWER = 1
    ROUNDS_TO_ZERO = 2


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """State of the account at each bar close; shape (T,), account currency.

    exposure is gross position value over equity, NaN when positions are held on no equity.
    benchmark is the value of buy-and-hold with the same starting cash and no costs; NaN before its
    first bar.
    """

    close_time: TimeArray
    equity: FloatArray
    cash: FloatArray
    exposure: FloatArray
    benchmark: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """One row for each order, in the order they came up; shape (F,).

    A flip from long to short is two orders. A target that is held already makes no order. A
    decision that was replaced, or overtaken by a protective exit, before it could fill is not listed.

    decided_bar  row of the panel whose close it was decided on, or the margin call was made on; the bar
                 itself for protective exits, splits and delistings
    bar          row in which it was filled or denied; -1 while pending. At that bar's close where a
                 decision for the next open was made after the bar had opened, on another venue's close
    instrument   column of the panel
    status       an OrderStatus
    reason       a FillReason
    denial       a DenialReason
    quantity     units, negative for sales: filled, or wanted where it was not filled. A pending
                 quantity is an estimate at the last close
    price        what was paid, spread, slippage and impact included, in the instrument's currency; NaN
                 where nothing was filled, 0.0 for the shares of a split
    commission   account currency
    slippage     account currency lost against the reference price
    held         units held after it, negative short
    """

    decided_bar: IntArray
    bar: IntArray
    instrument: IntArray
    status: IntArray
    reason: IntArray
    denial: IntArray
    quantity: FloatArray
    price: FloatArray
    commission: FloatArray
    slippage: FloatArray
    held: FloatArray

    def __len__(self) -> int:
        return int(self.bar.shape[0])

    def positions(self, bars: int, instruments: int) -> FloatArray:
        """Units held at each close, shape (bars, instruments)."""
        positions = np.zeros((bars, instruments))
        for column in range(instruments):
            mine = (self.instrument == column) & (self.status == OrderStatus.FILLED)
            bar = self.bar[mine]
            # Of several orders in one bar the last one counts, for it is repeated for the bars to come.
            if bar.size:
                positions[bar[0] :, column] = np.repeat(self.held[mine], np.diff(bar, append=bars))
        return positions


@dataclass(frozen=True, slots=True, eq=False)
class Trades:
    """Round trips from flat to flat, at average cost; one row each, shape (K,), as they ended.

    A flip closes one trade and opens the next. Trades still open at the end come last, by
    instrument: is_open is True, exit_time that of the last bar, and what is left counts as sold at
    the last known close. Statistics report them apart.

    quantity        everything that was added, negative for shorts; more than was ever held at once
                    when a position was reduced and added to again. In shares as they are at the exit
    entry_price     average price of everything that was added, in the instrument's currency
    exit_price      average price of everything that was taken away, in the instrument's currency
    pnl             quantity * (exit_price - entry_price) - fees + dividends, account currency, slippage
                    included; in another currency each fill counts at the rate of its bar. Borrow fees,
                    funding and margin interest are charged to the account, not to trades
    return_         pnl over the cost of entry (largest absolute cost basis held); NaN where that is 0
    fees            commissions of all its orders, and what changing currency cost, account currency
    dividends       booked while it was held, negative for shorts, account currency; else 0.0
    bars_held       bars from entry to exit
    mae, mfe        maximum adverse (<= 0) and favourable (>= 0) excursion: fraction of the average
                    cost held at that moment, from the highs and lows seen while the position was
                    held. Of the bar of a protective exit nothing better than the exit itself counts
    """

    instrument_ids: tuple[InstrumentId, ...]
    instrument: IntArray
    entry_bar: IntArray
    exit_bar: IntArray
    entry_time: TimeArray
    exit_time: TimeArray
    quantity: FloatArray
    entry_price: FloatArray
    exit_price: FloatArray
    pnl: FloatArray
    return_: FloatArray
    fees: FloatArray
    bars_held: IntArray
    mae: FloatArray
    mfe: FloatArray
    exit_reason: IntArray
    is_open: BoolArray
    dividends: FloatArray

    def __len__(self) -> int:
        return int(self.entry_bar.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """The whole outcome of the engine, before statistics.

    entry_bar_exits counts protective exits on the very bar of entry. financing_paid is borrow fees,
    funding and margin interest, account currency; less than 0 when funding was received.
    turnover is everything bought and sold, at fill prices, over mean equity: a round trip of the
    whole account is about 2; None where mean equity is not positive.
    What ends a run is explained to the last cent: final_equity = initial cash + pnl of all trades, those
    still open too, - financing_paid. Commissions, what changing currency cost, dividends and the moves
    of exchange rates are part of each trade's pnl.
    """

    curve: Curve
    orders: Orders
    trades: Trades
    final_equity: float
    fees_paid: float
    slippage_paid: float
    financing_paid: float
    turnover: float | None
    entry_bar_exits: int
    dividends_received: float
    warnings: tuple[str, ...]

    @property
    def positions(self) -> FloatArray:
        """Units held at each close, shape (T, N); made anew from the orders at each call."""
        return self.orders.positions(len(self.curve.close_time), len(self.trades.instrument_ids))
