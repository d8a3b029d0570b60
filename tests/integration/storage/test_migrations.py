"""The schema: from nothing, back to nothing, by several processes at once, and equal to the models."""

import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from domain.backtesting.adapters.sql import SqlBacktestRepository
from domain.errors import NeedsOperator
from domain.storage.database import Database
from domain.storage.migrate import current_revision, downgrade, is_current, upgrade
from domain.storage.tables import SCHEMA_REVISION, Base
from tests.kit.databases import sqlite_url, upgrade_at
from tests.kit.storage import OURS, a_backtest, at_once

NOT_MIGRATED = "The database is not migrated; run: agentic-trader database upgrade"


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Database]:
    database = Database(empty_database_url)
    yield database
    database.close()


@pytest.fixture
def migrated(empty: Database) -> Database:
    """A database of the test's own, whose tables it may change."""
    upgrade(empty)
    return empty


def _tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


def test_an_upgrade_makes_every_table_and_a_downgrade_removes_them(empty: Database) -> None:
    assert (current_revision(empty), is_current(empty)) == (None, False)

    upgrade(empty)
    assert (current_revision(empty), is_current(empty)) == (SCHEMA_REVISION, True)
    assert _tables(empty) == set(Base.metadata.tables)

    downgrade(empty)
    assert (current_revision(empty), is_current(empty)) == (None, False)
    assert _tables(empty) == set()

    upgrade(empty)
    SqlBacktestRepository(empty).add(a_backtest(), None, "hash")


def test_an_upgrade_of_a_current_database_changes_nothing(database: Database) -> None:
    repository = SqlBacktestRepository(database)
    repository.add(a_backtest(), None, "hash")

    upgrade(database)

    assert repository.get(OURS, a_backtest().id) == a_backtest()


def test_models_and_migrations_agree(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})

        assert compare_metadata(context, Base.metadata) == []


def test_models_and_migrations_agree_on_what_a_comparison_leaves_out(database: Database) -> None:
    """Keys, foreign keys, partial indexes and collations, as the database itself describes them."""
    inspector = inspect(database.engine)
    for table in Base.metadata.sorted_tables:
        assert inspector.get_pk_constraint(table.name)["name"] == table.primary_key.name
        assert inspector.get_pk_constraint(table.name)["constrained_columns"] == list(
            table.primary_key.columns.keys()
        )
        deletes = {
            key["name"]: key["options"].get("ondelete") for key in inspector.get_foreign_keys(table.name)
        }
        assert deletes == {key.name: key.ondelete for key in table.foreign_key_constraints}
    (unfinished,) = [
        index for index in inspector.get_indexes("backtests") if index["name"] == "ix_backtests_unfinished"
    ]
    condition = unfinished["dialect_options"][f"{database.engine.dialect.name}_where"]
    assert "'queued'" in str(condition)
    assert "'running'" in str(condition)
    if database.engine.dialect.name == "postgresql":
        bent = "SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_collation l ON l.oid = a.attcollation WHERE c.relname = :table AND l.collname <> 'C' AND a.attname NOT IN ('tick_size', 'lot_size')"
        with database.reading() as session:
            for name in Base.metadata.tables:
                assert session.execute(text(bent), {"table": name}).scalar_one() == 0, name


def test_the_newest_migration_is_the_one_this_code_was_written_for() -> None:
    config = Config()
    config.set_main_option("script_location", "domain.storage:migrations")

    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA_REVISION


def test_processes_that_upgrade_at_once_all_succeed(empty_database_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=upgrade_at, args=(empty_database_url,)) for _ in range(3)]

    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0, 0, 0]
    database = Database(empty_database_url)
    assert is_current(database)
    database.close()


def test_threads_that_upgrade_at_once_all_succeed(empty_database_url: str) -> None:
    at_once(4, lambda _: upgrade_at(empty_database_url))

    database = Database(empty_database_url)
    assert is_current(database)
    database.close()


def test_threads_that_upgrade_different_databases_do_not_mix_them_up(tmp_path: Path) -> None:
    urls = [sqlite_url(tmp_path / f"{number}.db") for number in range(4)]

    at_once(4, lambda number: upgrade_at(urls[number]))

    for url in urls:
        database = Database(url)
        assert is_current(database)
        database.close()


def test_an_upgrade_makes_the_folder_of_a_sqlite_file(tmp_path: Path) -> None:
    upgrade_at(sqlite_url(tmp_path / "a folder with 100%" / "deeper" / "trader.db"))

    assert (tmp_path / "a folder with 100%" / "deeper" / "trader.db").exists()


def test_a_database_that_is_not_migrated_says_what_to_run(empty: Database) -> None:
    for ask in (
        empty.ping,
        lambda: SqlBacktestRepository(empty).page(OURS, first=1),
        lambda: SqlBacktestRepository(empty).add(a_backtest(), "key", "hash"),
    ):
        with pytest.raises(NeedsOperator) as refusal:
            ask()
        assert str(refusal.value) == NOT_MIGRATED


def test_a_database_that_lags_behind_is_not_ready_and_one_ahead_is(migrated: Database) -> None:
    """While a new release is rolled out, the old one still serves the migrated migrated."""
    for revision, ready in (("0000", False), (SCHEMA_REVISION, True), ("9999", True)):
        with migrated.transaction() as session:
            session.execute(
                text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision}
            )
        if ready:
            migrated.ping()
        else:
            with pytest.raises(NeedsOperator, match="not migrated"):
                migrated.ping()


def test_a_downgraded_database_is_not_ready(migrated: Database) -> None:
    downgrade(migrated)

    with pytest.raises(NeedsOperator, match="not migrated"):
        migrated.ping()


def test_a_column_that_is_missing_means_not_migrated(migrated: Database) -> None:
    with migrated.transaction() as session:
        session.execute(text("ALTER TABLE backtests RENAME COLUMN failure TO reason"))

    with pytest.raises(NeedsOperator, match="not migrated"):
        SqlBacktestRepository(migrated).page(OURS, first=1)
