"""How a run is written into JSON columns, and read back equal to what it was."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from domain.backtesting.model import Backtest, BacktestOutcome, BacktestSpec, BacktestStatus, Provenance
from domain.ids import BacktestId, WorkspaceId
from domain.storage.tables import BacktestRow


def outcome_record(outcome: BacktestOutcome) -> dict[str, Any]:
    """JSON values of an outcome; times as ISO text. Statistics and tables are JSON values already."""
    provenance = outcome.provenance
    return {
        "statistics": outcome.statistics,
        "benchmark_statistics": outcome.benchmark_statistics,
        "tables": outcome.tables,
        "warnings": list(outcome.warnings),
        "provenance": {
            **{field.name: getattr(provenance, field.name) for field in fields(provenance)},
            "first_bar": provenance.first_bar.isoformat(),
            "last_bar": provenance.last_bar.isoformat(),
        },
    }


def read_backtest(row: BacktestRow) -> Backtest:
    """The run this row holds."""
    return Backtest(
        id=BacktestId(row.id),
        workspace_id=WorkspaceId(row.workspace_id),
        spec=BacktestSpec.model_validate(row.spec),
        status=BacktestStatus(row.status),
        created_at=row.created_at,
        progress=row.progress,
        started_at=row.started_at,
        finished_at=row.finished_at,
        runner=row.runner,
        failure=row.failure,
        outcome=None if row.outcome is None else _read_outcome(row.outcome),
    )


def _read_outcome(record: dict[str, Any]) -> BacktestOutcome:
    provenance = record["provenance"]
    return BacktestOutcome(
        statistics=record["statistics"],
        benchmark_statistics=record["benchmark_statistics"],
        tables=record["tables"],
        warnings=tuple(record["warnings"]),
        provenance=Provenance(
            **{
                **provenance,
                "first_bar": datetime.fromisoformat(provenance["first_bar"]),
                "last_bar": datetime.fromisoformat(provenance["last_bar"]),
            }
        ),
    )
