"""How names, types and texts of the schema are written in Python; `python_client` puts them together."""

import keyword
import re

from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLType,
    get_named_type,
)

_SCALARS = {
    "ID": "str",
    "String": "str",
    "Int": "int",
    "Float": "float",
    "Boolean": "bool",
    "BigInt": "int",
    "Decimal": "Decimal",
    "Date": "date",
    "DateTime": "datetime",
    "JSON": "Any",
}


def nullable(kind: GraphQLType) -> GraphQLType:
    """The type without the mark that it is never null."""
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind


def is_required(value: GraphQLArgument | GraphQLInputField) -> bool:
    return isinstance(value.type, GraphQLNonNull) and value.default is None


def argument_type(value: GraphQLArgument | GraphQLInputField) -> str:
    plain = _certain_type(nullable(value.type), argument=True)
    return plain if is_required(value) or plain == "Any" else f"{plain} | None"


def python_type(kind: GraphQLType, *, argument: bool = False) -> str:
    certain = _certain_type(nullable(kind), argument=argument)
    return certain if isinstance(kind, GraphQLNonNull) or certain == "Any" else f"{certain} | None"


def _certain_type(kind: GraphQLType, *, argument: bool) -> str:
    """The Python type of a value that is not null."""
    if isinstance(kind, GraphQLList):
        item = python_type(kind.of_type, argument=argument)
        return f"Sequence[{item}]" if argument else f"tuple[{item}, ...]"
    name = get_named_type(kind).name
    return _SCALARS[name] if isinstance(kind, GraphQLScalarType) else name


def python_name(name: str) -> str:
    snake = snake_case(name)
    return f"{snake}_" if keyword.iskeyword(snake) else snake


def snake_case(name: str) -> str:
    return re.sub(
        r"(?<=[a-z0-9])([A-Z])|(?<=[a-z])([0-9]+)", lambda found: "_" + found.group(0).lower(), name
    )


def docstring(text: str | None, name: str) -> str:
    return f'    """{_said(text, name)}"""\n\n'


def method_docstring(text: str | None, name: str) -> str:
    return f'        """{_said(text, name)}"""\n'


def _said(text: str | None, name: str) -> str:
    plain = " ".join((text or "").replace("\\", "").replace('"', "'").split())
    return plain or f"`{name}` of the schema."


def literal(document: str) -> str:
    words, lines, line = document.split(" "), [], ""
    for word in words:
        if len(line) + len(word) > 90:  # noqa: PLR2004 - what fits a line of source
            lines.append(line)
            line = ""
        line += f"{word} "
    lines.append(line.rstrip())
    quoted = "\n".join(f'            "{one}"' for one in lines)
    return f"(\n{quoted}\n        )"
