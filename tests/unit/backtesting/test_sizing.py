"""How a target weight becomes a quantity, and what the account may not do."""

import math
from decimal import Decimal

import pytest

from domain.backtesting.model import QuantityRule, Sizing
from domain.backtesting.result import DenialReason, OrderStatus
from domain.market.bars import Panel
from domain.market.instruments import Instrument
from tests.kit.bars import bars_closing_at
from tests.kit.engine import FRACTIONAL, FREE, KEEP, WHOLE, a_panel, free_but, panel_of, trade

FLAT = a_panel([33.0] * 4)


@pytest.mark.parametrize("fee_bps", [0.0, 10.0, 20.0, 137.0])
@pytest.mark.parametrize("cash", [10_000.0, 33.0, 1_234.5])
def test_all_in_buys_the_whole_shares_that_cash_pays_for_with_the_fee(fee_bps: float, cash: float) -> None:
    simulation = trade(FLAT, [1.0], initial_cash=cash, costs=free_but(commission_bps=fee_bps))

    assert simulation.positions[-1, 0] == math.floor(cash / (33.0 * (1 + fee_bps / 10_000)))


def test_the_budget_of_a_purchase_includes_every_cost_of_the_order() -> None:
    # Given a fixed 7, 0.05 a share, 10 bps, and 1 % above the price
    costs = free_but(
        commission_fixed=7, commission_per_share=0.05, commission_bps=10, spread_bps=120, slippage_bps=40
    )
    simulation = trade(a_panel([50.0] * 3), [0.5], costs=costs)

    # Then 98 shares at 50.50 and 17.0 commission fit in 5,000; 99 would need 5,011.45
    assert simulation.orders.quantity.tolist() == [98.0]
    assert simulation.orders.price.tolist() == [50.5]
    assert simulation.curve.cash[-1] == pytest.approx(10_000 - 98 * 50.5 - (7 + 4.9 + 4.949), rel=1e-12)


def test_a_commission_minimum_is_part_of_the_budget() -> None:
    # 100 shares at 50 would leave nothing for the minimum of 30
    simulation = trade(a_panel([50.0] * 3), [0.5], costs=free_but(commission_bps=1, commission_minimum=30))

    assert simulation.orders.quantity.tolist() == [99.0]
    assert simulation.orders.commission.tolist() == [30.0]


def test_fractional_quantities_spend_the_whole_budget() -> None:
    simulation = trade(FLAT, [1.0], costs=free_but(commission_bps=20), sizing=FRACTIONAL)

    assert simulation.positions[-1, 0] == pytest.approx(10_000 / (33 * 1.002), rel=1e-12)
    assert simulation.curve.cash[-1] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("rule", "fractional", "expected"),
    [
        (QuantityRule.INSTRUMENT, False, 300.0),
        (QuantityRule.INSTRUMENT, True, 10_000 / 33),
        (QuantityRule.WHOLE_LOTS, True, 300.0),
        (QuantityRule.FRACTIONAL, False, 10_000 / 33),
    ],
)
def test_the_quantity_rule_decides_between_lots_and_fractions(
    rule: QuantityRule, fractional: bool, expected: float
) -> None:
    # Given an instrument with a lot of 100
    instrument = Instrument("LOT", "XNAS", lot_size=Decimal(100), fractional=fractional)
    panel = Panel.align([bars_closing_at([33.0] * 3, instrument=instrument)])

    assert trade(panel, [1.0], sizing=Sizing(quantity=rule)).positions[-1, 0] == pytest.approx(expected)


def test_a_reduction_sells_no_more_than_asked() -> None:
    # 303 shares at 33 are held; down to half of 10,000 would be 151.5 shares sold
    simulation = trade(FLAT, [1.0, 0.5])

    assert simulation.orders.quantity.tolist() == [303.0, -151.0]


def test_a_position_of_less_than_one_lot_is_denied() -> None:
    simulation = trade(a_panel([400.0] * 3), [1.0], initial_cash=399.0)

    assert simulation.orders.status.tolist() == [OrderStatus.DENIED]
    assert simulation.orders.denial.tolist() == [DenialReason.ROUNDS_TO_ZERO]
    assert simulation.orders.bar.tolist() == [1]


