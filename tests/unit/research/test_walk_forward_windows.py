"""Where a walk-forward chooses and where it trades."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.research.model import WalkForwardSpec, WindowScheme, read
from domain.research.walk_forward.windows import Window, windows
from tests.kit.research import a_run


def a_walk(**changes: Any) -> WalkForwardSpec:
    sweep = {"base": a_run().model_dump(), "space": {"lag": {"low": 1, "high": 4}}}
    return read(WalkForwardSpec, {"sweep": sweep, "train_bars": 100, "test_bars": 50} | changes)


def test_a_rolling_window_moves_with_its_test() -> None:
    found, notes = windows(a_walk(), 250)
    assert found == (
        Window(0, 0, 100, 100, 150),
        Window(1, 50, 150, 150, 200),
        Window(2, 100, 200, 200, 250),
    )
    assert list(notes) == []


def test_an_anchored_window_keeps_its_beginning() -> None:
    found, _ = windows(a_walk(scheme="anchored"), 250)
    assert [(one.train_start, one.train_end) for one in found] == [(0, 100), (0, 150), (0, 200)]


def test_the_embargo_lies_between_training_and_test() -> None:
    found, _ = windows(a_walk(embargo_bars=7), 257)
    assert found[0] == Window(0, 0, 100, 107, 157)
    assert found[1] == Window(1, 50, 150, 157, 207)


def test_a_last_window_of_half_its_length_is_traded() -> None:
    found, notes = windows(a_walk(), 225)
    assert found[-1] == Window(2, 100, 200, 200, 225)
    assert list(notes) == []


def test_a_shorter_rest_is_left_out_and_said() -> None:
    found, notes = windows(a_walk(), 224)
    assert found[-1].test_end == 200
    assert list(notes) == ["The last 24 bars are too few for a window of their own and are left out."]
    assert list(windows(a_walk(), 201)[1]) == [
        "The last bar is too little for a window of its own and is left out."
    ]


def test_too_few_bars_are_refused_with_the_number_that_is_needed() -> None:
    with pytest.raises(InvalidInput) as refused:
        windows(a_walk(embargo_bars=5), 179)
    assert str(refused.value) == (
        "trainBars: a walk-forward of 100 bars to choose on, 5 of embargo and 50 to trade needs 180 bars at least "
        "and there are 179; choose shorter windows or a longer period"
    )
    assert len(windows(a_walk(embargo_bars=5), 180)[0]) == 2


@given(
    bars=st.integers(1, 3_000),
    train=st.integers(10, 500),
    test=st.integers(2, 200),
    embargo=st.integers(0, 50),
    scheme=st.sampled_from(WindowScheme),
)
def test_test_rows_follow_each_other_and_lie_after_what_was_trained_on(
    bars: int, train: int, test: int, embargo: int, scheme: WindowScheme
) -> None:
    spec = a_walk(train_bars=train, test_bars=test, embargo_bars=embargo, scheme=scheme)
    try:
        found, notes = windows(spec, bars)
    except InvalidInput:
        assert bars < train + embargo + 2 * test
        return
    assert len(found) >= 2
    assert found[0].test_start == train + embargo
    for before, after in pairwise(found):
        assert before.test_end == after.test_start
        assert before.test_end - before.test_start == test
    for window in found:
        assert window.train_end + embargo == window.test_start
        assert window.train_end - window.train_start >= train
        assert window.test_end <= bars
    assert (found[-1].test_end < bars) == bool(notes)
