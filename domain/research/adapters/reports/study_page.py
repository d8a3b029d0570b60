"""What every report of a study shows beside its own subject: what was asked, and from what it was made."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.errors import Conflict
from domain.performance.adapters import formatting
from domain.performance.adapters.facts_view import Fact, facts
from domain.performance.adapters.page import render_page
from domain.performance.adapters.specification_view import specification
from domain.research.adapters.reports import wording
from domain.research.model import ParameterRange, SearchMethod, Study, SweepSpec, base_of

_PACKAGE = "domain.research.adapters.reports"
_STYLE = "study.css"
_INSTRUMENTS_NAMED = 6
_VALUES_NAMED = 12


def render_study_page(template: str, values: Mapping[str, object]) -> str:
    """A template of this folder in the frame of every report."""
    return render_page(template, values, package=_PACKAGE, style=_STYLE)


def frame(study: Study, title: str, kind: str, now: datetime | None) -> dict[str, object]:
    """What stands above and below the report. Raises Conflict for a study that is not done."""
    if study.outcome is None:
        raise Conflict(f"Study {study.id} is {study.status}; only a completed one has a report.")
    base = base_of(study.spec)
    return {
        "title": title or base.strategy.replace("_", " ").capitalize(),
        "kind": kind,
        "subtitle": subtitle(study),
        "warnings": study.warnings,
        "currency": base.currency,
        "spec": specification(base.model_dump(mode="json")),
        "provenance": facts({"study": str(study.id), "data_hash": study.outcome["data_hash"]}),
        "created": None if now is None else formatting.moment(now),
    }


def subtitle(study: Study) -> str:
    """Instruments, bars and period of the run that was varied."""
    base = base_of(study.spec)
    shown = ", ".join(base.instruments[:_INSTRUMENTS_NAMED])
    if len(base.instruments) > _INSTRUMENTS_NAMED:
        shown += f" and {len(base.instruments) - _INSTRUMENTS_NAMED} more"
    start = "first bar" if base.start is None else formatting.day(base.start)
    end = "last bar" if base.end is None else formatting.day(base.end)
    return f"{shown} · {base.timeframe} bars · {start} to {end}"


def question(spec: SweepSpec) -> tuple[Fact, ...]:
    """What was searched, in words."""
    asked: dict[str, Any] = {wording.named(name): said_range(one) for name, one in spec.space.items()}
    told: dict[str, Any] = {"varied": asked, "method": said_method(spec)}
    if spec.constraints:
        told["constraints"] = list(spec.constraints)
    told["wanted"] = [wording.objective(one) for one in spec.objectives]
    told["accounts"] = "one for each instrument" if spec.each_instrument else "one for all instruments"
    if spec.periods:
        told["periods"] = [wording.period(f"{one.start or ''}..{one.end or ''}") for one in spec.periods]
    if spec.patience is not None:
        told["patience"] = f"stop after {formatting.count(spec.patience)} combinations that do no better"
    if spec.method is not SearchMethod.GRID or spec.samples is not None:
        told["seed"] = spec.seed
    return facts(told)


def said_range(one: ParameterRange) -> str:
    if one.values is not None:
        shown = ", ".join(wording.parameter(value) for value in one.values[:_VALUES_NAMED])
        more = len(one.values) - _VALUES_NAMED
        return f"{shown} and {more} more" if more > 0 else shown
    step = "" if one.step is None else f", in steps of {wording.parameter(one.step)}"
    scale = ", on a logarithmic scale" if one.log else ""
    return f"{wording.parameter(one.low)} to {wording.parameter(one.high)}{step}{scale}"


def said_method(spec: SweepSpec) -> str:
    name = spec.method.replace("_", " ")
    if spec.samples is None:
        return f"whole {name}" if spec.method is SearchMethod.GRID else name
    return f"{name}, {formatting.count(spec.samples)} combinations"
