"""Any number of runs side by side: curves, statistics, what was asked differently, and what not to conclude.

Two results are comparable when they were measured on the same bars under the same terms of trading. Where
they were not, a warning says so; nothing is compared silently.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from typing import Any

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.errors import InvalidInput
from domain.performance.returns import NOISE, EquityPath, as_date
from domain.performance.sharpe_test import SharpeDifference, sharpe_difference

CHOICES = frozenset(
    {"strategy", "parameters", "instruments", "start", "end", "benchmark", "initial_cash", "seed"}
)
"""Fields of a spec that a researcher varies. All others are terms: how fills, costs, sizes, prices and
currencies are taken. A field this module has never heard of counts as a term."""

_TERMS_IN_WORDS = {
    "fill": "fill price",
    "limit_fill": "fill of limits",
    "costs": "costs",
    "sizing": "sizing and margin",
    "adjustment": "adjustment of prices",
    "timeframe": "time frame",
    "source": "data source",
    "currency": "account currency",
}
_FEWEST_DATES = 2
_MISSING = "(not set)"


@dataclass(frozen=True, slots=True, eq=False)
class ComparedRun:
    """One run as it goes in.

    spec        JSON values of its specification
    statistics  name -> value, None where undefined
    path        the account's value over its return periods; `paths.equity_path` makes it
    data_hash   of everything that was read; "" where it is not known
    """

    name: str
    spec: Mapping[str, Any]
    statistics: Mapping[str, Any]
    path: EquityPath
    periods_per_year: int
    data_hash: str = ""
    code_version: str = ""


@dataclass(frozen=True, slots=True)
class SpecDifference:
    """A field that is not the same in all runs: its path, `costs.spread_bps`, and one value a run."""

    path: str
    values: tuple[Any, ...]
    is_term: bool


@dataclass(frozen=True, slots=True)
class StatisticRow:
    """One statistic, one value a run."""

    name: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class PairTest:
    """Whether the Sharpe ratios of two runs differ by more than luck."""

    first: str
    second: str
    test: SharpeDifference


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything side by side, in the order the runs were given.

    days          days that all runs have a value for
    curves        one a run: value at each of those days over the value at the first of them
    correlations  of the returns from one such day to the next, None where returns do not vary
    warnings      why these results may not be compared, in sentences; empty when nothing speaks against it
    """

    names: tuple[str, ...]
    statistics: tuple[StatisticRow, ...]
    differences: tuple[SpecDifference, ...]
    days: tuple[date, ...]
    curves: tuple[tuple[float, ...], ...]
    correlations: tuple[tuple[float | None, ...], ...]
    sharpe_tests: tuple[PairTest, ...]
    warnings: tuple[str, ...] = field(default=())


def compare(runs: Sequence[ComparedRun]) -> Comparison:
    """Put two runs or more side by side.

    Curves, correlations and tests are over the days that all runs share; statistics are each run's own,
    over its own days, and a warning says where those differ. Raises InvalidInput for fewer than two
    runs, and for two of one name.
    """
    names = tuple(run.name for run in runs)
    if len(runs) < 2:  # noqa: PLR2004 - a comparison takes two
        raise InvalidInput.at("runs", message="name two runs at least to compare")
    if len(set(names)) < len(names):
        raise InvalidInput.at("runs", message="two runs have the same name; give each its own")
    days, levels = _aligned(runs)
    returns = levels[:, 1:] / levels[:, :-1] - 1.0 if levels.size and bool((levels > 0.0).all()) else None
    differences = _differences(runs)
    return Comparison(
        names=names,
        statistics=_statistics(runs),
        differences=differences,
        days=tuple(as_date(int(day)) for day in days),
        curves=tuple(tuple((row / row[0]).tolist()) for row in levels) if levels.size else ((),) * len(runs),
        correlations=_correlations(len(runs), returns),
        sharpe_tests=() if returns is None else _tests(runs, returns),
        warnings=_warnings(runs, differences, days),
    )


def spec_differences(specs: Sequence[Mapping[str, Any]]) -> tuple[SpecDifference, ...]:
    """The fields in which specifications differ, by path; nested mappings are compared field by field."""
    flat = [dict(_flattened(spec)) for spec in specs]
    paths = sorted({path for one in flat for path in one})
    found = []
    for path in paths:
        values = tuple(one.get(path, _MISSING) for one in flat)
        if any(value != values[0] for value in values[1:]):
            found.append(SpecDifference(path, values, path.split(".")[0] not in CHOICES))
    return tuple(found)


def _differences(runs: Sequence[ComparedRun]) -> tuple[SpecDifference, ...]:
    return spec_differences([run.spec for run in runs])


