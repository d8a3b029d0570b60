"""Carrying out a study from the command line: the bars it needs, all workers, Ctrl-C in mind."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from domain.errors import Conflict, NeedsOperator
from functions.cli.faults import DEBUG_HINT, CommandFailed, Interrupted
from functions.cli.output import note, only_results_on_stdout
from functions.cli.progress import progress_bar
from functions.cli.session import opened_with

if TYPE_CHECKING:
    from domain.research.model import Estimate, Study, StudyKind, StudyProgress, StudySpec
    from functions.bootstrap import Application
    from functions.cli.run_options import RunOptions

_OF_A_FAULT = "the log has the details"
_NOBODY = "command-line"


@contextmanager
def ready_for(given: "RunOptions") -> "Iterator[Application]":
    """The platform with the strategy file and the bars of a run at hand."""
    from functions.cli.backtest_execution import import_missing

    with opened_with(given.strategy_file) as application:
        spec = given.spec()
        with only_results_on_stdout():
            application.services.strategies().check(spec.strategy, spec.parameters, len(spec.instruments))
        if spec.source is not None:
            import_missing(application, spec)
        yield application


def run_study(
    application: "Application", kind: "StudyKind", spec: "StudySpec", *, estimate: bool, yes: bool
) -> "Study | Estimate":
    """The completed study, or what it would take where only that is asked for.

    yes goes ahead above `ASK_ABOVE` runs. Raises what the service refuses, CommandFailed for a study
    that failed, Interrupted for one that Ctrl-C cancelled.
    """
    studies = application.services.studies
    if estimate or yes:
        expected = studies.estimate(application.workspace_id, kind, spec)
        if estimate:
            return expected
        spec = _confirmed(spec, expected.runs)
    return _followed(application, kind, lambda: studies.start(application.workspace_id, kind, spec))


def resume_study(application: "Application", study_id: str) -> "Study":
    """The same for one that failed or was cancelled; what it had finished is not done again.

    Raises Conflict for one that another process carries out.
    """
    from domain.research.model import StudyId

    studies = application.services.studies
    studies.heartbeat(_NOBODY)  # a study whose process died is failed only when somebody looks
    study = studies.get(application.workspace_id, StudyId(study_id))
    if not study.status.is_final:
        raise Conflict(
            f"Study {study.id} is {study.status} in another process; cancel it first, or try again in "
            "20 seconds if that process has died."
        )
    return _followed(application, study.kind, lambda: studies.resume(application.workspace_id, study.id))


def _confirmed(spec: "StudySpec", runs: int) -> "StudySpec":
    from domain.research.model import SweepSpec

    if isinstance(spec, SweepSpec):
        return spec.model_copy(update={"confirmed_runs": runs})
    if spec.sweep is None:
        return spec
    return spec.model_copy(update={"sweep": spec.sweep.model_copy(update={"confirmed_runs": runs})})


def _followed(application: "Application", kind: "StudyKind", begin: "Callable[[], Study]") -> "Study":
    seen: list[StudyProgress] = []
    studies = application.services.studies
    try:
        with progress_bar(str(kind).replace("_", " ").capitalize()) as move, only_results_on_stdout():

            def hear(progress: "StudyProgress") -> None:
                seen.append(progress)
                planned = progress.runs_planned
                move(progress.runs_done / planned if planned else 0.0, _stage(progress))

            application.listen_to_studies(hear)
            begun = begin()
    except KeyboardInterrupt:
        raise _cancelled(application, seen) from None
    ended = studies.get(application.workspace_id, begun.id)
    if not ended.status.is_final:
        raise NeedsOperator(
            f"How study {ended.id} ended could not be written down; free some space on the disk of "
            f"{application.settings.folder}, then go on with: agentic-trader study resume {ended.id}"
        )
    if ended.outcome is None:
        told = ended.failure or f"Study {ended.id} was {ended.status}."
        again = f"What it had finished is kept. Go on with: agentic-trader study resume {ended.id}"
        hint = DEBUG_HINT if _OF_A_FAULT in told else again
        raise CommandFailed("StudyFailed", told, hint=hint, id=ended.id)
    return ended


def _stage(progress: "StudyProgress") -> str:
    return progress.stage if progress.best is None else f"{progress.stage}, best {progress.best:.4g}"


def _cancelled(application: "Application", seen: "list[StudyProgress]") -> Interrupted:
    if not seen:
        return Interrupted("Interrupted before the study began.")
    last = seen[-1]
    if not last.status.is_final:
        application.services.studies.cancel(application.workspace_id, last.id)
    note(f"Go on with: agentic-trader study resume {last.id}")
    return Interrupted(f"Interrupted: study {last.id} was cancelled; what it had finished is kept.")
