"""How much one request may ask for: tokens, depth, aliases, directives, root fields, and cost.

All but cost look at the document alone, so that their verdict is cached with its validation. Cost
depends on variables and is worked out for each request from a plan made once for the document.
"""

from dataclasses import dataclass
from typing import Any

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationContext,
)
from graphql.execution.values import get_variable_values
from graphql.validation import NoSchemaIntrospectionCustomRule

from trader_graphql.cost import CostPlans, Variables


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest request that is served.

    cost  fields in the answer, lists multiplied out by the number of things asked for
    """

    depth: int = 12
    tokens: int = 2_000
    aliases: int = 30
    cost: int = 20_000
    root_fields: int = 20
    directives: int = 30


@dataclass(frozen=True, slots=True)
class Extent:
    """What a selection adds up to, fragments written out."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0

    def beside(self, other: "Extent") -> "Extent":
        """Both selections next to each other."""
        return Extent(
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.fields + other.fields,
        )


class _Survey:
    """One linear walk over a document; each fragment is measured once, however often it is spread."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
        }
        self._known: dict[str, Extent] = {}

    def selection(self, selection_set: SelectionSetNode | None) -> Extent:
        extent = Extent()
        for node in selection_set.selections if selection_set else ():
            extent = extent.beside(Extent(directives=len(node.directives or ())))
            if isinstance(node, FieldNode):
                extent = extent.beside(self._field(node))
            elif isinstance(node, FragmentSpreadNode):
                extent = extent.beside(self._fragment(node.name.value))
            else:
                extent = extent.beside(self.selection(getattr(node, "selection_set", None)))
        return extent

    def _field(self, node: FieldNode) -> Extent:
        own = Extent(depth=1, aliases=int(node.alias is not None), fields=1)
        if node.name.value.startswith("__"):  # introspection has its own rules and is no data
            return own
        inner = self.selection(node.selection_set)
        return Extent(inner.depth + 1, own.aliases + inner.aliases, inner.directives, inner.fields + 1)

    def _fragment(self, name: str) -> Extent:
        if name not in self._known:
            self._known[name] = Extent()  # a cycle ends here; another rule reports it
            fragment = self._fragments.get(name)
            if fragment is not None:
                self._known[name] = self.selection(fragment.selection_set)
        return self._known[name]


def budget_rule(limits: Limits) -> type[ASTValidationRule]:
    """A validation rule for everything the document alone decides. Make it once: caches go by it."""

    class Budget(ASTValidationRule):
        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            survey = _Survey(context.document)
            for definition in context.document.definitions:
                if isinstance(definition, OperationDefinitionNode):
                    self._check(definition, survey)

        def _check(self, operation: OperationDefinitionNode, survey: _Survey) -> None:
            extent = survey.selection(operation.selection_set)
            roots = len(operation.selection_set.selections)
            directives = extent.directives + len(operation.directives or ())
            for name, found, most in (
                ("levels deep", extent.depth, limits.depth),
                ("aliases", extent.aliases, limits.aliases),
                ("directives", directives, limits.directives),
                ("root fields", roots, limits.root_fields),
                ("fields", extent.fields, limits.cost),
            ):
                if found > most:
                    self.report_error(
                        _too_much(f"This operation has {found} {name}; {most} are allowed.", operation)
                    )
                    return

    return Budget


def _too_much(message: str, node: OperationDefinitionNode) -> GraphQLError:
    return GraphQLError(message, nodes=[node], extensions={"code": "QUERY_TOO_COMPLEX"})


class Guard:
    """Limits made ready once for a schema; `trader_graphql.pipeline` applies them to each request."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        rule = budget_rule(limits)
        self._rules_with_introspection: tuple[type[ASTValidationRule], ...] = (rule,)
        self._rules: tuple[type[ASTValidationRule], ...] = (rule, NoSchemaIntrospectionCustomRule)
        self._plans = CostPlans()

    def rules(self, may_introspect: bool) -> tuple[type[ASTValidationRule], ...]:
        """The same tuple each time, which is what keeps the validation cache warm."""
        return self._rules_with_introspection if may_introspect else self._rules

    def cost_error(self, context: Any) -> GraphQLError | None:
        """Why this request costs too much; None when it does not, or is wrong in another way."""
        operation = _operation_of(context.graphql_document, context.operation_name)
        if operation is None:
            return None
        schema = context.schema._schema  # noqa: SLF001 - Strawberry offers no other way to it
        given: Variables = {}
        if operation.variable_definitions:
            values = get_variable_values(schema, operation.variable_definitions, context.variables or {})
            if isinstance(values, list):
                return None  # execution reports the wrong variables
            given = values.coerced
        cost = self._plans.of(schema, context.graphql_document, operation).cost(given)
        if cost <= self.limits.cost:
            return None
        message = (
            f"This operation may return {cost} fields; {self.limits.cost} are allowed. Ask for smaller pages."
        )
        return _too_much(message, operation)


def _operation_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode) and (
            name is None or (definition.name is not None and definition.name.value == name)
        ):
            return definition
    return None
