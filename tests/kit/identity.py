"""API keys without a database."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from domain.errors import NotFound
from domain.identity.model import ApiKey
from domain.ids import ApiKeyId, WorkspaceId


class InMemoryKeys:
    """ApiKeyRepository on a dictionary; counts how often a use is noted."""

    def __init__(self) -> None:
        self.rows: dict[ApiKeyId, ApiKey] = {}
        self.uses = 0

    def add(self, key: ApiKey) -> None:
        self.rows[key.id] = key

    def by_hash(self, secret_hash: str) -> ApiKey | None:
        return next((key for key in self.rows.values() if key.secret_hash == secret_hash), None)

    def list(self, workspace_id: WorkspaceId) -> Sequence[ApiKey]:
        return [key for key in self.rows.values() if key.workspace_id == workspace_id]

    def revoke(self, workspace_id: WorkspaceId, key_id: ApiKeyId, at: datetime) -> None:
        if key_id not in self.rows or self.rows[key_id].workspace_id != workspace_id:
            raise NotFound("API key", key_id)
        self.rows[key_id] = replace(self.rows[key_id], revoked_at=at)

    def used(self, key_id: ApiKeyId, at: datetime) -> None:
        self.uses += 1
        self.rows[key_id] = replace(self.rows[key_id], last_used_at=at)

    def any(self) -> bool:
        return bool(self.rows)
