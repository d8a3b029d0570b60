"""Comparisons of runs and the anatomy of one, as JSON documents and for a person."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from domain.performance.conventions import CONVENTIONS
from functions.cli.output import show, table, write_line
from functions.cli.statistics import HEADLINES, UNDEFINED, formatted

if TYPE_CHECKING:
    from rich.table import Table

    from domain.performance.comparison import Comparison
    from domain.performance.concentration import BestFew
    from domain.performance.factor_regression import Coefficient, FactorRegression
    from domain.performance.periods import Breakdown
    from domain.research.results import Anatomy

_SURE = 0.05
_MOST_SLICES = 24


def comparison_document(found: "Comparison") -> dict[str, Any]:
    """Statistics by name, one value a run, in the order of `ids`."""
    return {
        "ids": list(found.names),
        "statistics": {row.name: list(row.values) for row in found.statistics},
        "differences": [
            {"path": one.path, "values": list(one.values), "is_term": one.is_term}
            for one in found.differences
        ],
        "sharpe_tests": [
            {"first": one.first, "second": one.second, **asdict(one.test)} for one in found.sharpe_tests
        ],
        "correlations": [list(row) for row in found.correlations],
        "days": list(found.days),
        "curves": [list(curve) for curve in found.curves],
        "warnings": list(found.warnings),
    }


def show_comparison(found: "Comparison") -> None:
    """What was asked differently, the headline statistics, and what speaks against comparing them."""
    letters = [f"[{number}]" for number in range(1, len(found.names) + 1)]
    for letter, name in zip(letters, found.names, strict=True):
        write_line(f"{letter} {name}")
    differences = table("Asked differently", "Field", *letters)
    for one in found.differences:
        differences.add_row(one.path, *(_plain(value) for value in one.values))
    values = {row.name: row.values for row in found.statistics}
    statistics = table("", "Statistic", *letters, right=tuple(letters))
    for name in HEADLINES:
        if name in values:
            statistics.add_row(CONVENTIONS[name].label, *(formatted(name, value) for value in values[name]))
    show(differences, statistics) if found.differences else show(statistics)
    numbers = dict(zip(found.names, letters, strict=True))
    for pair in found.sharpe_tests:
        if pair.test.p_value is not None and pair.test.difference is not None:
            told = "more than" if pair.test.p_value < _SURE else "no more than"
            write_line(
                f"{numbers[pair.first]} and {numbers[pair.second]}: Sharpe ratios differ by "
                f"{pair.test.difference:.3f}, {told} luck explains (p = {pair.test.p_value:.2g})."
            )
    for warning in found.warnings:
        write_line(f"Note: {warning}")


def anatomy_document(found: "Anatomy") -> dict[str, Any]:
    """Breakdowns, best days and the regression on the benchmark; undefined is null."""
    return {
        "breakdowns": [asdict(one) for one in found.breakdowns],
        "best_days": [asdict(one) for one in found.best_days],
        "regression": None if found.regression is None else asdict(found.regression),
    }


def show_anatomy(found: "Anatomy") -> None:
    """A table for each question that has a few answers, then the best days and the benchmark."""
    for one in found.breakdowns:
        if len(one.slices) <= _MOST_SLICES:
            show(_breakdown(one))
            write_line(one.rule)
    if found.best_days:
        show(_best_days(found.best_days))
    if found.regression is not None:
        show(_regression(found.regression))


def _breakdown(found: "Breakdown") -> "Table":
    right = ("Periods", "Return", "A year", "Sharpe", "Max drawdown", "Profit", "Of the profit")
    name = found.by.replace("_", " ").capitalize()
    shown = table("", name, *right, right=right)
    for one in found.slices:
        shown.add_row(
            one.label,
            f"{one.periods:,}",
            formatted("total_return", one.total_return),
            formatted("annual_return", one.annual_return),
            formatted("sharpe", one.sharpe),
            formatted("max_drawdown", one.max_drawdown),
            f"{one.profit:,.2f}",
            _share(one.profit_share),
        )
    return shown


def _best_days(found: "tuple[BestFew, ...]") -> "Table":
    right = ("Profit", "Of the profit", "Return without")
    shown = table("", "Best days", *right, right=right)
    for one in found:
        row = (f"{one.profit:,.2f}", _share(one.profit_share), f"{one.return_without:.2%}")
        shown.add_row(f"{one.count} of {one.of:,}", *row)
    return shown


def _regression(found: "FactorRegression") -> "Table":
    right = ("Value", "Standard error", "t", "p")
    squared = UNDEFINED if found.r_squared is None else f"{found.r_squared:.1%}"
    title = f"Returns on the benchmark's: {squared} explained, {found.periods:,} periods, {found.lags} lags"
    shown = table(title, "", *right, right=right)
    alpha = "Alpha a period"
    if found.alpha_annual is not None:
        alpha += f" ({found.alpha_annual:.2%} a year)"
    shown.add_row(alpha, *_coefficient(found.alpha, ".6f"))
    for beta in found.betas:
        shown.add_row(f"Beta on {beta.name}", *_coefficient(beta, ".3f"))
    return shown


def _coefficient(found: "Coefficient", form: str) -> tuple[str, ...]:
    known = (
        (found.value, form),
        (found.standard_error, form),
        (found.t_statistic, ".2f"),
        (found.p_value, ".2g"),
    )
    return tuple(UNDEFINED if value is None else format(value, shape) for value, shape in known)


def _share(value: float | None) -> str:
    return UNDEFINED if value is None else f"{value:.0%}"


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return UNDEFINED if value is None else str(value)
