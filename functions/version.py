"""Which code this is: the package version and, in a checkout, the commit."""

import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent


@cache
def code_version() -> str:
    """`0.1.0`, or `0.1.0+g1a2b3c4` in a checkout, with `.dirty` when files were changed."""
    try:
        release = version("agentic-trader")
    except PackageNotFoundError:
        release = "0"
    commit = _commit() if (_ROOT / ".git").exists() else ""
    return f"{release}+g{commit}" if commit else release


def _commit() -> str:
    command = ["git", "-C", str(_ROOT), "describe", "--always", "--dirty=.dirty", "--abbrev=7", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)  # noqa: S603 - fixed words
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
