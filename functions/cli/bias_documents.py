"""Bias reports as JSON documents and for a person."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from domain.clock import from_nanoseconds
from functions.cli.output import show, table, write_line

if TYPE_CHECKING:
    from domain.research.bias.model import BarChange, BiasFinding, BiasReport, ParityReport, WarmUp

_SHOWN = 12
_MARK = {True: "CLEAN", False: "BIAS FOUND"}


def document(report: "BiasReport | ParityReport") -> dict[str, Any]:
    """Every field of the report; times in ISO 8601, and whether it is clean."""
    values = asdict(report)
    for finding in (*values.get("findings", ()), *values.get("cautions", ())):
        for change in finding["changes"]:
            change["time"] = from_nanoseconds(change["time"])
        if finding["effect"] is not None:
            told, honest = finding["effect"]["told"], finding["effect"]["honest"]
            finding["effect"]["gain"] = told["final_equity"] - honest["final_equity"]
    for difference in values.get("differences", ()):
        difference["time"] = from_nanoseconds(difference["time"])
    if "checked" in values:
        values["checked"] = [from_nanoseconds(time) for time in values["checked"]]
    return {"clean": report.is_clean, **values}


def show_report(report: "BiasReport | ParityReport") -> None:
    """The verdict, its sentences, then what they rest on."""
    check = getattr(report, "check", "parity")
    write_line(f"{_MARK[report.is_clean]}  {check} of {report.strategy}, {report.bars} bars")
    for sentence in report.sentences:
        write_line(f"  {sentence}")
    for finding in (*getattr(report, "findings", ()), *getattr(report, "cautions", ())):
        if finding.changes:
            _show_changes(finding)
    if getattr(report, "warm_ups", ()):
        _show_warm_ups(report)  # type: ignore[arg-type]  # only this report has them


def _show_changes(finding: "BiasFinding") -> None:
    more = finding.changed_bars - min(_SHOWN, len(finding.changes))
    title = f"{finding.subject}: {finding.kind.replace('_', ' ')}" + (
        f", and {more} more" if more > 0 else ""
    )
    shown = table(title, "Bar", "Instrument", "Now", "Then", "Bars back", right=("Now", "Then", "Bars back"))
    for change in finding.changes[:_SHOWN]:
        shown.add_row(*_change_row(change))
    show(shown)


def _change_row(change: "BarChange") -> tuple[str, ...]:
    return (
        f"{from_nanoseconds(change.time):%Y-%m-%d %H:%M}",
        change.instrument or "all",
        _number(change.now),
        _number(change.then),
        str(change.bars_back),
    )


def _show_warm_ups(report: "BiasReport") -> None:
    columns = ("First value", "Settled", "Exact", f"Off at {report.lookback}")
    shown = table("Bars of history each indicator needs", "Indicator", *columns, right=columns)
    for one in report.warm_ups:
        shown.add_row(*_warm_up_row(one))
    show(shown)


def _warm_up_row(one: "WarmUp") -> tuple[str, ...]:
    off = "no value" if one.at_lookback is None else f"{one.at_lookback:.3g}"
    return (
        one.subject,
        *("never" if n is None else str(n) for n in (one.available, one.stable, one.exact)),
        off,
    )


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"
