"""A server of one's own, for as long as a client needs it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from agentic_trader.errors import Unreachable

_STOP_TIMEOUT_SECONDS = 10.0


class LocalServer:
    """The platform on a free port of this machine, on the data of one folder. Stop it when done.

    Raises Unreachable when it does not start; the reason it gave is in the message.
    """

    def __init__(self, data_folder: Path | None = None) -> None:
        words = "-m functions.cli serve --host 127.0.0.1 --port 0 --json"
        settings = {"AGENTIC_TRADER_LOG_LEVEL": "WARNING"}
        folder = {} if data_folder is None else {"AGENTIC_TRADER_DATA_FOLDER": str(data_folder.absolute())}
        self._process = subprocess.Popen(  # noqa: S603 - the platform's own command
            [sys.executable, *words.split()],
            env=os.environ | settings | folder,
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        document = self._first_document()
        if "url" not in document:
            self.stop()
            reason = document.get("error", {}).get(
                "message", "the package 'agentic-trader[local]' may be missing"
            )
            raise Unreachable(f"The local server did not start: {reason}")
        self.url: str = document["url"]

    def stop(self) -> None:
        """End it, and wait until it has ended."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _first_document(self) -> dict[str, Any]:
        text = ""
        for line in self._process.stdout or ():
            text += line
            if line == "}\n":
                break
        try:
            document: dict[str, Any] = json.loads(text)
        except ValueError:
            return {}
        return document
