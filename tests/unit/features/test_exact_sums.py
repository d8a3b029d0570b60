"""Averages are the true averages: rounding decides no cross and remembers no earlier bar."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.features.momentum import RunningRsi, rsi
from domain.features.moving_averages import ema, sma
from domain.features.running_sums import ExactSum
from domain.features.signals import cross_weights, crossed_above, crossed_below
from domain.features.volatility import rolling_deviation, zscore
from tests.kit.real_bars import real_bars

PRICE = st.integers(1, 10**8).map(lambda cents: cents / 100.0)


@given(st.lists(PRICE, min_size=3, max_size=60), st.integers(1, 12))
def test_a_moving_average_is_the_exact_mean_rounded_once(prices: list[float], window: int) -> None:
    averages = sma(np.array(prices), window)

    for row in range(window - 1, len(prices)):
        exact = sum(map(Fraction, prices[row - window + 1 : row + 1])) / window
        assert averages[row] == float(exact)


@pytest.mark.parametrize("window", [3, 10, 49, 200])
def test_a_moving_average_of_real_bars_is_exact_after_thousands_of_them(window: int) -> None:
    close = real_bars("IBM")["close"]

    averages = sma(close, window)

    for row in range(len(close) - 300, len(close)):
        exact = sum(map(Fraction, close[row - window + 1 : row + 1])) / window
        assert averages[row] == float(exact)


def test_a_moving_average_does_not_depend_on_where_the_data_began() -> None:
    close = real_bars("AAPL")["close"]
    full = sma(close, 50)

    for start in (1, 17, 255, 1_000, 3_000):
        np.testing.assert_array_equal(sma(close[start:], 50)[49:], full[start + 49 :])


def test_a_deviation_hardly_depends_on_where_the_data_began() -> None:
    close = real_bars("AAPL")["close"]
    full = rolling_deviation(close, 50).deviation

    np.testing.assert_allclose(rolling_deviation(close[1_000:], 50).deviation[49:], full[1_049:], rtol=1e-15)


@pytest.mark.parametrize("price", [0.07, 1.1, 33.33, 99.99, 123_456.78])
def test_averages_of_a_flat_market_are_the_price_itself(price: float) -> None:
    # Preceded by movement, so that rounding had every chance to leave a trace.
    moved = np.concatenate([np.linspace(price * 0.5, price * 1.7, 97), np.full(400, price)])

    for window in (3, 7, 10, 49, 100):
        assert (sma(moved, window)[97 + window :] == price).all()


def test_two_averages_of_a_flat_market_do_not_cross() -> None:
    moved = np.concatenate([10.0 + 0.01 * np.arange(100) ** 1.3, np.full(500, 33.33)])
    fast, slow = sma(moved, 7), sma(moved, 49)

    assert not crossed_above(fast, slow)[100:].any()
    assert not crossed_below(fast, slow)[160:].any()
    assert np.isnan(cross_weights(fast, slow)[160:]).all()


def test_a_flat_market_deviates_by_nothing_and_has_no_zscore() -> None:
    moved = np.concatenate([np.linspace(10.0, 90.0, 97), np.full(60, 33.33)])

    assert (rolling_deviation(moved, 20).deviation[116:] == 0.0).all()
    assert (rolling_deviation(moved, 20).deviation[19:116] > 0.0).all()
    assert np.isnan(zscore(moved, 20)[116:]).all()


def test_an_exponential_average_of_a_flat_market_is_the_price_itself() -> None:
    assert (ema(np.full(300, 33.33), 20)[19:] == 33.33).all()


def test_a_calm_expensive_share_keeps_its_deviation() -> None:
    # One cent up and down around half a million: in plain doubles the variance is noise.
    close = np.where(np.arange(400) % 2 == 0, 500_000.0, 500_000.01)
    step = float(close[1] - close[0])

    deviation = rolling_deviation(close, 20).deviation

    np.testing.assert_allclose(deviation[19:], step / 2.0, rtol=1e-12)


def test_a_market_that_never_moved_is_neither_strong_nor_weak() -> None:
    assert (rsi(np.full(50, 20.0), 14)[14:] == 50.0).all()
    twin = RunningRsi(14)
    assert [twin.update(20.0) for _ in range(20)][14:] == [50.0] * 6


@given(st.lists(st.floats(-1e15, 1e15, allow_nan=False), max_size=40))
def test_an_exact_sum_is_the_correctly_rounded_sum(values: list[float]) -> None:
    total = ExactSum()
    for value in values:
        total.add(value)

    assert total.normalised().high == pytest.approx(math.fsum(values), rel=1e-15, abs=1e-15)
