"""The layout, the documents and the names that the rest relies on."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from functions.cli.exit_codes import MEANINGS
from functions.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("functions", "graphql", "domain", "ml", "terraform", "web", "dashboard", "events", "tests")


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_top_level_folder_says_what_lives_in_it_on_one_page(folder: str) -> None:
    lines = (ROOT / folder / "README.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"# {folder}"
    assert 5 <= len(lines) <= 60


def test_our_folder_graphql_does_not_hide_graphql_core() -> None:
    assert not (ROOT / "graphql" / "__init__.py").exists()
    script = "import graphql, trader_graphql; print(graphql.__file__); print(trader_graphql.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    core, ours = done.stdout.split()
    assert "site-packages" in core
    assert Path(ours) == ROOT / "graphql" / "trader_graphql" / "__init__.py"


def test_the_readme_lists_every_setting_with_its_default() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(rf"^\| `{PREFIX}(\w+)` \| (.*?) \|", readme, flags=re.MULTILINE))
    assert set(rows) == {name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, ()) else f"`{field.default}`"
        assert rows[name.upper()] == default, name


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_readme_names_only_make_targets_that_exist() -> None:
    targets = set(
        re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    )
    named = set(re.findall(r"`?make ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert named <= targets
    assert {"setup", "demo", "up", "test", "check", "bench", "schema", "clean", "help"} <= targets


def test_versions_are_pinned_without_naming_where_they_came_from() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+_-]+", line)] == []


def test_package_locks_record_no_download_address() -> None:
    locks = [path for path in ROOT.glob("*/**/package-lock.json") if "node_modules" not in path.parts]
    assert locks
    for path in locks:
        packages = json.loads(path.read_text(encoding="utf-8"))["packages"]
        assert [name for name, entry in packages.items() if "resolved" in entry] == []


def test_the_readme_explains_every_exit_code() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [code for code, meaning in MEANINGS.items() if f"| {code.value} | {meaning} |" not in readme] == []


def test_every_package_is_part_of_the_wheel() -> None:
    listed = set(
        tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    )
    roots = [(ROOT, name) for name in ("domain", "events", "functions")] + [
        (ROOT / "graphql", name) for name in ("agentic_trader", "trader_graphql")
    ]
    found = {
        ".".join(path.parent.relative_to(root).parts)
        for root, name in roots
        for path in (root / name).rglob("*.py")
    }
    assert listed == found
