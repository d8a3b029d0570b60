"""The report of a sweep: what was tried, what came out best, and how much of that is luck."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import combinations
from typing import Any

import numpy as np

from domain.arrays import FloatArray
from domain.performance.adapters import formatting
from domain.performance.adapters.charts.chart import Chart
from domain.research.adapters.reports import wording
from domain.research.adapters.reports.columns_chart import Series, columns_chart
from domain.research.adapters.reports.heat_map_view import PairOfMaps, pair_of_maps
from domain.research.adapters.reports.score_charts import Mark, marked_histogram, scatter
from domain.research.adapters.reports.study_page import frame, question, render_study_page
from domain.research.adapters.reports.sweep_luck import COLUMNS, luck_of_the_best
from domain.research.adapters.reports.sweep_tables import combination_table, failure_rows, part_rows
from domain.research.adapters.reports.verdict_view import panel_answer
from domain.research.model import PARAMETER, Aggregate, Direction, Study, SweepSpec
from domain.research.sweep.heat_map import heat_map_of
from domain.research.table import Table

Rows = Callable[[Sequence[str]], Table]
"""Reads these columns of the rows of the sweep."""
_MOST_CROSSED = 4
"""Parameters whose every pair gets a map; of more, the ones that matter most."""
_MOST_PARETO_LISTED = 30


def render_sweep(study: Study, rows: Rows, title: str = "", now: datetime | None = None) -> str:
    """The report of a completed sweep as one HTML document.

    rows are read a few columns at a time. Raises Conflict for a sweep that is not done, MissingExtra
    without the template engine.
    """
    page = frame(study, title, "Sweep report", now)
    spec, outcome = _sweep(study), study.outcome or {}
    scores = scores_of(rows, [one.statistic for one in spec.objectives])
    luck = luck_of_the_best(outcome, rows(COLUMNS))
    values = {
        **page,
        "question": question(spec),
        "counts": counts(outcome),
        "objective": wording.objective(spec.objectives[0]),
        "statistic": wording.label(spec.objectives[0].statistic),
        "luck": luck,
        "luck_answer": panel_answer(luck.answer),
        "best": best_sentence(spec, outcome),
        "neighbourhood": neighbourhood_sentence(spec, outcome),
        "top": combination_table(spec, outcome["top"]),
        "pareto": combination_table(spec, outcome["pareto"][:_MOST_PARETO_LISTED]),
        "pareto_size": len(outcome["pareto"]),
        "is_pareto": len(spec.objectives) > 1,
        "maps": maps(spec, outcome, rows),
        "map_note": _map_note(spec, outcome),
        "marginals": marginal_charts(spec, outcome),
        "distribution": _distribution(spec, outcome, scores[:, 0]),
        "front": _front(spec, outcome, scores),
        "instruments": part_rows(spec, outcome["instruments"], "instruments"),
        "periods": part_rows(spec, outcome["periods"], "periods"),
        "failures": failure_rows(outcome["failures"]),
    }
    return render_study_page("sweep.html", values)


def scores_of(rows: Rows, statistics: Sequence[str]) -> FloatArray:
    """What each combination is ranked by, (K, M): the mean over its accounts, NaN where the statistic is
    undefined in more than half of them."""
    names = list(dict.fromkeys(statistics))
    table = rows(["combination", *names])
    _, place = np.unique(np.asarray(table["combination"]), return_inverse=True)
    size = int(place.max()) + 1 if len(place) else 0
    columns = []
    for name in statistics:
        values = np.asarray(table[name], dtype=np.float64)
        known = np.isfinite(values)
        sums = np.bincount(place[known], values[known], size)
        count = np.bincount(place[known], minlength=size)
        enough = (count > 0) & (2 * count >= np.bincount(place, minlength=size))
        columns.append(np.divide(sums, count, out=np.full(size, np.nan), where=enough))
    return np.stack(columns, axis=1)


def counts(outcome: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Combinations, runs and failures, as the head of the report shows them."""
    planned = outcome["planned_combinations"]
    tried = formatting.count(outcome["combinations"])
    if outcome["stopped_early"]:
        tried += f" of {formatting.count(planned)}"
    return (
        ("Combinations tried", tried),
        ("Runs", formatting.count(outcome["runs"])),
        ("Runs that failed", formatting.count(outcome["failed"])),
    )


def best_sentence(spec: SweepSpec, outcome: Mapping[str, Any]) -> str:
    """The best combination by the first objective, or that there is none."""
    best = outcome["best"][0]
    if best is None:
        return "No combination could be ranked."
    one = spec.objectives[0]
    value = wording.figure(one.statistic, best["scores"][0], spec.base.currency).text
    return f"{wording.parameters(best['parameters'])}: {wording.mid_sentence(one.statistic)} {value}."


def neighbourhood_sentence(spec: SweepSpec, outcome: Mapping[str, Any]) -> str:
    """Whether the best one stands on a plateau or on a needle."""
    found = outcome["neighbourhood"]
    if found is None:
        return "The best combination has no neighbours that were measured, so it may stand alone."
    statistic, currency = spec.objectives[0].statistic, spec.base.currency
    median, worst = (wording.figure(statistic, found[name], currency).text for name in ("median", "worst"))
    return (
        f"Its {formatting.counted(found['scored'], 'neighbour', 'neighbours')} have a median {wording.mid_sentence(statistic)} of "
        f"{median} (worst {worst}), which is better than {formatting.percent(found['better_than'], 0)} of all combinations. "
        "Near 100% it stands on a plateau, near 50% it stands alone."
    )


