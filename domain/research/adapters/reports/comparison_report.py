"""Any number of runs side by side, and what not to conclude from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import numpy as np

from domain.clock import to_nanoseconds
from domain.performance.adapters import formatting
from domain.performance.adapters.charts.chart import Chart
from domain.performance.adapters.facts_view import facts
from domain.performance.adapters.formatting import DASH, Figure
from domain.performance.adapters.specification_view import worded_name, worded_value
from domain.performance.comparison import Comparison, PairTest, SpecDifference
from domain.performance.conventions import CONVENTIONS
from domain.research.adapters.reports import wording
from domain.research.adapters.reports.curves_chart import Curve, curves_chart, style_of
from domain.research.adapters.reports.study_page import render_study_page
from domain.research.adapters.reports.tints import Tints

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SPEC_FIELDS_OF_STRATEGIES = "parameters."
_EMPTY_PARAMETERS = "parameters"
"""Differs only because one run has parameters and another has none; the parameters say so themselves."""
_NOT_SET = "(not set)"


@dataclass(frozen=True, slots=True)
class ComparedRunView:
    """A run's letter on the page, what it is, and the look of its curve."""

    letter: str
    identifier: str
    title: str
    subtitle: str
    css: str
    currency: str


@dataclass(frozen=True, slots=True)
class ComparedCell:
    """A figure of one run; is_best where it is the best of the row and the row has a best."""

    figure: Figure
    is_best: bool


@dataclass(frozen=True, slots=True)
class StatisticLine:
    name: str
    label: str
    convention: str
    cells: tuple[ComparedCell, ...]


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """A field that is not the same in all runs; is_term where it makes results hard to compare."""

    name: str
    values: tuple[str, ...]
    is_term: bool


@dataclass(frozen=True, slots=True)
class CorrelationCell:
    text: str
    css: str


@dataclass(frozen=True, slots=True)
class SharpeTestRow:
    """Whether two Sharpe ratios differ by more than luck."""

    pair: str
    difference: Figure
    p_value: Figure


def render_comparison_page(
    found: Comparison,
    titles: Sequence[tuple[str, str]],
    currencies: Sequence[str],
    now: datetime | None = None,
) -> str:
    """The comparison as one HTML document.

    titles      title and subtitle of each run, in the order of the comparison
    currencies  of each run's account

    Raises MissingExtra without the template engine.
    """
    runs = run_views(found.names, titles, currencies)
    values = {
        "title": f"{len(runs)} runs compared",
        "kind": "Comparison",
        "created": None if now is None else formatting.moment(now),
        "runs": runs,
        "period": _period(found.days),
        "warnings": found.warnings,
        "curves": curves(found, runs),
        "statistics": statistic_lines(found, runs),
        "differences": difference_rows(found.differences, runs),
        "correlations": correlation_rows(found),
        "tests": sharpe_test_rows(found.sharpe_tests, runs),
    }
    return render_study_page("comparison.html", values)


def run_views(
    names: Sequence[str], titles: Sequence[tuple[str, str]], currencies: Sequence[str]
) -> tuple[ComparedRunView, ...]:
    return tuple(
        ComparedRunView(_letter(at), name, title, subtitle, style_of(at), currency)
        for at, (name, (title, subtitle), currency) in enumerate(zip(names, titles, currencies, strict=True))
    )


def curves(found: Comparison, runs: Sequence[ComparedRunView]) -> Chart | None:
    """Growth over the days that all runs share, each from one; None where they share too few."""
    if len(found.days) < 2:  # noqa: PLR2004 - a line needs two points
        return None
    times = np.array(
        [to_nanoseconds(datetime.combine(day, time(21), UTC)) for day in found.days], dtype=np.int64
    )
    lines = [
        Curve(f"{run.letter} {run.title}", run.css, np.array(values, dtype=np.float64))
        for run, values in zip(runs, found.curves, strict=True)
    ]
    return curves_chart(
        "compared",
        times,
        lines,
        start=1.0,
        axis=lambda value: f"{formatting.axis_number(value)}\u00d7",
        written=lambda value: f"{formatting.number(value)}\u00d7",
        notes=("Every curve begins at one on the first day that all runs have a value for.",),
    )


