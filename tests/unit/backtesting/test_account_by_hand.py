"""The account beside sums a trader can do on paper: each expected number is derived where it stands.

Nothing here looks at how the account works. The rules are those of the documentation: what was decided at
the close of a row fills at the open of the next one, sales first, and every cost is part of the budget.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from domain.backtesting.conditions import Conditions, InstrumentEvents
from domain.backtesting.model import Costs, FillPrice, Sizing
from domain.backtesting.result import FillReason, OrderStatus, Simulation
from domain.clock import to_nanoseconds
from domain.market.bars import Panel
from domain.market.timeframe import Timeframe
from tests.kit.bars import an_instrument, daily_times
from tests.kit.engine import FRACTIONAL, FREE, KEEP, WHOLE, trade

NONE = float("nan")
"""No bar."""


def sheet(
    *columns: Mapping[str, Sequence[float]], times: Sequence[str] | None = None, timeframe: str = "1d"
) -> Panel:
    """A panel as one would write it in a spreadsheet: `close`, and where they differ `open`, `high`, `low`
    and `volume`, a list for each instrument. Times are those of the closes, UTC; one a day if not given."""
    rows = len(columns[0]["close"])
    table = {name: np.empty((rows, len(columns))) for name in ("open", "high", "low", "close", "volume")}
    for column, one in enumerate(columns):
        close = np.array(one["close"], dtype=np.float64)
        open_ = np.array(one.get("open", one["close"]), dtype=np.float64)
        table["close"][:, column], table["open"][:, column] = close, open_
        table["high"][:, column] = one.get("high", np.maximum(open_, close))
        table["low"][:, column] = one.get("low", np.minimum(open_, close))
        table["volume"][:, column] = one.get("volume", np.where(np.isnan(close), NONE, 1e6))
    at = daily_times(rows)
    if times is not None:
        at = np.array([to_nanoseconds(datetime.fromisoformat(f"{one}+00:00")) for one in times])
    names = tuple(an_instrument(f"T{column}") for column in range(len(columns)))
    return Panel(names, Timeframe.parse(timeframe), at, **table)


def costing(**costs: Any) -> Costs:
    """No costs, except these."""
    return Costs.model_validate(FREE.model_dump() | costs)


def happening(*events: tuple[int, float, float], column: int = 0) -> Conditions:
    """Row, new shares for each old one (0 is the end of it), cash for each old one."""
    where = np.array([(row, column) for row, _, _ in events], dtype=np.int64)
    return Conditions(events=InstrumentEvents(where, np.array([what for _, *what in events])))


def filled(simulation: Simulation) -> list[tuple[int, int, float]]:
    """Row, instrument and units of everything filled."""
    orders = simulation.orders
    done = orders.status == OrderStatus.FILLED
    return list(
        zip(
            *(getattr(orders, name)[done].tolist() for name in ("bar", "instrument", "quantity")), strict=True
        )
    )


def commissions(simulation: Simulation) -> list[float]:
    paid: list[float] = simulation.orders.commission[simulation.orders.status == OrderStatus.FILLED].tolist()
    return paid


def adds_up(simulation: Simulation, initial_cash: float) -> None:
    """Final equity = initial cash + pnl of all trades (fees and dividends are in it) - financing."""
    explained = initial_cash + simulation.trades.pnl.sum() - simulation.financing_paid
    assert simulation.final_equity == pytest.approx(explained, rel=1e-13)
    assert simulation.trades.fees.sum() == pytest.approx(simulation.fees_paid, rel=1e-13)
    assert simulation.trades.dividends.sum() == pytest.approx(simulation.dividends_received, rel=1e-13)


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
