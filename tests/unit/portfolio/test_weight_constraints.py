"""Weights that keep to limits, and limits that cannot be kept."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.portfolio.constraints import TOLERANCE, Constraints, Group
from domain.portfolio.rebalancing import drifted, limited_turnover, outside_band, turnover, within_turnover


@dataclass
class Limits:
    """Limits that some weights keep, for `inside` does."""

    constraints: Constraints
    inside: FloatArray


@st.composite
def limits(draw: DrawFn) -> Limits:
    count = draw(st.integers(1, 8))
    share = st.floats(-1.0, 1.0, allow_subnormal=False)
    slack = st.floats(0.0, 0.5, allow_subnormal=False)
    inside = np.array(draw(st.lists(share, min_size=count, max_size=count)))
    lower = inside - np.array(draw(st.lists(slack, min_size=count, max_size=count)))
    upper = inside + np.array(draw(st.lists(slack, min_size=count, max_size=count)))
    cuts = sorted(draw(st.sets(st.integers(1, count), max_size=3)))
    groups = []
    for number, (first, last) in enumerate(pairwise([0, *cuts])):
        total = float(inside[first:last].sum())
        room = draw(slack)
        groups.append(Group(f"g{number}", tuple(range(first, last)), total - room, total + draw(slack)))
    total, gross = float(inside.sum()), float(np.abs(inside).sum())
    constraints = Constraints.of(
        count,
        minimum=lower,
        maximum=upper,
        groups=groups,
        net=(total - draw(slack), total + draw(slack)),
        gross=gross + draw(slack) if draw(st.booleans()) else np.inf,
    )
    return Limits(constraints, inside)


@st.composite
def limits_and_weights(draw: DrawFn) -> tuple[Limits, FloatArray]:
    made = draw(limits())
    wanted = st.floats(-3.0, 3.0, allow_subnormal=False)
    count = len(made.inside)
    return made, np.array(draw(st.lists(wanted, min_size=count, max_size=count)))


@given(limits_and_weights())
@settings(max_examples=120, deadline=None, derandomize=True)
def test_projected_weights_keep_every_limit(drawn: tuple[Limits, FloatArray]) -> None:
    made, wanted = drawn

    found = made.constraints.project(wanted)

    assert made.constraints.excess(found) <= TOLERANCE


@given(limits_and_weights())
@settings(max_examples=80, deadline=None, derandomize=True)
def test_no_weights_between_the_projection_and_others_that_keep_the_limits_are_nearer(
    drawn: tuple[Limits, FloatArray],
) -> None:
    made, wanted = drawn

    found = made.constraints.project(wanted)

    # The projection of a convex set: the way back makes no acute angle with a way inside.
    assert float((wanted - found) @ (made.inside - found)) <= 1e-6


@given(limits_and_weights())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_weights_that_keep_the_limits_are_left_as_they_are(drawn: tuple[Limits, FloatArray]) -> None:
    made, _ = drawn

    found = made.constraints.project(made.inside)

    np.testing.assert_allclose(found, made.inside, atol=1e-9)


@given(limits_and_weights(), st.floats(0.01, 2.0))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_rebalance_keeps_limits_first_and_turnover_where_it_can(
    drawn: tuple[Limits, FloatArray], most: float
) -> None:
    made, current = drawn
    wanted = made.inside

    found = within_turnover(current, wanted, most, made.constraints)

    assert made.constraints.excess(found) <= TOLERANCE
    needed = turnover(current, made.constraints.project(current))
    assert turnover(current, found) <= max(most, needed) + 1e-9


def test_a_cap_spreads_what_is_cut_off_over_the_others() -> None:
    capped = Constraints.of(4, maximum=0.4)

    np.testing.assert_allclose(
        capped.project(np.array([0.7, 0.1, 0.1, 0.1])), [0.4, 0.2, 0.2, 0.2], atol=1e-12
    )


def test_a_group_is_held_to_its_limit() -> None:
    sector = Group("technology", (0, 1), maximum=0.5)

    found = Constraints.of(4, groups=[sector]).project(np.array([0.5, 0.3, 0.1, 0.1]))

    # 0.15 off each of the two, and on to each of the others.
    np.testing.assert_allclose(found, [0.35, 0.15, 0.25, 0.25], atol=1e-12)


def test_gross_exposure_is_cut_evenly_on_both_sides() -> None:
    long_short = Constraints.of(2, minimum=-1.0, net=(-1.0, 1.0), gross=1.0)

    np.testing.assert_allclose(long_short.project(np.array([0.9, -0.5])), [0.7, -0.3], atol=1e-12)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (
            {"minimum": 0.5, "maximum": 0.2},
            "Instrument 0 cannot have a weight of at least 0.5 and at most 0.2",
        ),
        ({"maximum": 0.2}, r"Net exposure cannot be from 1 to 1: .* leave 0 to 0\.6"),
        ({"minimum": 0.4}, r"Net exposure cannot be from 1 to 1: .* leave 1\.2 to 3"),
        (
            {"groups": [Group("energy", (0, 1), minimum=0.9)], "maximum": 0.4},
            r"Group 'energy' cannot have a weight from 0\.9 to inf: its instruments can have 0 to 0\.8",
        ),
        (
            {"groups": [Group("all", (0, 1, 2), maximum=0.5)]},
            r"Net exposure cannot be from 1 to 1: .* leave 0 to 0\.5",
        ),
        ({"gross": 0.8}, r"Gross exposure cannot be 0\.8 at most: the other limits need 1\."),
        (
            {"minimum": -1.0, "gross": 1.2, "groups": [Group("short", (0,), maximum=-0.2)]},
            r"Gross exposure cannot be 1\.2 at most: the other limits need 1\.4",
        ),
        (
            {"groups": [Group("a", (0, 1)), Group("b", (1, 2))]},
            "An instrument can be in one group only",
        ),
    ],
)
def test_limits_that_contradict_each_other_are_named(limits: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Constraints.of(3, **limits)  # type: ignore[arg-type]  # values of several kinds in one table


def test_weights_that_are_not_numbers_are_refused() -> None:
    with pytest.raises(InvalidInput, match="as many finite weights"):
        Constraints.of(2).project(np.array([0.5, np.nan]))


def test_turnover_is_what_is_bought_plus_what_is_sold() -> None:
    current, wanted = np.array([0.6, 0.4]), np.array([0.4, 0.6])

    assert turnover(current, wanted) == pytest.approx(0.4)
    np.testing.assert_allclose(limited_turnover(current, wanted, 0.1), [0.55, 0.45])
    np.testing.assert_array_equal(limited_turnover(current, wanted, 0.5), wanted)
    with pytest.raises(InvalidInput, match="above 0"):
        limited_turnover(current, wanted, 0.0)


def test_a_band_leaves_small_differences_alone_and_sells_scraps() -> None:
    current = np.array([0.50, 0.30, 0.19, 0.01])

    trades = outside_band(current, np.array([0.51, 0.20, 0.29, 0.0]), band=0.05)

    np.testing.assert_array_equal(trades.traded, [False, True, True, True])
    np.testing.assert_allclose(trades.weights, [0.50, 0.20, 0.29, 0.0])


def test_a_band_buys_no_more_than_is_sold() -> None:
    # The sale of 0.04 is too small to be made, so that 0.10 of money buys what 0.06 was sold for.
    current = np.array([0.40, 0.40, 0.20])

    trades = outside_band(current, np.array([0.36, 0.34, 0.30]), band=0.05)

    np.testing.assert_array_equal(trades.traded, [False, True, True])
    np.testing.assert_allclose(trades.weights, [0.40, 0.34, 0.26])


def test_weights_drift_with_prices_against_each_other_and_against_cash() -> None:
    # 0.5 grows to 0.75 and 0.3 falls to 0.15, 0.2 is cash: 1.1 in all.
    np.testing.assert_allclose(
        drifted(np.array([0.5, 0.3]), np.array([1.5, 0.5])), [0.75 / 1.1, 0.15 / 1.1], rtol=1e-15
    )


def test_of_an_account_that_lost_everything_nothing_is_held() -> None:
    np.testing.assert_array_equal(drifted(np.array([2.0, -0.5]), np.array([0.5, 2.0])), [0.0, 0.0])
