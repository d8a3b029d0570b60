"""Returns and panels to make portfolios of."""

from collections.abc import Sequence

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.market.bars import Bars, Panel
from domain.market.instruments import Instrument
from domain.market.timeframe import DAILY


def market_returns(periods: int, count: int, seed: int, *, common: float = 0.008) -> FloatArray:
    """Simple returns (S, N) with one common cause and volatilities that differ by a factor of three."""
    rng = np.random.default_rng(seed)
    own = rng.normal(0.0004, 0.01, (periods, count)) * np.linspace(0.5, 1.5, count)
    return np.asarray(own + rng.normal(0.0, common, (periods, 1)))


def closes_of(returns: FloatArray, start: float = 100.0) -> FloatArray:
    """Closes (S + 1, N) that have these returns."""
    grown = np.cumprod(np.concatenate([np.ones((1, returns.shape[1])), 1.0 + returns]), axis=0)
    return np.asarray(start * grown)


def weekdays(count: int, first: str = "2020-01-01") -> IntArray:
    """Day numbers of so many days from Monday to Friday."""
    start = np.busday_offset(first, 0, roll="forward")
    days = np.busday_offset(start, np.arange(count))
    return np.asarray(days.astype("datetime64[D]").astype(np.int64))


def daily_panel(closes: FloatArray, *, first: str = "2020-01-01") -> Panel:
    """Daily bars of New York on weekdays; NaN is a missing bar. Open, high and low are the close."""
    times = (weekdays(len(closes), first) * 86_400 + 21 * 3_600) * 10**9
    instruments = tuple(
        Instrument(f"T{column}", "XNAS", fractional=True) for column in range(closes.shape[1])
    )
    volume = np.where(np.isfinite(closes), 1e6, np.nan)
    return Panel(instruments, DAILY, times, closes, closes, closes, closes, volume)


def bars_of(symbol: str, venue: str, closes: Sequence[float] | FloatArray, days: IntArray, hour: int) -> Bars:
    """Daily bars of one venue that close at this hour, UTC, on these days."""
    close = np.asarray(closes, dtype=np.float64)
    times = (days * 86_400 + hour * 3_600) * 10**9
    return Bars(Instrument(symbol, venue), DAILY, times, close, close, close, close, np.full(len(close), 1e6))
