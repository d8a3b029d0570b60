"""Quality checks on bars before they are stored. Corrupt data is worse than no data.

Every rule is a small function that names the rows it finds fault with. A row that breaks an error
rule never reaches a store; a warning is kept with the data set. Order is part of the data: rows
are never rearranged without a finding. A delivery that runs strictly backwards is a known style of
vendors, so it is turned round with the warning `newest_first`; any other disorder is the error
`out_of_order` on the fewest rows that must go for the rest to be in order.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from domain.arrays import BoolArray, FloatArray, IntArray, TimeArray
from domain.clock import from_nanoseconds
from domain.market.adjustment import actions_between, split_like
from domain.market.bars import COLUMNS, Bars
from domain.market.calendars import TradingCalendar, day_of, is_known_venue, session_ids
from domain.market.corporate_actions import CorporateAction, Split
from domain.market.instruments import Instrument
from domain.market.quality_report import Finding, QualityReport, Severity
from domain.market.timeframe import Timeframe

_EXAMPLES = 5
_DAY_SECONDS = 86_400
# Vendors round each price on its own; a difference in the tenth digit is no contradiction.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class RawBars:
    """Columns as a source delivered them: any order, duplicates and NaN allowed. Shape (T,) each.

    close_time is UTC nanoseconds.
    """

    close_time: TimeArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray

    def __len__(self) -> int:
        return int(self.close_time.shape[0])

    @classmethod
    def of(cls, bars: Bars) -> "RawBars":
        """The columns of bars that were accepted before, to check them again."""
        return cls(bars.close_time, *(getattr(bars, column) for column in COLUMNS))

    def take(self, rows: IntArray | BoolArray) -> "RawBars":
        """The chosen rows, in the order they are named."""
        return RawBars(self.close_time[rows], *(getattr(self, column)[rows] for column in COLUMNS))


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """The outcome of all rules: what was found, and the rows without an error, in time order."""

    report: QualityReport
    bars: Bars


_RowRule: TypeAlias = Callable[[RawBars], BoolArray]


def not_finite(raw: RawBars) -> BoolArray:
    finite = np.ones(len(raw), dtype=np.bool_)
    for column in COLUMNS:
        finite &= np.isfinite(getattr(raw, column))
    return ~finite


def not_positive(raw: RawBars) -> BoolArray:
    return (raw.open <= 0) | (raw.high <= 0) | (raw.low <= 0) | (raw.close <= 0)


def negative_volume(raw: RawBars) -> BoolArray:
    return raw.volume < 0


def high_below_low(raw: RawBars) -> BoolArray:
    return raw.high < raw.low


def open_outside_range(raw: RawBars) -> BoolArray:
    return _outside_range(raw, raw.open)


def close_outside_range(raw: RawBars) -> BoolArray:
    return _outside_range(raw, raw.close)


def _outside_range(raw: RawBars, price: FloatArray) -> BoolArray:
    margin = _ROUNDING * np.abs(price)
    ordered = raw.high >= raw.low
    return ordered & ((price > raw.high + margin) | (price < raw.low - margin))


def duplicate_time(raw: RawBars) -> BoolArray:
    """Copies after the first of equal rows; every row of a time whose rows disagree, because
    nothing tells which of them is true."""
    order = np.argsort(raw.close_time, kind="stable")
    time = raw.close_time[order]
    repeats = np.concatenate([[False], time[1:] == time[:-1]])
    if not repeats.any():
        return np.zeros(len(raw), dtype=np.bool_)
    _, group = np.unique(time, return_inverse=True)
    same_as_before = np.logical_and.reduce(
        [_equal_to_row_before(getattr(raw, column)[order]) for column in COLUMNS]
    )
    disagrees = np.zeros(int(group[-1]) + 1, dtype=np.bool_)
    disagrees[group[repeats & ~same_as_before]] = True
    found = np.empty(len(raw), dtype=np.bool_)
    found[order] = repeats | disagrees[group]
    return found


def _equal_to_row_before(values: FloatArray) -> BoolArray:
    return np.concatenate([[True], values[1:] == values[:-1]])


def out_of_order(raw: RawBars) -> BoolArray:
    """The fewest rows that must go for the others to be in order of time. A row that repeats the
    time of one that stays is left to `duplicate_time`."""
    if len(raw) < 2 or bool((np.diff(raw.close_time) >= 0).all()):  # noqa: PLR2004 - one row is in order
        return np.zeros(len(raw), dtype=np.bool_)
    in_order = raw.close_time[_longest_in_order(raw.close_time.tolist())]
    return ~np.isin(raw.close_time, in_order)


def _longest_in_order(times: list[int]) -> list[int]:
    """Rows of the longest increasing subsequence (patience sorting, O(n log n))."""
    tails: list[int] = []
    tail_rows: list[int] = []
    before = [-1] * len(times)
    for row, time in enumerate(times):
        place = bisect_left(tails, time)
        before[row] = tail_rows[place - 1] if place else -1
        tails[place : place + 1] = [time]
        tail_rows[place : place + 1] = [row]
    rows = []
    row = tail_rows[-1]
    while row >= 0:
        rows.append(row)
        row = before[row]
    return rows[::-1]


_ERRORS: tuple[tuple[_RowRule, str], ...] = (
    (not_finite, "a price or the volume is missing or infinite"),
    (not_positive, "a price is zero or negative"),
    (negative_volume, "the volume is negative"),
    (high_below_low, "the high is below the low"),
    (open_outside_range, "the open lies outside the range from low to high"),
    (close_outside_range, "the close lies outside the range from low to high"),
    (out_of_order, "the row is earlier than one before it"),
    (duplicate_time, "the time occurs more than once"),
)


def check(
    raw: RawBars,
    instrument: Instrument,
    timeframe: Timeframe,
    actions: Sequence[CorporateAction],
    calendar: TradingCalendar,
    *,
    now: int | None = None,
) -> Checked:
    """Apply every rule to bars as delivered.

    `now` is UTC nanoseconds: a bar that closes later is not finished, its values will change, so
    it is left out with a warning. None checks no such thing.
    """
    rows = len(raw)
    raw, findings = _without_unfinished(raw, now)
    if _runs_backwards(raw.close_time):
        message = "the rows run backwards in time and were turned round"
        findings.append(_finding("newest_first", Severity.WARNING, message, raw.close_time))
        raw = raw.take(np.arange(len(raw))[::-1])
    keep = np.ones(len(raw), dtype=np.bool_)
    for rule, message in _ERRORS:
        with np.errstate(invalid="ignore"):
            found = rule(raw)
        if found.any():
            findings.append(_finding(rule.__name__, Severity.ERROR, message, raw.close_time[found]))
            keep &= ~found
    good = raw.take(keep)
    bars = Bars(instrument, timeframe, good.close_time, *(getattr(good, column) for column in COLUMNS))
    findings.extend(_warnings(bars, actions, calendar))
    return Checked(QualityReport(rows, rows - len(bars), tuple(findings)), bars)


def _without_unfinished(raw: RawBars, now: int | None) -> tuple[RawBars, list[Finding]]:
    if now is None or not bool((raw.close_time > now).any()):
        return raw, []
    later = raw.close_time > now
    finding = _finding("unfinished", Severity.WARNING, "the bar has not closed yet", raw.close_time[later])
    return raw.take(~later), [finding]


def _runs_backwards(times: TimeArray) -> bool:
    return times.shape[0] > 1 and bool((np.diff(times) <= 0).all()) and bool(times[-1] < times[0])


def _warnings(bars: Bars, actions: Sequence[CorporateAction], calendar: TradingCalendar) -> list[Finding]:
    if len(bars) == 0:
        return []
    session = session_ids(bars.close_time, bars.instrument)
    return [
        *_venue_findings(bars),
        *_calendar_findings(bars, session, calendar),
        *_split_findings(bars, session, actions),
    ]


def _venue_findings(bars: Bars) -> list[Finding]:
    """A venue whose hours are not known: its days and closing times are a guess."""
    if is_known_venue(bars.instrument):
        return []
    message = (
        f"venue '{bars.instrument.venue}' is not known, so its bars are taken to follow New York's hours"
    )
    return [_finding("unknown_venue", Severity.WARNING, message, bars.close_time)]


def _calendar_findings(bars: Bars, session: IntArray, calendar: TradingCalendar) -> list[Finding]:
    """Sessions without a bar, and bars on days that are no session. Bars longer than a day cover
    several sessions and are not held against the calendar."""
    if bars.timeframe.seconds > _DAY_SECONDS:
        return []
    expected = calendar.sessions(day_of(int(session[0])), day_of(int(session[-1])))
    found = []
    missing = ~np.isin(expected.day, session)
    if missing.any():
        message = f"a session of the {calendar.hours.calendar} calendar has no bar"
        found.append(_finding("missing_session", Severity.WARNING, message, expected.close_time[missing]))
    stray = ~np.isin(session, expected.day)
    if stray.any():
        message = f"the day is no session of the {calendar.hours.calendar} calendar"
        found.append(_finding("outside_session", Severity.WARNING, message, bars.close_time[stray]))
    return found


def _split_findings(bars: Bars, session: IntArray, actions: Sequence[CorporateAction]) -> list[Finding]:
    """Openings that jump by a split ratio where no split is known.

    The gap from the last close to the open is looked at, because a split takes effect between
    sessions; inside a session a halving is a crash.
    """
    new_session = np.flatnonzero(np.diff(session) > 0) + 1
    ratio = split_like(bars.open[new_session] / bars.close[new_session - 1])
    suspect = new_session[~np.isnan(ratio)]
    if suspect.size == 0:
        return []
    splits = [action for action in actions if isinstance(action, Split)]
    explained = np.array(actions_between(splits, session[suspect - 1], session[suspect]), dtype=np.bool_)
    suspect = suspect[~explained]
    if suspect.size == 0:
        return []
    message = "the price jumps like a split, and no split is known for that day"
    return [_finding("split_like_jump", Severity.WARNING, message, bars.close_time[suspect])]


def _finding(rule: str, severity: Severity, message: str, times: TimeArray) -> Finding:
    examples = tuple(from_nanoseconds(time) for time in times[:_EXAMPLES].tolist())
    return Finding(rule, severity, message, int(times.shape[0]), examples)
