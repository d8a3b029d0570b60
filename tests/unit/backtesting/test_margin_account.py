"""Initial margin limits what is bought, maintenance margin what is kept."""

import math

import pytest

from domain.backtesting.model import Sizing
from domain.backtesting.result import FillReason
from domain.errors import InvalidInput
from tests.kit.backtests import a_spec
from tests.kit.engine import FRACTIONAL, KEEP, a_panel, free_but, panel_of, trade, without_bar

REG_T = Sizing(initial_margin=0.5, maintenance_margin=0.25)


def test_an_initial_margin_of_a_half_buys_twice_the_equity() -> None:
    simulation = trade(a_panel([100.0] * 3), [3.0], sizing=Sizing(initial_margin=0.5))

    assert simulation.orders.quantity.tolist() == [200.0]
    assert simulation.curve.exposure[-1] == 2.0


def test_a_call_sells_at_the_next_open_until_the_requirement_holds() -> None:
    # Given 200 shares on 10,000 of equity: at 60 equity is 2,000, and 3,000 is required
    panel = a_panel([100.0, 100.0, 60.0, 60.0, 60.0])

    simulation = trade(panel, [2.0], sizing=REG_T)

    # Then 8,000 of exposure may stay: 66.67 shares go, in whole lots rounded up
    assert simulation.orders.quantity.tolist() == [200.0, -67.0]
    assert simulation.orders.bar.tolist() == [1, 3]
    assert simulation.orders.decided_bar.tolist() == [0, 2]
    assert simulation.orders.reason.tolist() == [0, FillReason.MARGIN_CALL]
    assert simulation.curve.equity[-1] / (133 * 60.0) >= 0.25


def test_the_remark_names_the_date_and_the_amount() -> None:
    simulation = trade(a_panel([100.0, 100.0, 60.0, 60.0]), [2.0], sizing=REG_T)

    assert simulation.warnings[0] == (
        "The account was called for margin on 2020-01-03 21:00 UTC, 1,000.00 short: positions were sold at the next "
        "open. Margin was looked at at closes only, not inside bars."
    )


def test_all_positions_give_the_same_share() -> None:
    panel = panel_of([100.0, 100.0, 60.0, 60.0], [10.0, 10.0, 6.0, 6.0])
    sizing = Sizing(initial_margin=0.5, maintenance_margin=0.25, quantity="fractional")

    simulation = trade(panel, [[1.0, 1.0]], sizing=sizing)

    assert simulation.orders.quantity.tolist() == pytest.approx([100, 1_000, -100 / 3, -1_000 / 3], rel=1e-12)


def test_costs_that_are_a_share_of_the_sale_are_allowed_for() -> None:
    sizing = FRACTIONAL.model_copy(update={"max_leverage": 2.0, "maintenance_margin": 0.25})
    costs = free_but(commission_bps=50, slippage_bps=50)

    simulation = trade(a_panel([100.0, 100.0, 60.0, 60.0, 60.0]), [1.9], sizing=sizing, costs=costs)

    # One sale is enough, and leaves what is required but for the commission on slippage
    assert simulation.orders.reason.tolist() == [0, FillReason.MARGIN_CALL]
    held = simulation.positions[-1, 0] * 60.0
    assert simulation.curve.equity[-1] / held == pytest.approx(0.25, rel=1e-3)


def test_a_recovery_at_the_open_sells_nothing() -> None:
    panel = a_panel([100.0, 100.0, 60.0, 90.0], opens=[100.0, 100.0, 100.0, 90.0])
    simulation = trade(panel, [2.0], sizing=REG_T)

    assert simulation.orders.quantity.tolist() == [200.0]
    assert "called for margin" in simulation.warnings[0]


def test_shorts_are_called_too() -> None:
    sizing = Sizing(initial_margin=0.5, maintenance_margin=0.3)
    simulation = trade(a_panel([100.0, 100.0, 130.0, 130.0]), [-2.0], sizing=sizing)

    # Equity 4,000 on 26,000 short, 7,800 required: 13,333 of exposure may stay
    assert simulation.orders.quantity.tolist() == [-200.0, 98.0]


def test_an_account_below_zero_is_sold_out() -> None:
    simulation = trade(a_panel([100.0, 100.0, 40.0, 40.0]), [2.0], sizing=REG_T)

    assert simulation.positions[-1, 0] == 0.0
    assert simulation.final_equity == -2_000.0


def test_a_position_without_a_bar_is_sold_at_its_next_one() -> None:
    panel = without_bar(a_panel([100.0, 100.0, 60.0, 60.0, 60.0]), 3)

    assert trade(panel, [2.0], sizing=REG_T).orders.bar.tolist() == [1, 4]


def test_a_cash_account_is_never_called() -> None:
    panel = a_panel([100.0, 100.0, 10.0, 1.0])
    simulation = trade(panel, [1.0], sizing=Sizing(maintenance_margin=1.0))

    assert simulation.warnings == ()
    assert math.isclose(simulation.final_equity, 100.0)


def test_nothing_is_bought_back_beyond_buying_power_after_a_call() -> None:
    simulation = trade(a_panel([100.0, 100.0, 60.0, 60.0]), [2.0, KEEP, 2.0], sizing=REG_T)

    # 67 go by the call, and 66 more by the target: twice an equity of 2,000
    assert simulation.positions[-1, 0] == 67.0


@pytest.mark.parametrize(
    ("sizing", "told"),
    [
        ({"initial_margin": 0.5, "max_leverage": 2.0}, "give one of them"),
        ({"initial_margin": 0.5, "maintenance_margin": 0.6}, "above the 0.5 that a new position needs"),
        ({"max_leverage": 4.0, "maintenance_margin": 0.3}, "above the 0.25 that a new position needs"),
        ({"maintenance_margin": 0.0}, "maintenance_margin"),
    ],
)
def test_margins_that_contradict_each_other_are_refused(sizing: dict[str, float], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        a_spec(sizing=sizing)
