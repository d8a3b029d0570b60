"""Which values a search may take, checked against the strategy's own parameters."""

from enum import StrEnum
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from domain.errors import InvalidInput
from domain.research.model import ParameterRange, SearchMethod
from domain.research.sweep.space import CONTINUOUS_LEVELS, Axis, AxisKind, Space, space_of


class Side(StrEnum):
    LONG = "long"
    SHORT = "short"


class Everything(BaseModel):
    """A parameter of each type."""

    window: int = Field(20, ge=2, le=500)
    threshold: float = Field(1.0, gt=0, lt=10)
    short: bool = False
    side: Side = Side.LONG
    price: Literal["open", "close"] = "close"
    stop: float | None = None
    levels: tuple[int, ...] = ()


SCHEMA = Everything.model_json_schema()


def space(method: SearchMethod = SearchMethod.GRID, /, **ranges: Any) -> Space:
    return space_of({name: ParameterRange(**values) for name, values in ranges.items()}, SCHEMA, method)


def values_of(axis: Axis) -> list[Any]:
    return axis.values(range(axis.levels))


def test_integers_are_stepped_through_up_to_the_last_that_fits() -> None:
    assert values_of(space(window={"low": 5, "high": 12, "step": 3}).axes[0]) == [5, 8, 11]
    assert values_of(space(window={"low": 5, "high": 7}).axes[0]) == [5, 6, 7]


def test_steps_of_a_float_are_the_decimals_a_person_wrote() -> None:
    assert values_of(space(threshold={"low": 0.1, "high": 0.7, "step": 0.1}).axes[0]) == [
        0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7,
    ]  # fmt: skip


def test_values_take_the_type_of_the_parameter() -> None:
    found = values_of(space(threshold={"values": [1, 2.5]}).axes[0])
    assert found == [1.0, 2.5]
    assert [type(value) for value in found] == [float, float]
    assert values_of(space(window={"values": [5.0]}).axes[0]) == [5]


def test_choices_and_booleans_are_listed() -> None:
    found = space(
        side={"values": ["short", "long"]}, price={"values": ["open"]}, short={"values": [True, False]}
    )
    assert [(axis.name, axis.kind, values_of(axis)) for axis in found.axes] == [
        ("short", AxisKind.BOOLEAN, [True, False]),
        ("side", AxisKind.CHOICE, ["short", "long"]),
        ("price", AxisKind.CHOICE, ["open"]),
    ]


def test_an_optional_number_is_a_number() -> None:
    assert values_of(space(stop={"values": [1]}).axes[0]) == [1.0]


def test_the_order_of_the_axes_is_that_of_the_strategy() -> None:
    one: dict[str, Any] = {"window": {"values": [5]}, "threshold": {"values": [1.0]}}
    assert space(**one).names == space(**dict(reversed(one.items()))).names == ("window", "threshold")


def test_the_size_of_a_grid_is_known_without_making_it() -> None:
    assert space(
        window={"low": 2, "high": 500}, threshold={"low": 0.001, "high": 9.999, "step": 0.001}
    ).size == (499 * 9_999)


@pytest.mark.parametrize(
    ("name", "range_", "message"),
    [
        (
            "windw",
            {"values": [1]},
            "space.windw: is not a parameter of this strategy; it has window, threshold",
        ),
        ("window", {"values": [5, 1]}, "space.window.values.1: must be at least 2 (got 1)"),
        ("window", {"low": 2, "high": 501}, "space.window.high: must be at most 500 (got 501)"),
        ("threshold", {"values": [0.0]}, "space.threshold.values.0: must be above 0 (got 0.0)"),
        (
            "threshold",
            {"low": 1.0, "high": 10.0, "step": 1.0},
            "space.threshold.high: must be below 10 (got 10.0)",
        ),
        ("window", {"values": [5.5]}, "space.window.values.0: must be an integer (got 5.5)"),
        ("window", {"values": [True]}, "space.window.values.0: must be an integer (got True)"),
        ("window", {"values": ["5"]}, "space.window.values.0: must be an integer (got '5')"),
        ("short", {"values": [1]}, "space.short.values.0: must be a boolean (got 1)"),
        ("side", {"values": ["up"]}, "space.side.values.0: must be one of 'long', 'short' (got 'up')"),
        ("side", {"low": 1, "high": 2}, "space.side: is a choice; list its values"),
        ("levels", {"values": [1]}, "space.levels: only numbers, booleans and choices can be varied"),
        ("window", {"values": [5, 5]}, "space.window.values: 5 is listed twice"),
        ("window", {"low": 2, "high": 9, "step": 0.5}, "space.window.step: must be an integer (got 0.5)"),
        ("threshold", {"low": 1.0, "high": 2.0}, "space.threshold.step: a grid over a float needs a step"),
        (
            "window",
            {"low": 2, "high": 9, "log": True},
            "space.window.log: is for sampling; list a grid's values",
        ),
    ],
)
def test_a_range_that_does_not_fit_is_refused_with_its_place(
    name: str, range_: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        space(**{name: range_})
    assert str(refused.value).startswith(message)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        space(window={"values": [1]}, threshold={"values": [11.0]}, nothing={"values": [1]})
    assert [problem.path[1] for problem in refused.value.problems] == ["nothing", "window", "threshold"]


def test_a_float_without_a_step_is_sampled_over_its_whole_range() -> None:
    axis = space(SearchMethod.RANDOM, threshold={"low": 0.5, "high": 9.5}).axes[0]
    assert (axis.levels, axis.value(0), axis.value(axis.levels - 1)) == (CONTINUOUS_LEVELS, 0.5, 9.5)
    assert axis.value(axis.levels // 2) == 5.0


def test_a_logarithmic_range_has_its_middle_at_the_geometric_mean() -> None:
    axis = space(SearchMethod.RANDOM, threshold={"low": 0.01, "high": 1.0, "log": True}).axes[0]
    assert axis.value(axis.levels // 2) == pytest.approx(0.1, rel=1e-12)


def test_logarithmic_integers_come_once_each_and_thin_out() -> None:
    values = values_of(space(SearchMethod.RANDOM, window={"low": 2, "high": 500, "log": True}).axes[0])
    assert values == sorted(set(values))
    assert values[:9] == [2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert values[-1] == 500
    assert len([value for value in values if value > 400]) < 60


@given(
    low=st.integers(-(10**6), 10**6),
    count=st.integers(1, 500),
    step=st.integers(1, 1_000),
    extra=st.integers(0, 999),
)
def test_an_integer_range_holds_what_python_s_own_range_does(
    low: int, count: int, step: int, extra: int
) -> None:
    class Free(BaseModel):
        n: int

    high = low + (count - 1) * step + extra % step
    found = space_of({"n": ParameterRange(low=low, high=high, step=step)}, Free.model_json_schema())
    assert values_of(found.axes[0]) == list(range(low, high + 1, step))


@given(low=st.floats(0.001, 4.0), high=st.floats(4.001, 9.0), level=st.integers(0, CONTINUOUS_LEVELS - 1))
def test_a_sampled_float_never_leaves_its_range(low: float, high: float, level: int) -> None:
    for log in (False, True):
        axis = space(SearchMethod.RANDOM, threshold={"low": low, "high": high, "log": log}).axes[0]
        assert low <= float(axis.value(level)) <= high
