"""The Lambda function behind API Gateway that serves GraphQL and downloads.

It starts light: the database, bars and strategies are loaded by the first request that needs them.
"""

from functools import cache
from typing import Any

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES
from starlette.types import Receive, Scope, Send

from functions.api import ServedApplication, create_app
from functions.bootstrap import Application, compose

_TEXT_TYPES = [*DEFAULT_TEXT_MIME_TYPES, "application/graphql-response+json"]


def lambda_adapter(application: ServedApplication, base_path: str = "") -> Mangum:
    """A handler of API Gateway events whose paths begin with base_path.

    Nobody is local to a Lambda, so every caller needs a key. Mangum would run start-up and
    shut-down around every single request; `lifespan="off"` leaves both out.
    """
    app = create_app(application, local=False)

    async def below_base_path(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "root_path": base_path}, receive, send)

    return Mangum(
        below_base_path, lifespan="off", text_mime_types=_TEXT_TYPES, api_gateway_base_path=base_path or "/"
    )


def base_path_of(event: dict[str, Any]) -> str:
    """`/prod` when the event came through the stage `prod` by its own address, else nothing."""
    stage = event.get("requestContext", {}).get("stage", "")
    prefix = f"/{stage}"
    path = event.get("rawPath", "")
    return prefix if stage and (path == prefix or path.startswith(f"{prefix}/")) else ""


@cache
def _application() -> Application:
    """A Lambda is frozen as soon as it has answered, so a backtest runs within its invocation."""
    return compose(inline=True)


@cache
def _adapter(base_path: str) -> Mangum:
    return lambda_adapter(_application(), base_path)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Entry point of the function."""
    return _adapter(base_path_of(event))(event, context)
