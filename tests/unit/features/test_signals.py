"""The words strategies are written in."""

import math

import numpy as np
import pytest

from domain.errors import InvalidInput
from domain.features.signals import cross_weights, crossed_above, crossed_below, hold, shift
from tests.kit.real_bars import real_bars

NAN = math.nan


def flags(text: str) -> np.ndarray:
    return np.array([letter == "x" for letter in text])


def test_a_cross_is_an_event_on_one_bar() -> None:
    a = np.array([1.0, 3.0, 4.0, 1.0, 1.0])
    b = np.full(5, 2.0)

    np.testing.assert_array_equal(crossed_above(a, b), flags(".x..."))
    np.testing.assert_array_equal(crossed_below(a, b), flags("...x."))


def test_a_line_that_touches_on_its_way_has_not_crossed() -> None:
    b = np.full(4, 2.0)

    assert not crossed_above(np.array([1.0, 2.0, 3.0, 4.0]), b).any()
    assert not crossed_below(np.array([3.0, 2.0, 1.0, 0.0]), b).any()
    assert not crossed_above(np.array([2.0, 3.0, 3.0, 3.0]), b).any()


def test_a_line_that_begins_above_has_not_crossed() -> None:
    assert not crossed_above(np.array([NAN, 3.0, 4.0]), np.array([NAN, 2.0, 2.0])).any()


def test_a_cross_over_a_missing_bar_is_seen_on_the_next_bar() -> None:
    a = np.array([1.0, NAN, 3.0, NAN, NAN, 1.0])

    np.testing.assert_array_equal(crossed_above(a, np.full(6, 2.0)), flags("..x..."))
    np.testing.assert_array_equal(crossed_below(a, np.full(6, 2.0)), flags(".....x"))


def test_a_level_may_be_a_number() -> None:
    np.testing.assert_array_equal(crossed_below(np.array([40.0, 31.0, 29.0, 28.0]), 30.0), flags("..x."))


def test_crosses_of_real_averages_are_the_definition_word_by_word() -> None:
    close = real_bars("GOOG")["close"]
    a, b = close[1:], close[:-1].copy()
    b[::97] = a[::97]

    above = [t > 0 and a[t - 1] < b[t - 1] and a[t] > b[t] for t in range(len(a))]
    below = [t > 0 and a[t - 1] > b[t - 1] and a[t] < b[t] for t in range(len(a))]

    assert sum(above) > 100
    np.testing.assert_array_equal(crossed_above(a, b), above)
    np.testing.assert_array_equal(crossed_below(a, b), below)


def test_cross_weights_are_flat_until_the_first_cross_and_silent_between() -> None:
    fast = np.array([3.0, 3.0, 1.0, 1.0, 3.0, 3.0])

    np.testing.assert_array_equal(cross_weights(fast, np.full(6, 2.0)), [NAN, NAN, 0.0, NAN, 1.0, NAN])
    np.testing.assert_array_equal(
        cross_weights(fast, np.full(6, 2.0), allow_short=True), [NAN, NAN, -1.0, NAN, 1.0, NAN]
    )


def test_several_instruments_share_equity_equally() -> None:
    fast = np.array([[1.0, 3.0], [3.0, 1.0]])

    np.testing.assert_array_equal(
        cross_weights(fast, np.full((2, 2), 2.0), allow_short=True), [[NAN, NAN], [0.5, -0.5]]
    )
    np.testing.assert_array_equal(
        hold(np.array([[True, False]] * 2), np.array([[False, False]] * 2)), [[0.5, NAN], [NAN, NAN]]
    )


def test_hold_writes_the_weight_once_and_zero_once() -> None:
    enter, leave = flags(".xxx...x."), flags("....xxx..")

    np.testing.assert_array_equal(hold(enter, leave), [NAN, 1.0, NAN, NAN, 0.0, NAN, NAN, 1.0, NAN])


def test_leaving_wins_over_entering_on_the_same_bar() -> None:
    np.testing.assert_array_equal(hold(flags("xx"), flags("x.")), [0.0, 1.0])


def test_a_way_out_is_given_even_when_nothing_is_known_to_be_held() -> None:
    np.testing.assert_array_equal(hold(flags("...."), flags(".xx."), weight=0.3), [NAN, 0.0, NAN, NAN])


def test_a_way_out_is_given_once() -> None:
    np.testing.assert_array_equal(
        hold(flags("..x....."), flags("x...x.x.")), [0, NAN, 1, NAN, 0, NAN, NAN, NAN]
    )


def test_hold_takes_the_weight_it_is_given() -> None:
    np.testing.assert_array_equal(hold(flags("x."), flags(".."), weight=0.25), [0.25, NAN])


def test_shift_looks_back_over_missing_bars() -> None:
    np.testing.assert_array_equal(shift(np.array([1.0, 2.0, NAN, 4.0, 5.0])), [NAN, 1.0, NAN, 2.0, 4.0])
    np.testing.assert_array_equal(shift(np.array([1.0, 2.0, 3.0]), 2), [NAN, NAN, 1.0])
    np.testing.assert_array_equal(shift(np.array([1.0, 2.0]), 5), [NAN, NAN])


def test_shift_refuses_to_look_ahead() -> None:
    with pytest.raises(InvalidInput, match="bars: must be from 1"):
        shift(np.array([1.0, 2.0]), -1)


def test_lines_and_flags_of_different_shapes_are_refused() -> None:
    with pytest.raises(InvalidInput, match="cannot cross"):
        crossed_above(np.zeros(3), np.zeros(4))
    with pytest.raises(InvalidInput, match="one shape"):
        hold(np.zeros(3, dtype=bool), np.zeros(4, dtype=bool))


def test_signals_do_not_see_what_comes_later() -> None:
    close = real_bars("MSFT")["close"][:400].reshape(-1, 2)
    a, b = close, np.roll(close, 3, axis=0)
    full = [crossed_above(a, b), cross_weights(a, b), hold(a > b, a < b), shift(a, 3)]

    for cut in (1, 2, 57, 199):
        known = [
            crossed_above(a[:cut], b[:cut]),
            cross_weights(a[:cut], b[:cut]),
            hold(a[:cut] > b[:cut], a[:cut] < b[:cut]),
            shift(a[:cut], 3),
        ]
        for part, whole in zip(known, full, strict=True):
            np.testing.assert_array_equal(part, whole[:cut])
