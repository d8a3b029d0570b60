"""`agentic-trader data`: market data in and out."""

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Annotated

import typer

from domain.market.quality_report import OnError
from functions.cli import options
from functions.cli.output import AsJson, note, print_json, show, write_line
from functions.cli.session import composed, opened

if TYPE_CHECKING:
    from domain.market.series import Series
    from functions.bootstrap import Application

app = typer.Typer(help="Import, list and check market data.", no_args_is_help=True)


@app.command()
def sources(
    source: Annotated[str | None, typer.Argument(help="List the symbols of this one.")] = None,
    as_json: AsJson = False,
) -> None:
    """List where bars can come from, or the symbols of one source.

    Examples:

      agentic-trader data sources

      agentic-trader data sources sample
    """
    from functions.cli.data_documents import described_sources, source_table

    with composed() as application:
        market = application.services.market()
        if source is None:
            found = described_sources(market.source_names())
        else:
            symbols = market.symbols(source)
    if source is None:
        print_json(found) if as_json else show(source_table(found))
    elif as_json:
        print_json({"name": source, "symbols": symbols})
    elif symbols is None:
        write_line(f"{source} cannot list its symbols; name them when you import.")
    else:
        write_line("\n".join(symbols))


@app.command("import")
def import_(
    source: options.SourceName,
    symbol: options.SymbolsOfSource = None,
    everything: Annotated[bool, typer.Option("--all", help="Every symbol the source lists.")] = False,
    timeframe: options.Timeframe = "1d",
    start: options.FirstDay = None,
    end: options.LastDay = None,
    on_error: Annotated[
        OnError,
        typer.Option(help="What to do with rows that break a quality rule: refuse all, or leave them out."),
    ] = OnError.REFUSE,
    path: options.FilePath = None,
    venue: options.Venue = None,
    asset_class: options.AssetClass = None,
    currency: options.Currency = None,
    timezone: options.TimeZone = None,
    time_format: options.TimeFormat = None,
    stamp: options.TimeStamp = None,
    delimiter: options.Delimiter = None,
    column: options.Columns = None,
    as_json: AsJson = False,
) -> None:
    """Fetch bars, check them and store them. Doing it again changes nothing.

    Examples:

      agentic-trader data import sample --all

      agentic-trader data import file --path bars.csv --symbol ACME --venue XNAS --column close=Last

      agentic-trader data import yahoo --symbol SPY --from 2015-01-01 --on-error quarantine
    """
    from functions.cli.data_documents import imported_document, show_imported
    from functions.cli.data_import import FileOptions, chosen_source, import_bars

    described = FileOptions(
        path, venue, asset_class, currency, timezone, time_format, stamp, delimiter, tuple(column or ())
    )
    origin = chosen_source(source, symbol or [], described, everything=everything)
    with opened() as application:
        outcomes = import_bars(
            application, origin, symbol, timeframe, day_begins(start), day_ends(end), on_error
        )
    if as_json:
        print_json([imported_document(outcome) for outcome in outcomes])
    else:
        show_imported(outcomes)


@app.command("list")
def list_(source: options.SourceFilter = None, as_json: AsJson = False) -> None:
    """List what is stored.

    Example:

      agentic-trader data list --source sample
    """
    from functions.cli.data_documents import series_document, series_table

    with opened() as application:
        stored = application.services.series.list(application.workspace_id, source=source)
    if as_json:
        print_json([series_document(series) for series in stored])
    else:
        show(
            series_table(stored)
            if stored
            else "Nothing is stored yet. Begin with: agentic-trader data import sample"
        )


@app.command()
def check(
    symbol: options.StoredSymbol,
    timeframe: options.Timeframe = "1d",
    source: options.SourceFilter = None,
    as_json: AsJson = False,
) -> None:
    """Apply the quality rules to stored bars; nothing is changed.

    Example:

      agentic-trader data check GOOG
    """
    from functions.cli.data_documents import report_document, series_document, show_report

    with opened() as application:
        series = _stored(application, symbol, timeframe, source)
        report = application.services.market().check(application.workspace_id, series.key)
    if as_json:
        print_json(series_document(series) | {"report": report_document(report)})
    else:
        show_report(str(series.key), report)


@app.command("show")
def show_(
    symbol: options.StoredSymbol,
    timeframe: options.Timeframe = "1d",
    source: options.SourceFilter = None,
    start: options.FirstDay = None,
    end: options.LastDay = None,
    last: Annotated[int, typer.Option(min=1, max=10_000, help="How many bars, from the end.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show stored bars, unadjusted. Each is stamped with its close, in UTC.

    Example:

      agentic-trader data show GOOG --to 2012-12-31 --last 5
    """
    from functions.cli.data_documents import bar_documents, bars_table, series_document

    with opened() as application:
        series = _stored(application, symbol, timeframe, source)
        bars = application.services.market().bars(
            application.workspace_id, series.key, day_begins(start), day_ends(end)
        )
    rows = bar_documents(bars, last)
    if as_json:
        print_json(series_document(series) | {"bars": rows})
        return
    show(bars_table(rows) if rows else "No bars in this range.")
    note(f"{len(rows):,} of {len(bars):,} bars of {series.key}.")


def day_begins(day: datetime | None) -> datetime | None:
    """The first moment of a day, UTC."""
    return None if day is None else datetime.combine(day.date(), time.min, UTC)


def day_ends(day: datetime | None) -> datetime | None:
    """The last moment of a day, UTC."""
    return None if day is None else datetime.combine(day.date(), time.max, UTC)


def _stored(application: "Application", symbol: str, timeframe: str, source: str | None) -> "Series":
    from domain.market.timeframe import Timeframe as Parsed

    found = application.services.catalogue.find(
        application.workspace_id, [symbol], Parsed.parse(timeframe), source
    )
    return found[0]
