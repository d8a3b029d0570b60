"""A loopback HTTP server that does what API Gateway's HTTP API does: requests in, events to a handler."""

import asyncio
import base64
import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def http_event(
    method: str, target: str, headers: dict[str, str], body: bytes = b"", stage: str = "$default"
) -> dict[str, Any]:
    """An event of payload format 2.0; the path of a named stage begins with its name."""
    parts = urlsplit(target)
    path = parts.path if stage == "$default" else f"/{stage}{parts.path}"
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": parts.query,
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": "api.example.com",
            "domainPrefix": "api",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "test",
            },
            "requestId": "id",
            "routeKey": "$default",
            "stage": stage,
            "time": "12/Mar/2026:19:03:58 +0000",
            "timeEpoch": 1_773_342_238_000,
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


@contextlib.contextmanager
def api_gateway(make_handler: Callable[[], Handler], headers: dict[str, str] | None = None) -> Iterator[str]:
    """The handler behind a loopback address; `headers` are added to every request.

    Like an instance of a Lambda function it is made, and answers one event at a time, in one thread.
    """
    added = headers or {}
    instance = ThreadPoolExecutor(1, initializer=lambda: asyncio.set_event_loop(asyncio.new_event_loop()))
    handler = instance.submit(make_handler).result()

    class Gateway(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            event = http_event(self.command, self.path, {**self.headers, **added}, body)
            answer = instance.submit(handler, event, None).result()
            content = answer["body"].encode()
            if answer.get("isBase64Encoded"):
                content = base64.b64decode(content)
            self.send_response(answer["statusCode"])
            for name, value in answer["headers"].items():
                if name.lower() != "content-length":
                    self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _forward  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
        instance.submit(lambda: asyncio.get_event_loop().close()).result()
        instance.shutdown()
