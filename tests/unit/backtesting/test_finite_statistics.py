"""What reaches a reader is a number or nothing."""

import math
from dataclasses import asdict

import pytest
from hypothesis import assume, given, settings

from domain.backtesting.model import BacktestSpec, Costs
from domain.backtesting.result import Simulation
from domain.backtesting.run import measure
from domain.market.bars import Panel
from tests.kit.engine import Scenario, a_panel, scenarios, trade


def _not_finite(simulation: Simulation, panel: Panel, initial_cash: float) -> dict[str, float]:
    spec = BacktestSpec.read(
        {"strategy": "sma_cross", "instruments": ("A.XNAS",), "initial_cash": initial_cash}
    )
    statistics = asdict(measure(simulation, panel, spec).statistics)
    return {
        name: value
        for name, value in statistics.items()
        if isinstance(value, float) and not math.isfinite(value)
    }


@settings(max_examples=150, deadline=None)
@given(scenarios())
def test_every_statistic_of_every_run_is_finite_or_undefined(scenario: Scenario) -> None:
    assume(len(scenario.panel) > 1)
    simulation = scenario.simulated()

    assert _not_finite(simulation, scenario.panel, scenario.initial_cash) == {}


@pytest.mark.parametrize(
    ("targets", "costs"),
    [([-1.0, 0.0], Costs(slippage_bps=10_000)), ([-1.0], Costs(slippage_bps=10_000)), ([-1.0], Costs())],
)
def test_shares_given_away_and_ruin_leave_no_statistic_that_is_not_a_number(
    targets: list[float], costs: Costs
) -> None:
    panel = a_panel([100.0, 100.0, 1_000.0, 3_000.0, 5_000.0])

    assert _not_finite(trade(panel, targets, costs=costs), panel, 10_000.0) == {}
