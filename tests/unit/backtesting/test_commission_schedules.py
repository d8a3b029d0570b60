"""Tiers, the most an order costs, the maker's rate, and funding: by hand, to the cent."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.backtesting.model import Costs, Sizing
from domain.backtesting.result import Simulation
from domain.clock import to_nanoseconds
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.orders.model import LimitFill
from tests.kit.backtests import a_spec
from tests.kit.engine import FRACTIONAL, KEEP, a_panel, free_but, panel_of, trade

FLAT = a_panel([100.0] * 4)


def costing(**costs: Any) -> Costs:
    return free_but(**costs)


def commissions(simulation: Simulation) -> list[float]:
    return [float(one) for one in simulation.orders.commission]


# ---------------------------------------------------------------- tiers


def test_each_part_of_an_order_pays_the_rate_of_its_tier() -> None:
    costs = costing(
        commission_bps=100, commission_tiers=[{"over": 2_000, "bps": 50}, {"over": 5_000, "bps": 10}]
    )

    # 9,900 of notional: 2,000 at 1 %, 3,000 at 0.5 %, 4,900 at 0.1 %
    simulation = trade(FLAT, [0.995], costs=costs)

    assert simulation.orders.quantity.tolist() == [99.0]
    assert commissions(simulation) == pytest.approx([20.0 + 15.0 + 4.9], rel=1e-12)


def test_an_order_inside_the_first_tier_pays_the_plain_rate() -> None:
    costs = costing(commission_bps=100, commission_tiers=[{"over": 2_000, "bps": 0}])
    assert commissions(trade(FLAT, [0.101], costs=costs)) == pytest.approx([10.0], rel=1e-12)


def test_a_month_adds_up_the_notional_of_all_fills_and_a_new_month_begins_anew() -> None:
    # Given fills on 30 and 31 January and on 1 February
    first = to_nanoseconds(datetime(2020, 1, 29, 21, tzinfo=UTC))
    flat = a_panel([100.0] * 4)
    times = first + (flat.close_time - flat.close_time[0])
    panel = Panel(
        flat.instruments, flat.timeframe, times, flat.open, flat.high, flat.low, flat.close, flat.volume
    )
    costs = costing(
        commission_bps=100, commission_tiers=[{"over": 3_000, "bps": 0}], commission_tier_period="month"
    )

    # When 2,000 are bought each day, with shares of what is left
    simulation = trade(panel, [0.2025, 0.405, 0.61], costs=costs)

    # Then the second order pays for its first 1,000 only, and February's pays in full
    bought = [float(q) * 100.0 for q in simulation.orders.quantity]
    assert bought == [2_000.0, 2_000.0, 2_000.0]
    assert commissions(simulation) == pytest.approx([20.0, 10.0, 20.0], rel=1e-12)


def test_a_purchase_under_tiers_spends_what_there_is_and_no_more() -> None:
    costs = costing(commission_bps=100, commission_tiers=[{"over": 5_000, "bps": 20}])
    simulation = trade(FLAT, [1.0], costs=costs, sizing=FRACTIONAL)

    # q * 100 + 50 + 0.002 * (q * 100 - 5,000) = 10,000
    assert simulation.orders.quantity[0] == pytest.approx((10_000 - 50 + 10) / 100.2, rel=1e-12)
    assert simulation.curve.cash[1] == pytest.approx(0.0, abs=1e-7)


@pytest.mark.parametrize(
    "tiers",
    [[{"over": 2.0, "bps": 1}, {"over": 2.0, "bps": 0}], [{"over": 2.0, "bps": 1}, {"over": 1.0, "bps": 0}]],
)
def test_tiers_out_of_order_are_refused(tiers: list[dict[str, float]]) -> None:
    with pytest.raises(InvalidInput, match="each above the one before"):
        a_spec(costs={"commission_tiers": tiers})


# ---------------------------------------------------------------- the most an order costs


def test_the_maximum_wins_over_the_minimum() -> None:
    costs = costing(commission_minimum=30.0, commission_maximum_bps=100)
    assert commissions(trade(FLAT, [0.101], costs=costs)) == pytest.approx([10.0], rel=1e-12)


def test_a_commission_below_the_maximum_is_paid_as_it_is() -> None:
    costs = costing(commission_per_share=0.5, commission_maximum_bps=100)
    assert commissions(trade(FLAT, [0.101], costs=costs)) == pytest.approx([5.0], rel=1e-12)


def test_a_purchase_under_a_maximum_spends_what_there_is() -> None:
    costs = costing(commission_minimum=500.0, commission_maximum_bps=100)
    simulation = trade(FLAT, [1.0], costs=costs, sizing=FRACTIONAL)

    assert simulation.orders.quantity[0] == pytest.approx(10_000 / 101.0, rel=1e-12)


# ---------------------------------------------------------------- makers


def test_a_profit_target_is_a_maker_and_a_stop_is_not() -> None:
    panel = a_panel(
        [100.0, 100.0, 106.0, 106.0, 106.0],
        opens=[100.0, 100.0, 105.0, 106.0, 106.0],
        highs=[100.0, 100.0, 115.0, 106.0, 106.0],
        lows=[100.0, 100.0, 104.0, 106.0, 80.0],
    )
    costs = costing(commission_bps=100, commission_bps_passive=10)
    simulation = trade(panel, [0.5, KEEP, 0.5], costs=costs, sizing=Sizing(take_profit=0.1, stop_loss=0.1))

    quantity, price = simulation.orders.quantity, simulation.orders.price
    rates = [0.01, 0.001, 0.01, 0.01]
    expected = [abs(q) * p * rate for q, p, rate in zip(quantity, price, rates, strict=True)]
    assert [int(reason) for reason in simulation.orders.reason] == [0, 2, 0, 1]
    assert commissions(simulation) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("rule", "taken"), [(LimitFill.CROSSED, False), (LimitFill.TOUCHED, True)])
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_limit_that_is_only_touched_fills_where_that_is_the_rule(
    rule: LimitFill, taken: bool, side: float
) -> None:
    # Given a price that goes to the target of 25 % to the last digit, and no further
    best = 100.0 + side * 25.0
    panel = a_panel(
        [100.0, 100.0, 100.0], highs=[100.0, 100.0, max(best, 100.0)], lows=[100.0, 100.0, min(best, 100.0)]
    )

    simulation = trade(panel, [side], sizing=Sizing(take_profit=0.25), limit_fill=rule)

    assert simulation.trades.is_open.tolist() == [not taken]
    assert simulation.final_equity == (12_500.0 if taken else 10_000.0)


# ---------------------------------------------------------------- funding


def test_longs_pay_funding_by_the_calendar_on_the_last_close() -> None:
    # Given three periods of eight hours a day at one per mille
    simulation = trade(a_panel([100.0, 100.0, 110.0, 110.0]), [1.0], costs=costing(funding_rate=0.001))

    # Then day 2 pays on the close of day 1, and day 3 on that of day 2
    assert simulation.curve.cash.tolist() == pytest.approx([10_000.0, 0.0, -30.0, -63.0], abs=1e-9)
    assert simulation.financing_paid == pytest.approx(63.0, rel=1e-12)


def test_shorts_receive_funding_and_a_book_without_net_value_pays_none() -> None:
    costs = costing(funding_rate=0.001)
    short = trade(a_panel([100.0] * 3), [-1.0], costs=costs)
    neutral = trade(panel_of([100.0] * 3, [50.0] * 3), [[0.5, -0.5]], costs=costs)

    assert short.financing_paid == pytest.approx(-30.0, rel=1e-12)
    assert neutral.financing_paid == 0.0


def test_a_negative_rate_pays_the_longs() -> None:
    simulation = trade(FLAT, [1.0], costs=costing(funding_rate=-0.001))
    assert math.isclose(simulation.final_equity, 10_060.0, rel_tol=1e-12)
