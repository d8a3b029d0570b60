"""The server on one machine: when it starts, when it refuses to, and how it stops."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from domain.errors import NeedsOperator
from functions.local import serve
from tests.kit.api import ApiOnFakes

_ROOT = Path(__file__).resolve().parents[3]
_PROGRAM = """
from functions.local import serve
from tests.kit.api import ApiOnFakes
api = ApiOnFakes()
serve(api, "127.0.0.1", 0, lambda url: print(url, flush=True))
print("stopped after warming up", api.warmed_up, flush=True)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal_and_then_returns(how: signal.Signals) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{_ROOT / 'graphql'}{os.pathsep}{_ROOT}"}
    command = [sys.executable, "-c", _PROGRAM]
    with subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        answer = httpx.post(f"{url}/graphql", json={"query": "{ viewer { role } }"}, timeout=10)
        assert answer.json() == {"data": {"viewer": {"role": "ADMIN"}}}
        server.send_signal(how)
        assert server.stdout.readline() == "stopped after warming up 1\n"
        assert server.wait(10) == 0


def test_a_port_in_use_is_named_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(NeedsOperator) as refused:
            serve(ApiOnFakes(), "127.0.0.1", port)
    assert str(refused.value) == (
        f"Port {port} of 127.0.0.1 is taken by another program; stop it, "
        "or choose another with --port or AGENTIC_TRADER_PORT."
    )


def test_an_address_of_another_machine_is_refused() -> None:
    api = ApiOnFakes()
    api.key()
    with pytest.raises(NeedsOperator, match="is no address of this machine"):
        serve(api, "203.0.113.7", 0)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])  # noqa: S104 - refused
def test_strangers_are_not_let_in_while_there_is_no_key(host: str) -> None:
    with pytest.raises(NeedsOperator) as refused:
        serve(ApiOnFakes(), host, 0)
    assert str(refused.value) == (
        f"Binding to {host} would let other machines in while no API key exists; "
        "make one first with 'agentic-trader key create', or bind to 127.0.0.1."
    )


def test_with_a_key_it_binds_to_every_address(monkeypatch: pytest.MonkeyPatch) -> None:
    import uvicorn

    api = ApiOnFakes()
    api.key()
    told: list[str] = []

    def ready_and_stop(url: str) -> None:
        told.append(url)
        servers[0].should_exit = True

    servers: list[uvicorn.Server] = []
    start = uvicorn.Server.__init__

    def noted(self: uvicorn.Server, config: uvicorn.Config) -> None:
        start(self, config)
        servers.append(self)

    monkeypatch.setattr(uvicorn.Server, "__init__", noted)
    thread = threading.Thread(target=serve, args=(api, "0.0.0.0", 0, ready_and_stop))  # noqa: S104 - with a key
    thread.start()
    thread.join(15)
    assert not thread.is_alive()
    assert told[0].startswith("http://0.0.0.0:")
