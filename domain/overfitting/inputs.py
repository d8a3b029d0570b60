"""What the functions of this room accept: finite arrays of the right shape, shares, and counts."""

import numpy as np
import numpy.typing as npt

from domain.arrays import FloatArray
from domain.errors import InvalidInput


def series(name: str, values: npt.ArrayLike) -> FloatArray:
    """Values as (n,) float64. Raises InvalidInput for another shape, NaN or infinity."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise InvalidInput.at(name, message=f"must be one-dimensional (got {array.ndim} dimensions)")
    return _finite(name, array)


def table(name: str, values: npt.ArrayLike) -> FloatArray:
    """Values as (T, K) float64, a column a trial. Raises InvalidInput for another shape, NaN or infinity."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2:  # noqa: PLR2004 - rows and columns
        raise InvalidInput.at(name, message="must have a row a period and a column a trial")
    return _finite(name, array)


def require_share(name: str, value: float) -> None:
    """Raises InvalidInput unless 0 < value < 1."""
    if not 0.0 < value < 1.0:
        raise InvalidInput.at(name, message=f"must lie between 0 and 1 (got {value})")


def require_at_least(name: str, value: float, lowest: float) -> None:
    """Raises InvalidInput below the lowest, and for NaN or infinity."""
    if not (np.isfinite(value) and value >= lowest):
        raise InvalidInput.at(name, message=f"must be at least {lowest} (got {value})")


def _finite(name: str, array: FloatArray) -> FloatArray:
    if not np.isfinite(array).all():
        raise InvalidInput.at(name, message="holds values that are not finite numbers; remove them first")
    return array
