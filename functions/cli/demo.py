"""`agentic-trader demo`: the whole platform once, on real prices, through the GraphQL API."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from functions.cli.faults import CommandFailed, file_refused
from functions.cli.output import AsJson, note, print_json, show, table, write_line

if TYPE_CHECKING:
    from functions.cli.api_client import ApiClient
    from functions.cli.demo_checks import Check, Evidence

SYMBOLS = ("AAPL", "GOOG", "IBM", "MSFT")
STRATEGY = "momentum_rotation"
INITIAL_CASH = 100_000
# Said with the result, because a reader will otherwise take it for the skill of the strategy.
_SURVIVORS = "These four companies are known today to have done well; a universe chosen in 2000 would hold failures too."

_START = """
mutation Demo($input: StartBacktestInput!) {
  startBacktest(input: $input) {
    __typename
    ... on Backtest { id identifier }
    ... on Refusal { message }
  }
}
"""
_FOLLOW = "subscription Demo($id: ID!) { backtestProgress(id: $id) { status progress stage failure } }"
_RESULT = """
query Demo($id: ID!) {
  backtest(id: $id) {
    identifier status failure reportUrl warnings
    downloads { name url }
    spec { strategy parameters instruments timeframe source initialCash currency fill seed }
    statistics { ...Numbers }
    benchmarkStatistics { ...Numbers }
    provenance { dataHash codeVersion seed bars firstBar lastBar durationSeconds }
  }
}
fragment Numbers on Statistics { %s }
"""


def demo(
    folder: Annotated[Path, typer.Option(help="Where data, report.html and result.json go.")] = Path(
        "build/demo"
    ),
    as_json: AsJson = False,
) -> None:
    """Import real prices, start the API, run a backtest through it, and check the result.

    Nothing outside the folder is touched, and the server is stopped at the end. Ends with code 1
    and the reason when the numbers of the result contradict each other.

    Example:

      agentic-trader demo --folder /tmp/demo
    """
    from functions.cli.api_client import ApiClient
    from functions.cli.api_process import api_process
    from functions.cli.demo_checks import check_all

    began = time.perf_counter()
    data = folder / "data"
    _make(data)
    _import_sample(data)
    with api_process(data, folder / "server.log") as url, ApiClient(url) as client:
        note(f"The API answers at {url}.")
        result = _run(client)
        evidence = _evidence(client, result)
    checks = check_all(evidence)
    document = _document(result, evidence, checks, time.perf_counter() - began)
    _write(folder / "report.html", evidence.report)
    _write(folder / "result.json", json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    if as_json:
        _refuse(checks)
        print_json(document)
    else:
        _show(result, evidence, checks, folder)
        _refuse(checks)


def _import_sample(data: Path) -> None:
    from domain.market.timeframe import DAILY
    from functions.cli.progress import progress_bar
    from functions.cli.session import opened
    from functions.settings import Mode, Settings

    own = {"data_folder": data, "database_url": None, "mode": Mode.LOCAL}
    with opened(Settings.read().model_copy(update=own)) as application, progress_bar("Importing") as progress:
        outcomes = application.services.market().import_bars(
            application.workspace_id, "sample", SYMBOLS, DAILY, progress=progress
        )
    rows = sum(outcome.series.rows for outcome in outcomes)
    note(f"{rows:,} daily bars of {', '.join(SYMBOLS)} are stored.")


def _run(client: "ApiClient") -> dict[str, Any]:
    """Start the run, follow it to its end, and fetch the result: mutation, subscription, query."""
    from domain.performance.conventions import CONVENTIONS
    from functions.cli.progress import progress_bar

    wanted = {
        "strategy": STRATEGY,
        "instruments": list(SYMBOLS),
        "source": "sample",
        "initialCash": str(INITIAL_CASH),
    }
    started = client.execute(_START, {"input": wanted})["startBacktest"]
    if started["__typename"] != "Backtest":
        raise CommandFailed("DemoFailed", f"The API refused the backtest: {started['message']}")
    note(f"Backtest {started['identifier']} was started by a GraphQL mutation.")
    with progress_bar("Backtest") as move:
        for event in client.subscribe(_FOLLOW, {"id": started["id"]}):
            step = event["backtestProgress"]
            move(step["progress"], step["stage"])
    query = _RESULT % " ".join(camel(name) for name in CONVENTIONS)
    result: dict[str, Any] = client.execute(query, {"id": started["id"]})["backtest"]
    if result["status"] != "COMPLETED":
        raise CommandFailed(
            "DemoFailed", f"The backtest ended {result['status'].lower()}: {result['failure']}"
        )
    return result


def _evidence(client: "ApiClient", result: Mapping[str, Any]) -> "Evidence":
    from functions.cli.demo_checks import Evidence, read_rows

    files = {one["name"]: one["url"] for one in result["downloads"]}
    return Evidence(
        initial_cash=float(result["spec"]["initialCash"]),
        statistics=domain_names(result["statistics"]),
        benchmark_statistics=domain_names(result["benchmarkStatistics"]),
        bars=result["provenance"]["bars"],
        curve=read_rows(client.download(files["curve.csv"])),
        trades=read_rows(client.download(files["trades.csv"])),
        report=client.download(result["reportUrl"]).decode(),
    )


def camel(name: str) -> str:
    """A statistic's name as the API writes it."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def domain_names(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Statistics of the API under the names of the domain."""
    from domain.performance.conventions import CONVENTIONS

    return {name: numbers[camel(name)] for name in CONVENTIONS}


