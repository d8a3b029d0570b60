"""What a strategy decides for many parameter sets at once, kept as the few rows where it decides.

A strategy that acts on events writes a weight on a few bars and NaN on all others. Written sparsely
the weights of a thousand parameter sets fit into the memory of one dense array, and whatever the
sets share, such as an average of one window, is computed once. A strategy offers this by a class
method next to its `target`:

    @classmethod
    def decide_many(cls, bars: Panel, parameters: Sequence[Parameters]) -> Decisions:
        '''The entries of `target` that are not NaN, bit for bit.'''
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.errors import InvalidInput
from domain.features.columns import present_rows
from domain.features.events import Events, as_bits, crossings, first_numbers, holds
from domain.market.bars import Panel
from domain.strategies.protocol import Strategy, VectorisedStrategy

LARGEST_TABLE = 32 << 20
"""Bytes of indicator lines that are kept at a time."""

INDICATORS_KEPT = 16
"""Indicators that parameter sets share and that are kept until the next ones are wanted."""


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """Target weights of K parameter sets on the bars of one instrument, only where there is one.

    offset  (K + 1,) int64: set k decides at entries offset[k] up to offset[k + 1]
    row     (D,) int64, ascending within a set: the bar it is decided on, when that bar closes
    weight  (D,) share of equity to hold from then on, negative short; may be infinite, never NaN
    """

    offset: IntArray
    row: IntArray
    weight: FloatArray

    def __len__(self) -> int:
        return len(self.offset) - 1

    @classmethod
    def of_targets(cls, targets: Sequence[FloatArray]) -> "Decisions":
        """From dense weights, (T,) or (T, 1) for each set."""
        rows, weights = [], []
        for target in targets:
            flat = target.reshape(-1)
            row = np.flatnonzero(~np.isnan(flat))
            rows.append(row)
            weights.append(flat[row])
        return cls._joined(rows, weights)

    def check(self, sets: int, bars: int) -> None:
        """Raises InvalidInput unless these are the decisions of so many sets on so many bars."""
        row, offset = self.row, self.offset
        later = row[1:] > row[:-1]
        later[offset[1:-1][(offset[1:-1] > 0) & (offset[1:-1] < len(row))] - 1] = True
        whole = (
            len(self) == sets
            and len(row) == len(self.weight) == offset[-1]
            and offset[0] == 0
            and bool((np.diff(offset) >= 0).all() and later.all())
            and (not len(row) or (int(row.min()) >= 0 and int(row.max()) < bars))
            and not bool(np.isnan(self.weight).any())
        )
        if not whole:
            raise InvalidInput(
                f"Decisions must name rows from 0 to {bars - 1}, ascending for each of the {sets} sets, and a weight each."
            )

    @classmethod
    def joined(cls, parts: Sequence["Decisions"]) -> "Decisions":
        """One after the other."""
        counts = np.concatenate([np.diff(part.offset) for part in parts])
        row = np.concatenate([part.row for part in parts])
        return cls(_offset(counts), row, np.concatenate([part.weight for part in parts]))

    @classmethod
    def _joined(cls, rows: Sequence[IntArray], weights: Sequence[FloatArray]) -> "Decisions":
        counts = np.array([len(row) for row in rows], dtype=np.int64)
        if not rows:
            return cls(_offset(counts), np.empty(0, dtype=np.int64), np.empty(0))
        return cls(_offset(counts), np.concatenate(rows).astype(np.int64), np.concatenate(weights))


class DecidesMany(Protocol):
    """The class of a vectorised strategy that offers its decisions sparsely."""

    @classmethod
    def decide_many(cls, bars: Panel, parameters: Sequence[Any]) -> Decisions:
        """Decisions of each of these parameter sets over the bars of one instrument.

        Equal to the entries of `target` that are not NaN, bit for bit, and made like them from bars
        up to the one decided on.
        """
        ...


def deciding_many(strategy: type[Strategy]) -> type[DecidesMany] | None:
    """The class itself when it offers `decide_many` for the very `target` it has, else None.

    A subclass that changes `target` alone inherits a `decide_many` which tells of something else.
    """
    if not issubclass(strategy, VectorisedStrategy) or not hasattr(strategy, "decide_many"):
        return None
    changed = [_definer(strategy, name) for name in ("target", "__init__", "configured")]
    offers = _definer(strategy, "decide_many")
    if all(issubclass(offers, definer) for definer in changed):
        return cast("type[DecidesMany]", strategy)
    return None


def cross_decisions(
    bars: Panel,
    pairs: Sequence[tuple[Any, Any]],
    fast: Callable[[Sequence[Any]], FloatArray],
    slow: Callable[[Sequence[Any]], FloatArray],
    allow_short: Sequence[bool],
) -> Decisions:
    """What `signals.cross_weights` decides of a fast and a slow line, for each pair of keys.

    fast and slow make lines (K, T) of K keys, NaN in warm-up and where the instrument has no bar. Each
    key's line is made once for all pairs that name it, as long as they fit into LARGEST_TABLE.
    """
    rows = present_rows(bars.close[:, 0])
    short = np.fromiter(allow_short, np.bool_, len(pairs))
    parts = []
    for chosen in _that_fit(pairs, 8 * len(bars)):
        wanted = pairs[chosen]
        fast_lines, which_fast = _lines([pair[0] for pair in wanted], fast, rows)
        slow_lines, which_slow = _lines([pair[1] for pair in wanted], slow, rows)
        begin = np.maximum(first_numbers(fast_lines)[which_fast], first_numbers(slow_lines)[which_slow])
        below = np.where(short[chosen], -1.0, 0.0)
        above = np.ones(len(wanted))
        parts.append(crossings(fast_lines, slow_lines, begin, which_fast, which_slow, above, below))
    found = _decisions(parts)
    return found if rows is None else Decisions(found.offset, rows[found.row], found.weight)


def hold_decisions(
    bars: Panel,
    pairs: Sequence[tuple[Any, Any]],
    enter: Callable[[Any], BoolArray],
    leave: Callable[[Any], BoolArray],
) -> Decisions:
    """What `signals.hold` decides of a condition to enter and one to leave, for each pair of keys.

    enter and leave make a condition (T,) of a key; each is asked once a key.
    """
    into, which_enter = _numbered([pair[0] for pair in pairs])
    out_of, which_leave = _numbered([pair[1] for pair in pairs])
    going_in = as_bits(map(enter, into), len(into), len(bars))
    going_out = as_bits(map(leave, out_of), len(out_of), len(bars))
    return Decisions(*holds(going_in, going_out, which_enter, which_leave, len(bars)))


def _definer(strategy: type[Strategy], name: str) -> type:
    return next(owner for owner in strategy.__mro__ if name in vars(owner))


def _that_fit(pairs: Sequence[tuple[Any, Any]], line_bytes: int) -> Iterator[slice]:
    """Runs of pairs whose distinct lines fit into LARGEST_TABLE; at least one pair a run."""
    most = max(2, LARGEST_TABLE // max(line_bytes, 1))
    start, seen = 0, set[tuple[bool, Any]]()
    if len({pair[0] for pair in pairs}) + len({pair[1] for pair in pairs}) > most:
        for index, (one, other) in enumerate(pairs):
            seen |= {(False, one), (True, other)}
            if len(seen) > most and index > start:
                yield slice(start, index)
                start, seen = index, {(False, one), (True, other)}
    yield slice(start, len(pairs))


def _lines(
    keys: Sequence[Any], make: Callable[[Sequence[Any]], FloatArray], rows: IntArray | None
) -> tuple[FloatArray, IntArray]:
    """The distinct lines without the rows of missing bars, one a row, and which of them each key has."""
    distinct, which = _numbered(keys)
    table = make(distinct)
    return (table if rows is None else np.ascontiguousarray(table[:, rows])), which


def _numbered(keys: Sequence[Any]) -> tuple[list[Any], IntArray]:
    """The distinct keys in order of appearance, and which of them each key is."""
    distinct = list(dict.fromkeys(keys))
    number = {key: index for index, key in enumerate(distinct)}
    return distinct, np.fromiter(map(number.__getitem__, keys), np.int64, len(keys))


def _decisions(parts: Sequence[Events]) -> Decisions:
    if len(parts) == 1:
        return Decisions(*parts[0])
    return Decisions.joined([Decisions(*part) for part in parts])


def _offset(counts: IntArray) -> IntArray:
    offset = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=offset[1:])
    return offset
