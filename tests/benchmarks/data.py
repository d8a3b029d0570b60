"""The bars every engine is measured on."""

from functools import cache

import numpy as np

from domain.backtesting.model import Costs, FillPrice, QuantityRule, Sizing
from domain.clock import NANOSECONDS_PER_SECOND
from domain.market.adapters.sample import SampleSource
from domain.market.bars import Bars, Panel
from domain.market.instruments import AssetClass, Instrument
from domain.market.timeframe import Timeframe

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


def grid() -> list[tuple[int, int]]:
    """994 pairs of a fast and a slow window."""
    return [(fast, slow) for fast in range(5, 33, 2) for slow in range(35, 106)]
