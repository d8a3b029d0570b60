"""The statistics of a run. Free of numpy, so that a light process can read and show them."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Statistics:
    """Every number the tear sheet shows. Undefined is None, never 0 or infinity.

    Shares are fractions: 0.12 is twelve per cent; drawdowns and losses are negative. Conventions
    (periods a year, ddof, arithmetic or geometric) and sources stand in
    `domain.performance.conventions.CONVENTIONS`, one entry a field.
    """

    # What came out
    final_equity: float
    total_return: float
    annual_return: float | None
    volatility: float | None
    sharpe: float | None
    probabilistic_sharpe: float | None
    sortino: float | None
    calmar: float | None
    # The way down
    max_drawdown: float
    max_drawdown_start: date | None
    max_drawdown_trough: date | None
    max_drawdown_end: date | None
    max_drawdown_days: int | None
    time_under_water: float
    # The shape of returns
    skew: float | None
    kurtosis: float | None
    value_at_risk_95: float | None
    conditional_value_at_risk_95: float | None
    tail_ratio: float | None
    best_month: float | None
    worst_month: float | None
    # What was done
    exposure: float
    turnover: float | None
    trades: int
    open_trades: int
    win_rate: float | None
    profit_factor: float | None
    expectancy: float | None
    sqn: float | None
    kelly: float | None
    average_bars_held: float | None
    best_trade: float | None
    worst_trade: float | None
    fees_paid: float
    slippage_paid: float
    financing_paid: float
    # Against the benchmark
    benchmark_return: float | None
    excess_return: float | None
    alpha: float | None
    beta: float | None
    correlation: float | None
    information_ratio: float | None
    # How it was measured
    periods_per_year: int
    return_periods: int
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Drawdown:
    """A fall from a peak of equity: `end` is the day the peak was reached again, None if never.

    days counts calendar days from the peak to the recovery, or to the end of the data.
    """

    start: date
    trough: date
    end: date | None
    depth: float
    days: int


@dataclass(frozen=True, slots=True)
class PeriodReturn:
    """Compounded return of a calendar month, or of a year when `month` is None."""

    year: int
    month: int | None
    value: float


@dataclass(frozen=True, slots=True)
class PerformanceTables:
    """The tables of the tear sheet; drawdowns are the deepest, deepest first."""

    drawdowns: tuple[Drawdown, ...]
    months: tuple[PeriodReturn, ...]
    years: tuple[PeriodReturn, ...]
