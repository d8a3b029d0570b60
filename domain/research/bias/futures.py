"""Where to take the future away from a strategy, and what to put in its place.

Cutting the data off shows what depends on there being more bars; replacing what comes later shows
what depends on their values, also where the true future happens to change nothing: a maximum of all
prices stands still while the market falls, and jumps when the future is made huge.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import pairwise

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.market.bars import COLUMNS, Panel
from domain.research.bias.subject import Observation

_SPREAD, _AROUND_DECISIONS, _AT_GAPS = 24, 24, 12
_HUGE = 1e6
"""Far beyond any move, and still a price."""


class Way(StrEnum):
    """What became of the bars after the cut."""

    CUT = "cut"
    SHUFFLED = "shuffled"
    HUGE = "huge"


def chosen_cuts(seen: Observation, lookback: int, seed: int, *, exhaustive: bool = False) -> tuple[int, ...]:
    """Rows after which the future is taken away, ascending; each is the last row that is known.

    Spread over the run at uneven distances, so that no calendar pattern is always met at the same
    place; on and right before decisions; inside gaps. From the first bar the strategy may decide on;
    every one of them if exhaustive.
    """
    bars = len(seen.panel)
    first = max(0, min(max(lookback, 2) - 1, bars - 2))
    rows = np.arange(first, bars - 1)
    if exhaustive or rows.size <= _SPREAD:
        return tuple(map(int, rows))
    dice = np.random.default_rng(seed)
    edges = np.linspace(first, bars - 1, _SPREAD + 1).astype(np.int64)
    spread = [int(dice.integers(low, max(low + 1, high))) for low, high in pairwise(edges)]
    decided = _some(np.flatnonzero(seen.decided()), _AROUND_DECISIONS, dice)
    gaps = _some(np.flatnonzero(np.isnan(seen.panel.close).any(axis=1)), _AT_GAPS, dice)
    wanted = {
        first,
        bars - 2,
        *spread,
        *map(int, decided),
        *(int(row) - 1 for row in decided),
        *map(int, gaps),
    }
    return tuple(sorted(row for row in wanted if first <= row < bars - 1))


def futures(panel: Panel, row: int, seed: int) -> Iterator[tuple[Way, Panel]]:
    """The panel with everything after this row cut off, then shuffled, then made huge.

    Replaced bars stay usable bars: an order that crosses, gaps where gaps were or moved as a whole.
    """
    yield Way.CUT, panel.until(row)
    later = np.arange(row + 1, len(panel))
    if later.size > 1:
        yield Way.SHUFFLED, _rows(panel, later, np.random.default_rng((seed, row)).permutation(later))
    yield Way.HUGE, _with_columns(panel, {name: _scaled(getattr(panel, name), row) for name in COLUMNS})


def shuffled(panel: Panel, seed: int) -> Panel:
    """The same bar times with all bars in another order: nothing is left of the prices' story."""
    rows = np.arange(len(panel))
    return _rows(panel, rows, np.random.default_rng(seed).permutation(rows))


def _rows(panel: Panel, rows: IntArray, others: IntArray) -> Panel:
    order = np.arange(len(panel))
    order[rows] = others
    return _with_columns(panel, {name: getattr(panel, name)[order] for name in COLUMNS})


def _with_columns(panel: Panel, columns: Mapping[str, FloatArray]) -> Panel:
    return Panel(panel.instruments, panel.timeframe, panel.close_time, **columns)


def _scaled(values: FloatArray, row: int) -> FloatArray:
    changed = values.copy()
    changed[row + 1 :] *= _HUGE
    return changed


def _some(rows: IntArray, most: int, dice: np.random.Generator) -> IntArray:
    return rows if rows.size <= most else np.asarray(dice.choice(rows, most, replace=False))
