"""The compiled account and the plain one are the same account."""

from dataclasses import fields
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings

from domain.backtesting.reference import ReferenceAccount
from domain.backtesting.reference_records import Order, Trade
from domain.backtesting.result import Simulation
from tests.kit.engine import Scenario, scenarios

_TOLERANCE = 1e-9


def _assert_same(ours: Any, theirs: Any, what: str) -> None:
    np.testing.assert_allclose(
        ours, np.asarray(theirs, dtype=np.float64), _TOLERANCE, _TOLERANCE, err_msg=what
    )


def _assert_equal(simulation: Simulation, reference: ReferenceAccount) -> None:
    assert len(simulation.orders) == len(reference.orders)
    for column in fields(Order):
        ours = getattr(simulation.orders, column.name)
        _assert_same(
            ours, [getattr(order, column.name) for order in reference.orders], f"order {column.name}"
        )
    assert len(simulation.trades) == len(reference.trades)
    for column in fields(Trade):
        ours = getattr(simulation.trades, column.name)
        _assert_same(
            ours, [getattr(trade, column.name) for trade in reference.trades], f"trade {column.name}"
        )
    _assert_same(simulation.curve.equity, reference.equity_curve, "equity")
    _assert_same(simulation.curve.cash, reference.cash_curve, "cash")
    _assert_same(simulation.curve.exposure, reference.exposure_curve, "exposure")
    _assert_same(simulation.positions, reference.positions, "positions")
    _assert_same(simulation.financing_paid, reference.financing, "financing")
    _assert_same(simulation.fees_paid, sum(order.commission for order in reference.orders), "fees")
    _assert_same(simulation.slippage_paid, sum(order.slippage for order in reference.orders), "slippage")
    _assert_same(simulation.dividends_received, reference.dividends, "dividends")
    assert simulation.entry_bar_exits == reference.entry_bar_exits
    assert any("before the decision" in warning for warning in simulation.warnings) == (
        reference.filled_late > 0
    )
    assert any("ruined" in warning for warning in simulation.warnings) == reference.is_ruined


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scenarios())
def test_the_compiled_account_equals_the_plain_one(scenario: Scenario) -> None:
    # When both live through the same bars
    simulation, reference = scenario.simulated(), scenario.by_reference()

    # Then every order, trade and mark agrees
    _assert_equal(simulation, reference)
