"""Months across, years down: each month's return with a tint as strong as it is large."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.performance.adapters import formatting
from domain.performance.adapters.formatting import DASH, Figure, Tone
from domain.performance.model import PerformanceTables, PeriodReturn

_LEVELS = 6
_QUIET_MONTH = 0.02
MONTHS = tuple(formatting.month_name(month) for month in range(1, 13))


@dataclass(frozen=True, slots=True)
class Cell:
    """A month: `level` 0 to 6 is the strength of the tint, and the figure's tone its colour."""

    figure: Figure
    level: int


@dataclass(frozen=True, slots=True)
class Year:
    """A row of the calendar; months without data hold a figure with its reason."""

    year: int
    months: tuple[Cell, ...]
    total: Figure


def calendar(tables: PerformanceTables) -> tuple[Year, ...]:
    """One row for each year, newest last."""
    months = {(entry.year, entry.month): entry.value for entry in tables.months}
    totals = {entry.year: entry.value for entry in tables.years}
    strongest = _strongest(tables.months)
    return tuple(
        Year(
            year,
            tuple(_cell(months.get((year, month)), strongest) for month in range(1, 13)),
            _total(totals.get(year)),
        )
        for year in sorted({entry.year for entry in (*tables.months, *tables.years)})
    )


def _strongest(months: Sequence[PeriodReturn]) -> float:
    """The size that gets the full tint: the 95th percentile, lest one month pale all others."""
    sizes = sorted(abs(entry.value) for entry in months)
    return max(_QUIET_MONTH, sizes[int(0.95 * (len(sizes) - 1))]) if sizes else _QUIET_MONTH


def _cell(value: float | None, strongest: float) -> Cell:
    if value is None:
        return Cell(Figure("", reason="No data for this month"), 0)
    level = min(_LEVELS, round(abs(value) / strongest * _LEVELS))
    return Cell(Figure(formatting.number(value * 100, 1, signed=True), Tone.of(value)), level)


def _total(value: float | None) -> Figure:
    if value is None:
        return Figure(DASH, reason="No data for this year")
    return Figure(formatting.percent(value, 1, signed=True), Tone.of(value))
