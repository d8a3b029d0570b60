"""Where words go: results to stdout, everything else to stderr, so that a pipe reads results only."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

AsJson = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON document on stdout and nothing else there.", show_default=False
    ),
]

_WIDTH_WITHOUT_TERMINAL = 160
_STDOUT, _STDERR = 1, 2


def print_json(document: object) -> None:
    """The one document of a command. Undefined numbers are null: NaN is not JSON."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False, default=_plain)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def write_line(text: str) -> None:
    """One line of the result, exactly as it is: never wrapped, never coloured."""
    sys.stdout.write(text + "\n")


def show(*renderables: "RenderableType") -> None:
    """Part of the result, for a person."""
    for renderable in renderables:
        _console(sys.stdout.isatty()).print(renderable, markup=False, highlight=False)


@contextmanager
def only_results_on_stdout() -> Iterator[None]:
    """What strategies print goes to stderr, from this process and from workers that are started inside,
    so that stdout stays the one document it is promised to be."""
    sys.stdout.flush()
    with redirect_stdout(sys.stderr):
        kept = os.dup(_STDOUT)
        os.dup2(_STDERR, _STDOUT)
        try:
            yield
        finally:
            os.dup2(kept, _STDOUT)
            os.close(kept)


def note(sentence: str) -> None:
    """Something worth knowing that is not the result."""
    notes_console().print(sentence, markup=False, highlight=False, soft_wrap=True)


@cache
def notes_console() -> "Console":
    """The console on stderr, which progress bars share so that notes appear above them."""
    from rich.console import Console

    return Console(stderr=True)


@cache
def _console(is_terminal: bool) -> "Console":
    from rich.console import Console

    return Console() if is_terminal else Console(width=_WIDTH_WITHOUT_TERMINAL)


def table(title: str, *columns: str, right: tuple[str, ...] = ()) -> "Table":
    """An empty table in the house style; the columns named in `right` hold numbers."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    made = Table(
        title=title or None, title_justify="left", box=SIMPLE_HEAD, header_style="bold", pad_edge=False
    )
    for column in columns:
        made.add_column(
            column, justify="right" if column in right else "left", overflow="fold", no_wrap=column == "Id"
        )
    return made


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | StrEnum):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
