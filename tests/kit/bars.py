"""Builders of instruments, bars and panels with values a test can predict."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from domain.clock import NANOSECONDS_PER_DAY, to_nanoseconds
from domain.market.bars import Bars, Panel
from domain.market.instruments import Instrument
from domain.market.timeframe import DAILY, Timeframe

FIRST_CLOSE = to_nanoseconds(datetime.fromisoformat("2020-01-01T21:00:00+00:00"))


def an_instrument(symbol: str = "TEST", venue: str = "XNAS", *, fractional: bool = False) -> Instrument:
    return Instrument(symbol, venue, fractional=fractional)


def daily_times(count: int, first: int = FIRST_CLOSE, step: int = NANOSECONDS_PER_DAY) -> np.ndarray:
    return first + np.arange(count, dtype=np.int64) * step


def bars_closing_at(
    closes: Sequence[float],
    *,
    opens: Sequence[float] | None = None,
    highs: Sequence[float] | None = None,
    lows: Sequence[float] | None = None,
    volume: float = 1_000_000.0,
    instrument: Instrument | None = None,
    timeframe: Timeframe = DAILY,
) -> Bars:
    """Daily bars; an open left out is the previous close, high and low hug open and close."""
    close = np.asarray(closes, dtype=np.float64)
    open_ = np.concatenate([close[:1], close[:-1]]) if opens is None else np.asarray(opens, dtype=np.float64)
    high = np.maximum(open_, close) if highs is None else np.asarray(highs, dtype=np.float64)
    low = np.minimum(open_, close) if lows is None else np.asarray(lows, dtype=np.float64)
    return Bars(
        instrument or an_instrument(),
        timeframe,
        daily_times(len(close), step=timeframe.nanoseconds),
        open_,
        high,
        low,
        close,
        np.full(len(close), volume),
    )


def random_bars(
    count: int, seed: int, *, instrument: Instrument | None = None, volatility: float = 0.02
) -> Bars:
    """A geometric random walk with gaps between bars and ranges inside them."""
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, volatility, count)))
    open_ = np.concatenate([close[:1], close[:-1]]) * np.exp(rng.normal(0.0, volatility / 3, count))
    high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0.0, volatility / 2, count)))
    low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0.0, volatility / 2, count)))
    volume = rng.integers(10_000, 1_000_000, count).astype(np.float64)
    return Bars(instrument or an_instrument(), DAILY, daily_times(count), open_, high, low, close, volume)


def random_panel(count: int, width: int, seed: int) -> Panel:
    series = [
        random_bars(count, seed * 1_000 + index, instrument=an_instrument(f"T{index}"))
        for index in range(width)
    ]
    return Panel.align(series)
