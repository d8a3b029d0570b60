from typing import TypeAlias

import numpy as np

from domain.arrays import FloatArray, IntArray

_Bits: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.uint64]]

def first_numbers(lines: FloatArray, first: IntArray) -> None: ...
def crossings(
    fast: FloatArray,
    slow: FloatArray,
    begin: IntArray,
    which_fast: IntArray,
    which_slow: IntArray,
    above: FloatArray,
    below: FloatArray,
    row: IntArray,
    weight: FloatArray,
    offset: IntArray,
    start: int,
) -> int: ...
def holds(
    enter: _Bits,
    leave: _Bits,
    which_enter: IntArray,
    which_leave: IntArray,
    share: float,
    rows: int,
    row: IntArray,
    weight: FloatArray,
    offset: IntArray,
    start: int,
) -> int: ...
