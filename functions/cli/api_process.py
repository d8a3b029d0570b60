"""The API server as a child process that never outlives the block it serves."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from domain.errors import NeedsOperator
from functions.cli.faults import file_refused

START_TIMEOUT_SECONDS = 60.0
_STOP_TIMEOUT_SECONDS = 10.0
_OURS = "AGENTIC_TRADER_"


@contextmanager
def api_process(folder: Path, log: Path) -> Iterator[str]:
    """The URL of a server on a free port, on the data of this folder alone.

    It is stopped when the block ends, however it ends. Raises NeedsOperator when it does not start;
    what it said is in the log.
    """
    command = [sys.executable, "-m", "functions.cli", "serve", "--host", "127.0.0.1", "--port", "0", "--json"]
    try:
        told = log.open("wb")
    except OSError as refused:
        raise file_refused(log, refused) from None
    with told:
        process = subprocess.Popen(  # noqa: S603 - this very program
            command,
            env=environment(os.environ, folder),
            stdout=subprocess.PIPE,
            stderr=told,
            stdin=subprocess.DEVNULL,
        )
        try:
            yield _url(process, log)
        finally:
            _stop(process)


def environment(inherited: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment of a local server: settings of the person's own server do not reach it."""
    kept = {
        name: value
        for name, value in inherited.items()
        if not name.startswith(_OURS) and name != "DATABASE_URL"
    }
    return kept | {f"{_OURS}DATA_FOLDER": str(folder.absolute()), f"{_OURS}LOG_LEVEL": "WARNING"}


def _url(process: "subprocess.Popen[bytes]", log: Path) -> str:
    assert process.stdout is not None  # noqa: S101 - asked for above
    answers: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read_document, args=(process.stdout, answers), daemon=True).start()
    try:
        document = json.loads(answers.get(timeout=START_TIMEOUT_SECONDS))
    except (queue.Empty, ValueError):
        document = {}
    url = document.get("url")
    if not url:
        reason = document.get("error", {}).get("message", f"it said nothing; its log is {log}")
        raise NeedsOperator(f"The API server did not start: {reason}")
    return str(url)


def _read_document(stream: IO[bytes], answers: "queue.SimpleQueue[str]") -> None:
    """The first JSON document of the stream; cut short when the stream ends."""
    text = ""
    for line in stream:
        text += line.decode()
        if line == b"}\n":
            break
    answers.put(text)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
