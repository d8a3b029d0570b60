"""`agentic-trader sweep`: many combinations of parameters on the same bars."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from functions.cli import options, study_options
from functions.cli.output import AsJson, print_json
from functions.cli.run_options import RunOptions, takes_run_options
from functions.cli.session import opened

app = typer.Typer(help="Search parameters over instruments and periods.", no_args_is_help=True)


@app.command()
@takes_run_options
def run(
    given: RunOptions,
    vary: study_options.Vary,
    where: study_options.Where = None,
    method: study_options.Search = None,
    samples: study_options.Samples = None,
    objective: study_options.Objectives = None,
    each_instrument: study_options.EachInstrument = False,
    period: study_options.Periods = None,
    patience: study_options.Patience = None,
    estimate: study_options.EstimateOnly = False,
    yes: study_options.Yes = False,
    as_json: AsJson = False,
) -> None:
    """Try combinations of parameters on all workers and show the best.

    Examples:

      agentic-trader sweep run sma_cross --symbol GOOG --source sample --vary fast=5:31:2 --vary slow=35:105 --where "fast < slow"

      agentic-trader sweep run rsi_reversion --symbol AAPL --symbol IBM --source sample --each-instrument --vary window=5:30 --method random --samples 20
    """
    from domain.research.model import StudyKind
    from functions.cli.study_execution import ready_for, run_study
    from functions.cli.study_views import tell

    with study_options.named(), ready_for(given) as application:
        spec = study_options.sweep_spec(
            given.spec(),
            vary=vary,
            where=where,
            method=method,
            samples=samples,
            objectives=objective,
            seed=given.given["seed"],
            each_instrument=each_instrument,
            periods=study_options.read_periods(period),
            patience=patience,
        )
        found = run_study(application, StudyKind.SWEEP, spec, estimate=estimate, yes=yes)
    tell(found, as_json)


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many, newest first.")] = 20,
    strategy: Annotated[str | None, typer.Option(help="Only those of this strategy.")] = None,
    as_json: AsJson = False,
) -> None:
    """List sweeps, newest first.

    Example:

      agentic-trader sweep list --strategy sma_cross
    """
    from functions.cli.study_views import list_studies

    list_studies("sweep", limit, strategy, as_json)


@app.command()
def show(study_id: study_options.StudyIdentifier, as_json: AsJson = False) -> None:
    """Show the best combinations of a sweep.

    Example:

      agentic-trader sweep show st_06f3h8w1z2m4n6p8q0r2s4t6v8
    """
    from functions.cli.study_views import show_stored

    show_stored(study_id, "sweep", as_json)


@app.command()
def runs(
    study_id: study_options.StudyIdentifier,
    order_by: Annotated[str | None, typer.Option(help="A statistic, best first as it is measured.")] = None,
    ascending: Annotated[bool, typer.Option("--ascending", help="Lowest first.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many rows.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show single runs of a sweep, also while it is running or after it was cancelled.

    Example:

      agentic-trader sweep runs st_06f3h8w1z2m4n6p8q0r2s4t6v8 --order-by max_drawdown --limit 50
    """
    from functions.cli.study_documents import run_rows
    from functions.cli.sweep_views import show_runs

    with study_options.named(), opened() as application:
        rows = run_rows(application, study_id, order_by, descending=not ascending, limit=limit)
    if as_json:
        print_json({"runs": rows})
    else:
        show_runs(rows, order_by)


@app.command("heat-map")
def heat_map(
    study_id: study_options.StudyIdentifier,
    x: Annotated[str, typer.Argument(metavar="X", help="Parameter across.")],
    y: Annotated[str, typer.Argument(metavar="Y", help="Parameter down.")],
    statistic: Annotated[str | None, typer.Option(help="The first objective unless given.")] = None,
    aggregate: Annotated[
        Literal["best", "mean", "median"], typer.Option(help="Of runs that share a cell.")
    ] = "best",
    as_json: AsJson = False,
) -> None:
    """Show a statistic over two parameters.

    Example:

      agentic-trader sweep heat-map st_06f3h8w1z2m4n6p8q0r2s4t6v8 fast slow --statistic calmar
    """
    from domain.research.model import Aggregate, StudyId
    from functions.cli.study_documents import found_study, heat_map_document
    from functions.cli.sweep_views import show_heat_map

    with study_options.named(), opened() as application:
        found_study(application, study_id, "sweep")
        found = application.services.studies.heat_map(
            application.workspace_id, StudyId(study_id), x, y, statistic, Aggregate(aggregate)
        )
    if as_json:
        print_json(heat_map_document(found))
    else:
        show_heat_map(found)


@app.command()
def export(
    study_id: study_options.StudyIdentifier,
    form: Annotated[
        Literal["csv", "parquet"] | None,
        typer.Option("--format", help="Of the file; as --output ends, or csv, unless given."),
    ] = None,
    output: options.OutputFile = None,
    as_json: AsJson = False,
) -> None:
    """Write every run of a sweep to a file.

    Example:

      agentic-trader sweep export st_06f3h8w1z2m4n6p8q0r2s4t6v8 --output runs.parquet
    """
    from functions.cli.files import write_blocks
    from functions.cli.study_documents import found_study

    with opened() as application:
        study = found_study(application, study_id, "sweep")
        ends_in_parquet = output is not None and output.suffix == ".parquet"
        chosen: Literal["csv", "parquet"] = form or ("parquet" if ends_in_parquet else "csv")
        blocks = application.study_rows(application.workspace_id, study.id, chosen)
        write_blocks(output or Path(f"{study_id}-runs.{chosen}"), blocks, as_json)
