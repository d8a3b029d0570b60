"""Longer bars from shorter ones: what is in them, and when they can be seen."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.clock import from_nanoseconds, to_nanoseconds
from domain.errors import InvalidInput
from domain.market.bars import COLUMNS, Bars, Panel
from domain.market.calendars import Sessions, day_number
from domain.market.instruments import AssetClass, Instrument
from domain.market.resampling import as_of, resample
from domain.market.timeframe import Timeframe

SHARE = Instrument("ACME", "XNAS")
COIN = Instrument("BTC/USDT", "BINANCE", AssetClass.CRYPTO, "USDT", fractional=True)
PAIR = Instrument("EUR/USD", "OTC", AssetClass.FX)


def bars_at(instrument: Instrument, times: list[datetime], timeframe: str = "30m") -> Bars:
    """Bars whose close counts up from 1, between a low one below and a high one above."""
    close = np.arange(1.0, len(times) + 1)
    stamps = np.array([to_nanoseconds(time) for time in times])
    return Bars(
        instrument, Timeframe.parse(timeframe), stamps, close + 0.5, close + 1, close - 1, close, close * 10
    )


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """January 2024 in UTC; the 1st is a Monday."""
    return datetime(2024, 1, day, tzinfo=UTC) + timedelta(hours=hour, minutes=minute)


def closes_of(panel: Panel) -> list[datetime]:
    return [from_nanoseconds(time) for time in panel.close_time]


def test_a_longer_bar_holds_first_last_extremes_and_sum() -> None:
    panel = Panel.align([bars_at(COIN, [at(1, 0, 30), at(1, 1), at(1, 1, 30), at(1, 2)])])
    hours = resample(panel, "1h")
    assert closes_of(hours) == [at(1, 1), at(1, 2)]
    assert {name: getattr(hours, name)[:, 0].tolist() for name in COLUMNS} == {
        "open": [1.5, 3.5],
        "high": [3.0, 5.0],
        "low": [0.0, 2.0],
        "close": [2.0, 4.0],
        "volume": [30.0, 70.0],
    }
    assert str(hours.timeframe) == "1h"


def test_a_day_ends_where_its_market_says() -> None:
    for instrument, end in (
        (COIN, at(2, 0)),
        (SHARE, at(2, 5)),  # midnight in New York
        (PAIR, at(1, 22)),  # 17:00 in New York
    ):
        days = resample(Panel.align([bars_at(instrument, [at(1, 15), at(1, 16)])]), "1d")
        assert closes_of(days) == [end]


def test_a_day_of_an_exchange_is_seen_from_the_next_session_on_or_from_the_bell_where_that_is_known() -> None:
    times = [at(2, 15), at(2, 18), at(3, 15), at(3, 21)]
    panel = Panel.align([bars_at(SHARE, times)])
    days = resample(panel, "1d")
    assert as_of(days.close[:, 0], days.close_time, panel.close_time).tolist()[2:] == [2.0, 2.0]

    # Given a half day that closes at 18:00 UTC
    sessions = Sessions(
        np.array([day_number(at(day, 0).date()) for day in (2, 3)]),
        np.array([to_nanoseconds(at(2, 18)), to_nanoseconds(at(3, 21))]),
    )
    bells = resample(panel, "1d", sessions)
    assert closes_of(bells) == [at(2, 18), at(3, 21)]
    seen = as_of(bells.close[:, 0], bells.close_time, panel.close_time)
    np.testing.assert_array_equal(seen, [np.nan, 2.0, 2.0, 4.0])


def test_sessions_that_do_not_fit_the_bars_are_refused() -> None:
    panel = Panel.align([bars_at(SHARE, [at(2, 15), at(2, 21)])])
    day = np.array([day_number(at(2, 0).date())])
    with pytest.raises(InvalidInput, match="closes after its session does"):
        resample(panel, "1d", Sessions(day, np.array([to_nanoseconds(at(2, 18))])))
    with pytest.raises(InvalidInput, match=r"lack a day on which ACME\.XNAS has bars"):
        resample(panel, "1d", Sessions(day + 1, np.array([to_nanoseconds(at(3, 21))])))


def test_a_week_is_seen_once_its_sunday_has_ended() -> None:
    panel = Panel.align([bars_at(COIN, [at(day + 1, 0) for day in range(1, 16)], "1d")])
    weeks = resample(panel, "1w")
    assert closes_of(weeks) == [at(8, 0), at(15, 0), at(22, 0)]
    assert weeks.close[:, 0].tolist() == [7.0, 14.0, 15.0]


def test_an_intraday_bar_ends_with_its_trading_day() -> None:
    # Midnight in New York falls inside the four hours from 04:00 to 08:00 UTC
    panel = Panel.align([bars_at(SHARE, [at(2, 4, 30), at(2, 5), at(2, 5, 30)])])
    assert closes_of(resample(panel, "4h")) == [at(2, 5), at(2, 8)]


def test_instruments_keep_their_own_bars_and_clocks() -> None:
    share = bars_at(SHARE, [at(2, 15), at(3, 15)])
    coin = bars_at(COIN, [at(2, 15), at(2, 16), at(3, 15)])
    days = resample(Panel.align([share, coin]), "1d")
    assert closes_of(days) == [at(3, 0), at(3, 5), at(4, 0), at(4, 5)]
    np.testing.assert_array_equal(days.close, [[np.nan, 2], [1, np.nan], [np.nan, 3], [2, np.nan]])
    # And a row knows the last close of each
    rows = np.array([to_nanoseconds(at(4, 1))])
    assert as_of(days.close, days.close_time, rows).tolist() == [[1.0, 3.0]]


@pytest.mark.parametrize("timeframe", ["30m", "15m"])
def test_a_time_frame_that_is_not_longer_is_refused(timeframe: str) -> None:
    with pytest.raises(InvalidInput, match="is not longer than the 30m"):
        resample(Panel.align([bars_at(COIN, [at(1, 1)])]), timeframe)


def test_a_column_must_have_one_value_for_each_longer_bar() -> None:
    with pytest.raises(InvalidInput, match="one value for each"):
        as_of(np.zeros(3), np.arange(2), np.arange(5))


def test_no_longer_bars_are_nothing_known() -> None:
    assert np.isnan(as_of(np.empty(0), np.empty(0, dtype=np.int64), np.arange(3))).all()


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([SHARE, COIN, PAIR]),
    st.sampled_from(["1h", "4h", "1d", "1w"]),
    st.lists(st.integers(1, 40 * 48), min_size=2, max_size=80, unique=True),
    st.data(),
)
def test_what_a_row_knows_does_not_change_when_later_bars_come(
    instrument: Instrument, timeframe: str, halves: list[int], data: st.DataObject
) -> None:
    # Given a panel, and the same cut short
    times = [at(1, 0) + timedelta(minutes=30 * half) for half in sorted(halves)]
    panel = Panel.align([bars_at(instrument, times)])
    rows = data.draw(st.integers(1, len(panel)))

    # When each row reads the longer bars that have closed
    def known(part: Panel) -> list[list[float]]:
        longer = resample(part, timeframe)
        return [
            as_of(getattr(longer, name)[:, 0], longer.close_time, part.close_time).tolist()
            for name in COLUMNS
        ]

    # Then rows of the short panel know what they know in the long one, and nothing younger than themselves
    whole, short = known(panel), known(panel.take(slice(0, rows)))
    np.testing.assert_array_equal(np.array(short), np.array(whole)[:, :rows])
    assert bool((np.nan_to_num(np.array(short)[3]) <= panel.close[:rows, 0]).all())