def _document(
    result: Mapping[str, Any], evidence: "Evidence", checks: "tuple[Check, ...]", seconds: float
) -> dict[str, Any]:
    return {
        "id": result["identifier"],
        **evidence.statistics,
        "benchmark": dict(evidence.benchmark_statistics),
        "warnings": [*result["warnings"], _SURVIVORS],
        "spec": result["spec"],
        "provenance": result["provenance"],
        "checks": [{"name": one.name, "holds": one.holds, "detail": one.detail} for one in checks],
        "seconds": round(seconds, 3),
    }


def _show(result: Mapping[str, Any], evidence: "Evidence", checks: "tuple[Check, ...]", folder: Path) -> None:
    from functions.cli.backtest_documents import BUY_AND_HOLD
    from functions.cli.statistics import sparkline, statistics_table

    spec, provenance = result["spec"], result["provenance"]
    write_line(f"\n{spec['strategy']} on {', '.join(spec['instruments'])}")
    write_line(
        f"{provenance['firstBar'][:10]} to {provenance['lastBar'][:10]}, {provenance['bars']:,} daily bars"
    )
    show(statistics_table(evidence.statistics, evidence.benchmark_statistics, benchmark_name=BUY_AND_HOLD))
    for name, column in (("Strategy", "equity"), (BUY_AND_HOLD, "benchmark")):
        values = [float(row[column]) for row in evidence.curve if row[column] not in {"", "NaN"}]
        write_line(f"{name:<13}{sparkline(values)}")
    write_line("")
    for warning in (*result["warnings"], _SURVIVORS):
        write_line(f"Note: {warning}")
    shown = table("", "Check", "", "Figures")
    for one in checks:
        shown.add_row(one.name, "holds" if one.holds else "FAILS", one.detail)
    show(shown)
    write_line(f"Report: {folder / 'report.html'}\nResult: {folder / 'result.json'}")


def _refuse(checks: "tuple[Check, ...]") -> None:
    failed = [one for one in checks if not one.holds]
    if failed:
        reasons = "; ".join(f"{one.name} ({one.detail})" for one in failed)
        raise CommandFailed(
            "DemoFailed", f"The result contradicts itself, because this does not hold: {reasons}."
        )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as refused:
        raise file_refused(folder, refused) from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as refused:
        raise file_refused(path, refused) from None
