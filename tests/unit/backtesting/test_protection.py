"""Stop-loss and take-profit inside bars: the pessimistic choice each time."""

import pytest

from domain.backtesting.model import Costs, FillPrice, QuantityRule, Sizing
from domain.backtesting.result import FillReason, Simulation
from domain.market.bars import Panel
from tests.kit.engine import FREE, KEEP, a_panel, free_but, trade, without_bar

STOP_10 = Sizing(quantity=QuantityRule.WHOLE_LOTS, stop_loss=0.1)
BOTH_10 = Sizing(quantity=QuantityRule.WHOLE_LOTS, stop_loss=0.1, take_profit=0.1)


def bars(*rows: tuple[float, float, float, float]) -> Panel:
    """Rows of open, high, low, close."""
    opens, highs, lows, closes = zip(*rows, strict=True)
    return a_panel(closes, opens=opens, highs=highs, lows=lows)


QUIET = (100.0, 101.0, 99.0, 100.0)


def run(
    *rows: tuple[float, float, float, float],
    sizing: Sizing,
    weight: float = 1.0,
    costs: Costs = FREE,
    fill: FillPrice = FillPrice.NEXT_OPEN,
) -> Simulation:
    """Enter at the open of the second bar, at 100 unless it says otherwise."""
    return trade(bars(QUIET, *rows), [weight], costs=costs, sizing=sizing, fill=fill)


@pytest.mark.parametrize(
    ("weight", "bar", "price", "reason"),
    [
        (1.0, (95.0, 96.0, 89.0, 94.0), 90.0, FillReason.STOP_LOSS),
        (1.0, (105.0, 111.0, 104.0, 106.0), 110.0, FillReason.TAKE_PROFIT),
        (-1.0, (105.0, 111.0, 104.0, 106.0), 110.0, FillReason.STOP_LOSS),
        (-1.0, (95.0, 96.0, 89.0, 94.0), 90.0, FillReason.TAKE_PROFIT),
    ],
)
def test_a_level_touched_inside_the_bar_is_filled_at_the_level(
    weight: float, bar: tuple[float, float, float, float], price: float, reason: FillReason
) -> None:
    simulation = run(QUIET, bar, QUIET, sizing=BOTH_10, weight=weight)

    assert simulation.trades.exit_bar.tolist() == [2]
    assert simulation.trades.exit_price.tolist() == pytest.approx([price], rel=1e-15)
    assert simulation.trades.exit_reason.tolist() == [reason]
    assert simulation.orders.decided_bar.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("weight", "bar", "reason"),
    [
        (1.0, (80.0, 95.0, 79.0, 94.0), FillReason.STOP_LOSS),
        (1.0, (120.0, 121.0, 95.0, 96.0), FillReason.TAKE_PROFIT),
        (-1.0, (120.0, 121.0, 95.0, 96.0), FillReason.STOP_LOSS),
        (-1.0, (80.0, 95.0, 79.0, 94.0), FillReason.TAKE_PROFIT),
    ],
)
def test_a_gap_beyond_the_level_is_filled_at_the_open(
    weight: float, bar: tuple[float, float, float, float], reason: FillReason
) -> None:
    simulation = run(QUIET, bar, sizing=BOTH_10, weight=weight)

    assert simulation.trades.exit_price.tolist() == [bar[0]]
    assert simulation.trades.exit_reason.tolist() == [reason]


@pytest.mark.parametrize("weight", [1.0, -1.0])
def test_the_stop_is_taken_when_one_bar_touches_both_levels(weight: float) -> None:
    simulation = run(QUIET, (100.0, 115.0, 85.0, 100.0), sizing=BOTH_10, weight=weight)

    assert simulation.trades.exit_reason.tolist() == [FillReason.STOP_LOSS]


def test_a_profit_target_needs_price_to_trade_through_it() -> None:
    touched = run(QUIET, (105.0, 150.0, 104.0, 106.0), sizing=Sizing(take_profit=0.5))
    passed = run(QUIET, (105.0, 150.01, 104.0, 106.0), sizing=Sizing(take_profit=0.5))

    assert touched.trades.is_open.tolist() == [True]
    assert passed.trades.exit_price.tolist() == [150.0]


def test_a_stop_that_is_only_touched_is_taken() -> None:
    touched = run(QUIET, (95.0, 96.0, 50.0, 94.0), sizing=Sizing(stop_loss=0.5))
    missed = run(QUIET, (95.0, 96.0, 50.01, 94.0), sizing=Sizing(stop_loss=0.5))

    assert touched.trades.exit_price.tolist() == [50.0]
    assert missed.trades.is_open.tolist() == [True]


