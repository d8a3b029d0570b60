"""The account beside sums a trader can do on paper: each expected number is derived where it stands.

Nothing here looks at how the account works. The rules are those of the documentation: what was decided at
the close of a row fills at the open of the next one, sales first, and every cost is part of the budget.
"""

from collections.abc import Sequence

import numpy as np
import pytest

from domain.backtesting.conditions import Conditions
from domain.backtesting.model import FillPrice, Sizing
from domain.backtesting.result import FillReason
from tests.kit.account_sheets import NONE, adds_up, costing, filled, happening, sheet
from tests.kit.engine import FRACTIONAL, KEEP, WHOLE, trade

# ---------------------------------------------------------------- volume and margin


def test_an_order_is_filled_over_three_bars_by_a_tenth_of_their_volume() -> None:
    # 100 shares wanted: 40 of 400, 30 of 300, and the last 30 of the 100 that a tenth of 1,000 would allow
    panel = sheet({"close": [100.0] * 5, "volume": [1e6, 400.0, 300.0, 1_000.0, 1_000.0]})
    simulation = trade(panel, [1.0], sizing=WHOLE.model_copy(update={"max_volume_share": 0.1}))
    assert filled(simulation) == [(1, 0, 40.0), (2, 0, 30.0), (3, 0, 30.0)]
    assert simulation.curve.cash.tolist() == [10_000.0, 6_000.0, 3_000.0, 0.0, 0.0]
    adds_up(simulation, 10_000.0)


def test_what_waits_for_volume_is_paid_at_the_prices_of_its_day() -> None:
    # 40 shares at 100; the open of the next day is 110, so that equity is 10,400 and buys 94 in all.
    # 30 more that day; the day after at 120 equity is 40 x 120 + 30 x 120 + 2,700 = 11,100, 92 in all: 22 more
    panel = sheet({"close": [100, 100, 110, 120], "volume": [1e6, 400.0, 300.0, 1_000.0]})
    simulation = trade(panel, [1.0], sizing=WHOLE.model_copy(update={"max_volume_share": 0.1}))
    assert filled(simulation) == [(1, 0, 40.0), (2, 0, 30.0), (3, 0, 22.0)]
    # One trade, at (40 x 100 + 30 x 110 + 22 x 120) / 92
    assert simulation.trades.entry_price.tolist() == pytest.approx([9_940 / 92], rel=1e-14)
    adds_up(simulation, 10_000.0)


def test_volume_is_asked_for_once_a_bar_whatever_another_instrument_lacks() -> None:
    # The first wants 100 shares at 40 and 30 a day, the second only misses a day: two fills are cut, not four
    first = {"close": [100.0] * 5, "volume": [1e6, 400.0, 300.0, 1_000.0, 1_000.0]}
    second = {"close": [50.0, 50.0, 50.0, NONE, 50.0]}
    simulation = trade(
        sheet(first, second), [[1.0, KEEP]], sizing=WHOLE.model_copy(update={"max_volume_share": 0.1})
    )
    assert filled(simulation) == [(1, 0, 40.0), (2, 0, 30.0), (3, 0, 30.0)]
    assert simulation.warnings[0].startswith("2 fills were cut to 10 % of the bar's volume")


def test_a_margin_call_at_a_close_is_carried_out_at_a_lower_open() -> None:
    # 200 shares at 100 with 10,000 borrowed. At 70 equity is 4,000 of 14,000, less than 30 %: 200 short.
    # The next open is 66: equity 3,200 of 13,200. 30 % of (200 - x) x 66 are 3,200 at x = 38.4: 39 are sold
    panel = sheet({"close": [100, 100, 70, 66], "open": [100, 100, 90, 66]})
    margins = WHOLE.model_copy(update={"initial_margin": 0.5, "maintenance_margin": 0.3})

    simulation = trade(panel, [2.0], sizing=margins)

    assert filled(simulation) == [(1, 0, 200.0), (3, 0, -39.0)]
    assert simulation.orders.reason.tolist() == [FillReason.SIGNAL, FillReason.MARGIN_CALL]
    assert simulation.orders.decided_bar.tolist() == [0, 2]
    assert simulation.curve.cash.tolist() == [10_000.0, -10_000.0, -10_000.0, -10_000.0 + 39 * 66.0]
    assert simulation.curve.exposure[-1] == pytest.approx(161 * 66 / 3_200, rel=1e-14)
    assert "200.00 short" in simulation.warnings[0]
    adds_up(simulation, 10_000.0)


