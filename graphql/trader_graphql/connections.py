"""Relay: global ids, nodes, and pages of lists."""

import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import strawberry
from strawberry.relay import PageInfo
from strawberry.relay.utils import from_base64, to_base64

from domain.errors import InvalidInput
from trader_graphql.fields import resolved

LARGEST_PAGE = 100

T = TypeVar("T")
S = TypeVar("S")


@strawberry.interface(description="Anything that can be fetched again by its id alone.")
class Node:
    id: strawberry.ID = strawberry.field(description="Unique over all types; opaque.")


def global_id(kind: str, key: str) -> strawberry.ID:
    """The id of a thing over all types."""
    return strawberry.ID(to_base64(kind, key))


def split_id(text: str, field: str = "id") -> tuple[str, str]:
    """Type name and key of a global id. Raises InvalidInput at `field` for anything else."""
    try:
        return from_base64(text)
    except (ValueError, binascii.Error, UnicodeError):
        raise InvalidInput.at(field, message=f"'{text}' is not an id of this API") from None


def key_of(kind: str, text: str, field: str = "id") -> str:
    """The key inside a global id of this type. Raises InvalidInput at `field`."""
    found, key = split_id(text, field)
    if found != kind:
        raise InvalidInput.at(field, message=f"names a {found}, not a {kind}")
    return key


@strawberry.type(description="A thing in a list, and where it stands there.")
class Edge(Generic[T]):
    node: T
    key: strawberry.Private[str]

    @resolved("Opaque; asks for what comes after or before this thing.")
    def cursor(self) -> str:
        return cursor_of(self.key)


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]]
    page_info: PageInfo
    total_count: int = strawberry.field(description="Things in the whole list.")


@dataclass(frozen=True, slots=True)
class PageArguments:
    """Which page of a list is wanted. Exactly one of first and last is given, from 1 to 100."""

    first: int | None
    last: int | None
    after: str | None
    before: str | None

    @classmethod
    def read(
        cls, first: int | None, last: int | None, after: str | None, before: str | None
    ) -> "PageArguments":
        """Raises InvalidInput."""
        if (first is None) == (last is None):
            raise InvalidInput.at("first", message=f"give either first or last, from 1 to {LARGEST_PAGE}")
        for name, count in (("first", first), ("last", last)):
            if count is not None and not 1 <= count <= LARGEST_PAGE:
                raise InvalidInput.at(name, message=f"must be from 1 to {LARGEST_PAGE}, not {count}")
        return cls(
            first, last, after and _read_cursor(after, "after"), before and _read_cursor(before, "before")
        )


def cursor_of(key: str) -> str:
    """An opaque cursor that points at the thing with this key."""
    return to_base64("cursor", key)


def _read_cursor(text: str, field: str) -> str:
    try:
        kind, key = from_base64(text)
    except (ValueError, binascii.Error, UnicodeError):
        kind, key = "", ""
    if kind != "cursor":
        raise InvalidInput.at(field, message=f"'{text}' is not a cursor of this list")
    return key


def connection(
    items: Sequence[S],
    key: Callable[[S], str],
    node: Callable[[S], T],
    *,
    has_next: bool,
    has_previous: bool,
    total: int,
) -> Connection[T]:
    """A page that a repository has cut already."""
    edges = [Edge(node=node(item), key=key(item)) for item in items]
    info = PageInfo(
        has_next_page=has_next,
        has_previous_page=has_previous,
        start_cursor=cursor_of(edges[0].key) if edges else None,
        end_cursor=cursor_of(edges[-1].key) if edges else None,
    )
    return Connection(edges=edges, page_info=info, total_count=total)


def slice_of(total: int, arguments: PageArguments, position: Callable[[str], int | None]) -> range:
    """Which rows of a list of `total` the page holds.

    position says at which row the thing with a key stands. Raises InvalidInput for a cursor that
    points at nothing.
    """
    start = 0 if arguments.after is None else _position(position, arguments.after, "after") + 1
    stop = total if arguments.before is None else _position(position, arguments.before, "before")
    if arguments.first is not None:
        return range(start, max(start, min(stop, start + arguments.first)))
    return range(max(start, stop - (arguments.last or 0)), max(start, stop))


def _position(position: Callable[[str], int | None], key: str, field: str) -> int:
    found = position(key)
    if found is None:
        raise InvalidInput.at(field, message="points at nothing in this list any more")
    return found


def page_of(
    items: Sequence[S], key: Callable[[S], str], node: Callable[[S], T], arguments: PageArguments
) -> Connection[T]:
    """Cut a page out of a whole list."""
    places = {key(item): index for index, item in enumerate(items)}
    rows = slice_of(len(items), arguments, places.get)
    return connection(
        items[rows.start : rows.stop],
        key,
        node,
        has_next=rows.stop < len(items),
        has_previous=rows.start > 0,
        total=len(items),
    )
