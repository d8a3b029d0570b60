"""Series, bars and quality reports as JSON and as tables."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from domain.clock import from_nanoseconds
from functions.cli.output import note, show, table

if TYPE_CHECKING:
    from rich.table import Table

    from domain.market.bars import Bars
    from domain.market.quality_report import QualityReport
    from domain.market.series import Series
    from domain.market.service import ImportOutcome

_PRICES = ("open", "high", "low", "close")


_SOURCES = {
    "sample": "Daily bars of five US shares from 2000 to 2013; installed here, needs no network.",
    "yahoo": "Yahoo Finance: shares, funds, indices and currencies of the world.",
    "alpaca": "Alpaca: US shares and funds; needs the keys of an account.",
    "file": "A CSV or Parquet file of yours: --path bars.csv --symbol ACME --venue XNAS",
}


_EXCHANGE = "Crypto pairs of this exchange, through ccxt; AGENTIC_TRADER_CCXT_EXCHANGE names another."


def described_sources(names: Sequence[str]) -> list[dict[str, str]]:
    """Every source with a sentence on what it has; nothing is asked of the network."""
    return [{"name": name, "description": _SOURCES.get(name, _EXCHANGE)} for name in (*names, "file")]


def source_table(found: Sequence[Mapping[str, str]]) -> "Table":
    """One row a source."""
    shown = table("", "Source", "What it has")
    for source in found:
        shown.add_row(source["name"], source["description"])
    return shown


def series_document(series: "Series") -> dict[str, Any]:
    """A stored series as JSON."""
    return {
        "instrument": series.key.instrument_id,
        "source": series.key.source,
        "timeframe": str(series.key.timeframe),
        "rows": series.rows,
        "first": series.first,
        "last": series.last,
        "warnings": series.warnings,
        "data_hash": series.data_hash,
        "imported_at": series.imported_at,
    }


def series_table(stored: "Sequence[Series]") -> "Table":
    """One row a series."""
    numbers = ("Bars", "Warnings")
    shown = table("", "Instrument", "Source", "Bar", "Bars", "First", "Last", "Warnings", right=numbers)
    for series in stored:
        shown.add_row(
            series.key.instrument_id,
            series.key.source,
            str(series.key.timeframe),
            f"{series.rows:,}",
            f"{series.first:%Y-%m-%d}",
            f"{series.last:%Y-%m-%d}",
            str(series.warnings),
        )
    return shown


def report_document(report: "QualityReport") -> dict[str, Any]:
    """A quality report as JSON."""
    return {
        "rows_checked": report.rows_checked,
        "rows_quarantined": report.rows_quarantined,
        "findings": [
            {
                "rule": finding.rule,
                "severity": finding.severity,
                "message": finding.message,
                "rows": finding.rows,
                "examples": list(finding.examples),
            }
            for finding in report.findings
        ],
    }


def show_report(name: str, report: "QualityReport") -> None:
    """The findings as a table, or that there are none."""
    if not report.findings:
        show(f"{name}: {report.rows_checked:,} rows checked, nothing found.")
        return
    shown = table(
        f"{name}: {report.rows_checked:,} rows checked",
        "Rule",
        "Severity",
        "Rows",
        "Meaning",
        "First at",
        right=("Rows",),
    )
    for finding in report.findings:
        first = f"{finding.examples[0]:%Y-%m-%d %H:%M}" if finding.examples else ""
        shown.add_row(finding.rule, str(finding.severity), f"{finding.rows:,}", finding.message, first)
    show(shown)


def imported_document(outcome: "ImportOutcome") -> dict[str, Any]:
    """What an import did to one series, as JSON."""
    return series_document(outcome.series) | {
        "rows_received": outcome.rows_received,
        "rows_imported": outcome.rows_imported,
        "report": report_document(outcome.report),
    }


def show_imported(outcomes: "Sequence[ImportOutcome]") -> None:
    """The series as they are stored now, and what the checks found."""
    show(series_table([outcome.series for outcome in outcomes]))
    for outcome in outcomes:
        if outcome.report.findings:
            show_report(str(outcome.series.key), outcome.report)
    left_out = sum(outcome.report.rows_quarantined for outcome in outcomes)
    imported = sum(outcome.rows_imported for outcome in outcomes)
    note(f"{imported:,} bars were imported" + (f", {left_out:,} rows were left out." if left_out else "."))


def bar_documents(bars: "Bars", last: int) -> list[dict[str, Any]]:
    """The last bars as JSON, stamped with their close."""
    tail = bars.take(slice(max(0, len(bars) - last), None))
    columns = [getattr(tail, name).tolist() for name in (*_PRICES, "volume")]
    return [
        {"close_time": from_nanoseconds(moment)} | dict(zip((*_PRICES, "volume"), values, strict=True))
        for moment, *values in zip(tail.close_time.tolist(), *columns, strict=True)
    ]


def bars_table(rows: Sequence[Mapping[str, Any]]) -> "Table":
    """One row a bar."""
    names = [*(name.capitalize() for name in _PRICES), "Volume"]
    shown = table("", "Close time (UTC)", *names, right=tuple(names))
    for row in rows:
        prices = [f"{row[name]:,.4f}" for name in _PRICES]
        shown.add_row(f"{row['close_time']:%Y-%m-%d %H:%M}", *prices, f"{row['volume']:,.0f}")
    return shown
