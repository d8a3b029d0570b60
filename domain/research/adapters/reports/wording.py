"""How statistics, parameters and days of a study are written, the same in every report."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from domain.performance.adapters import formatting
from domain.performance.adapters.charts.axes import linear_ticks
from domain.performance.adapters.formatting import DASH, Figure
from domain.performance.adapters.statistics_view import written
from domain.performance.conventions import CONVENTIONS
from domain.research.model import Direction, Objective, ParameterValue

SUMMARY = ("sharpe", "annual_return", "total_return", "volatility", "max_drawdown", "win_rate", "trades")
"""What a table of combinations shows of each, after what it is ranked by."""
_COMPACT_FROM = 10_000
_PROPER = frozenset({"Sharpe", "Sortino", "Calmar", "Kelly"})


def label(statistic: str) -> str:
    """The name people know a statistic by."""
    convention = CONVENTIONS.get(statistic)
    return statistic.replace("_", " ").capitalize() if convention is None else convention.label


def mid_sentence(statistic: str) -> str:
    """Its name where a sentence has begun already."""
    name = label(statistic)
    return name if name.split()[0] in _PROPER or name[:2].isupper() else name[:1].lower() + name[1:]


def figure(statistic: str, value: Any, currency: str) -> Figure:
    """A value as JSON holds it; dates are ISO text."""
    if isinstance(value, str):
        value = date.fromisoformat(value)
    if statistic in CONVENTIONS:
        return written(statistic, value, currency)
    return Figure.undefined("Undefined") if value is None else Figure(formatting.number(value))


def short(statistic: str, value: float) -> str:
    """For a cell or an axis, where there is no room for a sign of currency or many digits."""
    unit = CONVENTIONS[statistic].unit if statistic in CONVENTIONS else "ratio"
    if unit == "fraction":
        return formatting.number(value * 100, 0 if abs(value) >= 1 else 1)
    if unit == "ratio":
        return formatting.number(value, 1 if abs(value) >= 10 else 2)  # noqa: PLR2004 - two digits before the point
    if abs(value) >= _COMPACT_FROM:
        return formatting.compact_money(float(f"{value:.3g}"), "").replace("\u00a0", "")
    return formatting.number(value, 0)


def unit_of_short(statistic: str) -> str:
    """What to add to a heading over values written by `short`."""
    unit = CONVENTIONS[statistic].unit if statistic in CONVENTIONS else "ratio"
    return "%" if unit == "fraction" else ""


def on_axis(statistic: str, value: float) -> str:
    """A round value of an axis."""
    unit = CONVENTIONS[statistic].unit if statistic in CONVENTIONS else "ratio"
    return formatting.axis_percent(value) if unit == "fraction" else formatting.axis_number(value)


def named(name: str) -> str:
    """A parameter's name."""
    return name.replace("_", " ")


def parameter(value: Any) -> str:
    """A parameter's value as it would be typed."""
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text.replace("-", formatting.MINUS, 1) if not isinstance(value, str) else text


def parameters(values: Mapping[str, Any] | None) -> str:
    """A combination in one line."""
    if values is None:
        return DASH
    return ", ".join(f"{named(name)} {parameter(value)}" for name, value in values.items()) or DASH


def objective(one: Objective) -> str:
    """What makes one combination better than another."""
    goal = "highest" if one.direction is Direction.MAXIMISE else "lowest"
    return f"{goal} {mid_sentence(one.statistic)}"


def day(moment: str) -> str:
    """The day of an ISO moment or day."""
    return formatting.day(datetime.fromisoformat(moment).date())


def period(name: str) -> str:
    """A period as the sweep names it, `2008-01-01..`, in words."""
    start, dots, end = name.partition("..")
    if not dots:
        return name or "whole period"
    if not start and not end:
        return "whole period"
    first = day(start) if start else "first bar"
    return f"{first} to {day(end) if end else 'last bar'}"


def axis_labels(values: tuple[ParameterValue, ...], most: int) -> list[str]:
    """One label a value; where there are more than `most`, only the round ones, or every so-manieth."""
    if len(values) <= most:
        return [parameter(value) for value in values]
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) == len(values):
        ticks = linear_ticks(float(numbers[0]), float(numbers[-1]), most)
        shown = {min(range(len(numbers)), key=lambda at: abs(numbers[at] - tick)) for tick in ticks}
    else:
        shown = set(range(0, len(values), -(-len(values) // most)))
    return [parameter(value) if at in shown else "" for at, value in enumerate(values)]
