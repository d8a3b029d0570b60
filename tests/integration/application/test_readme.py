"""What the README shows must work as it stands."""

import re
import shlex
from pathlib import Path

from graphql import parse, validate

from tests.kit.cli import agentic_trader, isolated
from trader_graphql.schema import build_schema

README = (Path(__file__).resolve().parents[3] / "README.md").read_text(encoding="utf-8")


def code(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_ten_line_strategy_runs_with_the_command_below_it(tmp_path: Path) -> None:
    (tmp_path / "breakout.py").write_text(code("python")[0], encoding="utf-8")
    line = re.search(r"`agentic-trader (backtest run breakout .*?)`", README)
    assert line is not None
    arguments = [str(tmp_path / word) if word == "breakout.py" else word for word in shlex.split(line[1])]
    with isolated(tmp_path / "data"):
        done = agentic_trader(*arguments, "--json")
    assert done.code == 0, done.stderr
    assert done.document["trades"] > 0
    assert done.document["spec"]["parameters"] == {"window": 55}


def test_the_shell_examples_name_commands_that_exist() -> None:
    for line in re.findall(r"^agentic-trader (.*?)(?:#.*)?$", "\n".join(code("sh")), flags=re.MULTILINE):
        words = [word for word in shlex.split(line) if not word.startswith(("-", "<"))][:2]
        assert agentic_trader(*words, "--help").code == 0, line


def test_the_graphql_examples_are_valid_against_the_schema() -> None:
    schema = build_schema()._schema
    documents = [part for part in re.split(r"\n\n(?=\w)", code("graphql")[0]) if part.strip()]
    assert len(documents) == 3
    assert [str(error) for document in documents for error in validate(schema, parse(document))] == []
