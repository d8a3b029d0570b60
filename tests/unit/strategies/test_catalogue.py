"""Each built-in strategy on a few bars, decided by hand."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from domain.arrays import FloatArray
from domain.backtesting.engine import simulate
from domain.backtesting.model import FillPrice
from domain.backtesting.result import FillReason, OrderStatus
from domain.clock import NANOSECONDS_PER_DAY
from domain.market.bars import Panel
from domain.strategies.protocol import VectorisedStrategy
from domain.strategies.registry import StrategyRegistry
from tests.kit.engine import FREE, WHOLE, a_panel
from tests.kit.strategies import panel_closing_at, with_times

REGISTRY = StrategyRegistry()
NAN = math.nan


def decide(name: str, panel: Panel, **parameters: object) -> FloatArray:
    strategy = REGISTRY.create(name, parameters)
    assert isinstance(strategy, VectorisedStrategy)
    return strategy.target(panel)


def assert_decisions(weights: FloatArray, expected: dict[int, float | Sequence[float]]) -> None:
    """These rows hold these weights, and no other row decides anything."""
    wanted = np.full(weights.shape, np.nan)
    for row, weight in expected.items():
        wanted[row] = weight
    np.testing.assert_array_equal(weights, wanted)


def test_buy_and_hold_buys_each_instrument_once_when_it_first_trades() -> None:
    panel = panel_closing_at([10.0, 11.0, 12.0], [NAN, 20.0, 21.0])

    assert_decisions(decide("buy_and_hold", panel), {0: [0.5, NAN], 1: [NAN, 0.5]})


#                fast (2)   5.0 4.0 3.0 3.5 5.5 6.5 5.0 2.5      rows 1 to 8
#                slow (3)       4.5 3.5 3.3 4.7 6.0 5.7 4.0 2.7  rows 2 to 8
UP_AND_DOWN = [5.5, 4.5, 3.5, 2.5, 4.5, 6.5, 6.5, 3.5, 1.5]


def test_sma_cross_buys_on_the_upward_cross_and_leaves_on_the_downward_one() -> None:
    weights = decide("sma_cross", panel_closing_at(UP_AND_DOWN), fast=2, slow=3)

    # Row 4: fast 3.5 passes slow 3.5? (3.5 + 2.5 + 4.5) / 3 = 3.5: a touch. Row 5: 5.5 over 4.5.
    # The touch comes first, so strictly no bar passes from below to above.
    assert_decisions(weights, {7: 0.0})


def test_sma_cross_acts_on_the_bar_of_a_strict_cross() -> None:
    # fast  5.0 4.0 3.0 4.0 6.0 6.5 5.0 2.5 | slow 4.5 3.5 3.67 5.0 6.17 5.5 3.83 from row 2
    closes = [5.5, 4.5, 3.5, 2.5, 5.0, 6.5, 6.5, 3.5, 1.5]

    assert_decisions(decide("sma_cross", panel_closing_at(closes), fast=2, slow=3), {4: 1.0, 7: 0.0})
    assert_decisions(
        decide("sma_cross", panel_closing_at(closes), fast=2, slow=3, allow_short=True), {4: 1.0, 7: -1.0}
    )


def test_sma_cross_stays_flat_in_a_trend_that_was_there_before_the_data() -> None:
    rising = [float(price) for price in range(10, 40)]

    assert_decisions(decide("sma_cross", panel_closing_at(rising), fast=2, slow=5), {})


def test_sma_cross_of_several_instruments_splits_equity() -> None:
    closes = [5.5, 4.5, 3.5, 2.5, 5.0, 6.5, 6.5, 3.5, 1.5]
    panel = panel_closing_at(closes, [50.0] * 9)

    assert_decisions(decide("sma_cross", panel, fast=2, slow=3), {4: [0.5, NAN], 7: [0.0, NAN]})


def test_ema_cross() -> None:
    # Window 1 is the price; window 3 moves half of the way: 8 (seed), 7, 8.5, 6.75.
    panel = panel_closing_at([9.0, 8.0, 7.0, 6.0, 10.0, 5.0])

    assert_decisions(decide("ema_cross", panel, fast=1, slow=3), {4: 1.0, 5: 0.0})
    assert_decisions(decide("ema_cross", panel, fast=1, slow=3, allow_short=True), {4: 1.0, 5: -1.0})


def test_macd_buys_when_the_line_passes_its_signal() -> None:
    # fast (1) is the price, slow (3) as above: line -1 -1 1.5 -1.75 from row 2.
    # signal (2): -1 on row 3, then 2/3 of the way: 0.67 on row 4, -0.94 on row 5. Row 3 is a tie.
    panel = panel_closing_at([9.0, 8.0, 7.0, 6.0, 10.0, 5.0, 11.0])

    # Row 6: slow 8.875, line 2.125, above the signal after having been below it.
    assert_decisions(decide("macd", panel, fast=1, slow=3, signal=2), {5: 0.0, 6: 1.0})


def test_rsi_reversion_buys_weakness_and_sells_recovery() -> None:
    # Changes -1 -1 +1 +3, window 2: index 0 on row 2, 50 on row 3, 100 * 1.75 / 2 = 87.5 on row 4.
    panel = panel_closing_at([10.0, 9.0, 8.0, 9.0, 12.0])

    assert_decisions(
        decide("rsi_reversion", panel, window=2, oversold=30.0, recovered=60.0), {2: 1.0, 4: 0.0}
    )


def test_bollinger_reversion_buys_below_the_band_and_sells_at_the_middle() -> None:
    # Row 3: mean 8, deviation sqrt(8), lower band 8 - 1.2 * 2.83 = 4.6 > 4. Row 4: mean 8, price 10.
    panel = panel_closing_at([10.0, 10.0, 10.0, 4.0, 10.0])

    assert_decisions(decide("bollinger_reversion", panel, window=3, width=1.2), {2: 0.0, 3: 1.0, 4: 0.0})


def test_donchian_breakout_compares_with_the_channel_before_the_bar() -> None:
    # Opens are the previous close. The high before row 3 is 12, the low before row 5 is 11.
    panel = panel_closing_at([10.0, 12.0, 11.0, 13.0, 14.0, 10.5])

    assert_decisions(decide("donchian_breakout", panel, entry=3, exit=2), {3: 1.0, 5: 0.0})


def test_donchian_breakout_needs_a_new_high_and_not_an_equal_one() -> None:
    panel = panel_closing_at([10.0, 12.0, 11.0, 12.0, 12.0])

    assert_decisions(decide("donchian_breakout", panel, entry=2, exit=2), {})


def months(count: int) -> list[str]:
    """Two bars a month, on the first and the fifteenth."""
    return [
        f"{2020 + month // 12}-{month % 12 + 1:02d}-{day}T21:00"
        for month in range(count)
        for day in ("01", "15")
    ]


def test_momentum_rotation_holds_the_strongest_and_skips_the_newest_bars() -> None:
    panel = with_times(
        panel_closing_at(
            # Rows begin months at 2, 4, 6. Strength at row t: close[t-1] / close[t-2] - 1.
            [10.0, 10.0, 10.0, 11.0, 11.0, 11.0, 11.0, 11.0],
            [10.0, 12.0, 12.0, 12.0, 12.0, 13.0, 1.0, 1.0],
            [10.0, 11.0, 11.0, 10.0, 10.0, 10.0, 99.0, 99.0],
        ),
        months(4),
    )

    weights = decide("momentum_rotation", panel, window=2, skip=1, hold=1)

    # Row 2: 0 %, 20 %, 10 %. Row 4: 10 %, 0 %, -9 %. Row 6: 0 %, 8 %, 0 %; its own bar is skipped.
    assert_decisions(weights, {2: [0, 1, 0], 4: [1, 0, 0], 6: [0, 1, 0]})


def test_momentum_rotation_splits_equity_between_as_many_as_it_holds() -> None:
    panel = with_times(panel_closing_at([1.0, 2.0, 2.0], [1.0, 3.0, 3.0], [1.0, 1.0, 1.0]), months(2)[:3])

    assert_decisions(decide("momentum_rotation", panel, window=2, skip=1, hold=2), {2: [0.5, 0.5, 0]})
    assert_decisions(decide("momentum_rotation", panel, window=2, skip=1, hold=9), {2: [1 / 3] * 3})


def test_momentum_rotation_ranks_a_closed_market_by_its_last_bar_for_a_week() -> None:
    closed = panel_closing_at([1.0, 2.0, 4.0, NAN], [1.0, 1.0, 1.0, 1.0])
    parameters = {"window": 2, "skip": 0, "hold": 1}

    weekend = with_times(closed, [f"2020-01-{day}T21:00" for day in (29, 30, 31)] + ["2020-02-03T21:00"])
    month_later = with_times(closed, [f"2020-01-{day}T21:00" for day in (13, 14, 15)] + ["2020-02-03T21:00"])

    assert_decisions(decide("momentum_rotation", weekend, **parameters), {3: [1, 0]})
    assert_decisions(decide("momentum_rotation", month_later, **parameters), {3: [0, 1]})


def test_volatility_target_halves_the_position_when_volatility_doubles() -> None:
    # Log returns of plus and minus 1 %, then 2 %: deviations sqrt(2) and 2 sqrt(2) % a bar.
    closes = 100.0 * np.exp([0.0, 0.01, 0.0, 0.02, 0.0, 0.02, 0.0])
    panel = with_times(
        panel_closing_at(closes),
        # The second and third bars close on Mondays, then the sixth does.
        ["2020-01-03", "2020-01-04", "2020-01-06", "2020-01-07", "2020-01-08", "2020-01-13", "2020-01-14"],
    )

    weights = decide("volatility_target", panel, target=0.05, window=2, periods_per_year=100)

    np.testing.assert_array_equal(np.flatnonzero(np.isfinite(weights[:, 0])), [2, 5])
    np.testing.assert_allclose(weights[[2, 5], 0], [0.05 / (0.1 * math.sqrt(2)), 0.05 / (0.2 * math.sqrt(2))])


def test_volatility_target_never_holds_more_than_its_maximum() -> None:
    calm = with_times(panel_closing_at([10.0] * 5), [f"2020-01-{day:02d}" for day in (2, 3, 6, 7, 13)])

    assert_decisions(decide("volatility_target", calm, window=2, maximum=0.8), {2: 0.8, 4: 0.8})


def pair(gaps: Sequence[float]) -> Panel:
    """Two instruments whose log ratio is this, in per cent; NaN where the second has no bar."""
    first = [100.0 * math.exp(0.0 if math.isnan(gap) else gap / 100.0) for gap in gaps]
    return panel_closing_at(first, [NAN if math.isnan(gap) else 100.0 for gap in gaps])


CALM = [1.0, -1.0] * 6


@pytest.mark.parametrize("side", [1.0, -1.0], ids=["first is dear", "first is cheap"])
def test_pairs_sell_the_dear_one_and_buy_the_cheap_one_until_they_meet(side: float) -> None:
    # Of the last ten gaps the mean is 1.9 and the deviation 3.9: a gap of 2 is as good as none.
    panel = pair([side * gap for gap in (*CALM, 9.0, 9.0, 2.0, 2.0)])

    weights = decide("pairs_zscore", panel, window=10, entry=2.0, exit=0.5)

    assert_decisions(weights[12:], {0: [-0.5 * side, 0.5 * side], 2: [0.0, 0.0]})


def test_pairs_that_swap_sides_within_a_bar_turn_the_position_round() -> None:
    weights = decide("pairs_zscore", pair([*CALM, 9.0, -25.0, 60.0]), window=10, entry=1.5, exit=0.5)

    assert_decisions(weights[12:], {0: [-0.5, 0.5], 1: [0.5, -0.5], 2: [-0.5, 0.5]})


def test_pairs_keep_their_position_over_a_bar_that_one_of_them_lacks() -> None:
    weights = decide("pairs_zscore", pair([*CALM, 9.0, NAN, 9.0, 9.0]), window=10, entry=2.0, exit=0.5)

    assert_decisions(weights[12:], {0: [-0.5, 0.5]})


def calm_and_wild(days: int) -> Panel:
    """Three instruments that move 1, 2 and 4 per cent up and down, in turn, from 1 January 2020 on."""
    steps = np.where(np.arange(days) % 2, 1.0, -1.0)
    return panel_closing_at(*(100.0 * np.cumprod(1.0 + size * steps) for size in (0.01, 0.02, 0.04)))


def test_allocation_rebalances_on_the_first_session_of_each_month_by_inverse_volatility() -> None:
    weights = decide("allocation", calm_and_wild(70), window=20)

    # Rows are days: the 1st of February is row 31, the 1st of March row 60. Parts of 4, 2 and 1 of 7.
    np.testing.assert_array_equal(np.flatnonzero(np.isfinite(weights).any(axis=1)), [31, 60])
    np.testing.assert_allclose(weights[[31, 60]], [[4 / 7, 2 / 7, 1 / 7]] * 2, rtol=1e-12)


def test_allocation_splits_evenly_when_asked_and_never_beyond_its_maximum() -> None:
    panel = calm_and_wild(40)

    equal = decide("allocation", panel, window=20, method="equal", rebalance="bars", bars=25)
    capped = decide("allocation", panel, window=20, rebalance="bars", bars=25, maximum=0.4)

    assert_decisions(equal, {25: [1 / 3, 1 / 3, 1 / 3]})
    # What is cut off the first, 0.17, is shared by the two others.
    np.testing.assert_allclose(capped[25], [0.4, 2 / 7 + 6 / 70, 1 / 7 + 6 / 70], rtol=1e-12)


def test_allocation_by_minimum_variance_leaves_out_what_adds_risk_alone() -> None:
    weights = decide(
        "allocation", calm_and_wild(40), window=20, method="minimum_variance", covariance="sample"
    )

    # All three move together, so the calmest by itself is the portfolio with the least variance.
    np.testing.assert_allclose(weights[31], [1.0, 0.0, 0.0], atol=1e-9)


def test_allocation_holds_an_instrument_once_it_has_enough_history() -> None:
    panel = calm_and_wild(70)
    late = panel_closing_at(panel.close[:, 0], np.where(np.arange(70) < 30, NAN, panel.close[:, 1]))

    weights = decide("allocation", late, window=20, method="equal", history=0.9)

    assert_decisions(weights, {31: [1.0, 0.0], 60: [0.5, 0.5]})


@pytest.mark.parametrize(
    ("name", "parameters", "lookback"),
    [
        ("buy_and_hold", {}, 1),
        ("sma_cross", {"fast": 20, "slow": 50}, 51),
        ("ema_cross", {"fast": 12, "slow": 26}, 27),
        ("macd", {"fast": 12, "slow": 26, "signal": 9}, 35),
        ("rsi_reversion", {"window": 14}, 15),
        ("bollinger_reversion", {"window": 20}, 20),
        ("donchian_breakout", {"entry": 20, "exit": 30}, 31),
        ("momentum_rotation", {"window": 252}, 253),
        ("volatility_target", {"window": 20}, 21),
        ("pairs_zscore", {"window": 60}, 60),
        ("allocation", {"window": 60}, 61),
    ],
)
def test_the_declared_look_back(name: str, parameters: dict[str, object], lookback: int) -> None:
    assert REGISTRY.create(name, parameters).lookback == lookback


def test_a_week_is_from_monday_to_sunday() -> None:
    panel = panel_closing_at(100.0 * np.exp(0.01 * (np.arange(40) % 2)))
    monday = np.datetime64("2024-01-01T21:00", "ns").astype(np.int64)
    shifted = Panel(
        panel.instruments,
        panel.timeframe,
        monday + np.arange(40) * NANOSECONDS_PER_DAY,
        *(panel.open, panel.high, panel.low, panel.close, panel.volume),
    )

    weights = decide("volatility_target", shifted, window=2)

    np.testing.assert_array_equal(np.flatnonzero(np.isfinite(weights[:, 0])), [7, 14, 21, 28, 35])


def breakout_fills(closes: Sequence[float], **parameters: object) -> list[tuple[int, float, str]]:
    """(bar, price, reason) of each fill; bars open at the close before and reach one unit beyond."""
    close = np.array(closes)
    opens = np.concatenate([close[:1], close[:-1]])
    panel = a_panel(
        closes,
        opens=opens.tolist(),
        highs=(np.maximum(opens, close) + 1).tolist(),
        lows=(np.minimum(opens, close) - 1).tolist(),
    )
    strategy = REGISTRY.create("breakout_bracket", parameters)
    result = simulate(
        panel, strategy, initial_cash=10_000.0, costs=FREE, fill=FillPrice.NEXT_OPEN, sizing=WHOLE
    )
    return [
        (int(bar), float(price), FillReason(reason).name)
        for bar, price, reason, status in zip(
            result.orders.bar,
            result.orders.price,
            result.orders.reason,
            result.orders.status,
            strict=True,
        )
        if status == OrderStatus.FILLED
    ]


BREAKOUT = {"window": 2, "range_window": 2, "stop": 2.0, "target": 3.0}


def test_breakout_bracket_leaves_at_its_target() -> None:
    # True ranges 2 2 2 4: the average of Wilder at row 3 is (2 + 4) / 2 = 3. The close of 12 exceeds the
    # high of 11; stop 12 - 2 * 3 = 6, target 12 + 3 * 3 = 21.
    fills = breakout_fills([10.0, 10.0, 10.0, 12.0, 15.0, 19.0, 21.5], **BREAKOUT)

    assert fills == [(4, 12.0, "ORDER"), (6, 21.0, "TAKE_PROFIT")]


def test_breakout_bracket_leaves_at_its_stop_and_may_enter_again() -> None:
    fills = breakout_fills([10.0, 10.0, 10.0, 12.0, 9.0, 5.5, 5.5, 5.5, 9.0, 9.0], **BREAKOUT)

    # Row 5 falls to 4.5, through the stop at 6. Row 8 closes at 9, above the highs of 6.5 before it.
    assert fills == [(4, 12.0, "ORDER"), (5, 6.0, "STOP_LOSS"), (9, 9.0, "ORDER")]


def test_breakout_bracket_does_not_buy_where_its_stop_would_lie_below_nothing() -> None:
    assert breakout_fills([2.0, 2.0, 2.0, 4.0, 5.0, 6.0], **BREAKOUT) == []
