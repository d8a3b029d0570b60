"""How much of a result hangs on a few days, trades or instruments, counted by hand."""

from datetime import date

import numpy as np
import pytest

from domain.errors import InvalidInput
from domain.performance.concentration import best_days, best_trades, drawdown_sources, worst_days
from tests.kit.performance import closed_trades, path_of

#            returns  +10 %  -10 %  +20 %    0 %  -25 %
PATH = path_of([100.0, 110.0, 99.0, 118.8, 118.8, 89.1])
RISING = path_of([100.0, 110.0, 104.5, 125.4])


def test_the_best_days_and_what_would_be_left_without_them() -> None:
    one, two, three = best_days(RISING, counts=(1, 2, 3, 4))

    assert (one.count, one.of) == (1, 3)
    assert one.profit == pytest.approx(20.9)
    assert one.profit_share == pytest.approx(20.9 / 25.4)
    assert one.return_without == pytest.approx(1.1 * 0.95 - 1)
    assert two.profit == pytest.approx(30.9)
    assert two.profit_share == pytest.approx(30.9 / 25.4)
    assert two.return_without == pytest.approx(-0.05)
    assert three.return_without == 0.0


def test_without_a_profit_there_is_no_share_of_it() -> None:
    assert best_days(PATH, counts=(1,))[0].profit_share is None


def test_the_best_trades_leave_open_ones_out() -> None:
    trades = closed_trades([50.0, -30.0, 10.0, 20.0], still_open=[1_000.0])

    one, two = best_trades(trades, initial_cash=1_000.0, counts=(1, 2, 9))

    assert (one.count, one.of, one.profit) == (1, 4, 50.0)
    assert one.profit_share == pytest.approx(1.0)
    assert one.return_without == pytest.approx(0.0)
    assert two.profit_share == pytest.approx(1.4)
    assert two.return_without == pytest.approx(-0.02)
    assert best_trades(closed_trades([]), 100.0) == ()


def test_the_worst_days_and_their_part_in_the_deepest_fall() -> None:
    worst, next_worst = worst_days(PATH)

    # The deepest fall is from 118.8 to 89.1, all of it on the last day.
    assert worst.day == date(2020, 1, 5)
    assert worst.return_ == pytest.approx(-0.25)
    assert worst.drawdown_share == pytest.approx(1.0)
    assert next_worst.return_ == pytest.approx(-0.10)
    assert next_worst.drawdown_share is None


def test_the_deepest_fall_by_instrument() -> None:
    profits = np.array([[5.0, 5.0], [-6.0, -5.0], [9.8, 10.0], [1.0, -1.0], [-25.0, 2.0]])

    found = drawdown_sources(PATH, ["A", "B"], profits)

    assert found is not None
    # The peak was stood on until the 4th; what the two do not add up to is costs.
    assert (found.start, found.trough) == (date(2020, 1, 4), date(2020, 1, 5))
    assert found.depth == pytest.approx(-0.25)
    assert [part.name for part in found.parts] == ["A", "costs and rest", "B"]
    assert [part.loss for part in found.parts] == pytest.approx([-25.0, -6.7, 2.0])
    assert [part.share for part in found.parts] == pytest.approx([25 / 29.7, 6.7 / 29.7, -2 / 29.7])


def test_a_curve_that_never_falls_has_no_sources() -> None:
    rising = path_of([100.0, 101.0, 101.0])

    assert drawdown_sources(rising, ["A"], np.zeros((2, 1))) is None
    assert worst_days(rising) == ()


def test_a_ruined_account_has_no_best_days() -> None:
    assert best_days(path_of([100.0, 50.0, -10.0])) == ()


def test_profits_of_another_shape_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"must have shape \(5, 2\)"):
        drawdown_sources(PATH, ["A", "B"], np.zeros((5, 1)))
