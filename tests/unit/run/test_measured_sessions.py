"""Rows of venues that close at different hours are measured once a day, whatever their order."""

import itertools
from typing import Any

import pytest

from domain.market.bars import Bars
from domain.market.calendars import measured_sessions
from domain.market.instruments import AssetClass, Instrument
from domain.market.timeframe import DAILY, Timeframe
from tests.kit.backtests import a_spec
from tests.kit.runs import carried_out, closes_at, walk

NEW_YORK = Instrument("A", "XNAS", fractional=True)
FRANKFURT = Instrument("B", "XETR", fractional=True)
SYDNEY = Instrument("C", "XASX", fractional=True)
LONDON = Instrument("D", "XLON", fractional=True)
COIN = Instrument("E", "BINA", AssetClass.CRYPTO, fractional=True)
WEEK, HOUR = Timeframe.parse("1w"), Timeframe.parse("1h")


def _measured(*series: Bars) -> dict[str, Any]:
    spec = a_spec(
        strategy="buy_and_hold",
        parameters={},
        instruments=tuple(bars.instrument.id for bars in series),
        timeframe=str(series[0].timeframe),
    )
    return carried_out(spec, *series)[0].statistics


def test_venues_that_close_apart_are_as_volatile_as_on_one_calendar() -> None:
    new_york = walk(NEW_YORK, closes_at(21), seed=1)
    apart = _measured(new_york, walk(FRANKFURT, closes_at(16.5), seed=2))
    together = _measured(new_york, walk(Instrument("B", "XNYS", fractional=True), closes_at(21), seed=2))
    assert apart["return_periods"] == together["return_periods"] == 250
    assert apart["volatility"] == pytest.approx(together["volatility"], rel=0.02)
    assert apart["annual_return"] == pytest.approx(together["annual_return"], rel=0.05)


def test_shares_beside_a_coin_are_measured_once_a_day() -> None:
    shares = walk(NEW_YORK, closes_at(21), seed=1)
    coin = walk(COIN, closes_at(24, days=range(7)), seed=2)
    mixed = _measured(shares, coin)
    assert (mixed["return_periods"], mixed["periods_per_year"]) == (350, 365)


def test_weeks_that_close_on_different_days_are_one_period() -> None:
    shares = walk(NEW_YORK, closes_at(21, days=[4]), seed=1, timeframe=WEEK)
    at_midnight_in_new_york = walk(LONDON, closes_at(29, days=[6]), seed=3, timeframe=WEEK)
    coin = walk(COIN, closes_at(24, days=[6]), seed=2, timeframe=WEEK)
    mixed = _measured(shares, coin, at_midnight_in_new_york)
    assert (mixed["return_periods"], mixed["periods_per_year"]) == (50, 52)


def test_a_row_a_day_is_a_period_of_its_own() -> None:
    times = walk(NEW_YORK, closes_at(21), seed=1).close_time
    assert measured_sessions(times, DAILY, [NEW_YORK, FRANKFURT]) is None


@pytest.mark.parametrize(
    "series",
    [
        [
            walk(NEW_YORK, closes_at(21), 1),
            walk(FRANKFURT, closes_at(16.5), 2),
            walk(SYDNEY, closes_at(5), 3),
        ],
        [
            walk(NEW_YORK, closes_at(*range(15, 22), weeks=20), 1, HOUR),
            walk(COIN, closes_at(*range(1, 25), weeks=20, days=range(7)), 2, HOUR),
        ],
        # London and Sydney have as many sessions a year, and other dates at one moment.
        [
            walk(LONDON, closes_at(*range(9, 17), weeks=20), 1, HOUR),
            walk(SYDNEY, closes_at(0, 1, 2, 3, 4, 5, 22, 23, weeks=20), 2, HOUR),
        ],
    ],
    ids=["daily", "hours beside a coin", "hours of equal venues"],
)
def test_the_order_of_instruments_changes_nothing(series: list[Bars]) -> None:
    first, *others = [_measured(*order) for order in itertools.permutations(series)]
    for other in others:
        assert _words(other) == _words(first)
        assert _numbers(other) == pytest.approx(_numbers(first), rel=1e-9)


def _numbers(statistics: dict[str, Any]) -> dict[str, float]:
    return {name: value for name, value in statistics.items() if isinstance(value, float | int)}


def _words(statistics: dict[str, Any]) -> dict[str, Any]:
    """Dates, and what is undefined."""
    return {name: value for name, value in statistics.items() if not isinstance(value, float | int)}
