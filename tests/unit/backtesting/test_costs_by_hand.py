"""Commissions and financing beside sums on paper: each expected number is derived where it stands.

Nothing here looks at how the account works. The rules are those of the documentation: what was decided at
the close of a row fills at the open of the next one, sales first, and every cost is part of the budget.
"""

import pytest

from domain.backtesting.result import OrderStatus, Simulation
from tests.kit.account_sheets import NONE, adds_up, costing, filled, happening, sheet
from tests.kit.engine import KEEP, WHOLE, trade


def commissions(simulation: Simulation) -> list[float]:
    paid: list[float] = simulation.orders.commission[simulation.orders.status == OrderStatus.FILLED].tolist()
    return paid


# ---------------------------------------------------------------- commissions


def test_an_order_through_three_tiers() -> None:
    # 10 bps up to 5,000, 5 bps from there to 20,000, 1 bp above
    tiers = [{"over": 5_000, "bps": 5}, {"over": 20_000, "bps": 1}]

    simulation = trade(
        sheet({"close": [100.0] * 3}), [1.0], initial_cash=25_050.0,
        costs=costing(commission_bps=10, commission_tiers=tiers),
    )  # fmt: skip

    # 25,050 buy 250 at 100: 5,000 x 0.10 % + 15,000 x 0.05 % + 5,000 x 0.01 % = 5.00 + 7.50 + 0.50,
    # 25,013 altogether; a 251st would need 25,113.01
    assert filled(simulation) == [(1, 0, 250.0)]
    assert commissions(simulation) == pytest.approx([13.0], rel=1e-14)
    assert simulation.curve.cash[-1] == pytest.approx(37.0, rel=1e-12)
    adds_up(simulation, 25_050.0)


def test_monthly_tiers_begin_anew_with_the_month() -> None:
    # 10 bps for the first 10,000 of a month, 2 bps above
    costs = costing(
        commission_bps=10, commission_tiers=[{"over": 10_000, "bps": 2}], commission_tier_period="month"
    )
    times = [
        "2020-01-29T21:00",
        "2020-01-30T21:00",
        "2020-01-31T21:00",
        "2020-02-03T21:00",
        "2020-02-04T21:00",
    ]

    # 8.05 % of 100,000 are 80 shares with their commission; each other day they are sold again
    weights = [0.0805, 0.0, 0.0805, 0.0]
    simulation = trade(
        sheet({"close": [100.0] * 5}, times=times), weights, initial_cash=100_000.0, costs=costs
    )

    # 30 January: 8,000 x 0.10 % = 8.00. 31 January: 2,000 x 0.10 % + 6,000 x 0.02 % = 2.00 + 1.20.
    # 3 February is a new month: 8.00, and on the 4th 3.20 again
    assert [units for _, _, units in filled(simulation)] == [80.0, -80.0, 80.0, -80.0]
    assert commissions(simulation) == pytest.approx([8.0, 3.2, 8.0, 3.2], rel=1e-13)
    adds_up(simulation, 100_000.0)


def test_a_bar_that_closes_at_midnight_belongs_to_the_month_that_ends() -> None:
    # Bars of a market that never closes: that of 31 January closes as February begins, but opened, and was
    # traded at that open, in January
    costs = costing(
        commission_bps=10, commission_tiers=[{"over": 10_000, "bps": 2}], commission_tier_period="month"
    )
    times = ["2020-01-30T00:00", "2020-01-31T00:00", "2020-02-01T00:00", "2020-02-02T00:00"]

    simulation = trade(
        sheet({"close": [100.0] * 4}, times=times), [0.0805, 0.0, 0.0805], initial_cash=100_000.0, costs=costs
    )

    # Bought at the open of the 30th, sold at that of the 31st, bought at that of 1 February
    assert commissions(simulation) == pytest.approx([8.0, 3.2, 8.0], rel=1e-13)


def test_what_is_settled_is_no_trade_of_the_month() -> None:
    # 10 bps for the first 10,000 of a month, 2 bps above. 30,000 of the first share vanish at its last price on
    # row 2; the 8,000 of the second bought on that row are the first 8,000 that are traded in February
    costs = costing(
        commission_bps=10, commission_tiers=[{"over": 10_000, "bps": 2}], commission_tier_period="month"
    )
    times = ["2020-01-30T21:00", "2020-01-31T21:00", "2020-02-03T21:00"]
    panel = sheet({"close": [100.0, 100.0, NONE]}, {"close": [100.0] * 3}, times=times)

    simulation = trade(
        panel,
        [[0.301, 0.0], [KEEP, 0.0805]],
        initial_cash=100_000.0,
        costs=costs,
        conditions=happening((2, 0.0, 0.0)),
    )

    assert filled(simulation) == [(1, 0, 300.0), (2, 0, -300.0), (2, 1, 80.0)]
    # January: 10,000 x 0.10 % + 20,000 x 0.02 % = 14.00. A settlement costs nothing. 8,000 x 0.10 %
    assert commissions(simulation) == pytest.approx([14.0, 0.0, 8.0], rel=1e-13)


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        (1, 1.0),  # 100: 10 bps are 0.10, the minimum is 5.00, but 1 % of 100 is the most
        (10, 5.0),  # 1,000: the minimum of 5.00 is less than 1 %
        (80, 8.0),  # 8,000: 10 bps are more than the minimum
    ],
)
def test_a_minimum_and_a_maximum_together(shares: int, expected: float) -> None:
    costs = costing(commission_bps=10, commission_minimum=5.0, commission_maximum_bps=100)
    simulation = trade(
        sheet({"close": [100.0] * 3}), [1.0], initial_cash=100.0 * shares + expected, costs=costs
    )
    assert filled(simulation) == [(1, 0, float(shares))]
    assert commissions(simulation) == pytest.approx([expected], rel=1e-13)
    assert simulation.curve.cash[-1] == pytest.approx(0.0, abs=1e-9)


