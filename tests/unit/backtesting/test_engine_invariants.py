"""What must hold for every run, whatever the bars, targets and costs."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings

from domain.backtesting.lots import lot_sizes
from domain.backtesting.model import FillPrice
from domain.backtesting.result import OrderStatus, Simulation
from tests.kit.engine import Scenario, scenarios

_EXAMPLES = settings(max_examples=80, deadline=None)


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
    proportional = {
        "commission_fixed": 0.0, "commission_per_share": 0.0, "commission_minimum": 0.0, "funding_rate": 0.0
    }  # fmt: skip
    cash_account = replace(scenario, costs=scenario.costs.model_copy(update=proportional))

    simulation = cash_account.simulated()

    assert simulation.curve.cash.min() >= -1e-9 * _scale(scenario, simulation)
    assert np.nanmax(simulation.curve.exposure) <= 1.0 + 1e-9
    assert simulation.financing_paid <= 1e-9 * _scale(scenario, simulation)


@_EXAMPLES
@given(scenarios(events=False))
def test_whole_lots_are_whole(scenario: Scenario) -> None:
    simulation = scenario.simulated()

    lots = np.array(lot_sizes(scenario.panel.instruments, scenario.sizing.quantity))
    whole = lots > 0
    in_lots = simulation.positions[:, whole] / lots[whole]

    np.testing.assert_allclose(in_lots, np.round(in_lots), rtol=0, atol=1e-6)


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
@given(scenarios(currencies=False))
def test_the_profit_of_a_trade_follows_from_its_own_row(scenario: Scenario) -> None:
    simulation = scenario.simulated()
    trades = simulation.trades

    told = trades.quantity * (trades.exit_price - trades.entry_price) - trades.fees + trades.dividends

    moved = np.abs(trades.quantity) * (np.abs(trades.exit_price) + np.abs(trades.entry_price))
    assert (np.abs(told - trades.pnl) <= 1e-9 * (moved + scenario.initial_cash)).all()
