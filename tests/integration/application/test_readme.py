"""What the README shows must work as it stands."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from graphql import parse, validate

from tests.kit.cli import agentic_trader, isolated
from trader_graphql.schema import build_schema

README = (Path(__file__).resolve().parents[3] / "README.md").read_text(encoding="utf-8")


def code(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def run_of_the_readme(name: str, folder: Path) -> dict[str, Any]:
    """What the command for this strategy answers, with the strategy's code in a file of that name."""
    (source,) = [block for block in code("python") if block.startswith(f"# {name}.py")]
    (folder / f"{name}.py").write_text(source, encoding="utf-8")
    line = re.search(rf"`agentic-trader (backtest run {name} .*?)`", README)
    assert line is not None
    arguments = [str(folder / word) if word == f"{name}.py" else word for word in shlex.split(line[1])]
    with isolated(folder / "data"):
        done = agentic_trader(*arguments, "--json")
    assert done.code == 0, done.stderr
    return dict(done.document)


def test_the_ten_line_strategy_runs_with_the_command_below_it(tmp_path: Path) -> None:
    done = run_of_the_readme("breakout", tmp_path)
    assert done["trades"] > 0
    assert done["spec"]["parameters"] == {"window": 55}


def test_the_strategy_with_orders_of_its_own_runs_with_the_command_below_it(tmp_path: Path) -> None:
    done = run_of_the_readme("bracket", tmp_path)
    assert done["trades"] > 0


def test_the_python_example_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (source,) = [block for block in code("python") if "Client.local()" in block]
    local = source.replace("Client.local()", f"Client.local({str(tmp_path)!r})")
    exec(compile(local, "readme", "exec"), {})  # noqa: S102 - what the README shows
    sharpe, sentence = capsys.readouterr().out.strip().split(" ", 1)
    assert float(sharpe) > 0
    assert sentence.endswith(".")


def test_the_shell_examples_name_commands_that_exist() -> None:
    for line in re.findall(r"^agentic-trader (.*?)(?:#.*)?$", "\n".join(code("sh")), flags=re.MULTILINE):
        words = [word for word in shlex.split(line) if not word.startswith(("-", "<"))][:2]
        assert agentic_trader(*words, "--help").code == 0, line


def test_the_graphql_examples_are_valid_against_the_schema() -> None:
    schema = build_schema()._schema
    documents = [part for part in re.split(r"\n\n(?=\w)", code("graphql")[0]) if part.strip()]
    assert len(documents) == 3
    assert [str(error) for document in documents for error in validate(schema, parse(document))] == []
