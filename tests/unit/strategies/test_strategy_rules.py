"""Rules that hold for every strategy, whatever its idea."""

import numpy as np
import pytest

from domain.arrays import FloatArray
from domain.market.bars import COLUMNS, Panel
from domain.strategies.protocol import EventStrategy, Strategy
from domain.strategies.registry import StrategyRegistry
from tests.kit.bars import random_panel
from tests.kit.strategies import (
    SHORT_WINDOWS,
    CrossByEvents,
    column_alone,
    panel_closing_at,
    poisoned_after,
    targets_of,
    with_missing_bars,
)

REGISTRY = StrategyRegistry()
NAMES = [*SHORT_WINDOWS, CrossByEvents.name]
every_strategy = pytest.mark.parametrize("name", NAMES)
LENGTH = 300
CUTS = [1, 2, 9, 16, 41, 60, 123, 211, 299]


def a_strategy(name: str) -> Strategy:
    return CrossByEvents() if name == CrossByEvents.name else REGISTRY.create(name, SHORT_WINDOWS[name])


def a_panel(strategy: Strategy, seed: int = 7) -> Panel:
    most = strategy.instruments_needed[1]
    width = 1 if isinstance(strategy, EventStrategy) else most or 2
    return random_panel(LENGTH, width, seed)


def targets(strategy: Strategy, panel: Panel) -> FloatArray:
    return targets_of(strategy, panel)


def test_every_built_in_strategy_is_held_to_these_rules() -> None:
    assert sorted(SHORT_WINDOWS) == [info.name for info in REGISTRY.list() if info.origin == "built in"]


@every_strategy
def test_it_answers_with_weights_of_the_shape_of_the_panel(name: str) -> None:
    strategy = a_strategy(name)
    panel = a_panel(strategy)

    weights = targets(strategy, panel)

    assert weights.shape == panel.shape
    assert weights.dtype == np.float64
    assert np.isfinite(weights).any()
    assert not np.isinf(weights).any()


@every_strategy
def test_all_it_can_hold_at_once_is_no_more_than_equity(name: str) -> None:
    strategy = a_strategy(name)

    held = np.zeros(a_panel(strategy).shape[1])
    for row in targets(strategy, a_panel(strategy)):
        held = np.where(np.isnan(row), held, row)
        assert np.abs(held).sum() <= 1.0 + 1e-12


@every_strategy
def test_cutting_off_the_future_changes_no_decision(name: str) -> None:
    strategy = a_strategy(name)
    panel = a_panel(strategy)
    full = targets(strategy, panel)

    for cut in CUTS:
        np.testing.assert_array_equal(targets(strategy, panel.until(cut - 1)), full[:cut])


@every_strategy
@pytest.mark.parametrize("poison", [np.nan, 1e99, 1e-50])
def test_poisoning_the_future_changes_no_decision(name: str, poison: float) -> None:
    strategy = a_strategy(name)
    panel = a_panel(strategy)
    full = targets(strategy, panel)

    for row in CUTS:
        poisoned = targets(strategy, poisoned_after(panel, row, poison))
        np.testing.assert_array_equal(poisoned[: row + 1], full[: row + 1])


@every_strategy
def test_no_decision_is_made_before_the_look_back_is_full(name: str) -> None:
    strategy = a_strategy(name)

    weights = targets(strategy, a_panel(strategy))

    assert np.isnan(weights[: strategy.lookback - 1]).all()


@every_strategy
def test_it_does_not_trade_an_instrument_on_a_bar_it_does_not_have(name: str) -> None:
    strategy = a_strategy(name)
    panel = with_missing_bars(a_panel(strategy), seed=3)

    decided = np.isfinite(targets(strategy, panel)) & ~np.isfinite(panel.close)

    # A rotation decides about all of its instruments together; the order waits for the next bar.
    assert name in {"allocation", "momentum_rotation"} or not decided.any()


@pytest.mark.parametrize(
    "name",
    [name for name in SHORT_WINDOWS if name not in {"allocation", "momentum_rotation", "pairs_zscore"}],
)
def test_holidays_of_others_change_nothing_for_an_instrument(name: str) -> None:
    strategy = a_strategy(name)
    panel = with_missing_bars(a_panel(strategy), seed=5)

    weights = targets(strategy, panel)

    for column in range(panel.shape[1]):
        alone, rows = column_alone(panel, column)
        np.testing.assert_array_equal(weights[rows, column] * panel.shape[1], targets(strategy, alone)[:, 0])


@every_strategy
@pytest.mark.parametrize("length", [0, 1, 2])
def test_too_little_data_gives_no_decision_and_no_error(name: str, length: int) -> None:
    strategy = a_strategy(name)
    panel = a_panel(strategy).take(slice(0, length))

    weights = targets(strategy, panel)

    assert weights.shape == panel.shape
    assert name == "buy_and_hold" or np.isnan(weights).all()


@every_strategy
def test_an_instrument_without_any_bar_is_left_alone(name: str) -> None:
    strategy = a_strategy(name)
    panel = poisoned_after(a_panel(strategy), -1, np.nan)

    assert np.isnan(targets(strategy, panel)).all()


@every_strategy
def test_deciding_twice_gives_the_same_bits_and_leaves_the_bars_alone(name: str) -> None:
    strategy = a_strategy(name)
    panel, untouched = a_panel(strategy), a_panel(strategy)

    first, second = targets(strategy, panel), targets(strategy, panel)

    np.testing.assert_array_equal(first, second)
    for column in COLUMNS:
        np.testing.assert_array_equal(getattr(panel, column), getattr(untouched, column))


def test_the_event_form_of_a_rule_decides_like_its_vectorised_form() -> None:
    panel = panel_closing_at(random_panel(LENGTH, 1, seed=11).close[:, 0])

    vectorised = REGISTRY.create("sma_cross", {"fast": 3, "slow": 5})

    np.testing.assert_array_equal(targets(CrossByEvents(), panel), targets(vectorised, panel))
