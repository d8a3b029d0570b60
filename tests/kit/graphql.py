"""Asking the schema directly, without HTTP."""

from functools import cache
from typing import Any

from strawberry.types.execution import ExecutionResult

from domain.identity.model import Role
from tests.kit.api import ApiOnFakes
from trader_graphql.schema import TraderSchema, build_schema


@cache
def the_schema(*, fast: bool = True) -> TraderSchema:
    """One schema for all tests: building it costs more than most of them."""
    return build_schema(fast=fast)


async def execute(
    api: ApiOnFakes, query: str, role: Role = Role.ADMIN, /, *, may_introspect: bool = True, **variables: Any
) -> ExecutionResult:
    context = api.context(role, may_introspect=may_introspect)
    return await the_schema().execute(query, variable_values=variables, context_value=context)


async def data_of(
    api: ApiOnFakes, query: str, role: Role = Role.ADMIN, /, **variables: Any
) -> dict[str, Any]:
    """What a request without errors answers."""
    result = await execute(api, query, role, **variables)
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


async def error_of(
    api: ApiOnFakes, query: str, role: Role = Role.ADMIN, /, **variables: Any
) -> dict[str, Any]:
    """The only error a request is answered with, as a client sees it."""
    result = await execute(api, query, role, **variables)
    assert result.errors is not None
    assert len(result.errors) == 1
    return dict(result.errors[0].formatted)
