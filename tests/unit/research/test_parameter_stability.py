"""How steady a choice is when it is made again."""

import itertools

import numpy as np
import pytest

from domain.research.walk_forward.stability import stability

GRID = [{"fast": fast, "slow": slow} for fast in range(5) for slow in (10, 20)]


def test_a_choice_that_never_changes_is_fully_steady() -> None:
    assert stability([GRID[3]] * 4, GRID) == {"fast": 1.0, "slow": 1.0}


def test_choosing_by_dice_comes_out_near_zero() -> None:
    rng = np.random.default_rng(1)
    found = stability([GRID[row] for row in rng.integers(0, len(GRID), 20_000)], GRID)
    assert found["fast"] == pytest.approx(0.0, abs=0.02)
    assert found["slow"] == pytest.approx(0.0, abs=0.02)


def test_jumping_from_end_to_end_is_worse_than_dice() -> None:
    found = stability([GRID[0], GRID[-1]] * 3, GRID)
    # Two draws from 0..4 are 1.6 apart on average, from {10, 20} they are 5 apart.
    assert found["fast"] == pytest.approx(1 - 4 / 1.6)
    assert found["slow"] == pytest.approx(1 - 10 / 5)


def test_the_distance_of_dice_is_the_mean_over_all_pairs() -> None:
    values = [1.0, 1.5, 4.0, 11.0]
    apart = np.mean([abs(a - b) for a, b in itertools.product(values, values)])
    found = stability([{"x": 1.0}, {"x": 1.5}], [{"x": value} for value in values])
    assert found["x"] == pytest.approx(1 - 0.5 / apart)


def test_words_and_switches_count_as_changed_or_not() -> None:
    candidates = [{"kind": kind, "short": short} for kind in "abc" for short in (True, False)]
    found = stability([candidates[0], candidates[1], candidates[1]], candidates)
    assert found["kind"] == 1.0
    # One of two changes; two draws of a switch differ half of the time.
    assert found["short"] == pytest.approx(0.0)


def test_one_choice_has_no_steadiness_and_what_was_not_varied_is_left_out() -> None:
    assert stability([{"x": 1, "y": 2}], [{"x": 1, "y": 2}, {"x": 3, "y": 2}]) == {"x": None}
