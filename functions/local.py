"""The API server on one machine: GraphQL, GraphiQL, downloads, and the workers behind them."""

import atexit
import contextlib
import socket
from collections.abc import Callable, Generator
from errno import EACCES, EADDRINUSE, EADDRNOTAVAIL
from types import FrameType
from typing import Protocol

import uvicorn
from fastapi import FastAPI

from domain.errors import NeedsOperator
from functions.api import ServedApplication, create_app
from functions.bootstrap import compose
from functions.settings import PREFIX
from trader_graphql.authentication import is_loopback

Ready = Callable[[str], None]

_BACKLOG = 128
_GRACE_SECONDS = 5


class LocalApplication(ServedApplication, Protocol):
    """A wired platform with workers of its own."""

    def warm_up(self) -> None: ...


def serve(application: LocalApplication, host: str, port: int, on_ready: Ready | None = None) -> None:
    """Serve until SIGINT or SIGTERM, then finish the requests at hand and return.

    port 0 takes a free one; on_ready is told the address once connections are taken. The caller
    closes the application. Raises NeedsOperator when the port is taken, or when strangers could
    reach a server that knows no key.
    """
    _refuse_strangers(application, host)
    with _listening(host, port) as listener:
        bound = listener.getsockname()[1]
        application.warm_up()
        shown = f"[{host}]" if ":" in host else host
        config = uvicorn.Config(
            create_app(application),
            log_level=application.settings.log_level.lower(),
            access_log=False,
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=application.settings.request_size_limit_bytes,
            proxy_headers=False,  # whoever sends X-Forwarded-For must not become a local caller
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        _Server(config, f"http://{shown}:{bound}", on_ready).run(sockets=[listener])


def app() -> FastAPI:
    """The application for another ASGI server: `python -m uvicorn --factory functions.local:app`."""
    application = compose()
    atexit.register(application.close)
    application.warm_up()
    return create_app(application)


def _refuse_strangers(application: ServedApplication, host: str) -> None:
    if is_loopback(host) or application.services.identity.any_key():
        return
    raise NeedsOperator(
        f"Binding to {host} would let other machines in while no API key exists; "
        "make one first with 'agentic-trader key create', or bind to 127.0.0.1."
    )


@contextlib.contextmanager
def _listening(host: str, port: int) -> Generator[socket.socket, None, None]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as refused:
        listener.close()
        raise _cannot_listen(host, port, refused) from None
    with listener:
        yield listener


def _cannot_listen(host: str, port: int, refused: OSError) -> NeedsOperator:
    advice = f"choose another with --port or {PREFIX}PORT"
    if refused.errno == EADDRINUSE:
        return NeedsOperator(f"Port {port} of {host} is taken by another program; stop it, or {advice}.")
    if refused.errno == EACCES:
        return NeedsOperator(f"This user may not listen on port {port}; {advice}.")
    if refused.errno == EADDRNOTAVAIL or isinstance(refused, socket.gaierror):
        return NeedsOperator(f"{host} is no address of this machine; choose one with --host or {PREFIX}HOST.")
    return NeedsOperator(f"Listening on {host}:{port} failed ({refused.strerror}); {advice}.")


class _Server(uvicorn.Server):
    """uvicorn that says when it is ready, and returns after a signal instead of raising it again."""

    def __init__(self, config: uvicorn.Config, address: str, on_ready: Ready | None) -> None:
        super().__init__(config)
        self._address = address
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self._on_ready is not None:
            self._on_ready(self._address)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._captured_signals.clear()  # the caller has an application to close
