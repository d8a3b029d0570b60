"""A small client of the API: queries over HTTP, subscriptions over graphql-transport-ws."""

import json
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

from domain.errors import MissingExtra, Retryable
from functions.cli.faults import CommandFailed

try:
    import httpx
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect
    from websockets.typing import Subprotocol
except ModuleNotFoundError:
    raise MissingExtra("Talking to the API", "local") from None

_PROTOCOL = Subprotocol("graphql-transport-ws")
_SUBSCRIPTION = "1"


class ApiClient:
    """Talks to one server; close it, or use it in a `with` block.

    Raises CommandFailed for an answer with errors, Retryable when the server is away or silent for
    longer than timeout_seconds.
    """

    def __init__(self, url: str, *, timeout_seconds: float = 30.0) -> None:
        self._url = url.rstrip("/")
        self._timeout_seconds = timeout_seconds
        # The server is on this machine: a proxy of the environment is never on the way.
        self._http = httpx.Client(base_url=self._url, timeout=timeout_seconds, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def execute(self, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The `data` of the answer to a query or a mutation."""
        answer = self._sent("POST", "/graphql", json={"query": document, "variables": dict(variables)})
        try:
            body = answer.json()
        except ValueError:
            raise CommandFailed("Api", f"The API answered {answer.status_code} without JSON.") from None
        return _data(body)

    def download(self, path: str) -> bytes:
        """A file of the server, by the path the API gave."""
        answer = self._sent("GET", path)
        if answer.is_error:
            raise CommandFailed("Api", f"The API answered {answer.status_code} for {path}.")
        return answer.content

    def subscribe(self, document: str, variables: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The `data` of each event until the server completes the subscription."""
        address = "ws" + self._url.removeprefix("http") + "/graphql"
        payload = {"query": document, "variables": dict(variables)}
        timeout = self._timeout_seconds
        try:
            with connect(address, subprotocols=[_PROTOCOL], proxy=None, open_timeout=timeout) as socket:
                socket.send(json.dumps({"type": "connection_init"}))
                while True:
                    message = json.loads(socket.recv(timeout))
                    if message["type"] == "next":
                        yield _data(message["payload"])
                    elif message["type"] == "complete":
                        return
                    elif reply := _reply(message, payload):
                        socket.send(json.dumps(reply))
        except (OSError, WebSocketException) as fault:
            raise Retryable(f"The subscription broke off: {fault}.") from None

    def _sent(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **request)
        except httpx.HTTPError as fault:
            raise Retryable(f"The API cannot be reached: {fault}.") from None


def _reply(message: Mapping[str, Any], payload: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the protocol wants to hear after this message. Raises CommandFailed for a refusal."""
    if message["type"] == "connection_ack":
        return {"id": _SUBSCRIPTION, "type": "subscribe", "payload": payload}
    if message["type"] == "ping":
        return {"type": "pong"}
    if message["type"] == "error":
        raise _refused(message["payload"])
    return None


def _data(body: Mapping[str, Any]) -> dict[str, Any]:
    if body.get("errors") or body.get("data") is None:
        raise _refused(body.get("errors") or [])
    data: dict[str, Any] = body["data"]
    return data


def _refused(errors: Any) -> CommandFailed:
    sentences = "; ".join(str(one.get("message")) for one in errors) or "it sent no data"
    return CommandFailed("Api", f"The API refused: {sentences}")
