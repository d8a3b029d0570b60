"""When bars opened: never told later than they did."""

from datetime import date, datetime

import numpy as np
import pytest

from domain.clock import from_nanoseconds, to_nanoseconds
from domain.market.adapters.exchange_calendar import calendar_for
from domain.market.bars import Bars, Panel
from domain.market.calendars import open_times
from domain.market.instruments import AssetClass, Instrument
from domain.market.timeframe import DAILY, Timeframe

APPLE = Instrument("AAPL", "XNAS")
BITCOIN = Instrument("BTC/USDT", "BINANCE", AssetClass.CRYPTO)
EURO = Instrument("EURUSD", "IDEALPRO", AssetClass.FX)
ELSEWHERE = Instrument("X", "NOWHERE")


def _opened(instrument: Instrument, timeframe: str, *closed: str) -> list[str]:
    times = np.array([to_nanoseconds(datetime.fromisoformat(f"{text}Z")) for text in closed])
    opened = open_times(times, Timeframe.parse(timeframe), instrument)
    return [f"{from_nanoseconds(moment):%Y-%m-%dT%H:%M}" for moment in opened.tolist()]


def test_a_daily_bar_opens_with_its_session_in_summer_and_in_winter() -> None:
    assert _opened(APPLE, "1d", "2020-01-02T21:00", "2020-07-02T20:00", "2020-11-27T18:00") == [
        "2020-01-02T14:30",
        "2020-07-02T13:30",
        "2020-11-27T14:30",
    ]


def test_around_the_clock_a_daily_bar_opens_a_day_before_it_closes() -> None:
    assert _opened(BITCOIN, "1d", "2020-01-03T00:00") == ["2020-01-02T00:00"]
    assert _opened(EURO, "1d", "2020-01-03T22:00") == ["2020-01-02T22:00"]


def test_at_an_unknown_venue_a_daily_bar_opens_as_early_as_it_can() -> None:
    # An early close: the day before it the bar of the previous session was still open.
    assert _opened(ELSEWHERE, "1d", "2020-01-02T21:00", "2020-01-03T18:00") == [
        "2020-01-01T21:00",
        "2020-01-02T21:00",
    ]


def test_other_bars_open_one_time_frame_before_they_close_and_not_before_the_last_has_closed() -> None:
    assert _opened(APPLE, "1h", "2020-01-02T20:30", "2020-01-02T21:00", "2020-01-03T15:30") == [
        "2020-01-02T19:30",
        "2020-01-02T20:30",
        "2020-01-03T14:30",
    ]
    assert _opened(APPLE, "1w", "2020-01-10T21:00") == ["2020-01-03T21:00"]


@pytest.mark.parametrize("close", ["2020-01-02T12:00", "2020-01-03T04:00"])
def test_a_bar_opens_before_it_closes_whatever_the_stamp(close: str) -> None:
    (opened,) = _opened(APPLE, "1d", close)

    assert opened < close


@pytest.mark.parametrize(
    "venue",
    [
        "XNAS",
        "XTSE",
        "XMEX",
        "BVMF",
        "XLON",
        "XPAR",
        "XLIS",
        "XMIL",
        "XETR",
        "XFRA",
        "XSWX",
        "XHEL",
        "XOSL",
        "XTKS",
        "XHKG",
        "XSHG",
        "XKRX",
        "XNSE",
        "XSES",
        "XASX",
    ],
)
def test_an_open_lies_between_the_close_before_and_its_own_and_the_session_is_of_plausible_length(
    venue: str,
) -> None:
    sessions = calendar_for(Instrument("X", venue)).sessions(date(2019, 1, 1), date(2020, 12, 31))

    opened = open_times(sessions.close_time, DAILY, Instrument("X", venue))

    hours = (sessions.close_time - opened) / 3_600e9
    assert bool((opened[1:] > sessions.close_time[:-1]).all())
    assert 5.0 <= float(np.median(hours)) <= 10.0


def test_a_panel_knows_the_opens_of_each_instrument_and_the_time_of_bars_it_lacks() -> None:
    first, second = (
        Bars(one, DAILY, np.array([to_nanoseconds(datetime.fromisoformat(time))]), *np.ones((5, 1)))
        for one, time in ((APPLE, "2020-01-02T21:00Z"), (BITCOIN, "2020-01-03T00:00Z"))
    )
    panel = Panel.align([first, second])

    shown = [[f"{from_nanoseconds(moment):%dT%H:%M}" for moment in row] for row in panel.open_time.tolist()]

    assert shown == [["02T14:30", "02T21:00"], ["03T00:00", "02T00:00"]]
