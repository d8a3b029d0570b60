"""On real bars every indicator equals TA-Lib wherever both define it."""

import numpy as np
import pytest
import talib

from domain.arrays import FloatArray
from domain.features.channels import bollinger, donchian
from domain.features.momentum import macd, roc, rsi
from domain.features.moving_averages import ema, sma
from domain.features.volatility import atr, rolling_deviation, zscore
from tests.kit.real_bars import real_bars

TICKERS = ["AAPL", "FB", "GOOG", "IBM", "MSFT"]
pytestmark = pytest.mark.parametrize("ticker", TICKERS)


def assert_same(ours: FloatArray, theirs: FloatArray, relative: float = 1e-9) -> None:
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    np.testing.assert_allclose(ours, theirs, rtol=relative, atol=0.0)


@pytest.mark.parametrize("window", [2, 10, 50, 150])
def test_sma(ticker: str, window: int) -> None:
    close = real_bars(ticker)["close"]
    assert_same(sma(close, window), talib.SMA(close, window))


@pytest.mark.parametrize("window", [2, 10, 50, 150])
def test_ema(ticker: str, window: int) -> None:
    close = real_bars(ticker)["close"]
    assert_same(ema(close, window), talib.EMA(close, window))


@pytest.mark.parametrize("window", [2, 14, 100])
def test_rsi(ticker: str, window: int) -> None:
    close = real_bars(ticker)["close"]
    assert_same(rsi(close, window), talib.RSI(close, window))


def test_macd(ticker: str) -> None:
    close = real_bars(ticker)["close"]
    ours, theirs = macd(close, 12, 26, 9), talib.MACD(close, 12, 26, 9)
    # Our line begins with the slow average, theirs waits for the signal.
    assert np.isfinite(ours.line[25:33]).all()
    # The lines are differences near zero: the error is measured against the price they come from.
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine[33:], other[33:], rtol=0.0, atol=1e-9 * float(close.min()))
    assert np.isnan(ours.signal[:33]).all()


@pytest.mark.parametrize("window", [5, 14, 60])
def test_atr(ticker: str, window: int) -> None:
    bars = real_bars(ticker)
    columns = bars["high"], bars["low"], bars["close"]
    assert_same(atr(*columns, window), talib.ATR(*columns, window))


@pytest.mark.parametrize(("window", "width"), [(5, 1.0), (20, 2.0), (120, 2.5)])
def test_bollinger(ticker: str, window: int, width: float) -> None:
    close = real_bars(ticker)["close"]
    for ours, theirs in zip(
        bollinger(close, window, width), talib.BBANDS(close, window, width, width), strict=True
    ):
        assert_same(ours, theirs)


def test_deviation(ticker: str) -> None:
    close = real_bars(ticker)["close"]
    # TA-Lib subtracts in plain doubles and loses digits on calm windows; numpy judges those.
    assert_same(rolling_deviation(close, 20).deviation, talib.STDDEV(close, 20), relative=1e-6)
    windows = np.lib.stride_tricks.sliding_window_view(close, 20)
    np.testing.assert_allclose(rolling_deviation(close, 20).deviation[19:], windows.std(axis=1), rtol=1e-12)


def test_zscore(ticker: str) -> None:
    close = real_bars(ticker)["close"]
    windows = np.lib.stride_tricks.sliding_window_view(close, 20)
    expected = (close[19:] - windows.mean(axis=1)) / windows.std(axis=1)
    np.testing.assert_allclose(zscore(close, 20)[19:], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("window", [2, 20, 252])
def test_donchian(ticker: str, window: int) -> None:
    bars = real_bars(ticker)
    ours = donchian(bars["high"], bars["low"], window)
    np.testing.assert_array_equal(ours.upper, talib.MAX(bars["high"], window))
    np.testing.assert_array_equal(ours.lower, talib.MIN(bars["low"], window))


def test_roc(ticker: str) -> None:
    close = real_bars(ticker)["close"]
    ours, theirs = roc(close, 12), talib.ROCP(close, 12)
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-15)
