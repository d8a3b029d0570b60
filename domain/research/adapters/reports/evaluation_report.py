"""The report of an evaluation: the verdict, and what stands behind each answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from domain.performance.adapters import formatting
from domain.performance.adapters.charts.axes import ValueScale
from domain.performance.adapters.charts.chart import Chart
from domain.performance.adapters.charts.svg import Markup, element, percentage
from domain.performance.adapters.formatting import Figure, Tone
from domain.research.adapters.reports import wording
from domain.research.adapters.reports.cone_chart import cone_chart
from domain.research.adapters.reports.score_charts import Mark, marked_histogram
from domain.research.adapters.reports.study_page import frame, question, render_study_page
from domain.research.adapters.reports.verdict_view import stored_panel
from domain.research.model import EvaluationSpec, Study

_STRESSED = ("sharpe", "annual_return", "total_return", "max_drawdown", "trades", "fees_paid")
_HEADLINE = ("total_return", "annual_return", "sharpe", "max_drawdown", "trades")
_INTERVALS = {
    "sharpe": "sharpe",
    "annual_return": "annual_return",
    "max_drawdown": "max_drawdown",
    "mean_trade": "expectancy",
}
"""Names in the outcome, and the statistic whose unit they have."""
_LABELS = {"mean_trade": "Mean trade, open ones too"}


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """An estimate with both ends of its interval, and a drawing of them beside zero."""

    name: str
    label: str
    estimate: Figure
    low: Figure
    high: Figure
    drawing: Markup


@dataclass(frozen=True, slots=True)
class PartRow:
    """A stretch of time, or a state of the market."""

    name: str
    length: str
    total_return: Figure
    sharpe: Figure


@dataclass(frozen=True, slots=True)
class StressRow:
    """The run under other terms; the first is the run itself."""

    name: str
    figures: tuple[Figure, ...]


def render_evaluation(study: Study, title: str = "", now: datetime | None = None) -> str:
    """The report of a completed evaluation as one HTML document. Raises Conflict, MissingExtra."""
    page = frame(study, title, "Evaluation report", now)
    spec, outcome = _evaluation(study), study.outcome or {}
    currency = spec.base.currency
    cone = outcome["drawdowns"]
    values = {
        **page,
        "parameters": wording.parameters(spec.base.parameters),
        "question": () if spec.sweep is None else question(spec.sweep),
        "panel": stored_panel(outcome["verdict"], trials_sentence(outcome["trials"]), is_open=True),
        "headline": [
            (name, wording.label(name), wording.figure(name, outcome["statistics"][name], currency))
            for name in _HEADLINE
        ],
        "cone": None if cone is None else cone_chart(cone),
        "drawdowns": () if cone is None else drawdown_rows(cone),
        "cone_told": "" if cone is None else cone_sentence(cone),
        "intervals": interval_rows(outcome["intervals"], currency),
        "confidence": _confidence(outcome["intervals"]),
        "permutation": permutation_chart(outcome["permutation"]),
        "permutation_told": permutation_sentence(outcome["permutation"], spec),
        "neighbours": neighbour_chart(outcome["neighbourhood"]),
        "stress": stress_rows(outcome, currency),
        "stress_labels": tuple(wording.label(name) for name in _STRESSED),
        "stretches": stretch_rows(outcome["stretches"]),
        "regimes": regime_rows(outcome["regimes"]),
        "search": search_rows(outcome),
    }
    return render_study_page("evaluation.html", values)


def trials_sentence(trials: Mapping[str, Any]) -> str:
    """How many strategies were tried to find this one."""
    count, effective = trials["count"], trials["effective"]
    if count is None:
        return "It is not known how many strategies were tried to find this one."
    told = f"{formatting.counted(count, 'strategy was', 'strategies were')} tried to find this one"
    return (
        f"{told}, as good as {formatting.number(effective, 1)} independent ones."
        if effective is not None
        else f"{told}."
    )


def interval_rows(intervals: Mapping[str, Any], currency: str) -> tuple[IntervalRow, ...]:
    """Those that could be measured."""
    return tuple(
        _interval_row(name, statistic, intervals[name], currency)
        for name, statistic in _INTERVALS.items()
        if intervals.get(name) is not None
    )


def _interval_row(name: str, statistic: str, found: Mapping[str, Any], currency: str) -> IntervalRow:
    estimate, low, high = (
        wording.figure(statistic, found[end], currency) for end in ("estimate", "low", "high")
    )
    label = _LABELS.get(name, wording.label(statistic))
    return IntervalRow(name, label, estimate, low, high, _interval(found))


def _confidence(intervals: Mapping[str, Any]) -> str:
    known = next((one for one in intervals.values() if one is not None), None)
    return "" if known is None else formatting.percent(known["confidence"], 0)


def _interval(found: Mapping[str, Any]) -> Markup:
    """On a scale of its own, which holds zero."""
    low, high, middle = (float(found[end] or 0.0) for end in ("low", "high", "estimate"))
    scale = ValueScale.around(np.array([low, high, middle]), include=0.0, headroom=0.08)
    zero, left, right = (percentage(scale.at(value)) for value in (0.0, low, high))
    return element(
        "svg",
        {"class": "interval", "aria-hidden": "true"},
        element("line", {"class": "zero", "x1": zero, "x2": zero, "y1": "0%", "y2": "100%"}),
        element("line", {"class": "reach", "x1": left, "x2": right, "y1": "50%", "y2": "50%"}),
        element("circle", {"cx": percentage(scale.at(middle)), "cy": "50%", "r": 4}),
    )


def drawdown_rows(cone: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """How likely a fall of each size is."""
    sizes = [
        (f"A fall of {formatting.percent(size, 0)} or more", formatting.percent(share, 1))
        for size, share in cone["drawdown_probabilities"]
    ]
    return (
        *sizes,
        ("Half of the account lost", formatting.percent(cone["probability_of_ruin"], 1)),
        ("An end below the start", formatting.percent(cone["probability_of_loss"], 1)),
    )


def cone_sentence(cone: Mapping[str, Any]) -> str:
    """The drawdown to be ready for."""
    worst, usual = cone["max_drawdown"][0], cone["max_drawdown"][len(cone["max_drawdown"]) // 2]
    share = formatting.percent(cone["quantiles"][0], 0)
    return (
        f"Half of the paths fall by {formatting.percent(-usual, 1)} or more from a peak, and {share} of them by "
        f"{formatting.percent(-worst, 1)} or more."
    )


def permutation_chart(found: Mapping[str, Any] | None) -> Chart | None:
    """What shuffled bars gave, with what was measured; None where nothing was shuffled."""
    if found is None or found["observed"] is None:
        return None
    name = found["statistic"]
    values = np.array([np.nan if one is None else one for one in found["simulated"]], dtype=np.float64)
    mark = Mark("Measured", found["observed"], "chosen", wording.figure(name, found["observed"], "").text)
    return marked_histogram(
        "permutation", values, (mark,), lambda value: wording.on_axis(name, value), "shuffle"
    )


def permutation_sentence(found: Mapping[str, Any] | None, spec: EvaluationSpec) -> str:
    if found is None:
        return "No bars were shuffled."
    what = "the best of the search, made anew on each" if spec.sweep is not None else "the run itself on each"
    told = f"{wording.label(found['statistic'])} on bars whose moves were shuffled, which keeps the drift and destroys every pattern: {what}."
    return (
        told
        if found["p_value"] is None
        else f"{told} As good or better by chance: {formatting.percent(found['p_value'], 1)}."
    )


def neighbour_chart(found: Mapping[str, Any] | None) -> Chart | None:
    """Sharpe ratios of the neighbours, with the run's own."""
    if found is None or not found["sharpes"]:
        return None
    own, *others = (np.nan if one is None else one for one in found["sharpes"])
    marks = () if np.isnan(own) else (Mark("This run", own, "chosen", formatting.number(own)),)
    return marked_histogram(
        "neighbours", np.array(others, dtype=np.float64), marks, formatting.axis_number, "neighbour"
    )


