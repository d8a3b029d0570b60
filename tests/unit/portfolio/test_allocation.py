"""Target weights through time: when, for whom, and from what was known."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from domain.arrays import FloatArray, IntArray
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.portfolio.allocation import Policy, allocate
from domain.portfolio.model import CovarianceEstimator, Frequency, WeightMethod
from domain.portfolio.observations import observe
from domain.portfolio.rebalancing import drifted, turnover
from domain.portfolio.schedule import Schedule
from domain.portfolio.weights import Recipe, weights
from tests.kit.portfolio import bars_of, closes_of, daily_panel, market_returns, weekdays
from tests.kit.strategies import poisoned_after, with_missing_bars

NAN = math.nan
EQUAL = Recipe(method=WeightMethod.EQUAL)
WEEKLY = Schedule(Frequency.WEEKLY)
PANEL = daily_panel(closes_of(market_returns(200, 6, seed=1)))


def rebalances(targets: FloatArray) -> IntArray:
    return np.flatnonzero(np.isfinite(targets).any(axis=1))


def held_through(targets: FloatArray, closes: FloatArray) -> FloatArray:
    """Weights after each row, with every target filled at its close."""
    held = np.zeros(targets.shape[1])
    rows = []
    for row, wanted in enumerate(targets):
        if row:
            held = drifted(held, closes[row] / closes[row - 1])
        held = np.where(np.isnan(wanted), held, wanted)
        rows.append(held)
    return np.array(rows)


POLICIES = {
    **{method.value: Policy(Recipe(method=method), WEEKLY, window=20) for method in WeightMethod},
    **{
        estimator.value: Policy(Recipe(WeightMethod.RISK_PARITY, estimator), WEEKLY, window=20)
        for estimator in CovarianceEstimator
    },
    "limited": Policy(
        Recipe(WeightMethod.MINIMUM_VARIANCE, maximum=0.4), WEEKLY, window=20, max_turnover=0.1, band=0.01
    ),
    "drifting": Policy(Recipe(), window=20, drift=0.01),
}
every_policy = pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)


@every_policy
def test_cutting_off_the_future_changes_no_weight(policy: Policy) -> None:
    panel = with_missing_bars(PANEL, seed=2, share=0.05)
    full = allocate(panel, policy)

    assert len(rebalances(full)) > 5
    for cut in (1, 21, 22, 47, 100, 151):
        np.testing.assert_array_equal(allocate(panel.until(cut - 1), policy), full[:cut])


@every_policy
@pytest.mark.parametrize("poison", [NAN, 1e99, 1e-50])
def test_poisoning_the_future_changes_no_weight(policy: Policy, poison: float) -> None:
    full = allocate(PANEL, policy)

    for row in (30, 99):
        poisoned = allocate(poisoned_after(PANEL, row, poison), policy)
        np.testing.assert_array_equal(poisoned[: row + 1], full[: row + 1])


@every_policy
def test_nothing_is_decided_before_the_window_is_full_and_no_more_is_held_than_there_is(
    policy: Policy,
) -> None:
    targets = allocate(PANEL, policy)

    assert rebalances(targets)[0] >= 20
    assert np.nanmin(targets) >= 0.0
    assert np.nansum(targets, axis=1).max() <= 1.0 + 1e-9


@pytest.mark.parametrize("name", [name for name in POLICIES if name not in {"limited", "drifting"}])
def test_a_run_that_starts_later_decides_the_same(name: str) -> None:
    full = allocate(PANEL, POLICIES[name])

    later = allocate(PANEL.take(slice(37, None)), POLICIES[name])

    np.testing.assert_array_equal(later[20:], full[57:])


def test_the_weights_are_those_of_the_window_that_ends_at_the_row() -> None:
    recipe = Recipe(WeightMethod.MINIMUM_VARIANCE, maximum=0.5)

    targets = allocate(PANEL, Policy(recipe, WEEKLY, window=30))

    row = int(rebalances(targets)[3])
    expected = weights(observe(PANEL.close[row - 30 : row + 1]).returns, recipe)
    np.testing.assert_allclose(targets[row], expected, rtol=0, atol=1e-12)


def test_an_instrument_joins_when_it_has_enough_history_and_leaves_when_it_stops_trading() -> None:
    closes = PANEL.close.copy()
    closes[:60, 0] = NAN
    closes[100:, 1] = NAN
    panel = daily_panel(closes)

    targets = allocate(panel, Policy(EQUAL, Schedule(Frequency.DAILY), window=20, history=0.5))

    held = targets > 0.0
    # 0 has 11 of 21 closes on row 70; 1 has its last bar on row 99 and is given a week and a day.
    assert not held[:70, 0].any()
    assert held[70:, 0].all()
    assert held[20:107, 1].any()
    assert not held[108:, 1].any()
    np.testing.assert_allclose(targets[69, 1:], 0.2)
    np.testing.assert_allclose(targets[90], 1 / 6)
    np.testing.assert_allclose(targets[120], [0.2, 0.0, 0.2, 0.2, 0.2, 0.2])


def test_with_too_few_instruments_to_fill_the_caps_the_rest_is_cash() -> None:
    closes = PANEL.close.copy()
    closes[:, 2:] = NAN

    targets = allocate(daily_panel(closes), Policy(Recipe(maximum=0.3), WEEKLY, window=20))

    np.testing.assert_allclose(targets[rebalances(targets)[0]], [0.3, 0.3, 0.0, 0.0, 0.0, 0.0])


def test_leverage_scales_weights_and_their_limits() -> None:
    recipe = Recipe(WeightMethod.INVERSE_VOLATILITY, maximum=0.2)

    targets = allocate(PANEL, Policy(recipe, WEEKLY, window=20, leverage=1.5))

    first = targets[rebalances(targets)[0]]
    assert first.sum() == pytest.approx(1.5, abs=1e-9)
    assert first.max() == pytest.approx(0.3, abs=1e-9)


def test_kelly_is_held_back_by_leverage_and_not_multiplied_by_it() -> None:
    policy = Policy(
        Recipe(WeightMethod.KELLY, maximum=1.0, kelly_leverage=0.6), WEEKLY, window=100, leverage=0.6
    )

    targets = allocate(daily_panel(closes_of(market_returns(150, 6, seed=1) + 0.003)), policy)

    np.testing.assert_allclose(np.nansum(targets[rebalances(targets)], axis=1), 0.6, atol=1e-9)


def test_limits_that_cannot_be_kept_are_named() -> None:
    with pytest.raises(
        InvalidInput, match=r"0\.3 in each of 6 instruments is more than there is; take 0\.167"
    ):
        allocate(PANEL, Policy(Recipe(minimum=0.3), WEEKLY, window=20))


def test_turnover_is_limited_after_the_first_purchase() -> None:
    recipe = Recipe(WeightMethod.MINIMUM_VARIANCE)
    free = Policy(recipe, WEEKLY, window=20)

    loose, tight = allocate(PANEL, free), allocate(PANEL, replace(free, max_turnover=0.05))

    first, *others = rebalances(tight)
    np.testing.assert_array_equal(tight[first], loose[first])
    held = held_through(tight, PANEL.close)
    traded = [
        turnover(drifted(held[row - 1], PANEL.close[row] / PANEL.close[row - 1]), held[row]) for row in others
    ]
    assert max(traded) == pytest.approx(0.05, abs=1e-9)
    assert min(traded) > 0.0


def test_a_band_leaves_most_instruments_alone() -> None:
    targets = allocate(PANEL, Policy(EQUAL, WEEKLY, window=20, band=0.004))

    first, *others = rebalances(targets)
    np.testing.assert_allclose(targets[first], 1 / 6)
    traded = np.isfinite(targets[others])
    assert 0.05 < traded.mean() < 0.6
    # What was traded had drifted further than the band.
    held = held_through(targets, PANEL.close)
    for row in others:
        before = drifted(held[row - 1], PANEL.close[row] / PANEL.close[row - 1])
        moved = np.isfinite(targets[row])
        assert (np.abs(before[moved] - 1 / 6) > 0.004).all()
        assert (np.abs(before[~moved] - 1 / 6) <= 0.004 + 1e-12).all()


def test_drift_rebalances_on_the_first_close_beyond_the_threshold() -> None:
    targets = allocate(PANEL, Policy(EQUAL, window=20, drift=0.01))

    rows = rebalances(targets)
    assert rows[0] == 20
    assert len(rows) > 3
    for set_at, acted in pairwise(rows):
        now = np.array(
            [
                drifted(targets[set_at], PANEL.close[row] / PANEL.close[set_at])
                for row in range(set_at, acted + 1)
            ]
        )
        far = np.abs(now - targets[set_at]).max(axis=1) > 0.01
        assert not far[:-1].any()
        assert far[-1]


def test_with_nothing_held_drift_looks_again_after_so_many_bars() -> None:
    falling = daily_panel(closes_of(-np.abs(market_returns(80, 3, seed=5))))
    policy = Policy(
        Recipe(WeightMethod.MAXIMUM_SHARPE), Schedule(Frequency.BARS, bars=10), window=20, drift=0.05
    )

    targets = allocate(falling, policy)

    np.testing.assert_array_equal(rebalances(targets), [20, 30, 40, 50, 60, 70, 80])
    assert np.nanmax(targets) == 0.0


def test_venues_that_close_at_different_hours_share_one_portfolio() -> None:
    days = weekdays(60)
    closes = closes_of(market_returns(59, 2, seed=6, common=0.03))
    panel = Panel.align(
        [bars_of("L", "XLON", closes[:, 0], days, 16), bars_of("N", "XNYS", closes[:, 1], days, 21)]
    )
    recipe = Recipe(WeightMethod.MINIMUM_VARIANCE, CovarianceEstimator.SAMPLE)

    targets = allocate(panel, Policy(recipe, WEEKLY, window=20))

    row = int(rebalances(targets)[0])
    # London's close opens the week; the newest whole day is the one before.
    day = row // 2
    expected = weights(observe(closes[day - 21 : day]).returns, recipe)
    assert row % 2 == 0
    np.testing.assert_allclose(targets[row], expected, atol=1e-12)
    for cut in (41, 42, 43, 77, 90):
        np.testing.assert_array_equal(
            allocate(panel.until(cut - 1), Policy(recipe, WEEKLY, window=20)), targets[:cut]
        )
