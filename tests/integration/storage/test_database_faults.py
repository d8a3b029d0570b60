"""A database that is away, busy, full, read-only, damaged or wrongly named: one sentence each."""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, make_url, text
from sqlalchemy.exc import DBAPIError

from domain.backtesting.adapters.sql import SqlBacktestRepository
from domain.errors import Conflict, InvalidInput, MissingExtra, NeedsOperator, Retryable, TradingError
from domain.storage.database import Database
from domain.storage.migrate import current_revision, downgrade, upgrade
from tests.kit.databases import free_port, sqlite_url
from tests.kit.storage import OURS, a_backtest, a_completed_backtest

SECRET = "hunter2"


@pytest.fixture
def sqlite_file(migrated_sqlite_file: Path, tmp_path: Path) -> Path:
    file = tmp_path / "trader.db"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    return file


@pytest.fixture
def sqlite(sqlite_file: Path) -> Iterator[Database]:
    database = Database(sqlite_url(sqlite_file))
    yield database
    database.close()


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    database = Database(postgres_url)
    yield database
    database.close()


def _sentence(kind: type[TradingError], database: Database) -> str:
    with pytest.raises(kind) as fault:
        database.ping()
    database.close()
    return str(fault.value)


def test_a_server_that_is_away_may_come_back() -> None:
    database = Database(f"postgresql://trader:{SECRET}@127.0.0.1:{free_port()}/trader")

    uses: list[Callable[[], object]] = [
        database.ping,
        lambda: upgrade(database),
        lambda: current_revision(database),
    ]
    for use in uses:
        with pytest.raises(Retryable, match="The database cannot be reached") as fault:
            use()
        assert SECRET not in str(fault.value)


@pytest.mark.parametrize("change", [{"password": "wrong"}, {"username": "nobody"}, {"database": "missing"}])
def test_a_server_that_refuses_the_connection_needs_an_operator(
    postgres_url: str, change: dict[str, Any]
) -> None:
    url = make_url(postgres_url).set(**change)

    sentence = _sentence(NeedsOperator, Database(url.render_as_string(hide_password=False)))

    assert (
        sentence == "The database refuses the connection; check user, password and database name in its URL."
    )


def test_connections_that_the_server_ended_are_replaced(postgres: Database, postgres_url: str) -> None:
    postgres.ping()
    _end_connections(postgres_url)

    assert SqlBacktestRepository(postgres).page(OURS, first=1).total == 0


def test_a_connection_lost_in_the_middle_undoes_and_says_so(postgres: Database, postgres_url: str) -> None:
    repository = SqlBacktestRepository(postgres)

    def lose_the_connection() -> None:
        with postgres.transaction():
            repository.add(a_backtest(1), None, "hash")
            _end_connections(postgres_url)
            repository.add(a_backtest(2), None, "hash")

    with pytest.raises(Retryable, match="cannot be reached"):
        lose_the_connection()

    assert repository.page(OURS, first=1).total == 0


@pytest.mark.parametrize(
    ("state", "kind", "message"),
    [
        ("08006", Retryable, "cannot be reached"),
        ("22003", InvalidInput, "too large"),
        ("23503", Conflict, "names something that is not stored"),
        ("25006", NeedsOperator, "cannot be written"),
        ("40001", Retryable, "busy"),
        ("40P01", Retryable, "busy"),
        ("42501", NeedsOperator, "cannot be written"),
        ("53100", NeedsOperator, "disk of the database is full"),
        ("53300", Retryable, "busy"),
        ("54000", InvalidInput, "too large"),
        ("55P03", Retryable, "busy"),
        ("57P01", Retryable, "cannot be reached"),
        ("58030", NeedsOperator, "reports an error"),
    ],
)
def test_what_the_server_reports_becomes_one_sentence(
    postgres: Database, state: str, kind: type[TradingError], message: str
) -> None:
    fault = f"DO $$ BEGIN RAISE EXCEPTION 'inner detail' USING ERRCODE = '{state}'; END $$"

    with pytest.raises(kind, match=message) as raised, postgres.transaction() as session:
        session.execute(text(fault))

    assert type(raised.value) is kind
    assert "inner detail" not in str(raised.value)


def test_a_mistake_in_our_own_statement_is_not_dressed_up(postgres: Database, sqlite: Database) -> None:
    for database in (postgres, sqlite):
        with pytest.raises(DBAPIError), database.transaction() as session:
            session.execute(text("SELEKT 1"))


