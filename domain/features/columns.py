"""The rules that every indicator obeys, and the walk over instruments that enforces them.

**Shapes.** Inputs are (T,) or (T, N), time along axis 0; the answer has the shape of the input. Each
column is an instrument and knows nothing of the others.

**No look-ahead.** Row t is made from rows 0..t.

**Warm-up.** Rows before the first full window are NaN.

**Missing bars.** A row where an input is not a finite number is a bar this instrument does not have:
the answer there is NaN, and the window reaches over it to the last bars the instrument does have.
A 200-day average therefore survives the holidays of another exchange in the same panel, and is
exactly what it would be if the instrument were studied alone. Numbers beyond 1e100 count as missing
too, which keeps every square in range; no price is that large.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.errors import InvalidInput

LARGEST = 1e100
"""No magnitude above this is a value."""

SMALLEST_PRICE = 1e-100
"""Where a ratio or a logarithm is taken, nothing below this is a price."""

LONGEST_WINDOW = 1 << 24

Kernel: TypeAlias = Callable[..., None]
"""Takes one gap-free contiguous (T,) array for each input, then one for each output, and fills those."""


def by_column(
    kernel: Kernel, *inputs: FloatArray, outputs: int = 1, prices: bool = False
) -> tuple[FloatArray, ...]:
    """Run the kernel over each instrument's own bars. `prices` also skips what is not positive."""
    columns = [np.ascontiguousarray(values, dtype=np.float64) for values in inputs]
    shape = columns[0].shape
    if any(values.shape != shape for values in columns) or len(shape) not in {1, 2}:
        raise InvalidInput("An indicator reads arrays of one shape, (T,) or (T, N).")
    results = tuple(np.empty(shape) for _ in range(outputs))
    if not columns[0].size:
        return results
    least = SMALLEST_PRICE if prices else -LARGEST
    if columns[0].size == shape[0] and all(_is_whole(values, least) for values in columns):
        kernel(*(values.reshape(-1) for values in columns), *(result.reshape(-1) for result in results))
        return results
    for column in np.ndindex(shape[1:]):
        at = (slice(None), *column)
        series = [np.ascontiguousarray(values[at]) for values in columns]
        _over_present(kernel, series, _where_present(series, least), [result[at] for result in results])
    return results


def by_window(
    kernel: Callable[[FloatArray, FloatArray, int], None], values: FloatArray, windows: Sequence[int]
) -> FloatArray:
    """Run the kernel over one instrument's own bars, (T,), once for each of K windows; (K, T).

    What the bars are is looked at once for all windows.
    """
    series = np.ascontiguousarray(values, dtype=np.float64)
    table = np.empty((len(windows), *series.shape))
    rows = present_rows(series)
    gapless = series if rows is None else series[rows]
    answer = table if rows is None else np.empty((len(windows), *gapless.shape))
    for line, window in zip(answer, windows, strict=True):
        if gapless.size:
            kernel(gapless, line, checked_window(window))
    if rows is not None:
        table[:] = np.nan
        table[:, rows] = answer
    return table


def present_rows(values: FloatArray) -> IntArray | None:
    """The rows of (T,) where the instrument has a bar; None when that is every row."""
    if not values.size or _is_whole(values, -LARGEST):
        return None
    return np.flatnonzero((values >= -LARGEST) & (values <= LARGEST))


def is_present(*values: float) -> bool:
    """Whether each is a value and not a missing bar: the same rule, one bar at a time."""
    return all(abs(value) <= LARGEST for value in values)


def is_price(value: float) -> bool:
    """Whether it is a positive value."""
    return SMALLEST_PRICE <= value <= LARGEST


def checked_window(window: int, least: int = 1, name: str = "window") -> int:
    """The window, in bars. Raises InvalidInput when it is too short for the indicator, or absurd."""
    if not least <= window <= LONGEST_WINDOW:
        raise InvalidInput.at(name, message=f"must be from {least} to {LONGEST_WINDOW} bars (got {window})")
    return window


def _is_whole(values: FloatArray, least: float) -> bool:
    return bool(values.min() >= least and values.max() <= LARGEST)  # NaN fails both


def _where_present(series: list[FloatArray], least: float) -> slice | IntArray:
    present = np.ones(series[0].shape, dtype=np.bool_)
    for values in series:
        present &= values >= least
        present &= values <= LARGEST
    rows = np.flatnonzero(present)
    if rows.size and rows[-1] - rows[0] + 1 == rows.size:
        # The common case, an indicator of an indicator: only its warm-up is missing.
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def _over_present(
    kernel: Kernel, series: list[FloatArray], rows: slice | IntArray, results: list[FloatArray]
) -> None:
    for result in results:
        result[:] = np.nan
    gapless = [values[rows] for values in series]
    if not gapless[0].size:
        return
    answers = [np.empty_like(gapless[0]) for _ in results]
    kernel(*gapless, *answers)
    for result, answer in zip(results, answers, strict=True):
        result[rows] = answer
