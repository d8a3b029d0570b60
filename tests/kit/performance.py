"""Runs to measure: curves, trades and the real prices of the sample data set."""

import csv
import gzip
import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.performance.returns import EquityPath
from domain.performance.statistics import Performance, TradeColumns, summarise
from tests.kit.bars import daily_times


def closed_trades(
    pnl: Sequence[float], *, cost: float = 100.0, bars_held: int = 5, still_open: Sequence[float] = ()
) -> TradeColumns:
    """Trades with these profits, each bought for `cost`; those in `still_open` come last."""
    money = np.array([*pnl, *still_open], dtype=np.float64)
    is_open = np.array([False] * len(pnl) + [True] * len(still_open), dtype=np.bool_)
    return TradeColumns(money, money / cost, np.full(len(money), bars_held, dtype=np.int64), is_open)


def measured(
    equity: Sequence[float] | FloatArray,
    *,
    initial_cash: float = 100.0,
    close_time: IntArray | None = None,
    benchmark: Sequence[float] | FloatArray | None = None,
    trades: TradeColumns | None = None,
    exposure: Sequence[float] | FloatArray | None = None,
    turnover: float | None = 0.0,
    periods_per_year: int = 252,
    session: Sequence[int] | IntArray | None = None,
    risk_free_rate: float = 0.0,
) -> Performance:
    """Statistics of a daily curve from 1 January 2020, unless told otherwise; no trade, no cost."""
    curve = np.asarray(equity, dtype=np.float64)
    return summarise(
        close_time=daily_times(len(curve)) if close_time is None else close_time,
        equity=curve,
        exposure=np.ones(len(curve)) if exposure is None else np.asarray(exposure, dtype=np.float64),
        benchmark=None if benchmark is None else np.asarray(benchmark, dtype=np.float64),
        trades=TradeColumns.none() if trades is None else trades,
        initial_cash=initial_cash,
        turnover=turnover,
        fees_paid=0.0,
        slippage_paid=0.0,
        financing_paid=0.0,
        periods_per_year=periods_per_year,
        session=None if session is None else np.asarray(session, dtype=np.int64),
        risk_free_rate=risk_free_rate,
    )


def curve_of(returns: Sequence[float] | FloatArray, initial: float = 100.0) -> FloatArray:
    """Equity at the end of each period that earned these simple returns."""
    growth = 1.0 + np.asarray(returns, dtype=np.float64)
    return np.cumprod(growth, dtype=np.float64) * initial


def path_of(levels: Sequence[float], first_day: int = 18_262) -> EquityPath:
    """A path through these levels, the first being the start; a period a day from 1 January 2020."""
    values = np.asarray(levels[1:], dtype=np.float64)
    return EquityPath.of(first_day + np.arange(len(values), dtype=np.int64), values, values, levels[0])


def sample_returns(symbol: str) -> FloatArray:
    """Real daily returns of adjusted closes, 2004 to 2013 at most, shape (n,)."""
    found = importlib.util.find_spec("bokeh_sampledata")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("bokeh_sampledata is not installed")
    source = Path(found.origin).parent / "_data" / "stocks.csv.gz"
    with gzip.open(source, "rt", newline="") as lines:
        closes = [
            float(row["Adj Close"])
            for row in csv.DictReader(lines)
            if row["Ticker"] == symbol and row["Date"] >= "2004-08-19"
        ]
    close = np.array(closes, dtype=np.float64)
    returns: FloatArray = close[1:] / close[:-1] - 1.0
    return returns
