"""Who may use a field, declared on the field."""

from inspect import isasyncgen
from typing import Any

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.extensions.field_extension import AsyncExtensionResolver, SyncExtensionResolver
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField

from trader_graphql.enums import Role
from trader_graphql.request import Info


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], description="The least role that may use this field.", name="needs"
)
class NeedsDirective:
    role: Role


class Needs(FieldExtension):
    """Refuses callers whose role is not enough, before the resolver runs.

    `trader_graphql.fields` declares it, and shows it in the schema as `@needs(role: TRADER)`.
    """

    def __init__(self, role: Role) -> None:
        self.role = role

    def resolve(  # type: ignore[override] # positional: a GraphQL argument may be called "source"
        self, next_: SyncExtensionResolver, source: Any, info: Info, /, **kwargs: Any
    ) -> Any:
        info.context.principal.require(self.role)
        return next_(source, info, **kwargs)

    async def resolve_async(  # type: ignore[override] # as above
        self, next_: AsyncExtensionResolver, source: Any, info: Info, /, **kwargs: Any
    ) -> Any:
        info.context.principal.require(self.role)
        answer: Any = next_(source, info, **kwargs)
        return answer if isasyncgen(answer) else await answer  # a subscription is not awaited but iterated


def declared_role(field: StrawberryField) -> Role | None:
    """The role a field asks for; None when it declares none, which no root field may."""
    return next((one.role for one in field.extensions if isinstance(one, Needs)), None)


VIEWER = Role.VIEWER
TRADER = Role.TRADER
ADMIN = Role.ADMIN

__all__ = ["ADMIN", "TRADER", "VIEWER", "Needs", "NeedsDirective", "declared_role"]
