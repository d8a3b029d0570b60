"""SVG elements as text. Plain strings are escaped; only what this module built is passed as it is.

Plots have no view box: text and marks keep their size in pixels while positions are percentages,
so that one drawing fits a phone, a desk and a sheet of paper.
"""

import math
from collections.abc import Mapping
from html import escape

Attribute = str | int | float | None


class Markup(str):
    """Text that is already safe to place in a page; template engines know it by `__html__`."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def element(name: str, attributes: Mapping[str, Attribute], *children: str) -> Markup:
    """One element. Attributes that are None are left out; floats must be finite."""
    written = "".join(
        f' {key}="{escape(_attribute(value))}"' for key, value in attributes.items() if value is not None
    )
    if not children:
        return Markup(f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{joined(children)}</{name}>")


def joined(parts: tuple[str, ...] | list[str]) -> Markup:
    """The parts one after another, each escaped unless it is markup."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part) for part in parts))


def percentage(fraction: float) -> str:
    """A position along a side of the plot: 0 is left or top, 1 is right or bottom."""
    return f"{_finite(fraction) * 100:.2f}".rstrip("0").rstrip(".") + "%"


def from_bottom(fraction: float) -> str:
    """A position on the vertical side, where 0 is the bottom of the plot."""
    return percentage(1.0 - fraction)


def _attribute(value: str | float) -> str:
    if isinstance(value, float):
        return f"{_finite(value):.6g}"
    return str(value)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("a coordinate of a drawing must be finite")
    return value
