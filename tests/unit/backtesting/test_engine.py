"""What the engine accepts, reports and refuses."""

import math
from typing import Any

import numpy as np
import pytest
from pydantic import Field

from domain.arrays import FloatArray
from domain.backtesting.engine import simulate, simulate_targets
from domain.backtesting.model import FillPrice, Sizing
from domain.backtesting.result import Simulation
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.strategies.protocol import Strategy, StrategyParameters
from tests.kit.engine import (
    FREE,
    KEEP,
    WHOLE,
    Scripted,
    ScriptedEvents,
    a_panel,
    panel_of,
    trade,
    without_bar,
)

PANEL = a_panel([10.0, 12.0, 16.0, 20.0])
NOTHING = np.full((4, 1), KEEP)


def run(strategy: Strategy, panel: Panel = PANEL, **changes: Any) -> Simulation:
    arguments: dict[str, Any] = {
        "initial_cash": 10_000.0, "costs": FREE, "fill": FillPrice.NEXT_OPEN, "sizing": WHOLE
    }  # fmt: skip
    return simulate(panel, strategy, **(arguments | changes))


class Slow(Scripted):
    """Has a look-back longer than the data."""

    name = "slow_cross"

    class Parameters(StrategyParameters):
        fast: int = Field(2, description="Bars.")
        slow: int = Field(200, description="Bars.")
        long_only: bool = True


