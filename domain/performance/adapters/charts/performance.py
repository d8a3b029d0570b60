"""Equity against the benchmark, the drawdown under it, and how much was invested, on one time axis."""

from dataclasses import dataclass

import numpy as np

from domain.arrays import FloatArray, TimeArray
from domain.clock import NANOSECONDS_PER_DAY
from domain.performance.adapters import formatting
from domain.performance.adapters.charts.axes import TimeScale, ValueScale
from domain.performance.adapters.charts.chart import Chart, Dots, Hover, Key, Panel
from domain.performance.adapters.charts.downsampling import extreme_rows
from domain.performance.adapters.charts.drawdown import Underwater, shades, underwater
from domain.performance.adapters.charts.plot import (
    area,
    fractions,
    grid,
    level,
    line,
    plot,
    steps,
    stretched,
    time_axis,
)
from domain.performance.adapters.charts.svg import Markup, element
from domain.performance.adapters.formatting import Figure, Tone
from domain.performance.tear_sheet import TearSheet

_DRAWN_BUCKETS = 600
_HOVER_BUCKETS = 240
_SHADED = 5
_RANGE_THAT_NEEDS_A_LOGARITHM = 5.0


def performance_chart(sheet: TearSheet, *, intraday: bool) -> Chart:
    """Equity (two scales where money stays above zero), drawdown, and exposure where it is known."""
    time = TimeScale(int(sheet.close_time[0]), int(sheet.close_time[-1]))
    curves = _Curves.of(sheet)
    own = underwater(sheet, sheet.equity)
    other = None if curves.benchmark is None else underwater(sheet, curves.benchmark)
    depth = ValueScale.around(own.depth, *([] if other is None else [other.depth]), include=0.0, headroom=0.0)
    depth = ValueScale(min(depth.low * 1.05, -0.01), 0.0)
    panels = [
        Panel(_equity_plot(sheet, curves, time)),
        Panel(_drawdown_plot(own, other, depth, time, labelled=sheet.exposure is None), "Drawdown"),
    ]
    if sheet.exposure is not None:
        panels.append(
            Panel(
                _exposure_plot(sheet.close_time, sheet.exposure, time), "Exposure", "gross, share of equity"
            )
        )
    return Chart(
        name="performance",
        panels=tuple(panels),
        keys=_keys(sheet, curves, own),
        when=formatting.bar_time(int(sheet.close_time[-1]), intraday=intraday),
        hover=_hover(sheet, curves, own, depth, time, intraday=intraday),
        has_scales=curves.logarithmic is not None,
        starts_logarithmic=curves.logarithmic is not None
        and curves.logarithmic.high / curves.logarithmic.low > _RANGE_THAT_NEEDS_A_LOGARITHM,
        notes=_notes(sheet, curves),
    )


@dataclass(frozen=True, slots=True)
class _Curves:
    """What is drawn in the upper plot; logarithmic is None where money was zero or below."""

    benchmark: FloatArray | None
    linear: ValueScale
    logarithmic: ValueScale | None

    @classmethod
    def of(cls, sheet: TearSheet) -> "_Curves":
        known = sheet.benchmark is not None and bool(np.isfinite(sheet.benchmark).any())
        benchmark = sheet.benchmark if known else None
        drawn = [sheet.equity, *([] if benchmark is None else [benchmark])]
        positive = all(bool((column[np.isfinite(column)] > 0).all()) for column in drawn)
        positive = positive and sheet.initial_equity > 0
        return cls(
            benchmark,
            ValueScale.around(*drawn, include=sheet.initial_equity),
            ValueScale.around(*drawn, include=sheet.initial_equity, logarithmic=True) if positive else None,
        )

    def scales(self) -> list[tuple[str, ValueScale]]:
        both = [("linear", self.linear)]
        return both if self.logarithmic is None else [*both, ("logarithmic", self.logarithmic)]


def _equity_plot(sheet: TearSheet, curves: _Curves, time: TimeScale) -> Markup:
    layers = [
        element("g", {"class": f"on-{name}"}, *_equity_layer(sheet, curves, scale, time))
        for name, scale in curves.scales()
    ]
    return plot(
        "equity",
        _described(sheet),
        shades(sheet.tables.drawdowns[:_SHADED], time),
        time_axis(time, labelled=False),
        *layers,
    )


def _equity_layer(sheet: TearSheet, curves: _Curves, scale: ValueScale, time: TimeScale) -> list[Markup]:
    def drawn(css: str, values: FloatArray) -> Markup:
        rows = extreme_rows(values, _DRAWN_BUCKETS)
        return line(css, time.fraction(sheet.close_time[rows]), scale.fraction(values[rows]))

    paths = [] if curves.benchmark is None else [drawn("benchmark", curves.benchmark)]
    return [
        grid(scale, lambda value: formatting.compact_money(value, sheet.currency)),
        level(scale, sheet.initial_equity, "start"),
        stretched(*paths, drawn("strategy", sheet.equity)),
    ]


