"""The protocol graphql-transport-ws on one socket (github.com/enisdenjo/graphql-ws, PROTOCOL.md)."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from graphql import GraphQLError
from starlette.websockets import WebSocket
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import PongMessage
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.utils.aio import aclosing

from domain.errors import TradingError
from trader_graphql.authentication import Unauthenticated
from trader_graphql.errors import presented
from trader_graphql.request import RequestContext

if TYPE_CHECKING:
    from trader_graphql.http import GraphQLEndpoint

FORBIDDEN = 4403
TRY_AGAIN_LATER = 1013


class SocketContext:
    """What a socket knows before any operation: its handshake, and what connection_init brought."""

    def __init__(self, connection: WebSocket) -> None:
        self.connection = connection
        self.connection_params: dict[str, object] | None = None

    @property
    def authorization(self) -> str | None:
        """`{"authorization": "Bearer at_…"}` of connection_init, where browsers can send no headers."""
        found = (self.connection_params or {}).get("authorization")
        return found if isinstance(found, str) else None


class TransportHandler(BaseGraphQLTransportWSHandler[Any, None]):
    """Strawberry's handler with the protocol's corners filled in.

    A message of the wrong shape closes the socket with 4400; an operation that cannot run is
    answered with `error` and leaves the socket open; each operation has its own context, so that a
    key that was revoked meanwhile opens nothing more.
    """

    async def handle_message(self, message: Any) -> None:
        fault = _fault(message)
        if fault is not None:
            await self.handle_invalid_message(fault)
            return
        if message["type"] == "connection_init" and message.get("payload") is None:
            message = {"type": "connection_init", "payload": {}}
        await super().handle_message(message)

    async def handle_connection_init(self, message: Any) -> None:
        try:
            await super().handle_connection_init(message)
        except TradingError as fault:
            await self.websocket.close(code=TRY_AGAIN_LATER, reason=_short(str(fault)))

    async def handle_ping(self, message: Any) -> None:
        pong: PongMessage = {"type": "pong"}
        if "payload" in message:
            pong = cast("PongMessage", {"type": "pong", "payload": message["payload"]})
        await self.send_message(pong)

    async def run_operation(self, operation: Operation[Any, None]) -> None:
        try:
            context = await self._context()
            await self._stream(operation, context)
        except Unauthenticated:
            await self.websocket.close(code=FORBIDDEN, reason="Forbidden")
        except GraphQLError as error:
            await operation.send_initial_errors([presented(error)])
        except Exception as fault:  # noqa: BLE001 - told to the client without its internals, and logged
            told = presented(GraphQLError(str(fault), original_error=fault))
            with suppress(Exception):  # the client may be gone
                await operation.send_initial_errors([told])
        finally:
            if self.operations.get(operation.id) is operation:
                del self.operations[operation.id]

    async def _context(self) -> RequestContext:
        view = cast("GraphQLEndpoint", self.view)
        return await view.request_context(self.context.connection, self.context.authorization)

    async def _stream(self, operation: Operation[Any, None], context: RequestContext) -> None:
        results = await self.schema.stream(
            operation.query,
            variable_values=operation.variables,
            context_value=context,
            root_value=None,
            operation_name=operation.operation_name,
        )
        async with aclosing(results):
            async for result in results:
                if isinstance(result, PreExecutionError):
                    await operation.send_initial_errors(result.errors or [])
                    return
                if not isinstance(result, ExecutionResult):
                    await self._reject_incremental_delivery(operation)
                    return
                await operation.send_next(result)
        await operation.send_operation_message({"id": operation.id, "type": "complete"})


_WITHOUT_OPERATION = ("connection_init", "ping", "pong")
_WITH_OPERATION = ("subscribe", "complete")


def _fault(message: Any) -> str | None:
    """What is wrong with the shape of a message; None when nothing is."""
    if not isinstance(message, dict):
        return "A message must be a JSON object"
    kind = message.get("type")
    if kind in _WITHOUT_OPERATION:
        wrong = not isinstance(message.get("payload"), dict | None)
        return f"The payload of {kind} must be an object" if wrong else None
    if kind not in _WITH_OPERATION:
        return f"There is no message type {_short(repr(kind))}"
    if not isinstance(message.get("id"), str) or not message["id"]:
        return f"{kind} needs an id"
    return _payload_fault(message.get("payload")) if kind == "subscribe" else None


def _payload_fault(payload: Any) -> str | None:
    if not isinstance(payload, dict):
        return "subscribe needs a payload"
    if not isinstance(payload.get("query"), str):
        return "The query of subscribe must be a string"
    if not isinstance(payload.get("operationName"), str | None):
        return "The operationName of subscribe must be a string"
    if not isinstance(payload.get("variables"), dict | None):
        return "The variables of subscribe must be an object"
    if not isinstance(payload.get("extensions"), dict | None):
        return "The extensions of subscribe must be an object"
    return None


def _short(text: str) -> str:
    """A close reason may have 123 bytes."""
    return text.encode()[:120].decode(errors="ignore")
