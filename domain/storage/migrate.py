"""Bringing the database to the shape this code needs, and back.

A migration is a file in `migrations/versions` whose revision is the next number; `SCHEMA_REVISION`
in `tables.py` names the newest. Each upgrade is one transaction: it happens whole or not at all.
"""

import threading
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from domain.errors import NeedsOperator
from domain.storage.database import Database
from domain.storage.faults import translated
from domain.storage.tables import SCHEMA_REVISION

# Alembic keeps the migration in progress in module globals.
_one_at_a_time = threading.Lock()
_ADVISORY_LOCK = 0x41_54_4D_49_47  # any number, as long as every process uses the same


def upgrade(database: Database, revision: str = "head") -> None:
    """Run every migration up to `revision`; nothing happens when there is none to run.

    Several processes may do this at once: one works, the others wait for it.
    Raises Retryable when the database is away or busy, NeedsOperator when it cannot be written.
    """
    _make_folder(database)
    _migrate(database, lambda config: command.upgrade(config, revision))


def downgrade(database: Database, revision: str = "base") -> None:
    """Undo migrations down to `revision`. What their tables held is lost."""
    _migrate(database, lambda config: command.downgrade(config, revision))


def current_revision(database: Database) -> str | None:
    """The newest migration that has run, or None."""
    with translated(), database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(database: Database) -> bool:
    """Whether the database has exactly the shape this code was written for."""
    return current_revision(database) == SCHEMA_REVISION


def _migrate(database: Database, change: Callable[[Config], None]) -> None:
    config = Config()
    config.set_main_option("script_location", "domain.storage:migrations")
    with _one_at_a_time, translated(), database.engine.begin() as connection:
        _wait_for_other_processes(connection)
        config.attributes["connection"] = connection
        change(config)


def _wait_for_other_processes(connection: Connection) -> None:
    # On SQLite the transaction began with the write lock.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})


def _make_folder(database: Database) -> None:
    url = database.engine.url
    if url.get_backend_name() != "sqlite" or not url.database:
        return
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as refused:
        raise NeedsOperator(
            f"The folder of the database cannot be made ({refused.strerror}); check the database URL."
        ) from refused
