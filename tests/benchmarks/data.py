"""The bars every engine is measured on."""

from functools import cache

import numpy as np

from domain.backtesting.model import Costs, FillPrice, QuantityRule, Sizing
from domain.clock import NANOSECONDS_PER_DAY, NANOSECONDS_PER_SECOND
from domain.market.adapters.sample import SampleSource
from domain.market.bars import Bars, Panel
from domain.market.instruments import AssetClass, Instrument
from domain.market.timeframe import DAILY, Timeframe

CASH = 10_000.0
FEE = 0.001
FEE_ONLY = Costs(commission_bps=FEE * 10_000, spread_bps=0, slippage_bps=0, borrow_rate=0, margin_rate=0)
WHOLE = Sizing(quantity=QuantityRule.WHOLE_LOTS)
FRACTIONAL = Sizing(quantity=QuantityRule.FRACTIONAL)
NEXT_OPEN, SAME_CLOSE = FillPrice.NEXT_OPEN, FillPrice.SAME_CLOSE


@cache
def goog() -> Panel:
    """GOOG, 2,148 daily bars from 2004-08-19 to 2013-03-01."""
    delivery = SampleSource().fetch("GOOG", Timeframe.parse("1d"), None, None)
    raw = delivery.bars
    return Panel.align(
        [
            Bars(
                delivery.instrument,
                delivery.timeframe,
                raw.close_time,
                raw.open,
                raw.high,
                raw.low,
                raw.close,
                raw.volume,
            )
        ]
    )


@cache
def minutes(count: int = 1_000_000) -> Panel:
    """Synthetic minute bars of a market that never closes; volatility 0.0005 a bar."""
    rng = np.random.default_rng(7)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.0005, count)))
    open_ = np.concatenate([close[:1], close[:-1]])
    high = np.maximum(open_, close) * (1 + np.abs(rng.normal(0.0, 0.0002, count)))
    low = np.minimum(open_, close) * (1 - np.abs(rng.normal(0.0, 0.0002, count)))
    times = (1_577_836_800 + 60 * np.arange(1, count + 1, dtype=np.int64)) * NANOSECONDS_PER_SECOND
    instrument = Instrument("BTC/USD", "SYNTHETIC", AssetClass.CRYPTO, fractional=True)
    return Panel.align(
        [Bars(instrument, Timeframe.parse("1m"), times, open_, high, low, close, np.full(count, 1e6))]
    )


@cache
def shares(count: int, days: int) -> Panel:
    """Synthetic daily bars of shares with a common market factor; volatility 0.02 a day."""
    rng = np.random.default_rng(11)
    market = rng.normal(0.0003, 0.01, (days, 1))
    close = 50.0 * np.exp(np.cumsum(market + rng.normal(0.0, 0.017, (days, count)), axis=0))
    open_ = np.concatenate([close[:1], close[:-1]]) * np.exp(rng.normal(0.0, 0.003, (days, count)))
    high, low = np.maximum(open_, close) * 1.002, np.minimum(open_, close) * 0.998
    weekdays = np.arange(days) // 5 * 7 + np.arange(days) % 5
    times = (weekdays + 4) * NANOSECONDS_PER_DAY + 21 * 3_600 * NANOSECONDS_PER_SECOND
    instruments = tuple(Instrument(f"S{number:03}", "XNAS", fractional=True) for number in range(count))
    return Panel(instruments, DAILY, times, open_, high, low, close, np.full((days, count), 1e6))


def column_of(panel: Panel, column: int) -> Panel:
    """One instrument of a panel by itself."""
    only = slice(column, column + 1)
    prices = (getattr(panel, name)[:, only] for name in ("open", "high", "low", "close", "volume"))
    return Panel(panel.instruments[only], panel.timeframe, panel.close_time, *prices)


def large_grid() -> list[tuple[int, int]]:
    """9,900 pairs of a fast and a slow window."""
    return [(fast, slow) for fast in range(1, 100) for slow in range(100, 200)]


def grid() -> list[tuple[int, int]]:
    """994 pairs of a fast and a slow window."""
    return [(fast, slow) for fast in range(5, 33, 2) for slow in range(35, 106)]