# ---------------------------------------------------------------- targets


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.zeros((3, 1)), r"'scripted' must answer with one weight .* shape \(4, 1\), not \(3, 1\)"),
        (np.zeros(4), r"not \(4,\)"),
        (np.zeros((4, 1), dtype=np.int64), "array of floats, not int64"),
        (np.zeros((4, 1), dtype=bool), "array of floats, not bool"),
        ([[0.0]] * 4, "array of floats, not list"),
        (np.array([[0.0], [0.0], [math.inf], [0.0]]), "'scripted' asks for an infinite weight at bar 2"),
        (np.array([[0.0], [-math.inf], [0.0], [0.0]]), "infinite weight at bar 1"),
    ],
)
def test_targets_that_are_not_weights_are_refused(weights: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        run(Scripted(weights))


def test_targets_in_single_precision_are_accepted() -> None:
    assert run(Scripted(np.array([[1.0], [KEEP], [KEEP], [KEEP]], dtype=np.float32))).final_equity == 20_000.0


def test_a_strategy_of_neither_form_is_refused() -> None:
    class Neither(Strategy):
        name = "neither"
        lookback = 1

    with pytest.raises(InvalidInput, match="'neither' is neither"):
        run(Neither())


# ---------------------------------------------------------------- bars and cash


@pytest.mark.parametrize("cash", [0.0, -1.0, math.nan, math.inf])
def test_initial_cash_must_be_above_zero(cash: float) -> None:
    with pytest.raises(InvalidInput, match="initialCash: must be above 0"):
        run(Scripted(NOTHING), initial_cash=cash)


def test_no_bars_are_refused() -> None:
    with pytest.raises(InvalidInput, match="no bars"):
        run(Scripted(np.zeros((0, 1))), a_panel([10.0]).take(slice(0, 0)))


@pytest.mark.parametrize("column", ["open", "high", "low", "close"])
@pytest.mark.parametrize("price", [math.nan, math.inf, 0.0, -5.0])
def test_a_bar_with_an_unusable_price_is_refused_with_its_time(column: str, price: float) -> None:
    columns = {name: getattr(PANEL, name).copy() for name in ("open", "high", "low", "close", "volume")}
    columns[column][2, 0] = price

    with pytest.raises(InvalidInput, match=r"TEST.XNAS at 2020-01-03 21:00 UTC"):
        run(Scripted(NOTHING), Panel(PANEL.instruments, PANEL.timeframe, PANEL.close_time, **columns))


def test_a_high_below_the_low_is_refused() -> None:
    with pytest.raises(InvalidInput, match="high below its low"):
        run(Scripted(NOTHING), a_panel([10.0] * 4, highs=[10.0, 9.0, 10.0, 10.0]))


# ---------------------------------------------------------------- benchmark


def test_the_default_benchmark_buys_equal_shares_at_each_first_close_and_holds() -> None:
    # Given a second instrument that begins one bar later
    panel = without_bar(panel_of([10.0, 12.0, 15.0], [1.0, 50.0, 75.0]), 0, 1)
    simulation = trade(panel, [[KEEP, KEEP]])

    # Then its half waits as cash
    assert simulation.curve.benchmark.tolist() == [10_000.0, 11_000.0, 15_000.0]


def test_a_missing_bar_keeps_the_benchmark_at_its_last_close() -> None:
    assert trade(without_bar(PANEL, 1), [KEEP]).curve.benchmark.tolist() == [
        10_000.0,
        10_000.0,
        16_000.0,
        20_000.0,
    ]


def test_a_given_benchmark_is_followed_from_its_first_close() -> None:
    closes = np.array([KEEP, 50.0, KEEP, 25.0])

    benchmark = run(Scripted(NOTHING), benchmark=closes).curve.benchmark

    assert math.isnan(benchmark[0])
    assert benchmark[1:].tolist() == [10_000.0, 10_000.0, 5_000.0]


@pytest.mark.parametrize("closes", [[1.0, 2.0], [1.0, 0.0, 1.0, 1.0], [1.0, math.inf, 1.0, 1.0]])
def test_an_unusable_benchmark_is_refused(closes: list[float]) -> None:
    with pytest.raises(InvalidInput, match="benchmark: "):
        run(Scripted(NOTHING), benchmark=np.array(closes))


# ---------------------------------------------------------------- progress


class Stopped(Exception):
    """What a caller raises to cancel."""


@pytest.mark.parametrize("form", [Scripted, ScriptedEvents])
def test_progress_rises_to_one_in_steps_of_two_per_cent(form: Any) -> None:
    panel = a_panel([10.0] * 500)
    heard: list[float] = []

    run(form(np.full((500, 1), KEEP)), panel, progress=heard.append)

    assert heard == [step / 50 for step in range(1, 51)]


@pytest.mark.parametrize("form", [Scripted, ScriptedEvents])
def test_a_run_is_cancelled_by_what_progress_raises(form: Any) -> None:
    def cancel(done: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        run(form(NOTHING), progress=cancel)


def test_progress_does_not_change_the_result() -> None:
    panel = a_panel([10.0 + (bar * 7) % 5 for bar in range(333)])
    weights = np.array([[float(bar % 3 == 0)] for bar in range(333)])

    with_progress = run(Scripted(weights), panel, progress=lambda done: None)
    without = run(Scripted(weights), panel)

    assert with_progress.curve.equity.tolist() == without.curve.equity.tolist()
    assert with_progress.orders.price.tolist() == without.orders.price.tolist()


# ---------------------------------------------------------------- warnings


def test_a_quiet_cash_run_over_clean_bars_has_no_warning() -> None:
    assert trade(PANEL, [1.0]).warnings == ()


def test_a_look_back_longer_than_the_data_is_named_as_the_reason_for_no_trade() -> None:
    assert run(Slow(NOTHING, lookback=201)).warnings == (
        "No trade happened: 'slow' needs 200 bars but there are 4.",
    )


def test_a_look_back_made_of_several_parameters_is_named_by_the_strategy() -> None:
    assert run(Scripted(NOTHING, lookback=5)).warnings == (
        "No trade happened: 'scripted' needs 5 bars but there are 4.",
    )


@pytest.mark.parametrize("targets", [[KEEP], [0.0, 0.0]])
def test_a_strategy_that_asks_for_nothing_is_reported(targets: list[float]) -> None:
    assert trade(PANEL, targets).warnings == (
        "No trade happened: the strategy never asked to hold anything.",
    )


def test_a_run_in_which_every_order_was_denied_is_reported() -> None:
    assert trade(PANEL, [1.0], initial_cash=5.0).warnings == (
        "No trade happened: every order was denied.",
        "1 order was denied for lack of buying power or for being less than one lot.",
    )


def test_a_decision_that_came_too_late_is_reported() -> None:
    assert trade(PANEL, [KEEP, KEEP, KEEP, 1.0]).warnings == (
        "No trade happened: the only decisions came too late to be filled.",
        "1 order was still waiting for a bar to be filled on at the end.",
    )


def test_same_close_is_called_optimistic() -> None:
    assert trade(PANEL, [1.0], fill=FillPrice.SAME_CLOSE).warnings == (
        "Optimistic: orders were filled at the very close they were decided on.",
    )


def test_weights_above_the_leverage_are_reported() -> None:
    assert trade(PANEL, [1.5, 1.0], sizing=Sizing(max_leverage=1.2)).warnings == (
        "Weights add up to more than 1.2 times equity on 1 bar; buying power limited what was bought.",
    )


def test_missing_bars_are_reported() -> None:
    one = without_bar(PANEL, 1)
    two = without_bar(without_bar(panel_of([10.0] * 3, [20.0] * 3), 1, 0), 0, 1)

    assert trade(one, [1.0]).warnings[-1].startswith("TEST.XNAS has no bar at 1 of 4 times;")
    assert (
        trade(two, [[0.5, 0.5]]).warnings[-1].startswith("2 instruments have no bar at up to 1 of 3 times;")
    )


def test_targets_made_elsewhere_are_simulated_like_those_of_a_strategy() -> None:
    weights: FloatArray = np.array([[1.0], [KEEP], [0.5], [KEEP]])

    by_array = simulate_targets(
        PANEL, weights, initial_cash=10_000.0, costs=FREE, fill=FillPrice.NEXT_OPEN, sizing=WHOLE
    )

    assert by_array.curve.equity.tolist() == run(Scripted(weights)).curve.equity.tolist()
