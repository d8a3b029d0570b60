"""What generated types share: snake_case here, camelCase on the wire."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from agentic_trader.notebook import framed, table_of
from agentic_trader.study_notebook import PRESENTED

T = TypeVar("T")


def _wire_name(name: str) -> str:
    """`from_` and `return_` stand for words that Python keeps for itself."""
    return to_camel(name.removesuffix("_"))


class ApiObject(BaseModel):
    """Something the platform answered with; fields it may gain later are ignored."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=_wire_name,
        populate_by_name=True,
        protected_namespaces=(),
    )

    def _repr_html_(self) -> str:
        name, fields = type(self).__name__, self.model_dump()
        return PRESENTED[name](fields) if name in PRESENTED else table_of(name, fields)


class ApiInput(BaseModel):
    """Something to send; what is None is left out, and has the platform's default."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=_wire_name,
        populate_by_name=True,
        protected_namespaces=(),
    )


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """A report. Shown in a notebook as it is; `str` gives its source."""

    title: str
    source: str

    def __str__(self) -> str:
        return self.source

    def _repr_html_(self) -> str:
        return framed(self.source, self.title)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A slice of a listing, to be gone through like a list. Pass `end_cursor` as `after` for the next one."""

    items: tuple[T, ...]
    total_count: int
    has_next: bool
    end_cursor: str | None

    @classmethod
    def read(cls, kind: type[T], answer: Mapping[str, Any]) -> "Page[T]":
        info = answer["pageInfo"]
        nodes = (edge["node"] for edge in answer["edges"])
        items = tuple(kind.model_validate(node) for node in nodes)  # type: ignore[attr-defined]
        return cls(items, answer["totalCount"], info["hasNextPage"], info["endCursor"])

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def _repr_html_(self) -> str:
        shown = {str(number): item for number, item in enumerate(_plain(self.items), 1)}
        return table_of(f"{len(self.items)} of {self.total_count}", shown)


def _plain(items: tuple[Any, ...]) -> list[Any]:
    return [item.model_dump() if isinstance(item, BaseModel) else item for item in items]


def arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """JSON values of arguments; what is None is left out."""
    return {name: _sent(value) for name, value in given.items() if value is not None}


def _sent(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, Mapping):
        return {key: _sent(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_sent(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
