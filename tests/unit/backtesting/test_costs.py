"""What fills and holding cost, by hand."""

import math

import pytest

from domain.backtesting.model import Sizing
from tests.kit.engine import FRACTIONAL, KEEP, a_panel, free_but, trade

FLAT = a_panel([100.0] * 4)


def test_buyers_pay_half_the_spread_and_slippage_and_sellers_lose_them() -> None:
    simulation = trade(FLAT, [0.5, 0.0], costs=free_but(spread_bps=20, slippage_bps=10))

    assert simulation.orders.price.tolist() == pytest.approx([100.2, 99.8], rel=1e-15)
    assert simulation.orders.slippage.tolist() == pytest.approx([49 * 0.2, 49 * 0.2], rel=1e-12)
    assert simulation.slippage_paid == pytest.approx(19.6, rel=1e-12)
    assert simulation.final_equity == pytest.approx(10_000 - 19.6, rel=1e-12)


def test_impact_grows_with_the_square_root_of_the_share_of_volume() -> None:
    # Given 100 bps for the whole volume of 10,000, an order of 25 shares pays 5 bps
    panel = a_panel([100.0] * 3, volume=10_000.0)
    simulation = trade(panel, [0.2506], costs=free_but(impact_bps=100))

    assert simulation.orders.quantity.tolist() == [25.0]
    assert simulation.orders.price.tolist() == pytest.approx(
        [100 * (1 + 0.01 * math.sqrt(0.0025))], rel=1e-15
    )


@pytest.mark.parametrize("volume", [0.0, math.nan])
def test_impact_without_volume_is_taken_in_full(volume: float) -> None:
    simulation = trade(a_panel([100.0] * 3, volume=volume), [0.5], costs=free_but(impact_bps=100))

    assert simulation.orders.price.tolist() == [101.0]
    assert simulation.orders.quantity.tolist() == [49.0]


def test_impact_is_part_of_the_budget() -> None:
    # q * 100 * (1 + 0.1 * sqrt(q / 400)) = 10,000 has its root between 95 and 96
    simulation = trade(a_panel([100.0] * 3, volume=400.0), [1.0], costs=free_but(impact_bps=1_000))

    assert simulation.orders.quantity.tolist() == [95.0]
    assert 96 * 100 * (1 + 0.1 * math.sqrt(96 / 400)) > 10_000
    assert simulation.curve.cash[-1] > 0


def test_a_commission_is_the_larger_of_its_minimum_and_its_sum() -> None:
    costs = free_but(commission_fixed=1, commission_per_share=0.01, commission_bps=10, commission_minimum=5)
    simulation = trade(FLAT, [0.8, 0.7], costs=costs)

    # 79 shares bought: 1 + 0.79 + 7.9; 9 sold: 1 + 0.09 + 0.9 is below the minimum
    assert simulation.orders.quantity.tolist() == [79.0, -9.0]
    assert simulation.orders.commission.tolist() == pytest.approx([9.69, 5.0], rel=1e-12)
    assert simulation.fees_paid == pytest.approx(14.69, rel=1e-12)


def test_borrowed_shares_cost_a_daily_part_of_the_yearly_rate() -> None:
    # 50 short at 100, then at 110: charged at the previous close of each day
    simulation = trade(a_panel([100.0, 100.0, 110.0, 110.0]), [-0.5], costs=free_but(borrow_rate=0.365))

    assert simulation.financing_paid == pytest.approx((5_000 + 5_500) * 0.001, rel=1e-12)
    assert simulation.final_equity == pytest.approx(10_000 - 500 - 10.5, rel=1e-12)


def test_cash_below_zero_pays_interest() -> None:
    simulation = trade(FLAT, [2.0], costs=free_but(margin_rate=0.365), sizing=Sizing(max_leverage=2))

    # 10,000 lent from the first open on; a day at 0.1 %, then a day on 10,010
    assert simulation.curve.cash.tolist() == pytest.approx([10_000, -10_000, -10_010, -10_020.01], rel=1e-12)


def test_turnover_is_everything_traded_over_mean_equity() -> None:
    simulation = trade(FLAT, [1.0, 0.0])

    assert simulation.turnover == 2.0


def test_a_sale_brings_nothing_at_worst() -> None:
    # Given costs of twice the price, Then a share is given away, and nobody pays to be rid of it
    simulation = trade(
        FLAT, [0.9, KEEP, 0.0], costs=free_but(spread_bps=10_000, slippage_bps=10_000), sizing=FRACTIONAL
    )

    assert simulation.orders.price.tolist() == [250.0, 0.0]


def test_turnover_over_no_equity_is_undefined() -> None:
    # Given a short position, and a price that ruins the account for most of the run
    simulation = trade(a_panel([100.0, 100.0, 1_000.0, 3_000.0, 5_000.0]), [-1.0])

    assert simulation.curve.equity.mean() < 0
    assert simulation.turnover is None
