"""How fields are declared: what they are for, who may use them, and how long their lists are.

Every field of Query, Mutation and Subscription goes through `query`, `mutation` or `subscription`,
so that none can be written without saying who may use it.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import strawberry
from strawberry.schema.name_converter import NameConverter

from trader_graphql.cost import EXPECTED_SIZE
from trader_graphql.enums import Role
from trader_graphql.permissions import Needs, NeedsDirective

Resolver = TypeVar("Resolver", bound=Callable[..., Any])


def query(
    role: Role, description: str, *, expected_size: int | None = None
) -> Callable[[Resolver], Resolver]:
    """A field of Query, for callers of this role and up."""
    field = strawberry.field(description=description, **_for(role), metadata=_sized(expected_size))
    return cast("Callable[[Resolver], Resolver]", field)


def mutation(role: Role, description: str) -> Callable[[Resolver], Resolver]:
    """A field of Mutation, for callers of this role and up."""
    field = strawberry.mutation(description=description, **_for(role))
    return cast("Callable[[Resolver], Resolver]", field)


def subscription(role: Role, description: str) -> Callable[[Resolver], Resolver]:
    """A field of Subscription, for callers of this role and up."""
    field = strawberry.subscription(description=description, **_for(role))
    return cast("Callable[[Resolver], Resolver]", field)


def resolved(description: str, *, expected_size: int | None = None) -> Callable[[Resolver], Resolver]:
    """A field of an object that is worked out only when it is asked for."""
    field = strawberry.field(description=description, metadata=_sized(expected_size))
    return cast("Callable[[Resolver], Resolver]", field)


def _for(role: Role) -> dict[str, Any]:
    return {"extensions": [Needs(role)], "directives": [NeedsDirective(role=role)]}


def _sized(expected_size: int | None) -> dict[str, int]:
    return {} if expected_size is None else {EXPECTED_SIZE: expected_size}


class FieldNames(NameConverter):
    """Camel case; a final underscore, which Python needs for `from_` and `id_`, is left out."""

    def apply_naming_config(self, name: str) -> str:
        return super().apply_naming_config(name.rstrip("_"))
