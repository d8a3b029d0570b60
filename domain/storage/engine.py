"""Engines set up so that both databases keep the same promises."""

import json
from functools import partial
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from domain.errors import MissingExtra, NeedsOperator

LOCK_TIMEOUT_SECONDS = 10
"""How long a SQLite writer waits for another one before it gives up."""
_CONNECT_TIMEOUT_SECONDS = 5
_POOL_TIMEOUT_SECONDS = 10

# A statistic that is not a number must be null: NaN is no JSON, and PostgreSQL refuses it.
_write_json = partial(json.dumps, allow_nan=False, separators=(",", ":"))


def make_engine(url: str) -> Engine:
    """An engine for SQLite in a file or PostgreSQL; nothing is connected yet.

    Raises NeedsOperator for a URL that is neither, MissingExtra without the PostgreSQL driver.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        # The URL may hold a password, so it is not repeated.
        raise NeedsOperator(
            "The database URL cannot be read; write sqlite:///file or postgresql://…"
        ) from None
    family = parsed.get_backend_name()
    if family == "sqlite":
        return _sqlite(parsed)
    if family in {"postgresql", "postgres"}:
        return _postgresql(parsed)
    raise NeedsOperator(f"Databases of the kind '{family}' are not supported; use sqlite or postgresql.")


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise NeedsOperator("SQLite needs a file, because connections share it: sqlite:////folder/trader.db")
    engine = create_engine(
        url.set(drivername="sqlite"),
        connect_args={"timeout": LOCK_TIMEOUT_SECONDS},
        pool_timeout=_POOL_TIMEOUT_SECONDS,
        json_serializer=_write_json,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # The driver of Python 3.11 would begin transactions late and not around DDL; SQLAlchemy does it.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        # Readers and a writer do not block each other. A commit is on disk before it returns:
        # "synchronous" stays FULL, for a fill that is lost in a power cut is lost money.
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA foreign_keys = ON")
    finally:
        cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock first. A transaction that read before it writes could otherwise find
    # that another one wrote in between, and waiting would not help it.
    reads = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _postgresql(url: URL) -> Engine:
    arguments: dict[str, Any] = {
        "connect_timeout": _CONNECT_TIMEOUT_SECONDS,
        "application_name": "agentic-trader",
    }
    try:
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args={name: value for name, value in arguments.items() if name not in url.query},
            pool_pre_ping=True,
            pool_timeout=_POOL_TIMEOUT_SECONDS,
            json_serializer=_write_json,
            hide_parameters=True,
        )
    except ModuleNotFoundError:
        raise MissingExtra("PostgreSQL", "postgres") from None


def for_reading(engine: Engine) -> Engine:
    """The same pool, for transactions that see one moment of the database and change nothing."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine.execution_options(reads_only=True)
