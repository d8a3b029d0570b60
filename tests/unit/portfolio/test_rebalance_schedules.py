"""When a schedule comes round, on days that can be read off a calendar."""

from collections.abc import Sequence

import numpy as np
import pytest

from domain.arrays import IntArray
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.market.instruments import Instrument
from domain.market.timeframe import Timeframe
from domain.portfolio.model import Frequency, SessionOfPeriod
from domain.portfolio.schedule import Schedule, session_days
from tests.kit.portfolio import bars_of, weekdays

# Weekdays of January to April 2020; Wednesday the 1st of January is row 0.
DAYS = weekdays(87)


def days(*dates: str) -> IntArray:
    return np.array(dates, dtype="datetime64[D]").astype(np.int64)


def dates_of(rows: IntArray, on: IntArray = DAYS) -> list[str]:
    return [str(day) for day in on[rows].astype("datetime64[D]")]


def test_the_first_session_of_each_month_is_known_when_it_comes() -> None:
    assert dates_of(Schedule(Frequency.MONTHLY).rows(DAYS)) == ["2020-02-03", "2020-03-02", "2020-04-01"]


def test_quarters_and_years() -> None:
    two_years = weekdays(520)

    quarters = dates_of(Schedule(Frequency.QUARTERLY).rows(two_years), two_years)
    years = dates_of(Schedule(Frequency.YEARLY).rows(two_years), two_years)

    assert quarters[:4] == ["2020-04-01", "2020-07-01", "2020-10-01", "2021-01-01"]
    assert years == ["2021-01-01"]


@pytest.mark.parametrize(
    ("weekday", "expected"),
    [(0, ["2020-01-06", "2020-01-13"]), (2, ["2020-01-08", "2020-01-15"]), (6, ["2020-01-06", "2020-01-13"])],
)
def test_a_week_begins_with_the_weekday_or_the_session_after_it(weekday: int, expected: list[str]) -> None:
    assert dates_of(Schedule(Frequency.WEEKLY, weekday=weekday).rows(DAYS))[:2] == expected


def test_a_holiday_on_the_weekday_moves_the_rebalance_to_the_next_session() -> None:
    without = np.setdiff1d(DAYS, days("2020-01-15", "2020-01-16", "2020-01-17"))

    rows = Schedule(Frequency.WEEKLY, weekday=2).rows(without)

    assert dates_of(rows, without)[:3] == ["2020-01-08", "2020-01-20", "2020-01-22"]


def test_every_session_and_every_so_many_bars() -> None:
    np.testing.assert_array_equal(Schedule(Frequency.DAILY).rows(DAYS[:4]), [1, 2, 3])
    np.testing.assert_array_equal(Schedule(Frequency.BARS, bars=3).rows(DAYS[:10]), [3, 6, 9])


def test_the_last_session_of_a_month_takes_a_calendar() -> None:
    calendar = weekdays(100)
    last = Schedule(Frequency.MONTHLY, session=SessionOfPeriod.LAST)

    assert dates_of(last.rows(DAYS, calendar)) == ["2020-01-31", "2020-02-28", "2020-03-31", "2020-04-30"]
    with pytest.raises(InvalidInput, match="known in time from a calendar alone"):
        last.rows(DAYS)
    with pytest.raises(InvalidInput, match="beyond the data"):
        last.rows(DAYS, DAYS)


@pytest.mark.parametrize("frequency", Frequency)
def test_later_rows_change_no_rebalance(frequency: Frequency) -> None:
    schedule = Schedule(frequency, weekday=3, bars=4)
    full = schedule.rows(DAYS)

    for cut in range(len(DAYS)):
        np.testing.assert_array_equal(schedule.rows(DAYS[:cut]), full[full < cut])


@pytest.mark.parametrize(
    "frequency", [Frequency.DAILY, Frequency.WEEKLY, Frequency.MONTHLY, Frequency.QUARTERLY]
)
def test_a_run_that_starts_later_rebalances_on_the_same_days(frequency: Frequency) -> None:
    schedule = Schedule(frequency)
    full = dates_of(schedule.rows(DAYS))

    later = dates_of(schedule.rows(DAYS[17:]), DAYS[17:])

    assert later == [day for day in full if day > "2020-01-24"]


@pytest.mark.parametrize("frequency", Frequency)
def test_no_rows_have_no_rebalance(frequency: Frequency) -> None:
    assert len(Schedule(frequency).rows(DAYS[:0])) == 0


@pytest.mark.parametrize("wrong", [{"weekday": 7}, {"weekday": -1}, {"bars": 0}])
def test_a_schedule_that_means_nothing_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        Schedule(Frequency.WEEKLY, **wrong)


def minutes(closes: Sequence[str]) -> Panel:
    times = np.array(closes, dtype="datetime64[ns]").astype(np.int64)
    prices = np.ones((len(times), 1))
    return Panel((Instrument("A", "XNAS"),), Timeframe.parse("1h"), times, *([prices] * 5))


def test_an_intraday_session_begins_with_its_first_bar_at_the_venue() -> None:
    # In New York the bars after midnight UTC belong to the evening before.
    bars = minutes(
        ["2020-01-30T20:00", "2020-01-31T20:00", "2020-02-01T00:30", "2020-02-03T15:30", "2020-02-03T16:30"]
    )

    np.testing.assert_array_equal(Schedule(Frequency.MONTHLY).rows(session_days(bars)), [3])


def test_a_daily_bar_that_closes_at_midnight_belongs_to_the_day_that_ends() -> None:
    bars = Panel.align(
        [bars_of("B", "BINANCE", [1.0, 1.0, 1.0], days("2020-01-31", "2020-02-01", "2020-02-02"), 0)]
    )

    np.testing.assert_array_equal(Schedule(Frequency.MONTHLY).rows(session_days(bars)), [2])
