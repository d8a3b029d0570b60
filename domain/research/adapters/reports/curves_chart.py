"""Any number of curves on one time axis, with stretches of time shaded behind them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from domain.arrays import FloatArray, TimeArray
from domain.performance.adapters import formatting
from domain.performance.adapters.charts.axes import TimeScale, ValueScale
from domain.performance.adapters.charts.chart import Chart, Dots, Hover, Key, Panel
from domain.performance.adapters.charts.downsampling import extreme_rows
from domain.performance.adapters.charts.plot import fractions, grid, level, line, plot, stretched, time_axis
from domain.performance.adapters.charts.svg import Markup, element, percentage
from domain.performance.adapters.formatting import DASH, Figure

_DRAWN_BUCKETS = 500
_HOVER_BUCKETS = 240
_RANGE_THAT_NEEDS_A_LOGARITHM = 5.0
STYLES = 8
"""Curves that are told apart by colour and by pattern; more of them repeat."""
Write = Callable[[float], str]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line: values (T,) at the chart's times, NaN where there is none; css is its look."""

    name: str
    css: str
    values: FloatArray


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of time, UTC nanoseconds, with its number."""

    start: int
    end: int
    name: str


def style_of(number: int) -> str:
    """The look of the curve with this number, from 0."""
    return f"series-{number % STYLES + 1}"


def curves_chart(
    name: str,
    times: TimeArray,
    curves: Sequence[Curve],
    *,
    start: float,
    axis: Write,
    written: Write,
    bands: Sequence[Band] = (),
    with_drawdowns: bool = True,
    notes: tuple[str, ...] = (),
) -> Chart:
    """The curves, and below them how far each stands under its highest value so far.

    start is the value all began with: a level line, and the first peak. On a logarithmic scale where
    the range asks for one and every value is above zero.
    """
    time = TimeScale(int(times[0]), int(times[-1]))
    scale = _scale([one.values for one in curves], start)
    panels = [Panel(_upper(times, curves, time, scale, start, axis, bands, labelled=not with_drawdowns))]
    depths = [_depth(one.values, start) for one in curves]
    deep = ValueScale(min(-0.01, *(float(np.nanmin(one, initial=0.0)) for one in depths)) * 1.05, 0.0)
    if with_drawdowns:
        panels.append(Panel(_lower(times, curves, depths, time, deep), "Drawdown"))
    told = (*notes, "Logarithmic scale.") if scale.logarithmic else notes
    texts = _texts(curves, len(times) - 1, written)
    return Chart(
        name,
        tuple(panels),
        keys=tuple(Key(one.name, one.css, Figure(text)) for one, text in zip(curves, texts, strict=True)),
        when=_day(int(times[-1])),
        hover=_hover(times, curves, depths if with_drawdowns else [], time, scale, deep, written),
        notes=told,
    )


def _scale(columns: Sequence[FloatArray], start: float) -> ValueScale:
    known = np.concatenate([one[np.isfinite(one)] for one in columns])
    wide = known.size > 0 and float(known.min()) > 0 and start > 0
    wide = wide and float(known.max()) / float(known.min()) > _RANGE_THAT_NEEDS_A_LOGARITHM
    return ValueScale.around(*columns, include=start, logarithmic=bool(wide))


def _depth(values: FloatArray, start: float) -> FloatArray:
    """Under the highest value so far, which `start` is the first of; -1 from where nothing is left."""
    peak = np.maximum.accumulate(np.fmax(np.where(np.isfinite(values), values, -np.inf), start))
    return np.maximum(values / peak - 1.0, -1.0)


def _upper(
    times: TimeArray,
    curves: Sequence[Curve],
    time: TimeScale,
    scale: ValueScale,
    start: float,
    axis: Write,
    bands: Sequence[Band],
    *,
    labelled: bool,
) -> Markup:
    described = "; ".join(f"{one.name} over time" for one in curves)
    return plot(
        "equity",
        f"{described}.",
        _shaded(bands, time),
        time_axis(time, labelled=labelled),
        grid(scale, axis),
        level(scale, start, "start"),
        stretched(*(_line(one.css, times, one.values, time, scale) for one in curves)),
    )


def _lower(
    times: TimeArray,
    curves: Sequence[Curve],
    depths: Sequence[FloatArray],
    time: TimeScale,
    deep: ValueScale,
) -> Markup:
    return plot(
        "drawdown",
        "How far each stands below its highest value so far.",
        time_axis(time),
        grid(deep, formatting.axis_percent, 3),
        stretched(
            *(_line(one.css, times, depth, time, deep) for one, depth in zip(curves, depths, strict=True))
        ),
    )


def _line(css: str, times: TimeArray, values: FloatArray, time: TimeScale, scale: ValueScale) -> Markup:
    rows = extreme_rows(values, _DRAWN_BUCKETS)
    return line(css, time.fraction(times[rows]), scale.fraction(values[rows]))


def _shaded(bands: Sequence[Band], time: TimeScale) -> Markup:
    """Every second stretch is tinted, so that where one ends and the next begins is seen."""
    parts = []
    for number, band in enumerate(bands):
        left, right = max(0.0, time.at(band.start)), min(1.0, time.at(band.end))
        if right <= left:
            continue
        if number % 2 == 0:
            place: dict[str, str | int | float | None] = {
                "x": percentage(left),
                "width": percentage(right - left),
                "y": "0%",
                "height": "100%",
            }
            parts.append(element("rect", place))
        css = "minor" if number % 2 else None
        parts.append(
            element(
                "text", {"class": css, "x": percentage((left + right) / 2), "y": "0%", "dy": 13}, band.name
            )
        )
    return element("g", {"class": "windows", "aria-hidden": "true"}, *parts)


def _texts(curves: Sequence[Curve], row: int, written: Write) -> list[str]:
    return [written(float(one.values[row])) if np.isfinite(one.values[row]) else DASH for one in curves]


def _hover(
    times: TimeArray,
    curves: Sequence[Curve],
    depths: Sequence[FloatArray],
    time: TimeScale,
    scale: ValueScale,
    deep: ValueScale,
    written: Write,
) -> Hover:
    rows = np.unique(
        np.linspace(0, len(times) - 1, min(len(times), 2 * _HOVER_BUCKETS)).round().astype(np.int64)
    )
    dots = [Dots(0, one.css, _tops(scale, one.values[rows])) for one in curves]
    dots += [Dots(1, one.css, _tops(deep, depth[rows])) for one, depth in zip(curves, depths, strict=False)]
    texts = [[_day(int(times[row])), *_texts(curves, int(row), written)] for row in rows]
    return Hover(np.round(time.fraction(times[rows]), 5).tolist(), texts, dots)


def _tops(scale: ValueScale, values: FloatArray) -> list[float | None]:
    known = np.isfinite(values)
    heights = fractions(scale.fraction(np.where(known, values, scale.high)))
    return [top if shown else None for top, shown in zip(heights, known.tolist(), strict=True)]


def _day(nanoseconds: int) -> str:
    return formatting.day(formatting.day_of(nanoseconds))
