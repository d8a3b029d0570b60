"""`agentic-trader backtest`: run strategies on stored bars and read the results."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from functions.cli import options
from functions.cli.output import AsJson, note, print_json, write_line
from functions.cli.session import opened

if TYPE_CHECKING:
    from domain.ids import BacktestId

app = typer.Typer(help="Run strategies on bars and read the results.", no_args_is_help=True)


@app.command()
def run(
    strategy: Annotated[str, typer.Argument(help="A name from `strategy list`.")],
    symbol: options.Symbols,
    param: options.Parameters = None,
    source: options.Source = None,
    timeframe: options.Timeframe = "1d",
    start: options.FirstDay = None,
    end: options.LastDay = None,
    adjustment: options.Adjustment = None,
    benchmark: options.Benchmark = None,
    cash: options.Cash = None,
    currency: options.AccountCurrency = None,
    commission_bps: options.CommissionBps = None,
    commission_per_share: options.CommissionPerShare = None,
    commission_fixed: options.CommissionFixed = None,
    commission_minimum: options.CommissionMinimum = None,
    spread_bps: options.SpreadBps = None,
    slippage_bps: options.SlippageBps = None,
    impact_bps: options.ImpactBps = None,
    borrow_rate: options.BorrowRate = None,
    margin_rate: options.MarginRate = None,
    fill: options.Fill = None,
    quantity: options.Quantity = None,
    max_leverage: options.MaxLeverage = None,
    stop_loss: options.StopLoss = None,
    take_profit: options.TakeProfit = None,
    seed: options.Seed = None,
    strategy_file: options.StrategyFile = None,
    as_json: AsJson = False,
) -> None:
    """Run a strategy and show how it did against buying and holding.

    Examples:

      agentic-trader backtest run sma_cross --param fast=10 --param slow=20 --symbol GOOG --source sample

      agentic-trader backtest run momentum_rotation --symbol AAPL --symbol MSFT --symbol IBM --source sample --json

      agentic-trader backtest run breakout --strategy-file breakout.py --symbol GOOG --from 2010-01-01 --cash 10000
    """
    from functions.cli.backtest_documents import document, show_backtest
    from functions.cli.backtest_execution import run_backtest
    from functions.cli.specification import read_parameters, specification

    spec = specification(
        {
            "strategy": strategy,
            "parameters": read_parameters(param or []),
            "instruments": symbol,
            "timeframe": timeframe,
            "source": source,
            "start": start and start.date(),
            "end": end and end.date(),
            "initial_cash": cash,
            "currency": currency,
            "costs": {
                "commission_fixed": commission_fixed,
                "commission_per_share": commission_per_share,
                "commission_bps": commission_bps,
                "commission_minimum": commission_minimum,
                "spread_bps": spread_bps,
                "slippage_bps": slippage_bps,
                "impact_bps": impact_bps,
                "borrow_rate": borrow_rate,
                "margin_rate": margin_rate,
            },
            "fill": fill,
            "sizing": {
                "quantity": quantity,
                "max_leverage": max_leverage,
                "stop_loss": stop_loss,
                "take_profit": take_profit,
            },
            "adjustment": adjustment,
            "benchmark": benchmark,
            "seed": seed,
        }
    )
    with opened() as application:
        if strategy_file is not None:
            application.register_strategy_file(strategy_file)
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
    _write(output or Path(f"{run_id}-{what}.{form}"), content, as_json)


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
    _write(output or Path(f"{run_id}.html"), page.encode(), as_json)


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


def _write(path: Path, content: bytes, as_json: bool) -> None:
    from functions.cli.faults import file_refused

    try:
        path.write_bytes(content)
    except OSError as refused:
        raise file_refused(path, refused) from None
    if as_json:
        print_json({"path": str(path), "bytes": len(content)})
    else:
        write_line(str(path))
        note(f"{len(content):,} bytes were written.")