def stress_rows(outcome: Mapping[str, Any], currency: str) -> tuple[StressRow, ...]:
    """The run, the run at higher costs, and the run one bar later."""
    stress = outcome["stress"]
    if stress is None:
        return ()
    late = stress["delay"]
    runs = [
        ("As it is", outcome["statistics"]),
        *(
            (f"{formatting.axis_number(one['multiple'])}\u00d7 the costs", one["statistics"])
            for one in stress["costs"]
        ),
        (f"Decisions {formatting.counted(late['bars'], 'bar', 'bars')} later", late["statistics"]),
    ]
    return tuple(
        StressRow(name, tuple(wording.figure(one, statistics[one], currency) for one in _STRESSED))
        for name, statistics in runs
    )


def stretch_rows(stretches: Sequence[Mapping[str, Any]]) -> tuple[PartRow, ...]:
    """Parts of equal length, in the order of time."""
    return tuple(
        PartRow(
            f"{wording.day(one['start'])} \u2013 {wording.day(one['end'])}",
            "",
            _growth(one["total_return"]),
            _ratio(one["sharpe"]),
        )
        for one in stretches
    )


def regime_rows(regimes: Sequence[Mapping[str, Any]]) -> tuple[PartRow, ...]:
    """States of the market, as they were known before each period."""
    return tuple(
        PartRow(
            f"{one['state'].capitalize()} market",
            formatting.count(one["periods"]),
            _growth(one["total_return"]),
            _ratio(one["sharpe"]),
        )
        for one in regimes
    )


def search_rows(outcome: Mapping[str, Any]) -> tuple[tuple[str, Figure], ...]:
    """Overfitting and data snooping, of an evaluation that had a search to look at."""
    bias, snooping = outcome["overfitting"], outcome["snooping"]
    rows: list[tuple[str, float | None]] = []
    if bias is not None:
        rows += [
            ("Probability of backtest overfitting (CSCV)", bias["probability"]),
            ("Probability that the one chosen loses out of sample", bias["probability_of_loss"]),
        ]
    if snooping is not None:
        rows += [
            ("p-value of Hansen's test for superior predictive ability", snooping["superior"]),
            ("p-value of White's reality check", snooping["reality_check"]),
        ]
    return tuple((name, _share(value)) for name, value in rows)


def _share(value: float | None) -> Figure:
    return Figure.undefined("Undefined") if value is None else Figure(formatting.percent(value, 1))


def _growth(value: float | None) -> Figure:
    if value is None:
        return Figure.undefined("Undefined")
    return Figure(formatting.percent(value, signed=True), Tone.of(value))


def _ratio(value: float | None) -> Figure:
    return Figure.undefined("Undefined") if value is None else Figure(formatting.number(value))


def _evaluation(study: Study) -> EvaluationSpec:
    assert isinstance(study.spec, EvaluationSpec)  # noqa: S101 - whoever calls has looked at the kind
    return study.spec
