"""`strategy`, `key`, `database` and `version`."""

import os
import sqlite3
import sys
from pathlib import Path

import pytest

from functions.cli.session import opened
from tests.kit.cli import agentic_trader


def test_every_strategy_of_the_catalogue_is_listed_and_shown(shared_folder: Path) -> None:
    infos = agentic_trader("strategy", "list", "--json").document
    names = [info["name"] for info in infos]
    assert names == sorted(names)
    assert {"buy_and_hold", "sma_cross", "momentum_rotation", "pairs_zscore"} <= set(names)
    for info in infos:
        assert agentic_trader("strategy", "show", info["name"], "--json").document == info
    shown = agentic_trader("strategy", "show", "sma_cross").stdout
    assert "Bars in the fast average." in shown
    assert "≥ 1" in shown
    assert agentic_trader("strategy", "show", "nope").code == 3
    assert "sma_cross" in agentic_trader("strategy", "list").stdout


def test_a_key_opens_until_it_is_revoked(empty_folder: Path) -> None:
    made = agentic_trader(
        "key", "create", "dashboard", "--role", "viewer", "--expires-in-days", "30", "--json"
    )
    secret, key_id = made.document["secret"], made.document["id"]
    assert "secret_hash" not in made.document
    (listed,) = agentic_trader("key", "list", "--json").document
    assert (listed["id"], listed["role"], listed["revoked_at"]) == (key_id, "viewer", None)
    assert secret not in agentic_trader("key", "list", "--json").stdout
    with opened() as application:
        principal = application.services.identity.recognise(secret)
        assert principal is not None
        assert str(principal.role) == "viewer"
    assert agentic_trader("key", "revoke", key_id, "--json").document == {"id": key_id, "revoked": True}
    with opened() as application:
        assert application.services.identity.recognise(secret) is None
    assert "revoked" in agentic_trader("key", "list").stdout
    assert agentic_trader("key", "revoke", "key_none").code == 3


def test_only_the_secret_of_a_new_key_goes_to_stdout(empty_folder: Path) -> None:
    made = agentic_trader("key", "create", "bot", "--role", "trader")
    assert made.stdout.startswith("at_")
    assert len(made.stdout.split()) == 1
    assert made.stdout.strip() not in made.stderr


def test_the_database_is_upgraded_and_downgraded_when_it_is_agreed_to(empty_folder: Path) -> None:
    before = agentic_trader("database", "status", "--json").document
    assert (before["kind"], before["revision"], before["current"]) == ("sqlite", None, False)
    assert "agentic-trader database upgrade" in agentic_trader("database", "status").stdout
    assert agentic_trader("database", "upgrade", "--json").document["current"] is True
    refused = agentic_trader("database", "downgrade", "--revision", "base")
    assert (refused.code, "add --yes" in refused.stderr) == (2, True)
    assert agentic_trader("database", "status", "--json").document["current"] is True
    undone = agentic_trader("database", "downgrade", "--revision", "base", "--yes", "--json").document
    assert (undone["revision"], undone["current"]) == (None, False)


def test_a_command_upgrades_the_sqlite_database_on_its_way(empty_folder: Path) -> None:
    assert agentic_trader("backtest", "list", "--json").document == {"total": 0, "backtests": []}
    assert agentic_trader("database", "status", "--json").document["current"] is True


def test_a_database_server_that_is_away_may_be_tried_again(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTIC_TRADER_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    refused = agentic_trader("backtest", "list", "--json")
    assert (refused.code, refused.document["error"]["kind"]) == (6, "Retryable")


def test_a_damaged_database_file_needs_a_person(empty_folder: Path) -> None:
    agentic_trader("database", "upgrade")
    (database,) = empty_folder.glob("*.db")
    database.write_bytes(b"not a database at all" * 200)
    for name in ("-wal", "-shm"):
        database.with_name(database.name + name).unlink(missing_ok=True)
    refused = agentic_trader("key", "list", "--json")
    assert (refused.code, refused.document["error"]["kind"]) == (5, "NeedsOperator")
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(database).execute("SELECT 1 FROM sqlite_master")


def test_a_setting_that_makes_no_sense_is_named(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTIC_TRADER_PORT", "many")
    refused = agentic_trader("data", "list")
    assert refused.code == 5
    assert "AGENTIC_TRADER_PORT" in refused.stderr


def test_a_data_folder_that_cannot_be_made_needs_a_person(
    empty_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AGENTIC_TRADER_DATA_FOLDER", str(tmp_path / "file" / "data"))
    refused = agentic_trader("data", "list")
    assert refused.code == 5
    assert "AGENTIC_TRADER_DATA_FOLDER" in refused.stderr


def test_the_version_is_told() -> None:
    told = agentic_trader("version", "--json").document
    assert told["version"]
    assert told["platform"] == sys.platform
    assert agentic_trader("version").stdout == f"agentic-trader {told['version']}\n"
    assert os.linesep == "\n"
