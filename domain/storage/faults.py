"""What drivers say, turned once into the errors of the platform."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from domain.errors import Conflict, InvalidInput, NeedsOperator, Retryable, TradingError

NOT_MIGRATED = "The database is not migrated; run: agentic-trader database upgrade"

_AWAY = "The database cannot be reached; check that it runs and that its URL is right, then try again."
_BUSY = "The database is busy with other work; try again in a moment."
_FULL = "The disk of the database is full; free some space and try again. Nothing was changed."
_READ_ONLY = "The database cannot be written; check the rights of its file or of its user."
_REFUSED = "The database refuses the connection; check user, password and database name in its URL."
_CONTRADICTION = "This is stored already, or names something that is not stored."
_UNSTORABLE = "A value is too large for the database or holds characters it cannot store."

_SQLITE_CONSTRAINTS = {
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
}
_SQLITE_NEEDS_OPERATOR = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: "The database file cannot be opened; check that its folder exists and may be written.",
    sqlite3.SQLITE_NOTADB: "The database file is not an SQLite database; check the database URL.",
    sqlite3.SQLITE_CORRUPT: "The database file is damaged; restore it from a backup.",
    sqlite3.SQLITE_IOERR: "The disk of the database reports an error; check the disk.",
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html; a two-character key is a whole class.
_POSTGRESQL: dict[str, TradingError] = {
    "08": Retryable(_AWAY),
    "22": InvalidInput(_UNSTORABLE),
    "23503": Conflict(_CONTRADICTION),
    "23505": Conflict(_CONTRADICTION),
    "25006": NeedsOperator(_READ_ONLY),
    "28": NeedsOperator(_REFUSED),
    "3D000": NeedsOperator(_REFUSED),
    "40": Retryable(_BUSY),
    "42501": NeedsOperator(_READ_ONLY),
    "42703": NeedsOperator(NOT_MIGRATED),
    "42P01": NeedsOperator(NOT_MIGRATED),
    "53": Retryable(_BUSY),
    "53100": NeedsOperator(_FULL),
    "54": InvalidInput(_UNSTORABLE),
    "55P03": Retryable(_BUSY),
    "57": Retryable(_AWAY),
    "58": NeedsOperator("The disk of the database server reports an error; see the server's log."),
}


@contextmanager
def translated() -> Iterator[None]:
    """Turns what a driver raises into Retryable, NeedsOperator, Conflict or InvalidInput.

    A fault that is none of these is a mistake of ours and passes unchanged.
    """
    try:
        yield
    except UnicodeEncodeError as fault:  # half of a surrogate pair, which JSON can smuggle into a string
        raise InvalidInput(_UNSTORABLE) from fault
    except PoolExhausted as fault:
        raise Retryable(_BUSY) from fault
    except DBAPIError as fault:
        named = _named(fault)
        if named is None:
            raise
        raise named from fault


def _named(fault: DBAPIError) -> TradingError | None:
    if isinstance(fault.orig, sqlite3.Error):
        return _named_by_sqlite(fault.orig)
    return _named_by_postgresql(fault)


def _named_by_sqlite(fault: sqlite3.Error) -> TradingError | None:
    code: int | None = getattr(fault, "sqlite_errorcode", None)
    if code is None:
        return None
    primary = code & 0xFF  # the rest of the number is detail
    if code in _SQLITE_CONSTRAINTS:
        return Conflict(_CONTRADICTION)
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return Retryable(_BUSY)
    if primary == sqlite3.SQLITE_TOOBIG:
        return InvalidInput(_UNSTORABLE)
    if primary == sqlite3.SQLITE_ERROR and str(fault).startswith(("no such table", "no such column")):
        return NeedsOperator(NOT_MIGRATED)
    sentence = _SQLITE_NEEDS_OPERATOR.get(primary)
    return None if sentence is None else NeedsOperator(sentence)


def _named_by_postgresql(fault: DBAPIError) -> TradingError | None:
    state: str | None = getattr(fault.orig, "sqlstate", None)
    if state is None:
        return _without_state(fault)
    model = _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])
    return None if model is None else type(model)(str(model))


def _without_state(fault: DBAPIError) -> TradingError | None:
    """libpq gives no code for a connection that never came about, nor for one that broke."""
    kind = type(fault.orig).__name__
    if kind == "DataError":
        return InvalidInput(_UNSTORABLE)
    if kind not in {"OperationalError", "ConnectionTimeout", "InterfaceError"}:
        return None
    said = str(fault.orig)
    refused = "authentication failed" in said or "does not exist" in said or "no pg_hba.conf entry" in said
    return NeedsOperator(_REFUSED) if refused else Retryable(_AWAY)
