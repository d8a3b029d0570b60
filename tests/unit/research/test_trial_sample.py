"""Trials add up, in whichever pieces they come."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.research.trials import SharpeSample

sharpe = st.none() | st.floats(-3, 3)


@given(st.lists(st.lists(sharpe, max_size=8), max_size=6))
def test_pieces_put_together_are_the_whole(pieces: list[list[float | None]]) -> None:
    total = SharpeSample()
    for piece in pieces:
        total = total.merged(SharpeSample.of(piece))
    known = [value for piece in pieces for value in piece if value is not None]
    assert total.count == sum(len(piece) for piece in pieces)
    assert total.defined == len(known)
    expected = statistics.variance(known) if len(known) > 1 else None
    assert total.variance == (None if expected is None else pytest.approx(expected, abs=1e-12))
