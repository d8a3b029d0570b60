"""Completing long lists of plain objects by one compiled function instead of field by field.

graphql-core spends some 25 microseconds a field on what a list of a hundred objects does the same
way a hundred times: find the field, call its default resolver, look at the type, coerce. Where a
selection below a list is nothing but attributes, this executor compiles it once into a Python
function that reads the attributes, checks each value and builds the dict.

The function only handles what it is sure of. At anything else (a null that is not allowed, another
type, an error, an awaitable) it gives up and the whole list goes through graphql-core, so that
answers and errors are the same to the byte.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import isfunction
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    SelectionSetNode,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from graphql.type import GraphQLBoolean, GraphQLFloat
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.scalar import ScalarDefinition

_SHORTEST_LIST = 4
_KEPT_PLANS = 512
_BACKREF = GraphQLCoreConverter.DEFINITION_BACKREF

Projection: TypeAlias = Callable[[Any], Any]


class _GiveUp(Exception):
    """A value the compiled function does not vouch for, or a selection it cannot be compiled for."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """A compiled selection, or the knowledge that there is none.

    It keeps the nodes it was made from alive, so that their ids name nothing else while it exists.
    """

    project: Projection | None
    nodes: tuple[FieldNode, ...]
    item_type: GraphQLOutputType


class _Plans:
    """The plans used last, over all requests."""

    def __init__(self, most: int = _KEPT_PLANS) -> None:
        self._most = most
        self._plans: OrderedDict[tuple[int, ...], _Plan] = OrderedDict()

    def __len__(self) -> int:
        return len(self._plans)

    def get(self, key: tuple[int, ...]) -> _Plan | None:
        plan = self._plans.get(key)
        if plan is not None:
            self._plans.move_to_end(key)
        return plan

    def put(self, key: tuple[int, ...], plan: _Plan) -> None:
        self._plans[key] = plan
        while len(self._plans) > self._most:
            self._plans.popitem(last=False)


PLANS = _Plans()


class FastExecutor(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's executor with compiled lists."""

    def complete_iterable_value(
        self,
        item_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        items: Iterable[Any],
        position_context: Any,
    ) -> Any:
        if items.__class__ in {list, tuple} and len(items) >= _SHORTEST_LIST:
            project = self._projection(item_type, field_details_list)
            if project is not None:
                try:
                    return [project(item) for item in items]
                except Exception:  # noqa: BLE001, S110 - graphql-core does it again and reports what is wrong
                    pass
        return super().complete_iterable_value(
            item_type, field_details_list, info, path, items, position_context
        )

    def _projection(self, item_type: GraphQLOutputType, details: FieldDetailsList) -> Projection | None:
        key = (id(item_type), *(id(detail.node) for detail in details))
        plan = PLANS.get(key)
        if plan is None:
            nodes = tuple(detail.node for detail in details)
            plan = _Plan(self._compiled(item_type, details), nodes, item_type)
            PLANS.put(key, plan)
        if plan.project is None or self._has_middleware():
            return None
        return plan.project

    def _has_middleware(self) -> bool:
        return self.middleware_manager is not None and bool(self.middleware_manager.middlewares)

    def _compiled(self, item_type: GraphQLOutputType, details: FieldDetailsList) -> Projection | None:
        named = item_type.of_type if isinstance(item_type, GraphQLNonNull) else item_type
        if not isinstance(named, GraphQLObjectType) or any(detail.node.directives for detail in details):
            return None
        if any(_holds_directives(detail.node.selection_set, self.fragment_definitions) for detail in details):
            return None  # @skip and @include may choose differently the next time
        try:
            return _Compiler(self).function(item_type, details)
        except _GiveUp:
            return None


def _holds_directives(
    selection_set: SelectionSetNode | None, fragments: dict[str, FragmentDefinitionNode]
) -> bool:
    for node in selection_set.selections if selection_set else ():
        if node.directives:
            return True
        inner = getattr(node, "selection_set", None)
        if isinstance(node, FragmentSpreadNode):
            inner = fragments[node.name.value].selection_set
        if _holds_directives(inner, fragments):
            return True
    return False


_CLASS_OF_LEAF: dict[str, type] = {
    GraphQLString.name: str,
    GraphQLID.name: str,
    GraphQLBoolean.name: bool,
    GraphQLInt.name: int,
    GraphQLFloat.name: float,
}
_LEAF_LINES: dict[str, tuple[str, ...]] = {
    GraphQLInt.name: ("if not -2147483648 <= {v} <= 2147483647: raise give_up",),
    GraphQLFloat.name: ("if {v} - {v} != 0: raise give_up",),  # NaN and the infinities
}


