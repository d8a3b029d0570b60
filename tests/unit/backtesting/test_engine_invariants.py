"""What must hold for every run, whatever the bars, targets and costs."""

from dataclasses import replace

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.arrays import FloatArray
from domain.backtesting.lots import lot_sizes
from domain.backtesting.model import FillPrice
from domain.backtesting.result import OrderStatus, Simulation
from domain.market.bars import Panel
from tests.kit.engine import Scenario, scenarios

_EXAMPLES = settings(max_examples=150, deadline=None)


def _scale(scenario: Scenario, simulation: Simulation) -> float:
    """The largest sum of money in the run, to measure rounding against."""
    largest = np.abs([simulation.curve.equity, simulation.curve.cash]).max()
    return float(max(scenario.initial_cash, largest))


@_EXAMPLES
@given(scenarios())
def test_no_money_appears_or_vanishes(scenario: Scenario) -> None:
    simulation = scenario.simulated()

    explained = scenario.initial_cash + float(simulation.trades.pnl.sum()) - simulation.financing_paid

    assert abs(simulation.final_equity - explained) <= 1e-9 * _scale(scenario, simulation)
    assert np.isclose(simulation.trades.fees.sum(), simulation.fees_paid, rtol=1e-9)


@_EXAMPLES
@given(scenarios(leverages=(1.0,), long_only=True))
def test_a_cash_account_that_is_long_never_spends_money_it_does_not_have(scenario: Scenario) -> None:
    # Given costs that cannot exceed what a sale brings, for a sale is never refused
    proportional = {"commission_fixed": 0.0, "commission_per_share": 0.0, "commission_minimum": 0.0}
    cash_account = replace(scenario, costs=scenario.costs.model_copy(update=proportional))

    simulation = cash_account.simulated()

    assert simulation.curve.cash.min() >= -1e-9 * _scale(scenario, simulation)
    assert np.nanmax(simulation.curve.exposure) <= 1.0 + 1e-9
    assert simulation.financing_paid <= 1e-9 * _scale(scenario, simulation)


@_EXAMPLES
@given(scenarios())
def test_whole_lots_are_whole(scenario: Scenario) -> None:
    simulation = scenario.simulated()

    lots = np.array(lot_sizes(scenario.panel.instruments, scenario.sizing.quantity))
    whole = lots > 0
    in_lots = simulation.positions[:, whole] / lots[whole]

    np.testing.assert_allclose(in_lots, np.round(in_lots), rtol=0, atol=1e-6)


@_EXAMPLES
@given(scenarios(), st.integers(0, 59), st.integers(0, 2**32 - 1))
def test_later_bars_and_targets_do_not_change_earlier_orders(
    scenario: Scenario, last: int, seed: int
) -> None:
    # Given the same bars and targets up to a bar, and others after it
    assume(last < len(scenario.panel) - 1)
    other = replace(
        scenario,
        panel=_changed_after(scenario.panel, last, seed),
        targets=np.vstack([scenario.targets[: last + 1], 0.7 - scenario.targets[last + 1 :]]),
    )

    # When both are simulated
    ours, theirs = scenario.simulated(), other.simulated()

    # Then nothing differs up to that bar
    for column in ("decided_bar", "bar", "instrument", "status", "quantity", "price", "commission"):
        np.testing.assert_array_equal(_until(ours, column, last), _until(theirs, column, last))
    np.testing.assert_array_equal(ours.curve.equity[: last + 1], theirs.curve.equity[: last + 1])


def _until(simulation: Simulation, column: str, last: int) -> FloatArray:
    orders = simulation.orders
    values: FloatArray = getattr(orders, column)[(orders.bar >= 0) & (orders.bar <= last)]
    return values


def _changed_after(panel: Panel, last: int, seed: int) -> Panel:
    columns = {name: getattr(panel, name).copy() for name in ("open", "high", "low", "close", "volume")}
    factor = np.random.default_rng(seed).uniform(0.5, 2.0, panel.shape)
    for column in columns.values():
        column[last + 1 :] *= factor[last + 1 :]
    return Panel(panel.instruments, panel.timeframe, panel.close_time, **columns)


@_EXAMPLES
@given(scenarios())
def test_an_order_is_filled_after_it_was_decided_unless_that_is_what_was_asked(scenario: Scenario) -> None:
    orders = scenario.simulated().orders
    by_target = (orders.status == OrderStatus.FILLED) & (orders.reason == 0)

    waited = orders.bar[by_target] - orders.decided_bar[by_target]

    assert bool((waited >= (0 if scenario.fill is FillPrice.SAME_CLOSE else 1)).all())


@_EXAMPLES
@given(scenarios())
def test_adverse_excursions_are_losses_and_favourable_ones_are_gains(scenario: Scenario) -> None:
    trades = scenario.simulated().trades

    assert bool((trades.mae <= 0).all())
    assert bool((trades.mfe >= 0).all())
    assert bool((trades.exit_bar >= trades.entry_bar).all())


@_EXAMPLES
@given(scenarios())
def test_the_profit_of_a_trade_follows_from_its_own_row(scenario: Scenario) -> None:
    simulation = scenario.simulated()
    trades = simulation.trades

    told = trades.quantity * (trades.exit_price - trades.entry_price) - trades.fees

    moved = np.abs(trades.quantity) * (np.abs(trades.exit_price) + np.abs(trades.entry_price))
    assert (np.abs(told - trades.pnl) <= 1e-9 * (moved + scenario.initial_cash)).all()
