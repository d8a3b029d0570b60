"""What an operation costs: the number of fields its answer may hold.

A list counts as many times as things were asked for (`first`, `last`, `points`), or as long as its
field says lists of its kind are. An argument that is missing, zero or negative counts as the largest page: a
request gains nothing by lying, and a variable counts with the value it has.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NameNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_list_type,
)
from graphql.type import GraphQLNonNull
from strawberry.schema.schema_converter import GraphQLCoreConverter

EXPECTED_SIZE = "expected_size"
_SIZE_ARGUMENTS = ("first", "last", "points")
_LARGEST_PAGE = 100
_LIST_WITHOUT_PAGES = 10
_KEPT_PLANS = 512

Variables: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Size:
    """How many times what is below a field is answered: a number, or the largest of some variables."""

    fixed: int
    variables: tuple[str, ...] = ()

    def of(self, values: Variables) -> int:
        size = self.fixed
        for name in self.variables:
            size = max(size, _asked(values.get(name)))
        return size


@dataclass(slots=True)
class _Selection:
    """Fields of one selection set, and those it takes from fragments."""

    fields: int = 0
    nested: list[tuple[_Size, "_Selection"]] = field(default_factory=list)
    spread: list["_Selection"] = field(default_factory=list)

    def cost(self, values: Variables, known: dict[int, int]) -> int:
        """Each fragment is worked out once, however often it is spread."""
        if id(self) in known:
            return known[id(self)]
        known[id(self)] = 0  # a cycle, which validation refuses
        total = self.fields
        total += sum(size.of(values) * below.cost(values, known) for size, below in self.nested)
        total += sum(fragment.cost(values, known) for fragment in self.spread)
        known[id(self)] = total
        return total


@dataclass(frozen=True, slots=True)
class CostPlan:
    """The cost of one operation as a function of its variables."""

    document: DocumentNode
    root: _Selection

    def cost(self, values: Variables) -> int:
        return self.root.cost(values, {})


class CostPlans:
    """Plans of the documents seen last."""

    def __init__(self) -> None:
        self._plans: OrderedDict[int, CostPlan] = OrderedDict()

    def of(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
    ) -> CostPlan:
        """The plan keeps its document alive, so that no other can be met under the same key."""
        key = id(operation)
        plan = self._plans.get(key)
        if plan is None:
            plan = CostPlan(document, _Planner(schema, document).operation(operation))
            self._plans[key] = plan
            if len(self._plans) > _KEPT_PLANS:
                self._plans.popitem(last=False)
        else:
            self._plans.move_to_end(key)
        return plan


class _Planner:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._definitions = {
            d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
        }
        self._fragments: dict[str, _Selection] = {}

    def operation(self, operation: OperationDefinitionNode) -> _Selection:
        selection = _Selection()
        self._collect(selection, operation.selection_set, self._schema.get_root_type(operation.operation))
        return selection

    def _collect(self, into: _Selection, nodes: SelectionSetNode, parent: GraphQLNamedType | None) -> None:
        for node in nodes.selections:
            if isinstance(node, FieldNode):
                into.fields += 1
                self._descend(into, node, parent)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                inner = self._schema.get_type(condition.name.value) if condition else parent
                self._collect(into, node.selection_set, inner)
            elif isinstance(node, FragmentSpreadNode):
                into.spread.append(self._fragment(node.name))

    def _descend(self, into: _Selection, node: FieldNode, parent: GraphQLNamedType | None) -> None:
        definition = getattr(parent, "fields", {}).get(node.name.value)
        if node.selection_set is None or definition is None:
            return
        below = _Selection()
        self._collect(below, node.selection_set, get_named_type(definition.type))
        into.nested.append((_size_of(node, definition, parent), below))

    def _fragment(self, name: NameNode) -> _Selection:
        if name.value not in self._fragments:
            selection = self._fragments[name.value] = _Selection()
            definition = self._definitions[name.value]
            condition = self._schema.get_type(definition.type_condition.name.value)
            self._collect(selection, definition.selection_set, condition)
        return self._fragments[name.value]


def _size_of(node: FieldNode, definition: GraphQLField, parent: GraphQLNamedType | None) -> _Size:
    offered = [name for name in _SIZE_ARGUMENTS if name in definition.args]
    if offered:
        return _asked_size(node, definition, offered)
    if not _is_list(definition) or (parent is not None and parent.name.endswith("Connection")):
        return _Size(1)  # the field above an `edges` was multiplied already
    back_reference = definition.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    metadata = getattr(back_reference, "metadata", {})
    return _Size(metadata.get(EXPECTED_SIZE, _LIST_WITHOUT_PAGES))


def _asked_size(node: FieldNode, definition: GraphQLField, offered: list[str]) -> _Size:
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    fixed = 0
    variables = []
    for name in offered:
        value = given.get(name)
        if isinstance(value, VariableNode):
            variables.append(value.name.value)
        elif isinstance(value, IntValueNode):
            fixed = max(fixed, _asked(int(value.value)))
        elif isinstance(definition.args[name].default_value, int):
            fixed = max(fixed, definition.args[name].default_value)
    return _Size(fixed if fixed or variables else _LARGEST_PAGE, tuple(variables))


def _asked(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else _LARGEST_PAGE


def _is_list(definition: GraphQLField) -> bool:
    kind = definition.type
    return is_list_type(kind.of_type if isinstance(kind, GraphQLNonNull) else kind)
