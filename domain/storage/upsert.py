"""Inserts that meet a row which is there already, decided by the database and not by a look before."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from domain.ids import WorkspaceId
from domain.storage.tables import Base, WorkspaceRow


def insert_new(session: Session, row: type[Base], values: Mapping[str, Any], unique: Sequence[str]) -> bool:
    """Insert unless a row with the same `unique` columns exists; whether it was inserted.

    When another transaction is inserting that row, this waits for it to end.
    """
    statement = _insert(session, row).values(**values).on_conflict_do_nothing(index_elements=unique)
    return session.execute(statement.returning(*_key(row))).first() is not None


def insert_or_replace(
    session: Session, row: type[Base], values: Mapping[str, Any], unique: Sequence[str]
) -> None:
    """Insert, or give the row with the same `unique` columns these values."""
    changed = {name: value for name, value in values.items() if name not in unique}
    statement = _insert(session, row).values(**values)
    session.execute(statement.on_conflict_do_update(index_elements=unique, set_=changed))


def ensure_workspace(session: Session, workspace_id: WorkspaceId, at: datetime) -> None:
    """Make the workspace that is about to own a row, unless it exists."""
    insert_new(session, WorkspaceRow, {"id": workspace_id, "created_at": at}, ["id"])


def _insert(session: Session, row: type[Base]) -> postgresql.Insert | sqlite.Insert:
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(row)
    return sqlite.insert(row)


def _key(row: type[Base]) -> Sequence[Any]:
    return tuple(row.__table__.primary_key)
