"""What else could have happened: the spread of resampled accounts, period by period."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from domain.arrays import FloatArray
from domain.performance.adapters import formatting
from domain.performance.adapters.charts.axes import ValueScale, linear_ticks
from domain.performance.adapters.charts.chart import Chart, Dots, Hover, Key, Panel
from domain.performance.adapters.charts.plot import fractions, grid, level, line, plot, stretched
from domain.performance.adapters.charts.svg import Markup, element, percentage
from domain.performance.adapters.formatting import Figure

_RANGE_THAT_NEEDS_A_LOGARITHM = 5.0
_WIDTH, _HEIGHT = 2000, 1000


def cone_chart(cone: Mapping[str, Any]) -> Chart:
    """Bands between the outer and between the inner quantiles, and the middle path, in multiples of the start."""
    step = np.array(cone["step"], dtype=np.float64)
    equity = np.array(cone["equity"], dtype=np.float64)
    low, high = float(np.nanmin(equity)), float(np.nanmax(equity))
    logarithmic = low > 0 and high / low > _RANGE_THAT_NEEDS_A_LOGARITHM
    scale = ValueScale.around(equity.ravel(), include=1.0, logarithmic=logarithmic)
    across = step / max(1.0, float(step[-1]))
    count = len(equity)
    bands = [
        _band(f"cone-{place + 1}", across, equity[place], equity[count - 1 - place], scale)
        for place in range(count // 2)
    ]
    middle = equity[count // 2]
    drawing = plot(
        "cone",
        "Quantiles of resampled accounts over the length of the run.",
        grid(scale, lambda value: f"{formatting.axis_number(value)}\u00d7"),
        _axis(float(step[-1])),
        level(scale, 1.0, "start"),
        stretched(*bands, line("strategy", across, scale.fraction(middle))),
    )
    quantiles = [_percentile(value) for value in cone["quantiles"]]
    rows = [
        [f"Period {formatting.count(int(at))}", *(_times(float(one)) for one in column)]
        for at, column in zip(step, equity.T, strict=True)
    ]
    names = [f"{one} quantile" if at != count // 2 else "Median" for at, one in enumerate(quantiles)]
    styles = [
        f"cone-{min(at, count - 1 - at) + 1}" if at != count // 2 else "strategy" for at in range(count)
    ]
    keys = tuple(
        Key(name, css, Figure(text)) for name, css, text in zip(names, styles, rows[-1][1:], strict=True)
    )
    dots = [Dots(0, "strategy", [*fractions(scale.fraction(middle))])]
    note = (
        f"{formatting.count(int(cone['resamples']))} accounts made of this run's returns in another order, in multiples of the "
        "start. Each quantile is taken at each period by itself: none of these lines need be a path."
    )
    notes = (note, "Logarithmic scale.") if logarithmic else (note,)
    return Chart(
        "cone",
        (Panel(drawing),),
        keys,
        rows[-1][0],
        Hover(np.round(across, 5).tolist(), rows, dots),
        notes=notes,
    )


def _band(css: str, across: FloatArray, lower: FloatArray, upper: FloatArray, scale: ValueScale) -> Markup:
    x = np.concatenate([across, across[::-1]])
    y = np.concatenate([scale.fraction(upper), scale.fraction(lower)[::-1]])
    points = "L".join(f"{round(a * _WIDTH)} {round((1 - b) * _HEIGHT)}" for a, b in zip(x, y, strict=True))
    return element("path", {"class": f"band {css}", "d": f"M{points}Z"})


def _axis(last: float) -> Markup:
    marks = [
        element(
            "text",
            {"class": "minor" if at % 2 else None, "x": percentage(tick / last), "y": "100%", "dy": 18},
            formatting.axis_number(tick),
        )
        for at, tick in enumerate(linear_ticks(0.0, last, 6))
    ]
    return element("g", {"class": "return-axis", "aria-hidden": "true"}, *marks)


def _percentile(share: float) -> str:
    return formatting.axis_percent(round(share, 6))


def _times(value: float) -> str:
    return f"{formatting.number(value)}\u00d7"
