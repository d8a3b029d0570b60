"""The report of a walk-forward: what choosing parameters again and again would have made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from domain.clock import to_nanoseconds
from domain.performance.adapters import formatting
from domain.performance.adapters.charts.chart import Chart
from domain.performance.adapters.formatting import Figure
from domain.research.adapters.reports import wording
from domain.research.adapters.reports.columns_chart import Series, columns_chart
from domain.research.adapters.reports.curves_chart import Band, Curve, curves_chart
from domain.research.adapters.reports.parameter_path import parameter_paths
from domain.research.adapters.reports.study_page import frame, question, render_study_page
from domain.research.model import Objective, Study, WalkForwardSpec

_HEADLINE = ("total_return", "annual_return", "sharpe", "max_drawdown", "trades")


@dataclass(frozen=True, slots=True)
class WindowRow:
    """One window as text; `changed` says that other parameters were chosen than in the one before."""

    number: int
    train: str
    test: str
    parameters: str
    changed: bool
    in_sample: Figure
    out_of_sample: Figure
    total_return: Figure
    max_drawdown: Figure
    trades: Figure
    efficiency: Figure


@dataclass(frozen=True, slots=True)
class HeadlineRow:
    """A figure of the stitched account, and what it stands beside."""

    name: str
    label: str
    figure: Figure
    benchmark: Figure | None


@dataclass(frozen=True, slots=True)
class ContrastRow:
    """One statistic three times: as promised, as it came, and with hindsight."""

    name: str
    label: str
    walked: Figure
    hindsight: Figure
    promised: Figure


def render_walk_forward(study: Study, title: str = "", now: datetime | None = None) -> str:
    """The report of a completed walk-forward as one HTML document. Raises Conflict, MissingExtra."""
    page = frame(study, title, "Walk-forward report", now)
    spec, outcome = _walk_forward(study), study.outcome or {}
    objective, currency = Objective(**outcome["objective"]), spec.sweep.base.currency
    values = {
        **page,
        "question": question(spec.sweep),
        "scheme": scheme_sentence(spec, outcome),
        "headline": headline(outcome, currency),
        "efficiency": efficiency_sentence(outcome),
        "curve": curve_chart(outcome, spec),
        "objective": wording.label(objective.statistic),
        "objective_within": wording.mid_sentence(objective.statistic),
        "windows": window_rows(outcome, objective, currency),
        "bars": efficiency_chart(outcome, objective, currency),
        "paths": parameter_paths(outcome["windows"], outcome["stability"]["parameters"]),
        "stability": stability_rows(outcome),
        "contrast": contrast_rows(outcome, objective, currency),
        "hindsight": wording.parameters(outcome["hindsight"]["parameters"]),
        "agreeing": formatting.percent(outcome["hindsight"]["windows_agreeing"], 0),
    }
    return render_study_page("walk_forward.html", values)


def scheme_sentence(spec: WalkForwardSpec, outcome: Mapping[str, Any]) -> str:
    """How the windows were made."""
    grows = (
        f"Each window chose on the {formatting.count(spec.train_bars)} bars before it"
        if spec.scheme == "rolling"
        else f"Each window chose on all bars before it, {formatting.count(spec.train_bars)} at first"
    )
    embargo = (
        f", {formatting.counted(spec.embargo_bars, 'bar', 'bars')} left out between"
        if spec.embargo_bars
        else ""
    )
    return (
        f"{grows}{embargo}, from {formatting.counted(outcome['combinations'], 'combination', 'combinations')}, and traded "
        f"{formatting.count(spec.test_bars)} bars. The account below is made of those test bars alone."
    )


def headline(outcome: Mapping[str, Any], currency: str) -> tuple[HeadlineRow, ...]:
    """The first figures of the stitched account beside the benchmark's."""
    mine, other = outcome["statistics"], outcome["benchmark_statistics"]
    return tuple(
        HeadlineRow(
            name,
            wording.label(name),
            wording.figure(name, mine[name], currency),
            wording.figure(name, other[name], currency) if other and name != "trades" else None,
        )
        for name in _HEADLINE
    )


def efficiency_sentence(outcome: Mapping[str, Any]) -> str:
    """What was kept of the promise, and in how many windows money was made."""
    kept = outcome["efficiency"]
    told = (
        "The choices promised no growth in sample, so there is no efficiency."
        if kept is None
        else f"Out of sample the account kept {formatting.percent(kept, 0)} of the annual return its choices promised in sample."
    )
    return f"{told} {formatting.percent(outcome['profitable_windows'], 0)} of the windows ended above their start."


