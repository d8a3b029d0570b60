"""Specification and provenance as a list of names and values, however deeply they are nested."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import singledispatch
from itertools import islice

from domain.performance.adapters import formatting
from domain.performance.adapters.formatting import DASH

_MOST_ITEMS = 50


@dataclass(frozen=True, slots=True)
class Fact:
    """A name as people read it, its place in the mapping, and the value as text."""

    name: str
    text: str
    depth: int = 0
    is_heading: bool = False


def facts(values: Mapping[str, object]) -> tuple[Fact, ...]:
    """The mapping in its own order; nested mappings become headings with indented entries."""
    return tuple(_walk(values, 0))


def _walk(values: Mapping[str, object], depth: int) -> Iterator[Fact]:
    for name, value in values.items():
        label = _label(str(name))
        if isinstance(value, Mapping):
            if value:
                yield Fact(label, "", depth, is_heading=True)
                yield from _walk(value, depth + 1)
            else:
                yield Fact(label, DASH, depth)
        else:
            yield Fact(label, _text(value), depth)


def _label(name: str) -> str:
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


@singledispatch
def _text(value: object) -> str:
    return str(value) or DASH


@_text.register(type(None))
def _(_value: None) -> str:
    return DASH


@_text.register
def _(value: bool) -> str:
    return "yes" if value else "no"


@_text.register
def _(value: datetime) -> str:
    return formatting.moment(value) if value.tzinfo else value.isoformat(" ")


@_text.register
def _(value: date) -> str:
    return formatting.day(value)


@_text.register(int)
@_text.register(float)
@_text.register(Decimal)
def _(value: float | Decimal) -> str:
    """As it was given, so that it can be typed again; only the minus is made a true one."""
    text = (
        f"{value:.12g}"
        if isinstance(value, float)
        else f"{value:f}"
        if isinstance(value, Decimal)
        else str(value)
    )
    return text.replace("-", formatting.MINUS, 1) if text.startswith("-") else text


@_text.register(list)
@_text.register(tuple)
@_text.register(set)
@_text.register(frozenset)
def _(values: Collection[object]) -> str:
    shown = ", ".join(_text(value) for value in islice(values, _MOST_ITEMS)) or DASH
    more = len(values) - _MOST_ITEMS
    return f"{shown} and {formatting.count(more)} more" if more > 0 else shown
