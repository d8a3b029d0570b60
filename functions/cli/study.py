"""`agentic-trader study`: what can be done with every sweep, walk-forward and evaluation."""

from pathlib import Path

import typer

from functions.cli import options, study_options
from functions.cli.output import AsJson, print_json, write_line
from functions.cli.session import opened, opened_with

app = typer.Typer(help="Stop, resume, forget and report studies.", no_args_is_help=True)


@app.command()
def resume(
    study_id: study_options.StudyIdentifier,
    strategy_file: options.StrategyFile = None,
    as_json: AsJson = False,
) -> None:
    """Go on with a study that failed or was cancelled; what it had finished is not done again.

    Example:

      agentic-trader study resume st_06f3h8w1z2m4n6p8q0r2s4t6v8
    """
    from functions.cli.study_execution import resume_study
    from functions.cli.study_views import tell

    with study_options.named(), opened_with(strategy_file) as application:
        study = resume_study(application, study_id)
    tell(study, as_json)


@app.command()
def cancel(study_id: study_options.StudyIdentifier, as_json: AsJson = False) -> None:
    """Stop a study that another process carries out. What it has finished is kept.

    Example:

      agentic-trader study cancel st_06f3h8w1z2m4n6p8q0r2s4t6v8
    """
    from domain.research.model import StudyId

    with opened() as application:
        study = application.services.studies.cancel(application.workspace_id, StudyId(study_id))
    if as_json:
        print_json({"id": study.id, "status": study.status})
    else:
        write_line(f"{study.id} is {study.status}.")


@app.command()
def delete(study_id: study_options.StudyIdentifier, as_json: AsJson = False) -> None:
    """Forget an ended study and its rows. Its trials stay counted.

    Example:

      agentic-trader study delete st_06f3h8w1z2m4n6p8q0r2s4t6v8
    """
    from domain.research.model import StudyId

    with opened() as application:
        application.services.studies.delete(application.workspace_id, StudyId(study_id))
    if as_json:
        print_json({"id": study_id, "deleted": True})
    else:
        write_line(f"{study_id} was deleted.")


@app.command()
def report(
    study_id: study_options.StudyIdentifier, output: options.OutputFile = None, as_json: AsJson = False
) -> None:
    """Write the report of a study: one HTML file that needs no network.

    Example:

      agentic-trader study report st_06f3h8w1z2m4n6p8q0r2s4t6v8 --output report.html
    """
    from domain.research.model import StudyId
    from functions.cli.files import write_file

    with opened() as application:
        page = application.study_report(application.workspace_id, StudyId(study_id))
    write_file(output or Path(f"{study_id}.html"), page.encode(), as_json)
