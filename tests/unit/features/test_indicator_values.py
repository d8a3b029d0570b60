"""Golden cases, worked by hand."""

import math

import numpy as np
import pytest

from domain.features.channels import bollinger, donchian, highest, lowest
from domain.features.momentum import macd, roc, rsi
from domain.features.moving_averages import ema, sma
from domain.features.volatility import atr, realised_volatility, rolling_deviation, zscore

NAN = math.nan


def test_sma() -> None:
    np.testing.assert_array_equal(sma(np.array([1.0, 2.0, 6.0, 9.0]), 3), [NAN, NAN, 3.0, 17.0 / 3.0])


def test_ema_begins_with_the_simple_average_and_then_moves_by_two_over_window_plus_one() -> None:
    # Seed (1 + 2 + 6) / 3 = 3; then half of the way from 3 to 9, and from 6 to 2.
    np.testing.assert_array_equal(ema(np.array([1.0, 2.0, 6.0, 9.0, 2.0]), 3), [NAN, NAN, 3.0, 6.0, 4.0])


def test_ema_may_be_seeded_later() -> None:
    np.testing.assert_array_equal(
        ema(np.array([1.0, 2.0, 6.0, 10.0, 2.0]), 3, seed_bar=3), [NAN, NAN, NAN, 6.0, 4.0]
    )


def test_rsi() -> None:
    # Changes +2, -1, +3. First value: gain 1, loss 0.5. Then gain (1 + 3) / 2, loss 0.25.
    np.testing.assert_allclose(
        rsi(np.array([10.0, 12.0, 11.0, 14.0]), 2), [NAN, NAN, 100 * 1 / 1.5, 100 * 2 / 2.25], rtol=1e-15
    )


def test_rsi_is_100_when_price_only_rises_and_0_when_it_only_falls() -> None:
    rising = np.arange(1.0, 20.0)

    assert (rsi(rising, 5)[5:] == 100.0).all()
    assert (rsi(rising[::-1].copy(), 5)[5:] == 0.0).all()


def test_macd() -> None:
    # Fast average of two bars, seeded with (3 + 8) / 2 = 5.5 on row 2; slow of three, 12 / 3 = 4.
    # Row 3, price 10: fast 5.5 + 2/3 * 4.5 = 8.5, slow 4 + 1/2 * 6 = 7. A signal of one bar is the line.
    answer = macd(np.array([1.0, 3.0, 8.0, 10.0]), 2, 3, 1)

    np.testing.assert_allclose(answer.line, [NAN, NAN, 1.5, 1.5], rtol=1e-15)
    np.testing.assert_allclose(answer.signal, [NAN, NAN, 1.5, 1.5], rtol=1e-15)
    np.testing.assert_array_equal(answer.histogram, [NAN, NAN, 0.0, 0.0])


def test_roc() -> None:
    np.testing.assert_allclose(roc(np.array([10.0, 8.0, 15.0]), 1), [NAN, -0.2, 0.875], rtol=1e-15)


def test_atr_counts_a_gap_as_movement() -> None:
    high = np.array([10.0, 11.0, 16.0, 13.0])
    low = np.array([8.0, 10.0, 15.0, 12.0])
    close = np.array([9.0, 10.5, 15.5, 12.5])
    # True ranges: 11 - 9 = 2; 16 - 10.5 = 5.5 (gap up); 15.5 - 12 = 3.5 (gap down).
    np.testing.assert_array_equal(atr(high, low, close, 2), [NAN, NAN, 3.75, 3.625])


def test_deviation_zscore_and_bands() -> None:
    values = np.array([2.0, 4.0, 9.0])
    # Mean 5, squared distances 9 + 1 + 16 = 26.
    population, sample = math.sqrt(26.0 / 3.0), math.sqrt(13.0)

    np.testing.assert_allclose(rolling_deviation(values, 3).deviation[2], population, rtol=1e-15)
    np.testing.assert_allclose(rolling_deviation(values, 3, ddof=1).deviation[2], sample, rtol=1e-15)
    np.testing.assert_allclose(zscore(values, 3)[2], 4.0 / population, rtol=1e-15)
    bands = bollinger(values, 3, 2.0)
    np.testing.assert_allclose(
        [bands.upper[2], bands.middle[2], bands.lower[2]],
        [5.0 + 2.0 * population, 5.0, 5.0 - 2.0 * population],
        rtol=1e-15,
    )


def test_donchian_counts_the_bar_itself() -> None:
    channel = donchian(np.array([3.0, 5.0, 4.0, 2.0]), np.array([1.0, 3.0, 2.0, 1.5]), 2)

    np.testing.assert_array_equal(channel.upper, [NAN, 5.0, 5.0, 4.0])
    np.testing.assert_array_equal(channel.lower, [NAN, 1.0, 2.0, 1.5])


def test_highest_and_lowest_are_the_edges_of_the_channel() -> None:
    values = np.array([3.0, 5.0, NAN, 4.0, 2.0])

    np.testing.assert_array_equal(highest(values, 2), [NAN, 5.0, NAN, 5.0, 4.0])
    np.testing.assert_array_equal(lowest(values, 2), [NAN, 3.0, NAN, 4.0, 2.0])


def test_a_window_far_longer_than_the_data_costs_nothing() -> None:
    assert np.isnan(highest(np.array([3.0, 5.0]), 1 << 24)).all()


def test_realised_volatility_is_the_sample_deviation_of_log_returns_a_year() -> None:
    # Log returns 0.1 and -0.1 have a sample deviation of sqrt(0.02).
    close = 50.0 * np.exp([0.0, 0.1, 0.0])

    assert realised_volatility(close, 2, periods_per_year=100.0)[2] == pytest.approx(
        math.sqrt(0.02) * 10.0, rel=1e-14
    )
