"""Bars in another order: the same market without whatever a strategy could have foreseen.

A strategy that does as well on shuffled bars found nothing in the real ones.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.overfitting.inputs import require_at_least

_ROUNDING = 1e-9


def p_value(
    observed: float | None,
    simulated: Sequence[float | None] | FloatArray,
    *,
    higher_is_better: bool = True,
) -> float | None:
    """Share of simulated results at least as good as the observed one, which itself counts as one.

    Never 0: (1 + as good) / (1 + n), since n shuffles cannot show more than one in n + 1. A result that
    differs by rounding alone is as good. An undefined
    simulated result (None or NaN) counts as not as good; None when the observed one is undefined or
    there is no simulation.
    Source: Phipson & Smyth, "Permutation P-values Should Never Be Zero", SAGMB 9 (2010).
    """
    values = np.array([np.nan if value is None else value for value in simulated], dtype=np.float64)
    if observed is None or not np.isfinite(observed) or not len(values):
        return None
    close = _ROUNDING * max(1.0, abs(observed))
    as_good = values >= observed - close if higher_is_better else values <= observed + close
    return float((1 + np.count_nonzero(as_good)) / (1 + len(values)))


def permuted(panel: Panel, rng: np.random.Generator, start_row: int = 0, block: int = 1) -> Panel:
    """The panel with its bars after `start_row` in random order; rows up to it stay as they are.

    A bar is taken apart into its gap (open over the close before) and its inside (high, low and close
    over open, and volume). Gaps are dealt anew, and insides by themselves, so that neither keeps its
    neighbours, and prices are built up again from the last bar that stays. All instruments are dealt in the same
    order, which keeps what moves together together. Each instrument's last close and the
    distribution of its moves are kept, and so is the trend from end to end; autocorrelation is lost,
    or with blocks of consecutive rows kept within them.

    NaN: a missing bar stays missing where it was: rows change places only with rows in which the same
    instruments have bars; an instrument's first bar stays as it is. Look-ahead does not arise: the result is
    a world of its own. Raises InvalidInput for a price that is not above 0, a start_row outside
    the panel or a block below 1.
    Source: Masters, Permutation and Randomization Tests for Trading System Development (2020).
    """
    require_at_least("block", block, 1)
    if not 0 <= start_row < len(panel):
        raise InvalidInput.at(
            "start_row", message=f"must name one of the {len(panel)} rows (got {start_row})"
        )
    present = ~np.isnan(panel.close)
    prices = (panel.open, panel.high, panel.low, panel.close)
    if any(bool((column[present] <= 0.0).any()) for column in prices):
        raise InvalidInput("Bars with a price at or below zero cannot be permuted; choose other instruments.")
    groups = list(_exchangeable(present, start_row))
    gap_source = _deal(groups, len(panel), block, rng)
    inside_source = _deal(groups, len(panel), block, rng)
    columns = [_rebuilt(panel, index, present[:, index], start_row, gap_source, inside_source)
               for index in range(len(panel.instruments))]  # fmt: skip
    stacked = np.stack(columns, axis=2)
    return Panel(panel.instruments, panel.timeframe, panel.close_time, *stacked)


def _exchangeable(present: BoolArray, start_row: int) -> Iterator[IntArray]:
    """Rows that may change places, (m,) each: the same instruments have bars, none for the first time."""
    first_bars = np.argmax(present, axis=0)
    movable = np.ones(len(present), dtype=np.bool_)
    movable[: start_row + 1] = False
    movable[first_bars] = False
    rows = np.flatnonzero(movable)
    _, pattern = np.unique(present[rows], axis=0, return_inverse=True)
    for number in range(int(pattern.max()) + 1 if len(rows) else 0):
        yield rows[pattern == number]


def _deal(groups: Sequence[IntArray], length: int, block: int, rng: np.random.Generator) -> IntArray:
    """For each row the row whose moves it gets, (length,)."""
    source: IntArray = np.arange(length, dtype=np.int64)
    for rows in groups:
        # Where the first block ends is drawn too: else the same neighbours would be parted every time.
        piece = (np.arange(len(rows)) + int(rng.integers(block))) // block
        order = rng.permutation(int(piece[-1]) + 1)
        source[rows] = rows[np.argsort(order[piece], kind="stable")]
    return source


def _rebuilt(
    panel: Panel,
    index: int,
    has_bar: BoolArray,
    start_row: int,
    gap_source: IntArray,
    inside_source: IntArray,
) -> FloatArray:
    """One instrument's open, high, low, close and volume, (5, T)."""
    columns = np.stack(
        [getattr(panel, name)[:, index] for name in ("open", "high", "low", "close", "volume")]
    )
    rows = np.flatnonzero(has_bar)
    kept = max(int(np.searchsorted(rows, start_row, "right")), 1)
    moved, last_kept = rows[kept:], rows[kept - 1 : kept]
    if not len(moved):
        return columns
    open_, high, low, close, volume = columns
    gaps = np.ones(len(has_bar))
    gaps[rows[1:]] = open_[rows[1:]] / close[rows[:-1]]
    inside = inside_source[moved]
    factors = np.empty(2 * len(moved) + 1)
    factors[0] = close[last_kept[0]]
    factors[1::2] = gaps[gap_source[moved]]
    factors[2::2] = close[inside] / open_[inside]
    path = np.cumprod(factors)
    result = columns.copy()
    result[0, moved] = path[1::2]
    # Ratios to the open keep their order through division and product, so low and high still enclose.
    result[1, moved] = path[1::2] * (high[inside] / open_[inside])
    result[2, moved] = path[1::2] * (low[inside] / open_[inside])
    result[3, moved] = path[2::2]
    result[4, moved] = volume[inside]
    return result
