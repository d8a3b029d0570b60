"""The combinations that no other beats in every objective."""

import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.research.model import Direction
from domain.research.sweep.pareto import non_dominated

MORE, LESS = Direction.MAXIMISE, Direction.MINIMISE
value = st.integers(-3, 3).map(float) | st.just(math.nan)


def test_what_is_better_in_one_and_worse_in_another_stays() -> None:
    found = non_dominated(np.array([[1.0, 0.1], [2.0, 0.3], [1.5, 0.4], [0.5, 0.1]]), [MORE, LESS])
    assert found.tolist() == [True, True, False, False]


def test_equal_rows_stay_together() -> None:
    assert non_dominated(np.array([[1.0, 1.0], [1.0, 1.0], [0.0, 2.0]]), [MORE, MORE]).tolist() == [True] * 3


def test_what_is_undefined_never_wins_and_beats_nothing() -> None:
    rows = np.array([[math.nan, 9.0], [9.0, math.inf], [1.0, 1.0]])
    assert non_dominated(rows, [MORE, MORE]).tolist() == [False, False, True]


@given(
    rows=st.lists(st.tuples(value, value, value), max_size=30),
    turned=st.tuples(*[st.sampled_from([MORE, LESS])] * 3),
)
def test_the_front_is_what_comparing_every_pair_finds(rows: list[tuple[float, ...]], turned: Any) -> None:
    def beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
        pairs = [(a, b) if d is MORE else (-a, -b) for a, b, d in zip(one, other, turned, strict=True)]
        return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)

    usable = [row for row in rows if not any(math.isnan(x) for x in row)]
    expected = [row in usable and not any(beats(other, row) for other in usable) for row in rows]
    found = non_dominated(np.array(rows, dtype=np.float64).reshape(-1, 3), turned)
    assert found.tolist() == expected
