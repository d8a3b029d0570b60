"""Fewer points that look the same: every bucket keeps its lowest and its highest value."""

import numpy as np

from domain.arrays import FloatArray, IntArray


def extreme_rows(values: FloatArray, buckets: int) -> IntArray:
    """Rows to draw of a series of any length: at most 2 * buckets + 2, in order, no NaN among them.

    Each bucket of consecutive finite rows gives its minimum and its maximum, and the first and the
    last finite row are always kept, so that a line through them has the same highs, lows and ends.
    """
    finite = np.flatnonzero(np.isfinite(values))
    if finite.size <= 2 * buckets + 2:
        return finite.astype(np.int64)
    kept = values[finite]
    width = -(-finite.size // buckets)
    whole = finite.size // width
    body = kept[: whole * width].reshape(whole, width)
    starts = np.arange(whole, dtype=np.int64) * width
    picks = [starts + body.argmin(axis=1), starts + body.argmax(axis=1)]
    tail = kept[whole * width :]
    if tail.size:
        picks.append(whole * width + np.array([tail.argmin(), tail.argmax()], dtype=np.int64))
    picks.append(np.array([0, finite.size - 1], dtype=np.int64))
    kept_rows: IntArray = finite[np.unique(np.concatenate(picks))].astype(np.int64)
    return kept_rows
