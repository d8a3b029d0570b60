"""Who calls: principals, roles and API keys."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.errors import Forbidden
from domain.ids import ApiKeyId, WorkspaceId


class Role(StrEnum):
    """What a caller may do; each role may do all that the ones before it may."""

    VIEWER = "viewer"
    TRADER = "trader"
    ADMIN = "admin"

    def includes(self, needed: "Role") -> bool:
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller that was recognised, and the one workspace it acts in."""

    workspace_id: WorkspaceId
    name: str
    role: Role
    key_id: ApiKeyId | None = None

    def require(self, needed: Role) -> None:
        """Raises Forbidden when the role is not enough."""
        if not self.role.includes(needed):
            raise Forbidden(f"This needs the role '{needed}'; '{self.name}' is '{self.role}'.")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A stored key. The secret itself is shown once, when it is made; only its hash is kept."""

    id: ApiKeyId
    workspace_id: WorkspaceId
    name: str
    prefix: str
    secret_hash: str
    role: Role
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
