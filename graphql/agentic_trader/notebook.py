"""How answers look in a notebook: tables of their fields, and reports in a frame of their own."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

_CELL = "text-align:left;vertical-align:top;padding:2px 12px 2px 0"
_SHORT = 6
_REPORT_HEIGHT_PIXELS = 900


def table_of(title: str, fields: Mapping[str, object]) -> str:
    """The fields of an answer, one row each; objects and long lists can be opened."""
    rows = "".join(
        f'<tr><th style="{_CELL}">{escape(name.rstrip("_").replace("_", " "))}</th>'
        f'<td style="{_CELL}">{_shown(value)}</td></tr>'
        for name, value in fields.items()
        if value is not None
    )
    return f"<table><caption>{escape(title)}</caption>{rows}</table>"


def columns_of(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with a head; nothing without rows."""
    if not rows:
        return ""
    head = "".join(f'<th style="{_CELL}">{escape(name)}</th>' for name in heads)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><caption>{escape(title)}</caption><tr>{head}</tr>{body}</table>"


def folded(summary: str, inner: str) -> str:
    """What a reader opens when he wants more."""
    return f"<details><summary>{escape(summary)}</summary>{inner}</details>"


def framed(page: str, title: str) -> str:
    """A whole HTML page inside a notebook, kept apart from the notebook's own styles and scripts."""
    return (
        f'<iframe title="{escape(title)}" sandbox="allow-scripts" srcdoc="{escape(page)}" '
        f'style="width:100%;height:{_REPORT_HEIGHT_PIXELS}px;border:0"></iframe>'
    )


def _cell(text: str) -> str:
    return f'<td style="{_CELL}">{escape(text)}</td>'


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return folded(f"{len(value)} fields", table_of("", value))
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = "".join(f"<li>{_shown(item)}</li>" for item in value)
        listed = f"<ul>{items}</ul>"
        return listed if len(value) <= _SHORT else folded(str(len(value)), listed)
    if isinstance(value, float):
        return f"{value:,.6g}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    return escape(str(value))