def test_a_full_disk_undoes_the_write_and_leaves_the_database_usable(sqlite: Database) -> None:
    repository = SqlBacktestRepository(sqlite)
    repository.add(a_completed_backtest(0), None, "hash")
    with sqlite.reading() as session:
        pages = session.execute(text("PRAGMA page_count")).scalar_one()
    _limit_pages(sqlite, pages + 2)

    def add_until_it_is_full() -> None:
        for number in range(1, 1_000):
            repository.add(a_completed_backtest(number), None, "hash")

    with pytest.raises(NeedsOperator, match="The disk of the database is full; free some space"):
        add_until_it_is_full()

    kept = repository.page(OURS, first=100)
    assert kept.total >= 1
    assert kept.items == tuple(a_completed_backtest(number) for number in reversed(range(kept.total)))
    _limit_pages(sqlite, pages + 1_000)
    refused = a_completed_backtest(kept.total)
    repository.add(refused, None, "hash")
    assert repository.page(OURS, first=1).items == (refused,)


def test_a_writer_that_waited_too_long_may_try_again(sqlite: Database, sqlite_file: Path) -> None:
    event.listen(
        sqlite.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 1")
    )
    other = sqlite3.connect(sqlite_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    repository = SqlBacktestRepository(sqlite)

    with pytest.raises(Retryable, match="The database is busy"):
        repository.add(a_backtest(), None, "hash")
    assert repository.page(OURS, first=1).total == 0, "readers do not wait for the writer"

    other.execute("ROLLBACK")
    other.close()
    repository.add(a_backtest(), None, "hash")


def test_a_file_that_cannot_be_opened_needs_an_operator(tmp_path: Path) -> None:
    sentence = "The database file cannot be opened; check that its folder exists and may be written."

    assert _sentence(NeedsOperator, Database(sqlite_url(tmp_path))) == sentence
    assert _sentence(NeedsOperator, Database(sqlite_url(tmp_path / "missing" / "trader.db"))) == sentence


def test_a_file_of_another_kind_is_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("these are notes, not a database\n" * 100)
    before = file.read_bytes()
    database = Database(sqlite_url(file))

    with pytest.raises(NeedsOperator, match="is not an SQLite database"):
        upgrade(database)

    assert file.read_bytes() == before
    database.close()


def test_a_damaged_file_needs_a_backup(sqlite_file: Path) -> None:
    content = bytearray(sqlite_file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    sqlite_file.write_bytes(content)

    assert "damaged" in _sentence(NeedsOperator, Database(sqlite_url(sqlite_file)))


def test_a_database_that_is_read_only_cannot_be_written(sqlite: Database) -> None:
    with sqlite.reading() as session:
        session.execute(text("PRAGMA query_only = ON"))

    with pytest.raises(NeedsOperator, match="The database cannot be written"):
        SqlBacktestRepository(sqlite).add(a_backtest(), None, "hash")


def test_a_folder_that_cannot_be_made_needs_an_operator(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(NeedsOperator, match="The folder of the database cannot be made"):
        upgrade(Database(sqlite_url(tmp_path / "file" / "trader.db")))


def test_a_downgrade_of_nothing_changes_nothing(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "empty.db"))

    downgrade(database)

    assert current_revision(database) is None
    database.close()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"not a url {SECRET}", "The database URL cannot be read"),
        (f"mysql://root:{SECRET}@localhost/trader", "Databases of the kind 'mysql' are not supported"),
        ("sqlite://", "SQLite needs a file"),
        ("sqlite:///:memory:", "SQLite needs a file"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_at_once(url: str, message: str) -> None:
    with pytest.raises(NeedsOperator, match=message) as refusal:
        Database(url)

    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_is_understood(postgres_url: str, scheme: str) -> None:
    database = Database(postgres_url.replace("postgresql://", f"{scheme}://", 1))

    assert database.engine.dialect.driver == "psycopg"
    assert SqlBacktestRepository(database).page(OURS, first=1).total == 0
    database.close()


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(
        MissingExtra, match=r"PostgreSQL needs an extra; in the checkout run: pip install -e '\.\[postgres\]'"
    ):
        Database("postgresql://localhost/trader")


def _limit_pages(database: Database, pages: int) -> None:
    with database.reading() as session:
        session.execute(text(f"PRAGMA max_page_count = {pages}"))


def _end_connections(url: str) -> None:
    other = Database(url)
    with other.reading() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    other.close()