def test_a_stop_on_a_later_bar_is_not_counted_as_an_exit_on_the_bar_of_entry() -> None:
    simulation = run(QUIET, (95.0, 96.0, 85.0, 94.0), sizing=STOP_10)

    assert simulation.trades.exit_bar.tolist() == [2]
    assert simulation.entry_bar_exits == 0
    assert simulation.warnings == ()


def test_a_position_entered_at_the_open_may_be_stopped_on_that_bar_and_is_counted() -> None:
    simulation = run((100.0, 101.0, 85.0, 99.0), QUIET, sizing=STOP_10)

    assert simulation.trades.entry_bar.tolist() == simulation.trades.exit_bar.tolist() == [1]
    assert simulation.trades.exit_price.tolist() == [90.0]
    assert simulation.entry_bar_exits == 1
    assert any("bar of entry" in warning for warning in simulation.warnings)


@pytest.mark.parametrize("fill", [FillPrice.NEXT_CLOSE, FillPrice.SAME_CLOSE])
def test_a_position_entered_at_a_close_is_not_stopped_by_prices_before_it(fill: FillPrice) -> None:
    # Given a first and a second bar that fell far before their close of 100
    simulation = trade(
        bars((100.0, 101.0, 50.0, 100.0), (100.0, 101.0, 50.0, 100.0), QUIET), [KEEP, 1.0, KEEP],
        sizing=STOP_10, fill=fill,
    )  # fmt: skip

    assert simulation.trades.is_open.tolist() == [True]


def test_a_stop_is_a_market_order_and_pays_spread_and_slippage() -> None:
    costs = free_but(spread_bps=20, slippage_bps=10)
    simulation = run(QUIET, (95.0, 96.0, 85.0, 94.0), sizing=STOP_10, costs=costs)

    # Entry 100.2, level 90.18, filled 20 bps below it
    assert simulation.trades.exit_price.tolist() == pytest.approx([100.2 * 0.9 * 0.998], rel=1e-12)


def test_a_profit_target_is_a_limit_and_pays_commission_only() -> None:
    costs = free_but(spread_bps=20, slippage_bps=10, commission_bps=10)
    simulation = run(QUIET, (105.0, 115.0, 104.0, 106.0), sizing=Sizing(take_profit=0.1), costs=costs)

    assert simulation.trades.exit_price.tolist() == pytest.approx([100.2 * 1.1], rel=1e-12)
    assert simulation.orders.slippage[1] == 0.0
    assert simulation.orders.commission[1] == pytest.approx(99 * 100.2 * 1.1 * 0.001, rel=1e-12)


def test_after_a_stop_the_position_stays_flat_until_the_next_target() -> None:
    simulation = trade(
        bars(QUIET, QUIET, (95.0, 96.0, 89.0, 94.0), QUIET, QUIET, QUIET),
        [1.0, KEEP, KEEP, KEEP, 1.0],
        sizing=STOP_10,
    )

    assert simulation.positions[:, 0].tolist() == [0.0, 100.0, 0.0, 0.0, 0.0, 90.0]


def test_a_decision_made_before_a_stop_does_not_buy_back() -> None:
    # Given a target to stay in, pending while the open falls through the stop
    simulation = trade(bars(QUIET, QUIET, (80.0, 81.0, 79.0, 80.0), QUIET), [1.0, 1.0], sizing=STOP_10)

    assert simulation.orders.quantity.tolist() == [100.0, -100.0]
    assert simulation.orders.reason.tolist() == [FillReason.SIGNAL, FillReason.STOP_LOSS]


def test_a_decision_to_be_on_the_other_side_survives_a_stop() -> None:
    simulation = trade(bars(QUIET, QUIET, (80.0, 81.0, 79.0, 80.0)), [1.0, -1.0], sizing=STOP_10)

    assert simulation.orders.quantity.tolist() == [100.0, -100.0, -100.0]
    assert simulation.orders.bar.tolist() == [1, 2, 2]


def test_a_stop_waits_while_there_is_no_bar() -> None:
    panel = bars(QUIET, QUIET, QUIET, (95.0, 96.0, 80.0, 94.0))
    assert trade(without_bar(panel, 2), [1.0], sizing=STOP_10).trades.exit_bar.tolist() == [3]


def test_a_stop_never_fills_better_than_the_open() -> None:
    # Given costs beyond the stop distance, so that the level lies above the price just paid
    costs = free_but(slippage_bps=500)
    simulation = run((100.0, 101.0, 99.0, 100.0), sizing=Sizing(stop_loss=0.01), costs=costs)

    assert simulation.orders.price.tolist() == pytest.approx([105.0, 95.0], rel=1e-15)
