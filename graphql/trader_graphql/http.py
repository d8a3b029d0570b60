"""GraphQL over HTTP, to the letter of its specification, and the WebSocket on the same path."""

import json
import logging
import secrets
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, NoReturn

from cross_web import HTTPException, StarletteRequestAdapter
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType
from strawberry.types.unset import UNSET, UnsetType

from domain.errors import TradingError
from trader_graphql.authentication import Authenticator, Unauthenticated
from trader_graphql.context import Services
from trader_graphql.negotiation import GRAPHQL_RESPONSE, JSON, media_type, names_a_graphql_type
from trader_graphql.request import RequestContext
from trader_graphql.schema import TraderSchema
from trader_graphql.websocket import SocketContext, TransportHandler

logger = logging.getLogger(__name__)

_ALLOWED = "GET, POST"
_OPERATIONS_BY_METHOD = {
    "GET": {OperationType.QUERY},
    "POST": {OperationType.QUERY, OperationType.MUTATION},
}


class _RequestAdapter(StarletteRequestAdapter):
    """Strawberry's view of a request, with the request itself at hand."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.starlette_request = request


class GraphQLEndpoint(GraphQL[Any, None]):
    """The ASGI application behind `/graphql`.

    body_limit_bytes     a larger request body is answered with 413
    graphiql             whether a browser that opens the path is shown the GraphiQL editor
    init_timeout         how long a socket may stay without connection_init
    operations_per_socket  how many operations one socket may have open
    """

    request_adapter_class = _RequestAdapter
    graphql_transport_ws_handler_class = TransportHandler

    def __init__(
        self,
        schema: TraderSchema,
        services: Services,
        authenticator: Authenticator,
        *,
        body_limit_bytes: int = 1_000_000,
        allowed_origins: Collection[str] = (),
        graphiql: bool = False,
        init_timeout: timedelta = timedelta(seconds=10),
        operations_per_socket: int = 50,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide="graphiql" if graphiql else None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=init_timeout,
            max_subscriptions_per_connection=operations_per_socket,
            allowed_origins=tuple(allowed_origins),
        )
        self._services = services
        self.authenticator = authenticator
        self._body_limit = body_limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.run(WebSocket(scope, receive, send))
            return
        request = Request(scope, receive)
        response = await self._respond(request)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        try:
            return await self._answered(request)
        except HTTPException as refused:
            return _refusal(request, refused.status_code, refused.reason)
        except Unauthenticated as refused:
            return _refusal(request, 401, str(refused), {"WWW-Authenticate": "Bearer"})
        except TradingError as fault:  # the database behind the keys is away
            return _refusal(request, 503, str(fault))
        except Exception:
            incident = secrets.token_hex(6)
            logger.exception("Incident %s", incident)
            return _refusal(
                request, 500, f"Something went wrong on our side; tell the operator incident {incident}."
            )

    async def _answered(self, request: Request) -> Response:
        request.state.media = JSON
        if request.method not in _OPERATIONS_BY_METHOD:
            return _refusal(request, 405, "GraphQL is served to GET and POST.", {"Allow": _ALLOWED})
        adapter = _RequestAdapter(request)
        if self.should_render_graphql_ide(adapter):
            return await self.render_graphql_ide(request)
        accept = request.headers.get("accept")
        media = media_type(accept)
        if media is None:
            return _refusal(request, 406, f"Accept {GRAPHQL_RESPONSE} or {JSON}.")
        request.state.media = media
        if request.method == "GET" and not names_a_graphql_type(accept):
            # What a browser sends on its own (an image, a link) never reads data here.
            return _refusal(request, 406, f"A GET must name {GRAPHQL_RESPONSE} or {JSON} in Accept.")
        return await super().run(request)

    def should_render_graphql_ide(self, request: Any) -> bool:
        """Only for a browser that asks for a page, and only where GraphiQL is served at all."""
        return (
            self.graphql_ide is not None
            and request.method == "GET"
            and request.query_params.get("query") is None
            and "text/html" in request.headers.get("accept", "")
        )

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Any:
        """Of a request; a socket gets one for each operation, after connection_init."""
        del response
        if isinstance(request, WebSocket):
            return SocketContext(request)
        return await self.request_context(request, None)

    async def request_context(self, connection: HTTPConnection, authorization: str | None) -> RequestContext:
        """Raises Unauthenticated."""
        caller = await self.authenticator.caller(connection, authorization)
        return RequestContext(
            self._services,
            caller.principal,
            may_introspect=caller.may_introspect,
            root_path=connection.scope.get("root_path", ""),
        )

    async def on_ws_connect(self, context: Any) -> UnsetType:
        """Recognise the caller by the payload of connection_init or by the handshake's headers."""
        try:
            await self.request_context(context.connection, context.authorization)
        except Unauthenticated as refused:
            raise ConnectionRejectionError from refused
        nothing_to_add: UnsetType = UNSET
        return nothing_to_add

    async def parse_http_body(self, request: Any) -> GraphQLRequestData:
        """Raises HTTPException: 415 for another type, 413 for too much, 400 for the wrong shape."""
        if request.method == "GET":
            body: Any = self.parse_query_params(request.query_params)
        else:
            if not _is_json(request.content_type):
                raise HTTPException(415, f"Send the operation as {JSON}.")
            body = self.parse_json(await self._bounded_body(request.starlette_request))
        if isinstance(body, list):
            raise HTTPException(400, "Send one operation a request; batches are not served.")
        if not isinstance(body, dict):
            raise HTTPException(400, "The body must be a JSON object with a query.")
        for name, kind, word in (
            ("query", str, "a string"),
            ("operationName", str, "a string"),
            ("variables", dict, "an object"),
            ("extensions", dict, "an object"),
        ):
            if not isinstance(body.get(name), kind | None):
                raise HTTPException(400, f"'{name}' must be {word}.")
        if not body.get("query"):
            raise HTTPException(400, "There is no 'query' in the request.")
        return GraphQLRequestData(
            query=body["query"],
            variables=body.get("variables"),
            operation_name=body.get("operationName"),
            extensions=body.get("extensions"),
            protocol="http",
        )

    async def _bounded_body(self, request: Request) -> bytes:
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self._body_limit:
            self._too_large()
        chunks = bytearray()
        async for chunk in request.stream():
            chunks += chunk
            if len(chunks) > self._body_limit:
                self._too_large()
        return bytes(chunks)

    def _too_large(self) -> NoReturn:
        raise HTTPException(413, f"The body may have {self._body_limit} bytes at most.")

    def decode_json(self, data: str | bytes) -> object:
        """Raises JSONDecodeError for everything that is no JSON, or is nested beyond reason."""
        try:
            return json.loads(data, parse_constant=_no_constant)
        except json.JSONDecodeError:
            raise
        except (ValueError, RecursionError):
            raise json.JSONDecodeError("not readable", "", 0) from None

    async def execute_single(
        self,
        request: Request,
        request_adapter: Any,
        sub_response: Response,
        context: Any,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        del request_adapter
        try:
            result = await self.schema.execute(
                request_data.query,
                root_value=root_value,
                variable_values=request_data.variables,
                context_value=context,
                operation_name=request_data.operation_name,
                allowed_operation_types=_OPERATIONS_BY_METHOD[request.method],
                operation_extensions=request_data.extensions,
            )
        except CannotGetOperationTypeError as fault:
            raise HTTPException(400, fault.as_http_error_reason()) from None
        except InvalidOperationTypeError as fault:
            raise _wrong_operation(fault, request.method) from None
        errors = result.errors or []
        rejected = isinstance(result, PreExecutionError) or (
            bool(errors) and result.data is None and all(error.path is None for error in errors)
        )
        request.state.rejected = rejected
        if rejected and request.state.media == GRAPHQL_RESPONSE:
            sub_response.status_code = 400  # under application/json the specification asks for 200
        sub_response.headers["content-type"] = f"{request.state.media}; charset=utf-8"
        return result

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        data = await super().process_result(request, result)
        if request.state.rejected:
            data.pop("data", None)  # nothing was executed, so there is no data, not even null
        return data

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        return Response(
            self.encode_json(response_data),
            status_code=sub_response.status_code or 200,
            headers=dict(sub_response.headers),
        )


def _wrong_operation(fault: InvalidOperationTypeError, method: str) -> HTTPException:
    if fault.operation_type is OperationType.SUBSCRIPTION:
        return HTTPException(
            400, "Subscriptions are served over WebSocket, graphql-transport-ws, on this path."
        )
    return HTTPException(405, fault.as_http_error_reason(method))


def _refusal(
    request: Request, status: int, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    extra = {"Allow": "POST"} if status == 405 and headers is None else headers  # noqa: PLR2004 - method not allowed
    body = {"errors": [{"message": message, "extensions": {"code": _CODES.get(status, "BAD_REQUEST")}}]}
    media = f"{request.state.media}; charset=utf-8"
    return JSONResponse(body, status, headers={**(extra or {}), "content-type": media})


_CODES = {
    401: "UNAUTHENTICATED",
    405: "METHOD_NOT_ALLOWED",
    406: "NOT_ACCEPTABLE",
    413: "REQUEST_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


def _is_json(content_type: str | None) -> bool:
    kind, *parameters = (piece.strip().lower() for piece in (content_type or "").split(";"))
    charsets = [
        value.strip('"') for name, _, value in (p.partition("=") for p in parameters) if name == "charset"
    ]
    return kind == JSON and all(charset in {"utf-8", "utf8"} for charset in charsets)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
