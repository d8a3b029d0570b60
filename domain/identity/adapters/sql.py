"""API keys in SQL."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import func, insert, or_, select, update

from domain.clock import Clock
from domain.errors import NotFound
from domain.identity.model import ApiKey, Role
from domain.ids import ApiKeyId, WorkspaceId
from domain.storage.database import Database
from domain.storage.tables import ApiKeyRow
from domain.storage.upsert import ensure_workspace


class SqlApiKeyRepository:
    """Implements `domain.identity.ports.ApiKeyRepository`; the clock says which keys have expired."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, key: ApiKey) -> None:
        """Raises Conflict when the identifier or the secret exists already."""
        values = {field.name: getattr(key, field.name) for field in fields(key)}
        with self._database.transaction() as session:
            ensure_workspace(session, key.workspace_id, key.created_at)
            session.execute(insert(ApiKeyRow).values(**{**values, "role": key.role.value}))

    def by_hash(self, secret_hash: str) -> ApiKey | None:
        """The key of any workspace whose secret has this hash."""
        with self._database.reading() as session:
            row = session.scalars(select(ApiKeyRow).where(ApiKeyRow.secret_hash == secret_hash)).one_or_none()
            return None if row is None else _read(row)

    def list(self, workspace_id: WorkspaceId) -> Sequence[ApiKey]:
        """Oldest first, revoked ones included."""
        wanted = select(ApiKeyRow).where(ApiKeyRow.workspace_id == workspace_id).order_by(ApiKeyRow.id)
        with self._database.reading() as session:
            return [_read(row) for row in session.scalars(wanted)]

    def revoke(self, workspace_id: WorkspaceId, key_id: ApiKeyId, at: datetime) -> None:
        """Raises NotFound. A key that is revoked already keeps its first time."""
        revoked = (
            update(ApiKeyRow)
            .where(ApiKeyRow.workspace_id == workspace_id, ApiKeyRow.id == key_id)
            .values(revoked_at=func.coalesce(ApiKeyRow.revoked_at, at))
            .returning(ApiKeyRow.id)
            .execution_options(synchronize_session=False)
        )
        with self._database.transaction() as session:
            if session.execute(revoked).first() is None:
                raise NotFound("API key", key_id)

    def used(self, key_id: ApiKeyId, at: datetime) -> None:
        """Note the latest use; nothing happens when the key is gone."""
        with self._database.transaction() as session:
            session.execute(update(ApiKeyRow).where(ApiKeyRow.id == key_id).values(last_used_at=at))

    def any(self) -> bool:
        """Whether a usable key exists in any workspace."""
        usable = (
            ApiKeyRow.revoked_at.is_(None),
            or_(ApiKeyRow.expires_at.is_(None), ApiKeyRow.expires_at > self._clock.now()),
        )
        with self._database.reading() as session:
            return session.scalars(select(ApiKeyRow.id).where(*usable).limit(1)).first() is not None


def _read(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        id=ApiKeyId(row.id),
        workspace_id=WorkspaceId(row.workspace_id),
        name=row.name,
        prefix=row.prefix,
        secret_hash=row.secret_hash,
        role=Role(row.role),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
