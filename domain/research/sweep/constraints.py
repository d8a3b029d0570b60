"""Conditions over parameters, such as `fast < slow` or `slow - fast >= 10 and fast % 5 == 0`.

A condition is text from outside, so nothing of it is executed: it is parsed, every node is looked
up in a list of what is allowed, and what is left is arithmetic on columns. Python's reading of the
text holds: chained comparisons, precedence, floor division and modulo with the sign of the divisor.
Numbers are compared as floats. What is divided by zero is undefined, and every comparison with it fails.
"""

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from domain.arrays import BoolArray
from domain.errors import InvalidInput, Problem
from domain.research.model import ParameterValue

Columns: TypeAlias = Mapping[str, "npt.NDArray[Any] | ParameterValue"]
_Compute: TypeAlias = Callable[[Columns], Any]
_LONGEST = 500
_DEEPEST = 100


class _Kind(Enum):
    NUMBER = "a number"
    TEXT = "text"
    CONDITION = "a condition"


@dataclass(frozen=True, slots=True)
class _Part:
    kind: _Kind
    compute: _Compute


@dataclass(frozen=True, slots=True)
class Constraint:
    """A condition that was understood."""

    text: str
    names: frozenset[str]
    _compute: _Compute

    def holds(self, columns: Columns) -> BoolArray:
        """For each row of the columns, whether it is met; a parameter may be one value for all rows."""
        with np.errstate(all="ignore"):
            return np.asarray(self._compute(columns), dtype=np.bool_)


def parsed(texts: Iterable[str], parameters: Mapping[str, ParameterValue]) -> tuple[Constraint, ...]:
    """Every condition, over these parameters (any value of each, for its type).

    Raises InvalidInput, all problems told together: for what is no condition, for a name that is no
    parameter, and for anything but arithmetic, comparisons, `and`, `or` and `not`.
    """
    problems: list[Problem] = []
    found: list[Constraint] = []
    for number, text in enumerate(texts):
        try:
            found.append(_parsed(text, parameters))
        except _NotAllowed as refused:
            problems.append(Problem(("constraints", str(number)), f"{refused} (in {text[:80]!r})"))
    if problems:
        raise InvalidInput.of(problems)
    return tuple(found)


class _NotAllowed(Exception):
    """Why a condition was not understood."""


def _parsed(text: str, parameters: Mapping[str, ParameterValue]) -> Constraint:
    if len(text) > _LONGEST:
        raise _NotAllowed(f"is longer than {_LONGEST} characters")
    try:
        body = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _NotAllowed("is not an expression; write a condition such as fast < slow") from None
    if _depth(body) > _DEEPEST:
        raise _NotAllowed(f"is nested more than {_DEEPEST} deep; say it in several conditions")
    part = _Compiler(parameters).part(body)
    if part.kind is not _Kind.CONDITION:
        raise _NotAllowed(f"is {part.kind.value}, not a condition; compare it with something")
    names = frozenset(node.id for node in ast.walk(body) if isinstance(node, ast.Name))
    return Constraint(text, names, part.compute)


def _depth(body: ast.expr) -> int:
    """Levels of the tree, found without recursion: what goes through it later recurses."""
    depth, level = 0, [body]
    while level:
        depth += 1
        level = [
            child for node in level for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)
        ]
    return depth