def test_a_short_that_rises_is_called_and_covered() -> None:
    # 200 short at 100: 30,000 cash. At 130 equity is 4,000 of 26,000, 30 % would be 7,800.
    # At an open of 140: equity 2,000 of 28,000; 30 % of (200 - x) x 140 are 2,000 at x = 152.4: 153 are bought
    panel = sheet({"close": [100, 100, 130, 140], "open": [100, 100, 110, 140]})
    margins = WHOLE.model_copy(update={"initial_margin": 0.5, "maintenance_margin": 0.3})
    simulation = trade(panel, [-2.0], sizing=margins)
    assert filled(simulation) == [(1, 0, -200.0), (3, 0, 153.0)]
    assert simulation.final_equity == 2_000.0
    adds_up(simulation, 10_000.0)


# ---------------------------------------------------------------- splits, dividends, delistings


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_two_for_one(side: float) -> None:
    # 101 shares at 100 are 202 at 50; closed at 55 the long gains 202 x 55 - 101 x 100 = 1,010
    panel = sheet({"close": [100, 100, 50, 55]})
    simulation = trade(panel, [side, KEEP, 0.0], initial_cash=10_100.0, conditions=happening((2, 2.0, 0.0)))

    assert simulation.positions[:, 0].tolist() == [0.0, 101.0 * side, 202.0 * side, 0.0]
    assert simulation.curve.equity.tolist() == [10_100.0, 10_100.0, 10_100.0, 10_100.0 + side * 1_010.0]
    assert simulation.trades.pnl.tolist() == [side * 1_010.0]
    # In shares of the exit: 202 bought at 50 each
    assert simulation.trades.quantity.tolist() == [202.0 * side]
    assert simulation.trades.entry_price.tolist() == [50.0]
    assert simulation.trades.return_.tolist() == pytest.approx([side * 0.1], rel=1e-14)
    adds_up(simulation, 10_100.0)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_three_for_two_in_whole_shares(side: float) -> None:
    # 101 at 90 are 151.5 at 60: 151, and half a share is settled at the last close, 90 / 1.5 = 60, for 30
    panel = sheet({"close": [90, 90, 60, 66]})
    simulation = trade(panel, [side], initial_cash=9_090.0, conditions=happening((2, 1.5, 0.0)))

    assert simulation.positions[:, 0].tolist() == [0.0, 101.0 * side, 151.0 * side, 151.0 * side]
    cash = 9_090.0 - side * 9_090.0
    assert simulation.curve.cash.tolist() == pytest.approx(
        [9_090.0, cash, cash + 30 * side, cash + 30 * side]
    )
    # 151 x 66 + 30 - 9,090 = 906 = 151 x 6
    assert simulation.final_equity == pytest.approx(9_090.0 + side * 906.0, rel=1e-14)
    assert simulation.fees_paid == 0.0
    adds_up(simulation, 9_090.0)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_three_for_two_in_fractions(side: float) -> None:
    panel = sheet({"close": [90, 90, 60, 66]})
    simulation = trade(
        panel, [side], initial_cash=9_090.0, sizing=FRACTIONAL, conditions=happening((2, 1.5, 0.0))
    )
    # 151.5 x 66 - 9,090 = 909
    assert simulation.positions[:, 0].tolist() == pytest.approx(
        [0.0, 101.0 * side, 151.5 * side, 151.5 * side]
    )
    assert simulation.final_equity == pytest.approx(9_090.0 + side * 909.0, rel=1e-14)
    adds_up(simulation, 9_090.0)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_dividend_is_paid_for_the_shares_of_the_evening_before(side: float) -> None:
    # 100 at 100; 2.00 a share on the ex-date, whose open is 98: nothing gained or lost but 2 x 100 in cash
    panel = sheet({"close": [100, 100, 98, 98]})
    simulation = trade(panel, [side], conditions=happening((2, 1.0, 2.0)))
    assert simulation.dividends_received == 200.0 * side
    assert simulation.curve.equity.tolist() == [10_000.0] * 4
    assert simulation.trades.pnl.tolist() == [0.0]
    adds_up(simulation, 10_000.0)