def _flattened(spec: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    items: list[tuple[str, Any]] = []
    for name, value in spec.items():
        if isinstance(value, Mapping) and value:
            items += _flattened(value, f"{prefix}{name}.")
        else:
            items.append((f"{prefix}{name}", list(value) if isinstance(value, tuple) else value))
    return items


def _statistics(runs: Sequence[ComparedRun]) -> tuple[StatisticRow, ...]:
    names = dict.fromkeys(name for run in runs for name in run.statistics)
    return tuple(StatisticRow(name, tuple(run.statistics.get(name) for run in runs)) for name in names)


def _aligned(runs: Sequence[ComparedRun]) -> tuple[IntArray, FloatArray]:
    """Days all runs share, and the value of each at their ends, (K, D)."""
    days = runs[0].path.day
    for run in runs[1:]:
        days = np.intersect1d(days, run.path.day)
    rows = [run.path.level[1:][_last_of(run.path.day, days)] for run in runs]
    levels = np.stack(rows)
    # A curve that starts at nothing has no growth to show.
    return (days, levels) if len(days) and bool((levels[:, 0] > 0.0).all()) else (days[:0], levels[:, :0])


def _last_of(all_days: IntArray, wanted: IntArray) -> IntArray:
    """Where each wanted day ends among days that may repeat."""
    return np.searchsorted(all_days, wanted, side="right") - 1


def _correlations(count: int, returns: FloatArray | None) -> tuple[tuple[float | None, ...], ...]:
    if returns is None or returns.shape[1] < _FEWEST_DATES:
        return ((None,) * count,) * count
    centred = returns - returns.mean(axis=1, keepdims=True)
    size = np.sqrt(np.einsum("ij,ij->i", centred, centred))
    moves = size > NOISE * math.sqrt(returns.shape[1])
    scaled = centred / np.where(moves, size, 1.0)[:, np.newaxis]
    table = np.clip(scaled @ scaled.T, -1.0, 1.0)
    np.fill_diagonal(table, 1.0)
    return tuple(
        tuple(float(table[i, j]) if moves[i] and moves[j] else None for j in range(count))
        for i in range(count)
    )


def _tests(runs: Sequence[ComparedRun], returns: FloatArray) -> tuple[PairTest, ...]:
    if len({run.periods_per_year for run in runs}) > 1:
        return ()
    year = runs[0].periods_per_year
    return tuple(
        PairTest(runs[i].name, runs[j].name, sharpe_difference(returns[i], returns[j], year))
        for i, j in combinations(range(len(runs)), 2)
    )


def _warnings(
    runs: Sequence[ComparedRun], differences: Sequence[SpecDifference], days: IntArray
) -> tuple[str, ...]:
    warnings = _on_terms(differences)
    if len({run.data_hash for run in runs}) > 1 or any(not run.data_hash for run in runs):
        read = {"instruments", "start", "end", "timeframe", "source", "adjustment", "benchmark", "currency"}
        asked = any(one.path.split(".")[0] in read for one in differences)
        warnings.append(
            "The runs read different data because they were asked to."
            if asked and all(run.data_hash for run in runs)
            else "The runs were asked for the same data and did not read the same: it was changed between them, "
            "so a difference may come from the bars."
            if all(run.data_hash for run in runs)
            else "It is not known whether the runs read the same data."
        )
    versions = sorted({run.code_version for run in runs})
    if len(versions) > 1:
        warnings.append(f"The runs were made by different versions of the engine: {', '.join(versions)}.")
    if len({run.periods_per_year for run in runs}) > 1:
        warnings.append(
            "The runs are annualised with different numbers of periods a year; their Sharpe ratios are not tested."
        )
    return (*warnings, *_on_days(runs, days))


def _on_terms(differences: Sequence[SpecDifference]) -> list[str]:
    terms = dict.fromkeys(one.path.split(".")[0] for one in differences if one.is_term)
    warnings = []
    for term in terms:
        paths = [one.path for one in differences if one.path.split(".")[0] == term]
        words = _TERMS_IN_WORDS.get(term, term.replace("_", " "))
        warnings.append(
            f"The runs were traded on different terms: {words} ({', '.join(paths)}). "
            "A difference between them may come from the terms and not from the strategy."
        )
    return warnings


def _on_days(runs: Sequence[ComparedRun], days: IntArray) -> list[str]:
    if len(days) < _FEWEST_DATES:
        return ["The runs share too few days to compare their curves."]
    longest = max(len(np.unique(run.path.day)) for run in runs)
    warnings = []
    if len(days) < longest:
        warnings.append(
            f"Curves, correlations and tests are over the {len(days)} days all runs share, of {longest} in the "
            "longest; the statistics are each run's own, over all of its days."
        )
    ruined = [run.name for run in runs if run.path.ruined]
    if ruined:
        warnings.append(f"Ruined, and so without returns to test: {', '.join(ruined)}.")
    return warnings
