"""Sessions and trading dates. New York leaves UTC-5 for UTC-4 on 8 March 2020 at 07:00 UTC."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import from_nanoseconds, to_nanoseconds
from domain.market.calendars import (
    ContinuousCalendar,
    WeekdayCalendar,
    day_number,
    day_of,
    periods_per_year,
    session_ids,
    trading_hours,
)
from domain.market.instruments import AssetClass, Instrument
from domain.market.stamps import close_times_of_opens, session_close_times
from domain.market.timeframe import DAILY, Timeframe

APPLE = Instrument("AAPL", "XNAS")
TOKYO = Instrument("7203", "XTKS")
BITCOIN = Instrument("BTC/USDT", "BINANCE", AssetClass.CRYPTO)
EURO = Instrument("EURUSD", "IDEALPRO", AssetClass.FX)


def _times(*texts: str) -> np.ndarray:
    return np.array([to_nanoseconds(datetime.fromisoformat(text)) for text in texts], dtype=np.int64)


def _dates(instrument: Instrument, *texts: str) -> list[str]:
    return [day_of(day).isoformat() for day in session_ids(_times(*texts), instrument).tolist()]


def test_a_bar_belongs_to_the_date_of_its_venue() -> None:
    assert _dates(APPLE, "2020-01-02T21:00:00Z", "2020-01-03T04:59:00Z", "2020-01-03T14:31:00Z") == [
        "2020-01-02",
        "2020-01-02",
        "2020-01-03",
    ]
    assert _dates(TOKYO, "2020-01-05T14:59:00Z", "2020-01-06T00:01:00Z") == ["2020-01-05", "2020-01-06"]


def test_a_bar_that_closes_as_the_day_turns_belongs_to_the_day_that_ends() -> None:
    assert _dates(BITCOIN, "2020-01-02T00:00:00Z", "2020-01-02T00:01:00Z") == ["2020-01-01", "2020-01-02"]
    assert _dates(APPLE, "2020-03-08T05:00:00Z", "2020-03-09T04:00:00Z") == ["2020-03-07", "2020-03-08"]


def test_the_day_of_currencies_turns_at_five_in_new_york() -> None:
    assert _dates(EURO, "2020-01-02T22:00:00Z", "2020-01-02T22:01:00Z", "2020-07-01T21:01:00Z") == [
        "2020-01-02",
        "2020-01-03",
        "2020-07-02",
    ]


def test_no_bars_have_no_sessions() -> None:
    assert session_ids(np.empty(0, dtype=np.int64), APPLE).shape == (0,)


@given(
    st.lists(
        st.integers(*(to_nanoseconds(datetime(year, 1, 1, tzinfo=UTC)) // 1_000 for year in (1985, 2036))),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from([APPLE, TOKYO, Instrument("VOD", "XLON"), Instrument("BHP", "XASX")]),
)
def test_every_bar_gets_the_local_date_of_the_moment_before_it_closes(
    microseconds: list[int], instrument: Instrument
) -> None:
    close_time = np.unique(np.array(microseconds, dtype=np.int64)) * 1_000
    zone = ZoneInfo(trading_hours(instrument).timezone)

    found = [day_of(day) for day in session_ids(close_time, instrument).tolist()]

    before = timedelta(microseconds=1)
    assert found == [(from_nanoseconds(t) - before).astimezone(zone).date() for t in close_time.tolist()]


@pytest.mark.parametrize(
    ("timeframe", "instruments", "expected"),
    [
        ("1d", [APPLE], 252),
        ("1m", [APPLE], 252),
        ("1d", [BITCOIN], 365),
        ("1h", [BITCOIN], 365),
        ("1d", [APPLE, BITCOIN], 365),
        ("1d", [EURO], 260),
        ("1w", [APPLE], 52),
        ("2w", [BITCOIN], 26),
        ("2d", [APPLE], 126),
        ("1d", [Instrument("X", "NOWHERE")], 252),
    ],
)
def test_periods_per_year_follow_the_venue_and_the_time_frame(
    timeframe: str, instruments: list[Instrument], expected: int
) -> None:
    assert periods_per_year(Timeframe.parse(timeframe), instruments) == expected


def test_a_market_that_never_closes_has_every_day() -> None:
    sessions = ContinuousCalendar().sessions(date(2020, 2, 28), date(2020, 3, 1))

    assert [day_of(day).isoformat() for day in sessions.day.tolist()] == [
        "2020-02-28",
        "2020-02-29",
        "2020-03-01",
    ]
    assert (
        sessions.close_time.tolist()
        == _times("2020-02-29T00:00Z", "2020-03-01T00:00Z", "2020-03-02T00:00Z").tolist()
    )


def test_currencies_rest_at_the_weekend() -> None:
    sessions = WeekdayCalendar().sessions(date(2020, 1, 3), date(2020, 1, 6))

    assert [day_of(day).isoformat() for day in sessions.day.tolist()] == ["2020-01-03", "2020-01-06"]
    assert sessions.close_time.tolist() == _times("2020-01-03T22:00Z", "2020-01-06T22:00Z").tolist()


def test_a_date_without_a_session_closes_when_its_day_ends() -> None:
    day = np.array([day_number(date(2020, 1, 4)), day_number(date(2020, 1, 3))], dtype=np.int64)

    closes = session_close_times(WeekdayCalendar(), day)

    assert closes.tolist() == _times("2020-01-04T22:00Z", "2020-01-03T22:00Z").tolist()


def test_opens_of_a_market_that_never_closes_end_one_time_frame_later() -> None:
    opens = _times("2020-01-01T00:00Z", "2020-01-02T00:00Z")

    assert (
        close_times_of_opens(opens, DAILY, ContinuousCalendar()).tolist() == (opens + 86_400 * 10**9).tolist()
    )


def test_opens_in_any_order_keep_their_rows() -> None:
    opens = _times("2020-01-03T05:00Z", "2020-01-02T05:00Z")

    closes = close_times_of_opens(opens, DAILY, WeekdayCalendar())

    assert closes.tolist() == _times("2020-01-03T22:00Z", "2020-01-02T22:00Z").tolist()
