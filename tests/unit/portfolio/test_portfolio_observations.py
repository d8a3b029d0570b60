"""Which instruments of a window are observed, and what missing bars mean."""

import math

import numpy as np
import pytest

from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.portfolio.observations import RiskCloses, observe
from tests.kit.portfolio import bars_of, closes_of, daily_panel, market_returns, weekdays

NAN = math.nan


def test_a_window_without_gaps_has_its_returns() -> None:
    returns = market_returns(10, 3, seed=1)

    seen = observe(closes_of(returns))

    np.testing.assert_array_equal(seen.columns, [0, 1, 2])
    np.testing.assert_allclose(seen.returns, returns, rtol=0, atol=1e-14)


def test_a_missing_bar_leaves_the_price_and_the_next_return_spans_it() -> None:
    seen = observe(np.array([[100.0], [110.0], [NAN], [99.0], [99.0]]))

    np.testing.assert_allclose(seen.returns[:, 0], [0.1, 0.0, -0.1, 0.0], atol=1e-14)


def test_before_its_first_bar_an_instrument_has_not_moved() -> None:
    seen = observe(np.array([[NAN, 10.0], [100.0, 11.0], [110.0, 12.0], [99.0, 13.0], [99.0, 12.0]]))

    np.testing.assert_array_equal(seen.columns, [0, 1])
    np.testing.assert_allclose(seen.returns[:, 0], [0.0, 0.1, -0.1, 0.0], atol=1e-14)


def test_an_instrument_with_too_little_history_is_left_out() -> None:
    closes = closes_of(market_returns(9, 3, seed=2))
    closes[:4, 1] = NAN

    np.testing.assert_array_equal(observe(closes, history=0.6).columns, [0, 1, 2])
    np.testing.assert_array_equal(observe(closes, history=0.7).columns, [0, 2])
    closes[4, 1] = NAN
    np.testing.assert_array_equal(observe(closes, history=0.6).columns, [0, 2])


def test_what_does_not_move_or_leaps_is_left_out() -> None:
    closes = closes_of(market_returns(9, 4, seed=3))
    closes[:, 0] = 5.0
    closes[5, 2] = 1e9
    closes[5, 3] = 0.0  # not a price: a missing bar

    np.testing.assert_array_equal(observe(closes).columns, [1, 3])


def test_no_instrument_at_all() -> None:
    seen = observe(np.full((5, 2), NAN))

    assert len(seen) == 0
    assert seen.returns.shape == (4, 0)


def test_windows_and_shares_that_mean_nothing_are_refused() -> None:
    with pytest.raises(InvalidInput, match="three closes at least"):
        observe(np.ones((2, 2)))
    with pytest.raises(InvalidInput, match="history"):
        observe(np.ones((5, 2)), history=0.0)


def test_the_rows_of_one_venue_are_compared_as_they_close() -> None:
    panel = daily_panel(closes_of(market_returns(6, 2, seed=4)))

    closes = RiskCloses.of(panel)

    np.testing.assert_array_equal(closes.newest, np.arange(7))
    np.testing.assert_array_equal(closes.window(4, 3), panel.close[1:5])
    assert closes.window(2, 3) is None


def test_venues_that_close_at_different_hours_are_compared_day_by_day_once_the_day_is_over() -> None:
    days = weekdays(3)
    panel = Panel.align(
        [bars_of("L", "XLON", [1.0, 2.0, 3.0], days, 16), bars_of("N", "XNYS", [10.0, 20.0, 30.0], days, 21)]
    )

    closes = RiskCloses.of(panel)

    np.testing.assert_array_equal(closes.closes, [[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    # Rows: London and New York of each day. The first day is whole once the second has begun.
    np.testing.assert_array_equal(closes.newest, [-1, -1, 0, 0, 1, 1])
