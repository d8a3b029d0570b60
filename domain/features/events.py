"""The rows where lines cross and conditions turn, for many pairs at once.

Where `domain.features.signals` answers with a weight a bar, these answer with the few rows that hold
one, so that a grid of parameters costs its events and not its bars. One instrument; every row is
made from rows up to it.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.features import _events

Bits: TypeAlias = npt.NDArray[np.uint64]
_WORD = 64
_Fill: TypeAlias = Callable[[IntArray, FloatArray, IntArray, int], int]


class Events(NamedTuple):
    """offset (K + 1,): where each pair's events begin; row and weight of all events, pair by pair."""

    offset: IntArray
    row: IntArray
    weight: FloatArray


def first_numbers(lines: FloatArray) -> IntArray:
    """The first row of each line (K, T) that is a number, T where none is; shape (K,)."""
    first = np.empty(len(lines), dtype=np.int64)
    _events.first_numbers(lines, first)
    return first


def crossings(
    fast: FloatArray,
    slow: FloatArray,
    begin: IntArray,
    which_fast: IntArray,
    which_slow: IntArray,
    above: FloatArray,
    below: FloatArray,
) -> Events:
    """Where the fast line of each pair crosses its slow one; strict as in `signals.crossed_above`.

    fast, slow              lines, (F, T) and (S, T), one a row
    begin                   (K,) first row from which both lines of the pair are numbers to the end
    which_fast, which_slow  (K,) the lines of each pair
    above, below            (K,) weight on the row of an upward and of a downward cross
    """

    def fill(row: IntArray, weight: FloatArray, offset: IntArray, start: int) -> int:
        return _events.crossings(
            fast, slow, begin, which_fast, which_slow, above, below, row, weight, offset, start
        )

    return _collected(fill, len(which_fast), fast.shape[1])


def holds(enter: Bits, leave: Bits, which_enter: IntArray, which_leave: IntArray, rows: int) -> Events:
    """Where each pair of conditions begins (weight 1) and ends (0) a position, as `signals.hold` does.

    enter, leave              conditions made by `as_bits`, one a row
    which_enter, which_leave  (K,) the conditions of each pair
    rows                      number of bars
    """

    def fill(row: IntArray, weight: FloatArray, offset: IntArray, start: int) -> int:
        return _events.holds(enter, leave, which_enter, which_leave, 1.0, rows, row, weight, offset, start)

    return _collected(fill, len(which_enter), rows)


def as_bits(conditions: Iterable[BoolArray], count: int, rows: int) -> Bits:
    """So many conditions (T,) as rows of 64-bit words, the first bar in the lowest bit."""
    bits = np.zeros((count, -(-rows // _WORD) * (_WORD // 8)), dtype=np.uint8)
    for index, condition in enumerate(conditions):
        packed = np.packbits(condition, bitorder="little")
        bits[index, : packed.shape[0]] = packed
    return bits.view("<u8").astype(np.uint64, copy=False)


def _collected(fill: _Fill, pairs: int, rows: int) -> Events:
    """Call `fill` with room for events until every pair is done; one pair has at most `rows` of them."""
    offset = np.zeros(pairs + 1, dtype=np.int64)
    found: list[tuple[IntArray, FloatArray]] = []
    room = rows + _WORD * pairs
    done = kept = 0
    while done < pairs:
        row, weight = np.empty(room, dtype=np.int64), np.empty(room)
        before, offset[done] = done, 0
        done = fill(row, weight, offset, done)
        used = int(offset[done])
        found.append((row[:used], weight[:used]))
        offset[before : done + 1] += kept
        kept += used
    if not found:
        return Events(offset, np.empty(0, dtype=np.int64), np.empty(0))
    if len(found) == 1:
        return Events(offset, *found[0])
    return Events(offset, *(np.concatenate(parts) for parts in zip(*found, strict=True)))