def test_an_order_without_buying_power_is_denied_with_the_quantity_wanted() -> None:
    # Given everything in the first instrument
    panel = panel_of([10.0] * 4, [20.0] * 4)
    simulation = trade(panel, [[1.0, KEEP], [KEEP, 0.5]])

    assert simulation.orders.status.tolist() == [OrderStatus.FILLED, OrderStatus.DENIED]
    assert simulation.orders.denial.tolist() == [DenialReason.NOT_DENIED, DenialReason.NO_BUYING_POWER]
    assert simulation.orders.quantity.tolist() == [1_000.0, 250.0]


def test_purchases_that_ask_for_too_much_share_in_proportion() -> None:
    # Given weights of 3 in all, on a cash account
    panel = panel_of([10.0] * 3, [20.0] * 3, [40.0] * 3)
    simulation = trade(panel, [[1.5, 0.9, 0.6]])

    # Then each gets a third of what it asked for
    assert simulation.orders.quantity.tolist() == [500.0, 150.0, 50.0]


def test_leverage_two_buys_twice_the_equity_and_no_more() -> None:
    panel = a_panel([10.0] * 3)

    assert trade(panel, [3.0], sizing=Sizing(max_leverage=2)).positions[-1, 0] == 2_000.0
    assert trade(panel, [1.5], sizing=Sizing(max_leverage=2)).positions[-1, 0] == 1_500.0


def test_leverage_leaves_room_for_costs() -> None:
    # Each share binds 10 and costs 0.1, which lowers equity, and with it buying power, twofold
    simulation = trade(
        a_panel([10.0] * 3), [2.0], costs=free_but(commission_bps=100), sizing=Sizing(max_leverage=2)
    )

    quantity = math.floor(20_000 / (10 + 2 * 0.1))
    assert simulation.positions[-1, 0] == quantity
    assert quantity * 10 <= 2 * simulation.final_equity


def test_leverage_below_one_holds_money_back() -> None:
    assert trade(a_panel([10.0] * 3), [1.0], sizing=Sizing(max_leverage=0.5)).positions[-1, 0] == 500.0


def test_a_short_sale_needs_buying_power_like_a_purchase() -> None:
    simulation = trade(a_panel([10.0, 10.0, 8.0]), [-2.0])

    assert simulation.positions[-1, 0] == -1_000.0
    assert simulation.final_equity == 12_000.0
    assert simulation.curve.exposure.tolist() == [0.0, 1.0, 8_000 / 12_000]


def test_an_increase_after_a_loss_is_limited_by_what_is_left() -> None:
    # Long 500 at 10; at 6 equity is 8,000, of which 5,000 is cash
    simulation = trade(a_panel([10.0, 10.0, 6.0, 6.0]), [0.5, KEEP, 1.0])

    assert simulation.orders.quantity.tolist() == [500.0, 833.0]
    assert simulation.curve.cash[-1] == 2.0


def test_rounding_of_floats_makes_no_orders() -> None:
    # A fully invested fractional account that asks for the same again, at every bar
    panel = a_panel([10.0, 11.0, 12.1, 9.3, 7.77, 13.9])
    simulation = trade(panel, [1.0] * 6, costs=free_but(commission_bps=7), sizing=FRACTIONAL)

    assert len(simulation.orders) == 1


def test_a_ruined_account_stops_trading() -> None:
    # Given a short position that loses more than the account holds
    simulation = trade(
        a_panel([10.0, 10.0, 25.0, 5.0, 5.0]), [-1.0, KEEP, KEEP, 1.0], costs=FREE, sizing=WHOLE
    )

    assert simulation.curve.equity.tolist() == [10_000.0, 10_000.0, -5_000.0, 15_000.0, 15_000.0]
    assert len(simulation.orders) == 1
    assert math.isnan(simulation.curve.exposure[2])
    assert any("ruined" in warning for warning in simulation.warnings)
