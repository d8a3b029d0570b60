"""What is said beside the numbers."""

import numpy as np

from tests.kit.performance import curve_of, measured


def test_a_daily_run_of_a_full_year_needs_no_note() -> None:
    assert measured(curve_of(np.full(252, 0.001))).notes == ()


def test_a_run_shorter_than_a_year_says_that_annual_figures_are_extrapolated() -> None:
    (note,) = measured(curve_of(np.full(251, 0.001))).notes
    assert "251 of 252 periods" in note


def test_an_intraday_run_says_how_it_was_measured() -> None:
    notes = measured([101.0, 102.0, 103.0], session=[1, 1, 2], periods_per_year=2).notes
    assert notes == ("Returns are measured from session close to session close: 2 sessions, 3 bars.",)


def test_a_fall_that_session_closes_hide_is_told() -> None:
    notes = measured([100.0, 60.0, 99.0, 100.0], session=[1, 2, 2, 3], periods_per_year=3).notes
    assert notes[1] == (
        "Bar by bar, equity fell as far as 40.0% below its peak; "
        "at session closes the maximum drawdown is 1.0%."
    )


def test_a_ruined_account_is_told_with_its_day() -> None:
    notes = measured([100.0, -12.5, 3.0], periods_per_year=3).notes
    assert len(notes) == 1
    assert notes[0].startswith("The account was ruined: equity fell to -12.50 on 2020-01-02.")
