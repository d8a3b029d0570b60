"""A finished chart: its drawings, the figures beside its legend, and what the hover script reads."""

from dataclasses import dataclass, field

from domain.performance.adapters.charts.svg import Markup
from domain.performance.adapters.formatting import Figure


@dataclass(frozen=True, slots=True)
class Panel:
    """One drawing of a chart, with a heading of its own where several share a time axis."""

    drawing: Markup
    heading: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of the legend; its figure is the last value until the pointer moves over the chart."""

    name: str
    css: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class Dots:
    """Where the dot of one line stands at each hover row: `tops` are fractions from the top.

    `scale` is "linear" or "logarithmic" for a line drawn on one of two scales; a top of None hides
    the dot.
    """

    panel: int
    css: str
    tops: list[float | None]
    scale: str = ""


@dataclass(frozen=True, slots=True)
class Hover:
    """Rows the crosshair can stand on: position across, then the time and one text for each key."""

    across: list[float]
    rows: list[list[str]]
    dots: list[Dots] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        return {
            "across": self.across,
            "rows": self.rows,
            "dots": [
                {"panel": dots.panel, "css": dots.css, "scale": dots.scale, "tops": dots.tops}
                for dots in self.dots
            ],
        }


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure of the report.

    has_scales   drawn on a linear and on a logarithmic scale, to be switched by the reader
    starts_logarithmic   which of the two is shown first
    """

    name: str
    panels: tuple[Panel, ...]
    keys: tuple[Key, ...] = ()
    when: str = ""
    hover: Hover | None = None
    has_scales: bool = False
    starts_logarithmic: bool = False
    notes: tuple[str, ...] = ()
