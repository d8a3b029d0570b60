"""Decisions that come from somewhere else than the bars.

A table joined by date answers the same however the bars are cut, so its dates are moved instead:
28 years, after which weekdays, months and leap years fall alike. A strategy that reads bars and the
calendar decides the same; one that looks up a certain day does not. A list joined by row number is
known by decisions that stay when every price is replaced.

Whether such data came too early cannot be seen from the data itself, so a dependence is a caution.
It becomes a finding when what was decided fits the very next bar better than any honest data could:
a return for each unit of risk of a quarter or more **in every single bar** (a daily Sharpe ratio of
four a year), six standard errors from nothing, of which less than half is left when the data is
known one bar later. A join that is early by more than a few bars, or rarely, stays a caution.
"""

from dataclasses import replace

import numpy as np

from domain.arrays import FloatArray
from domain.clock import NANOSECONDS_PER_DAY, from_nanoseconds
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.research.bias.changes import first_changes
from domain.research.bias.effect import effect_of
from domain.research.bias.futures import shuffled
from domain.research.bias.model import BiasFinding, BiasKind
from domain.research.bias.subject import TARGET, Observation, Subject, same
from domain.research.bias.words import plural, share

_CALENDAR_REPEATS = 10_227 * NANOSECONDS_PER_DAY
"""28 years: between 1901 and 2099 every date then has its weekday again."""
_LAST_YEAR = 2099
_LEAST_RATIO, _LEAST_ERRORS, _MOST_LEFT = 0.25, 6.0, 0.5
_FEWEST_BARS = 30
_FEWEST_DECISIONS = 10

Found = tuple[list[BiasFinding], list[BiasFinding]]


def outside_data(subject: Subject, whole: Observation) -> Found:
    """Findings and cautions about data that is joined by date or by row."""
    moved = _decided(subject, moved_by_28_years(subject.panel))
    if not _alike(whole, moved):
        return _joined_by_date(subject, whole)
    if _ignores_prices(subject, whole):
        later = _one_row_later(whole.targets)
        if _knows_the_next_bar(subject.panel, whole.targets, later):
            return [_finding(subject, whole, later, BiasKind.FUTURE_JOIN)], []
    return [], []


def moved_by_28_years(panel: Panel) -> Panel:
    """The same bars, when the calendar next or last looked the same."""
    step = _CALENDAR_REPEATS
    if from_nanoseconds(panel.close_time[-1] + step).year > _LAST_YEAR:
        step = -step
    return replace(panel, close_time=panel.close_time + step)


def stamped_one_bar_earlier(panel: Panel) -> Panel:
    """Each bar with the time of the bar before: what is joined by date becomes known a bar later."""
    times = panel.close_time
    first = times[:1] - (times[1:2] - times[:1])
    return replace(panel, close_time=np.concatenate([first, times[:-1]]))


def _joined_by_date(subject: Subject, whole: Observation) -> Found:
    seen = _decided(subject, stamped_one_bar_earlier(subject.panel))
    later = None if seen is None else seen.targets
    if later is not None and _knows_the_next_bar(subject.panel, whole.targets, later):
        return [_finding(subject, whole, later, BiasKind.FUTURE_JOIN)], []
    return [], [_finding(subject, whole, later, BiasKind.OUTSIDE_DATA)]


def _decided(subject: Subject, panel: Panel) -> Observation | None:
    """What is decided; None for a strategy that cannot decide on these dates."""
    try:
        return subject.on(panel)
    except InvalidInput:
        return None


def _alike(one: Observation, other: Observation | None) -> bool:
    """Whether both decide the same; of orders only on which bars, for they may name a date."""
    return (
        other is not None
        and bool(same(one.targets, other.targets).all())
        and [*map(bool, one.orders)] == [*map(bool, other.orders)]
    )


def _ignores_prices(subject: Subject, whole: Observation) -> bool:
    """Whether many decisions were made, and all of them again on bars in another order."""
    if int(whole.decided().sum()) < _FEWEST_DECISIONS:
        return False
    return _alike(whole, _decided(subject, shuffled(subject.panel, subject.spec.seed)))


def _one_row_later(targets: FloatArray) -> FloatArray:
    return np.concatenate([np.full_like(targets[:1], np.nan), targets[:-1]])


def _knows_the_next_bar(panel: Panel, told: FloatArray, later: FloatArray) -> bool:
    ratio, errors = _foresight(panel, told)
    if ratio < _LEAST_RATIO or errors < _LEAST_ERRORS:
        return False
    return _foresight(panel, later)[0] < _MOST_LEFT * ratio


def _foresight(panel: Panel, targets: FloatArray) -> tuple[float, float]:
    """Mean over deviation, by bar, of what weights made of the next close; and its standard errors.

    Weights less their average, so that a market that rose all along is no foresight.
    """
    held = held_weights(targets)[:-1]
    returns = panel.close[1:] / panel.close[:-1] - 1.0
    made = np.where(np.isfinite(returns), (held - held.mean(axis=0)) * returns, 0.0).sum(axis=1)
    deviation = float(made.std()) if made.size >= _FEWEST_BARS else 0.0
    if deviation == 0.0:
        return 0.0, 0.0
    ratio = float(made.mean()) / deviation
    return ratio, ratio * float(np.sqrt(made.size))


def held_weights(targets: FloatArray) -> FloatArray:
    """(T, N) the last weight asked for at each row, 0 before the first."""
    rows = np.where(np.isnan(targets), -1, np.arange(len(targets))[:, np.newaxis])
    last = np.maximum.accumulate(rows, axis=0)
    return np.where(last >= 0, np.take_along_axis(targets, np.maximum(last, 0), axis=0), 0.0)


def _finding(subject: Subject, whole: Observation, later: FloatArray | None, kind: BiasKind) -> BiasFinding:
    told = whole.targets
    ratio, _ = _foresight(subject.panel, told)
    known = told if later is None else later
    back = (~same(told, known)).astype(np.int64)
    count = int(back.sum())
    if kind is BiasKind.FUTURE_JOIN:
        sentence = (
            f"Data from outside knows the next bar: decisions gain {share(ratio)} of their risk in every single "
            "bar, and most of that is gone when the data is known one bar later; "
            f"{plural(count, 'decision')} would have been different."
        )
    else:
        sentence = (
            "Decisions depend on the calendar date itself: data is joined by date, or dates stand in the code. "
            "Taking bars away cannot show whether that data was known at the time; check when it was published."
        )
    return BiasFinding(
        kind,
        TARGET,
        sentence,
        bars_back=1 if count else 0,
        changed_bars=count,
        changes=first_changes(subject.panel, back, told, known),
        effect=None if later is None else effect_of(subject, told, later),
    )
