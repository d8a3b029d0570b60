"""Studies as JSON documents; outcomes keep the names they are stored under."""

from typing import TYPE_CHECKING, Any

from domain.errors import InvalidInput
from domain.research.model import PARAMETER, Estimate, HeatMap, Study, StudyId, StudyKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from functions.bootstrap import Application


def found_study(application: "Application", study_id: str, kind: str) -> Study:
    """A study of this kind. Raises NotFound, and InvalidInput for one of another kind."""
    study = application.services.studies.get(application.workspace_id, StudyId(study_id))
    if study.kind is not StudyKind(kind):
        command = str(study.kind).replace("_", "-")
        raise InvalidInput(f"{study_id} is a {study.kind}; use `agentic-trader {command} show`.")
    return study


def summary(study: Study) -> dict[str, Any]:
    """A study as a row of a listing."""
    from domain.research.model import base_of

    spec = base_of(study.spec)
    return {
        "id": study.id,
        "kind": study.kind,
        "status": study.status,
        "strategy": spec.strategy,
        "instruments": list(spec.instruments),
        "runs_done": study.runs_done,
        "runs_planned": study.runs_planned,
        "created_at": study.created_at,
        "finished_at": study.finished_at,
    }


def document_of(study: Study) -> dict[str, Any]:
    """Where it stands, what was asked for, and what came out."""
    return {
        **summary(study),
        "progress": study.progress,
        "eta": study.eta,
        "failure": study.failure,
        "warnings": list(study.warnings),
        "spec": study.spec.model_dump(mode="json"),
        "outcome": None if study.outcome is None else dict(study.outcome),
    }


def estimate_document(estimate: Estimate) -> dict[str, Any]:
    """What a study would take; runs are an upper bound unless is_exact."""
    return {
        "runs": estimate.runs,
        "seconds": estimate.seconds,
        "bytes": estimate.bytes,
        "is_exact": estimate.is_exact,
    }


def run_rows(
    application: "Application", study_id: str, order_by: str | None, *, descending: bool, limit: int
) -> list[dict[str, Any]]:
    """Single runs of a sweep, one object each; undefined is null. Raises InvalidInput for another study."""
    found_study(application, study_id, "sweep")
    table = application.services.studies.rows(
        application.workspace_id, StudyId(study_id), order_by=order_by, descending=descending, limit=limit
    )
    return list(_rows(table.columns))


def heat_map_document(found: HeatMap) -> dict[str, Any]:
    """Cells are rows of y by columns of x."""
    return {
        "x": found.x,
        "y": found.y,
        "statistic": found.statistic,
        "aggregate": found.aggregate,
        "x_values": list(found.x_values),
        "y_values": list(found.y_values),
        "cells": [list(row) for row in found.cells],
    }


def _rows(columns: "Mapping[str, Any]") -> "Iterator[dict[str, Any]]":
    for row in _flat(columns):
        parameters = {
            name.removeprefix(PARAMETER): row.pop(name) for name in list(row) if name.startswith(PARAMETER)
        }
        yield {
            "combination": row.pop("combination"),
            "instrument": row.pop("instrument"),
            "period": row.pop("period"),
            "parameters": parameters,
            "failure": row.pop("failure") or None,
            **row,
        }


def _flat(columns: "Mapping[str, Any]") -> "Iterator[dict[str, Any]]":
    plain = {name: _values(column) for name, column in columns.items()}
    for values in zip(*plain.values(), strict=True):
        yield dict(zip(plain, values, strict=True))


def _values(column: Any) -> list[Any]:
    values = column.tolist() if hasattr(column, "tolist") else column
    return [None if value != value else value for value in values]  # noqa: PLR0124 - NaN is not itself
