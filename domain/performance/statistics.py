"""The statistics of a run: one call from curves and trades to the numbers of the tear sheet."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from domain.arrays import FloatArray, IntArray, TimeArray
from domain.errors import InvalidInput
from domain.performance.calendar_returns import CalendarReturns, Extremes, extremes, monthly, yearly
from domain.performance.drawdowns import Falls, Underwater, falls
from domain.performance.model import PerformanceTables, Statistics
from domain.performance.notes import notes_on
from domain.performance.relative import NO_BENCHMARK, BenchmarkPath, relative
from domain.performance.returns import BarCurve, EquityPath, Growth, Periods, growth
from domain.performance.risk import Risk, risk
from domain.performance.trades import TradeColumns, no_trades, trade_statistics

__all__ = ["Performance", "TradeColumns", "summarise"]

DRAWDOWNS_LISTED = 10


class CurveStatistics(Growth, Risk, Falls, Extremes):
    """Everything that a curve of equity tells by itself."""


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredCurve:
    """An account's path with what was found on the way to its statistics."""

    path: EquityPath
    underwater: Underwater
    months: CalendarReturns
    statistics: CurveStatistics

    @classmethod
    def of(
        cls, path: EquityPath, final_equity: float, periods_per_year: int, risk_free_rate: float
    ) -> "MeasuredCurve":
        """final_equity is what is left, or owed, at the end; the path stops at nothing."""
        underwater, months = Underwater.of(path), monthly(path)
        grown = growth(path, final_equity, periods_per_year)
        statistics = CurveStatistics(
            **grown,
            **risk(path.returns, periods_per_year, risk_free_rate),
            **falls(underwater, grown["annual_return"]),
            **extremes(months),
        )
        return cls(path, underwater, months, statistics)

    def tables(self) -> PerformanceTables:
        """The deepest drawdowns, and the returns of months and years."""
        return PerformanceTables(
            drawdowns=self.underwater.deepest(DRAWDOWNS_LISTED),
            months=self.months.months(),
            years=yearly(self.path).years(),
        )


@dataclass(frozen=True, eq=False)
class Performance:
    """What `summarise` found. The tables and the benchmark's own statistics are made when first read.

    notes are sentences for people about how the numbers were measured and what to doubt.
    """

    statistics: Statistics
    notes: tuple[str, ...]
    _curve: MeasuredCurve
    _benchmark: BenchmarkPath | None
    _risk_free_rate: float

    @cached_property
    def tables(self) -> PerformanceTables:
        """The deepest drawdowns, and the returns of months and years."""
        return self._curve.tables()

    @cached_property
    def benchmark_statistics(self) -> Statistics | None:
        """The same statistics of buying and holding the benchmark, costs left out; None without one."""
        if self._benchmark is None:
            return None
        return _of_benchmark(self._benchmark.path, self.statistics.periods_per_year, self._risk_free_rate)


def summarise(
    *,
    close_time: TimeArray,
    equity: FloatArray,
    exposure: FloatArray,
    benchmark: FloatArray | None,
    trades: TradeColumns,
    initial_cash: float,
    turnover: float | None,
    fees_paid: float,
    slippage_paid: float,
    financing_paid: float,
    periods_per_year: int,
    session: IntArray | None = None,
    risk_free_rate: float = 0.0,
) -> Performance:
    """Measure a run. How each number is defined stands in `conventions.CONVENTIONS`.

    close_time        (T,) ascending, int64 nanoseconds UTC; at least one bar
    equity            (T,) account value at each bar close, finite
    exposure          (T,) gross position value over equity; anything but 0 counts as in the market
    benchmark         (T,) value of buy-and-hold from the same cash, NaN before its first bar; or None
    session           (T,) day number (days since 1970-01-01) of each bar's session, for bars shorter
                      than a day: returns are then measured from session close to session close
    periods_per_year  return periods in a year: sessions for intraday bars, bars otherwise
    risk_free_rate    annual and simple, a fraction
    turnover          everything bought and sold over mean equity, of the whole run; None if undefined
    fees_paid, slippage_paid, financing_paid are taken over from the engine as they are.

    Raises InvalidInput when arrays disagree in length or are empty, when a curve is not finite, and
    when initial_cash or periods_per_year is not positive.
    """
    _check(
        close_time=close_time,
        equity=equity,
        exposure=exposure,
        benchmark=benchmark,
        session=session,
        initial_cash=initial_cash,
        periods_per_year=periods_per_year,
    )
    periods = Periods.of(close_time, session)
    bars = BarCurve.of(periods, equity)
    path = EquityPath.of(periods.day, periods.closing(equity), bars.low, initial_cash)
    compared = None if benchmark is None else BenchmarkPath.of(periods, benchmark, initial_cash)
    final_equity = float(equity[-1])
    curve = MeasuredCurve.of(path, final_equity, periods_per_year, risk_free_rate)
    statistics = Statistics(
        **curve.statistics,
        **trade_statistics(trades),
        **relative(path, final_equity, compared, periods_per_year, risk_free_rate),
        exposure=int(np.count_nonzero(exposure)) / len(exposure),
        turnover=None if turnover is None else turnover / _years(path, periods_per_year),
        fees_paid=fees_paid,
        slippage_paid=slippage_paid,
        financing_paid=financing_paid,
    )
    notes = notes_on(statistics, path, bars, compared, benchmark_asked=benchmark is not None)
    return Performance(statistics, notes, curve, compared, risk_free_rate)


def _of_benchmark(path: EquityPath, periods_per_year: int, risk_free_rate: float) -> Statistics:
    curve = MeasuredCurve.of(path, float(path.level[-1]), periods_per_year, risk_free_rate)
    return Statistics(
        **curve.statistics,
        **no_trades(open_trades=1),
        **NO_BENCHMARK,
        exposure=1.0,
        # Bought once with all the cash, and never sold.
        turnover=float(path.level[0] / path.level.mean()) / _years(path, periods_per_year),
        fees_paid=0.0,
        slippage_paid=0.0,
        financing_paid=0.0,
    )


def _years(path: EquityPath, periods_per_year: int) -> float:
    return len(path.day) / periods_per_year


def _check(
    *,
    close_time: TimeArray,
    equity: FloatArray,
    exposure: FloatArray,
    benchmark: FloatArray | None,
    session: IntArray | None,
    initial_cash: float,
    periods_per_year: int,
) -> None:
    if not len(equity):
        raise InvalidInput.at("equity", message="there is no bar to measure")
    columns = {"close_time": close_time, "exposure": exposure, "benchmark": benchmark, "session": session}
    for name, column in columns.items():
        if column is not None and len(column) != len(equity):
            raise InvalidInput.at(name, message=f"has {len(column)} rows where equity has {len(equity)}")
    if not initial_cash > 0.0:
        raise InvalidInput.at("initial_cash", message=f"must be above 0, not {initial_cash}")
    if periods_per_year < 1:
        raise InvalidInput.at("periods_per_year", message=f"must be at least 1, not {periods_per_year}")
