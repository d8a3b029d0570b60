"""Studies as a person reads them in a terminal."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from domain.research.model import Estimate, Study, StudyKind, SweepSpec, base_of, sweep_of
from functions.cli.exit_codes import ExitCode
from functions.cli.output import note, print_json, show, table, write_line
from functions.cli.session import opened
from functions.cli.statistics import UNDEFINED, formatted, sparkline
from functions.cli.study_documents import document_of, estimate_document, found_study, summary
from functions.cli.sweep_views import HEADLINES, listed, plain, searched, show_outcome

if TYPE_CHECKING:
    from rich.table import Table

_WORDS = {"holds": "holds", "fails": "FAILS", "unclear": "unclear"}


def tell(found: Study | Estimate, as_json: bool) -> None:
    """What a command came to: a study that has ended, or what one would take.

    Ends with 1 where no run at all could be carried out, so that a script need not read why.
    """
    if isinstance(found, Estimate):
        if as_json:
            print_json(estimate_document(found))
        else:
            write_line(told_estimate(found))
        return
    _show(found, as_json)
    if _nothing_ran(found):
        raise typer.Exit(ExitCode.FAULT)


def show_stored(study_id: str, kind: str, as_json: bool) -> None:
    """A study of this kind as it stands."""
    with opened() as application:
        study = found_study(application, study_id, kind)
    _show(study, as_json)


def told_estimate(estimate: Estimate) -> str:
    """What a study would take, in a sentence."""
    upper = "" if estimate.is_exact else "up to "
    minutes, seconds = divmod(round(estimate.seconds), 60)
    time = f"{minutes:,} min {seconds} s" if minutes else f"{max(seconds, 1)} s"
    return f"{upper}{estimate.runs:,} runs, about {time} and {estimate.bytes / 1e6:,.1f} MB of disk"


def list_studies(kind: str, limit: int, strategy: str | None, as_json: bool) -> None:
    """A table of studies of a kind, newest first."""
    with opened() as application:
        page = application.services.studies.page(
            application.workspace_id, kind=StudyKind(kind), first=limit, strategy=strategy
        )
    if as_json:
        print_json({"total": page.total, "studies": [summary(study) for study in page.items]})
        return
    shown = table("", "Id", "Strategy", "Instruments", "Status", "Runs", "Started", right=("Runs",))
    for study in page.items:
        row = summary(study)
        done = f"{row['runs_done']:,} of {row['runs_planned']:,}" if row["runs_planned"] else ""
        shown.add_row(
            row["id"],
            row["strategy"],
            _few(row["instruments"]),
            str(row["status"]),
            done,
            f"{row['created_at']:%Y-%m-%d %H:%M}",
        )
    show(shown)
    if page.total > len(page.items):
        note(f"{len(page.items)} of {page.total:,}; --limit shows more.")


def _show(study: Study, as_json: bool) -> None:
    if as_json:
        print_json(document_of(study))
        return
    write_line(_about(study))
    if study.outcome is None:
        write_line(_standing(study))
        return
    views = {
        StudyKind.SWEEP: show_outcome,
        StudyKind.WALK_FORWARD: _show_walk_forward,
        StudyKind.EVALUATION: _show_evaluation,
    }
    views[study.kind](study.outcome)
    for warning in study.warnings:
        write_line(f"Note: {warning}")
    for failure in study.outcome.get("failures", ()):
        write_line(f"Failed, {_counted(failure['runs'], 'run')}: {failure['reason']}")
    note(f"\nReport: agentic-trader study report {study.id} --output report.html")


def _about(study: Study) -> str:
    """The strategy with what was held, the instruments, and what was varied."""
    spec, sweep = base_of(study.spec), sweep_of(study.spec)
    varied: Mapping[str, Any] = {} if sweep is None or study.kind is StudyKind.EVALUATION else sweep.space
    held = {name: value for name, value in spec.parameters.items() if name not in varied}
    told = " ".join(filter(None, (spec.strategy, listed(held), "on", _few(spec.instruments))))
    return f"{told}; varied: {searched(sweep)}" if varied and isinstance(sweep, SweepSpec) else told


def _standing(study: Study) -> str:
    done = f", {study.runs_done:,} of {study.runs_planned:,} runs done" if study.runs_planned else ""
    why = f" {study.failure}" if study.failure else ""
    return f"{study.id} is {study.status}{done}.{why}"


def _nothing_ran(study: Study) -> bool:
    found = study.outcome or {}
    if study.kind is StudyKind.SWEEP:
        return bool(found["failed"] == found["runs"])
    if study.kind is StudyKind.WALK_FORWARD:
        return all(one["failed"] == found["combinations"] for one in found["windows"])
    return False


def _show_walk_forward(found: Mapping[str, Any]) -> None:
    """The stitched account and the windows it was stitched from."""
    statistics, benchmark = found["statistics"], found["benchmark_statistics"]
    shown = table("", "Out of sample", "Walk-forward", "Buy and hold", right=("Walk-forward", "Buy and hold"))
    for name in ("total_return", *HEADLINES):
        held = "" if name == "trades" else formatted(name, benchmark.get(name))
        shown.add_row(plain(name), formatted(name, statistics.get(name)), held)
    show(shown, _windows(found))
    write_line(f"Equity  {sparkline(found['curve']['equity'])}")
    if found["efficiency"] is not None:
        write_line(
            f"Walk-forward efficiency: {found['efficiency']:.0%} of the annual return promised in sample."
        )
    write_line(f"{found['profitable_windows']:.0%} of the windows made money.")


def _windows(found: Mapping[str, Any]) -> "Table":
    statistic = found["objective"]["statistic"]
    columns = ("Window", "Traded", "Parameters", "In sample", "Out of sample")
    windows = table(f"{plain(statistic)} by window", *columns, right=("In sample", "Out of sample"))
    for one in found["windows"]:
        chosen = one["parameters"]
        windows.add_row(
            str(one["number"] + 1),
            f"{one['test']['start'][:10]} to {one['test']['end'][:10]}",
            UNDEFINED if chosen is None else listed(chosen),
            formatted(statistic, one["in_sample"].get(statistic)),
            formatted(statistic, one["out_of_sample"].get(statistic)),
        )
    return windows


def _show_evaluation(found: Mapping[str, Any]) -> None:
    show_verdict(found["verdict"])


def show_verdict(verdict: Mapping[str, Any]) -> None:
    """The verdict, check by check."""
    write_line(f"{_WORDS[verdict['answer']].upper()}: {verdict['sentence']}")
    shown = table("", "Check", "Answer", "What was found")
    for one in verdict["findings"]:
        shown.add_row(plain(one["check"]), _WORDS[one["answer"]], one["sentence"])
    show(shown)


def _few(names: Sequence[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
