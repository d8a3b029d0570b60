"""Requests to an ASGI application without a socket, from an address of one's choice."""

from typing import Any

import httpx
from starlette.types import ASGIApp

LOOPBACK = "127.0.0.1"


def client(
    app: ASGIApp, *, peer: str = LOOPBACK, host: str = "127.0.0.1:8000", **headers: str
) -> httpx.AsyncClient:
    """A client whose requests come from `peer` and name `host`."""
    transport = httpx.ASGITransport(app, client=(peer, 50_000))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}", headers=named)


async def ask(
    app: ASGIApp, query: str = "{ viewer { name role workspace } }", /, **options: Any
) -> httpx.Response:
    """POST one operation."""
    async with client(app, **options) as http:
        return await http.post("/graphql", json={"query": query})
