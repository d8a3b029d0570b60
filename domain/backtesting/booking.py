"""Corporate actions that a run carries out in the account: what happens on which row, and what is seen."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from domain.arrays import FloatArray
from domain.backtesting.conditions import InstrumentEvents, RestatedView
from domain.backtesting.model import BacktestSpec
from domain.clock import NANOSECONDS_PER_DAY
from domain.market.adjustment import effective, growth_of_a_share
from domain.market.bars import Bars, Panel
from domain.market.corporate_actions import CorporateAction, Split

DAYS_OF_SILENCE = 10
"""An instrument without bars for more days of trading than this, up to the end, counts as delisted."""


def booked(
    spec: BacktestSpec,
    whole: Sequence[Bars],
    panel: Panel,
    actions_of: Callable[[Bars], Sequence[CorporateAction]],
) -> tuple[InstrumentEvents, RestatedView]:
    """Splits and dividends by the row they take effect with, and the panel as strategies see it.

    whole  the traded, unadjusted bars from their beginning on, in the order of the panel's columns
    """
    rows: list[tuple[int, int, float, float]] = []
    price, shares = np.ones(panel.shape), np.ones(panel.shape)
    for column, bars in enumerate(whole):
        actions = actions_of(bars)
        rows += [(row, column, *what) for row, what in _by_row(spec, bars, actions, panel)]
        for table, growth in zip((price, shares), growth_of_a_share(bars, actions, spec.end), strict=True):
            table[:, column] = _last_known(growth, bars, panel)
    rows.sort()
    events = InstrumentEvents(
        np.array([row[:2] for row in rows], dtype=np.int64).reshape(-1, 2),
        np.array([row[2:] for row in rows], dtype=np.float64).reshape(-1, 2),
    )
    return events, RestatedView(panel.scaled(price, 1.0 / shares), price, shares)


def delistings(panel: Panel) -> InstrumentEvents:
    """A delisting on the row after the last bar of each instrument that ends well before the others.

    That it was the last bar is known in hindsight only, so nothing is done before the row after it.
    """
    day = (panel.close_time - 1) // NANOSECONDS_PER_DAY
    where = []
    for column in range(len(panel.instruments)):
        has_bar = np.flatnonzero(~np.isnan(panel.close[:, column]))
        if len(has_bar) and len(np.unique(day[has_bar[-1] + 1 :])) > DAYS_OF_SILENCE:
            where.append((int(has_bar[-1]) + 1, column))
    where.sort()
    return InstrumentEvents(np.array(where, dtype=np.int64).reshape(-1, 2), np.zeros((len(where), 2)))


def _by_row(
    spec: BacktestSpec, bars: Bars, actions: Sequence[CorporateAction], panel: Panel
) -> Iterator[tuple[int, tuple[float, float]]]:
    """Rows of the panel with the split ratio and the dividend per old share that take effect there."""
    found: dict[int, tuple[float, float]] = {}
    for row, action in effective(bars, actions, spec.end):
        ratio, cash = found.get(row, (1.0, 0.0))
        if isinstance(action, Split):
            found[row] = ratio * action.ratio, cash
        else:
            found[row] = ratio, cash + action.amount
    for row, what in found.items():
        if bars.close_time[row] >= panel.close_time[0]:
            yield int(np.searchsorted(panel.close_time, bars.close_time[row])), what


def _last_known(growth: FloatArray, bars: Bars, panel: Panel) -> FloatArray:
    """The growth at each row of the panel, over that at its first row or the instrument's first bar."""
    if len(bars) == 0:
        return np.ones(len(panel))
    known = np.maximum(np.searchsorted(bars.close_time, panel.close_time, "right") - 1, 0)
    return np.asarray(growth[known] / growth[known[0]], dtype=np.float64)
