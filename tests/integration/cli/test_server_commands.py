"""`serve` and `demo`: the API as a child process, over real sockets."""

import json
import signal
import socket
import subprocess
from pathlib import Path

import httpx
import psutil
import pytest

from functions.cli.api_process import api_process
from tests.kit.cli import agentic_trader, child_environment, command


def test_serve_prints_its_links_answers_and_stops_at_ctrl_c(tmp_path: Path) -> None:
    server = subprocess.Popen(
        command("serve", "--port", "0", "--json"),
        env=child_environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    lines = iter(server.stdout.readline, "")
    text = ""
    for line in lines:
        text += line
        if line == "}\n":
            break
    links = json.loads(text)
    assert httpx.get(links["health"], trust_env=False).status_code == 200
    answer = httpx.post(links["graphql"], json={"query": "{ __typename }"}, trust_env=False)
    assert answer.json() == {"data": {"__typename": "Query"}}
    server.send_signal(signal.SIGINT)
    rest, _ = server.communicate(timeout=30)
    assert rest == ""
    assert server.returncode in {0, 130}


def test_a_port_that_is_taken_needs_a_person(empty_folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = agentic_trader("serve", "--port", str(port), "--json")
    assert refused.code == 5
    assert f"Port {port}" in refused.document["error"]["message"]


def test_strangers_are_not_let_in_without_keys(empty_folder: Path) -> None:
    refused = agentic_trader("serve", "--host", "0.0.0.0", "--port", "0")  # noqa: S104 - refused is what is tested
    assert refused.code == 5
    assert "agentic-trader key create" in refused.stderr


def test_the_server_of_a_block_ends_with_it_even_when_it_raises(tmp_path: Path) -> None:
    def children() -> set[int]:
        return {child.pid for child in psutil.Process().children()}

    before, url = children(), ""

    def raises_inside() -> None:
        nonlocal url
        with api_process(tmp_path / "data", tmp_path / "log") as url:
            assert httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
            assert children() - before
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        raises_inside()
    assert children() - before == set()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/healthz", trust_env=False)


def test_the_demo_runs_the_whole_platform_and_believes_its_numbers(
    empty_folder: Path, tmp_path: Path
) -> None:
    done = agentic_trader("demo", "--folder", str(tmp_path / "demo"), "--json")
    assert done.code == 0, done.stderr
    result = done.document
    assert result == json.loads((tmp_path / "demo" / "result.json").read_text())
    assert all(check["holds"] for check in result["checks"])
    assert result["trades"] > 0
    assert result["benchmark"]["final_equity"] > 0
    assert (tmp_path / "demo" / "report.html").read_text().lstrip().lower().startswith("<!doctype html")
    assert not empty_folder.exists() or not any(empty_folder.iterdir())
