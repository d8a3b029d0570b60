"""The list of trades: all of them, or the best and the worst where there are many."""

from dataclasses import dataclass

import numpy as np

from domain.arrays import IntArray
from domain.performance.adapters import formatting
from domain.performance.adapters.formatting import Figure, Tone
from domain.performance.tear_sheet import TearSheet, TradeMarks

MOST_LISTED = 200
_CENTS_FIT_BELOW = 1_000_000


@dataclass(frozen=True, slots=True)
class TradeRow:
    """One trade as text; `number` is its place in the whole list, from 1."""

    number: int
    instrument: str
    side: str
    quantity: str
    entered: str
    entry_price: str
    left: str
    exit_price: str
    pnl: Figure
    result: Figure


@dataclass(frozen=True, slots=True)
class TradeList:
    """What is listed, and a sentence on what is not."""

    rows: tuple[TradeRow, ...]
    told: str


def listed_trades(sheet: TearSheet, *, intraday: bool) -> TradeList:
    """At most 200 trades in order of exit; of more, the 100 best and the 100 worst."""
    rows = _chosen(sheet.trades)
    return TradeList(
        tuple(_row(sheet, int(row), intraday=intraday) for row in rows),
        _told(len(sheet.trades), int(sheet.trades.is_open.sum()), len(rows)),
    )


def _chosen(trades: TradeMarks) -> IntArray:
    if len(trades) <= MOST_LISTED:
        return np.arange(len(trades), dtype=np.int64)
    order = np.argsort(np.nan_to_num(trades.pnl, nan=0.0), kind="stable")
    half = MOST_LISTED // 2
    return np.sort(np.concatenate([order[:half], order[-half:]])).astype(np.int64)


def _told(total: int, still_open: int, shown: int) -> str:
    if total == 0:
        return "No trade happened."
    told = formatting.counted(total, "trade", "trades")
    if still_open:
        told += f", {formatting.count(still_open)} of them still open at the end"
    if shown < total:
        half = formatting.count(shown // 2)
        return f"{told}. Listed are the {half} best and the {half} worst by profit or loss, in order of exit."
    return f"{told}, in order of exit."


def _row(sheet: TearSheet, row: int, *, intraday: bool) -> TradeRow:
    trades = sheet.trades
    pnl, result = float(trades.pnl[row]), float(trades.return_[row])
    digits = 2 if abs(pnl) < _CENTS_FIT_BELOW and formatting.money_digits(0.0, sheet.currency) else 0
    return TradeRow(
        number=row + 1,
        instrument=sheet.prices[int(trades.instrument[row])].instrument,
        side="Long" if trades.quantity[row] > 0 else "Short",
        quantity=formatting.quantity(abs(float(trades.quantity[row]))),
        entered=formatting.bar_time(int(trades.entry_time[row]), intraday=intraday),
        entry_price=formatting.price(float(trades.entry_price[row])),
        left="open"
        if trades.is_open[row]
        else formatting.bar_time(int(trades.exit_time[row]), intraday=intraday),
        exit_price=formatting.price(float(trades.exit_price[row])),
        pnl=_amount(pnl, sheet.currency, digits),
        result=Figure(formatting.percent(result, signed=True), Tone.of(result))
        if np.isfinite(result)
        else Figure.undefined("Undefined: nothing was paid at entry"),
    )


def _amount(value: float, currency: str, digits: int) -> Figure:
    if not np.isfinite(value):
        return Figure.undefined("Undefined for this trade")
    return Figure(formatting.money(value, currency, digits, signed=True), Tone.of(value))
