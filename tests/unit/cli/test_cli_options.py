"""The choices an option offers are those of the domain, and every command explains itself."""

import subprocess
import sys
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, get_args

import pytest
import typer

from domain.backtesting.model import BacktestStatus, Costs, FillPrice, QuantityRule, Sizing, TierPeriod
from domain.market.corporate_actions import Adjustment
from domain.market.instruments import AssetClass
from domain.orders.model import LimitFill
from functions.cli import options
from functions.cli.main import app
from tests.kit.cli import agentic_trader

COMMANDS = {
    "data sources", "data import", "data list", "data check", "data show", "strategy list", "strategy show",
    "backtest run", "backtest list", "backtest show", "backtest export", "backtest report", "backtest cancel",
    "backtest delete", "backtest compare", "backtest verdict", "backtest anatomy", "sweep run", "sweep list",
    "sweep show", "sweep runs", "sweep heat-map", "sweep export", "walk-forward run", "walk-forward list",
    "walk-forward show", "evaluation run", "evaluation of", "evaluation list", "evaluation show",
    "study resume", "study cancel", "study delete", "study report", "bias lookahead", "bias recursive",
    "bias parity", "serve", "key create", "key list", "key revoke", "database upgrade", "database downgrade",
    "database status", "demo", "version",
}  # fmt: skip


def commands(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in getattr(group, "commands", {}).items():
        full = f"{path} {name}".strip()
        yield from commands(command, full)
        if not getattr(command, "commands", None):
            yield full, command


ALL = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize(
    ("choice", "enumeration"),
    [
        (options.FillChoice, FillPrice),
        (options.LimitFillChoice, LimitFill),
        (options.TierPeriodChoice, TierPeriod),
        (options.QuantityChoice, QuantityRule),
        (options.AdjustmentChoice, Adjustment),
        (options.StatusChoice, BacktestStatus),
        (options.AssetClassChoice, AssetClass),
    ],
)
def test_choices_are_those_of_the_domain(choice: object, enumeration: type[StrEnum]) -> None:
    assert list(get_args(choice)) == [str(member) for member in enumeration]


def test_every_cost_and_every_limit_has_its_option() -> None:
    offered = {parameter.name for parameter in ALL["backtest run"].params}
    assert set(Costs.model_fields) <= offered
    assert set(Sizing.model_fields) <= offered


def test_the_commands_are_those_that_are_promised() -> None:
    assert set(ALL) == COMMANDS


@pytest.mark.parametrize("path", sorted(COMMANDS))
def test_every_command_explains_itself_with_an_example_and_speaks_json(path: str) -> None:
    helped = agentic_trader(*path.split(), "--help")
    assert helped.code == 0
    assert "Example" in helped.stdout
    assert f"agentic-trader {path}" in helped.stdout
    assert "--json" in {spelling for parameter in ALL[path].params for spelling in parameter.opts}
    assert all(parameter.help for parameter in ALL[path].params if parameter.name != "help"), (
        "an option without a word of help"
    )


def test_the_help_lists_the_exit_codes() -> None:
    shown = agentic_trader("--help").stdout
    assert "130  Stopped by Ctrl-C" in shown


def test_the_help_loads_nothing_heavy() -> None:
    script = "import sys, functions.cli.main; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    heavy = {"numpy", "polars", "sqlalchemy", "pydantic", "httpx", "websockets", "fastapi", "rich"}
    assert heavy.isdisjoint(done.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["bogus"], "No such command 'bogus'."),
        (["backtest", "run"], "Missing argument 'strategy'."),
        (["backtest", "run", "sma_cross"], "Missing option '--symbol'."),
        (["backtest", "list", "--limit", "0"], "Invalid value for '--limit'"),
        (["data", "show", "X", "--from", "yesterday"], "Invalid value for '--from'"),
        (["key", "create", "me", "--role", "owner"], "Invalid value for '--role'"),
    ],
)
def test_wrong_use_is_one_sentence_and_code_2(arguments: list[str], sentence: str) -> None:
    refused = agentic_trader(*arguments)
    assert refused.code == 2
    assert refused.stdout == ""
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr


def test_wrong_use_with_json_is_still_one_document() -> None:
    refused = agentic_trader("backtest", "run", "--json")
    assert refused.code == 2
    assert refused.document["error"]["kind"] == "Usage"
    assert refused.document["error"]["exit_code"] == 2


@pytest.mark.parametrize(
    "group",
    [
        "",
        "data",
        "backtest",
        "bias",
        "sweep",
        "walk-forward",
        "evaluation",
        "study",
        "strategy",
        "key",
        "database",
    ],
)
def test_a_group_without_a_command_shows_its_help(group: str) -> None:
    shown = agentic_trader(*group.split())
    assert shown.code == 2
    assert "Usage: agentic-trader" in shown.stdout + shown.stderr
