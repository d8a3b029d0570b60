"""Every planted leak is caught for what it is, and nothing honest is."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from domain.arrays import FloatArray
from domain.backtesting.inputs import RunInputs
from domain.errors import InvalidInput
from domain.market.bars import COLUMNS, Panel
from domain.research.bias.effect import row_by_row
from domain.research.bias.futures import Way, futures
from domain.research.bias.lookahead import check_lookahead
from domain.research.bias.model import BiasKind, BiasReport
from domain.research.bias.outside import moved_by_28_years, stamped_one_bar_earlier
from domain.research.bias.subject import Subject
from domain.strategies.protocol import Strategy
from tests.kit.backtests import a_spec
from tests.kit.bars import random_panel
from tests.kit.leaky_strategies import (
    BARS,
    PAIRS,
    CountsBackwards,
    DiceByInstrument,
    DiceInOrder,
    HalfMonths,
    IndicatesAverage,
    IndicatesTomorrow,
    KeepsTheBars,
    NegativeShift,
    PositiveShift,
    UnusedPeek,
    a_subject,
)
from tests.kit.strategies import with_missing_bars

# The kind of each planted leak, and how far back it reaches; None where it reaches as far as there is data.
PLANTED: dict[str, tuple[BiasKind, int | None]] = {
    "centred window": (BiasKind.FUTURE_BARS, 5),
    "negative shift": (BiasKind.FUTURE_BARS, 1),
    "full-sample z-score": (BiasKind.WHOLE_SAMPLE, None),
    "same-bar close fill": (BiasKind.SAME_CLOSE, 0),
    "future join": (BiasKind.FUTURE_JOIN, 1),
    "resample label": (BiasKind.FUTURE_BARS, 4),
    "backfill": (BiasKind.FUTURE_BARS, 3),
    "global maximum": (BiasKind.WHOLE_SAMPLE, None),
    "adjusted price of a later date": (BiasKind.LATER_ADJUSTMENT, 115),
    "model trained on the test span": (BiasKind.WHOLE_SAMPLE, None),
}


def kinds(report: BiasReport) -> set[BiasKind]:
    return {finding.kind for finding in report.findings}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_leak_is_caught_for_what_it_is(name: str) -> None:
    kind, reach = PLANTED[name]

    report = check_lookahead(PAIRS[name].leak())

    assert not report.is_clean
    assert kinds(report) == {kind}
    grave = report.findings[0]
    assert grave.bars_back == reach if reach is not None else grave.bars_back > BARS / 2
    assert grave.effect is not None
    assert abs(grave.effect.gain) > 100.0
    assert grave.sentence in report.sentences


@pytest.mark.parametrize("name", sorted(set(PLANTED) - {"same-bar close fill"}))
def test_changed_bars_are_listed_with_what_they_are_and_what_they_were(name: str) -> None:
    subject = PAIRS[name].leak()

    grave = check_lookahead(subject).findings[0]

    assert grave.subject == "target"
    assert grave.changed_bars >= len(grave.changes) > 0
    told = dict(zip(subject.panel.close_time.tolist(), subject.on(subject.panel).targets[:, 0], strict=True))
    for change in grave.changes:
        assert change.instrument == subject.panel.instruments[0].id
        assert change.now == told[change.time]
        assert change.then != change.now
        assert 1 <= change.bars_back <= grave.bars_back


@pytest.mark.parametrize("name", PLANTED)
def test_the_honest_neighbour_of_a_leak_is_clean(name: str) -> None:
    report = check_lookahead(PAIRS[name].honest())

    assert report.findings == ()
    # Data joined by date cannot be cleared by taking bars away, however honest it is.
    cautions = {BiasKind.OUTSIDE_DATA} if name == "future join" else set()
    assert {caution.kind for caution in report.cautions} == cautions


def test_taking_the_future_away_after_every_bar_finds_every_bar_that_peeked() -> None:
    subject = a_subject(NegativeShift)
    close = subject.panel.close[:, 0]

    report = check_lookahead(subject, exhaustive=True)

    assert len(report.checked) == BARS - 10
    target, tomorrow = report.findings
    # From the look-back on: the last bar has no next one, and is never compared.
    assert tomorrow.changed_bars == BARS - 10
    assert target.changed_bars >= int((close[10:] > close[9:-1]).sum())
    first = tomorrow.changes[0]
    assert (first.time, first.now, first.then) == (subject.panel.close_time[9], close[10], None)


def test_the_honest_result_is_the_one_traded_on_what_was_known_at_each_bar() -> None:
    subject = a_subject(NegativeShift)

    (target, _) = check_lookahead(subject).findings

    # On the last bar it was shown, tomorrow is unknown: it never buys.
    np.testing.assert_array_equal(row_by_row(subject)[9:], np.zeros((BARS - 9, 1)))
    assert target.effect is not None
    assert target.effect.honest.final_equity == 100_000.0
    assert target.effect.honest.trades == 0
    assert target.effect.told.final_equity > 500_000.0
    assert "it ends at 100,000 USD (Sharpe undefined)" in " ".join(report_sentences(subject))


def report_sentences(subject: Subject) -> tuple[str, ...]:
    return check_lookahead(subject).sentences


def test_an_indicator_that_peeks_without_deciding_anything_is_a_caution() -> None:
    report = check_lookahead(a_subject(UnusedPeek))

    assert report.is_clean
    assert [(one.subject, one.kind) for one in report.cautions] == [("tomorrow", BiasKind.FUTURE_BARS)]


def test_the_answer_is_not_told_twice_under_the_name_it_has_inside_the_strategy() -> None:
    class Named(NegativeShift):
        name = "named"

        def target(self, bars: Panel) -> FloatArray:
            weights = super().target(bars)
            return weights  # noqa: RET504 - the name is what is tested

    report = check_lookahead(a_subject(Named))

    assert [one.subject for one in report.findings] == ["target", "tomorrow"]


def test_the_calendar_is_not_outside_data() -> None:
    report = check_lookahead(a_subject(HalfMonths))

    assert (report.findings, report.cautions) == ((), ())


def test_random_numbers_in_the_order_of_the_bars_are_no_bias() -> None:
    report = check_lookahead(a_subject(DiceInOrder, panel=random_panel(BARS, 2, 5), seed=7))

    assert (report.findings, report.cautions) == ((), ())


def test_random_numbers_in_another_order_are_told() -> None:
    report = check_lookahead(a_subject(DiceByInstrument, panel=random_panel(BARS, 2, 5), seed=7))

    assert kinds(report) == {BiasKind.RANDOM_ORDER}
    # The first instrument's numbers are the same however long the data is.
    assert {change.instrument for change in report.findings[0].changes} == {"T1.XNAS"}


def test_counting_from_the_end_is_told_from_reading_prices_there() -> None:
    assert kinds(check_lookahead(a_subject(CountsBackwards))) == {BiasKind.LENGTH_OF_DATA}


def test_an_event_strategy_whose_indicator_peeks_is_caught_by_its_orders() -> None:
    report = check_lookahead(a_subject(IndicatesTomorrow))

    assert [one.subject for one in report.findings] == ["orders", "value"]
    assert kinds(report) == {BiasKind.FUTURE_BARS}
    effect = report.findings[0].effect
    assert effect is not None
    assert effect.gain > 100.0


def test_an_event_strategy_that_kept_the_bars_is_caught_by_its_decisions() -> None:
    report = check_lookahead(a_subject(KeepsTheBars))

    assert [one.subject for one in report.findings] == ["target"]
    assert report.findings[0].effect is None


def test_an_honest_event_strategy_with_resting_orders_is_clean() -> None:
    report = check_lookahead(a_subject(IndicatesAverage))

    assert (report.findings, report.cautions) == ((), ())


def test_every_future_leaves_the_past_alone_and_the_bars_usable() -> None:
    panel = with_missing_bars(random_panel(50, 2, 1), seed=2)

    made = dict(futures(panel, 29, seed=3))

    assert set(made) == set(Way)
    assert len(made[Way.CUT]) == 30
    for other in made.values():
        for column in COLUMNS:
            np.testing.assert_array_equal(getattr(other, column)[:30], getattr(panel, column)[:30])
        known = np.isfinite(other.close)
        assert (other.high[known] >= other.low[known]).all()
    assert not np.array_equal(made[Way.SHUFFLED].close, panel.close, equal_nan=True)
    assert np.nanmin(made[Way.HUGE].close[30:]) > 1e6


def test_moving_the_calendar_keeps_weekday_month_and_day() -> None:
    panel = random_panel(400, 1, 1)

    before, after = (one.close_time.astype("datetime64[ns]") for one in (panel, moved_by_28_years(panel)))

    assert set((after.astype("datetime64[Y]") - before.astype("datetime64[Y]")).astype(int)) == {28}
    days_before, days_after = before.astype("datetime64[D]"), after.astype("datetime64[D]")
    assert set((days_after - days_before).astype(int) % 7) == {0}
    assert [str(day)[5:] for day in days_before] == [str(day)[5:] for day in days_after]


def test_bars_late_in_the_century_move_back() -> None:
    panel = random_panel(40, 1, 1)
    late = replace(panel, close_time=panel.close_time + 70 * 365 * 86_400 * 10**9)

    assert (moved_by_28_years(late).close_time < late.close_time).all()
    assert stamped_one_bar_earlier(panel).close_time[1:].tolist() == panel.close_time[:-1].tolist()


def test_a_profiler_that_was_there_before_is_there_again() -> None:
    heard: list[str] = []

    def profiler(frame: object, event: str, argument: object) -> None:
        heard.append(event)

    sys.setprofile(profiler)
    try:
        a_subject(PositiveShift).on(random_panel(20, 1, 1))
        kept = sys.getprofile()
    finally:
        sys.setprofile(None)
    assert kept is profiler


def test_a_strategy_that_fails_on_less_data_is_told_in_one_sentence() -> None:
    class Fails(PositiveShift):
        name = "fails"

        def target(self, bars: Panel) -> FloatArray:
            if len(bars) < BARS:
                raise IndexError("row 300")
            return super().target(bars)

    with pytest.raises(InvalidInput, match=r"'fails' fails on \d+ bars: IndexError: row 300"):
        check_lookahead(a_subject(Fails))


def test_targets_of_a_wrong_shape_are_refused() -> None:
    class Flat(PositiveShift):
        name = "flat"

        def target(self, bars: Panel) -> FloatArray:
            return np.zeros(len(bars))

    with pytest.raises(InvalidInput, match=r"'flat' must answer with one weight .* shape \(320, 1\)"):
        check_lookahead(a_subject(Flat))


@pytest.mark.parametrize("cut", [-1, BARS - 1, BARS + 5])
def test_a_cut_outside_the_run_is_refused(cut: int) -> None:
    with pytest.raises(InvalidInput, match="must be rows from 0 to 318"):
        check_lookahead(a_subject(PositiveShift), cuts=[cut])


def test_chosen_cuts_are_used_and_progress_is_told() -> None:
    heard: list[float] = []
    subject = a_subject(PositiveShift)

    report = check_lookahead(subject, cuts=[200, 100, 100], report=heard.append)

    assert report.checked == tuple(subject.panel.close_time[[100, 200]].tolist())
    assert heard == [0.5, 1.0]


@pytest.mark.parametrize("bars", [2, 3, 12])
def test_a_run_of_a_few_bars_is_checked_too(bars: int) -> None:
    def of(make: type[Strategy]) -> BiasReport:
        panel = random_panel(bars, 1, 1)
        spec = a_spec(strategy=make.name, parameters={}, instruments=("T0.XNAS",))
        return check_lookahead(Subject(spec, RunInputs(panel), make))

    assert of(PositiveShift).is_clean
    assert not of(NegativeShift).is_clean
