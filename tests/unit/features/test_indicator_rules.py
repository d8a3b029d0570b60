"""Rules that hold for every indicator, whatever it measures."""

from collections.abc import Callable

import numpy as np
import pytest

from domain.arrays import BoolArray, FloatArray
from domain.errors import InvalidInput
from domain.features.channels import bollinger, donchian
from domain.features.columns import LONGEST_WINDOW
from domain.features.momentum import macd, roc, rsi
from domain.features.moving_averages import RunningSma, ema, sma
from domain.features.volatility import atr, realised_volatility, rolling_deviation, zscore
from tests.kit.indicators import INDICATORS, IndicatorCase
from tests.kit.real_bars import real_bars

every_indicator = pytest.mark.parametrize("case", INDICATORS.values(), ids=INDICATORS.keys())
LENGTH = 700


def some_bars(ticker: str = "GOOG", length: int = LENGTH) -> dict[str, FloatArray]:
    return {column: values[:length].copy() for column, values in real_bars(ticker).items()}


def with_gaps(bars: dict[str, FloatArray], seed: int) -> tuple[dict[str, FloatArray], BoolArray]:
    """Bars with a fifth of them missing, and which rows are left."""
    present = np.random.default_rng(seed).random(len(bars["close"])) > 0.2
    return {column: np.where(present, values, np.nan) for column, values in bars.items()}, present


@every_indicator
@pytest.mark.parametrize("ticker", ["GOOG", "AAPL"])
def test_fed_bar_by_bar_it_has_the_bits_of_the_whole_history(case: IndicatorCase, ticker: str) -> None:
    bars = some_bars(ticker, 2_148)

    np.testing.assert_array_equal(case.bar_by_bar(bars), case.history(bars))


@every_indicator
def test_both_forms_skip_the_same_missing_bars(case: IndicatorCase) -> None:
    bars, _ = with_gaps(some_bars(), seed=1)

    np.testing.assert_array_equal(case.bar_by_bar(bars), case.history(bars))


@every_indicator
def test_it_warms_up_with_nan_and_then_always_has_a_value(case: IndicatorCase) -> None:
    history = case.history(some_bars())

    ready = np.asarray(np.isfinite(history).all(axis=0))
    assert not ready[: case.warm_up].any()
    assert ready[case.warm_up :].all()


@every_indicator
def test_rows_before_a_cut_do_not_change_when_the_future_is_cut_off(case: IndicatorCase) -> None:
    bars = some_bars()
    full = case.history(bars)

    for cut in (1, case.warm_up, case.warm_up + 1, 255, 256, 257, 511, 640):
        known = {column: values[:cut] for column, values in bars.items()}
        np.testing.assert_array_equal(case.history(known), full[:, :cut])


@every_indicator
@pytest.mark.parametrize("poison", [np.nan, np.inf, 1e99, -1e99, 1e300])
def test_rows_before_a_cut_do_not_change_when_the_future_is_poisoned(
    case: IndicatorCase, poison: float
) -> None:
    bars = some_bars()
    full = case.history(bars)

    poisoned = {column: np.where(np.arange(LENGTH) < 400, values, poison) for column, values in bars.items()}

    np.testing.assert_array_equal(case.history(poisoned)[:, :400], full[:, :400])


@every_indicator
def test_over_missing_bars_it_is_what_the_remaining_bars_give_alone(case: IndicatorCase) -> None:
    bars, present = with_gaps(some_bars(), seed=2)

    history = case.history(bars)

    alone = case.history({column: values[present] for column, values in bars.items()})
    np.testing.assert_array_equal(history[:, present], alone)
    assert np.isnan(history[:, ~present]).all()


@every_indicator
def test_instruments_of_a_panel_do_not_know_each_other(case: IndicatorCase) -> None:
    whole = some_bars("MSFT")
    gappy, _ = with_gaps(some_bars("IBM"), seed=3)
    panel = {column: np.column_stack([whole[column], gappy[column]]) for column in whole}

    history = case.history(panel)

    np.testing.assert_array_equal(history[:, :, 0], case.history(whole))
    np.testing.assert_array_equal(history[:, :, 1], case.history(gappy))


@every_indicator
@pytest.mark.parametrize("length", [0, 1, 5])
def test_too_few_bars_give_no_value_and_no_error(case: IndicatorCase, length: int) -> None:
    length = min(length, case.warm_up)

    history = case.history(some_bars(length=length))

    assert history.shape[1] == length
    assert np.isnan(history).all()


@every_indicator
def test_inputs_are_left_as_they_were(case: IndicatorCase) -> None:
    bars = some_bars()
    for values in bars.values():
        values.flags.writeable = False

    case.history(bars)

    for column, values in some_bars().items():
        np.testing.assert_array_equal(bars[column], values)


@every_indicator
def test_infinity_and_absurd_magnitudes_count_as_missing(case: IndicatorCase) -> None:
    bars = some_bars()
    absurd = {column: values.copy() for column, values in bars.items()}
    missing = {column: values.copy() for column, values in bars.items()}
    for column in bars:
        absurd[column][[100, 250]] = (np.inf, 1e300)
        missing[column][[100, 250]] = np.nan

    np.testing.assert_array_equal(case.history(absurd), case.history(missing))
    np.testing.assert_array_equal(case.bar_by_bar(absurd), case.history(missing))


@pytest.mark.parametrize("indicator", [roc, realised_volatility])
def test_a_price_that_is_not_positive_is_skipped_where_ratios_are_taken(
    indicator: Callable[[FloatArray, int], FloatArray],
) -> None:
    close = some_bars()["close"]
    zero, missing = close.copy(), close.copy()
    zero[[50, 60]] = (0.0, -1.0)
    missing[[50, 60]] = np.nan

    np.testing.assert_array_equal(indicator(zero, 10), indicator(missing, 10))


@pytest.mark.parametrize("window", [0, -3, LONGEST_WINDOW + 1])
def test_an_impossible_window_is_refused(window: int) -> None:
    close = some_bars()["close"]

    for refused in (
        lambda: sma(close, window),
        lambda: ema(close, window),
        lambda: rsi(close, window),
        lambda: roc(close, window),
        lambda: atr(close, close, close, window),
        lambda: bollinger(close, window),
        lambda: donchian(close, close, window),
        lambda: zscore(close, window),
        lambda: realised_volatility(close, window),
        lambda: RunningSma(window),
    ):
        with pytest.raises(InvalidInput, match=r"window: must be from \d to 16777216 bars \(got -?\d+\)"):
            refused()


def test_a_deviation_of_one_bar_is_refused_where_it_is_undefined() -> None:
    close = some_bars()["close"]

    with pytest.raises(InvalidInput, match="from 2 to"):
        zscore(close, 1)
    with pytest.raises(InvalidInput, match="from 2 to"):
        rolling_deviation(close, 1, ddof=1)


def test_a_macd_whose_fast_average_is_not_the_faster_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"fast \(26\) must be below slow \(12\)"):
        macd(some_bars()["close"], 26, 12)


def test_an_average_cannot_be_seeded_before_it_has_its_bars() -> None:
    with pytest.raises(InvalidInput, match="must leave 20 bars to average"):
        ema(some_bars()["close"], 20, seed_bar=18)


def test_columns_of_different_shapes_are_refused() -> None:
    bars = some_bars()

    with pytest.raises(InvalidInput, match="one shape"):
        donchian(bars["high"], bars["low"][:-1], 20)
