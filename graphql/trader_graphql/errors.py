"""Refusals as union members, faults as errors with a code; nothing internal ever leaves.

A mutation answers an expected refusal with a member of its union. What is raised in a query, a
subscription or as a fault becomes an entry of `errors` whose `extensions.code` a program can read.
"""

import logging
import secrets
from collections.abc import Sequence
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exception_handlers import ExceptionHandler
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.field import StrawberryField
from strawberry.types.info import Info as AnyInfo

from domain import errors as domain

logger = logging.getLogger(__name__)


@strawberry.interface(description="A request that was understood and not carried out; nothing was changed.")
class Refusal:
    message: str = strawberry.field(description="One sentence for a person.")


@strawberry.type(description="One thing that is wrong with a request.")
class Problem:
    path: list[str] = strawberry.field(description="From the input to the field, in the request's own names.")
    message: str


@strawberry.type(description="The request cannot be carried out as it stands.")
class InvalidInput(Refusal):
    problems: list[Problem]


@strawberry.type(description="Something that was named does not exist in this workspace.")
class NotFound(Refusal):
    kind: str
    identifier: str


@strawberry.type(description="It exists, in a state that forbids this.")
class Conflict(Refusal):
    pass


@strawberry.type(description="The caller's role does not allow this.")
class Forbidden(Refusal):
    pass


class NotFoundHandler(ExceptionHandler[domain.NotFound, NotFound]):
    """A missing thing as a union member."""

    def handle(self, exception: domain.NotFound, *, field: StrawberryField, info: AnyInfo) -> NotFound:
        del field, info
        return NotFound(message=exception.message, kind=exception.kind, identifier=exception.identifier)


class ConflictHandler(ExceptionHandler[domain.Conflict, Conflict]):
    """A conflict as a union member."""

    def handle(self, exception: domain.Conflict, *, field: StrawberryField, info: AnyInfo) -> Conflict:
        del field, info
        return Conflict(message=exception.message)


class ForbiddenHandler(ExceptionHandler[domain.Forbidden, Forbidden]):
    """A forbidden act as a union member."""

    def handle(self, exception: domain.Forbidden, *, field: StrawberryField, info: AnyInfo) -> Forbidden:
        del field, info
        return Forbidden(message=exception.message)


class InvalidInputHandler(ExceptionHandler[domain.InvalidInput, InvalidInput]):
    """Wrong input as a union member. Comes last: the others are kinds of it."""

    def handle(
        self, exception: domain.InvalidInput, *, field: StrawberryField, info: AnyInfo
    ) -> InvalidInput:
        del field, info
        problems = [Problem(path=list(one.path), message=one.message) for one in exception.problems]
        return InvalidInput(message=exception.message, problems=problems)


HANDLERS: Sequence[ExceptionHandler[Any, Refusal]] = (
    NotFoundHandler(),
    ConflictHandler(),
    ForbiddenHandler(),
    InvalidInputHandler(),
)

_CODES: tuple[tuple[type[Exception], str], ...] = (
    (domain.NotFound, "NOT_FOUND"),
    (domain.Conflict, "CONFLICT"),
    (domain.Forbidden, "FORBIDDEN"),
    (domain.InvalidInput, "INVALID_INPUT"),
    (domain.Retryable, "RETRYABLE"),
    (domain.NeedsOperator, "NEEDS_OPERATOR"),
)


_WRONG_REQUESTS = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)


def presented(error: GraphQLError) -> GraphQLError:
    """The error as a client may see it.

    GraphQL's own errors (syntax, validation, limits) speak for themselves. The domain's are written
    for people and get a code. Anything else is logged under an incident number, which is all the
    client is told.
    """
    fault = error.original_error
    if fault is None or isinstance(fault, GraphQLError):
        return error
    if isinstance(fault, _WRONG_REQUESTS):
        return _rewritten(error, error.message, {"code": "BAD_REQUEST"})
    code = next((code for kind, code in _CODES if isinstance(fault, kind)), None)
    if code is not None:
        extensions: dict[str, object] = {"code": code}
        if isinstance(fault, domain.InvalidInput) and fault.problems:
            extensions["problems"] = [{"path": list(p.path), "message": p.message} for p in fault.problems]
        return _rewritten(error, str(fault), extensions)
    incident = secrets.token_hex(6)
    logger.error("Incident %s at %s", incident, error.path, exc_info=fault)
    message = f"Something went wrong on our side; tell the operator incident {incident}."
    return _rewritten(error, message, {"code": "INTERNAL", "incident": incident})


def _rewritten(error: GraphQLError, message: str, extensions: dict[str, object]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )


def present_errors(result: object) -> None:
    """Put the presented form of its errors into a result."""
    errors = getattr(result, "errors", None)
    if errors:
        result.errors = [presented(error) for error in errors]  # type: ignore[attr-defined] # it has some