class _Compiler:
    """Writes the source of nested projection functions and compiles them together.

    Only names of the schema and aliases, which GraphQL restricts to letters, digits and
    underscores, become part of the source.
    """

    def __init__(self, executor: StrawberryGraphQLCoreExecutionContext) -> None:
        self._executor = executor
        self._schema: GraphQLSchema = executor.schema
        self._names: dict[str, Any] = {"give_up": _GiveUp}
        self._sources: list[str] = []

    def function(self, item_type: GraphQLOutputType, details: FieldDetailsList) -> Projection:
        name = self._item_function(item_type, details)
        exec(compile("\n".join(self._sources), "<list projection>", "exec"), self._names)  # noqa: S102 - see the class
        projection: Projection = self._names[name]
        return projection

    def _bind(self, value: Any) -> str:
        name = f"n{len(self._names)}"
        self._names[name] = value
        return name

    def _item_function(self, kind: GraphQLOutputType, details: FieldDetailsList) -> str:
        """A function from one value of this type to its JSON value."""
        if isinstance(kind, GraphQLNonNull) and isinstance(kind.of_type, GraphQLObjectType):
            return self._object_function(kind.of_type, details)
        lines = self._value("v", kind, details)
        return self._define("v", [*lines, "return v"])

    def _object_function(self, kind: GraphQLObjectType, details: FieldDetailsList) -> str:
        """A function from one object to the dict of its selected fields."""
        collected = self._executor.collect_subfields(kind, details)
        lines: list[str] = [f"if o.__class__ is not {self._bind(_class_of(kind))}: raise give_up"]
        entries: list[str] = []
        for position, (response_name, field_details) in enumerate(collected.grouped_field_set.items()):
            node = field_details[0].node
            if node.name.value == "__typename":
                entries.append(f"{response_name!r}: {kind.name!r}")
                continue
            expression, field_type = self._read(kind, node)
            variable = f"v{position}"
            lines.append(f"{variable} = {expression}")
            lines.extend(self._value(variable, field_type, field_details))
            entries.append(f"{response_name!r}: {variable}")
        return self._define("o", [*lines, "return {" + ", ".join(entries) + "}"])

    def _define(self, parameter: str, lines: list[str]) -> str:
        name = self._bind(None)
        self._sources.append("\n    ".join([f"def {name}({parameter}):", *lines]))
        return name

    def _read(self, kind: GraphQLObjectType, node: FieldNode) -> tuple[str, GraphQLOutputType]:
        """An expression that reads a field from the object `o`, and the type it has.

        A field is read when it is an attribute, or a method of nothing but the object.
        """
        definition: GraphQLField | None = self._schema.get_field(kind, node.name.value)
        field = definition.extensions.get(_BACKREF) if definition else None
        if definition is None or not isinstance(field, StrawberryField) or node.arguments or field.extensions:
            raise _GiveUp
        resolver = field.base_resolver
        if resolver is not None:
            method = resolver.wrapped_func
            if field.is_async or list(resolver.signature.parameters) != ["self"] or not isfunction(method):
                raise _GiveUp
            return f"{self._bind(method)}(o)", definition.type
        if field.default_resolver is not getattr or not field.python_name.isidentifier():
            raise _GiveUp
        return f"o.{field.python_name}", definition.type

    def _value(self, variable: str, kind: GraphQLOutputType, details: FieldDetailsList) -> list[str]:
        """Lines that turn the value in a variable into its JSON value in place."""
        if isinstance(kind, GraphQLNonNull):
            return self._known_value(variable, kind.of_type, details)
        inner = self._known_value(variable, kind, details)
        return [f"if {variable} is not None:", *(f"    {line}" for line in inner)]

    def _known_value(self, variable: str, kind: GraphQLOutputType, details: FieldDetailsList) -> list[str]:
        if isinstance(kind, GraphQLList):
            item = self._item_function(kind.of_type, details)
            return [
                f"if {variable}.__class__ is not list and {variable}.__class__ is not tuple: raise give_up",
                f"{variable} = [{item}(item) for item in {variable}]",
            ]
        if isinstance(kind, GraphQLObjectType):
            return [f"{variable} = {self._object_function(kind, details)}({variable})"]
        if isinstance(kind, GraphQLEnumType):
            return self._enum(variable, kind)
        if isinstance(kind, GraphQLScalarType):
            return self._scalar(variable, kind)
        raise _GiveUp  # unions and interfaces choose their type by value

    def _enum(self, variable: str, kind: GraphQLEnumType) -> list[str]:
        wrapped = getattr(kind, "wrapped_cls", None)
        if wrapped is None:
            raise _GiveUp
        # By name, whose hash is known already; the hash of a member is a Python call.
        names = self._bind({member.name: kind.coerce_output_value(member) for member in wrapped})
        return [
            f"if {variable}.__class__ is not {self._bind(wrapped)}: raise give_up",
            f"{variable} = {names}[{variable}._name_]",
        ]

    def _scalar(self, variable: str, kind: GraphQLScalarType) -> list[str]:
        if kind.name in _CLASS_OF_LEAF:
            check = f"if {variable}.__class__ is not {_CLASS_OF_LEAF[kind.name].__name__}: raise give_up"
            return [check, *(line.format(v=variable) for line in _LEAF_LINES.get(kind.name, ()))]
        definition = kind.extensions.get(_BACKREF)
        expected = definition.origin if isinstance(definition, ScalarDefinition) else None
        if not isinstance(expected, type):
            raise _GiveUp
        return [
            f"if {variable}.__class__ is not {self._bind(expected)}: raise give_up",
            f"{variable} = {self._bind(kind.coerce_output_value)}({variable})",
            f"if {variable} is None: raise give_up",
        ]


def _class_of(kind: GraphQLObjectType) -> type:
    """The Python class whose instances certainly are of this type."""
    definition = kind.extensions.get(_BACKREF)
    if not isinstance(definition, StrawberryObjectDefinition) or definition.is_type_of is not None:
        raise _GiveUp
    return definition.concrete_of.origin if definition.concrete_of else definition.origin