def curve_chart(outcome: Mapping[str, Any], spec: WalkForwardSpec) -> Chart:
    """The stitched account beside the benchmark, every second window shaded."""
    curve, currency = outcome["curve"], spec.sweep.base.currency
    times = np.array([_nanoseconds(one) for one in curve["time"]], dtype=np.int64)
    lines = [Curve("Out of sample", "strategy", _column(curve["equity"]))]
    benchmark = _column(curve["benchmark"])
    if bool(np.isfinite(benchmark).any()):
        lines.insert(0, Curve(spec.sweep.base.benchmark or "Buy and hold", "benchmark", benchmark))
    bands = [
        Band(_nanoseconds(one["test"]["start"]), _nanoseconds(one["test"]["end"]), str(one["number"] + 1))
        for one in outcome["windows"]
    ]
    return curves_chart(
        "stitched",
        times,
        lines,
        start=float(spec.sweep.base.initial_cash),
        axis=lambda value: formatting.compact_money(value, currency),
        written=lambda value: formatting.money(value, currency),
        bands=bands,
        notes=("Windows are numbered along the top; every second one is shaded.",),
    )


def window_rows(outcome: Mapping[str, Any], objective: Objective, currency: str) -> tuple[WindowRow, ...]:
    """In the order of time."""
    return tuple(_window_row(one, objective.statistic, currency) for one in outcome["windows"])


def _window_row(one: Mapping[str, Any], statistic: str, currency: str) -> WindowRow:
    kept = one["out_of_sample"]
    return WindowRow(
        number=one["number"] + 1,
        train=wording.day(one["train"]["start"]),
        test=_span(one["test"]),
        parameters=wording.parameters(one["parameters"]) if one["parameters"] else "nothing held",
        changed=one["changed"] and one["number"] > 0,
        in_sample=wording.figure(statistic, one["in_sample"].get(statistic), currency),
        out_of_sample=wording.figure(statistic, kept.get(statistic), currency),
        total_return=wording.figure("total_return", kept.get("total_return"), currency),
        max_drawdown=wording.figure("max_drawdown", kept.get("max_drawdown"), currency),
        trades=wording.figure("trades", kept.get("trades"), currency),
        efficiency=_ratio(one["efficiency"]),
    )


def efficiency_chart(outcome: Mapping[str, Any], objective: Objective, currency: str) -> Chart:
    """The objective as each window was promised it, and as it came."""
    name, windows = objective.statistic, outcome["windows"]
    return columns_chart(
        "efficiency",
        [str(one["number"] + 1) for one in windows],
        (
            Series("In sample", "promised", tuple(one["in_sample"].get(name) for one in windows)),
            Series("Out of sample", "kept", tuple(one["out_of_sample"].get(name) for one in windows)),
        ),
        lambda value: wording.on_axis(name, value),
        lambda value: wording.figure(name, value, currency).text,
        f"{wording.label(name)} in sample and out of sample, window by window.",
    )


def stability_rows(outcome: Mapping[str, Any]) -> tuple[tuple[str, Figure], ...]:
    """How steady the choice of each parameter was, the overall one last."""
    found: Sequence[tuple[str, float | None]] = [
        *outcome["stability"]["parameters"].items(),
        ("all together", outcome["stability"]["overall"]),
    ]
    return tuple((wording.named(name), _ratio(value)) for name, value in found)


def contrast_rows(outcome: Mapping[str, Any], objective: Objective, currency: str) -> tuple[ContrastRow, ...]:
    """The walked account beside the one combination that hindsight would have chosen."""
    names = dict.fromkeys(
        (objective.statistic, "sharpe", "annual_return", "total_return", "max_drawdown", "trades")
    )
    told = outcome["hindsight"]
    return tuple(
        ContrastRow(
            name,
            wording.label(name),
            wording.figure(name, outcome["statistics"].get(name), currency),
            wording.figure(name, told["statistics"].get(name), currency),
            wording.figure(name, told["in_sample"].get(name), currency),
        )
        for name in names
    )


def _span(one: Mapping[str, Any]) -> str:
    return f"{wording.day(one['start'])} \u2013 {wording.day(one['end'])}"


def _ratio(value: float | None) -> Figure:
    return Figure.undefined("Undefined") if value is None else Figure(formatting.number(value))


def _column(values: Sequence[float | None]) -> Any:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _nanoseconds(moment: str) -> int:
    return to_nanoseconds(datetime.fromisoformat(moment))


def _walk_forward(study: Study) -> WalkForwardSpec:
    assert isinstance(study.spec, WalkForwardSpec)  # noqa: S101 - whoever calls has looked at the kind
    return study.spec
