"""A statistic over two parameters: as a table of values where they fit, as a drawing where they do not.

The highest value of the vertical parameter is on top, as on a chart. What was not tried, or is
undefined, is hatched; no tint stands for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.overfitting.robustness import smoothed_statistic
from domain.performance.adapters.charts.svg import Markup, element, percentage
from domain.research.adapters.reports import wording
from domain.research.adapters.reports.tints import Tints
from domain.research.model import HeatMap, ParameterValue

MOST_COLUMNS, MOST_ROWS = 16, 32
"""Above, values would not be readable in their cells."""
MOST_SMOOTHED = 4_000
"""Cells of the largest map that is smoothed: each looks at every other one."""
_LABELS_ACROSS, _LABELS_UP = 9, 9


@dataclass(frozen=True, slots=True)
class MapCell:
    """One cell of the table; css is its tint, or "untried"."""

    text: str
    css: str
    is_best: bool


@dataclass(frozen=True, slots=True)
class MapRow:
    name: str
    cells: tuple[MapCell, ...]


@dataclass(frozen=True, slots=True)
class MapView:
    """One map. Either rows, or a drawing with what the pointer reads from it."""

    name: str
    title: str
    x: str
    y: str
    columns: tuple[str, ...]
    rows: tuple[MapRow, ...] = ()
    drawing: Markup | None = None
    readings: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PairOfMaps:
    """Two parameters: every cell as it was measured, and as the mean of it and its neighbours.

    smoothed is None for a map too large; key lists class and text of each tint; number tells the
    maps of a page apart.
    """

    x: str
    y: str
    measured: MapView
    smoothed: MapView | None
    key: tuple[tuple[str, str], ...]
    unit: str
    has_gaps: bool


def pair_of_maps(
    found: HeatMap, best: Mapping[str, ParameterValue] | None, number: int, *, lower_is_better: bool
) -> PairOfMaps:
    """Both maps on one scale; the cell the best combination lies in is marked in both."""
    values = np.array([[np.nan if v is None else v for v in row] for row in found.cells], dtype=np.float64)
    tints = Tints.of(found.statistic, values[np.isfinite(values)].tolist(), lower_is_better=lower_is_better)
    place = _place(found, best)
    name = f"map-{number}"
    even = smoothed(found, values)
    return PairOfMaps(
        wording.named(found.x),
        wording.named(found.y),
        _view(found, values, tints, place, f"{name}-measured", "As measured"),
        None
        if even is None
        else _view(found, even, tints, place, f"{name}-smoothed", "Mean of each cell and its neighbours"),
        tuple((css, wording.short(found.statistic, value)) for css, value in tints.steps()),
        wording.unit_of_short(found.statistic),
        bool(np.isnan(values).any()),
    )


def smoothed(found: HeatMap, values: FloatArray) -> FloatArray | None:
    """The surface of stability: each measured cell with those up to one step away; None when too large."""
    if values.size > MOST_SMOOTHED:
        return None
    across = np.tile(np.arange(values.shape[1]), values.shape[0])
    up = np.repeat(np.arange(values.shape[0]), values.shape[1])
    columns = {"x": _neighbourly(found.x_values, across), "y": _neighbourly(found.y_values, up)}
    even = smoothed_statistic(columns, values.ravel(), steps=1, radius=0.0).reshape(values.shape)
    # A gap has neighbours too, but nobody tried it.
    return np.where(np.isnan(values), np.nan, even)


def _neighbourly(values: tuple[ParameterValue, ...], places: IntArray) -> list[int | float | bool | str]:
    """Places of numbers have neighbours; a switch or a word has none."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return [int(place) for place in places]
    return [str(int(place)) for place in places]


def _place(found: HeatMap, best: Mapping[str, ParameterValue] | None) -> tuple[int, int] | None:
    """Row and column of the best combination's cell."""
    if best is None:
        return None
    row, column = _at(found.y_values, best[found.y]), _at(found.x_values, best[found.x])
    return None if row is None or column is None else (row, column)


def _at(values: tuple[ParameterValue, ...], wanted: ParameterValue) -> int | None:
    if wanted in values:
        return values.index(wanted)
    if str(wanted) in values:  # switches and words come back from files as text
        return values.index(str(wanted))
    if isinstance(wanted, str) or any(isinstance(value, str) for value in values):
        return None
    # Values cut into ranges are named by where they begin.
    below = [at for at, value in enumerate(values) if float(value) <= float(wanted)]
    return below[-1] if below else None