def test_a_flip_at_the_open_of_the_ex_date_keeps_the_dividend_of_the_long() -> None:
    # Long 100 at the close before; at the ex-open of 98 sold, and short what 10,000 + 200 - 200 buy: 102 at 98.
    # Equity at 98 is 98 x 100 + 200 = 10,000; 10,000 / 98 = 102.04
    panel = sheet({"close": [100, 100, 98, 97]})
    simulation = trade(panel, [1.0, -1.0], conditions=happening((2, 1.0, 2.0)))
    assert filled(simulation) == [(1, 0, 100.0), (2, 0, -100.0), (2, 0, -102.0)]
    assert simulation.trades.dividends.tolist() == [200.0, 0.0]
    # The long: 100 x (98 - 100) + 200 = 0; the short: 102 x 1
    assert simulation.trades.pnl.tolist() == [0.0, 102.0]
    adds_up(simulation, 10_000.0)


def test_the_money_of_a_delisted_share_buys_another_one_at_the_same_open() -> None:
    # Half and half: 50 of each at 100. The first ends at 80; the row after it pays 4,000 into cash.
    # All in on the second at an open of 110: 50 x 110 = 5,500 held, 4,000 / 110 = 36.4 more
    first = {"close": [100, 100, 80, NONE, NONE]}
    second = {"close": [100, 100, 110, 110, 110]}
    simulation = trade(
        sheet(first, second), [[0.5, 0.5], [KEEP, KEEP], [0.0, 1.0]], conditions=happening((3, 0.0, 0.0))
    )

    assert filled(simulation) == [(1, 0, 50.0), (1, 1, 50.0), (3, 0, -50.0), (3, 1, 36.0)]
    assert simulation.orders.reason.tolist() == [0, 0, FillReason.DELISTED, 0]
    assert simulation.curve.cash.tolist() == [10_000.0, 0.0, 0.0, 40.0, 40.0]
    assert simulation.curve.equity.tolist() == [10_000.0, 10_000.0, 9_500.0, 9_500.0, 9_500.0]
    adds_up(simulation, 10_000.0)


# ---------------------------------------------------------------- currencies


def in_euro(*rates: float | Sequence[float]) -> Conditions:
    return Conditions(np.array(rates, dtype=np.float64).reshape(len(rates), -1))


def test_a_share_in_euro_in_an_account_in_dollars() -> None:
    # 100 EUR at 1.10 are 110 USD, and changing money costs 0.5 %: 110.55 a share, 10,000 buy 90
    costs = costing(fx_bps=50)
    simulation = trade(
        sheet({"close": [100, 100, 100, 105]}),
        [1.0, KEEP, 0.0],
        costs=costs,
        conditions=in_euro(1.1, 1.2, 1.25, 1.0),
    )

    # Bought at the rate of the evening before: 9,900 and 49.50. Marked at 1.20 and 1.25. Sold at the open of
    # 105 for 1.25, for the close at 1.00 is yet to come: 90 x 131.25 = 11,812.50 less 59.0625
    assert filled(simulation) == [(1, 0, 90.0), (3, 0, -90.0)]
    assert simulation.curve.cash.tolist() == pytest.approx(
        [10_000, 50.5, 50.5, 50.5 + 11_753.4375], rel=1e-12
    )
    assert simulation.curve.equity.tolist() == pytest.approx(
        [10_000, 50.5 + 10_800, 50.5 + 11_250, 11_803.9375], rel=1e-14
    )
    assert simulation.fees_paid == pytest.approx(49.5 + 59.0625, rel=1e-13)
    # Prices are told in EUR: 90 x 5 EUR, but with the gain of the euro 11,812.50 - 9,900 - 108.5625
    assert simulation.trades.entry_price.tolist() == [100.0]
    assert simulation.trades.exit_price.tolist() == [105.0]
    assert simulation.trades.pnl.tolist() == pytest.approx([1_803.9375], rel=1e-13)
    adds_up(simulation, 10_000.0)


