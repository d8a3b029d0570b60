"""A statistic of a sweep over two of its parameters."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.research.model import Aggregate, Direction
from domain.research.sweep.heat_map import heat_map_of
from domain.research.table import Table

MORE, LESS = Direction.MAXIMISE, Direction.MINIMISE


def a_table(x: list[Any], y: list[Any], values: list[float]) -> Table:
    return Table(
        {"parameter.fast": np.array(x), "parameter.kind": y, "sharpe": np.array(values, dtype=np.float64)}
    )


@pytest.mark.parametrize(
    ("aggregate", "direction", "expected"),
    [
        (Aggregate.BEST, MORE, 4.0),
        (Aggregate.BEST, LESS, 1.0),
        (Aggregate.MEAN, MORE, 7.0 / 3),
        (Aggregate.MEDIAN, MORE, 2.0),
    ],
)
def test_runs_that_share_a_cell_become_one_number(
    aggregate: Aggregate, direction: Direction, expected: float
) -> None:
    table = a_table([2, 2, 2, 2, 3], ["a", "a", "a", "a", "b"], [1.0, 4.0, math.nan, 2.0, math.nan])
    found = heat_map_of(table, "fast", "kind", "sharpe", aggregate, direction)
    assert (found.x_values, found.y_values) == ((2, 3), ("a", "b"))
    assert found.cells[0][0] == pytest.approx(expected)
    assert (found.cells[0][1], found.cells[1]) == (None, (None, None))


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from("abc"), st.floats(-5, 5) | st.just(math.nan)), min_size=1
    ),
    aggregate=st.sampled_from(list(Aggregate)),
)
def test_each_cell_is_what_its_own_rows_give(
    rows: list[tuple[int, str, float]], aggregate: Aggregate
) -> None:
    x, y, values = (list(column) for column in zip(*rows, strict=True))
    found = heat_map_of(a_table(x, y, values), "fast", "kind", "sharpe", aggregate, MORE)
    numpy_of: dict[Aggregate, Any] = {
        Aggregate.BEST: np.max,
        Aggregate.MEAN: np.mean,
        Aggregate.MEDIAN: np.median,
    }
    for row, name in zip(found.cells, found.y_values, strict=True):
        for cell, at in zip(row, found.x_values, strict=True):
            mine = [v for a, b, v in rows if (a, b) == (at, name) and not math.isnan(v)]
            assert cell == (pytest.approx(numpy_of[aggregate](mine), abs=1e-12) if mine else None)


def test_many_values_are_cut_into_ranges() -> None:
    x = np.linspace(0.0, 1.0, 1_001).tolist()
    found = heat_map_of(a_table(x, ["a"] * 1_001, x), "fast", "kind", "sharpe", Aggregate.BEST, MORE)
    assert len(found.x_values) == 50
    assert found.cells[0][0] == pytest.approx(0.019)
    assert found.cells[0][-1] == 1.0


def test_too_many_cells_are_refused() -> None:
    names = [str(number) for number in range(300)]
    with pytest.raises(InvalidInput, match="too many values for a heat map"):
        heat_map_of(
            a_table(list(range(200)) + [0] * 100, names, [1.0] * 300),
            "fast",
            "kind",
            "sharpe",
            Aggregate.BEST,
            MORE,
        )