class _Compiler:
    """Turns allowed nodes into functions of columns."""

    def __init__(self, parameters: Mapping[str, ParameterValue]) -> None:
        self._parameters = parameters

    def part(self, node: ast.expr) -> _Part:
        for kind, make in self._ALLOWED.items():
            if isinstance(node, kind):
                return make(self, node)
        raise _NotAllowed(f"{_WORDS.get(type(node), type(node).__name__)} cannot be used in a condition")

    def _constant(self, node: ast.Constant) -> _Part:
        value = node.value
        if isinstance(value, bool | int | float | str):
            return _Part(_kind_of(value), lambda _: _comparable(value))
        raise _NotAllowed(f"{value!r} cannot be used in a condition")

    def _name(self, node: ast.Name) -> _Part:
        name = node.id
        if name not in self._parameters:
            has = ", ".join(self._parameters) or "none"
            raise _NotAllowed(f"'{name}' is not a parameter of this strategy; it has {has}")
        return _Part(_kind_of(self._parameters[name]), lambda columns: _comparable(columns[name]))

    def _arithmetic(self, node: ast.BinOp) -> _Part:
        operation = _ARITHMETIC.get(type(node.op))
        if operation is None:
            raise _NotAllowed(f"the operator {type(node.op).__name__} cannot be used in a condition")
        left, right = self._of(_Kind.NUMBER, node.left), self._of(_Kind.NUMBER, node.right)
        return _Part(_Kind.NUMBER, lambda columns: operation(left(columns), right(columns)))

    def _unary(self, node: ast.UnaryOp) -> _Part:
        if isinstance(node.op, ast.Not):
            condition = self._of(_Kind.CONDITION, node.operand)
            return _Part(_Kind.CONDITION, lambda columns: np.logical_not(condition(columns)))
        if isinstance(node.op, ast.USub | ast.UAdd):
            number = self._of(_Kind.NUMBER, node.operand)
            sign = -1.0 if isinstance(node.op, ast.USub) else 1.0
            return _Part(_Kind.NUMBER, lambda columns: sign * number(columns))
        raise _NotAllowed(f"the operator {type(node.op).__name__} cannot be used in a condition")

    def _all_or_any(self, node: ast.BoolOp) -> _Part:
        parts = [self._of(_Kind.CONDITION, one) for one in node.values]
        joined = np.logical_and if isinstance(node.op, ast.And) else np.logical_or

        def compute(columns: Columns) -> Any:
            result = parts[0](columns)
            for one in parts[1:]:
                result = joined(result, one(columns))
            return result

        return _Part(_Kind.CONDITION, compute)

    def _comparison(self, node: ast.Compare) -> _Part:
        sides = [self.part(one) for one in (node.left, *node.comparators)]
        pairs = []
        for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
            compare = _COMPARISONS.get(type(operator))
            if compare is None:
                raise _NotAllowed(f"the operator {type(operator).__name__} cannot be used in a condition")
            if left.kind is not right.kind:
                raise _NotAllowed(f"{left.kind.value} is compared with {right.kind.value}")
            if left.kind is not _Kind.NUMBER and not isinstance(operator, ast.Eq | ast.NotEq):
                raise _NotAllowed(f"{left.kind.value} can only be compared with == and !=")
            pairs.append((left.compute, compare, right.compute))

        def compute(columns: Columns) -> Any:
            result: Any = np.True_
            for left, compare, right in pairs:
                result = np.logical_and(result, compare(left(columns), right(columns)))
            return result

        return _Part(_Kind.CONDITION, compute)

    def _of(self, kind: _Kind, node: ast.expr) -> _Compute:
        part = self.part(node)
        if part.kind is not kind:
            raise _NotAllowed(f"{ast.unparse(node)[:40]!r} is {part.kind.value} where {kind.value} is needed")
        return part.compute

    _ALLOWED: dict[type[ast.expr], Callable[["_Compiler", Any], _Part]] = {
        ast.Constant: _constant,
        ast.Name: _name,
        ast.BinOp: _arithmetic,
        ast.UnaryOp: _unary,
        ast.BoolOp: _all_or_any,
        ast.Compare: _comparison,
    }


def _kind_of(value: ParameterValue) -> _Kind:
    if isinstance(value, bool):
        return _Kind.CONDITION
    return _Kind.TEXT if isinstance(value, str) else _Kind.NUMBER


def _comparable(value: Any) -> Any:
    """Whole numbers as floats, so that nothing overflows and division by zero is undefined."""
    array = np.asarray(np.nan if value is None else value)  # an optional parameter that is not set
    return array.astype(np.float64) if array.dtype.kind in "iuf" else array


def _defined(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda left, right: np.where(right == 0.0, np.nan, operation(left, right))


def _different(left: Any, right: Any) -> Any:
    unequal = np.not_equal(left, right)
    if np.asarray(left).dtype.kind != "f":
        return unequal
    return unequal & ~np.isnan(left) & ~np.isnan(right)


_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: _defined(np.divide),
    ast.FloorDiv: _defined(np.floor_divide),
    ast.Mod: _defined(np.mod),
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: _different,
}
_WORDS: dict[type[ast.expr], str] = {
    ast.Call: "a function call",
    ast.Attribute: "an attribute (a dot)",
    ast.Subscript: "an index",
    ast.Lambda: "a function",
    ast.IfExp: "'if'",
    ast.List: "a list",
    ast.Tuple: "a tuple",
    ast.Dict: "a dictionary",
    ast.Set: "a set",
    ast.NamedExpr: "an assignment",
    ast.JoinedStr: "a format string",
}
