"""Where one value stands among many: a histogram with marks, and a scatter of two objectives."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from domain.arrays import FloatArray
from domain.performance.adapters import formatting
from domain.performance.adapters.charts.axes import ValueScale, linear_ticks
from domain.performance.adapters.charts.chart import Chart, Key, Panel
from domain.performance.adapters.charts.histogram import binned
from domain.performance.adapters.charts.plot import grid, plot
from domain.performance.adapters.charts.svg import Attribute, Markup, element, from_bottom, percentage
from domain.performance.adapters.formatting import Figure

FEWEST_VALUES = 10
MOST_POINTS = 2_000
Write = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Mark:
    """A value to be pointed out; css is "chosen" or "zero"."""

    name: str
    value: float
    css: str
    text: str


def marked_histogram(
    name: str, values: FloatArray, marks: Sequence[Mark], written: Write, what: str
) -> Chart | None:
    """How often each value comes up, and where the marked ones stand; None for too few, or all alike.

    Bars beyond the mark named "chosen" are set apart: as good or better by chance.
    """
    known = values[np.isfinite(values)]
    if known.size < FEWEST_VALUES or float(known.max() - known.min()) < 1e-12:  # noqa: PLR2004 - all the same
        return None
    bins = binned(known)
    ends = [
        float(bins.edges[0]),
        float(bins.edges[-1]),
        *(mark.value for mark in marks if mark.css == "chosen"),
    ]
    air = (max(ends) - min(ends)) * 0.02
    scale = ValueScale(min(ends) - air, max(ends) + air)
    top = float(bins.counts.max()) * 1.15
    drawing = plot(
        "histogram scores",
        f"Histogram of {formatting.counted(known.size, *_nouns(what))}.",
        _axis(scale, written),
        _bars(bins.edges, bins.counts, scale, top),
        *(
            part
            for row, mark in enumerate(marks)
            if scale.low <= mark.value <= scale.high
            for part in _mark(mark, scale, row)
        ),
    )
    keys = tuple(Key(mark.name, mark.css, Figure(mark.text)) for mark in marks if mark.css == "chosen")
    notes = (
        ()
        if not bins.outside
        else (
            (
                f"{formatting.counted(bins.outside, *_nouns(what))} beyond five standard deviations "
                f"{'is' if bins.outside == 1 else 'are'} counted in the outermost bars."
            ),
        )
    )
    return Chart(name, (Panel(drawing),), keys=keys, notes=notes)


def scatter(
    name: str,
    across: FloatArray,
    up: FloatArray,
    front: Sequence[tuple[float, float]],
    titles: tuple[str, str],
    written: tuple[Write, Write],
) -> Chart | None:
    """Two objectives against each other: every combination a dot, the unbeaten ones as rings on a line.

    Of more than two thousand dots an even share is drawn. None when there is no defined point.
    """
    known = np.isfinite(across) & np.isfinite(up)
    x, y = across[known], up[known]
    if x.size == 0:
        return None
    left = ValueScale.around(x, np.array([one for one, _ in front] or [x[0]]))
    height = ValueScale.around(y, np.array([other for _, other in front] or [y[0]]))
    chosen = np.linspace(0, x.size - 1, min(x.size, MOST_POINTS)).round().astype(np.int64)
    dots = "".join(
        f"M{round(a * 2000)} {round((1 - b) * 1000)}h0"
        for a, b in zip(left.fraction(x[chosen]), height.fraction(y[chosen]), strict=True)
    )
    rings = [
        element(
            "circle", {"class": "ring", "cx": percentage(left.at(a)), "cy": from_bottom(height.at(b)), "r": 4}
        )
        for a, b in front
    ]
    drawing = plot(
        "scatter",
        f"{titles[1]} against {titles[0]} of {formatting.count(x.size)} combinations.",
        grid(height, written[1]),
        _axis(left, written[0]),
        element(
            "svg",
            {
                "width": "100%",
                "height": "100%",
                "viewBox": "0 0 2000 1000",
                "preserveAspectRatio": "none",
                "aria-hidden": "true",
            },
            element("path", {"class": "line cloud", "d": dots}),
        ),
        *rings,
    )
    keys = (
        Key("Every combination", "cloud", Figure("")),
        Key("Beaten by none", "ring", Figure(formatting.count(len(front)))),
    )
    notes = [f"Across: {titles[0]}. Up: {titles[1]}."]
    if chosen.size < x.size:
        notes.append(
            f"{formatting.count(chosen.size)} of {formatting.count(x.size)} combinations are drawn, evenly spaced."
        )
    return Chart(name, (Panel(drawing),), keys=keys, notes=tuple(notes))


def _nouns(what: str) -> tuple[str, str]:
    return what, f"{what}s"


def _bars(edges: FloatArray, counts: FloatArray, scale: ValueScale, top: float) -> Markup:
    left = scale.fraction(edges)
    rects = [
        element(
            "rect",
            {
                "class": "below" if float(edges[at] + edges[at + 1]) < 0 else None,
                "x": percentage(float(left[at])),
                "width": percentage(float(left[at + 1] - left[at]) * 0.86),
                "y": percentage(1.0 - count / top),
                "height": percentage(count / top),
            },
        )
        for at, count in enumerate(counts.tolist())
        if count
    ]
    return element("g", {"class": "bars", "aria-hidden": "true"}, *rects)


def _axis(scale: ValueScale, written: Write) -> Markup:
    marks = [element("line", {"x1": "0%", "x2": "100%", "y1": "100%", "y2": "100%"})]
    for at, tick in enumerate(linear_ticks(scale.low, scale.high, 6)):
        place = {"class": "minor" if at % 2 else None, "x": percentage(scale.at(tick)), "y": "100%", "dy": 18}
        marks.append(element("text", place, written(tick)))
    return element("g", {"class": "return-axis", "aria-hidden": "true"}, *marks)


def _mark(mark: Mark, scale: ValueScale, row: int) -> list[Markup]:
    share = scale.at(mark.value)
    x = percentage(share)
    roomy = share > 0.5  # noqa: PLR2004 - to the side with more room
    label: dict[str, Attribute] = {
        "class": f"mark {mark.css}",
        "x": x,
        "y": "0%",
        "dx": -6 if roomy else 6,
        "dy": 12 + 16 * row,
        "text-anchor": "end" if roomy else "start",
    }
    return [
        element("line", {"class": f"mark {mark.css}", "x1": x, "x2": x, "y1": "0%", "y2": "100%"}),
        element("text", label, f"{mark.name} {mark.text}".strip()),
    ]
