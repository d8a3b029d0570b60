"""The space of a search: which values each parameter may take, checked against the strategy's own.

Every parameter becomes an axis of numbered levels, so that a combination is a row of level numbers
and the size of the space is a product: nothing has to be enumerated. Free of numpy.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from domain.errors import InvalidInput, Problem
from domain.research.model import ParameterRange, ParameterValue, SearchMethod

CONTINUOUS_LEVELS = 2**20 + 1
"""A float without a step is cut into about a million equal parts."""
_LOGARITHMIC_INTEGERS = 1_024
_MOST_LEVELS = 2**31


class AxisKind(StrEnum):
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    CHOICE = "choice"

    @property
    def is_numeric(self) -> bool:
        return self in {AxisKind.INTEGER, AxisKind.FLOAT}


@dataclass(frozen=True, slots=True)
class Axis:
    """One parameter: its levels are numbered from 0, in the order of the values.

    listed  the values themselves; None where level k stands for low + k * step (step None: for the
            k-th of equal parts from low to high, of their logarithms when log)
    """

    name: str
    kind: AxisKind
    levels: int
    listed: tuple[ParameterValue, ...] | None = None
    low: float = 0.0
    high: float = 0.0
    step: float | None = None
    log: bool = False

    @property
    def is_continuous(self) -> bool:
        return self.listed is None and self.step is None

    def value(self, level: int) -> ParameterValue:
        """What the level stands for."""
        if self.listed is not None:
            return self.listed[level]
        if self.kind is AxisKind.INTEGER:
            return int(self.low) + level * int(self.step or 1)
        if self.step is not None:
            # 0.1 + 2 * 0.1 is 0.3 to the person who wrote it.
            return float(Decimal(repr(self.low)) + level * Decimal(repr(self.step)))
        share = level / (self.levels - 1)
        if share in (0.0, 1.0):
            return self.high if share else self.low
        if self.log:
            return math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        return self.low + share * (self.high - self.low)

    def values(self, levels: Iterable[int]) -> list[ParameterValue]:
        """What these levels stand for; each level is worked out once."""
        known: dict[int, ParameterValue] = {}
        return [
            known[level] if level in known else known.setdefault(level, self.value(level)) for level in levels
        ]


@dataclass(frozen=True, slots=True)
class Space:
    """The axes in the order of the strategy's parameters, whichever order they were asked for in."""

    axes: tuple[Axis, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(axis.name for axis in self.axes)

    @property
    def size(self) -> int:
        """How many combinations there are, before constraints."""
        return math.prod(axis.levels for axis in self.axes)

    def columns(self, levels: Sequence[Sequence[int]]) -> list[list[ParameterValue]]:
        """Columns of values from columns of levels, one an axis."""
        return [axis.values(column) for axis, column in zip(self.axes, levels, strict=True)]

    def rows(self, columns: Sequence[Sequence[ParameterValue]]) -> list[dict[str, ParameterValue]]:
        """Combinations from columns of values."""
        names = self.names
        return [dict(zip(names, row, strict=False)) for row in zip(*columns, strict=True)]


def space_of(
    ranges: Mapping[str, ParameterRange], schema: Mapping[str, Any], method: SearchMethod = SearchMethod.GRID
) -> Space:
    """The space over the parameters that this JSON Schema (of the strategy's `Parameters`) describes.

    Raises InvalidInput, all problems told together, for a name that is no parameter, a value of
    another type or outside the parameter's bounds, and a range that the method cannot take.
    """
    known: Mapping[str, Any] = schema.get("properties", {})
    problems: list[Problem] = []
    axes: list[Axis] = []
    for name in sorted(set(ranges) - set(known)):
        has = ", ".join(known) or "none"
        problems.append(Problem(("space", name), f"is not a parameter of this strategy; it has {has}"))
    for name in known:
        if name in ranges:
            try:
                axes.append(_axis(_Field.read(name, known[name], schema), ranges[name], method))
            except InvalidInput as wrong:
                problems.extend(wrong.problems)
    if problems:
        raise InvalidInput.of(problems)
    return Space(tuple(axes))


@dataclass(frozen=True, slots=True)
class _Field:
    """A parameter as the strategy declares it."""

    name: str
    kind: AxisKind
    bounds: Mapping[str, Any]
    allowed: tuple[ParameterValue, ...] | None

    @classmethod
    def read(cls, name: str, declared: Mapping[str, Any], schema: Mapping[str, Any]) -> "_Field":
        found = _resolved(declared, schema)
        allowed = tuple(found["enum"]) if "enum" in found else (found["const"],) if "const" in found else None
        if allowed is not None and not all(isinstance(one, int | float) for one in allowed):
            return cls(name, AxisKind.CHOICE, {}, allowed)
        kinds = {
            "integer": AxisKind.INTEGER,
            "number": AxisKind.FLOAT,
            "boolean": AxisKind.BOOLEAN,
            "string": AxisKind.CHOICE,
        }
        kind = kinds.get(str(found.get("type")))
        if kind is None:
            raise InvalidInput.at("space", name, message="only numbers, booleans and choices can be varied")
        return cls(name, kind, found, allowed)

    def checked(self, value: ParameterValue, *path: str) -> ParameterValue:
        """The value in the parameter's own type. Raises InvalidInput."""
        typed = self._typed(value)
        if typed is None:
            article = "an" if self.kind is AxisKind.INTEGER else "a"
            kind = "text" if self.kind is AxisKind.CHOICE else f"{article} {self.kind}"
            raise InvalidInput.at("space", self.name, *path, message=f"must be {kind} (got {value!r})")
        if self.allowed is not None and typed not in self.allowed:
            offered = ", ".join(repr(one) for one in self.allowed)
            raise InvalidInput.at(
                "space", self.name, *path, message=f"must be one of {offered} (got {value!r})"
            )
        for bound, (holds, words) in _BOUNDS.items():
            limit = self.bounds.get(bound)
            if limit is not None and self.kind.is_numeric and not holds(typed, limit):
                raise InvalidInput.at(
                    "space", self.name, *path, message=f"must be {words} {limit} (got {value!r})"
                )
        return typed

    def _typed(self, value: ParameterValue) -> ParameterValue | None:
        """None when it is of another type."""
        if isinstance(value, bool) or self.kind is AxisKind.BOOLEAN:
            return value if isinstance(value, bool) and self.kind is AxisKind.BOOLEAN else None
        if isinstance(value, str) or self.kind is AxisKind.CHOICE:
            return value if isinstance(value, str) and self.kind is AxisKind.CHOICE else None
        if not math.isfinite(value):
            return None
        if self.kind is AxisKind.INTEGER:
            return int(value) if value == int(value) else None
        return float(value)


_BOUNDS: dict[str, tuple[Any, str]] = {
    "minimum": (lambda value, limit: value >= limit, "at least"),
    "exclusiveMinimum": (lambda value, limit: value > limit, "above"),
    "maximum": (lambda value, limit: value <= limit, "at most"),
    "exclusiveMaximum": (lambda value, limit: value < limit, "below"),
}


def _resolved(declared: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The declaration itself: references followed, and the null of an optional parameter left out."""
    if "$ref" in declared:
        name = str(declared["$ref"]).rsplit("/", 1)[-1]
        return _resolved(schema.get("$defs", {}).get(name, {}), schema)
    options = [one for one in declared.get("anyOf", ()) if one.get("type") != "null"]
    return _resolved(options[0], schema) if len(options) == 1 else declared


def _axis(field: _Field, wanted: ParameterRange, method: SearchMethod) -> Axis:
    if wanted.values is not None:
        listed = tuple(field.checked(value, "values", str(at)) for at, value in enumerate(wanted.values))
        return Axis(field.name, field.kind, len(listed), _without_repeats(field.name, listed))
    if not field.kind.is_numeric:
        raise InvalidInput.at("space", field.name, message=f"is a {field.kind}; list its values")
    assert wanted.low is not None and wanted.high is not None  # noqa: S101, PT018 - ParameterRange sees to it
    low, high = field.checked(wanted.low, "low"), field.checked(wanted.high, "high")
    if method is SearchMethod.GRID and wanted.log:
        raise InvalidInput.at("space", field.name, "log", message="is for sampling; list a grid's values")
    if field.kind is AxisKind.INTEGER:
        axis = _integer_axis(field.name, int(low), int(high), wanted)
    else:
        axis = _float_axis(field.name, float(low), float(high), wanted, method)
    if axis.levels > _MOST_LEVELS:
        raise InvalidInput.at("space", field.name, "step", message="makes more than 2^31 values; widen it")
    return axis


def _integer_axis(name: str, low: int, high: int, wanted: ParameterRange) -> Axis:
    step = 1 if wanted.step is None else wanted.step
    if step != int(step):
        raise InvalidInput.at("space", name, "step", message=f"must be an integer (got {step!r})")
    if wanted.log:
        if wanted.step is not None:
            raise InvalidInput.at("space", name, "step", message="a logarithmic range has no step")
        listed = _logarithmic_integers(low, high)
        return Axis(name, AxisKind.INTEGER, len(listed), listed)
    return Axis(
        name,
        AxisKind.INTEGER,
        (high - low) // int(step) + 1,
        low=float(low),
        high=float(high),
        step=int(step),
    )


def _float_axis(name: str, low: float, high: float, wanted: ParameterRange, method: SearchMethod) -> Axis:
    if wanted.step is not None:
        if wanted.log:
            raise InvalidInput.at("space", name, "step", message="a logarithmic range has no step")
        steps = (Decimal(repr(high)) - Decimal(repr(low))) // Decimal(repr(float(wanted.step)))
        return Axis(name, AxisKind.FLOAT, int(steps) + 1, low=low, high=high, step=float(wanted.step))
    if low == high:
        return Axis(name, AxisKind.FLOAT, 1, (low,))
    if method is SearchMethod.GRID:
        raise InvalidInput.at("space", name, "step", message="a grid over a float needs a step")
    return Axis(name, AxisKind.FLOAT, CONTINUOUS_LEVELS, low=low, high=high, log=wanted.log)


def _logarithmic_integers(low: int, high: int) -> tuple[int, ...]:
    """Each integer at most once: all of the small ones, ever fewer of the large ones."""
    span = math.log(high) - math.log(low)
    steps = (
        round(math.exp(math.log(low) + span * k / _LOGARITHMIC_INTEGERS))
        for k in range(_LOGARITHMIC_INTEGERS + 1)
    )
    return tuple(sorted({min(max(value, low), high) for value in steps}))


def _without_repeats(name: str, values: tuple[ParameterValue, ...]) -> tuple[ParameterValue, ...]:
    seen: set[ParameterValue] = set()
    for value in values:
        if value in seen:
            raise InvalidInput.at("space", name, "values", message=f"{value!r} is listed twice")
        seen.add(value)
    return values
