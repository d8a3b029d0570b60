"""The caller, and API keys for those who may manage them."""

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from domain import errors as domain
from domain.identity import model
from domain.ids import ApiKeyId
from trader_graphql.connections import global_id, key_of
from trader_graphql.enums import Role
from trader_graphql.errors import Forbidden, InvalidInput, NotFound
from trader_graphql.fields import mutation, query
from trader_graphql.permissions import ADMIN, VIEWER
from trader_graphql.request import Info, in_thread

KIND = "ApiKey"
_LONGEST_NAME = 100


@strawberry.type(description="Who is asking.")
class Viewer:
    name: str
    role: Role
    workspace: str


@strawberry.type(description="A key that opens this workspace. Its secret is shown once, when it is made.")
class ApiKey:
    id: strawberry.ID
    name: str
    prefix: str = strawberry.field(description="The first characters of the secret, to tell keys apart.")
    role: Role
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, key: model.ApiKey) -> "ApiKey":
        """From the domain's."""
        return cls(
            id=global_id(KIND, key.id),
            name=key.name,
            prefix=key.prefix,
            role=key.role,
            created_at=key.created_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            last_used_at=key.last_used_at,
        )


@strawberry.type
class CreatedApiKey:
    key: ApiKey
    secret: str = strawberry.field(description="Told this once and never again.")


@strawberry.type
class RevokedApiKey:
    id: strawberry.ID


@strawberry.input
class CreateApiKeyInput:
    name: str
    role: Role
    expires_at: datetime | None = None


@strawberry.input
class RevokeApiKeyInput:
    id: strawberry.ID


CreateApiKeyOutcome: TypeAlias = Annotated[
    CreatedApiKey | InvalidInput | Forbidden, strawberry.union("CreateApiKeyOutcome")
]
RevokeApiKeyOutcome: TypeAlias = Annotated[
    RevokedApiKey | InvalidInput | NotFound | Forbidden, strawberry.union("RevokeApiKeyOutcome")
]


@strawberry.type
class IdentityQueries:
    @query(VIEWER, "Who is asking.")
    def viewer(self, info: Info) -> Viewer:
        principal = info.context.principal
        return Viewer(name=principal.name, role=principal.role, workspace=principal.workspace_id)

    @query(ADMIN, "Keys of this workspace.")
    async def api_keys(self, info: Info) -> list[ApiKey]:
        keys = await in_thread(info.context.services.identity.list_keys, info.context.workspace_id)
        return [ApiKey.of(key) for key in keys]


@strawberry.type
class IdentityMutations:
    @mutation(ADMIN, "Make a key of this workspace.")
    async def create_api_key(self, info: Info, input_: CreateApiKeyInput) -> CreateApiKeyOutcome:
        name = input_.name.strip()
        if not 1 <= len(name) <= _LONGEST_NAME:
            raise domain.InvalidInput.at("name", message=f"must have from 1 to {_LONGEST_NAME} characters")
        services = info.context.services
        if input_.expires_at is not None and input_.expires_at <= services.clock.now():
            raise domain.InvalidInput.at("expiresAt", message="lies in the past")
        create = services.identity.create_key
        key, secret = await in_thread(create, info.context.workspace_id, name, input_.role, input_.expires_at)
        return CreatedApiKey(key=ApiKey.of(key), secret=secret)

    @mutation(ADMIN, "From now on this key opens nothing.")
    async def revoke_api_key(self, info: Info, input_: RevokeApiKeyInput) -> RevokeApiKeyOutcome:
        key = ApiKeyId(key_of(KIND, input_.id))
        await in_thread(info.context.services.identity.revoke_key, info.context.workspace_id, key)
        return RevokedApiKey(id=input_.id)
