from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.market.adjustment import (
    adjusted,
    growth_of_a_share,
    infer_actions,
    split_like,
    unadjusted_for_splits,
)
from domain.market.calendars import day_number
from domain.market.corporate_actions import Adjustment, CorporateAction, Dividend, Split
from tests.kit.bars import bars_closing_at

FIRST_DAY = date(2020, 1, 1)  # of the bars the kit builds


def _day(row: int) -> date:
    return FIRST_DAY + timedelta(days=row)


def test_a_split_restates_earlier_prices_and_volume() -> None:
    bars = bars_closing_at([100, 102, 51], volume=10)

    view = adjusted(bars, [Split(_day(2), 2.0)], Adjustment.SPLITS)

    assert view.close.tolist() == [50, 51, 51]
    assert view.open.tolist() == [50, 50, 102]
    assert view.volume.tolist() == [20, 20, 10]


def test_a_dividend_takes_its_share_of_the_close_before_it() -> None:
    bars = bars_closing_at([100, 80, 76], volume=10)

    view = adjusted(bars, [Dividend(_day(2), 4.0)], Adjustment.TOTAL_RETURN)

    assert view.close.tolist() == pytest.approx([95, 76, 76])
    assert view.volume.tolist() == [10, 10, 10]


def test_a_view_for_splits_leaves_dividends_in_the_price() -> None:
    bars = bars_closing_at([100, 80, 76])

    assert adjusted(bars, [Dividend(_day(2), 4.0)], Adjustment.SPLITS).close.tolist() == [100, 80, 76]


@pytest.mark.parametrize("adjustment", [Adjustment.NONE, Adjustment.BOOKED])
def test_no_adjustment_is_the_price_as_traded(adjustment: Adjustment) -> None:
    bars = bars_closing_at([100, 50])

    assert adjusted(bars, [Split(_day(1), 2.0)], adjustment) is bars


def test_what_a_share_has_become_counts_from_the_first_bar_on() -> None:
    # Given a split on the third bar, and a dividend of a tenth on the fourth
    bars = bars_closing_at([100, 100, 50, 45])
    actions = [Split(_day(2), 2.0), Dividend(_day(3), 5.0)]

    price, shares = growth_of_a_share(bars, actions)

    assert price.tolist() == pytest.approx([1.0, 1.0, 2.0, 2.0 / 0.9], rel=1e-15)
    assert shares.tolist() == [1.0, 1.0, 2.0, 2.0]


def test_what_a_share_has_become_never_depends_on_a_later_action() -> None:
    bars = bars_closing_at([100, 100, 50, 45])
    split, dividend = Split(_day(2), 2.0), Dividend(_day(3), 5.0)

    known, later = growth_of_a_share(bars, [split])[0], growth_of_a_share(bars, [split, dividend])[0]

    assert known[:3].tolist() == later[:3].tolist()
    assert growth_of_a_share(bars, [split, dividend], _day(2))[0].tolist() == known.tolist()


@pytest.mark.parametrize(
    ("ex_date", "as_of"),
    [(_day(3), None), (_day(2), _day(1)), (_day(0), None), (_day(-5), None)],
    ids=["after the last bar", "not known yet", "first bar", "before the first bar"],
)
def test_an_action_outside_what_is_known_changes_nothing(ex_date: date, as_of: date | None) -> None:
    bars = bars_closing_at([100, 102, 51])

    view = adjusted(bars, [Split(ex_date, 2.0)], Adjustment.TOTAL_RETURN, as_of)

    assert view.close.tolist() == [100, 102, 51]


def test_an_action_is_known_on_its_ex_date() -> None:
    bars = bars_closing_at([100, 50])

    assert adjusted(bars, [Split(_day(1), 2.0)], Adjustment.SPLITS, as_of=_day(1)).close.tolist() == [50, 50]


def test_an_action_on_a_day_without_a_bar_takes_effect_with_the_next() -> None:
    bars = bars_closing_at([100, 100, 50]).take(slice(0, 3, 2))

    assert adjusted(bars, [Split(_day(1), 2.0)], Adjustment.SPLITS).close.tolist() == [50, 50]


@pytest.mark.parametrize(
    "action",
    [Split(_day(1), 0.0), Split(_day(1), float("nan")), Dividend(_day(1), -1.0), Dividend(_day(1), 100.0)],
)
def test_an_impossible_action_is_refused(action: CorporateAction) -> None:
    with pytest.raises(InvalidInput, match=r"TEST\.XNAS on 2020-01-02"):
        adjusted(bars_closing_at([100, 99]), [action], Adjustment.TOTAL_RETURN)


