"""The same work in other engines: an SMA cross, long only, all-in, one fee on each side."""

import contextlib
import io
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import raptorbt
import vectorbt as vbt
from backtesting import Backtest, Strategy
from backtesting.lib import crossover

from domain.market.bars import Panel
from tests.benchmarks.data import CASH, FEE

warnings.filterwarnings("ignore")


def frame(panel: Panel) -> pd.DataFrame:
    """The bars as the peers read them."""
    columns = {
        name.capitalize(): getattr(panel, name)[:, 0].copy()
        for name in ("open", "high", "low", "close", "volume")
    }
    return pd.DataFrame(columns, index=pd.to_datetime(panel.close_time))


class SmaCross(Strategy):  # type: ignore[misc] # backtesting.py is untyped
    """backtesting.py's own example, long only."""

    fast = 20
    slow = 50

    def init(self) -> None:
        self.quick = self.I(lambda x, n: pd.Series(x).rolling(n).mean(), self.data.Close, self.fast)
        self.late = self.I(lambda x, n: pd.Series(x).rolling(n).mean(), self.data.Close, self.slow)

    def next(self) -> None:
        if crossover(self.quick, self.late):
            self.buy()
        elif crossover(self.late, self.quick):
            self.position.close()


@cache
def backtesting_py(panel: Panel) -> Backtest:
    return Backtest(frame(panel), SmaCross, cash=CASH, commission=FEE, trade_on_close=False)


def run_backtesting_py(panel: Panel, fast: int, slow: int) -> tuple[float, int]:
    """Final equity and closed trades; next open, whole shares."""
    with contextlib.redirect_stderr(io.StringIO()):  # it draws a progress bar for every run
        result = backtesting_py(panel).run(fast=fast, slow=slow)
    return float(result["Equity Final [$]"]), int(result["# Trades"])


def run_vectorbt(panel: Panel, pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Final equity and closed trades of each pair; same close, fractional."""
    close = pd.Series(panel.close[:, 0], index=pd.to_datetime(panel.close_time))
    fast = vbt.MA.run(close, [pair[0] for pair in pairs], short_name="fast")
    slow = vbt.MA.run(close, [pair[1] for pair in pairs], short_name="slow")
    portfolio = vbt.Portfolio.from_signals(
        close, fast.ma_crossed_above(slow), fast.ma_crossed_below(slow), init_cash=CASH, fees=FEE, freq="1D"
    )
    return np.atleast_1d(portfolio.final_value()), np.atleast_1d(portfolio.trades.closed.count())


def vectorbt_with_statistics(panel: Panel, fast: int, slow: int) -> Callable[[], Any]:
    """One run with curve, trades and `stats()`."""
    close = pd.Series(panel.close[:, 0], index=pd.to_datetime(panel.close_time))
    frequency = pd.Timedelta(seconds=panel.timeframe.seconds)

    def run() -> Any:
        quick, late = vbt.MA.run(close, fast), vbt.MA.run(close, slow)
        portfolio = vbt.Portfolio.from_signals(
            close,
            quick.ma_crossed_above(late),
            quick.ma_crossed_below(late),
            init_cash=CASH,
            fees=FEE,
            freq=frequency,
        )
        return portfolio.stats(), portfolio.value(), portfolio.trades.records

    return run


def raptor(panel: Panel, fast: int, slow: int) -> Callable[[], Any]:
    """One run with metrics, curve and trades; the signals are made inside, as ours are."""
    columns = [
        np.ascontiguousarray(getattr(panel, name)[:, 0])
        for name in ("open", "high", "low", "close", "volume")
    ]
    times = np.array(panel.close_time)
    config = raptorbt.BacktestConfig(initial_capital=CASH, fees=FEE, fill_timing="next_bar_open")

    def run() -> Any:
        quick, late = np.asarray(raptorbt.sma(columns[3], fast)), np.asarray(raptorbt.sma(columns[3], slow))
        above = quick > late
        enter = np.zeros(len(above), dtype=bool)
        enter[1:] = above[1:] & ~above[:-1] & ~np.isnan(late[:-1])
        leave = np.zeros(len(above), dtype=bool)
        leave[1:] = ~above[1:] & above[:-1]
        result = raptorbt.run_single_backtest(times, *columns, enter, leave, config=config)
        return result.metrics, result.equity_curve(), result.trades()

    return run


def raptor_batch(panel: Panel, pairs: list[tuple[int, int]]) -> Callable[[], Any]:
    """Many pairs at once, on every core; the signals are made inside, an average a window."""
    columns = [
        np.ascontiguousarray(getattr(panel, name)[:, 0])
        for name in ("open", "high", "low", "close", "volume")
    ]
    times = np.array(panel.close_time)
    config = raptorbt.BacktestConfig(initial_capital=CASH, fees=FEE, fill_timing="next_bar_open")
    windows = sorted({window for pair in pairs for window in pair})

    def run() -> Any:
        averages = {window: np.asarray(raptorbt.sma(columns[3], window)) for window in windows}
        items = []
        for fast, slow in pairs:
            above = averages[fast] > averages[slow]
            enter, leave = np.zeros(len(above), dtype=bool), np.zeros(len(above), dtype=bool)
            enter[1:] = above[1:] & ~above[:-1] & ~np.isnan(averages[slow][:-1])
            leave[1:] = ~above[1:] & above[:-1]
            items.append(raptorbt.BatchSingleItem(f"{fast}-{slow}", enter, leave))
        results = raptorbt.batch_single_backtest(times, *columns, items, config=config)
        return [result.metrics for _, result in results]

    return run


class Idle(raptorbt.Strategy):  # type: ignore[misc] # raptorbt is untyped
    """Looks at every bar and does nothing."""

    def on_bar(self, bar: Any) -> None:
        """Nothing to do."""


def raptor_events(panel: Panel) -> Callable[[], Any]:
    """An empty Python strategy, bar by bar."""
    columns = {
        name: np.ascontiguousarray(getattr(panel, name)[:, 0])
        for name in ("open", "high", "low", "close", "volume")
    }
    times = np.array(panel.close_time)
    return lambda: raptorbt.run_strategy_backtest(Idle(), timestamps=times, **columns)
