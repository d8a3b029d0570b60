"""`agentic-trader strategy`: what can be run, and with which parameters."""

from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from functions.cli import options
from functions.cli.output import AsJson, only_results_on_stdout, print_json, show, table, write_line
from functions.cli.session import composed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from domain.strategies.ports import StrategyCatalogue, StrategyInfo

app = typer.Typer(help="Strategies that can be run.", no_args_is_help=True)


@app.command("list")
def list_(strategy_file: options.StrategyFile = None, as_json: AsJson = False) -> None:
    """List every strategy: built in, from installed packages, or from a file of yours.

    Example:

      agentic-trader strategy list --strategy-file my_strategies.py
    """
    with _catalogue(strategy_file) as catalogue:
        infos = catalogue.list()
    if as_json:
        print_json([document(info) for info in infos])
        return
    shown = table("", "Name", "Instruments", "Form", "Summary", "Origin")
    for info in infos:
        shown.add_row(info.name, instruments(info), info.form, info.summary, info.origin)
    show(shown)


@app.command("show")
def show_(
    name: Annotated[str, typer.Argument(help="Its name, as `strategy list` shows it.")],
    strategy_file: options.StrategyFile = None,
    as_json: AsJson = False,
) -> None:
    """Show what a strategy does and the parameters it takes.

    Example:

      agentic-trader strategy show sma_cross
    """
    with _catalogue(strategy_file) as catalogue:
        info = catalogue.describe(name)
    if as_json:
        print_json(document(info))
        return
    write_line(f"{info.name}: {info.title}\n\n{info.description}\n")
    write_line(f"Trades {instruments(info)} instrument(s); {info.form}; {info.origin}.\n")
    shown = table("Parameters (--param NAME=VALUE)", "Name", "Type", "Default", "Bounds", "Meaning")
    for parameter, schema in info.parameters_schema.get("properties", {}).items():
        shown.add_row(
            parameter, _type(schema), _default(schema), _bounds(schema), str(schema.get("description", ""))
        )
    show(shown if shown.row_count else "It takes no parameters.")


@contextmanager
def _catalogue(strategy_file: Path | None) -> "Iterator[StrategyCatalogue]":
    with composed() as application:
        if strategy_file is not None:
            with only_results_on_stdout():
                application.register_strategy_file(strategy_file)
        yield application.services.strategies()


def document(info: "StrategyInfo") -> dict[str, Any]:
    """A strategy as JSON."""
    return {
        "name": info.name,
        "title": info.title,
        "summary": info.summary,
        "description": info.description,
        "form": info.form,
        "parameters_schema": dict(info.parameters_schema),
        "minimum_instruments": info.minimum_instruments,
        "maximum_instruments": info.maximum_instruments,
        "origin": info.origin,
    }


def instruments(info: "StrategyInfo") -> str:
    """How many instruments it trades together, in words."""
    least, most = info.minimum_instruments, info.maximum_instruments
    if most is None:
        return f"{least} or more"
    return str(least) if least == most else f"{least} to {most}"


def _type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_type(part) for part in schema["anyOf"])
    return {"integer": "whole number", "number": "number", "boolean": "true | false", "null": "none"}.get(
        str(schema.get("type")), str(schema.get("type", ""))
    )


def _default(schema: Mapping[str, Any]) -> str:
    value = schema.get("default")
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _bounds(schema: Mapping[str, Any]) -> str:
    signs = (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))
    parts = [schema, *schema.get("anyOf", ())]
    return ", ".join(f"{sign} {part[name]}" for part in parts for name, sign in signs if name in part)
