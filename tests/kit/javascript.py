"""Node programs that test the API with the reference clients."""

import fcntl
import json
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "integration" / "javascript"
_OLDEST_NODE = 20


def javascript() -> Path:
    """The folder of the programs, with their packages installed.

    Fails the test with one sentence when Node is missing or too old, or npm cannot install.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.fail(f"These tests need Node {_OLDEST_NODE} or newer with npm; install it.", pytrace=False)
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < _OLDEST_NODE:
        pytest.fail(f"These tests need Node {_OLDEST_NODE} or newer; this is {version}.", pytrace=False)
    with (FOLDER / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # parallel test processes share the folder
        if not _is_installed():
            _install(npm)
    return FOLDER


def _is_installed() -> bool:
    marker = FOLDER / "node_modules" / ".package-lock.json"
    if not marker.exists():
        return False
    wanted = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    found = json.loads(marker.read_text())["packages"]
    return {name: package["version"] for name, package in wanted.items() if name} == {
        name: package["version"] for name, package in found.items()
    }


def _install(npm: str) -> None:
    done = subprocess.run(
        [npm, "ci", "--no-fund", "--no-audit"], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        pytest.fail(f"npm could not install the test clients: {reason[0]}", pytrace=False)
