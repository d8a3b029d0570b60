"""Decisions that depend on splits and dividends which had not happened yet.

A price adjusted for all the actions of a run is lower than anyone paid at the time: a rule on its
level ("buy below 50") knows what will be split. Here each stretch between two ex-dates is decided
on prices adjusted as of its own end, and compared with the run. The two views differ by a constant
factor, which keeps prices in their order, so weights are compared to within rounding.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.backtesting.inputs import read_panel, series_key
from domain.backtesting.model import BacktestSpec
from domain.clock import from_nanoseconds, to_nanoseconds
from domain.market.bars import Panel
from domain.market.ports import BarStore
from domain.research.bias.changes import first_changes
from domain.research.bias.effect import effect_of
from domain.research.bias.model import BiasFinding, BiasKind
from domain.research.bias.subject import TARGET, Observation, Subject
from domain.research.bias.words import plural

_MOST_VIEWS = 60
_ROUNDING = 1e-9
_FEWEST_BARS = 2


def later_adjustment(subject: Subject) -> Iterator[BiasFinding]:
    """One finding when decisions depend on later actions; nothing without a store or actions."""
    if subject.store is None or not subject.spec.adjustment.changes_prices:
        return
    told = subject.on(subject.panel).targets
    honest = told.copy()
    back = np.zeros(told.shape, dtype=np.int64)
    for epoch in _epochs(subject, subject.store):
        rows = slice(epoch.first, epoch.stop)
        honest[rows] = epoch.decided[rows]
        distance = epoch.stop - np.arange(epoch.first, epoch.stop)[:, np.newaxis]
        back[rows] = np.where(epoch.differs[rows], distance, 0)
    if back.any():
        yield _finding(subject, told, honest, back)


@dataclass(frozen=True, slots=True, eq=False)
class _Epoch:
    """Rows [first, stop) between two ex-dates: decided (stop, N) on prices as of its end."""

    first: int
    stop: int
    decided: FloatArray
    differs: BoolArray


def _epochs(subject: Subject, store: BarStore) -> Iterator[_Epoch]:
    first = 0
    for ex_date in _ex_dates(subject.spec, store, subject.panel):
        known = subject.spec.model_copy(update={"end": ex_date - timedelta(days=1)})
        before = to_nanoseconds(datetime.combine(ex_date, time.min, UTC))
        stop = int(np.searchsorted(subject.panel.close_time, before))
        if stop < max(_FEWEST_BARS, first + 1):
            continue
        view, _ = read_panel(store, known)
        past = subject.panel.until(stop - 1)
        if np.array_equal(view.close_time, past.close_time):
            yield _Epoch(first, stop, *_compared(subject, past, view))
        first = stop


def _compared(subject: Subject, past: Panel, view: Panel) -> tuple[FloatArray, BoolArray]:
    as_told, as_known = subject.on(past), subject.on(view)
    return as_known.targets, _apart(as_told, as_known)


def _apart(one: Observation, other: Observation) -> BoolArray:
    a, b = one.targets, other.targets
    close = np.abs(a - b) <= _ROUNDING * np.maximum(np.abs(a), np.abs(b))
    apart: BoolArray = ~(close | (np.isnan(a) & np.isnan(b)))
    if one.orders:
        # Quantities of orders scale with the price; only whether there are any can be compared.
        apart |= np.array([[bool(x) != bool(y)] for x, y in zip(one.orders, other.orders, strict=True)])
    return apart


def _ex_dates(spec: BacktestSpec, store: BarStore, panel: Panel) -> list[date]:
    last = from_nanoseconds(panel.close_time[-1]).date()
    dates = sorted(
        {
            action.ex_date
            for instrument in spec.instruments
            for action in store.actions(series_key(spec, instrument))
            if action.ex_date <= min(last, spec.end or last)
        }
    )
    if len(dates) <= _MOST_VIEWS:
        return dates
    # Evenly chosen; between two of them prices are taken as of the later one.
    return [dates[index] for index in np.linspace(0, len(dates) - 1, _MOST_VIEWS).astype(int)]


def _finding(subject: Subject, told: FloatArray, honest: FloatArray, back: IntArray) -> BiasFinding:
    count = int(np.count_nonzero(back))
    return BiasFinding(
        BiasKind.LATER_ADJUSTMENT,
        TARGET,
        f"{plural(count, 'decision')} would have been different on prices as they were known at the time: "
        "the strategy reads the level of prices that are adjusted for later splits and dividends.",
        bars_back=int(back.max()),
        changed_bars=count,
        changes=first_changes(subject.panel, back, told, honest),
        effect=effect_of(subject, told, honest),
    )
