"""When and at which price a decision becomes a fill."""

import numpy as np
import pytest

from domain.backtesting.model import FillPrice
from domain.backtesting.result import FillReason, OrderStatus
from tests.kit.engine import KEEP, a_panel, panel_of, trade, without_bar

PANEL = a_panel([10.0, 12.0, 16.0, 20.0], opens=[9.0, 11.0, 15.0, 19.0])


@pytest.mark.parametrize(
    ("fill", "bar", "price"),
    [(FillPrice.NEXT_OPEN, 1, 11.0), (FillPrice.NEXT_CLOSE, 1, 12.0), (FillPrice.SAME_CLOSE, 0, 10.0)],
)
def test_a_decision_is_filled_at_the_price_of_its_fill_rule(fill: FillPrice, bar: int, price: float) -> None:
    # When half of the account is asked for at the first close
    simulation = trade(PANEL, [0.5], fill=fill)

    # Then it is bought once, at that bar and price
    orders = simulation.orders
    assert (orders.decided_bar.tolist(), orders.bar.tolist(), orders.price.tolist()) == ([0], [bar], [price])
    assert orders.quantity.tolist() == [5_000.0 // price]
    assert orders.status.tolist() == [OrderStatus.FILLED]
    assert orders.reason.tolist() == [FillReason.SIGNAL]


def test_the_account_is_marked_at_each_close() -> None:
    simulation = trade(PANEL, [1.0])

    # 909 shares at 11, one unit of cash left
    assert simulation.positions[:, 0].tolist() == [0.0, 909.0, 909.0, 909.0]
    assert simulation.curve.cash.tolist() == [10_000.0, 1.0, 1.0, 1.0]
    assert simulation.curve.equity.tolist() == [10_000.0, 10_909.0, 14_545.0, 18_181.0]
    assert simulation.curve.exposure.tolist() == [
        0.0,
        10_908.0 / 10_909.0,
        14_544.0 / 14_545.0,
        18_180.0 / 18_181.0,
    ]
    assert simulation.final_equity == 18_181.0


@pytest.mark.parametrize("fill", [FillPrice.NEXT_OPEN, FillPrice.NEXT_CLOSE])
def test_a_decision_on_the_last_bar_never_trades(fill: FillPrice) -> None:
    simulation = trade(PANEL, [KEEP, KEEP, KEEP, 1.0], fill=fill)

    assert simulation.orders.status.tolist() == [OrderStatus.PENDING]
    assert simulation.orders.bar.tolist() == [-1]
    assert simulation.orders.quantity.tolist() == [500.0]
    assert np.isnan(simulation.orders.price).all()
    assert simulation.final_equity == 10_000.0


def test_a_pending_target_that_is_held_already_is_no_order() -> None:
    simulation = trade(PANEL, [1.0, KEEP, KEEP, 1.0])

    assert simulation.orders.status.tolist() == [OrderStatus.FILLED]


def test_a_decision_waits_for_the_next_bar_of_its_instrument() -> None:
    # Given a bar that is missing just when the order should fill
    simulation = trade(without_bar(PANEL, 1), [1.0])

    assert simulation.orders.bar.tolist() == [2]
    assert simulation.orders.price.tolist() == [15.0]


def test_a_newer_target_replaces_the_pending_one() -> None:
    # Given a missing bar, and two decisions before the next one
    simulation = trade(without_bar(PANEL, 1), [1.0, 0.3])

    assert simulation.orders.decided_bar.tolist() == [1]
    assert simulation.orders.quantity.tolist() == [200.0]


def test_a_position_without_a_bar_is_valued_at_its_last_close() -> None:
    simulation = trade(without_bar(PANEL, 2), [1.0])

    assert simulation.curve.equity.tolist() == [10_000.0, 10_909.0, 10_909.0, 18_181.0]


def test_nan_keeps_what_is_held_without_rebalancing() -> None:
    simulation = trade(PANEL, [0.5, KEEP, KEEP, KEEP])

    assert len(simulation.orders) == 1


def test_a_target_of_zero_sells_exactly_everything() -> None:
    simulation = trade(PANEL, [0.7, 0.0])

    assert simulation.orders.quantity.tolist() == [636.0, -636.0]
    assert simulation.positions[:, 0].tolist() == [0.0, 636.0, 0.0, 0.0]


def test_a_flip_is_two_orders_and_two_trades() -> None:
    simulation = trade(a_panel([10.0] * 4), [1.0, -0.5])

    assert simulation.orders.quantity.tolist() == [1_000.0, -1_000.0, -500.0]
    assert simulation.orders.held.tolist() == [1_000.0, 0.0, -500.0]
    assert simulation.trades.quantity.tolist() == [1_000.0, -500.0]
    assert simulation.trades.is_open.tolist() == [False, True]


def test_a_target_that_is_held_already_is_no_order() -> None:
    simulation = trade(PANEL, [1.0, 1.0, 1.0, 1.0])

    assert len(simulation.orders) == 1


def test_sales_are_filled_before_purchases_whatever_the_order_of_instruments() -> None:
    # Given all money in the second instrument, When the first is to replace it
    panel = panel_of([10.0] * 4, [20.0] * 4)
    simulation = trade(panel, [[0.0, 1.0], [1.0, 0.0]])

    # Then the sale pays for the purchase
    assert simulation.orders.instrument.tolist() == [1, 1, 0]
    assert simulation.orders.quantity.tolist() == [500.0, -500.0, 1_000.0]


def test_same_close_fills_even_on_the_last_bar() -> None:
    simulation = trade(PANEL, [KEEP, KEEP, KEEP, 1.0], fill=FillPrice.SAME_CLOSE)

    assert simulation.orders.bar.tolist() == [3]
    assert simulation.orders.price.tolist() == [20.0]
