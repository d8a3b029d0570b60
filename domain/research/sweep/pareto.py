"""The combinations that no other beats in every objective."""

from collections.abc import Sequence

import numpy as np

from domain.arrays import BoolArray, FloatArray
from domain.research.model import Direction


def oriented(values: FloatArray, directions: Sequence[Direction]) -> FloatArray:
    """The objectives (K, M) turned so that more is better; NaN stays NaN."""
    signs = np.array([1.0 if direction is Direction.MAXIMISE else -1.0 for direction in directions])
    turned: FloatArray = np.asarray(values, dtype=np.float64) * signs
    return turned


def non_dominated(values: FloatArray, directions: Sequence[Direction]) -> BoolArray:
    """Which rows (K, M) no other row beats: as good in every objective, and better in one.

    A row with a NaN or an infinite value never is one of them, and beats no other. Rows that are
    equal are all in, or all out.
    """
    better = oriented(values, directions)
    usable = np.isfinite(better).all(axis=1)
    inside = np.zeros(len(better), dtype=np.bool_)
    rows = np.flatnonzero(usable)
    # Best first: what beats a row comes before it, so comparing with those that are in is enough.
    rows = rows[np.lexsort(tuple(-better[rows, column] for column in reversed(range(better.shape[1]))))]
    front: list[int] = []
    for row in rows:
        others = better[front]
        beaten = (others >= better[row]).all(axis=1) & (others > better[row]).any(axis=1)
        if not beaten.any():
            front.append(int(row))
    inside[front] = True
    return inside
