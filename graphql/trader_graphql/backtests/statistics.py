"""Statistics and tables of a run, as they are stored: JSON values under the domain's names."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import strawberry

from domain.performance.conventions import CONVENTIONS
from trader_graphql.field_names import camel_case


@strawberry.type(
    description="Every number of the tear sheet. Shares are fractions: 0.12 is twelve per cent; drawdowns and "
    "losses are negative; undefined is null. `statisticConventions` says how each is measured."
)
class Statistics:
    final_equity: float
    total_return: float
    annual_return: float | None
    volatility: float | None
    sharpe: float | None
    probabilistic_sharpe: float | None
    sortino: float | None
    calmar: float | None
    max_drawdown: float
    max_drawdown_start: date | None
    max_drawdown_trough: date | None
    max_drawdown_end: date | None
    max_drawdown_days: int | None
    time_under_water: float
    skew: float | None
    kurtosis: float | None
    value_at_risk_95: float | None
    conditional_value_at_risk_95: float | None
    tail_ratio: float | None
    best_month: float | None
    worst_month: float | None
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
    benchmark_return: float | None
    excess_return: float | None
    alpha: float | None
    beta: float | None
    correlation: float | None
    information_ratio: float | None
    periods_per_year: int
    return_periods: int
    start: date
    end: date

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> "Statistics":
        """From stored JSON values; those that may be undefined may be missing."""
        read: dict[str, Any] = {name: convert(values.get(name)) for name, convert in _READERS.items()}
        return cls(**read)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _count(value: Any) -> int | None:
    return None if value is None else int(value)


def _date(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


_CONVERTERS = {
    float: _number,
    float | None: _number,
    int: _count,
    int | None: _count,
    date: _date,
    date | None: _date,
}
_READERS = {name: _CONVERTERS[kind] for name, kind in Statistics.__annotations__.items()}


@strawberry.type(description="How a statistic is measured.")
class StatisticConvention:
    name: str = strawberry.field(description="The field of Statistics this is about.")
    label: str = strawberry.field(description="Its name for people.")
    unit: str = strawberry.field(description="fraction, ratio, currency, count, days or date.")
    group: str = strawberry.field(description="The part of the tear sheet it belongs to.")
    higher_is_better: bool | None = strawberry.field(
        description="Null where neither more nor less is better."
    )
    convention: str
    source: str


@strawberry.type(description="A fall from a peak of equity.")
class Drawdown:
    start: date
    trough: date
    end: date | None = strawberry.field(description="When the peak was reached again; null if it never was.")
    depth: float = strawberry.field(description="Negative fraction of the peak.")
    days: int = strawberry.field(
        description="Calendar days from the peak to the recovery or the end of the data."
    )

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "Drawdown":
        """From a stored row."""
        return cls(
            start=date.fromisoformat(row["start"]),
            trough=date.fromisoformat(row["trough"]),
            end=_date(row["end"]),
            depth=float(row["depth"]),
            days=int(row["days"]),
        )


@strawberry.type(description="Compounded return of a calendar month, or of a year when `month` is null.")
class PeriodReturn:
    year: int
    month: int | None
    value: float

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> "PeriodReturn":
        """From a stored row."""
        return cls(year=int(row["year"]), month=_count(row["month"]), value=float(row["value"]))


def conventions() -> list[StatisticConvention]:
    """How every statistic is measured, in the order of the tear sheet."""
    return [
        StatisticConvention(
            name=camel_case(name),
            label=one.label,
            unit=one.unit,
            group=one.group,
            higher_is_better=one.higher_is_better,
            convention=one.convention,
            source=one.source,
        )
        for name, one in CONVENTIONS.items()
    ]
