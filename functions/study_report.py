"""Maps studies and comparisons onto their reports, and gives the rows of a study as a file."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Literal

from domain.backtesting.model import Backtest, BacktestSpec
from domain.errors import Conflict, InvalidInput, NotFound
from domain.performance.comparison import Comparison
from domain.performance.verdict_panel import VerdictPanel
from domain.research.adapters.parquet_results import ParquetResultStore
from domain.research.adapters.reports import wording
from domain.research.adapters.reports.comparison_report import render_comparison_page
from domain.research.adapters.reports.evaluation_report import render_evaluation
from domain.research.adapters.reports.sweep_report import render_sweep
from domain.research.adapters.reports.verdict_view import panel_of, trials_note
from domain.research.adapters.reports.walk_forward_report import render_walk_forward
from domain.research.adapters.row_files import rows_as_file
from domain.research.evaluation.verdict import Verdict
from domain.research.model import Study, StudyKind, Trials, base_of
from domain.research.service import StudyService
from domain.research.table import Table

_INSTRUMENTS_NAMED = 3
TitleOf = Callable[[str], str]
"""What people call a strategy; "" for one that is not known any more."""


def render_study(study: Study, studies: StudyService, title_of: TitleOf, now: datetime) -> str:
    """The HTML report of a completed study of any kind.

    studies reads the rows of a sweep. Raises Conflict before it is done.
    """
    if study.outcome is None:
        raise Conflict(f"Study {study.id} is {study.status}; only a completed one has a report.")
    title = title_of(base_of(study.spec).strategy)

    def rows(columns: Sequence[str]) -> Table:
        return studies.rows(study.workspace_id, study.id, columns=columns)

    if study.kind is StudyKind.SWEEP:
        return render_sweep(study, rows, title, now)
    if study.kind is StudyKind.WALK_FORWARD:
        return render_walk_forward(study, title, now)
    return render_evaluation(study, title, now)


def render_comparison(
    found: Comparison, backtests: Sequence[Backtest], title_of: TitleOf, now: datetime
) -> str:
    """The HTML report of completed runs, in the order they were compared."""
    titles = [(title_of(run.spec.strategy) or run.spec.strategy, _subtitle(run.spec)) for run in backtests]
    return render_comparison_page(found, titles, [run.spec.currency for run in backtests], now)


def study_rows(results: ParquetResultStore, study: Study, form: Literal["csv", "parquet"]) -> Iterator[bytes]:
    """The rows of the chunks finished so far, as blocks of one file. Raises NotFound when there are none."""
    files = results.row_files(study.workspace_id, study.id)
    if not files:
        raise NotFound("rows of study", study.id, "None of its chunks that have rows is finished.")
    return rows_as_file(files, form)


def verdict_panel(verdict: Verdict, trials: Trials) -> VerdictPanel:
    """What the tear sheet of a run says about luck, with how often its strategy was tried."""
    return panel_of(verdict, trials_note(trials))


def require_several(identifiers: Sequence[str]) -> None:
    """Raises InvalidInput for fewer than two runs, and for one named twice."""
    if len(identifiers) < 2:  # noqa: PLR2004 - a comparison takes two
        raise InvalidInput.at("id", message="name two runs at least, as id=bt_…&id=bt_…")
    if len(set(identifiers)) < len(identifiers):
        raise InvalidInput.at("id", message="names a run twice")


def _subtitle(spec: BacktestSpec) -> str:
    shown = ", ".join(spec.instruments[:_INSTRUMENTS_NAMED])
    if len(spec.instruments) > _INSTRUMENTS_NAMED:
        shown += f" and {len(spec.instruments) - _INSTRUMENTS_NAMED} more"
    chosen = wording.parameters(spec.parameters) if spec.parameters else ""
    return " · ".join(part for part in (shown, f"{spec.timeframe} bars", chosen) if part)
