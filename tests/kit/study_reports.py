"""Studies that were carried out over made-up bars, for reports of them."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import numpy as np

from domain.ids import WorkspaceId
from domain.research.evaluation.program import EvaluationProgram
from domain.research.laboratory import Laboratory
from domain.research.model import (
    EvaluationSpec,
    Study,
    StudyId,
    StudyKind,
    StudySpec,
    StudyStatus,
    SweepSpec,
    WalkForwardSpec,
    read,
)
from domain.research.program import Program
from domain.research.sweep.program import SweepProgram
from domain.research.table import Table
from domain.research.walk_forward.program import WalkForwardProgram
from tests.kit.research import a_run, autocorrelated, bars_returning, carried_out, laboratory

MADE = datetime(2026, 3, 2, 12, tzinfo=UTC)


@lru_cache
def a_laboratory() -> Laboratory:
    """Two years and a half of returns that follow each other a little."""
    return laboratory(bars_returning(autocorrelated(630, 0.15, seed=3)))


def a_base(**changes: Any) -> dict[str, Any]:
    return a_run("follow_lag", **changes).model_dump(mode="json")


@lru_cache
def a_swept_study(*, several_objectives: bool = False) -> tuple[Study, Table]:
    """A grid of 20 lags and three signs, one of which never trades, and its rows."""
    values: dict[str, Any] = {
        "base": a_base(),
        "space": {"lag": {"low": 1, "high": 20}, "sign": {"values": [-1, 0, 1]}},
    }
    if several_objectives:
        values["objectives"] = [{"statistic": "sharpe"}, {"statistic": "volatility", "direction": "minimise"}]
    spec = read(SweepSpec, values)
    return _study(StudyKind.SWEEP, spec, SweepProgram()), _rows(spec)


@lru_cache
def a_walked_study() -> Study:
    spec = {
        "sweep": {"base": a_base(), "space": {"lag": {"low": 1, "high": 6}}},
        "train_bars": 200,
        "test_bars": 80,
    }
    return _study(StudyKind.WALK_FORWARD, read(WalkForwardSpec, spec), WalkForwardProgram())


@lru_cache
def an_evaluated_study() -> Study:
    sweep = {"base": a_base(), "space": {"lag": {"low": 1, "high": 8}}}
    spec = {
        "base": a_base(parameters={"lag": 4}),
        "sweep": sweep,
        "trials": 8,
        "permutations": 20,
        "resamples": 100,
    }
    return _study(StudyKind.EVALUATION, read(EvaluationSpec, spec), EvaluationProgram())


def _study(kind: StudyKind, spec: StudySpec, program: Program[Any]) -> Study:
    outcome, warnings = carried_out(program, spec, a_laboratory())
    return Study(
        id=StudyId("st_000001"),
        workspace_id=WorkspaceId("default"),
        kind=kind,
        spec=spec,
        status=StudyStatus.COMPLETED,
        created_at=MADE,
        warnings=warnings,
        outcome=outcome,
    )


def _rows(spec: SweepSpec) -> Table:
    program, where = SweepProgram(), a_laboratory()
    tables = [
        table
        for chunk in program.plan(spec, where).chunks
        if (table := program.run(spec, chunk, where, lambda done: None)[1]) is not None
    ]
    columns: dict[str, Any] = {
        name: np.concatenate([np.asarray(table[name]) for table in tables]) for name in tables[0].columns
    }
    return Table(columns)
