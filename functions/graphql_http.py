"""The Lambda function behind API Gateway that serves GraphQL and downloads.

It starts light: the database, bars and strategies are loaded by the first request that needs them.
"""

import asyncio
from functools import cache
from typing import Any

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES

from functions.api import ServedApplication, create_app
from functions.bootstrap import Application, compose

_TEXT_TYPES = [*DEFAULT_TEXT_MIME_TYPES, "application/graphql-response+json"]


def lambda_adapter(application: ServedApplication, base_path: str = "") -> Mangum:
    """A handler of API Gateway events whose paths begin with base_path.

    Nobody is local to a Lambda, so every caller needs a key. Mangum would run start-up and
    shut-down around every single request; `lifespan="off"` leaves both out.
    """
    app = create_app(application, local=False, root_path=base_path)
    return Mangum(app, lifespan="off", text_mime_types=_TEXT_TYPES, api_gateway_base_path=base_path or "/")


def base_path_of(event: dict[str, Any]) -> str:
    """`/prod` when the event came through the stage `prod` by its own address, else nothing."""
    stage = event.get("requestContext", {}).get("stage", "")
    prefix = f"/{stage}"
    path = event.get("rawPath", "")
    return prefix if stage and (path == prefix or path.startswith(f"{prefix}/")) else ""


@cache
def _application() -> Application:
    return compose()


@cache
def _adapter(base_path: str) -> Mangum:
    return lambda_adapter(_application(), base_path)


def _have_an_event_loop() -> None:
    """Mangum asks for the loop of this thread, which newer Pythons no longer make on demand."""
    try:
        asyncio.get_event_loop_policy().get_event_loop()
    except RuntimeError:
        asyncio.set_event_loop(asyncio.new_event_loop())


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Entry point of the function."""
    _have_an_event_loop()
    return _adapter(base_path_of(event))(event, context)
