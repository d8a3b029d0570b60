"""`agentic-trader bias`: does a strategy know the future, and does it decide live what it decided here?"""

from typing import TYPE_CHECKING, Annotated

import typer

from functions.cli.exit_codes import ExitCode
from functions.cli.output import AsJson
from functions.cli.run_options import RunOptions, takes_run_options

if TYPE_CHECKING:
    from domain.research.bias.model import BiasReport, ParityReport

app = typer.Typer(
    help="Check a strategy for look-ahead, for a short warm-up, and for being the same live.",
    no_args_is_help=True,
)


@app.command()
@takes_run_options
def lookahead(
    given: RunOptions,
    exhaustive: Annotated[
        bool, typer.Option("--exhaustive", help="Take the future away after every bar; slow.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take the future away and see whether any past decision or indicator changes.

    Exit code 0 when none does, 1 when bias was found.

    Example:

      agentic-trader bias lookahead sma_cross --symbol GOOG --source sample
    """
    from domain.research.bias.lookahead import check_lookahead
    from functions.cli.bias_run import subject_of
    from functions.cli.progress import progress_bar

    with subject_of(given) as subject, progress_bar("Looking ahead") as move:
        found = check_lookahead(subject, exhaustive=exhaustive, report=lambda part: move(part, ""))
    _tell(found, as_json)


@app.command()
@takes_run_options
def recursive(
    given: RunOptions,
    tolerance: Annotated[
        float | None,
        typer.Option(min=0.0, help="Relative difference at which a value has settled; 0.000001 by default."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Let the data begin later and measure how long each indicator remembers where it began.

    Exit code 0 when the declared look-back is enough, 1 when it is not.

    Example:

      agentic-trader bias recursive macd --symbol GOOG --source sample
    """
    from domain.research.bias.recursive import TOLERANCE, check_recursive
    from functions.cli.bias_run import subject_of
    from functions.cli.progress import progress_bar

    with subject_of(given) as subject, progress_bar("Beginning later") as move:
        found = check_recursive(
            subject,
            tolerance=TOLERANCE if tolerance is None else tolerance,
            report=lambda part: move(part, ""),
        )
    _tell(found, as_json)


@app.command()
@takes_run_options
def parity(
    given: RunOptions,
    window: Annotated[
        int | None, typer.Option(min=1, help="Also show no more than this many of the newest bars.")
    ] = None,
    every_bar: Annotated[
        bool, typer.Option("--every-bar", help="Feed every bar of a long history; slow.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Feed the bars one by one, as they come live, and compare with the backtest bit for bit.

    Exit code 0 when all decisions are the same, 1 when one is not.

    Example:

      agentic-trader bias parity sma_cross --symbol GOOG --source sample --window 100
    """
    from domain.research.bias.parity import check_parity
    from functions.cli.bias_run import subject_of

    with subject_of(given) as subject:
        found = check_parity(subject, window=window, every_bar=every_bar)
    _tell(found, as_json)


def _tell(found: "BiasReport | ParityReport", as_json: bool) -> None:
    from functions.cli.bias_documents import document, show_report
    from functions.cli.output import print_json

    if as_json:
        print_json(document(found))
    else:
        show_report(found)
    if not found.is_clean:
        raise typer.Exit(ExitCode.FAULT)
