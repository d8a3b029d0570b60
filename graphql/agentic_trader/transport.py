"""Requests over HTTP and subscriptions over graphql-transport-ws, with the platform's refusals as errors."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from agentic_trader.errors import (
    ClientFault,
    Conflict,
    Failed,
    Forbidden,
    InputProblem,
    InvalidInput,
    NotFound,
    Unreachable,
)

try:
    import httpx
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect
    from websockets.typing import Subprotocol
except ModuleNotFoundError as missing:
    raise ImportError(
        f"The client needs {missing.name}: pip install 'agentic-trader[client]', "
        "or in the checkout: pip install -e '.[client]'."
    ) from None

_SUBSCRIPTION = "1"
_REFUSED_QUERIES: dict[Any, type[ClientFault]] = {
    "INVALID_INPUT": InvalidInput,
    "NOT_FOUND": NotFound,
    "CONFLICT": Conflict,
    "FORBIDDEN": Forbidden,
}
_REFUSED_DOWNLOADS: dict[int, type[ClientFault]] = {
    401: Forbidden,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    422: InvalidInput,
}
_REFUSALS: dict[str, type[ClientFault]] = {"NotFound": NotFound, "Conflict": Conflict, "Forbidden": Forbidden}


class Transport:
    """One server, spoken to with one key (none is needed for a local one).

    Raises Failed for an answer with errors, Unreachable when none comes within timeout_seconds.
    """

    def __init__(self, url: str, api_key: str | None, timeout_seconds: float) -> None:
        self._url = url.rstrip("/")
        self._timeout_seconds = timeout_seconds
        self._credentials = {} if api_key is None else {"authorization": f"Bearer {api_key}"}
        self._http = httpx.Client(base_url=self._url, timeout=timeout_seconds, headers=self._credentials)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def execute(self, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The `data` of the answer to a query or a mutation."""
        answer = self._sent("POST", "/graphql", json={"query": document, "variables": dict(variables)})
        try:
            body = answer.json()
        except ValueError:
            raise Failed(f"The server answered {answer.status_code} without JSON.") from None
        return _data(body)

    def download(self, path: str) -> bytes:
        """A file, by the path the API gave. Raises as a mutation does when it is refused."""
        answer = self._sent("GET", path)
        if answer.is_error:
            kind = _REFUSED_DOWNLOADS.get(answer.status_code, Failed)
            raise kind(_reason(answer) or f"The server answered {answer.status_code} for {path}.")
        return answer.content

    def subscribe(self, document: str, variables: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The `data` of each event until the server completes the subscription."""
        address = "ws" + self._url.removeprefix("http") + "/graphql"
        hello = {"type": "connection_init", "payload": self._credentials}
        asked = {"query": document, "variables": dict(variables)}
        wait = self._timeout_seconds
        try:
            with connect(
                address, subprotocols=[Subprotocol("graphql-transport-ws")], open_timeout=wait
            ) as socket:
                socket.send(json.dumps(hello))
                while True:
                    message = json.loads(socket.recv(wait))
                    if message["type"] == "next":
                        yield _data(message["payload"])
                    elif message["type"] == "complete":
                        return
                    elif reply := _reply(message, asked):
                        socket.send(json.dumps(reply))
        except (OSError, WebSocketException) as fault:
            raise Unreachable(f"The subscription broke off: {fault}.") from None

    def _sent(self, method: str, path: str, **request: Any) -> "httpx.Response":
        try:
            return self._http.request(method, path, **request)
        except httpx.HTTPError as fault:
            raise Unreachable(f"The server at {self._url} cannot be reached: {fault}.") from None


def carried_out(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer of a mutation, unless it is a refusal, which is raised."""
    kind, message = answer["__typename"], answer.get("message", "")
    if kind == "InvalidInput":
        raise InvalidInput(message, _problems(answer["problems"]))
    if kind in _REFUSALS:
        raise _REFUSALS[kind](message)
    return answer


def _problems(found: Iterable[Mapping[str, Any]]) -> tuple[InputProblem, ...]:
    return tuple(InputProblem(tuple(one["path"]), one["message"]) for one in found)


def _reason(answer: "httpx.Response") -> str:
    """The sentence of a refusal; nothing where the answer holds none."""
    try:
        reason = answer.json()["detail"]
    except (ValueError, LookupError, TypeError):
        return ""
    return reason if isinstance(reason, str) else ""


def _reply(message: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the protocol wants to hear after this message."""
    if message["type"] == "connection_ack":
        return {"id": _SUBSCRIPTION, "type": "subscribe", "payload": asked}
    if message["type"] == "ping":
        return {"type": "pong"}
    if message["type"] == "error":
        raise _failure(message["payload"])
    return None


def _data(body: Mapping[str, Any]) -> dict[str, Any]:
    if body.get("errors") or body.get("data") is None:
        raise _failure(body.get("errors") or [])
    data: dict[str, Any] = body["data"]
    return data


def _failure(errors: Any) -> ClientFault:
    """A query is refused by an error with a code; anything else is a failure."""
    if len(errors) == 1:
        extensions = errors[0].get("extensions") or {}
        kind = _REFUSED_QUERIES.get(extensions.get("code"))
        if kind is InvalidInput:
            return InvalidInput(errors[0]["message"], _problems(extensions.get("problems", ())))
        if kind is not None:
            return kind(errors[0]["message"])
    return Failed("; ".join(str(one.get("message")) for one in errors) or "The server sent no data.")
