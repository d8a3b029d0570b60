"""What a simulation returns: curves, orders, fills and trades as columns."""

from dataclasses import dataclass
from enum import IntEnum

from domain.arrays import BoolArray, FloatArray, IntArray, TimeArray
from domain.market.instruments import InstrumentId


class FillReason(IntEnum):
    """Why a fill happened."""

    TARGET = 0
    STOP_LOSS = 1
    TAKE_PROFIT = 2


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """State of the account at each bar close; shape (T,), account currency.

    exposure is gross position value over equity. benchmark is the value of buy-and-hold with the
    same starting cash; NaN before its first bar.
    """

    close_time: TimeArray
    equity: FloatArray
    cash: FloatArray
    exposure: FloatArray
    benchmark: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Fills:
    """One row for each execution, in the order they happened; shape (F,).

    decided_bar, bar  rows of the panel: when it was decided, and when it was filled
    instrument        column of the panel
    quantity          units, negative for sells
    price             what was paid, spread, slippage and impact included
    commission        account currency
    slippage          account currency lost against the reference price
    reason            a FillReason
    """

    decided_bar: IntArray
    bar: IntArray
    instrument: IntArray
    quantity: FloatArray
    price: FloatArray
    commission: FloatArray
    slippage: FloatArray
    reason: IntArray

    def __len__(self) -> int:
        return int(self.bar.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class Trades:
    """Round trips from flat to flat, at average cost; one row each, shape (K,), by exit then entry.

    A flip closes one trade and opens the next. A trade still open at the end has is_open True,
    exit_time of the last bar and its last close as exit price, and is reported apart by statistics.

    quantity        largest size held, negative for shorts
    entry_price     average price of everything that added; exit_price of everything that reduced
    pnl             account currency, after commissions and slippage; borrow fees and margin
                    interest are charged to the account, not to trades
    return_         pnl over the cost of entry (largest absolute cost basis held)
    bars_held       bars from entry to exit
    mae, mfe        maximum adverse (<= 0) and favourable (>= 0) excursion: fraction of entry price,
                    from the highs and lows seen while the position was held
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

    def __len__(self) -> int:
        return int(self.entry_bar.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """The whole outcome of the engine, before statistics.

    positions (T, N) units held at each close. entry_bar_exits counts protective exits on the
    very bar of entry. financing_paid is borrow fees and margin interest, account currency.
    """

    curve: Curve
    positions: FloatArray
    fills: Fills
    trades: Trades
    final_equity: float
    fees_paid: float
    slippage_paid: float
    financing_paid: float
    turnover: float
    entry_bar_exits: int
    warnings: tuple[str, ...]
