"""Writes `graphql/schema.graphql`, or says whether it is still what the code makes.

python -m trader_graphql.export            write it
python -m trader_graphql.export --check    exit 1, and show the difference, when it is out of date
"""

import argparse
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

from trader_graphql.schema import build_schema

FILE = Path(__file__).resolve().parent.parent / "schema.graphql"
_HEAD = "# Written by `make schema` from graphql/trader_graphql; edit that, not this.\n\n"


def sdl() -> str:
    """The schema in its definition language, as the file holds it."""
    return f"{_HEAD}{build_schema().as_str().rstrip()}\n"


def drift(file: Path) -> str:
    """How the file differs from the code, as a unified diff; empty when it does not."""
    stored = file.read_text(encoding="utf-8") if file.exists() else ""
    lines = difflib.unified_diff(
        stored.splitlines(), sdl().splitlines(), "stored", "from the code", lineterm=""
    )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None, file: Path = FILE) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m trader_graphql.export", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, and change nothing")
    if not parser.parse_args(arguments).check:
        file.write_text(sdl(), encoding="utf-8")
        return 0
    difference = drift(file)
    if not difference:
        return 0
    sys.stdout.write(f"{difference}\n")
    sys.stderr.write(f"{file.name} is not what the code makes; run 'make schema' and commit the result.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
