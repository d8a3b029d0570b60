"""The sample data against what is known of its companies."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from domain.clock import from_nanoseconds
from domain.market.adapters.exchange_calendar import calendar_for
from domain.market.adapters.sample import SampleSource
from domain.market.adjustment import adjusted
from domain.market.bars import Bars
from domain.market.corporate_actions import Adjustment, CorporateAction, Dividend, Split
from domain.market.quality import check
from domain.market.quality_report import QualityReport
from domain.market.timeframe import DAILY


def _actions(symbol: str) -> tuple[CorporateAction, ...]:
    return SampleSource().fetch(symbol, DAILY, None, None).actions


def _checked(symbol: str) -> tuple[Bars, QualityReport]:
    delivery = SampleSource().fetch(symbol, DAILY, None, None)
    checked = check(
        delivery.bars, delivery.instrument, DAILY, delivery.actions, calendar_for(delivery.instrument)
    )
    return checked.bars, checked.report


@pytest.mark.parametrize(
    ("symbol", "splits"),
    [
        ("AAPL", [Split(date(2000, 6, 21), 2.0), Split(date(2005, 2, 28), 2.0)]),
        ("MSFT", [Split(date(2003, 2, 18), 2.0)]),
        ("IBM", []),
        ("GOOG", []),
        ("FB", []),
    ],
)
def test_the_splits_of_the_period_are_found_and_no_others(symbol: str, splits: list[Split]) -> None:
    assert [action for action in _actions(symbol) if isinstance(action, Split)] == splits


def test_the_special_dividend_of_microsoft_is_found_to_the_cent() -> None:
    dividends = {action.ex_date: action.amount for action in _actions("MSFT") if isinstance(action, Dividend)}

    assert dividends[date(2004, 11, 15)] == 3.08  # 3.00 special and 0.08 regular
    assert dividends[date(2003, 2, 19)] == 0.08  # Microsoft's first
    assert len(dividends) == 37


def test_apple_paid_no_dividend_before_2012() -> None:
    dividends = [action for action in _actions("AAPL") if isinstance(action, Dividend)]

    assert dividends == [
        Dividend(date(2012, 8, 9), 2.65),
        Dividend(date(2012, 11, 7), 2.65),
        Dividend(date(2013, 2, 7), 2.65),
    ]


@pytest.mark.parametrize(
    ("symbol", "rows"), [("AAPL", 3_270), ("FB", 196), ("GOOG", 2_148), ("IBM", 3_270), ("MSFT", 3_270)]
)
def test_every_series_is_whole_and_without_a_finding(symbol: str, rows: int) -> None:
    bars, report = _checked(symbol)

    assert report == QualityReport(rows, 0, ())
    assert len(bars) == rows


def test_bars_of_half_days_close_early() -> None:
    bars, _ = _checked("AAPL")
    closes = {moment.date(): moment for moment in map(from_nanoseconds, bars.close_time.tolist())}

    assert closes[date(2012, 7, 3)] == datetime(2012, 7, 3, 17, tzinfo=UTC)
    assert closes[date(2012, 7, 5)] == datetime(2012, 7, 5, 20, tzinfo=UTC)
    assert closes[date(2012, 12, 24)] == datetime(2012, 12, 24, 18, tzinfo=UTC)
    assert closes[date(2012, 12, 26)] == datetime(2012, 12, 26, 21, tzinfo=UTC)


def test_the_view_adjusted_by_inferred_actions_follows_the_published_adjusted_close() -> None:
    """The publisher reinvests at the close of the ex-date, we at its price without the dividend, so
    the two may part by the day's move times the yield, summed over the ex-dates."""
    from bokeh_sampledata import stocks

    for symbol in ("AAPL", "IBM", "MSFT"):
        bars, _ = _checked(symbol)
        view = adjusted(bars, _actions(symbol), Adjustment.TOTAL_RETURN).close
        published = np.array(getattr(stocks, symbol)["adj_close"])

        ours, theirs = view / view[-1], published / published[-1]

        np.testing.assert_allclose(ours, theirs, rtol=0.011)
        np.testing.assert_allclose(ours[0], theirs[0], rtol=0.011)


def test_a_half_day_of_the_exchange_calendar_closes_early_and_holidays_are_no_sessions() -> None:
    calendar = calendar_for(SampleSource().fetch("IBM", DAILY, None, None).instrument)

    sessions = calendar.sessions(date(2012, 12, 24), date(2012, 12, 26))

    assert [from_nanoseconds(t) for t in sessions.close_time.tolist()] == [
        datetime(2012, 12, 24, 18, tzinfo=UTC),
        datetime(2012, 12, 26, 21, tzinfo=UTC),
    ]
