"""A run as one JSON document, and as a person reads it in a terminal."""

from typing import TYPE_CHECKING, Any

from functions.cli.output import note, show, table, write_line
from functions.cli.statistics import UNDEFINED, formatted, sparkline, statistics_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.backtesting.model import Backtest
    from functions.bootstrap import Application

BUY_AND_HOLD = "Buy and hold"


def document(backtest: "Backtest") -> dict[str, Any]:
    """Statistics stand at the top level under their own names; undefined is null."""
    outcome = backtest.outcome
    return {
        "id": backtest.id,
        "status": backtest.status,
        **(outcome.statistics if outcome else {}),
        "benchmark": outcome.benchmark_statistics if outcome else None,
        "warnings": list(outcome.warnings) if outcome else [],
        "tables": outcome.tables if outcome else None,
        "spec": backtest.spec.model_dump(mode="json"),
        "provenance": _provenance(backtest),
        "progress": backtest.progress,
        "failure": backtest.failure,
        "created_at": backtest.created_at,
        "started_at": backtest.started_at,
        "finished_at": backtest.finished_at,
    }


def summary(backtest: "Backtest") -> dict[str, Any]:
    """A run as a row of a listing."""
    statistics = backtest.outcome.statistics if backtest.outcome else {}
    spec = backtest.spec
    return {
        "id": backtest.id,
        "status": backtest.status,
        "strategy": spec.strategy,
        "parameters": spec.parameters,
        "instruments": list(spec.instruments),
        "timeframe": spec.timeframe,
        "start": statistics.get("start", spec.start),
        "end": statistics.get("end", spec.end),
        "total_return": statistics.get("total_return"),
        "sharpe": statistics.get("sharpe"),
        "max_drawdown": statistics.get("max_drawdown"),
        "created_at": backtest.created_at,
    }


def show_backtest(application: "Application", backtest: "Backtest", *, everything: bool = False) -> None:
    """Specification, warnings, statistics beside the benchmark's, and the course of equity."""
    spec = backtest.spec
    write_line(
        " ".join(
            filter(None, (spec.strategy, _parameters(spec.parameters), "on", ", ".join(spec.instruments)))
        )
        + f" ({spec.timeframe})"
    )
    if backtest.outcome is None:
        write_line(
            f"{backtest.id} is {backtest.status}." + (f" {backtest.failure}" if backtest.failure else "")
        )
        return
    outcome = backtest.outcome
    provenance = outcome.provenance
    write_line(
        f"{provenance.first_bar:%Y-%m-%d} to {provenance.last_bar:%Y-%m-%d}, {provenance.bars:,} bars; "
        f"orders fill at {_fill(backtest)}; {_cash(backtest)}"
    )
    show(
        statistics_table(
            outcome.statistics,
            outcome.benchmark_statistics,
            benchmark_name=spec.benchmark or BUY_AND_HOLD,
            everything=everything,
        )
    )
    curve = application.services.backtests.curve(backtest.workspace_id, backtest.id)
    write_line(f"Equity  {sparkline(curve.equity.tolist())}")
    for warning in outcome.warnings:
        write_line(f"Note: {warning}")
    note(f"\nReport: agentic-trader backtest report {backtest.id} --output report.html")


def show_list(backtests: "Sequence[Backtest]", total: int) -> None:
    """A table of runs, newest first."""
    right = ("Total return", "Sharpe")
    shown = table("", "Id", "Strategy", "Instruments", "Status", "Period", *right, right=right)
    for backtest in backtests:
        row = summary(backtest)
        shown.add_row(
            row["id"],
            f"{row['strategy']} {_parameters(row['parameters'])}".strip(),
            _few(row["instruments"]),
            str(row["status"]),
            f"{row['start'] or 'first'} to {row['end'] or 'last'}",
            formatted("total_return", row["total_return"]),
            formatted("sharpe", row["sharpe"]),
        )
    show(shown)
    if total > len(backtests):
        note(f"{len(backtests)} of {total:,} runs; --limit shows more.")


def _provenance(backtest: "Backtest") -> dict[str, Any] | None:
    if backtest.outcome is None:
        return None
    provenance = backtest.outcome.provenance
    return {
        "data_hash": provenance.data_hash,
        "code_version": provenance.code_version,
        "seed": provenance.seed,
        "bars": provenance.bars,
        "first_bar": provenance.first_bar,
        "last_bar": provenance.last_bar,
        "duration_seconds": provenance.duration_seconds,
    }


def _parameters(values: dict[str, Any]) -> str:
    return ", ".join(f"{name}={UNDEFINED if value is None else value}" for name, value in values.items())


def _fill(backtest: "Backtest") -> str:
    words = str(backtest.spec.fill).replace("_", " ")
    return f"{words} (optimistic)" if backtest.spec.fill.is_optimistic else words


def _cash(backtest: "Backtest") -> str:
    return f"{backtest.spec.initial_cash:,} {backtest.spec.currency} to begin with"


def _few(instruments: list[str], most: int = 3) -> str:
    return ", ".join(instruments[:most]) + (
        f" and {len(instruments) - most} more" if len(instruments) > most else ""
    )
