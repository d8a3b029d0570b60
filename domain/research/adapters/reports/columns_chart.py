"""Columns side by side in groups: marginals of a parameter, windows in and out of sample."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from domain.performance.adapters.charts.axes import ValueScale
from domain.performance.adapters.charts.chart import Chart, Hover, Key, Panel
from domain.performance.adapters.charts.plot import grid, level, plot
from domain.performance.adapters.charts.svg import Markup, element, from_bottom, percentage
from domain.performance.adapters.formatting import DASH, Figure

Write = Callable[[float], str]
_MOST_LETTERS = 46
"""Of all labels of an axis together, so that none runs into the next."""
_SHARE_OF_A_GROUP = 0.76


@dataclass(frozen=True, slots=True)
class Series:
    """One value a group, None where there is none; drawn as columns, or as ticks where is_tick."""

    name: str
    css: str
    values: tuple[float | None, ...]
    is_tick: bool = False


def columns_chart(
    name: str, groups: Sequence[str], series: Sequence[Series], axis: Write, written: Write, described: str
) -> Chart:
    """Columns grow from zero, whose line is drawn, so that their lengths can be compared."""
    known = [value for one in series for value in one.values if value is not None]
    scale = ValueScale.around(np.array(known, dtype=np.float64), include=0.0, headroom=0.06)
    columns = [one for one in series if not one.is_tick]
    width = _SHARE_OF_A_GROUP / max(1, len(columns)) / len(groups)
    drawn = [
        _column(
            one.css, value, (at + 0.5 - _SHARE_OF_A_GROUP / 2) / len(groups) + width * place, width, scale
        )
        for place, one in enumerate(columns)
        for at, value in enumerate(one.values)
        if value is not None
    ]
    ticks = [
        _tick(one.css, value, (at + 0.5) / len(groups), _SHARE_OF_A_GROUP / len(groups), scale)
        for one in series
        if one.is_tick
        for at, value in enumerate(one.values)
        if value is not None
    ]
    drawing = plot(
        "columns",
        described,
        grid(scale, axis, 4),
        element("g", {"class": "columns", "aria-hidden": "true"}, *drawn, *ticks),
        level(scale, 0.0, "zero"),
        _labels(groups),
    )
    rows = [[group, *(_told(one.values[at], written) for one in series)] for at, group in enumerate(groups)]
    keys = tuple(Key(one.name, one.css, Figure(text)) for one, text in zip(series, rows[-1][1:], strict=True))
    across = [round((at + 0.5) / len(groups), 5) for at in range(len(groups))]
    return Chart(name, (Panel(drawing),), keys=keys, when=groups[-1], hover=Hover(across, rows))


def _told(value: float | None, written: Write) -> str:
    return DASH if value is None else written(value)


def _column(css: str, value: float, left: float, width: float, scale: ValueScale) -> Markup:
    top, base = scale.at(max(value, 0.0)), scale.at(min(value, 0.0))
    place = {
        "class": css,
        "x": percentage(left),
        "width": percentage(width * 0.92),
        "y": from_bottom(top),
        "height": percentage(max(top - base, 0.002)),
    }
    return element("rect", place)


def _tick(css: str, value: float, middle: float, width: float, scale: ValueScale) -> Markup:
    y = from_bottom(scale.at(value))
    ends = {"x1": percentage(middle - width / 2), "x2": percentage(middle + width / 2)}
    return element("line", {"class": css, "y1": y, "y2": y, **ends})


def _labels(groups: Sequence[str]) -> Markup:
    longest = max(len(group) for group in groups) + 2
    every = max(1, -(-len(groups) * longest // _MOST_LETTERS))
    texts = [
        element(
            "text",
            {
                "class": "minor" if (at // every) % 2 else None,
                "x": percentage((at + 0.5) / len(groups)),
                "y": "100%",
                "dy": 18,
            },
            group,
        )
        for at, group in enumerate(groups)
        if at % every == 0
    ]
    return element("g", {"class": "return-axis", "aria-hidden": "true"}, *texts)
