"""The options of a run are declared once, and are the same wherever a run is described."""

import inspect
from typing import Any

import pytest
import typer

from domain.backtesting.model import BacktestSpec
from domain.errors import InvalidInput
from functions.cli import run_options
from functions.cli.main import app
from functions.cli.run_options import RunOptions, takes_run_options

DECLARED = inspect.signature(run_options._declared).parameters
COMMANDS = (
    "backtest run", "bias lookahead", "bias recursive", "bias parity", "sweep run", "walk-forward run",
    "evaluation run",
)  # fmt: skip


def given(**changed: Any) -> RunOptions:
    values: dict[str, Any] = {
        name: None if one.default is inspect.Parameter.empty else one.default
        for name, one in DECLARED.items()
    }
    return RunOptions(values | {"strategy": "sma_cross", "symbol": ["GOOG"]} | changed)


def command(path: str) -> Any:
    found: Any = typer.main.get_command(app)
    for name in path.split():
        found = found.commands[name]
    return found


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_about_a_run_takes_all_of_its_options(path: str) -> None:
    offered = {parameter.name: parameter for parameter in command(path).params}
    run = {parameter.name: parameter for parameter in command("backtest run").params}
    assert set(DECLARED) <= set(offered)
    for name in DECLARED:
        assert (offered[name].opts, offered[name].help) == (run[name].opts, run[name].help)


def test_options_that_were_not_given_leave_the_defaults_of_the_domain() -> None:
    assert given().spec() == BacktestSpec(strategy="sma_cross", instruments=("GOOG",))


def test_every_option_reaches_the_specification() -> None:
    spec = given(
        param=["fast=5"],
        cash="5000",
        commission_tiers="1000=2",
        max_leverage=2.0,
        fill="next_close",
        benchmark="SPY",
        seed=3,
    ).spec()
    assert spec.parameters == {"fast": 5}
    assert str(spec.initial_cash) == "5000"
    assert [(tier.over, tier.bps) for tier in spec.costs.commission_tiers] == [(1_000.0, 2.0)]
    assert (spec.sizing.max_leverage, spec.fill, spec.benchmark, spec.seed) == (2.0, "next_close", "SPY", 3)


def test_no_option_is_forgotten() -> None:
    read = {*run_options._COSTS, *run_options._SIZING, *run_options._AS_THEY_ARE}
    renamed = {"param", "symbol", "start", "end", "cash", "strategy_file"}
    assert read | renamed == set(DECLARED)
    assert read & renamed == set()


def test_a_wrong_value_is_refused() -> None:
    with pytest.raises(InvalidInput, match="initial_cash"):
        given(cash="none").spec()


def test_required_options_of_a_command_stand_before_those_with_defaults() -> None:
    @takes_run_options
    def about(run: RunOptions, needed: int, *, late: bool = False) -> None:
        """A command."""

    names = list(inspect.signature(about).parameters)
    assert names[:3] == ["strategy", "symbol", "needed"]
    assert names[-1] == "late"
    assert "run" not in names