def test_a_profit_target_is_a_makers_fill() -> None:
    # 20 bps spread, so 100.00 is bought at 100.10; 10 % above that is 110.11, which the high passes
    panel = sheet({"close": [100, 100, 112], "open": [100, 100, 105], "high": [100, 100, 112]})
    costs = costing(commission_bps=10, commission_bps_passive=2, spread_bps=20)

    simulation = trade(panel, [1.0], costs=costs, sizing=WHOLE.model_copy(update={"take_profit": 0.1}))

    # 10,000 buy 99: 99 x 100.10 = 9,909.90 and 9.9099 commission. Sold at the limit, no spread, 2 bps:
    # 99 x 110.11 = 10,900.89 less 2.180178
    assert filled(simulation) == [(1, 0, 99.0), (2, 0, -99.0)]
    assert simulation.orders.price.tolist() == pytest.approx([100.10, 110.11], rel=1e-14)
    assert commissions(simulation) == pytest.approx([9.9099, 2.180178], rel=1e-13)
    assert simulation.slippage_paid == pytest.approx(9.90, rel=1e-12)
    assert simulation.final_equity == pytest.approx(10_000 - 9_919.8099 + 10_898.709822, rel=1e-13)
    adds_up(simulation, 10_000.0)


def test_half_the_spread_slippage_and_impact_are_paid_on_both_sides() -> None:
    # 100 of 10,000 shares: impact 100 bps x sqrt(1 %) = 10 bps; with 10 of half spread and 5 of slippage 25
    panel = sheet({"close": [100.0] * 4, "volume": [10_000.0] * 4})
    costs = costing(spread_bps=20, slippage_bps=5, impact_bps=100)

    simulation = trade(panel, [1.0, KEEP, 0.0], initial_cash=10_100.0, costs=costs)

    # 101 shares would cost 101 x 100.2505 = 10,125
    assert filled(simulation) == [(1, 0, 100.0), (3, 0, -100.0)]
    assert simulation.orders.price.tolist() == pytest.approx([100.25, 99.75], rel=1e-14)
    assert simulation.slippage_paid == pytest.approx(50.0, rel=1e-12)
    assert simulation.final_equity == pytest.approx(10_050.0, rel=1e-14)


# ---------------------------------------------------------------- financing

# Thursday to Tuesday.
WEEKEND = ["2020-01-09T21:00", "2020-01-10T21:00", "2020-01-13T21:00", "2020-01-14T21:00"]


def test_a_borrowed_share_costs_three_days_over_a_weekend() -> None:
    # 100 shares short at 100; 3.65 % a year of 10,000 is 1.00 a day
    simulation = trade(
        sheet({"close": [100.0, 100.0, 110.0, 110.0]}, times=WEEKEND),
        [-1.0],
        costs=costing(borrow_rate=0.0365),
    )

    # Sold on Friday's open. Monday: three days on Friday's close; Tuesday: one day on Monday's, 11,000
    assert simulation.curve.cash.tolist() == pytest.approx([10_000, 20_000, 19_997, 19_995.9], rel=1e-14)
    assert simulation.financing_paid == pytest.approx(4.1, rel=1e-12)
    adds_up(simulation, 10_000.0)


def test_borrowed_money_costs_interest_on_interest() -> None:
    # 200 shares with 10,000 of one's own; 7.3 % a year of 10,000 is 2.00 a day
    simulation = trade(
        sheet({"close": [100.0] * 4}, times=WEEKEND), [2.0],
        costs=costing(margin_rate=0.073), sizing=WHOLE.model_copy(update={"initial_margin": 0.5}),
    )  # fmt: skip

    # Monday 6.00; Tuesday on 10,006: 2.0012
    assert simulation.curve.cash.tolist() == pytest.approx(
        [10_000, -10_000, -10_006, -10_008.0012], rel=1e-14
    )
    adds_up(simulation, 10_000.0)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_funding_is_paid_by_who_holds_at_midnight_eight_and_sixteen(side: float) -> None:
    # Hourly bars of 10 January; one per mille of 10,000 is 10.00
    times = [f"2020-01-10T{hour:02d}:00" for hour in (6, 7, 8, 9, 10)]
    panel = sheet({"close": [100.0] * 5}, times=times, timeframe="1h")
    costs = costing(funding_rate=0.001)

    # Held from six o'clock on: paid once, at eight, and seen at the close after it
    held = trade(panel, [side], costs=costs)
    assert (10_000 - held.curve.equity).tolist() == pytest.approx([0, 0, 0, 10 * side, 10 * side], abs=1e-9)
    adds_up(held, 10_000.0)

    # Sold at the open after the close of seven: never held at eight
    sold_before = trade(panel, [side, 0.0], costs=costs)
    assert filled(sold_before) == [(1, 0, 100.0 * side), (2, 0, -100.0 * side)]
    assert sold_before.financing_paid == 0.0

    # Bought at the open after eight
    bought_after = trade(panel, [KEEP, KEEP, side], costs=costs)
    assert bought_after.financing_paid == 0.0


def test_a_weekend_is_nine_fundings_on_the_close_before_it() -> None:
    # From Friday 21:00 to Monday 21:00 there are three a day; then three on Monday's close of 110
    simulation = trade(
        sheet({"close": [100.0, 100.0, 110.0, 110.0]}, times=WEEKEND),
        [1.0],
        costs=costing(funding_rate=0.0001),
    )
    assert simulation.financing_paid == pytest.approx(9 * 1.0 + 3 * 1.1, rel=1e-13)
    adds_up(simulation, 10_000.0)
