"""What a tear sheet shows: curves, statistics, tables, prices and trades of one finished run.

The layer above maps a run onto these types; what draws them knows nothing of engines.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from domain.arrays import BoolArray, FloatArray, IntArray, TimeArray
from domain.errors import InvalidInput
from domain.performance.model import PerformanceTables, Statistics
from domain.performance.returns import EquityPath, Periods
from domain.performance.verdict_panel import VerdictPanel


@dataclass(frozen=True, slots=True, eq=False)
class PriceLine:
    """Closing prices of one traded instrument; both columns have shape (T,).

    The prices must be the ones the trades were filled at (adjusted the same way), or the marks
    will not lie on the line.
    """

    instrument: str
    close_time: TimeArray
    close: FloatArray

    def __post_init__(self) -> None:
        _same_length(f"Prices of {self.instrument}", self.close_time, close=self.close)


@dataclass(frozen=True, slots=True, eq=False)
class TradeMarks:
    """Round trips to list and to mark on the price; one row each, shape (K,).

    instrument   index into the tear sheet's `prices`
    entry_price  average of everything that was added; exit_price of everything that was taken away
    quantity     units added in all, negative for shorts
    pnl          account currency, after costs
    return_      pnl over the cost of entry
    is_open      still held at the end: exit time and price are those of the last bar
    """

    instrument: IntArray
    entry_time: TimeArray
    exit_time: TimeArray
    entry_price: FloatArray
    exit_price: FloatArray
    quantity: FloatArray
    pnl: FloatArray
    return_: FloatArray
    is_open: BoolArray

    def __post_init__(self) -> None:
        _same_length(
            "Trades",
            self.entry_time,
            instrument=self.instrument,
            exit_time=self.exit_time,
            entry_price=self.entry_price,
            exit_price=self.exit_price,
            quantity=self.quantity,
            pnl=self.pnl,
            return_=self.return_,
            is_open=self.is_open,
        )

    def __len__(self) -> int:
        return int(self.entry_time.shape[0])

    @classmethod
    def none(cls) -> "TradeMarks":
        """No trade happened."""
        whole, real = np.empty(0, np.int64), np.empty(0, np.float64)
        return cls(whole, whole, whole, real, real, real, real, real, np.empty(0, np.bool_))

    def take(self, rows: IntArray | BoolArray) -> "TradeMarks":
        """Some of the trades, by position or by mask."""
        return TradeMarks(
            self.instrument[rows],
            self.entry_time[rows],
            self.exit_time[rows],
            self.entry_price[rows],
            self.exit_price[rows],
            self.quantity[rows],
            self.pnl[rows],
            self.return_[rows],
            self.is_open[rows],
        )


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredReturns:
    """The simple returns the statistics were computed from, shape (R,): one a session.

    time is the close of the session each return ends at.
    """

    time: TimeArray
    value: FloatArray

    def __post_init__(self) -> None:
        _same_length("Measured returns", self.time, value=self.value)

    @classmethod
    def none(cls) -> "MeasuredReturns":
        """Too little data to measure a return."""
        return cls(np.empty(0, np.int64), np.empty(0, np.float64))

    @classmethod
    def of(
        cls,
        close_time: TimeArray,
        equity: FloatArray,
        initial_equity: float,
        session: IntArray | None = None,
    ) -> "MeasuredReturns":
        """The returns `statistics.summarise` measures for the same arguments; none when ruined."""
        periods = Periods.of(close_time, session)
        low = equity if periods.first is None else np.minimum.reduceat(equity, periods.first)
        path = EquityPath.of(periods.day, periods.closing(equity), low, initial_equity)
        return cls.none() if path.ruined else cls(periods.closing(close_time), path.returns)


@dataclass(frozen=True, slots=True, eq=False)
class TearSheet:
    """Everything the report of one run shows. Curves have shape (T,), T >= 1, account currency.

    title, subtitle   what ran, and on what: plain text, escaped where it is shown
    initial_equity    the money the run began with; drawdowns are measured from it
    benchmark         value of the benchmark with the same starting money, NaN before its first
                      bar; None when there is none
    cash              account currency; None hides it
    exposure          gross position value over equity; None hides it
    returns           the returns behind the statistics, for the distribution and rolling charts
    prices            one line for each instrument that trades point into
    labels            short marks that must be seen beside the title: "Optimistic fill"
    warnings          sentences for a person; shown before any chart
    verdict           whether the result can be trusted; None leaves it out
    spec, provenance  nested mappings of plain values, shown as they are
    created_at        when the report was made, UTC; None leaves it out

    Raises InvalidInput when the curves are empty or of different lengths.
    """

    title: str
    subtitle: str
    currency: str
    initial_equity: float
    close_time: TimeArray
    equity: FloatArray
    statistics: Statistics
    tables: PerformanceTables
    benchmark: FloatArray | None = None
    benchmark_name: str = "Benchmark"
    benchmark_statistics: Statistics | None = None
    cash: FloatArray | None = None
    exposure: FloatArray | None = None
    returns: MeasuredReturns = field(default_factory=MeasuredReturns.none)
    prices: tuple[PriceLine, ...] = ()
    trades: TradeMarks = field(default_factory=TradeMarks.none)
    labels: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    verdict: VerdictPanel | None = None
    spec: Mapping[str, object] = field(default_factory=dict)
    provenance: Mapping[str, object] = field(default_factory=dict)
    created_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.close_time.shape[0] == 0:
            raise InvalidInput("A tear sheet needs at least one bar.")
        optional = {"benchmark": self.benchmark, "cash": self.cash, "exposure": self.exposure}
        given = {name: column for name, column in optional.items() if column is not None}
        _same_length("The curves", self.close_time, equity=self.equity, **given)
        known = len(self.prices)
        if len(self.trades) and not bool(
            ((self.trades.instrument >= 0) & (self.trades.instrument < known)).all()
        ):
            raise InvalidInput("A trade points to an instrument without prices.")


def _same_length(what: str, time: TimeArray, **columns: FloatArray | IntArray | BoolArray) -> None:
    if time.ndim != 1:
        raise InvalidInput(f"{what} must be one-dimensional.")
    for name, column in columns.items():
        if column.shape != time.shape:
            raise InvalidInput(f"{what}: '{name}' is not as long as its times.")