def maps(spec: SweepSpec, outcome: Mapping[str, Any], rows: Rows) -> tuple[PairOfMaps, ...]:
    """A pair of maps for every two of the parameters, or of the four that matter most."""
    one = spec.objectives[0]
    names = strongest(outcome["marginals"])
    best = outcome["best"][0]
    found = []
    for number, (x, y) in enumerate(combinations(names, 2)):
        table = rows([PARAMETER + x, PARAMETER + y, one.statistic])
        seen = heat_map_of(table, x, y, one.statistic, _aggregate(outcome), one.direction)
        chosen = None if best is None else best["parameters"]
        found.append(pair_of_maps(seen, chosen, number, lower_is_better=one.direction is Direction.MINIMISE))
    return tuple(found)


def strongest(marginals: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """The parameters to cross, in their own order: at most four, whose values make the most difference."""
    spread = {}
    for name, ranges in marginals.items():
        means = [one["mean"] for one in ranges if one["mean"] is not None]
        if len(ranges) > 1:
            spread[name] = max(means) - min(means) if means else 0.0
    kept = sorted(spread, key=lambda name: -spread[name])[:_MOST_CROSSED]
    return [name for name in marginals if name in kept]


def _aggregate(outcome: Mapping[str, Any]) -> Aggregate:
    return Aggregate.BEST if outcome["runs"] == outcome["combinations"] else Aggregate.MEAN


def _map_note(spec: SweepSpec, outcome: Mapping[str, Any]) -> str:
    crossed, varied = (
        len(strongest(outcome["marginals"])),
        sum(len(one) > 1 for one in outcome["marginals"].values()),
    )
    notes = []
    if _aggregate(outcome) is Aggregate.MEAN:
        notes.append(
            "A cell is the mean of all runs that share its two values, over instruments, periods and the other parameters."
        )
    elif varied > 2:  # noqa: PLR2004 - a map has two
        notes.append(
            "A cell is the best run that shares its two values, whatever the other parameters are: it looks better than they do."
        )
    if crossed < varied:
        notes.append(
            f"Crossed are the {crossed} of {varied} parameters whose values make the most difference."
        )
    if spec.objectives[0].direction is Direction.MINIMISE:
        notes.append("Lower is better here.")
    return " ".join(notes)


def marginal_charts(spec: SweepSpec, outcome: Mapping[str, Any]) -> tuple[tuple[str, Chart], ...]:
    """Name and chart of each parameter: mean and best of the objective by its value."""
    one, currency = spec.objectives[0], spec.base.currency
    charts = []
    for number, (name, ranges) in enumerate(outcome["marginals"].items()):
        if len(ranges) < 2:  # noqa: PLR2004 - one value makes no difference
            continue
        chart = columns_chart(
            f"marginal-{number}",
            [_range_name(each) for each in ranges],
            (
                Series("Mean", "mean", tuple(each["mean"] for each in ranges)),
                Series(
                    "Best",
                    "best",
                    tuple(each["best"] if each["combinations"] else None for each in ranges),
                    is_tick=True,
                ),
            ),
            lambda value: wording.on_axis(one.statistic, value),
            lambda value: wording.figure(one.statistic, value, currency).text,
            f"{wording.label(one.statistic)} by {wording.named(name)}, mean and best.",
        )
        charts.append((wording.named(name), chart))
    return tuple(charts)


def _range_name(one: Mapping[str, Any]) -> str:
    if one["from"] == one["to"]:
        return wording.parameter(one["from"])
    return f"{wording.parameter(one['from'])} to {wording.parameter(one['to'])}"


def _distribution(spec: SweepSpec, outcome: Mapping[str, Any], scores: FloatArray) -> Chart | None:
    one, best = spec.objectives[0], outcome["best"][0]
    known = scores[np.isfinite(scores)]
    marks = []
    if best is not None:
        text = wording.figure(one.statistic, best["scores"][0], spec.base.currency).text
        marks.append(Mark("Best", best["scores"][0], "chosen", text))
    if known.size:
        middle = float(np.median(known))
        marks.append(
            Mark("Median", middle, "middle", wording.figure(one.statistic, middle, spec.base.currency).text)
        )
    return marked_histogram(
        "distribution", scores, marks, lambda value: wording.on_axis(one.statistic, value), "combination"
    )


def _front(spec: SweepSpec, outcome: Mapping[str, Any], scores: FloatArray) -> Chart | None:
    if len(spec.objectives) < 2:  # noqa: PLR2004 - one objective has one best
        return None
    first, second = (one.statistic for one in spec.objectives[:2])
    front = [(one["scores"][0], one["scores"][1]) for one in outcome["pareto"]]
    return scatter(
        "pareto",
        scores[:, 0],
        scores[:, 1],
        front,
        (wording.objective(spec.objectives[0]), wording.objective(spec.objectives[1])),
        (lambda value: wording.on_axis(first, value), lambda value: wording.on_axis(second, value)),
    )


def _sweep(study: Study) -> SweepSpec:
    assert isinstance(study.spec, SweepSpec)  # noqa: S101 - whoever calls has looked at the kind
    return study.spec
