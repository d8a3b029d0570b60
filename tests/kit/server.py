"""The API as a child process, the way an operator starts it."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.kit.cli import child_environment, command

_PATIENCE_SECONDS = 60


@contextmanager
def running_server(folder: Path, *, import_sample: bool = True) -> Iterator[str]:
    """The address of a server on a free port that works in this data folder; stopped at the end."""
    environment = child_environment(folder)
    if import_sample:
        subprocess.run(
            command("data", "import", "sample", "--all", "--json"),
            check=True,
            env=environment,
            capture_output=True,
        )
    server = subprocess.Popen(
        command("serve", "--port", "0", "--json"),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield _address(server)
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=_PATIENCE_SECONDS)


def ask(client: httpx.Client, query: str, **variables: Any) -> dict[str, Any]:
    """The data of a GraphQL request that must succeed."""
    answer = client.post("/graphql", json={"query": query, "variables": variables}).json()
    if "errors" in answer:
        raise AssertionError(answer["errors"])
    data: dict[str, Any] = answer["data"]
    return data


def _address(server: "subprocess.Popen[str]") -> str:
    printed = ""
    for line in server.stdout or ():
        printed += line
        try:
            address: str = json.loads(printed)["url"]
        except json.JSONDecodeError:
            continue
        return address
    raise AssertionError("The server ended before it was ready.")
