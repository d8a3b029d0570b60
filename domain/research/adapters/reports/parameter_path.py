"""The value each window chose for a parameter, window after window."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from domain.performance.adapters.charts.axes import ValueScale
from domain.performance.adapters.charts.chart import Chart, Dots, Hover, Key, Panel
from domain.performance.adapters.charts.plot import fractions, grid, line, plot, steps, stretched
from domain.performance.adapters.charts.svg import element, percentage
from domain.performance.adapters.formatting import Figure
from domain.research.adapters.reports import wording
from domain.research.model import ParameterValue

_MOST_LABELS = 12


def parameter_paths(
    windows: Sequence[Mapping[str, Any]], stability: Mapping[str, float | None]
) -> tuple[Chart, ...]:
    """A chart for each parameter that was varied and is a number; others stand in the table of windows."""
    names = [name for name in stability if any(_is_number(_value(one, name)) for one in windows)]
    return tuple(_chart(name, number, windows) for number, name in enumerate(names))


def _value(window: Mapping[str, Any], name: str) -> ParameterValue | None:
    chosen = window["parameters"]
    return None if chosen is None else chosen.get(name)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _chart(name: str, number: int, windows: Sequence[Mapping[str, Any]]) -> Chart:
    chosen = [(at, _value(window, name)) for at, window in enumerate(windows)]
    known = [(at, float(value)) for at, value in chosen if isinstance(value, int | float)]
    count = len(windows)
    places = np.array([at for at, _ in known], dtype=np.float64)
    values = np.array([value for _, value in known], dtype=np.float64)
    scale = ValueScale.around(values, headroom=0.15)
    # A choice holds for the whole of its window, so that the last one ends at the right edge.
    across = np.append(places / count, (places[-1] + 1) / count)
    up = scale.fraction(np.append(values, values[-1]))
    drawing = plot(
        "path",
        f"Value of {wording.named(name)} chosen in each window.",
        grid(scale, wording.parameter, 3),
        stretched(line("strategy", *steps(across, up))),
        _labels(windows),
    )
    texts = [
        [f"Window {window['number'] + 1}", wording.parameter(value)]
        for window, (_, value) in zip(windows, chosen, strict=True)
    ]
    tops: list[float | None] = [None] * count
    for (at, _), top in zip(known, fractions(scale.fraction(values)), strict=True):
        tops[at] = top
    hover = Hover([round((at + 0.5) / count, 5) for at in range(count)], texts, [Dots(0, "strategy", tops)])
    key = Key(wording.named(name), "strategy", Figure(texts[-1][1]))
    return Chart(f"path-{number}", (Panel(drawing),), (key,), texts[-1][0], hover)


def _labels(windows: Sequence[Mapping[str, Any]]) -> str:
    every = -(-len(windows) // _MOST_LABELS)
    texts = [
        element(
            "text",
            {"x": percentage((at + 0.5) / len(windows)), "y": "100%", "dy": 18},
            str(window["number"] + 1),
        )
        for at, window in enumerate(windows)
        if at % every == 0
    ]
    return element("g", {"class": "return-axis", "aria-hidden": "true"}, *texts)
