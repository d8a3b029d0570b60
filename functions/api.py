"""The HTTP application: GraphQL, downloads, and the questions an operator's machine asks."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Annotated, Any, Literal, Protocol, TypeVar

import anyio.to_thread
from fastapi import Depends, FastAPI, Path, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.errors import Conflict, Forbidden, InvalidInput, NotFound, TradingError
from domain.identity.model import Role
from domain.ids import BacktestId, WorkspaceId
from domain.research.model import StudyId
from functions.settings import Mode, Settings
from functions.study_downloads import MEDIA_TYPES, add_study_downloads
from functions.version import code_version
from trader_graphql.authentication import Authenticator, Caller, Unauthenticated
from trader_graphql.backtests.queries import backtest_id
from trader_graphql.context import Services
from trader_graphql.http import GraphQLEndpoint
from trader_graphql.limits import Limits
from trader_graphql.schema import build_schema

R = TypeVar("R")

_STATUS: tuple[tuple[type[TradingError], int], ...] = (
    (NotFound, 404),
    (Conflict, 409),
    (Forbidden, 403),
    (InvalidInput, 422),
)
_FAULT_STATUS = 503


class Database(Protocol):
    """What readiness asks of the database."""

    def ping(self) -> None:
        """Raises Retryable or NeedsOperator when it is away or not migrated."""
        ...


class ServedApplication(Protocol):
    """What the HTTP application needs of the wired platform; `functions.bootstrap` makes it."""

    @property
    def settings(self) -> Settings: ...

    @property
    def services(self) -> Services: ...

    @property
    def workspace_id(self) -> WorkspaceId: ...

    @property
    def database(self) -> Database: ...

    def report(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> str: ...

    def download(
        self,
        workspace_id: WorkspaceId,
        backtest_id: BacktestId,
        what: Literal["curve", "trades"],
        form: Literal["csv", "parquet"],
    ) -> bytes: ...

    def study_report(self, workspace_id: WorkspaceId, study_id: StudyId) -> str: ...

    def study_rows(
        self, workspace_id: WorkspaceId, study_id: StudyId, form: Literal["csv", "parquet"]
    ) -> Iterator[bytes]: ...

    def comparison_report(self, workspace_id: WorkspaceId, backtest_ids: Sequence[BacktestId]) -> str: ...


def create_app(application: ServedApplication, *, local: bool | None = None) -> FastAPI:
    """The ASGI application of one wired platform.

    local  whether a caller on this machine needs no key; by default what the settings say
    """
    settings = application.settings
    local = settings.mode is Mode.LOCAL if local is None else local
    authenticator = Authenticator(
        application.services.identity,
        local_workspace=application.workspace_id if local else None,
        allowed_origins=settings.allowed_origins,
    )
    app = FastAPI(
        title="Agentic Trader",
        version=code_version(),
        description="GraphQL is at /graphql. This page holds what is better fetched as a file.",
        redoc_url=None,
    )
    endpoint = GraphQLEndpoint(
        build_schema(limits_of(settings)),
        application.services,
        authenticator,
        body_limit_bytes=settings.request_size_limit_bytes,
        allowed_origins=settings.allowed_origins,
        graphiql=local,
    )
    app.router.routes.append(Route("/graphql", endpoint, include_in_schema=False))
    app.router.routes.append(WebSocketRoute("/graphql", endpoint))
    _add_health(app, application)
    viewer = _viewer(authenticator)
    _add_downloads(app, application, viewer)
    add_study_downloads(app, application, viewer)
    app.add_exception_handler(TradingError, _as_json)
    app.add_exception_handler(Unauthenticated, _as_challenge)
    app.add_middleware(SecurityHeaders)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type"],
        )
    return app


def limits_of(settings: Settings) -> Limits:
    """The limits of a request as the settings ask for them."""
    return Limits(
        depth=settings.query_depth_limit,
        tokens=settings.query_token_limit,
        aliases=settings.query_alias_limit,
        cost=settings.query_cost_limit,
    )


def _add_health(app: FastAPI, application: ServedApplication) -> None:
    @app.get("/healthz", tags=["operation"], summary="Whether the process lives")
    async def healthz() -> dict[str, str]:
        return {"status": "ok", "version": app.version}

    @app.get("/readyz", tags=["operation"], summary="Whether requests can be served")
    async def readyz() -> JSONResponse:
        try:
            await anyio.to_thread.run_sync(application.database.ping)
        except TradingError as fault:
            return JSONResponse({"status": "not ready", "reasons": [str(fault)]}, _FAULT_STATUS)
        return JSONResponse({"status": "ready", "reasons": []})


def _viewer(authenticator: Authenticator) -> Callable[[Request], Awaitable[Caller]]:
    """Who asks, if they may read."""

    async def caller(request: Request) -> Caller:
        found = await authenticator.caller(request)
        found.principal.require(Role.VIEWER)
        return found

    return caller


def _add_downloads(
    app: FastAPI, application: ServedApplication, caller: Callable[[Request], Awaitable[Caller]]
) -> None:
    key = Annotated[
        str, Path(alias="id", description="The id of the API, or the bt_… the command line shows.")
    ]
    known_caller = Annotated[Caller, Depends(caller)]

    @app.get("/backtests/{id}/report.html", tags=["backtests"], response_class=HTMLResponse)
    async def report(id_: key, known: known_caller) -> Response:
        """The tear sheet of a completed backtest, one self-contained page."""
        html = await _blocking(application.report, known.principal.workspace_id, backtest_id(id_))
        return HTMLResponse(html)

    @app.get("/backtests/{id}/{what}.{form}", tags=["backtests"], response_class=Response)
    async def download(
        id_: key, what: Literal["curve", "trades"], form: Literal["csv", "parquet"], known: known_caller
    ) -> Response:
        """The equity curve or the trades of a completed backtest."""
        backtest = backtest_id(id_)
        content = await _blocking(application.download, known.principal.workspace_id, backtest, what, form)
        headers = {"content-disposition": f'attachment; filename="{backtest}-{what}.{form}"'}
        return Response(content, media_type=MEDIA_TYPES[form], headers=headers)


async def _blocking(call: Callable[..., R], *arguments: Any) -> R:
    return await anyio.to_thread.run_sync(call, *arguments)


def _as_json(request: Request, fault: Exception) -> Response:
    del request
    status = next((status for kind, status in _STATUS if isinstance(fault, kind)), _FAULT_STATUS)
    return JSONResponse({"detail": str(fault)}, status)


def _as_challenge(request: Request, refused: Exception) -> Response:
    del request
    return JSONResponse({"detail": str(refused)}, 401, headers={"WWW-Authenticate": "Bearer"})


# The editor and the OpenAPI page load their scripts from public hosts; a report carries its own.
_PAGES_WITH_SCRIPTS = ("/docs", "/graphql")
_STRICT = "default-src 'none'; frame-ancestors 'none'"
_REPORT = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "font-src data:; frame-ancestors 'none'"
)
_EDITOR = "frame-ancestors 'none'"


class SecurityHeaders:
    """Headers that keep answers from being framed, sniffed, cached or scripted by others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_headers(scope["path"])]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _headers(path: str) -> list[tuple[bytes, bytes]]:
    policy = _STRICT
    if path.endswith("/report.html"):
        policy = _REPORT
    elif path.endswith(_PAGES_WITH_SCRIPTS):
        policy = _EDITOR
    return [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"no-referrer"),
        (b"cache-control", b"no-store"),
    ]