def _drawdown_plot(
    own: Underwater, other: Underwater | None, scale: ValueScale, time: TimeScale, *, labelled: bool
) -> Markup:
    rows = extreme_rows(own.depth, _DRAWN_BUCKETS)
    paths = [area("drawdown", time.fraction(own.time[rows]), scale.fraction(own.depth[rows]), 1.0)]
    if other is not None:
        rows = extreme_rows(other.depth, _DRAWN_BUCKETS)
        paths.append(
            line("benchmark thin", time.fraction(other.time[rows]), scale.fraction(other.depth[rows]))
        )
    deepest = float(np.min(own.depth, initial=0.0))
    return plot(
        "drawdown",
        f"Drawdown over time; the deepest is {formatting.percent(deepest)}.",
        time_axis(time, labelled=labelled),
        grid(scale, formatting.axis_percent, 3),
        stretched(*paths),
    )


def _exposure_plot(times: TimeArray, exposure: FloatArray, time: TimeScale) -> Markup:
    scale = ValueScale(0.0, max(1.0, float(np.nanmax(exposure, initial=1.0))) * 1.02)
    rows = extreme_rows(exposure, _DRAWN_BUCKETS)
    return plot(
        "exposure",
        "Share of equity invested over time.",
        time_axis(time),
        grid(scale, formatting.axis_percent, 1),
        stretched(area("exposure", *steps(time.fraction(times[rows]), scale.fraction(exposure[rows])), 0.0)),
    )


def _keys(sheet: TearSheet, curves: _Curves, own: Underwater) -> tuple[Key, ...]:
    last = sheet.close_time.shape[0] - 1
    texts = _row_texts(sheet, curves, own, last)
    names = [("Strategy", "strategy")]
    if curves.benchmark is not None:
        names.append((sheet.benchmark_name, "benchmark"))
    names.append(("Drawdown", "drawdown"))
    if sheet.exposure is not None:
        names.append(("Exposure", "exposure"))
    return tuple(
        Key(name, css, Figure(text, Tone.NEUTRAL)) for (name, css), text in zip(names, texts, strict=True)
    )


def _row_texts(sheet: TearSheet, curves: _Curves, own: Underwater, row: int) -> list[str]:
    def amount(value: float) -> str:
        return formatting.money(value, sheet.currency) if np.isfinite(value) else formatting.DASH

    texts = [amount(float(sheet.equity[row]))]
    if curves.benchmark is not None:
        texts.append(amount(float(curves.benchmark[row])))
    texts.append(formatting.percent(own.at(int(sheet.close_time[row]))))
    if sheet.exposure is not None:
        value = float(sheet.exposure[row])
        texts.append(formatting.percent(value, 0) if np.isfinite(value) else formatting.DASH)
    return texts


def _hover(
    sheet: TearSheet, curves: _Curves, own: Underwater, depth: ValueScale, time: TimeScale, *, intraday: bool
) -> Hover:
    rows = extreme_rows(sheet.equity, _HOVER_BUCKETS)
    times = sheet.close_time[rows]
    dots = [
        Dots(0, css, _tops(scale, column[rows]), name)
        for name, scale in curves.scales()
        for css, column in (("benchmark", curves.benchmark), ("strategy", sheet.equity))
        if column is not None
    ]
    depths = np.array([own.at(int(moment)) for moment in times])
    dots.append(Dots(1, "drawdown", _tops(depth, depths)))
    texts = [
        [formatting.bar_time(int(moment), intraday=intraday), *_row_texts(sheet, curves, own, int(row))]
        for row, moment in zip(rows, times, strict=True)
    ]
    return Hover(np.round(time.fraction(times), 5).tolist(), texts, dots)


def _tops(scale: ValueScale, values: FloatArray) -> list[float | None]:
    shown = np.where(np.isfinite(values), values, scale.high)
    return [
        top if known else None
        for top, known in zip(fractions(scale.fraction(shown)), np.isfinite(values).tolist(), strict=True)
    ]


def _notes(sheet: TearSheet, curves: _Curves) -> tuple[str, ...]:
    notes = []
    if sheet.tables.drawdowns:
        notes.append("Shaded: the deepest drawdowns, numbered as in their table.")
    if curves.logarithmic is None:
        notes.append("No logarithmic scale: the account was at or below zero.")
    days = (int(sheet.close_time[-1]) - int(sheet.close_time[0])) / NANOSECONDS_PER_DAY
    if sheet.close_time.shape[0] > 2 * _DRAWN_BUCKETS and days > 0:
        notes.append(
            f"{formatting.count(sheet.close_time.shape[0])} bars are drawn by their highs and lows, none of which is lost."
        )
    return tuple(notes)


def _described(sheet: TearSheet) -> str:
    first = formatting.money(sheet.initial_equity, sheet.currency)
    last = formatting.money(float(sheet.equity[-1]), sheet.currency)
    return f"Equity from {first} to {last}, with the benchmark where there is one."
