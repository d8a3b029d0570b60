from itertools import product

import numpy as np
import pytest

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.overfitting.robustness import Neighbourhood, ParameterColumns, neighbourhood, smoothed_statistic

GRID = list(product(range(5), range(5)))
COLUMNS = {"fast": [5 + 5 * fast for fast, _ in GRID], "slow": [50 + 50 * slow for _, slow in GRID]}
MIDDLE = GRID.index((2, 2))


def around(statistic: FloatArray, chosen: int = MIDDLE, **options: object) -> Neighbourhood:
    found = neighbourhood(COLUMNS, statistic, chosen, **options)  # type: ignore[arg-type] # options vary
    assert found is not None
    return found


def test_neighbours_are_one_step_away_in_every_direction() -> None:
    found = around(np.ones(25))

    assert [GRID[row] for row in found.neighbours] == [
        (fast, slow)
        for fast, slow in GRID
        if abs(fast - 2) <= 1 and abs(slow - 2) <= 1 and (fast, slow) != (2, 2)
    ]


def test_two_steps_reach_the_whole_grid() -> None:
    assert len(around(np.ones(25), steps=2).neighbours) == 24


def test_a_plateau_keeps_everything_and_a_needle_nothing() -> None:
    needle = np.zeros(25)
    needle[MIDDLE] = 2.0

    flat, sharp = around(np.full(25, 2.0)), around(needle)

    assert (flat.share_keeping, flat.plateau, flat.median, flat.worst) == (1.0, 1.0, 2.0, 2.0)
    assert (sharp.share_keeping, sharp.plateau, sharp.median, sharp.worst) == (0.0, 0.0, 0.0, 0.0)


def test_keeping_eighty_per_cent_counts_neighbours_by_the_chosen_statistic() -> None:
    statistic = np.full(25, 1.0)
    statistic[MIDDLE] = 1.0
    for fast, slow, value in ((1, 1, 0.8), (1, 2, 0.79), (1, 3, 0.5), (3, 3, 5.0)):
        statistic[GRID.index((fast, slow))] = value

    found = around(statistic)

    assert found.share_keeping == 6 / 8
    # A better neighbour does not make up for a worse one.
    assert found.plateau == pytest.approx((0.8 + 0.79 + 0.5 + 5 * 1.0) / 8)
    assert found.worst == 0.5


def test_where_less_is_better_neighbours_may_not_have_more() -> None:
    statistic = np.full(25, 0.2)
    statistic[GRID.index((1, 1))] = 0.3

    found = around(statistic, higher_is_better=False)

    assert found.share_keeping == 7 / 8
    assert found.plateau == pytest.approx((7 + 0.5) / 8)
    assert found.worst == 0.3
    assert found.median == 0.2


def test_a_drawdown_may_deepen_by_a_fifth() -> None:
    statistic = np.full(25, -0.24)
    statistic[MIDDLE] = -0.2
    statistic[GRID.index((1, 1))] = -0.25

    assert around(statistic).share_keeping == 7 / 8


def test_an_undefined_neighbour_keeps_nothing_and_an_undefined_choice_has_no_neighbourhood() -> None:
    statistic = np.ones(25)
    statistic[GRID.index((1, 1))] = np.nan

    found = around(statistic)

    assert found.share_keeping == 7 / 8
    assert found.plateau == 7 / 8
    assert found.worst == 1.0
    assert neighbourhood(COLUMNS, statistic, GRID.index((1, 1))) is None


def test_neighbours_without_any_statistic_have_neither_median_nor_worst() -> None:
    statistic = np.full(25, np.nan)
    statistic[MIDDLE] = 1.0

    found = around(statistic)

    assert (found.share_keeping, found.plateau, found.median, found.worst) == (0.0, 0.0, None, None)


def test_of_a_statistic_of_zero_no_part_can_be_kept() -> None:
    assert around(np.zeros(25)).plateau is None


def test_a_choice_at_the_edge_names_the_parameter_that_may_go_further() -> None:
    assert around(np.ones(25)).on_edge == ()
    assert around(np.ones(25), GRID.index((0, 2))).on_edge == ("fast",)
    assert around(np.ones(25), GRID.index((4, 0))).on_edge == ("fast", "slow")


def test_switches_and_names_have_no_nearby_value() -> None:
    columns: ParameterColumns = {
        "length": [1, 2, 3] * 4,
        "short": [False] * 6 + [True] * 6,
        "kind": (["a"] * 3 + ["b"] * 3) * 2,
    }

    found = neighbourhood(columns, np.ones(12), 4)

    assert found is not None
    assert found.neighbours.tolist() == [3, 5]


def test_a_parameter_that_was_not_varied_is_nobody_s_edge() -> None:
    found = neighbourhood({"length": [1, 2, 3], "fixed": [7, 7, 7]}, np.ones(3), 2)

    assert found is not None
    assert found.on_edge == ("length",)


def test_a_fine_grid_is_judged_by_distance_too() -> None:
    columns = {"length": list(range(101))}

    found = neighbourhood(columns, np.ones(101), 50)

    assert found is not None
    assert found.neighbours.tolist() == [45, 46, 47, 48, 49, 51, 52, 53, 54, 55]


def test_a_sparse_search_takes_the_nearest_there_are() -> None:
    rng = np.random.default_rng(1)
    points = rng.random((40, 3))
    columns = {name: points[:, index].tolist() for index, name in enumerate("abc")}

    found = neighbourhood(columns, np.ones(40), 0)

    assert found is not None
    scaled = (points - points.min(axis=0)) / np.ptp(points, axis=0)
    nearest = np.argsort(np.abs(scaled - scaled[0]).max(axis=1))[1:7]
    assert found.neighbours.tolist() == sorted(nearest.tolist())


def test_a_single_combination_stands_alone() -> None:
    assert neighbourhood({"length": [1]}, np.ones(1), 0) is None
    assert neighbourhood({"kind": ["a", "b"]}, np.ones(2), 0) is None


def test_the_smoothed_surface_prefers_a_plateau_to_a_needle() -> None:
    statistic = np.array([0.0, 0.0, 3.0, 0.0, 0.0, 1.8, 2.0, 1.9, 1.7])
    columns = {"length": list(range(9))}

    surface = smoothed_statistic(columns, statistic)

    assert int(np.argmax(statistic)) == 2
    assert int(np.argmax(surface)) == 6
    assert surface[6] == pytest.approx((1.8 + 2.0 + 1.9) / 3)
    assert surface[0] == 0.0


def test_the_surface_leaves_out_what_is_undefined() -> None:
    surface = smoothed_statistic(
        {"length": [1, 2, 3, 9, 10]}, np.array([1.0, np.nan, np.nan, np.nan, 2.0]), radius=0.0
    )

    assert surface[:2].tolist() == [1.0, 1.0]
    assert np.isnan(surface[2])
    assert surface[3:].tolist() == [2.0, 2.0]


def test_columns_and_rows_must_belong_to_the_table() -> None:
    with pytest.raises(InvalidInput, match=r"parameters\.fast: must have a value for each of 3 rows"):
        neighbourhood(COLUMNS, np.ones(3), 0)
    with pytest.raises(InvalidInput, match="chosen: must be one of the 25 rows"):
        neighbourhood(COLUMNS, np.ones(25), 25)
