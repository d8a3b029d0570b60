"""Splits, dividends and delistings happen to the account; strategies see returns, never a later action."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from domain.backtesting.conditions import Conditions, InstrumentEvents
from domain.backtesting.inputs import RunInputs, read_inputs
from domain.backtesting.model import Sizing
from domain.backtesting.result import FillReason, Simulation
from domain.backtesting.run import simulate_spec
from domain.market.adjustment import adjusted
from domain.market.bars import Bars
from domain.market.corporate_actions import Adjustment, CorporateAction, Dividend, Split
from tests.kit.backtests import a_spec
from tests.kit.bars import an_instrument, bars_closing_at
from tests.kit.engine import (
    FRACTIONAL,
    KEEP,
    WHOLE,
    Scripted,
    a_panel,
    an_account,
    panel_of,
    trade,
    without_bar,
)
from tests.kit.runs import BarsInMemory, carried_out, closes_at


def events(*happened: tuple[int, float, float], column: int = 0) -> Conditions:
    """Rows, with the split ratio and the dividend of each."""
    where = np.array([(row, column) for row, _, _ in happened], dtype=np.int64)
    return Conditions(events=InstrumentEvents(where, np.array([what for _, *what in happened])))


def orders(simulation: Simulation) -> list[tuple[int, float, float, float]]:
    """Bar, quantity, price, and what is held after it."""
    rows = simulation.orders
    return list(
        zip(rows.bar.tolist(), rows.quantity.tolist(), rows.price.tolist(), rows.held.tolist(), strict=True)
    )


# ---------------------------------------------------------------- splits


def test_a_split_changes_the_number_of_shares_and_no_money() -> None:
    panel = a_panel([100.0, 100.0, 52.0, 52.0, 52.0], opens=[100.0, 100.0, 50.0, 52.0, 52.0])

    simulation = trade(panel, [1.0, KEEP, KEEP, 0.0], conditions=events((2, 2.0, 0.0)))

    assert orders(simulation) == [(1, 100.0, 100.0, 100.0), (2, 100.0, 0.0, 200.0), (4, -200.0, 52.0, 0.0)]
    assert simulation.positions[:, 0].tolist() == [0.0, 100.0, 200.0, 200.0, 0.0]
    assert simulation.curve.equity.tolist() == [10_000.0, 10_000.0, 10_400.0, 10_400.0, 10_400.0]


def test_a_trade_over_a_split_is_told_in_shares_of_its_exit() -> None:
    panel = a_panel([100.0, 100.0, 52.0, 52.0, 52.0])
    trades = trade(panel, [1.0, KEEP, KEEP, 0.0], conditions=events((2, 2.0, 0.0))).trades

    assert (trades.quantity[0], trades.entry_price[0], trades.exit_price[0]) == (200.0, 50.0, 52.0)
    assert (trades.pnl[0], trades.return_[0]) == (400.0, 0.04)
    assert trades.mae[0] == 0.0


def test_a_stop_moves_with_the_split() -> None:
    # Given a stop at 90 before the split, at 45 after it
    panel = a_panel([100.0, 100.0, 50.0, 46.0, 44.0], opens=[100.0, 100.0, 50.0, 50.0, 46.0])

    simulation = trade(panel, [1.0], sizing=Sizing(stop_loss=0.1), conditions=events((2, 2.0, 0.0)))

    assert orders(simulation)[-1] == (4, -200.0, 45.0, 0.0)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_the_fraction_of_a_share_is_paid_in_cash_at_the_last_close(side: float) -> None:
    # Given 5 shares at 2,000 and one new share for two old ones
    panel = a_panel([2_000.0, 2_000.0, 4_000.0, 4_000.0], opens=[2_000.0, 2_000.0, 4_000.0, 4_000.0])

    simulation = trade(panel, [side], conditions=events((2, 0.5, 0.0)))

    assert orders(simulation)[1:] == [
        (2, side * -2.5, 0.0, side * 2.5),
        (2, side * -0.5, 4_000.0, side * 2.0),
    ]
    assert simulation.curve.equity.tolist() == [10_000.0] * 4
    assert simulation.trades.pnl.tolist() == [0.0]


def test_a_fraction_that_is_all_there_was_ends_the_trade() -> None:
    simulation = trade(a_panel([2_000.0, 2_000.0, 20_000.0]), [1.0], conditions=events((2, 0.1, 0.0)))

    assert simulation.trades.exit_reason.tolist() == [FillReason.SPLIT]
    assert simulation.curve.cash.tolist() == [10_000.0, 0.0, 10_000.0]


def test_instruments_that_trade_in_fractions_keep_them() -> None:
    panel = a_panel([2_000.0, 2_000.0, 4_000.0])
    simulation = trade(panel, [1.0], sizing=FRACTIONAL, conditions=events((2, 0.5, 0.0)))

    assert simulation.positions[:, 0].tolist() == [0.0, 5.0, 2.5]


# ---------------------------------------------------------------- dividends


@pytest.mark.parametrize(("side", "paid"), [(1.0, 200.0), (-1.0, -200.0)])
def test_a_dividend_pays_who_is_long_and_charges_who_is_short(side: float, paid: float) -> None:
    panel = a_panel([100.0, 100.0, 98.0, 98.0, 98.0], opens=[100.0, 100.0, 98.0, 98.0, 98.0])

    simulation = trade(panel, [side, KEEP, KEEP, 0.0], conditions=events((2, 1.0, 2.0)))

    assert simulation.final_equity == 10_000.0
    assert simulation.dividends_received == paid
    assert simulation.trades.dividends.tolist() == [paid]
    assert simulation.trades.pnl.tolist() == [0.0]


def test_who_buys_at_the_open_of_the_ex_date_gets_nothing_and_who_sells_does() -> None:
    panel = a_panel([100.0] * 4)

    assert trade(panel, [KEEP, 1.0], conditions=events((2, 1.0, 2.0))).dividends_received == 0.0
    assert trade(panel, [1.0, 0.0], conditions=events((2, 1.0, 2.0))).dividends_received == 200.0


def test_a_dividend_on_the_day_of_a_split_is_paid_for_the_old_shares() -> None:
    simulation = trade(a_panel([100.0, 100.0, 50.0]), [1.0], conditions=events((2, 2.0, 1.0)))
    assert simulation.dividends_received == 100.0


# ---------------------------------------------------------------- delistings


def test_a_delisted_position_is_closed_at_its_last_close_without_costs() -> None:
    panel = without_bar(without_bar(panel_of([10.0, 10.0, 9.0, 1.0, 1.0], [5.0] * 5), 3), 4)
    conditions = events((3, 0.0, 0.0))

    simulation = trade(panel, [[1.0, KEEP], [KEEP, KEEP], [0.5, KEEP]], conditions=conditions)

    assert orders(simulation) == [(1, 1_000.0, 10.0, 1_000.0), (3, -1_000.0, 9.0, 0.0)]
    assert simulation.orders.reason[-1] == FillReason.DELISTED
    assert simulation.orders.commission.tolist() == [0.0, 0.0]
    assert simulation.curve.cash.tolist() == [10_000.0, 0.0, 0.0, 9_000.0, 9_000.0]
    assert (
        "T0.XNAS has no bar after 2020-01-03 while others go on: it was taken as delisted, and whatever was held of "
        "it was closed at its last close."
    ) in simulation.warnings


def _two(ends_early_by: int) -> list[Bars]:
    whole = bars_closing_at([10.0] * 40, instrument=an_instrument("LONG"))
    short = bars_closing_at([5.0] * 40, instrument=an_instrument("SHORT")).take(slice(0, 40 - ends_early_by))
    return [whole, short]


@pytest.mark.parametrize(("early", "expected"), [(10, []), (11, [[29, 1]])])
def test_more_than_ten_days_without_a_bar_is_a_delisting(early: int, expected: list[list[int]]) -> None:
    spec = a_spec(instruments=("LONG.XNAS", "SHORT.XNAS"))
    store = BarsInMemory(_two(early))

    assert read_inputs(store, spec).conditions.events.delistings.tolist() == expected
    kept = read_inputs(store, spec.model_copy(update={"close_delisted": False}))
    assert len(kept.conditions.events) == 0


def test_a_window_that_begins_after_a_delisting_says_nothing_about_it() -> None:
    # Given a cut whose first row is the one on which an instrument is gone
    panel = without_bar(without_bar(without_bar(panel_of([100.0] * 3, [50.0] * 3), 0), 1), 2)

    simulation = trade(panel, [[0.0, 1.0]], conditions=events((0, 0.0, 0.0)))

    assert not any("delisted" in warning for warning in simulation.warnings)
    assert simulation.final_equity == 10_000.0


# ---------------------------------------------------------------- from the store to the account

# The bars are those of a week from Monday 6 January 2020 on.
SPLIT, DIVIDEND = Split(date(2020, 1, 8), 2.0), Dividend(date(2020, 1, 9), 5.0)
TRADED = (100.0, 100.0, 50.0, 45.0, 45.0)


def _series(closes: Sequence[float] = TRADED) -> Bars:
    return replace(bars_closing_at(closes), close_time=np.array(closes_at(21, weeks=1)))


def _inputs(*actions: CorporateAction, **changes: object) -> RunInputs:
    spec = a_spec(adjustment="booked", **changes)
    return read_inputs(BarsInMemory([_series()], actions), spec)


def test_the_account_trades_prices_as_they_were_and_lives_through_the_actions() -> None:
    inputs = _inputs(SPLIT, DIVIDEND)
    spec = a_spec(
        adjustment="booked",
        sizing={"quantity": "whole_lots"},
        initial_cash=10_000,
        costs={"commission_bps": 0, "spread_bps": 0, "slippage_bps": 0},
    )

    simulation = simulate_spec(spec, inputs, Scripted(np.array([[1.0], [KEEP], [KEEP], [KEEP], [KEEP]])))

    assert inputs.panel.close[:, 0].tolist() == list(TRADED)
    assert simulation.positions[:, 0].tolist() == [0.0, 100.0, 200.0, 200.0, 200.0]
    assert simulation.curve.equity.tolist() == [10_000.0] * 5
    assert simulation.dividends_received == 1_000.0


def test_the_view_has_the_ratios_of_total_returns_on_the_footing_of_the_first_bar() -> None:
    seen = _inputs(SPLIT, DIVIDEND).seen
    by_factor = adjusted(_series(), [SPLIT, DIVIDEND], Adjustment.TOTAL_RETURN).close

    np.testing.assert_allclose(
        seen.close[1:, 0] / seen.close[:-1, 0], by_factor[1:] / by_factor[:-1], rtol=1e-14
    )
    assert seen.close[:2, 0].tolist() == [100.0, 100.0]
    assert seen.volume[:, 0].tolist() == [1e6, 1e6, 5e5, 5e5, 5e5]


def test_the_view_up_to_a_bar_is_the_same_whatever_happens_later() -> None:
    known = _inputs(SPLIT).seen
    later = _inputs(SPLIT, DIVIDEND, Split(date(2020, 1, 10), 3.0)).seen

    assert known.close[:3].tolist() == later.close[:3].tolist()
    assert known.volume[:3].tolist() == later.volume[:3].tolist()


def test_a_bar_on_its_own_footing_is_as_it_was_traded() -> None:
    view = _inputs(SPLIT, DIVIDEND).conditions.view
    assert view is not None

    for row, close in enumerate(TRADED):
        assert view.until(row).close[-1, 0] == pytest.approx(close, rel=1e-14)
    assert view.until(2).close[:, 0].tolist() == [50.0, 50.0, 50.0]


def test_a_period_that_begins_later_stands_on_its_own_first_bar() -> None:
    inputs = _inputs(SPLIT, DIVIDEND, start=date(2020, 1, 8))

    assert inputs.seen.close[0, 0] == 50.0
    assert inputs.conditions.events.where.tolist() == [[0, 0], [1, 0]]


def test_a_cut_of_the_inputs_keeps_what_happens_inside_it() -> None:
    inputs = _inputs(SPLIT, DIVIDEND).take(slice(2, 4))

    assert inputs.conditions.events.where.tolist() == [[0, 0], [1, 0]]
    assert inputs.conditions.events.what.tolist() == [[2.0, 0.0], [1.0, 5.0]]
    assert inputs.seen.close.shape == (2, 1)


def test_the_benchmark_of_a_booked_run_has_its_dividends_put_back() -> None:
    inputs = _inputs(SPLIT, DIVIDEND)
    spec = a_spec(adjustment="booked")

    curve = simulate_spec(spec, inputs, Scripted(np.full((5, 1), KEEP))).curve

    assert curve.benchmark.tolist() == pytest.approx([100_000.0] * 5, rel=1e-14)


def test_the_hash_of_a_booked_run_covers_its_actions() -> None:
    hashes = {_inputs(*actions).data_hash for actions in ((), (SPLIT,), (SPLIT, DIVIDEND))}
    assert len(hashes) == 3


def test_a_whole_run_books_dividends_and_has_nothing_to_say_about_adjusted_units() -> None:
    outcome, curve = carried_out(
        a_spec(adjustment="booked", strategy="dice", parameters={}), _series(), actions=[SPLIT, DIVIDEND]
    )

    assert len(curve.equity) == 5
    assert not any("adjusted" in warning for warning in outcome.warnings)


@pytest.mark.parametrize(
    ("adjustment", "end", "told"),
    [("none", None, True), ("none", date(2020, 1, 7), False), ("splits", None, False)],
)
def test_a_run_on_raw_prices_over_a_split_says_that_its_loss_is_none(
    adjustment: str, end: date | None, told: bool
) -> None:
    # Given a share that splits 2:1 on 8 January
    spec = a_spec(adjustment=adjustment, strategy="dice", parameters={}, end=end)
    outcome, _ = carried_out(spec, _series(), actions=[SPLIT, DIVIDEND])

    assert any("splits are not carried out (TEST.XNAS 1 time)" in one for one in outcome.warnings) == told


@pytest.mark.parametrize("adjustment", ["none", "total_return", "booked"])
def test_a_jump_like_a_split_that_nobody_knows_is_told(adjustment: str) -> None:
    # Given a price that opens on Wednesday at a seventh of Tuesday's close
    jump = replace(
        _series((700.0, 707.0, 101.0, 102.0, 103.0)), open=np.array([700.0, 700.0, 100.0, 101.0, 102.0])
    )
    spec = a_spec(adjustment=adjustment, strategy="dice", parameters={})

    unknown, _ = carried_out(spec, jump)
    known, _ = carried_out(spec, jump, actions=[Split(date(2020, 1, 8), 7.0)])

    sentence = "TEST.XNAS opens on 2020-01-08 as after a split of 7:1, and none is known for that day"
    assert any(one.startswith(sentence) for one in unknown.warnings)
    assert not any("none is known" in one for one in known.warnings)


def test_a_price_that_halves_overnight_is_not_taken_for_a_split() -> None:
    outcome, _ = carried_out(a_spec(strategy="dice", parameters={}), _series((100.0, 50.0, 25.0, 25.0, 25.0)))
    assert not any("none is known" in one for one in outcome.warnings)


def test_resting_orders_can_ask_for_the_split_of_a_bar() -> None:
    account = an_account(
        panel_of([1.0] * 4, [1.0] * 4),
        WHOLE,
        conditions=events((1, 1.0, 5.0), (2, 1.0, 5.0), (2, 2.0, 0.0), column=1),
    )

    assert [[account.split_ratio(bar, column) for column in range(2)] for bar in range(4)] == [
        [1.0, 1.0], [1.0, 1.0], [1.0, 2.0], [1.0, 1.0]
    ]  # fmt: skip
