"""Transactions that repositories share, on SQLite and on PostgreSQL."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import insert, select, text, update

from domain.backtesting.adapters.sql import SqlBacktestRepository
from domain.clock import FixedClock
from domain.errors import Conflict, InvalidInput, NotFound
from domain.identity.adapters.sql import SqlApiKeyRepository
from domain.storage.database import Database
from domain.storage.tables import BacktestRow, RunnerRow, SeriesRow
from tests.kit.storage import CREATED, OURS, a_backtest, an_api_key, at_once


class Interrupted(Exception):
    """What a test raises in the middle."""


def _names(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(RunnerRow.name).order_by(RunnerRow.name)))


def _write(database: Database, name: str) -> None:
    with database.transaction() as session:
        session.execute(insert(RunnerRow).values(name=name, last_seen_at=CREATED))


def test_what_raises_is_undone(database: Database) -> None:
    def fail() -> None:
        with database.transaction():
            _write(database, "a")
            raise Interrupted

    with pytest.raises(Interrupted):
        fail()

    assert _names(database) == []


def test_several_repositories_share_the_transaction_in_progress(database: Database) -> None:
    backtests = SqlBacktestRepository(database)
    keys = SqlApiKeyRepository(database, FixedClock(CREATED))

    def fail() -> None:
        with database.transaction():
            backtests.add(a_backtest(), None, "hash")
            keys.add(an_api_key())
            assert backtests.get(OURS, a_backtest().id) == a_backtest()
            assert keys.list(OURS) == [an_api_key()]
            raise Interrupted

    with pytest.raises(Interrupted):
        fail()

    assert backtests.page(OURS, first=1).total == 0
    assert keys.list(OURS) == []


def test_a_row_read_twice_shows_the_write_in_between(database: Database) -> None:
    backtests = SqlBacktestRepository(database)
    backtests.add(a_backtest(), None, "hash")

    with database.transaction() as session:
        held = session.scalars(select(BacktestRow)).one()
        assert held.progress == 0.0
        backtests.save(a_backtest().advanced(0.5))
        assert backtests.get(OURS, a_backtest().id).progress == 0.5


def test_a_joined_part_that_raises_is_undone_alone(database: Database) -> None:
    with database.transaction():
        _write(database, "before")
        with suppress(Interrupted), database.transaction():
            _write(database, "within")
            raise Interrupted
        with suppress(Conflict):
            _write(database, "before")
        _write(database, "after")

    assert _names(database) == ["after", "before"]


def test_a_refusal_within_leaves_the_transaction_usable(database: Database) -> None:
    backtests = SqlBacktestRepository(database)

    with database.transaction():
        with pytest.raises(NotFound):
            backtests.get(OURS, a_backtest().id)
        backtests.add(a_backtest(1), "key", "hash")
        with pytest.raises(Conflict):
            backtests.add(a_backtest(2), "key", "another hash")
        assert backtests.add(a_backtest(3), "key", "hash") == a_backtest(1)

    assert backtests.page(OURS, first=10).items == (a_backtest(1),)


def test_a_transaction_that_reads_refuses_to_write(database: Database) -> None:
    with database.reading(), pytest.raises(RuntimeError, match="only reads was asked to write"):
        _write(database, "a")

    assert _names(database) == []


def test_reading_sees_one_moment_and_does_not_wait_for_a_writer(database: Database) -> None:
    _write(database, "a")
    other = _Thread()

    with database.reading():
        assert _names(database) == ["a"]
        other.run(lambda: _write(database, "b"))
        assert _names(database) == ["a"]

    assert _names(database) == ["a", "b"]


def test_a_thread_does_not_see_what_another_has_not_finished(database: Database) -> None:
    seen: list[list[str]] = []

    with database.transaction():
        _write(database, "a")
        _Thread().run(lambda: seen.append(_names(database)))

    assert seen == [[]]


async def test_a_copied_context_does_not_carry_a_transaction_to_another_thread(database: Database) -> None:
    """asyncio.to_thread copies context variables, and a session must not be used by two threads."""
    with database.transaction():
        _write(database, "a")
        seen = await asyncio.to_thread(_names, database)

    assert seen == []
    assert _names(database) == ["a"]


def test_two_databases_do_not_join_each_other(database: Database, database_url: str) -> None:
    second = Database(database_url)

    with database.transaction():
        _write(database, "a")
        assert _names(second) == []
    second.close()


def test_writers_at_once_lose_no_update(database: Database) -> None:
    """Each reads and then writes what it read plus one; the row lock or the file lock keeps order."""
    SqlBacktestRepository(database).add(a_backtest(), None, "hash")
    read = select(BacktestRow.progress).with_for_update()

    def count(_: int) -> None:
        for _attempt in range(5):
            with database.transaction() as session:
                progress = session.scalars(read).one()
                session.execute(update(BacktestRow).values(progress=progress + 1))

    at_once(8, count)

    assert SqlBacktestRepository(database).get(OURS, a_backtest().id).progress == 40.0


def test_a_row_that_names_an_unknown_owner_is_refused(database: Database) -> None:
    backtests = SqlBacktestRepository(database)
    orphan = {
        "workspace_id": "nobody",
        "instrument_id": "X.XNAS",
        "source": "sample",
        "timeframe": "1d",
        "row_count": 1,
        "first_close": CREATED,
        "last_close": CREATED,
        "data_hash": "",
        "imported_at": CREATED,
        "warnings": 0,
        "report": {},
    }
    with pytest.raises(Conflict), database.transaction() as session:
        session.execute(insert(SeriesRow).values(**orphan))

    backtests.add(a_backtest(), None, "hash")
    with pytest.raises(Conflict), database.transaction() as session:
        session.execute(text("DELETE FROM workspaces"))
    assert backtests.get(OURS, a_backtest().id) == a_backtest()


def test_a_row_of_a_run_ends_with_the_run(database: Database) -> None:
    SqlBacktestRepository(database).add(a_backtest(), None, "hash")

    with database.transaction() as session:
        session.execute(text("DELETE FROM backtests"))
        assert session.execute(text("SELECT count(*) FROM backtest_instruments")).scalar_one() == 0
        assert session.scalars(select(BacktestRow.id)).all() == []


def test_a_value_that_is_too_large_is_refused_in_a_sentence(database: Database) -> None:
    if database.engine.dialect.name == "sqlite":
        statement, values = "SELECT zeroblob(2000000000)", {}
    else:
        statement, values = "SELECT CAST(:number AS integer)", {"number": str(2**40)}

    with pytest.raises(InvalidInput, match="too large"), database.reading() as session:
        session.execute(text(statement), values)


class _Thread:
    """Runs something in another thread, to its end."""

    def run(self, action: Callable[[], None]) -> None:
        thread = threading.Thread(target=action)
        thread.start()
        thread.join()
