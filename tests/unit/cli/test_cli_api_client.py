"""The client of the API against small servers that answer as they are told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as serve_socket
from websockets.typing import Subprotocol

from domain.errors import Retryable
from functions.cli.api_client import ApiClient
from functions.cli.api_process import environment
from functions.cli.demo import camel, domain_names
from functions.cli.faults import CommandFailed


@contextmanager
def http_server(status: int, body: bytes) -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def socket_server(script: Callable[[ServerConnection], None]) -> Iterator[str]:
    protocol = Subprotocol("graphql-transport-ws")
    with serve_socket(script, "127.0.0.1", 0, subprotocols=[protocol]) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join()


def greeted(socket: ServerConnection) -> dict[str, Any]:
    assert json.loads(socket.recv()) == {"type": "connection_init"}
    socket.send(json.dumps({"type": "connection_ack"}))
    subscribe: dict[str, Any] = json.loads(socket.recv())
    return subscribe


def test_events_come_until_the_server_completes_and_pings_are_answered() -> None:
    answered = []

    def script(socket: ServerConnection) -> None:
        subscribe = greeted(socket)
        answered.append(subscribe["payload"])
        socket.send(json.dumps({"type": "ping"}))
        answered.append(json.loads(socket.recv()))
        for step in (1, 2):
            socket.send(
                json.dumps({"id": subscribe["id"], "type": "next", "payload": {"data": {"step": step}}})
            )
        socket.send(json.dumps({"id": subscribe["id"], "type": "complete"}))

    with socket_server(script) as url, ApiClient(url) as client:
        assert list(client.subscribe("subscription { step }", {"id": "1"})) == [{"step": 1}, {"step": 2}]
    assert answered == [{"query": "subscription { step }", "variables": {"id": "1"}}, {"type": "pong"}]


def test_a_refused_subscription_tells_the_reason() -> None:
    def script(socket: ServerConnection) -> None:
        subscribe = greeted(socket)
        socket.send(
            json.dumps({"id": subscribe["id"], "type": "error", "payload": [{"message": "No such run."}]})
        )
        socket.recv()

    with (
        socket_server(script) as url,
        ApiClient(url) as client,
        pytest.raises(CommandFailed, match="No such run"),
    ):
        list(client.subscribe("subscription { step }", {}))


def test_a_subscription_that_breaks_off_may_be_tried_again() -> None:
    def script(socket: ServerConnection) -> None:
        socket.close(1011, "gone")

    with socket_server(script) as url, ApiClient(url) as client, pytest.raises(Retryable, match="broke off"):
        list(client.subscribe("subscription { step }", {}))


def test_a_silent_server_is_given_up() -> None:
    released = threading.Event()

    def script(socket: ServerConnection) -> None:
        greeted(socket)
        released.wait(10)

    with socket_server(script) as url, ApiClient(url, timeout_seconds=0.2) as client:
        with pytest.raises(Retryable, match="broke off"):
            list(client.subscribe("subscription { step }", {}))
        released.set()


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (200, b'{"errors": [{"message": "Cannot query field"}]}', "Cannot query field"),
        (200, b'{"data": null}', "it sent no data"),
        (502, b"<html>", "answered 502 without JSON"),
    ],
)
def test_an_answer_that_is_no_result_is_one_sentence(status: int, body: bytes, sentence: str) -> None:
    with (
        http_server(status, body) as url,
        ApiClient(url) as client,
        pytest.raises(CommandFailed, match=sentence),
    ):
        client.execute("{ viewer }", {})


def test_a_download_is_the_file_or_a_refusal() -> None:
    with http_server(200, b"a,b\n") as url, ApiClient(url) as client:
        assert client.download("/curve.csv") == b"a,b\n"
    with http_server(404, b"") as url, ApiClient(url) as client, pytest.raises(CommandFailed, match="404"):
        client.download("/curve.csv")


def test_a_server_that_is_away_may_be_tried_again() -> None:
    with http_server(200, b"") as url:
        pass
    with ApiClient(url) as client, pytest.raises(Retryable, match="cannot be reached"):
        client.execute("{ viewer }", {})


def test_settings_of_the_persons_own_server_do_not_reach_the_demo() -> None:
    inherited = {"AGENTIC_TRADER_PORT": "80", "DATABASE_URL": "postgresql://prod", "PATH": "/bin"}
    assert environment(inherited, Path("/data")) == {
        "PATH": "/bin",
        "AGENTIC_TRADER_DATA_FOLDER": "/data",
        "AGENTIC_TRADER_LOG_LEVEL": "WARNING",
    }


def test_statistics_of_the_api_get_the_names_of_the_domain_back() -> None:
    from domain.performance.conventions import CONVENTIONS

    assert camel("value_at_risk_95") == "valueAtRisk95"
    numbers = {camel(name): position for position, name in enumerate(CONVENTIONS)}
    assert domain_names(numbers) == {name: position for position, name in enumerate(CONVENTIONS)}