def _view(
    found: HeatMap,
    values: FloatArray,
    tints: Tints,
    best: tuple[int, int] | None,
    name: str,
    title: str,
) -> MapView:
    x, y = wording.named(found.x), wording.named(found.y)
    columns = tuple(wording.parameter(value) for value in found.x_values)
    if len(found.x_values) <= MOST_COLUMNS and len(found.y_values) <= MOST_ROWS:
        return MapView(name, title, x, y, columns, rows=_rows(found, values, tints, best))
    readings = {
        "x": [f"{x} {column}" for column in columns],
        "y": [f"{y} {wording.parameter(value)}" for value in found.y_values],
        "texts": [[_text(found.statistic, value) for value in row] for row in values.tolist()],
    }
    return MapView(
        name, title, x, y, columns, drawing=_drawn(found, values, tints, best, title), readings=readings
    )


def _text(statistic: str, value: float) -> str:
    return wording.short(statistic, value) if np.isfinite(value) else ""


def _css(tints: Tints, value: float) -> str:
    return tints.css(value) if np.isfinite(value) else "untried"


def _rows(
    found: HeatMap, values: FloatArray, tints: Tints, best: tuple[int, int] | None
) -> tuple[MapRow, ...]:
    return tuple(
        MapRow(
            wording.parameter(found.y_values[row]),
            tuple(
                MapCell(_text(found.statistic, value), _css(tints, value), best == (row, column))
                for column, value in enumerate(values[row].tolist())
            ),
        )
        for row in reversed(range(len(found.y_values)))
    )


def _drawn(
    found: HeatMap, values: FloatArray, tints: Tints, best: tuple[int, int] | None, title: str
) -> Markup:
    rows, columns = values.shape
    paths: dict[str, list[str]] = {}
    for row in range(rows):
        for start, length, css in _runs([_css(tints, value) for value in values[row].tolist()]):
            paths.setdefault(css, []).append(f"M{start} {rows - 1 - row}h{length}v1h-{length}z")
    measured = [path for css, some in paths.items() if css != "untried" for path in some]
    cells = element(
        "svg",
        {
            "width": "100%",
            "height": "100%",
            "viewBox": f"0 0 {columns} {rows}",
            "preserveAspectRatio": "none",
            "shape-rendering": "crispEdges",
            "aria-hidden": "true",
        },
        element("path", {"class": "ground", "d": "".join(measured)}),
        *(
            element("path", {"class": css, "d": "".join(some)})
            for css, some in sorted(paths.items())
            if css != "untried"
        ),
    )
    described = f"{wording.label(found.statistic)} over {wording.named(found.x)} and {wording.named(found.y)}. {title}."
    return element(
        "svg",
        {"class": "plot map", "role": "img", "aria-label": described},
        element("rect", {"class": "untried", "width": "100%", "height": "100%"}),
        cells,
        *_labels(found),
        *_marked(best, rows, columns),
    )


def _runs(names: list[str]) -> list[tuple[int, int, str]]:
    """Start, length and name of each stretch of equal names."""
    runs: list[tuple[int, int, str]] = []
    for at, name in enumerate(names):
        if runs and runs[-1][2] == name:
            start, length, _ = runs.pop()
            runs.append((start, length + 1, name))
        else:
            runs.append((at, 1, name))
    return runs


def _labels(found: HeatMap) -> list[Markup]:
    across = wording.axis_labels(found.x_values, _LABELS_ACROSS)
    up = wording.axis_labels(found.y_values, _LABELS_UP)
    columns = [
        element(
            "text",
            {"class": "across", "x": percentage((at + 0.5) / len(across)), "y": "100%", "dy": 18},
            text,
        )
        for at, text in enumerate(across)
        if text
    ]
    rows = [
        element(
            "text",
            {
                "class": "value",
                "x": "100%",
                "dx": 8,
                "y": percentage(1 - (at + 0.5) / len(up)),
                "dy": "0.32em",
            },
            text,
        )
        for at, text in enumerate(up)
        if text
    ]
    return [*columns, *rows]


def _marked(best: tuple[int, int] | None, rows: int, columns: int) -> list[Markup]:
    if best is None:
        return []
    x, y = percentage((best[1] + 0.5) / columns), percentage(1 - (best[0] + 0.5) / rows)
    return [
        element("circle", {"class": f"best-ring {css}", "cx": x, "cy": y, "r": 7})
        for css in ("under", "over")
    ]