def statistic_lines(found: Comparison, runs: Sequence[ComparedRunView]) -> tuple[StatisticLine, ...]:
    """Every statistic in the house's order; the best of a row is marked where there is a better and a worse."""
    values = {row.name: row.values for row in found.statistics}
    same_money = len({run.currency for run in runs}) == 1
    lines = []
    for name, convention in CONVENTIONS.items():
        if name not in values:
            continue
        comparable = same_money or convention.unit != "currency"
        best = best_of(values[name], convention.higher_is_better) if comparable else frozenset()
        cells = tuple(
            ComparedCell(wording.figure(name, value, run.currency), at in best)
            for at, (run, value) in enumerate(zip(runs, values[name], strict=True))
        )
        lines.append(StatisticLine(name, convention.label, convention.convention, cells))
    return tuple(lines)


def best_of(values: Sequence[Any], higher_is_better: bool | None) -> frozenset[int]:
    """Places of the best values; none where nothing is better, or all are alike."""
    known = [value for value in values if isinstance(value, int | float)]
    if higher_is_better is None or len(known) < 2 or min(known) == max(known):  # noqa: PLR2004 - a best needs another
        return frozenset()
    best = max(known) if higher_is_better else min(known)
    return frozenset(at for at, value in enumerate(values) if value == best)


def difference_rows(
    differences: Sequence[SpecDifference], runs: Sequence[ComparedRunView]
) -> tuple[DifferenceRow, ...]:
    """Terms of trading first: they are what makes results hard to compare."""
    told = [one for one in differences if one.path != _EMPTY_PARAMETERS]
    ordered = sorted(told, key=lambda one: (not one.is_term, one.path))
    return tuple(
        DifferenceRow(
            _field(one.path),
            tuple(_value(one.path, value, run.currency) for value, run in zip(one.values, runs, strict=True)),
            one.is_term,
        )
        for one in ordered
    )


def correlation_rows(found: Comparison) -> tuple[tuple[CorrelationCell, ...], ...]:
    """Of the returns over the days that all runs share; tinted by how far from zero."""
    tints = Tints(0.0, 1.0, -1.0, 1.0)
    return tuple(
        tuple(
            CorrelationCell(DASH, "untried")
            if value is None
            else CorrelationCell(formatting.number(value), tints.css(value))
            for value in row
        )
        for row in found.correlations
    )


def sharpe_test_rows(tests: Sequence[PairTest], runs: Sequence[ComparedRunView]) -> tuple[SharpeTestRow, ...]:
    letters: Mapping[str, str] = {run.identifier: run.letter for run in runs}
    return tuple(
        SharpeTestRow(
            f"{letters[one.first]} less {letters[one.second]}",
            _number(one.test.difference),
            Figure.undefined("Undefined")
            if one.test.p_value is None
            else Figure(formatting.percent(one.test.p_value, 1)),
        )
        for one in tests
    )


def _letter(at: int) -> str:
    """A to Z, then AA, AB …"""
    rest, last = divmod(at, len(_LETTERS))
    return (_LETTERS[rest - 1] if rest else "") + _LETTERS[last]


def _field(path: str) -> str:
    if path.startswith(_SPEC_FIELDS_OF_STRATEGIES):
        return wording.named(path.removeprefix(_SPEC_FIELDS_OF_STRATEGIES))
    words = ", ".join(worded_name(part) for part in path.split("."))
    return words[:1].upper() + words[1:]


def _value(path: str, value: object, currency: str) -> str:
    if value == _NOT_SET:
        return DASH
    (fact,) = facts({"value": worded_value(path, value, currency)})
    return fact.text


def _number(value: float | None) -> Figure:
    return Figure.undefined("Undefined") if value is None else Figure(formatting.number(value, signed=True))


def _period(days: Sequence[date]) -> str:
    if not days:
        return "no day in common"
    return f"{formatting.day(days[0])} to {formatting.day(days[-1])} · {formatting.counted(len(days), 'day', 'days')} in common"
