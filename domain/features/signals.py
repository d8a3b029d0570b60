"""From indicators to target weights: the words strategies are written in.

Inputs are (T,) or (T, N), answers have the same shape, and row t is made from rows 0..t. Missing
bars (NaN) are skipped, as in `domain.features.columns`: "before" means the instrument's own bar
before. A weight is a share of equity, and NaN means "keep what is held".
"""

import numpy as np

from domain.arrays import BoolArray, FloatArray
from domain.errors import InvalidInput
from domain.features import _rolling
from domain.features.columns import by_column, checked_window


def shift(values: FloatArray, bars: int = 1) -> FloatArray:
    """The value this many bars before; NaN where there is none."""
    checked_window(bars, name="bars")

    def lag(x: FloatArray, out: FloatArray) -> None:
        out[:bars] = np.nan
        out[bars:] = x[:-bars]

    return by_column(lag, values)[0]


def crossed_above(a: FloatArray, b: FloatArray | float) -> BoolArray:
    """True on the bar where a is above b and was below it on the bar before.

    Strict on both sides: a that rises from b without having been below it, and a that touches b
    on the way, does not cross. This is the event other engines trade on, not the level a > b.
    """
    return np.asarray(_crosses(a, b, 1.0, 0.0, 0.0) > 0.0)


def crossed_below(a: FloatArray, b: FloatArray | float) -> BoolArray:
    """True on the bar where a is below b and was above it on the bar before; strict as above."""
    return np.asarray(_crosses(a, b, 0.0, 1.0, 0.0) > 0.0)


def cross_weights(fast: FloatArray, slow: FloatArray, *, allow_short: bool = False) -> FloatArray:
    """Own an equal share of equity from an upward cross until the downward one.

    A weight on the bar of a cross (`crossed_above`, `crossed_below`), NaN on all others: nothing is
    held before the first cross, however high the fast line stands. With allow_short the downward
    cross sells short instead of leaving.
    """
    share = equal_share(fast)
    return _crosses(fast, slow, share, -share if allow_short else 0.0, np.nan)


def hold(enter: BoolArray, leave: BoolArray, weight: float | None = None) -> FloatArray:
    """Own from a bar where `enter` is true until one where `leave` is; leaving wins over entering.

    weight is written on the bar of entry alone, so that nothing is rebalanced while it is held; left
    out, each column has an equal share. 0 is written on the bar that leaves, and on the first
    `leave` of the data too: what was held before is not known, and a strategy restarted in the
    middle of a trade must still get out.
    """
    if enter.shape != leave.shape:
        raise InvalidInput(f"enter {enter.shape} and leave {leave.shape} must have one shape.")
    out = np.empty(enter.shape)
    share = equal_share(out) if weight is None else weight
    _rolling.hold(_as_bytes(enter), _as_bytes(leave), _as_table(out), share)
    return out


def equal_share(values: FloatArray) -> float:
    """1 / N: how equity is split when each instrument is traded on its own."""
    return 1.0 if values.ndim == 1 else 1.0 / values.shape[1]


def _crosses(a: FloatArray, b: FloatArray | float, above: float, below: float, neither: float) -> FloatArray:
    if np.ndim(b) == 0:
        b = np.full(a.shape, b)
    other = np.asarray(b, dtype=np.float64)
    if a.shape != other.shape:
        raise InvalidInput(f"Lines of shapes {a.shape} and {other.shape} cannot cross.")
    out = np.empty(a.shape)
    _rolling.cross(_as_table(a), _as_table(other), _as_table(out), above, below, neither)
    return out


def _as_table(values: FloatArray) -> FloatArray:
    return np.ascontiguousarray(values, dtype=np.float64).reshape(_table_shape(values.shape))


def _as_bytes(flags: BoolArray) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.ascontiguousarray(flags, dtype=np.bool_).reshape(_table_shape(flags.shape)).view(np.uint8)


def _table_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    return shape[0], 1 if len(shape) == 1 else shape[1]
