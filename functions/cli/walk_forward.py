"""`agentic-trader walk-forward`: choose on the past, trade what follows, move on."""

from typing import Annotated

import typer

from functions.cli import study_options
from functions.cli.output import AsJson
from functions.cli.run_options import RunOptions, takes_run_options

app = typer.Typer(help="Re-optimise window by window and trade out of sample.", no_args_is_help=True)


@app.command()
@takes_run_options
def run(
    given: RunOptions,
    vary: study_options.Vary,
    train: Annotated[int, typer.Option(min=10, help="Bars to choose on.")] = 504,
    test: Annotated[int, typer.Option(min=2, help="Bars to trade with what was chosen.")] = 126,
    embargo: Annotated[int, typer.Option(min=0, help="Bars left out between the two.")] = 0,
    anchored: Annotated[
        bool, typer.Option("--anchored", help="Choose on everything since the start, not on a moving window.")
    ] = False,
    where: study_options.Where = None,
    method: study_options.Search = None,
    samples: study_options.Samples = None,
    objective: study_options.Objectives = None,
    estimate: study_options.EstimateOnly = False,
    yes: study_options.Yes = False,
    as_json: AsJson = False,
) -> None:
    """Trade each stretch of bars with the parameters that were best before it.

    Example:

      agentic-trader walk-forward run sma_cross --symbol GOOG --source sample --vary fast=5:31:2 --vary slow=35:105:5 --train 504 --test 126
    """
    from domain.research.model import StudyKind, WalkForwardSpec, WindowScheme, read
    from functions.cli.study_execution import ready_for, run_study
    from functions.cli.study_views import tell

    with study_options.named(), ready_for(given) as application:
        sweep = study_options.sweep_spec(
            given.spec(),
            vary=vary,
            where=where,
            method=method,
            samples=samples,
            objectives=objective,
            seed=given.given["seed"],
        )
        values = {
            "sweep": sweep,
            "scheme": WindowScheme.ANCHORED if anchored else WindowScheme.ROLLING,
            "train_bars": train,
            "test_bars": test,
            "embargo_bars": embargo,
        }
        spec = read(WalkForwardSpec, values)
        found = run_study(application, StudyKind.WALK_FORWARD, spec, estimate=estimate, yes=yes)
    tell(found, as_json)


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many, newest first.")] = 20,
    strategy: Annotated[str | None, typer.Option(help="Only those of this strategy.")] = None,
    as_json: AsJson = False,
) -> None:
    """List walk-forwards, newest first.

    Example:

      agentic-trader walk-forward list
    """
    from functions.cli.study_views import list_studies

    list_studies("walk_forward", limit, strategy, as_json)


@app.command()
def show(study_id: study_options.StudyIdentifier, as_json: AsJson = False) -> None:
    """Show the windows of a walk-forward and what the account came to.

    Example:

      agentic-trader walk-forward show st_06f3h8w1z2m4n6p8q0r2s4t6v8
    """
    from functions.cli.study_views import show_stored

    show_stored(study_id, "walk_forward", as_json)
