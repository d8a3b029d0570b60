"""Making and recognising API keys."""

import hashlib
import logging
import secrets
from datetime import datetime, timedelta

from domain.clock import Clock
from domain.errors import NeedsOperator, Retryable
from domain.identity.model import ApiKey, Principal, Role
from domain.identity.ports import ApiKeyRepository
from domain.ids import ApiKeyId, IdSource, WorkspaceId

_PREFIX = "at_"
_SECRET_BYTES = 32
_SHOWN_CHARACTERS = 10
_USE_IS_NOTED_EVERY = timedelta(minutes=1)


class IdentityService:
    """API keys: 256 random bits, so that one SHA-256 is enough to store them safely."""

    def __init__(self, keys: ApiKeyRepository, clock: Clock, ids: IdSource) -> None:
        self._keys = keys
        self._clock = clock
        self._ids = ids

    def create_key(
        self, workspace_id: WorkspaceId, name: str, role: Role, expires_at: datetime | None = None
    ) -> tuple[ApiKey, str]:
        """A new key and its secret, which is told this once and never again."""
        secret = _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        key = ApiKey(
            id=ApiKeyId(self._ids.new("key")),
            workspace_id=workspace_id,
            name=name,
            prefix=secret[:_SHOWN_CHARACTERS],
            secret_hash=_hash(secret),
            role=role,
            created_at=self._clock.now(),
            expires_at=expires_at,
        )
        self._keys.add(key)
        return key, secret

    def recognise(self, secret: str) -> Principal | None:
        """Who holds this secret; None when it is unknown, revoked or expired.

        A use that cannot be noted, because the database is busy or read-only, is only logged.
        """
        if not secret.startswith(_PREFIX):
            return None
        key = self._keys.by_hash(_hash(secret))
        now = self._clock.now()
        if key is None or key.revoked_at is not None:
            return None
        if key.expires_at is not None and key.expires_at <= now:
            return None
        if key.last_used_at is None or now - key.last_used_at >= _USE_IS_NOTED_EVERY:
            self._note_use(key.id, now)
        return Principal(key.workspace_id, key.name, key.role, key.id)

    def list_keys(self, workspace_id: WorkspaceId) -> list[ApiKey]:
        return list(self._keys.list(workspace_id))

    def revoke_key(self, workspace_id: WorkspaceId, key_id: ApiKeyId) -> None:
        """From now on the key opens nothing. Raises NotFound."""
        self._keys.revoke(workspace_id, key_id, self._clock.now())

    def any_key(self) -> bool:
        """Whether anybody could sign in with a key."""
        return self._keys.any()

    def _note_use(self, key_id: ApiKeyId, now: datetime) -> None:
        try:
            self._keys.used(key_id, now)
        except (Retryable, NeedsOperator) as fault:
            logging.getLogger(__name__).warning("The use of API key %s was not noted: %s", key_id, fault)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
