"""From a stored curve to what breakdowns and comparisons are made of."""

import numpy as np

from domain.arrays import FloatArray, IntArray, TimeArray
from domain.errors import InvalidInput
from domain.performance.returns import BarCurve, EquityPath, Periods


def equity_path(
    close_time: TimeArray, equity: FloatArray, initial_cash: float, session: IntArray | None = None
) -> EquityPath:
    """The path that `summarise` measures, of the same curve: arguments and errors are its own."""
    if (
        not len(equity)
        or len(close_time) != len(equity)
        or (session is not None and len(session) != len(equity))
    ):
        raise InvalidInput.at("equity", message="needs one value for each bar, and one bar at least")
    periods = Periods.of(close_time, session)
    bars = BarCurve.of(periods, np.asarray(equity, dtype=np.float64))
    return EquityPath.of(periods.day, periods.closing(bars.value), bars.low, initial_cash)


def market_levels(
    close_time: TimeArray, benchmark: FloatArray, initial_cash: float, session: IntArray | None = None
) -> FloatArray:
    """A benchmark's curve (T,) at the start and at the end of each return period, (n + 1,).

    It starts from `initial_cash` like `EquityPath.level`, where it is known from the first bar on; NaN
    before its first.
    """
    closing = Periods.of(close_time, session).closing(np.asarray(benchmark, dtype=np.float64))
    start = initial_cash if len(closing) and np.isfinite(closing[0]) else np.nan
    return np.concatenate(([start], closing))
