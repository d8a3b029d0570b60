"""How bars become return periods, and periods become growth."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from domain.clock import to_nanoseconds
from domain.errors import InvalidInput
from domain.performance.returns import Periods
from tests.kit.performance import closed_trades, curve_of, measured, path_of


def test_the_first_period_counts_from_the_initial_cash() -> None:
    statistics = measured([90.0, 99.0], initial_cash=100.0).statistics
    assert statistics.total_return == pytest.approx(-0.01, abs=1e-15)
    assert statistics.return_periods == 2
    assert statistics.max_drawdown == pytest.approx(-0.1, abs=1e-15)


def test_annual_return_is_geometric_over_the_number_of_periods() -> None:
    # Bacon (2008): 21 % over two years is 10 % a year.
    statistics = measured([104.0, 110.0, 115.0, 121.0], periods_per_year=2).statistics
    assert statistics.annual_return == pytest.approx(0.1, abs=1e-12)


def test_an_annual_return_beyond_any_float_is_undefined() -> None:
    assert measured([1e6], initial_cash=1.0, periods_per_year=252).statistics.annual_return is None


def test_a_daily_bar_that_closes_at_midnight_belongs_to_the_day_it_ends() -> None:
    close_time = np.array(
        [to_nanoseconds(datetime(2024, 2, day, tzinfo=UTC)) for day in (1, 2)], dtype=np.int64
    )
    performance = measured([110.0, 99.0], close_time=close_time)
    assert performance.statistics.start == date(2024, 1, 31)
    assert performance.statistics.end == date(2024, 2, 1)
    assert [(row.year, row.month) for row in performance.tables.months] == [(2024, 1), (2024, 2)]


def test_intraday_returns_run_from_session_close_to_session_close() -> None:
    session = [18_262, 18_262, 18_262, 18_263, 18_263, 18_266]
    intraday = measured([101.0, 80.0, 110.0, 120.0, 99.0, 108.9], session=session).statistics
    daily = measured([110.0, 99.0, 108.9]).statistics
    assert intraday.return_periods == 3
    assert intraday.volatility == daily.volatility
    assert intraday.sharpe == daily.sharpe
    assert intraday.max_drawdown == pytest.approx(-0.1, abs=1e-15)
    assert (intraday.start, intraday.end) == (date(2020, 1, 1), date(2020, 1, 5))


def test_sessions_take_their_date_from_the_session_not_from_the_clock() -> None:
    # A futures session of Monday opens on Sunday evening.
    sunday_evening = to_nanoseconds(datetime(2024, 3, 3, 23, 30, tzinfo=UTC))
    statistics = measured(
        [101.0], close_time=np.array([sunday_evening]), session=[(date(2024, 3, 4) - date(1970, 1, 1)).days]
    ).statistics
    assert statistics.start == date(2024, 3, 4)


def test_every_bar_belongs_to_one_period() -> None:
    periods = Periods.of(np.arange(6, dtype=np.int64), np.array([7, 7, 8, 9, 9, 9]))
    assert periods.first is not None
    assert periods.last is not None
    assert periods.first.tolist() == [0, 2, 3]
    assert periods.last.tolist() == [1, 2, 5]
    assert periods.day.tolist() == [7, 8, 9]


def test_exposure_is_the_share_of_bars_with_a_position() -> None:
    statistics = measured([100.0, 101.0, 102.0, 103.0], exposure=[0.0, 0.5, 2.0, 0.0]).statistics
    assert statistics.exposure == 0.5


def test_turnover_is_told_per_year() -> None:
    statistics = measured([100.0, 101.0, 102.0], turnover=6.0, periods_per_year=252).statistics
    assert statistics.turnover == pytest.approx(6.0 / (3 / 252))


def test_a_ruined_account_has_lost_everything_for_good() -> None:
    performance = measured([120.0, -30.0, 50.0], trades=closed_trades([5.0]))
    statistics = performance.statistics
    assert statistics.annual_return == -1.0
    assert statistics.max_drawdown == -1.0
    assert statistics.max_drawdown_end is None
    assert statistics.final_equity == 50.0
    assert statistics.total_return == -0.5
    assert statistics.calmar == -1.0
    assert (statistics.volatility, statistics.sharpe, statistics.value_at_risk_95) == (None, None, None)
    assert statistics.win_rate == 1.0
    assert [row.value for row in performance.tables.months] == [-1.0]


def test_months_after_ruin_have_no_return() -> None:
    months = measured([120.0, *[0.0] * 60]).tables.months
    assert [(row.month, row.value) for row in months] == [(1, -1.0)]


def test_an_account_at_exactly_zero_is_ruined_from_that_day_on() -> None:
    statistics = measured([120.0, 60.0, 0.0]).statistics
    assert statistics.annual_return == -1.0
    assert statistics.max_drawdown_trough == date(2020, 1, 3)


def test_ruin_between_session_closes_is_ruin() -> None:
    performance = measured([100.0, -1.0, 90.0, 95.0], session=[1, 2, 2, 3])
    assert performance.statistics.annual_return == -1.0
    assert any("ruined: equity fell to -1.00 on 1970-01-03" in note for note in performance.notes)


def test_a_path_starts_with_the_initial_cash() -> None:
    path = path_of([100.0, 110.0, 99.0])
    assert path.level.tolist() == [100.0, 110.0, 99.0]
    assert path.returns.tolist() == pytest.approx([0.1, -0.1], abs=1e-15)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("session", [None, [1, 1, 2]])
def test_a_curve_that_is_not_finite_is_refused(value: float, session: list[int] | None) -> None:
    with pytest.raises(InvalidInput, match="equity"):
        measured([100.0, value, 101.0], session=session)


def test_an_empty_curve_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no bar"):
        measured([])


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(InvalidInput, match="exposure: has 1 rows where equity has 2"):
        measured([100.0, 101.0], exposure=[1.0])


@pytest.mark.parametrize("cash", [0.0, -1.0, np.nan])
def test_initial_cash_must_be_positive(cash: float) -> None:
    with pytest.raises(InvalidInput, match="initial_cash"):
        measured(curve_of([0.1]), initial_cash=cash)


def test_a_year_must_have_a_period() -> None:
    with pytest.raises(InvalidInput, match="periods_per_year"):
        measured([100.0], periods_per_year=0)
