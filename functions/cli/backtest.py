"""`agentic-trader backtest`: run strategies on stored bars and read the results."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from functions.cli import options
from functions.cli.files import write_file
from functions.cli.output import AsJson, note, print_json, write_line
from functions.cli.run_options import RunOptions, takes_run_options
from functions.cli.session import opened, opened_with

if TYPE_CHECKING:
    from domain.ids import BacktestId

app = typer.Typer(help="Run strategies on bars and read the results.", no_args_is_help=True)


@app.command()
@takes_run_options
def run(given: RunOptions, as_json: AsJson = False) -> None:
    """Run a strategy and show how it did against buying and holding.

    Examples:

      agentic-trader backtest run sma_cross --param fast=10 --param slow=20 --symbol GOOG --source sample

      agentic-trader backtest run momentum_rotation --symbol AAPL --symbol MSFT --symbol IBM --source sample --json

      agentic-trader backtest run breakout --strategy-file breakout.py --symbol GOOG --from 2010-01-01 --cash 10000
    """
    from functions.cli.backtest_documents import document, show_backtest
    from functions.cli.backtest_execution import run_backtest

    spec = given.spec()
    with opened_with(given.strategy_file) as application:
        backtest = run_backtest(application, spec)
        if as_json:
            print_json(document(backtest))
        else:
            show_backtest(application, backtest)


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many, newest first.")] = 20,
    status: Annotated[options.StatusChoice | None, typer.Option(help="Only those that stand here.")] = None,
    strategy: Annotated[str | None, typer.Option(help="Only those of this strategy.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Only those on this instrument id.")] = None,
    as_json: AsJson = False,
) -> None:
    """List runs, newest first.

    Example:

      agentic-trader backtest list --strategy sma_cross --limit 5
    """
    from domain.backtesting.model import BacktestFilter, BacktestStatus
    from functions.cli.backtest_documents import show_list, summary

    where = BacktestFilter(BacktestStatus(status) if status else None, strategy, symbol)
    with opened() as application:
        page = application.services.backtests.page(application.workspace_id, first=limit, where=where)
    if as_json:
        print_json({"total": page.total, "backtests": [summary(backtest) for backtest in page.items]})
    else:
        show_list(page.items, page.total)


@app.command("show")
def show_(
    run_id: options.RunId,
    everything: Annotated[bool, typer.Option("--all", help="Every statistic, not the headlines.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a run and its statistics.

    Example:

      agentic-trader backtest show bt_06f3h8w1z2m4n6p8q0r2s4t6v8 --all
    """
    from functions.cli.backtest_documents import document, show_backtest

    with opened() as application:
        backtest = application.services.backtests.get(application.workspace_id, _id(run_id))
        if as_json:
            print_json(document(backtest))
        else:
            show_backtest(application, backtest, everything=everything)


@app.command()
def export(
    run_id: options.RunId,
    what: Annotated[
        Literal["curve", "trades"], typer.Option(help="The account at each bar, or the round trips.")
    ],
    form: Annotated[Literal["csv", "parquet"], typer.Option("--format", help="Of the file.")] = "csv",
    output: options.OutputFile = None,
    as_json: AsJson = False,
) -> None:
    """Write the curve or the trades of a run to a file.

    Example:

      agentic-trader backtest export bt_06f3h8w1z2m4n6p8q0r2s4t6v8 --what trades --format csv --output trades.csv
    """
    with opened() as application:
        content = application.download(application.workspace_id, _id(run_id), what, form)
    write_file(output or Path(f"{run_id}-{what}.{form}"), content, as_json)


@app.command()
def report(
    run_id: options.RunId,
    output: options.OutputFile = None,
    as_json: AsJson = False,
) -> None:
    """Write the report of a run: one HTML file that needs no network.

    Example:

      agentic-trader backtest report bt_06f3h8w1z2m4n6p8q0r2s4t6v8 --output report.html
    """
    with opened() as application:
        page = application.report(application.workspace_id, _id(run_id))
    write_file(output or Path(f"{run_id}.html"), page.encode(), as_json)


@app.command()
def compare(
    run_ids: Annotated[list[str], typer.Argument(metavar="ID ID …", help="Two completed runs or more.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the report as HTML too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put runs side by side: statistics, what was asked differently, and what not to conclude.

    Example:

      agentic-trader backtest compare bt_06f3h8w1z2m4n6p8q0r2s4t6v8 bt_06f3h8w1z2m4n6p8q0r2s4t6v9
    """
    from functions.cli.analysis_views import comparison_document, show_comparison
    from functions.cli.files import put_file

    wanted = [_id(one) for one in run_ids]
    with opened() as application:
        found = application.services.results().comparison(application.workspace_id, wanted)
        page = application.comparison_report(application.workspace_id, wanted) if output else ""
    if output:
        put_file(output, page.encode())
    if as_json:
        print_json(comparison_document(found) | {"report": output and str(output)})
        return
    show_comparison(found)
    if output:
        note(f"The report is in {output}.")


@app.command()
def verdict(run_id: options.RunId, as_json: AsJson = False) -> None:
    """Say what holds of a result and what does not, without running anything; `evaluation of` says more.

    Example:

      agentic-trader backtest verdict bt_06f3h8w1z2m4n6p8q0r2s4t6v8
    """
    from functions.cli.study_views import show_verdict

    with opened() as application:
        found = application.services.results().verdict(application.workspace_id, _id(run_id)).as_json()
    if as_json:
        print_json({"id": run_id, **found})
        return
    show_verdict(found)
    note(f"Everything that can be checked: agentic-trader evaluation of {run_id}")


@app.command()
def anatomy(run_id: options.RunId, as_json: AsJson = False) -> None:
    """Show where a result comes from: years and months, kinds of market, its best days, its benchmark.

    Example:

      agentic-trader backtest anatomy bt_06f3h8w1z2m4n6p8q0r2s4t6v8
    """
    from functions.cli.analysis_views import anatomy_document, show_anatomy

    with opened() as application:
        found = application.services.results().anatomy(application.workspace_id, _id(run_id))
    if as_json:
        print_json({"id": run_id, **anatomy_document(found)})
    else:
        show_anatomy(found)


@app.command()
def cancel(run_id: options.RunId, as_json: AsJson = False) -> None:
    """Stop a run that another process carries out.

    Example:

      agentic-trader backtest cancel bt_06f3h8w1z2m4n6p8q0r2s4t6v8
    """
    with opened() as application:
        backtest = application.services.backtests.cancel(application.workspace_id, _id(run_id))
    if as_json:
        print_json({"id": backtest.id, "status": backtest.status})
    else:
        write_line(f"{backtest.id} is {backtest.status}.")


@app.command()
def delete(run_id: options.RunId, as_json: AsJson = False) -> None:
    """Forget an ended run, its curve and its trades.

    Example:

      agentic-trader backtest delete bt_06f3h8w1z2m4n6p8q0r2s4t6v8
    """
    with opened() as application:
        application.services.backtests.delete(application.workspace_id, _id(run_id))
    if as_json:
        print_json({"id": run_id, "deleted": True})
    else:
        write_line(f"{run_id} was deleted.")


def _id(run_id: str) -> "BacktestId":
    from domain.ids import BacktestId

    return BacktestId(run_id)
