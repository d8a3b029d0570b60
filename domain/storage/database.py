"""The database: connections, transactions that repositories share, and readiness."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from sqlalchemy import Engine, event, text
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker

from domain.errors import NeedsOperator
from domain.storage.engine import for_reading, make_engine
from domain.storage.faults import NOT_MIGRATED, translated
from domain.storage.tables import SCHEMA_REVISION


@dataclass(frozen=True, slots=True)
class _Transaction:
    """A transaction in progress. A copied context may carry it to another thread, where it is not joined."""

    database: "Database"
    session: Session
    writes: bool
    thread: int


_in_progress: ContextVar[tuple[_Transaction, ...]] = ContextVar("transactions_in_progress", default=())


class Database:
    """SQLite in a file or PostgreSQL, by SQLAlchemy URL; safe to share between threads.

    Nothing is connected until the first statement. Close it when done.
    Raises NeedsOperator for a URL it cannot use, MissingExtra without the PostgreSQL driver.
    """

    def __init__(self, url: str) -> None:
        self.engine: Engine = make_engine(url)
        self._writers = sessionmaker(self.engine, autoflush=False, expire_on_commit=False)
        self._readers = sessionmaker(for_reading(self.engine), autoflush=False, expire_on_commit=False)
        for sessions in (self._writers, self._readers):
            event.listen(sessions, "do_orm_execute", _read_rows_afresh)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction that may write: kept when the block ends well, undone when it raises.

        Inside another one of this thread it joins it: the block is then undone alone when it
        raises, and kept or undone with the whole. Driver faults become Retryable or NeedsOperator.
        """
        around = self._joined()
        if around is None:
            with self._begin(self._writers, writes=True) as session:
                yield session
        elif around.writes:
            with translated(), around.session.begin_nested():
                yield around.session
        else:
            raise RuntimeError("A transaction that only reads was asked to write; begin with transaction().")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that sees one moment of the database and never waits for a writer.

        Inside another one of this thread it joins it, and sees what that has written.
        """
        around = self._joined()
        if around is None:
            with self._begin(self._readers, writes=False) as session:
                yield session
        else:
            with translated():
                yield around.session

    def ping(self) -> None:
        """Return when the database answers and is migrated far enough.

        Raises Retryable when it is away, NeedsOperator when it is not migrated. A database that
        is newer than this code passes, so that old processes serve until they are replaced.
        """
        with self.reading() as session:
            revision = session.scalar(text("SELECT version_num FROM alembic_version"))
        if revision is None or revision < SCHEMA_REVISION:
            raise NeedsOperator(NOT_MIGRATED)

    def close(self) -> None:
        """Close every idle connection."""
        self.engine.dispose()

    @contextmanager
    def _begin(self, sessions: sessionmaker[Session], *, writes: bool) -> Iterator[Session]:
        with translated(), sessions.begin() as session:
            transaction = _Transaction(self, session, writes, threading.get_ident())
            token = _in_progress.set((*_in_progress.get(), transaction))
            try:
                yield session
            finally:
                _in_progress.reset(token)

    def _joined(self) -> _Transaction | None:
        here = threading.get_ident()
        for transaction in reversed(_in_progress.get()):
            if (
                transaction.database is self
                and transaction.thread == here
                and transaction.session.in_transaction()
            ):
                return transaction
        return None


def _read_rows_afresh(state: ORMExecuteState) -> None:
    # Repositories write by statement, so that the database decides races; a row remembered from
    # before such a write would be stale.
    if state.is_select:
        state.update_execution_options(populate_existing=True)
