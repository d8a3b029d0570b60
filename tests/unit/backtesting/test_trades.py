"""Round trips: average cost, profit, excursions."""

import math

import pytest

from domain.backtesting.model import FillPrice, Sizing
from domain.backtesting.result import FillReason
from tests.kit.engine import FRACTIONAL, KEEP, a_panel, free_but, trade


def test_a_round_trip_is_reported_with_prices_times_and_profit() -> None:
    panel = a_panel([100.0, 100.0, 110.0, 120.0, 120.0])
    simulation = trade(panel, [0.5, KEEP, KEEP, 0.0], costs=free_but(commission_bps=100))
    trades = simulation.trades

    # 49 shares bought at 100, sold at 120
    assert trades.instrument_ids == (panel.instruments[0].id,)
    assert (trades.entry_bar.tolist(), trades.exit_bar.tolist(), trades.bars_held.tolist()) == ([1], [4], [3])
    assert trades.entry_time.tolist() == [panel.close_time[1]]
    assert trades.exit_time.tolist() == [panel.close_time[4]]
    assert (trades.entry_price.tolist(), trades.exit_price.tolist()) == ([100.0], [120.0])
    assert trades.quantity.tolist() == [49.0]
    assert trades.fees.tolist() == pytest.approx([49 + 58.8], rel=1e-12)
    assert trades.pnl.tolist() == pytest.approx([49 * 20 - 107.8], rel=1e-12)
    assert trades.return_.tolist() == pytest.approx([(49 * 20 - 107.8) / 4_900], rel=1e-12)
    assert trades.exit_reason.tolist() == [FillReason.SIGNAL]
    assert trades.is_open.tolist() == [False]


def test_adding_and_selling_in_parts_is_one_trade_at_average_cost() -> None:
    # Given 50 bought at 100, 25 more at 200, 52 sold at 100, and the rest at 300
    panel = a_panel([100.0, 200.0, 100.0, 300.0, 300.0], opens=[100.0, 100.0, 200.0, 100.0, 300.0])
    simulation = trade(panel, [0.5, 1.0, 0.3, 0.0])
    orders, trades = simulation.orders, simulation.trades

    assert orders.quantity.tolist() == [50.0, 25.0, -52.0, -23.0]
    assert trades.quantity.tolist() == [75.0]
    assert trades.entry_price.tolist() == [10_000 / 75]
    assert trades.exit_price.tolist() == [(5_200 + 6_900) / 75]
    assert trades.pnl.tolist() == [2_100.0]
    assert trades.return_.tolist() == pytest.approx([0.21], rel=1e-12)


def test_an_open_trade_is_valued_at_the_last_close_and_says_so() -> None:
    simulation = trade(a_panel([100.0, 100.0, 90.0]), [1.0])
    trades = simulation.trades

    assert trades.is_open.tolist() == [True]
    assert trades.exit_reason.tolist() == [FillReason.STILL_OPEN]
    assert trades.exit_bar.tolist() == [2]
    assert trades.exit_price.tolist() == [90.0]
    assert trades.pnl.tolist() == [-1_000.0]


def test_a_short_trade_gains_when_price_falls() -> None:
    trades = trade(a_panel([100.0, 100.0, 80.0, 80.0]), [-0.5, KEEP, 0.0]).trades

    assert trades.quantity.tolist() == [-50.0]
    assert trades.pnl.tolist() == [1_000.0]
    assert trades.return_.tolist() == [0.2]


def excursions(
    weight: float, fill: FillPrice = FillPrice.NEXT_OPEN, sizing: Sizing = FRACTIONAL
) -> tuple[float, float]:
    """Held from the open of bar 1, or a close, to a target of zero decided on bar 2."""
    panel = a_panel(
        [100.0, 100.0, 100.0, 100.0, 100.0],
        opens=[100.0, 100.0, 100.0, 70.0, 100.0],
        highs=[190.0, 120.0, 110.0, 150.0, 100.0],
        lows=[10.0, 90.0, 80.0, 50.0, 100.0],
    )
    trades = trade(panel, [weight, KEEP, 0.0], fill=fill, sizing=sizing).trades
    return trades.mae[0], trades.mfe[0]


def test_excursions_of_an_open_fill_see_the_entry_bar_and_only_the_open_of_the_exit_bar() -> None:
    # High of 120 on the bar of entry, then an exit at an open of 70, in a bar from 50 to 150
    assert excursions(1.0) == pytest.approx((-0.30, 0.20), rel=1e-12)
    assert excursions(-1.0) == pytest.approx((-0.20, 0.30), rel=1e-12)


def test_excursions_of_a_close_fill_see_nothing_of_the_entry_bar_and_all_of_the_exit_bar() -> None:
    assert excursions(1.0, FillPrice.NEXT_CLOSE) == pytest.approx((-0.50, 0.50), rel=1e-12)
    assert excursions(1.0, FillPrice.SAME_CLOSE) == pytest.approx((-0.20, 0.20), rel=1e-12)


def test_excursions_end_at_the_stop() -> None:
    # The stop at 85 is touched by the low of bar 2; its high of 110 may have come later
    stopped = excursions(1.0, sizing=Sizing(stop_loss=0.15))

    assert stopped == pytest.approx((-0.15, 0.20), rel=1e-12)


def test_excursions_end_at_the_profit_target_and_take_the_low_of_its_bar_as_seen() -> None:
    # Entered at the close of bar 0 at 100; bar 1 goes from 90 to 120, through the target of 115
    taken = excursions(1.0, FillPrice.SAME_CLOSE, Sizing(take_profit=0.15))

    assert taken == pytest.approx((-0.10, 0.15), rel=1e-12)


def test_a_position_that_never_moved_has_no_excursion() -> None:
    trades = trade(a_panel([100.0, 100.0, 100.0]), [1.0]).trades

    assert (trades.mae.tolist(), trades.mfe.tolist()) == ([0.0], [0.0])
    assert not math.copysign(1.0, trades.mfe[0]) < 0


def test_an_excursion_is_measured_from_the_average_cost_held_at_that_moment() -> None:
    # Given 50 bought at 100 that fall to 80, and 16 more bought at 300
    panel = a_panel([100.0, 100.0, 300.0, 300.0, 300.0], lows=[100.0, 80.0, 100.0, 300.0, 300.0])
    trades = trade(panel, [0.5, KEEP, 1.0, 0.0]).trades

    # The low of 80 was a fifth below the 100 paid until then, and nearly half below the later average.
    assert trades.mae.tolist() == [-0.2]
    assert trades.entry_price.tolist() == [(50 * 100 + 16 * 300) / 66]
