"""Statistics of round trips."""

import math
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.performance.returns import FEWEST_FOR_A_SPREAD, NOISE


@dataclass(frozen=True, slots=True, eq=False)
class TradeColumns:
    """What statistics need of a run's trades; one row each, shape (K,).

    pnl        account currency, after costs
    return_    pnl over the cost of entry, a fraction; NaN where entry cost nothing. Statistics of
               returns leave such a trade out
    bars_held  bars from entry to exit
    is_open    whether the trade was still open at the end; such trades are only counted
    """

    pnl: FloatArray
    return_: FloatArray
    bars_held: IntArray
    is_open: BoolArray

    @classmethod
    def none(cls) -> "TradeColumns":
        """The columns of a run that never traded."""
        return cls(np.empty(0), np.empty(0), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.bool_))


class TradeStatistics(TypedDict):
    """Statistics of closed trades, and how many are still open."""

    trades: int
    open_trades: int
    win_rate: float | None
    profit_factor: float | None
    expectancy: float | None
    sqn: float | None
    kelly: float | None
    average_bars_held: float | None
    best_trade: float | None
    worst_trade: float | None


def trade_statistics(trades: TradeColumns) -> TradeStatistics:
    """All of them over closed trades; without one, all but the counts are None. See CONVENTIONS."""
    closed = ~trades.is_open
    count = int(np.count_nonzero(closed))
    open_trades = len(closed) - count
    if count == 0:
        return no_trades(open_trades)
    if open_trades:
        pnl, returns, held = trades.pnl[closed], trades.return_[closed], trades.bars_held[closed]
    else:
        pnl, returns, held = trades.pnl, trades.return_, trades.bars_held
    won, lost = np.flatnonzero(pnl > 0.0), np.flatnonzero(pnl < 0.0)
    win_rate = len(won) / count
    loss = -float(np.add.reduce(pnl[lost]))
    defined = _finite(returns)
    return TradeStatistics(
        trades=count,
        open_trades=open_trades,
        win_rate=win_rate,
        profit_factor=float(np.add.reduce(pnl[won])) / loss if loss > 0.0 else None,
        expectancy=float(np.add.reduce(pnl)) / count,
        sqn=_system_quality(defined),
        kelly=_kelly(len(defined), _finite(returns[won]), _finite(returns[lost])),
        average_bars_held=float(np.add.reduce(held)) / count,
        best_trade=float(defined.max()) if len(defined) else None,
        worst_trade=float(defined.min()) if len(defined) else None,
    )


def no_trades(open_trades: int = 0) -> TradeStatistics:
    """Of a run that closed no trade."""
    return TradeStatistics(
        trades=0,
        open_trades=open_trades,
        win_rate=None,
        profit_factor=None,
        expectancy=None,
        sqn=None,
        kelly=None,
        average_bars_held=None,
        best_trade=None,
        worst_trade=None,
    )


def _finite(returns: FloatArray) -> FloatArray:
    return returns[np.isfinite(returns)]


def _system_quality(returns: FloatArray) -> float | None:
    """Tharp's SQN. Trade returns stand in for R multiples, since not every strategy sets a stop.

    Returns, not currency: under compounding, later trades are larger, and P&L would weigh them more.
    """
    count = len(returns)
    if count < FEWEST_FOR_A_SPREAD:
        return None
    mean = float(np.add.reduce(returns)) / count
    centred = returns - mean
    deviation = math.sqrt(float(np.add.reduce(centred * centred)) / (count - 1))
    return mean / deviation * math.sqrt(count) if deviation > NOISE else None


def _kelly(trades: int, winners: FloatArray, losers: FloatArray) -> float | None:
    """Win rate less the rest over the payoff ratio: Kelly (1956) for a bet that wins or loses."""
    if not len(winners) or not len(losers):
        return None
    mean_win = float(np.add.reduce(winners)) / len(winners)
    mean_loss = -float(np.add.reduce(losers)) / len(losers)
    payoff, win_rate = mean_win / mean_loss, len(winners) / trades
    return win_rate - (1.0 - win_rate) / payoff
