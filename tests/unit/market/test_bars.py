import numpy as np
import pytest

from domain.errors import InvalidInput
from domain.market.bars import COLUMNS, Bars, Panel
from domain.market.timeframe import Timeframe
from tests.kit.bars import FIRST_CLOSE, an_instrument, bars_closing_at, daily_times, random_bars

DAY = 86_400 * 10**9


def _bars(times: np.ndarray, length: int | None = None) -> Bars:
    column = np.ones(len(times) if length is None else length)
    return Bars(an_instrument(), Timeframe.parse("1d"), times, column, column, column, column, column)


def test_bars_cannot_be_written_to() -> None:
    bars = bars_closing_at([1, 2])

    with pytest.raises(ValueError, match="read-only"):
        bars.close[0] = 9


def test_columns_must_be_as_long_as_the_times() -> None:
    with pytest.raises(InvalidInput, match="'open'"):
        _bars(daily_times(3), length=2)


@pytest.mark.parametrize("order", [[0, 2, 1], [0, 1, 1]], ids=["backwards", "repeated"])
def test_times_must_strictly_increase(order: list[int]) -> None:
    with pytest.raises(InvalidInput, match="increasing"):
        _bars(daily_times(3)[order])


def test_a_range_includes_both_of_its_ends() -> None:
    bars = bars_closing_at([1, 2, 3, 4])

    inside = bars.between(FIRST_CLOSE + DAY, FIRST_CLOSE + 2 * DAY)

    assert inside.close.tolist() == [2, 3]
    assert len(bars.between(FIRST_CLOSE + 9 * DAY)) == 0
    assert len(bars.between()) == 4


def test_a_digest_tells_values_times_and_identity_apart() -> None:
    bars = bars_closing_at([1, 2, 3])

    assert bars.digest() == bars_closing_at([1, 2, 3]).digest()
    others = [
        bars_closing_at([1, 2, 4]),
        bars_closing_at([1, 2, 3], volume=1),
        bars_closing_at([1, 2, 3], instrument=an_instrument("OTHER")),
        bars_closing_at([1, 2, 3], timeframe=Timeframe.parse("1w")),
        bars.take(slice(0, 2)),
    ]
    assert bars.digest() not in {other.digest() for other in others}


def test_a_panel_holds_the_union_of_times_and_marks_missing_bars() -> None:
    long = bars_closing_at([1, 2, 3], instrument=an_instrument("LONG"))
    late = bars_closing_at([7, 8, 9], instrument=an_instrument("LATE")).take(slice(1, 3))

    panel = Panel.align([long, late])

    assert panel.shape == (3, 2)
    np.testing.assert_array_equal(panel.close, [[1, np.nan], [2, 8], [3, 9]])
    np.testing.assert_array_equal(np.isnan(panel.volume), np.isnan(panel.close))


def test_a_panel_until_a_row_knows_nothing_later() -> None:
    panel = Panel.align([bars_closing_at([1, 2, 3])])

    assert panel.until(1).close.ravel().tolist() == [1, 2]
    assert panel.until(1).close_time[-1] == panel.close_time[1]


def test_a_panel_of_one_series_equals_its_columns() -> None:
    bars = random_bars(50, seed=3)

    panel = Panel.align([bars])

    for column in COLUMNS:
        np.testing.assert_array_equal(getattr(panel, column)[:, 0], getattr(bars, column))


def test_a_panel_refuses_what_cannot_be_aligned() -> None:
    daily = bars_closing_at([1, 2])
    weekly = bars_closing_at([1, 2], instrument=an_instrument("W"), timeframe=Timeframe.parse("1w"))

    with pytest.raises(InvalidInput, match="at least one"):
        Panel.align([])
    with pytest.raises(InvalidInput, match="named twice"):
        Panel.align([daily, daily])
    with pytest.raises(InvalidInput, match="same time frame"):
        Panel.align([daily, weekly])