def test_a_short_in_euro_loses_when_the_euro_rises() -> None:
    # 80 short at 100 EUR x 1.25 = 125 USD. At 1.50 the debt is 80 x 150 = 12,000 instead of 10,000.
    # A dividend of 1 EUR a share costs 80 x 1.50, and 3.65 % of 12,000 is 1.20 a day
    happens = happening((3, 1.0, 1.0))
    conditions = Conditions(in_euro(1.25, 1.25, 1.5, 1.5).rates, happens.events)
    simulation = trade(
        sheet({"close": [100, 100, 100, 99]}),
        [-1.0],
        costs=costing(borrow_rate=0.0365),
        conditions=conditions,
    )

    assert filled(simulation) == [(1, 0, -80.0)]
    # Row 1: 20,000 cash. Row 2: a day on 10,000 is 1.00. Row 3: 1.20 and the dividend of 120
    assert simulation.curve.cash.tolist() == pytest.approx([10_000, 20_000, 19_999, 19_877.8], rel=1e-14)
    assert simulation.final_equity == pytest.approx(19_877.8 - 80 * 99 * 1.5, rel=1e-14)
    assert simulation.dividends_received == -120.0
    adds_up(simulation, 10_000.0)


def test_weights_are_shares_of_equity_in_both_currencies() -> None:
    # A dollar share at 50 and a euro share at 100 EUR x 1.25: half each of 10,000 is 100 and 40
    home, abroad = {"close": [50.0] * 4}, {"close": [100.0] * 4}
    rates = in_euro(*[(1.0, rate) for rate in (1.25, 1.25, 2.0, 2.0)])

    simulation = trade(sheet(home, abroad), [[0.5, 0.5], [KEEP, KEEP], [0.5, 0.5]], conditions=rates)

    # At 2.00 they are 5,000 + 8,000. Half of 13,000 is 6,500: 7 euro shares of 200 go (1,500 / 200 = 7.5, no more
    # than asked), and their 1,400 buy 28 of the 30 dollar shares that are wanted
    assert filled(simulation) == [(1, 0, 100.0), (1, 1, 40.0), (3, 1, -7.0), (3, 0, 28.0)]
    assert simulation.curve.equity.tolist() == [10_000.0, 10_000.0, 13_000.0, 13_000.0]
    assert simulation.curve.cash.tolist() == [10_000.0, 0.0, 0.0, 0.0]
    adds_up(simulation, 10_000.0)


def test_a_rotation_pays_for_its_purchase_with_its_sale_and_with_nothing_else() -> None:
    # The first is 100 x 90 at the open; 10 bps on the sale leave 8,991, which buy 89 at 100 with 8.90
    panel = sheet({"close": [100, 100, 90]}, {"close": [100.0] * 3})
    simulation = trade(
        panel, [[1.0, 0.0], [0.0, 1.0]], initial_cash=10_010.0, costs=costing(commission_bps=10)
    )
    assert filled(simulation) == [(1, 0, 100.0), (2, 0, -100.0), (2, 1, 89.0)]
    assert simulation.curve.cash.tolist() == pytest.approx([10_010, 0, 8_991 - 8_908.9], abs=1e-9)


def test_everything_at_once_adds_up() -> None:
    # A euro share on margin, at the close, through a split, a dividend and a stop
    panel = sheet(
        {
            "close": [100, 100, 52, 51, 40, 41],
            "open": [100, 100, 50, 52, 50, 40],
            "low": [99, 99, 50, 51, 39, 40],
        }
    )
    happens = happening((2, 2.0, 1.0))
    conditions = Conditions(in_euro(1.1, 1.2, 1.3, 1.2, 1.1, 1.0).rates, happens.events)
    costs = costing(commission_bps=10, spread_bps=10, fx_bps=20, margin_rate=0.073, funding_rate=0.0001)
    sizing = Sizing(quantity="whole_lots", initial_margin=0.5, maintenance_margin=0.3, stop_loss=0.2)

    simulation = trade(
        panel, [2.0], costs=costs, sizing=sizing, fill=FillPrice.NEXT_CLOSE, conditions=conditions
    )

    assert len(simulation.trades) == 1
    assert simulation.trades.exit_reason.tolist() == [FillReason.STOP_LOSS]
    # Bought at 100 x 1.0005 before the split: 50.025 after it; the stop is a fifth below, 40.02
    assert simulation.orders.price[-1] == pytest.approx(50.025 * 0.8 * 0.9995, rel=1e-13)
    adds_up(simulation, 10_000.0)
