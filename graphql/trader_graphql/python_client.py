"""Writes `agentic_trader/generated.py`, the typed half of the Python client, from `graphql/schema.graphql`.

python -m trader_graphql.python_client            write it
python -m trader_graphql.python_client --check    exit 1 when it is out of date

Each object of the schema becomes a class with the fields that need no arguments and are no lists to
page through (lists of objects are None in what a listing answers); each field of Query, Mutation and Subscription becomes a method that selects them.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    is_leaf_type,
)

from trader_graphql.python_types import (
    argument_type,
    docstring,
    is_required,
    literal,
    method_docstring,
    nullable,
    python_name,
    python_type,
    snake_case,
)

HERE = Path(__file__).resolve().parent
SCHEMA, FILE = HERE.parent / "schema.graphql", HERE.parent / "agentic_trader" / "generated.py"
_REFUSALS = {"InvalidInput", "NotFound", "Conflict", "Forbidden", "RiskRejected"}
_ON_DEMAND = {("Backtest", "verdict"), ("Backtest", "anatomy")}
"""Fields that are worked out when they are asked for; the client has a method for each."""
_INVALID = "... on InvalidInput { message problems { path message } }"
Held = TypeVar("Held", GraphQLObjectType, GraphQLInputObjectType)
_FIRST = 20
_INPUT_OF_GIVEN = '{"input": given}'
_HEAD = '''"""The schema as Python types and methods. Written by `make schema` from graphql/schema.graphql."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from agentic_trader.objects import ApiInput, ApiObject, Page, arguments
from agentic_trader.transport import carried_out
'''
_TRANSPORT = """
class _Transport(Protocol):
    def execute(self, document: str, variables: Mapping[str, Any]) -> dict[str, Any]: ...

    def subscribe(self, document: str, variables: Mapping[str, Any]) -> Iterator[dict[str, Any]]: ...
"""


def generated(schema: GraphQLSchema) -> str:
    """The source of `generated.py`."""
    return "\n\n\n".join(part.strip("\n") for part in _parts(schema)) + "\n"


def _parts(schema: GraphQLSchema) -> Iterator[str]:
    yield _HEAD
    roots = {schema.query_type, schema.mutation_type, schema.subscription_type}
    types = [kind for name, kind in sorted(schema.type_map.items()) if not name.startswith("__")]
    for kind in types:
        if isinstance(kind, GraphQLEnumType):
            yield _enum(kind)
    inputs = [kind for kind in types if isinstance(kind, GraphQLInputObjectType)]
    for given in _inner_first([kind for kind in inputs if not _is_flattened(kind, schema)]):
        yield _input(given)
    objects = [kind for kind in types if isinstance(kind, GraphQLObjectType) and kind not in roots]
    for kind in _inner_first([kind for kind in objects if _is_modelled(kind)]):
        yield _object(kind)
    yield _selections(schema)
    yield _TRANSPORT
    yield _operations(schema)


def _inner_first(kinds: Sequence[Held]) -> list[Held]:
    """Each type after those its fields hold, so that Python knows them."""
    ordered: list[Held] = []

    def add(kind: Held, path: tuple[str, ...] = ()) -> None:
        if kind.name in path:
            raise ValueError(f"The types {' > '.join((*path, kind.name))} hold each other.")
        for held in _held_by(kind):
            add(held, (*path, kind.name))
        if kind not in ordered:
            ordered.append(kind)

    for kind in kinds:
        add(kind)
    return ordered


def _held_by(kind: Held) -> Iterator[Held]:
    fields = (
        kind.fields.values()
        if isinstance(kind, GraphQLInputObjectType)
        else dict(_plain_fields(kind)).values()
    )
    for field in fields:
        named = get_named_type(field.type)
        if isinstance(named, type(kind)):
            yield named


def _is_modelled(kind: GraphQLObjectType) -> bool:
    return kind.name not in _REFUSALS | {"PageInfo"} and not re.search(r"(Connection|Edge)$", kind.name)


def _is_flattened(kind: GraphQLInputObjectType, schema: GraphQLSchema) -> bool:
    """Whether it is the one input of a mutation, whose fields become keyword arguments."""
    mutations = schema.mutation_type.fields.values() if schema.mutation_type else ()
    return any(get_named_type(field.args["input"].type) is kind for field in mutations)


def _enum(kind: GraphQLEnumType) -> str:
    members = "\n".join(f'    {name} = "{name}"' for name in kind.values)
    return f"class {kind.name}(StrEnum):\n{docstring(kind.description, kind.name)}{members}\n"


def _input(kind: GraphQLInputObjectType) -> str:
    ordered = sorted(kind.fields.items(), key=lambda item: not is_required(item[1]))
    lines = "".join(
        f"    {python_name(name)}: {argument_type(field)}{'' if is_required(field) else ' = None'}\n"
        for name, field in ordered
    )
    return f"class {kind.name}(ApiInput):\n{docstring(kind.description, kind.name)}{lines}"


def _object(kind: GraphQLObjectType) -> str:
    lines = "".join(f"    {python_name(name)}: {_field_type(field)}\n" for name, field in _plain_fields(kind))
    return f"class {kind.name}(ApiObject):\n{docstring(kind.description, kind.name)}{lines}"


def _field_type(field: GraphQLField) -> str:
    plain = python_type(field.type)
    return f"{plain.removesuffix(' | None')} | None = None" if _is_table(field) else plain


def _is_table(field: GraphQLField) -> bool:
    """A list of objects, which a listing leaves out: a page of them would be more than a server allows."""
    return isinstance(nullable(field.type), GraphQLList) and not is_leaf_type(get_named_type(field.type))


def _plain_fields(kind: GraphQLObjectType) -> Iterator[tuple[str, GraphQLField]]:
    """Those that need no argument, and hold no interface, union or pages."""
    for name, field in kind.fields.items():
        named = get_named_type(field.type)
        if field.args or isinstance(named, GraphQLInterfaceType | GraphQLUnionType):
            continue
        if (kind.name, name) in _ON_DEMAND:
            continue
        if isinstance(named, GraphQLObjectType) and not _is_modelled(named):
            continue
        yield name, field


def _selection(kind: GraphQLType, *, tables: bool = True) -> str:
    named = get_named_type(kind)
    if is_leaf_type(named):
        return ""
    if isinstance(named, GraphQLUnionType):
        found = [_fragment(member) for member in named.types]
        return f" {{ __typename {' '.join(found)} }}"
    assert isinstance(named, GraphQLObjectType)  # noqa: S101 - interfaces are left out above
    if named.name.endswith("Connection"):
        node = get_named_type(get_named_type(named.fields["edges"].type).fields["node"].type)
        return f" {{ totalCount pageInfo {{ hasNextPage endCursor }} edges {{ node{_selection(node, tables=False)} }} }}"
    inner = " ".join(
        f"{name}{_selection(field.type, tables=tables)}"
        for name, field in _plain_fields(named)
        if tables or not _is_table(field)
    )
    return f" {{ {inner} }}"


def _fragment(member: GraphQLObjectType) -> str:
    if member.name == "InvalidInput":
        return _INVALID
    if member.name in _REFUSALS:
        return f"... on {member.name} {{ message }}"
    return f"... on {member.name}{_selection(member)}"


def _selections(schema: GraphQLSchema) -> str:
    """What to ask for where the client writes a query of its own."""
    kinds = [
        kind.fields[name]
        for owner, name in sorted(_ON_DEMAND)
        if isinstance(kind := schema.type_map.get(owner), GraphQLObjectType) and name in kind.fields
    ]
    lines = "".join(
        f'    "{get_named_type(field.type).name}": {literal(_selection(field.type).strip())},\n'
        for field in kinds
    )
    return f"SELECTIONS: Mapping[str, str] = {{\n{lines}}}\n"


def _operations(schema: GraphQLSchema) -> str:
    methods = [
        _method(word, name, field)
        for word, root in (
            ("query", schema.query_type),
            ("mutation", schema.mutation_type),
            ("subscription", schema.subscription_type),
        )
        for name, field in (root.fields.items() if root else ())
        if not isinstance(get_named_type(field.type), GraphQLInterfaceType)
    ]
    return (
        'class Operations:\n    """Every field of the schema as a method. What is None is left out."""\n\n'
        "    _transport: _Transport\n\n" + "\n\n".join(methods) + "\n"
    )


def _method(word: str, name: str, field: GraphQLField) -> str:
    flattened = word == "mutation"
    given: Mapping[str, GraphQLArgument | GraphQLInputField] = (
        _fields_of_input(field) if flattened else field.args
    )
    ordered = sorted(given.items(), key=lambda item: not is_required(item[1]))
    parameters = "".join(
        f"        {python_name(key)}: {argument_type(value)}{'' if is_required(value) else ' = None'},\n"
        for key, value in ordered
    )
    star = "        *,\n" if ordered and not (len(ordered) == 1 and is_required(ordered[0][1])) else ""
    variables = ", ".join(f'"{key}": {python_name(key)}' for key, _ in ordered)
    returned, body = _body(word, name, field)
    return (
        f"    def {snake_case(name)}(\n        self,\n{star}{parameters}    ) -> {returned}:\n"
        f"{method_docstring(field.description, name)}"
        f"{_first_page(field)}"
        f"        given = arguments({{{variables}}})\n"
        f"        variables = {_INPUT_OF_GIVEN if flattened else 'given'}\n"
        f"        document = {literal(_document(word, name, field))}\n{body}"
    )


def _first_page(field: GraphQLField) -> str:
    """A listing that was asked for without a size begins with its first page."""
    if not get_named_type(field.type).name.endswith("Connection"):
        return ""
    return f"        first = {_FIRST} if first is None and last is None else first\n"


def _fields_of_input(mutation: GraphQLField) -> dict[str, GraphQLInputField]:
    kind = get_named_type(mutation.args["input"].type)
    assert isinstance(kind, GraphQLInputObjectType)  # noqa: S101 - the schema's tests hold it
    fields: dict[str, GraphQLInputField] = kind.fields
    return fields


def _document(word: str, name: str, field: GraphQLField) -> str:
    declared = ", ".join(f"${key}: {_variable_type(value)}" for key, value in field.args.items())
    passed = ", ".join(f"{key}: ${key}" for key in field.args)
    arguments = f"({declared})" if declared else ""
    call = f"{name}({passed})" if passed else name
    return f"{word}{arguments} {{ {call}{_selection(field.type)} }}"


def _variable_type(value: GraphQLArgument) -> str:
    """What has a default may be left out."""
    return str(value.type if is_required(value) else nullable(value.type))


def _body(word: str, name: str, field: GraphQLField) -> tuple[str, str]:
    """The type a method answers with, and its last lines."""
    named = get_named_type(field.type)
    if word == "subscription":
        kind = named.name
        lines = (
            "        for event in self._transport.subscribe(document, variables):\n"
            f'            yield {kind}.model_validate(event["{name}"])\n'
        )
        return f"Iterator[{kind}]", lines
    asked = f'self._transport.execute(document, variables)["{name}"]'
    if isinstance(named, GraphQLUnionType):
        return _body_of_union([one.name for one in named.types if one.name not in _REFUSALS], asked)
    if named.name.endswith("Connection"):
        kind = named.name.removesuffix("Connection")
        return f"Page[{kind}]", f"        return Page.read({kind}, {asked})\n"
    if isinstance(nullable(field.type), GraphQLList):
        kind = named.name
        return f"tuple[{kind}, ...]", f"        return tuple({kind}.model_validate(one) for one in {asked})\n"
    kind = named.name
    if isinstance(field.type, GraphQLNonNull):
        return kind, f"        return {kind}.model_validate({asked})\n"
    return (
        f"{kind} | None",
        f"        found = {asked}\n        return None if found is None else {kind}.model_validate(found)\n",
    )


def _body_of_union(kinds: Sequence[str], asked: str) -> tuple[str, str]:
    """A refusal is raised; what is left is one of these types."""
    if len(kinds) == 1:
        return kinds[0], f"        return {kinds[0]}.model_validate(carried_out({asked}))\n"
    known = ", ".join(f'"{kind}": {kind}' for kind in kinds)
    lines = (
        f"        found = carried_out({asked})\n"
        f"        kinds: dict[str, type[{' | '.join(kinds)}]] = {{{known}}}\n"
        '        return kinds[found["__typename"]].model_validate(found)\n'
    )
    return " | ".join(kinds), lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m trader_graphql.python_client", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, and change nothing")
    source = generated(build_schema(SCHEMA.read_text(encoding="utf-8")))
    if not parser.parse_args(arguments).check:
        FILE.write_text(source, encoding="utf-8")
        return 0
    if FILE.exists() and FILE.read_text(encoding="utf-8") == source:
        return 0
    sys.stderr.write(
        "The Python client is not what the schema makes; run 'make schema' and commit the result.\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
