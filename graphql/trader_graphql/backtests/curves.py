"""Curves and trades as rows. Uses numpy: imported only when a query asks for them."""

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.backtesting.result import Curve, FillReason, Trades
from domain.clock import from_nanoseconds
from trader_graphql.backtests.rows import EquityPoint, Trade
from trader_graphql.scalars import number_or_none


def drawdown_of(equity: FloatArray) -> FloatArray:
    """Equity over its highest value so far, minus one; shape (T,), never positive."""
    return equity / np.maximum.accumulate(equity) - 1.0


def downsampled(equity: FloatArray, drawdown: FloatArray, points: int) -> IntArray:
    """Rows, in order and at most `points` of them, that keep the shape of a curve.

    The rows are cut into equal stretches, and the lowest and highest equity of each is kept, so
    that no spike disappears. The first and last row, the highest and lowest equity of all and the
    deepest drawdown are always among them. points is at least 5.
    """
    rows = equity.shape[0]
    if rows <= points:
        return np.arange(rows, dtype=np.int64)
    kept = {0, rows - 1, int(equity.argmax()), int(equity.argmin()), int(drawdown.argmin())}
    stretches = (points - len(kept)) // 2
    if stretches:
        for stretch in np.array_split(np.arange(rows), stretches):
            values = equity[stretch]
            kept.add(int(stretch[values.argmin()]))
            kept.add(int(stretch[values.argmax()]))
    return np.array(sorted(kept), dtype=np.int64)


def equity_points(curve: Curve, points: int) -> list[EquityPoint]:
    """At most `points` rows of the curve, as `downsampled` chooses them."""
    drawdown = drawdown_of(curve.equity)
    rows = downsampled(curve.equity, drawdown, points)
    columns = (curve.equity, curve.cash, curve.exposure, curve.benchmark, drawdown)
    equity, cash, exposure, benchmark, fall = (column[rows].tolist() for column in columns)
    return [
        EquityPoint(
            time=from_nanoseconds(time),
            equity=equity[row],
            cash=cash[row],
            exposure=number_or_none(exposure[row]),
            benchmark=number_or_none(benchmark[row]),
            drawdown=fall[row],
        )
        for row, time in enumerate(curve.close_time[rows].tolist())
    ]


def trade_rows(trades: Trades, rows: range) -> list[Trade]:
    """These rows of the trade list."""
    return [_trade(trades, row) for row in rows]


def _trade(trades: Trades, row: int) -> Trade:
    return Trade(
        number=row + 1,
        instrument=str(trades.instrument_ids[int(trades.instrument[row])]),
        entry_time=from_nanoseconds(int(trades.entry_time[row])),
        exit_time=from_nanoseconds(int(trades.exit_time[row])),
        quantity=float(trades.quantity[row]),
        entry_price=float(trades.entry_price[row]),
        exit_price=float(trades.exit_price[row]),
        pnl=float(trades.pnl[row]),
        return_=number_or_none(trades.return_[row]),
        fees=float(trades.fees[row]),
        dividends=float(trades.dividends[row]),
        bars_held=int(trades.bars_held[row]),
        maximum_adverse_excursion=number_or_none(trades.mae[row]),
        maximum_favourable_excursion=number_or_none(trades.mfe[row]),
        exit_reason=FillReason(int(trades.exit_reason[row])).name.lower(),
        is_open=bool(trades.is_open[row]),
    )
