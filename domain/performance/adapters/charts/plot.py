"""The frame every chart shares: gridlines, axis labels, stretched paths, and the hover line.

Paths live in a nested drawing that stretches with the page (their strokes do not); text, marks and
gridlines are placed by percentage in the outer one, so nothing but positions scales.
"""

from collections.abc import Callable, Iterable

import numpy as np

from domain.arrays import FloatArray
from domain.performance.adapters.charts.axes import TimeScale, ValueScale
from domain.performance.adapters.charts.svg import Markup, element, from_bottom, percentage

_WIDTH, _HEIGHT = 2000, 1000


def plot(name: str, description: str, *parts: str) -> Markup:
    """The outer drawing. `name` becomes a class that sets its height; `description` is read aloud."""
    hover = element("line", {"class": "crosshair", "y1": "0%", "y2": "100%", "x1": "0%", "x2": "0%"})
    return element(
        "svg",
        {"class": f"plot {name}", "role": "img", "aria-label": description},
        *parts,
        hover,
    )


def stretched(*paths: str, css: str | None = None) -> Markup:
    """Paths in plot units, drawn over the whole area of the plot."""
    return element(
        "svg",
        {
            "class": css,
            "width": "100%",
            "height": "100%",
            "viewBox": f"0 0 {_WIDTH} {_HEIGHT}",
            "preserveAspectRatio": "none",
            "aria-hidden": "true",
        },
        *paths,
    )


def line(css: str, across: FloatArray, up: FloatArray) -> Markup:
    """A line through points given as fractions of the plot."""
    if across.size == 0:
        return Markup("")
    alone = " single" if across.size == 1 else ""
    return element("path", {"class": f"line {css}{alone}", "d": _through(across, up)})


def area(css: str, across: FloatArray, up: FloatArray, base: float) -> Markup:
    """A line filled towards the height `base`, a fraction of the plot."""
    if across.size == 0:
        return Markup("")
    x = np.concatenate([across[:1], across, across[-1:]])
    y = np.concatenate([[base], up, [base]])
    return element("path", {"class": f"area {css}", "d": f"{_through(x, y)}Z"})


def steps(across: FloatArray, up: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The points of a line that holds each value until the next, instead of sloping towards it."""
    return np.repeat(across, 2)[1:], np.repeat(up, 2)[:-1]


def grid(scale: ValueScale, written: Callable[[float], str], wanted: int = 5, css: str = "grid") -> Markup:
    """Horizontal lines at round values, labelled on the right where the line ends."""
    rows = []
    for tick in scale.ticks(wanted):
        y = from_bottom(scale.at(tick))
        rows.append(element("line", {"x1": "0%", "x2": "100%", "y1": y, "y2": y}))
        rows.append(
            element("text", {"class": "value", "x": "100%", "y": y, "dx": 8, "dy": "0.32em"}, written(tick))
        )
    return element("g", {"class": css, "aria-hidden": "true"}, *rows)


def level(scale: ValueScale, value: float, css: str) -> Markup:
    """One horizontal line at a value, over the width of the plot."""
    y = from_bottom(scale.at(value))
    return element("line", {"class": f"level {css}", "x1": "0%", "x2": "100%", "y1": y, "y2": y})


def time_axis(scale: TimeScale, *, labelled: bool = True) -> Markup:
    """Vertical ticks at round dates, with labels under the plot."""
    marks = []
    for tick in scale.ticks():
        x = percentage(tick.fraction)
        css = "minor" if tick.minor else None
        marks.append(element("line", {"class": css, "x1": x, "x2": x, "y1": "0%", "y2": "100%"}))
        if labelled:
            marks.append(element("text", {"class": css, "x": x, "y": "100%", "dy": 18}, tick.label))
    return element("g", {"class": "time-axis", "aria-hidden": "true"}, *marks)


def fractions(values: FloatArray) -> list[float]:
    """Distances from the top for the script, short enough to embed."""
    rounded: list[float] = np.round(1.0 - values, 4).tolist()
    return rounded


def _through(across: FloatArray, up: FloatArray) -> str:
    if not (bool(np.isfinite(across).all()) and bool(np.isfinite(up).all())):
        raise ValueError("a line of a drawing must be finite")
    x = np.rint(across * _WIDTH).astype(np.int64).tolist()
    y = np.rint((1.0 - up) * _HEIGHT).astype(np.int64).tolist()
    if len(x) == 1:
        return f"M{x[0]} {y[0]}h0"
    return "M" + _pairs(zip(x, y, strict=True))


def _pairs(points: Iterable[tuple[int, int]]) -> str:
    return "L".join(f"{x} {y}" for x, y in points)
