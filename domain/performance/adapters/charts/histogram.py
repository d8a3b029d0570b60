"""The distribution of measured returns, beside the normal curve of the same mean and deviation."""

from dataclasses import dataclass

import numpy as np

from domain.arrays import FloatArray
from domain.performance.adapters import formatting
from domain.performance.adapters.charts.axes import ValueScale, linear_ticks
from domain.performance.adapters.charts.chart import Chart, Key, Panel
from domain.performance.adapters.charts.plot import line, plot, stretched
from domain.performance.adapters.charts.svg import Markup, element, percentage
from domain.performance.adapters.formatting import Figure, Tone
from domain.performance.model import Statistics

FEWEST_RETURNS = 20
_SHARE_OF_IDLE_RETURNS_THAT_HIDES_THE_REST = 0.05
_FEWEST_BINS, _MOST_BINS = 15, 61
_SHOWN_DEVIATIONS = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """Counts between edges; returns outside are counted in the outermost bins (`outside` of them)."""

    edges: FloatArray
    counts: FloatArray
    outside: int


def binned(returns: FloatArray) -> Bins:
    """Bins by the Freedman-Diaconis rule, over five standard deviations either side of the mean.

    Freedman & Diaconis, On the histogram as a density estimator (1981).
    """
    mean, deviation = float(returns.mean()), float(returns.std(ddof=1))
    low = max(float(returns.min()), mean - _SHOWN_DEVIATIONS * deviation)
    high = min(float(returns.max()), mean + _SHOWN_DEVIATIONS * deviation)
    quartiles = np.quantile(returns, [0.25, 0.75])
    width = 2.0 * float(quartiles[1] - quartiles[0]) / returns.size ** (1 / 3)
    wanted = int((high - low) / width) if width > 0 else _MOST_BINS
    edges = np.linspace(low, high, min(_MOST_BINS, max(_FEWEST_BINS, wanted)) + 1)
    counts, _ = np.histogram(np.clip(returns, low, high), edges)
    outside = int(((returns < low) | (returns > high)).sum())
    return Bins(edges, counts.astype(np.float64), outside)


def histogram_chart(returns: FloatArray, statistics: Statistics) -> Chart | None:
    """None when there are too few returns, or none that differ, to show a distribution.

    Value at risk and its conditional counterpart are those of `statistics`: over all returns.
    """
    drawn, idle = _without_idle(returns[np.isfinite(returns)])
    if drawn.size < FEWEST_RETURNS or float(drawn.max() - drawn.min()) < 1e-12:  # noqa: PLR2004 - all the same
        return None
    bins = binned(drawn)
    scale = ValueScale(float(bins.edges[0]), float(bins.edges[-1]))
    normal = _normal_counts(bins, float(drawn.mean()), float(drawn.std(ddof=1)), drawn.size)
    top = float(max(bins.counts.max(), normal[1].max())) * 1.12
    drawing = plot(
        "histogram",
        f"Histogram of {formatting.count(drawn.size)} returns with a normal curve.",
        _value_axis(scale),
        _bars(bins, scale, top, statistics.value_at_risk_95),
        stretched(line("normal", scale.fraction(normal[0]), normal[1] / top)),
        *_marks(statistics, scale),
    )
    return Chart("histogram", (Panel(drawing),), keys=_keys(statistics), notes=_notes(bins, idle))


def _without_idle(returns: FloatArray) -> tuple[FloatArray, int]:
    """Returns to draw, and how many of exactly zero are left out.

    A strategy that is often in cash has so many zeros that their bar would flatten all others.
    """
    moved = returns[returns != 0.0]
    idle = int(returns.size - moved.size)
    return (moved, idle) if idle > _SHARE_OF_IDLE_RETURNS_THAT_HIDES_THE_REST * returns.size else (returns, 0)


def _normal_counts(bins: Bins, mean: float, deviation: float, size: int) -> tuple[FloatArray, FloatArray]:
    """What each bin would hold were the returns normal."""
    at = np.linspace(bins.edges[0], bins.edges[-1], 121)
    width = float(bins.edges[1] - bins.edges[0])
    density = np.exp(-0.5 * ((at - mean) / deviation) ** 2) / (deviation * np.sqrt(2.0 * np.pi))
    return at, density * width * size


def _bars(bins: Bins, scale: ValueScale, top: float, tail: float | None) -> Markup:
    """One bar a bin; those that lie wholly in the worst five per cent are set apart."""
    left = scale.fraction(bins.edges)
    bars = []
    for index, count in enumerate(bins.counts.tolist()):
        if not count:
            continue
        middle = float(bins.edges[index] + bins.edges[index + 1]) / 2
        height = count / top
        bars.append(
            element(
                "rect",
                {
                    "class": "tail" if tail is not None and middle <= tail else None,
                    "x": percentage(float(left[index])),
                    "width": percentage(float(left[index + 1] - left[index]) * 0.86),
                    "y": percentage(1.0 - height),
                    "height": percentage(height),
                },
            )
        )
    return element("g", {"class": "bars", "aria-hidden": "true"}, *bars)


def _value_axis(scale: ValueScale) -> Markup:
    marks = [element("line", {"x1": "0%", "x2": "100%", "y1": "100%", "y2": "100%"})]
    for index, tick in enumerate(linear_ticks(scale.low, scale.high, 6)):
        label = formatting.axis_percent(tick, signed=True)
        css = "minor" if index % 2 else None
        marks.append(
            element("text", {"class": css, "x": percentage(scale.at(tick)), "y": "100%", "dy": 18}, label)
        )
    return element("g", {"class": "return-axis", "aria-hidden": "true"}, *marks)


def _marks(statistics: Statistics, scale: ValueScale) -> list[Markup]:
    """Where value at risk and its conditional counterpart stand."""
    marks = []
    for row, (name, value) in enumerate(
        (("CVaR", statistics.conditional_value_at_risk_95), ("VaR", statistics.value_at_risk_95))
    ):
        if value is None or not scale.low <= value <= scale.high:
            continue
        x = percentage(scale.at(value))
        marks.append(element("line", {"class": "risk", "x1": x, "x2": x, "y1": "0%", "y2": "100%"}))
        marks.append(
            element("text", {"class": "risk", "x": x, "y": "0%", "dx": -6, "dy": 12 + 16 * row}, name)
        )
    return marks


def _keys(statistics: Statistics) -> tuple[Key, ...]:
    risks = (
        ("VaR 95 %", statistics.value_at_risk_95),
        ("CVaR 95 %", statistics.conditional_value_at_risk_95),
    )
    return (
        *(
            Key(name, "risk", Figure(formatting.percent(value, signed=True), Tone.of(value)))
            for name, value in risks
            if value is not None
        ),
        Key("Normal curve", "normal", Figure("")),
    )


def _notes(bins: Bins, idle: int) -> tuple[str, ...]:
    notes = []
    if idle:
        notes.append(
            f"Not drawn: {formatting.counted(idle, 'return', 'returns')} of exactly zero, mostly without a position; "
            "VaR and CVaR count them."
        )
    notes.append("The curve is normal with the mean and the standard deviation of the returns drawn.")
    if bins.outside:
        told = "return lies" if bins.outside == 1 else "returns lie"
        notes.append(
            f"{formatting.count(bins.outside)} {told} beyond five standard deviations, counted in the outermost bars."
        )
    return tuple(notes)
