"""`agentic-trader evaluation`: is a result luck, a leak, or an edge?"""

from typing import Annotated

import typer

from domain.errors import InvalidInput
from functions.cli import options, study_options
from functions.cli.output import AsJson
from functions.cli.run_options import RunOptions, takes_run_options
from functions.cli.session import opened_with

app = typer.Typer(help="Check everything that can be checked about a run.", no_args_is_help=True)

_Permutations = Annotated[int, typer.Option(min=0, max=100_000, help="Shuffles of the bars.")]
_Resamples = Annotated[int, typer.Option(min=100, max=1_000_000, help="Bootstrap samples.")]
_Trials = Annotated[
    int | None,
    typer.Option(
        min=1, help="Strategies tried to find this one; what the platform has counted unless given."
    ),
]
_Vary = Annotated[
    list[str] | None,
    typer.Option("--vary", metavar="NAME=VALUES", help="The search it came from, as for `sweep run`."),
]


@app.command()
@takes_run_options
def run(
    given: RunOptions,
    vary: _Vary = None,
    where: study_options.Where = None,
    permutations: _Permutations = 200,
    resamples: _Resamples = 2_000,
    trials: _Trials = None,
    estimate: study_options.EstimateOnly = False,
    yes: study_options.Yes = False,
    as_json: AsJson = False,
) -> None:
    """Run a strategy every way that could prove it wrong, and give a verdict in words.

    Example:

      agentic-trader evaluation run sma_cross --symbol GOOG --source sample --vary fast=5:31:2 --vary slow=35:105:5
    """
    from domain.research.model import EvaluationSpec, StudyKind, read
    from functions.cli.study_execution import ready_for, run_study
    from functions.cli.study_views import tell

    if where and not vary:
        raise InvalidInput.at("--where", message="needs --vary: it chooses among what is varied")
    with study_options.named(), ready_for(given) as application:
        spec = given.spec()
        sweep = None
        if vary:
            sweep = study_options.sweep_spec(
                spec,
                vary=vary,
                where=where,
                method=None,
                samples=None,
                objectives=None,
                seed=given.given["seed"],
            )
        values = {
            "base": spec,
            "sweep": sweep,
            "permutations": permutations,
            "resamples": resamples,
            "trials": trials,
            "seed": given.given["seed"] or 0,
        }
        asked = read(EvaluationSpec, values)
        found = run_study(application, StudyKind.EVALUATION, asked, estimate=estimate, yes=yes)
    tell(found, as_json)


@app.command("of")
def of_run(
    run_id: options.RunId,
    permutations: _Permutations = 200,
    resamples: _Resamples = 2_000,
    trials: _Trials = None,
    strategy_file: options.StrategyFile = None,
    estimate: study_options.EstimateOnly = False,
    as_json: AsJson = False,
) -> None:
    """Check a backtest that was run before, in the same ways.

    Example:

      agentic-trader evaluation of bt_06f3h8w1z2m4n6p8q0r2s4t6v8
    """
    from domain.ids import BacktestId
    from domain.research.model import EvaluationSpec, StudyKind, read
    from functions.cli.study_execution import run_study
    from functions.cli.study_views import tell

    with study_options.named(), opened_with(strategy_file) as application:
        backtest = application.services.backtests.get(application.workspace_id, BacktestId(run_id))
        values = {
            "base": backtest.spec,
            "permutations": permutations,
            "resamples": resamples,
            "trials": trials,
        }
        asked = read(EvaluationSpec, values)
        found = run_study(application, StudyKind.EVALUATION, asked, estimate=estimate, yes=False)
    tell(found, as_json)


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many, newest first.")] = 20,
    strategy: Annotated[str | None, typer.Option(help="Only those of this strategy.")] = None,
    as_json: AsJson = False,
) -> None:
    """List evaluations, newest first.

    Example:

      agentic-trader evaluation list
    """
    from functions.cli.study_views import list_studies

    list_studies("evaluation", limit, strategy, as_json)


@app.command()
def show(study_id: study_options.StudyIdentifier, as_json: AsJson = False) -> None:
    """Show the verdict of an evaluation.

    Example:

      agentic-trader evaluation show st_06f3h8w1z2m4n6p8q0r2s4t6v8
    """
    from functions.cli.study_views import show_stored

    show_stored(study_id, "evaluation", as_json)
