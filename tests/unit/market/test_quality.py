from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import from_nanoseconds
from domain.market.calendars import ContinuousCalendar, TradingCalendar, WeekdayCalendar
from domain.market.corporate_actions import CorporateAction, Split
from domain.market.instruments import AssetClass, Instrument
from domain.market.quality import Checked, RawBars, check
from domain.market.quality_report import QualityReport, Severity
from domain.market.timeframe import DAILY, Timeframe
from tests.kit.bars import FIRST_CLOSE, an_instrument
from tests.kit.market import raw_bars

GOOD = (10.0, 12.0, 9.0, 11.0, 100.0)
DAY = 86_400 * 10**9
NAN, INFINITE = float("nan"), float("inf")


class _EveryDay(ContinuousCalendar):
    """A calendar on which no day is missing."""


def _check(
    raw: RawBars,
    actions: tuple[CorporateAction, ...] = (),
    calendar: TradingCalendar | None = None,
    now: int | None = None,
    timeframe: Timeframe = DAILY,
) -> Checked:
    return check(raw, an_instrument(), timeframe, actions, calendar or _EveryDay(), now=now)


def _rules(report: QualityReport) -> dict[str, int]:
    return {finding.rule: finding.rows for finding in report.findings}


def test_clean_bars_have_no_findings_and_pass_unchanged() -> None:
    raw = raw_bars([GOOD, (11.0, 13.0, 10.0, 12.0, 0.0)])

    checked = _check(raw)

    assert checked.report == QualityReport(2, 0, ())
    assert checked.bars.close.tolist() == [11, 12]
    assert checked.bars.close_time.tolist() == raw.close_time.tolist()


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ((NAN, 12, 9, 11, 100), "not_finite"),
        ((10, INFINITE, 9, 11, 100), "not_finite"),
        ((10, 12, 9, 11, NAN), "not_finite"),
        ((10, 12, 0, 11, 100), "not_positive"),
        ((10, 12, -9, 11, 100), "not_positive"),
        ((10, 12, 9, 11, -1), "negative_volume"),
        ((10, 9, 12, 11, 100), "high_below_low"),
        ((13, 12, 9, 11, 100), "open_outside_range"),
        ((10, 12, 9, 8.5, 100), "close_outside_range"),
    ],
)
def test_a_row_that_breaks_a_rule_is_an_error_and_is_left_out(row: tuple[float, ...], rule: str) -> None:
    checked = _check(raw_bars([GOOD, row, GOOD]))

    (finding,) = checked.report.errors
    assert (finding.rule, finding.severity, finding.rows) == (rule, Severity.ERROR, 1)
    assert finding.examples == (from_nanoseconds(FIRST_CLOSE + DAY),)
    assert (checked.report.rows_checked, checked.report.rows_quarantined) == (3, 1)
    assert checked.bars.close_time.tolist() == [FIRST_CLOSE, FIRST_CLOSE + 2 * DAY]


def test_a_row_may_break_several_rules_and_is_quarantined_once() -> None:
    checked = _check(raw_bars([GOOD, (10, 9, 12, 11, -1)]))

    assert _rules(checked.report) == {"high_below_low": 1, "negative_volume": 1}
    assert checked.report.rows_quarantined == 1


def test_rounding_in_the_last_digits_is_no_fault() -> None:
    assert _check(raw_bars([(10.0, 12.0, 10.0 + 1e-12, 12.0 + 1e-12, 1)])).report.findings == ()


def test_of_equal_rows_of_one_time_the_first_is_kept() -> None:
    checked = _check(raw_bars([GOOD, GOOD, GOOD], days=[0, 1, 1]))

    assert _rules(checked.report) == {"duplicate_time": 1}
    assert len(checked.bars) == 2


def test_rows_of_one_time_that_disagree_are_all_left_out() -> None:
    other = (10.0, 12.0, 9.0, 9.5, 100.0)

    checked = _check(raw_bars([GOOD, GOOD, other, GOOD], days=[0, 1, 1, 2]))

    assert _rules(checked.report) == {"duplicate_time": 2, "missing_session": 1}
    assert checked.bars.close_time.tolist() == [FIRST_CLOSE, FIRST_CLOSE + 2 * DAY]


def test_rows_that_run_backwards_are_turned_round_with_a_warning() -> None:
    rows = [(10, 12, 9, close, 1) for close in (11.0, 10.5, 10.0)]

    checked = _check(raw_bars(rows, days=[2, 1, 0]))

    assert [finding.severity for finding in checked.report.findings] == [Severity.WARNING]
    assert _rules(checked.report) == {"newest_first": 3}
    assert checked.bars.close.tolist() == [10, 10.5, 11]


def test_the_fewest_rows_go_to_put_the_others_in_order() -> None:
    checked = _check(raw_bars([GOOD] * 6, days=[0, 9, 1, 2, 3, 2]))

    assert _rules(checked.report) == {"out_of_order": 1, "duplicate_time": 1}
    assert checked.bars.close_time.tolist() == [FIRST_CLOSE + day * DAY for day in (0, 1, 2, 3)]


