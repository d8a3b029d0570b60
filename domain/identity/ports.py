"""What the identity room needs from the outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.identity.model import ApiKey
from domain.ids import ApiKeyId, WorkspaceId


class ApiKeyRepository(Protocol):
    """Keys of all workspaces; looked up by the hash of their secret."""

    def add(self, key: ApiKey) -> None: ...

    def by_hash(self, secret_hash: str) -> ApiKey | None: ...

    def list(self, workspace_id: WorkspaceId) -> Sequence[ApiKey]: ...

    def revoke(self, workspace_id: WorkspaceId, key_id: ApiKeyId, at: datetime) -> None:
        """Raises NotFound."""
        ...

    def used(self, key_id: ApiKeyId, at: datetime) -> None: ...

    def any(self) -> bool:
        """Whether a usable key exists in any workspace."""
        ...
