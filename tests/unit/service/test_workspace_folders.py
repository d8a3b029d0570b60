"""The workspace of a process, and the folder its bars lie in."""

from pathlib import Path

import pytest

from domain.errors import NeedsOperator
from domain.ids import WorkspaceId
from functions.backtest_run import bar_store
from functions.settings import Settings
from tests.kit.bars import bars_closing_at


@pytest.mark.parametrize("name", ["default", "desk-1", "Team_A.2", "-", "x" * 64])
def test_a_plain_name_is_a_workspace(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("AGENTIC_TRADER_WORKSPACE", name)

    assert Settings.read().workspace == name


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "../../etc", "a/b", "a b", "a\n", "é", "x" * 65])
def test_a_name_that_could_be_a_path_is_no_workspace(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("AGENTIC_TRADER_WORKSPACE", name)

    with pytest.raises(NeedsOperator, match="AGENTIC_TRADER_WORKSPACE"):
        Settings.read()


@pytest.mark.parametrize("name", ["../../etc", "..", "a/b", "default"])
def test_no_workspace_leaves_the_folder_of_bars(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "data"

    bar_store(folder, WorkspaceId(name)).upsert("sample", bars_closing_at([1]))

    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert [path.name for path in folder.iterdir()] == ["bars"]
    (workspace,) = (folder / "bars").iterdir()
    assert {path.name for path in workspace.iterdir()} == {".locks", "source=sample"}