def test_a_bar_that_has_not_closed_is_left_out_with_a_warning() -> None:
    checked = _check(raw_bars([GOOD, GOOD]), now=FIRST_CLOSE + DAY - 1)

    assert _rules(checked.report) == {"unfinished": 1}
    assert checked.report.errors == ()
    assert len(checked.bars) == 1


def test_a_bar_that_closes_this_very_moment_is_finished() -> None:
    assert _check(raw_bars([GOOD]), now=FIRST_CLOSE).report.findings == ()


def test_sessions_without_a_bar_are_a_warning_that_names_them() -> None:
    # 1 January 2020 is a Wednesday: Friday and Monday are missing, the weekend is not.
    checked = _check(raw_bars([GOOD] * 3, days=[0, 1, 6]), calendar=WeekdayCalendar())

    (finding,) = checked.report.warnings
    assert (finding.rule, finding.rows) == ("missing_session", 2)
    assert [example.date() for example in finding.examples] == [date(2020, 1, 3), date(2020, 1, 6)]
    assert len(checked.bars) == 3


def test_bars_on_days_without_a_session_are_a_warning() -> None:
    checked = _check(raw_bars([GOOD] * 3, days=[1, 2, 3]), calendar=WeekdayCalendar())

    assert _rules(checked.report) == {"outside_session": 1}
    assert checked.report.warnings[0].examples == (datetime.fromisoformat("2020-01-04T21:00:00+00:00"),)


def test_weekly_bars_are_not_held_against_the_calendar() -> None:
    checked = _check(raw_bars([GOOD] * 2, days=[0, 7]), timeframe=Timeframe.parse("1w"))

    assert checked.report.findings == ()


def _venue_warnings(venue: str, asset_class: AssetClass) -> list[str]:
    instrument = Instrument("TEST", venue, asset_class)
    report = check(raw_bars([GOOD] * 2), instrument, DAILY, (), _EveryDay()).report
    return [finding.message for finding in report.warnings if finding.rule == "unknown_venue"]


def test_an_unknown_venue_is_told_to_follow_new_york() -> None:
    (message,) = _venue_warnings("NASDQ", AssetClass.EQUITY)

    assert message == "venue 'NASDQ' is not known, so its bars are taken to follow New York's hours"


@pytest.mark.parametrize(
    ("venue", "asset_class"),
    [("XTKS", AssetClass.EQUITY), ("BINANCE", AssetClass.CRYPTO), ("IDEALPRO", AssetClass.FX)],
)
def test_hours_that_are_known_are_no_warning(venue: str, asset_class: AssetClass) -> None:
    assert _venue_warnings(venue, asset_class) == []


HALVED = [(100, 101, 99, 100, 10), (50.5, 51, 49, 50, 20)]


def test_an_opening_at_half_the_price_looks_like_a_split_nobody_reported() -> None:
    checked = _check(raw_bars(HALVED))

    assert _rules(checked.report) == {"split_like_jump": 1}
    assert checked.report.warnings[0].examples == (from_nanoseconds(FIRST_CLOSE + DAY),)
    assert len(checked.bars) == 2


def test_a_known_split_explains_the_jump() -> None:
    assert _check(raw_bars(HALVED), actions=(Split(date(2020, 1, 2), 2.0),)).report.findings == ()


def test_a_split_of_another_day_explains_nothing() -> None:
    assert _rules(_check(raw_bars(HALVED), actions=(Split(date(2020, 1, 1), 2.0),)).report) == {
        "split_like_jump": 1
    }


def test_a_crash_inside_a_session_is_no_split() -> None:
    assert _check(raw_bars([(100, 101, 99, 100, 1), (99, 100, 45, 50, 1)])).report.findings == ()


def test_only_the_first_few_rows_are_shown_as_examples() -> None:
    checked = _check(raw_bars([(10, 12, 9, 11, -1)] * 50))

    assert checked.report.findings[0].rows == 50
    assert len(checked.report.findings[0].examples) == 5
    assert len(checked.bars) == 0


def test_no_rows_at_all_are_no_fault() -> None:
    assert _check(raw_bars([])).report == QualityReport(0, 0, ())


values = st.one_of(st.floats(), st.floats(0.1, 100))
dirty_rows = st.lists(st.tuples(st.integers(-3, 12), values, values, values, values, values), max_size=25)


@given(dirty_rows)
def test_whatever_comes_in_only_sound_bars_in_order_go_out(rows: list[tuple[float, ...]]) -> None:
    raw = raw_bars([row[1:] for row in rows], days=[int(row[0]) for row in rows])

    checked = _check(raw)

    bars = checked.bars
    assert np.isfinite([bars.open, bars.high, bars.low, bars.close, bars.volume]).all()
    assert (np.diff(bars.close_time) > 0).all()
    assert (bars.low > 0).all()
    assert (bars.volume >= 0).all()
    assert (bars.high * (1 + 1e-8) >= np.maximum(bars.open, bars.close)).all()
    assert checked.report.rows_checked == len(rows)
    assert checked.report.rows_quarantined == len(rows) - len(bars)
    assert bool(checked.report.errors) == (len(bars) < len(rows))
    again = _check(RawBars.of(bars))
    assert again.report.errors == ()
    assert again.bars.digest() == bars.digest()
