"""Months and years."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from domain.clock import to_nanoseconds
from domain.performance.model import PeriodReturn
from tests.kit.performance import curve_of, measured


def _closing_on(*days: date) -> np.ndarray:
    closes = [datetime(day.year, day.month, day.day, 21, tzinfo=UTC) for day in days]
    return np.array([to_nanoseconds(close) for close in closes], dtype=np.int64)


def test_months_compound_from_the_last_close_of_the_month_before() -> None:
    days = _closing_on(date(2020, 1, 30), date(2020, 1, 31), date(2020, 2, 3), date(2020, 2, 28))
    performance = measured([101.0, 110.0, 120.0, 99.0], close_time=days)
    january, february = performance.tables.months
    assert january == PeriodReturn(2020, 1, january.value)
    assert february == PeriodReturn(2020, 2, february.value)
    assert [january.value, february.value] == pytest.approx([0.1, -0.1], abs=1e-15)
    assert performance.statistics.best_month == pytest.approx(0.1, abs=1e-15)
    assert performance.statistics.worst_month == pytest.approx(-0.1, abs=1e-15)


def test_a_month_without_a_bar_has_no_row() -> None:
    days = _closing_on(date(2020, 1, 30), date(2020, 3, 2))
    months = measured([101.0, 110.0], close_time=days).tables.months
    assert [row.month for row in months] == [1, 3]


def test_years_compound_across_new_year() -> None:
    days = _closing_on(date(2019, 12, 31), date(2020, 1, 2), date(2020, 12, 31), date(2021, 1, 4))
    years = measured([110.0, 100.0, 121.0, 133.1], close_time=days).tables.years
    assert [(row.year, row.month) for row in years] == [(2019, None), (2020, None), (2021, None)]
    assert [row.value for row in years] == pytest.approx([0.1, 0.1, 0.1], abs=1e-12)


def test_dates_before_1970_fall_in_their_own_month() -> None:
    days = _closing_on(date(1969, 12, 31), date(1970, 1, 2))
    months = measured([110.0, 99.0], close_time=days).tables.months
    assert [(row.year, row.month) for row in months] == [(1969, 12), (1970, 1)]


def test_months_and_years_compound_to_the_total_return() -> None:
    rng = np.random.default_rng(7)
    days = [date(2018, 3, 14) + timedelta(days=int(step)) for step in np.cumsum(rng.integers(1, 9, 500))]
    performance = measured(curve_of(rng.normal(0.0, 0.02, 500)), close_time=_closing_on(*days))
    total = 1.0 + performance.statistics.total_return
    for table in (performance.tables.months, performance.tables.years):
        assert np.prod([1.0 + row.value for row in table]) == pytest.approx(total, rel=1e-12)
