"""What an event strategy may look at: bars, longer bars and indicators, all cut off at the present bar.

Where the account trades prices as they were and strategies see total returns, everything shown at a bar
is on that bar's own footing, so that an indicator can be compared with the price it is traded at. Each
corporate action begins a new footing, on which indicators and longer bars are then made once more.
"""

from collections.abc import Mapping

import numpy as np

from domain.arrays import FloatArray
from domain.backtesting.conditions import RestatedView
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.market.resampling import resample
from domain.strategies.protocol import EventStrategy


class Sight:
    """The run as one strategy sees it. Rows are those of the traded panel.

    Raises InvalidInput at once for indicators that do not fit the panel.
    """

    def __init__(self, panel: Panel, strategy: EventStrategy, view: RestatedView | None = None) -> None:
        self._strategy = strategy
        self._view = view
        self._whole = panel if view is None else view.panel
        self._row = 0
        self._seen: Panel | None = None
        self._higher: dict[str, _Longer] = {}
        self._tables = self._indicators()

    def bars(self, row: int) -> Panel:
        """Rows 0 to `row` inclusive."""
        seen = self._seen
        if seen is None or len(seen) != row + 1:
            seen = self._whole.until(row) if self._view is None else self._view.until(row)
            self._seen = seen
        return seen

    def higher(self, row: int, timeframe: str) -> Panel:
        """Longer bars that have closed by the close of `row`."""
        if self._view is not None:
            self._stand_at(row)
        longer = self._higher.get(timeframe)
        if longer is None:
            longer = self._higher[timeframe] = _Longer(self._whole, timeframe)
        return longer.until(row)

    def indicator(self, row: int, name: str) -> memoryview:
        """The whole column of an indicator, (T, N): the reader keeps to rows up to `row`."""
        if self._view is not None:
            self._stand_at(row)
        table = self._tables.get(name)
        if table is None:
            known = ", ".join(self._tables) or "none"
            raise InvalidInput(f"reads the indicator '{name}'; its indicators() names {known}")
        return table

    def _stand_at(self, row: int) -> None:
        """Restate the run on the footing of a row, if that differs from the one used last."""
        view, last = self._view, self._row
        if view is None or row == last:
            return
        self._row = row
        same = np.array_equal(view.price[row], view.price[last]) and np.array_equal(
            view.shares[row], view.shares[last]
        )
        if not same:
            self._whole = view.panel.scaled(1.0 / view.price[row], view.shares[row])
            self._higher.clear()
            self._tables = self._indicators()

    def _indicators(self) -> dict[str, memoryview]:
        return _checked(self._strategy.indicators(self._whole), self._whole.shape, self._strategy.name)


class _Longer:
    """The bars of a longer time frame, of which a row sees those that have closed."""

    def __init__(self, panel: Panel, timeframe: str) -> None:
        self._bars = resample(panel, timeframe)
        self._closed = np.searchsorted(self._bars.close_time, panel.close_time, "right").data
        self._seen = self._bars.take(slice(0, 0))

    def until(self, row: int) -> Panel:
        # Most rows see what the row before saw.
        if len(self._seen) != self._closed[row]:
            self._seen = self._bars.take(slice(0, self._closed[row]))
        return self._seen


def _checked(
    indicators: Mapping[str, FloatArray], shape: tuple[int, int], strategy: str
) -> dict[str, memoryview]:
    """As read-only tables of the panel's shape."""
    tables = {}
    for name, values in indicators.items():
        column = np.asarray(values)
        if column.shape not in {shape, shape[:1]} or column.dtype.kind not in "fiub":
            raise InvalidInput(
                f"Indicator '{name}' of '{strategy}' must hold one number for each bar, shape {shape} or "
                f"{shape[:1]}, not {column.dtype} of shape {column.shape}."
            )
        if column.ndim == 1:
            column = np.repeat(column.reshape(-1, 1), shape[1], axis=1)
        table = np.array(column, dtype=np.float64, order="C")
        table.flags.writeable = False
        tables[name] = table.data
    return tables