prices = st.floats(5, 500)
steps = st.tuples(prices, st.sampled_from([0.25, 1.0, 1.0, 1.5, 2.0, 7.0]), st.floats(0, 0.5))


@given(prices, st.lists(steps, min_size=1, max_size=12))
def test_adjusted_returns_are_those_of_a_holder_who_reinvests_dividends(
    first: float, path: list[tuple[float, float, float]]
) -> None:
    """Each step is a close, a split before it, and a dividend as a share of the close before."""
    closes = [first, *(close for close, _, _ in path)]
    actions: list[CorporateAction] = []
    shares, wealth = 1.0, [first]
    for row, (close, ratio, dividend) in enumerate(path, start=1):
        before = closes[row - 1]
        amount = dividend * before
        actions += [Split(_day(row), ratio), Dividend(_day(row), amount)]
        shares *= before / (before - amount) * ratio
        wealth.append(shares * close)

    view = adjusted(bars_closing_at(closes), actions, Adjustment.TOTAL_RETURN)

    np.testing.assert_allclose(
        view.close[1:] / view.close[:-1], np.divide(wealth[1:], wealth[:-1]), rtol=1e-9
    )
    assert view.close[-1] == closes[-1]


@given(st.lists(prices, min_size=4, max_size=20), st.integers(1, 18), st.integers(1, 19))
def test_a_view_up_to_a_bar_does_not_depend_on_what_came_later(
    closes: list[float], split: int, cut: int
) -> None:
    bars = bars_closing_at(closes)
    actions: list[CorporateAction] = [Split(_day(split), 2.0), Dividend(_day(split + 1), 0.1)]
    cut = min(cut, len(closes))
    early = bars.take(slice(0, cut))

    known_then = [action for action in actions if action.ex_date <= _day(cut - 1)]

    np.testing.assert_array_equal(
        adjusted(early, actions, Adjustment.TOTAL_RETURN).close,
        adjusted(early, known_then, Adjustment.TOTAL_RETURN).close,
    )


@given(st.lists(steps, min_size=1, max_size=12))
def test_actions_are_found_again_in_an_adjusted_close(path: list[tuple[float, float, float]]) -> None:
    closes = np.array([50.0, *(close for close, _, _ in path)])
    paid = np.array([0.0, *(round(0.04 * share * 50.0, 2) for _, _, share in path)])
    ratios = np.array([1.0, *(ratio for _, ratio, _ in path)])
    expected: list[CorporateAction] = []
    for row in range(1, len(closes)):
        if ratios[row] != 1.0:
            expected.append(Split(_day(row), float(ratios[row])))
        if paid[row] > 0 and paid[row] / (ratios[row] * closes[row]) < 0.05:
            expected.append(Dividend(_day(row), float(paid[row])))
        else:
            paid[row] = 0.0
    growth = ratios * (1 + paid / (ratios * closes))
    session = np.array([day_number(_day(row)) for row in range(len(closes))], dtype=np.int64)

    found = infer_actions(session, closes, closes * np.cumprod(growth))

    assert [type(action) for action in found] == [type(action) for action in expected]
    for one, other in zip(found, expected, strict=True):
        assert one.ex_date == other.ex_date
        if isinstance(one, Dividend) and isinstance(other, Dividend):
            assert one.amount == pytest.approx(other.amount, abs=1e-4)
        else:
            assert one == other


def test_prices_restated_for_splits_are_put_back_to_what_was_traded() -> None:
    session = np.array([day_number(_day(row)) for row in range(3)], dtype=np.int64)
    restated = np.array([[25.0], [26.0], [54.0]])

    prices_then, volume_then = unadjusted_for_splits(
        session, restated, np.array([40.0, 40.0, 20.0]), [Split(_day(2), 2.0), Split(_day(9), 2.0)]
    )

    assert prices_then.ravel().tolist() == [100, 104, 108]
    assert volume_then.tolist() == [10, 10, 10]


@pytest.mark.parametrize(
    ("change", "ratio"),
    [
        (0.5, 2.0),
        (0.48, 2.0),
        (1 / 7, 7.0),
        (0.667, 1.5),
        (2.0, 0.5),
        (0.8, None),
        (0.7, None),
        (1.0, None),
        (0.62, None),
    ],
)
def test_a_jump_near_a_listed_ratio_looks_like_a_split(change: float, ratio: float | None) -> None:
    (found,) = split_like(np.array([change]))

    assert (None if np.isnan(found) else found) == ratio
