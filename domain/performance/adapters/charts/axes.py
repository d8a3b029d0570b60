"""Scales and their ticks: values linear or logarithmic, time by the calendar in UTC."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from domain.arrays import FloatArray, TimeArray
from domain.clock import from_nanoseconds, to_nanoseconds

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_LOGARITHMIC_STEPS = ((1.0, 2.0, 3.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0,))
_LINEAR_ENOUGH = 4.0
_MOST_TIME_TICKS = 9
_FEWEST_TIME_TICKS = 3
_DAYS_A_MONTH = 30.4375
_DAYS_THAT_MONTHS_CAN_DIVIDE = 75
_MONTH_STEPS = ((1, "%b %Y"), (3, "%b %Y"), (6, "%b %Y"), (12, "%Y"), (24, "%Y"), (60, "%Y"))
_HOUR_STEPS = (
    (24 * 14, "%d %b"),
    (24 * 7, "%d %b"),
    (24 * 2, "%d %b"),
    (24, "%d %b"),
    (6, "%d %b %H:%M"),
    (1, "%d %b %H:%M"),
)


@dataclass(frozen=True, slots=True)
class ValueScale:
    """A vertical axis from `low` (0) to `high` (1)."""

    low: float
    high: float
    logarithmic: bool = False

    @classmethod
    def around(
        cls,
        *columns: FloatArray,
        logarithmic: bool = False,
        include: float | None = None,
        headroom: float = 0.04,
    ) -> "ValueScale":
        """The scale that holds every finite value, and `include`, with some air above and below.

        Logarithmic needs every value to be above zero.
        """
        ends = [end for column in columns for end in _finite_ends(column)]
        ends += [] if include is None else [include]
        low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
        if logarithmic:
            low, high = math.log(low), math.log(high)
        air = (high - low) * headroom or max(abs(high) * 0.01, 1e-9 if logarithmic else 1e-6)
        low, high = low - air, high + air
        return cls(math.exp(low), math.exp(high), True) if logarithmic else cls(low, high)

    def fraction(self, values: FloatArray) -> FloatArray:
        """Where values lie between the bottom (0) and the top (1)."""
        if self.logarithmic:
            return np.asarray(np.log(values / self.low) / math.log(self.high / self.low), dtype=np.float64)
        return np.asarray((values - self.low) / (self.high - self.low), dtype=np.float64)

    def at(self, value: float) -> float:
        return float(self.fraction(np.array([value]))[0])

    def ticks(self, wanted: int = 5) -> tuple[float, ...]:
        """Round values inside the scale."""
        if self.logarithmic and self.high / self.low > _LINEAR_ENOUGH:
            return _logarithmic_ticks(self.low, self.high, wanted)
        return linear_ticks(self.low, self.high, wanted)


def linear_ticks(low: float, high: float, wanted: int = 5) -> tuple[float, ...]:
    """About `wanted` multiples of 1, 2, 2.5 or 5 times a power of ten, inside [low, high]."""
    rough = (high - low) / wanted
    if not (math.isfinite(rough) and rough > 0):
        return (low,)
    power = 10.0 ** math.floor(math.log10(rough))
    step = min((step * power for step in _STEPS), key=lambda size: abs(math.log(size / rough)))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return tuple(float(f"{index * step:.12g}") + 0.0 for index in range(first, last + 1))


def _logarithmic_ticks(low: float, high: float, wanted: int) -> tuple[float, ...]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    most = wanted + 3
    inside: tuple[float, ...] = ()
    for steps in _LOGARITHMIC_STEPS:
        ticks = (step * 10.0**decade for decade in decades for step in steps)
        inside = tuple(tick for tick in ticks if low <= tick <= high)
        if len(inside) <= most:
            break
    return inside[:: max(1, -(-len(inside) // most))]


def _finite_ends(values: FloatArray) -> tuple[float, ...]:
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else ()


@dataclass(frozen=True, slots=True)
class TimeTick:
    """A labelled moment; every second one gives way where there is little room."""

    fraction: float
    label: str
    minor: bool


@dataclass(frozen=True, slots=True)
class TimeScale:
    """A horizontal axis from `start` (0) to `end` (1), UTC nanoseconds."""

    start: int
    end: int

    def fraction(self, times: TimeArray) -> FloatArray:
        """Where moments lie between left (0) and right (1); a scale of one moment is its middle."""
        if self.end <= self.start:
            return np.full(times.shape, 0.5)
        return np.asarray((times - self.start) / (self.end - self.start), dtype=np.float64)

    def at(self, moment: int) -> float:
        return float(self.fraction(np.array([moment], dtype=np.int64))[0])

    def ticks(self) -> tuple[TimeTick, ...]:
        """At most nine moments on round dates or hours."""
        first, last = from_nanoseconds(self.start), from_nanoseconds(self.end)
        moments, pattern = _calendar_ticks(first, last)
        return tuple(
            TimeTick(self.at(to_nanoseconds(moment)), _labelled(moment, pattern), bool(index % 2))
            for index, moment in enumerate(moments)
        )


def _labelled(moment: datetime, pattern: str) -> str:
    return moment.strftime(pattern).lstrip("0") if pattern.startswith("%d") else moment.strftime(pattern)


def _calendar_ticks(first: datetime, last: datetime) -> tuple[list[datetime], str]:
    days = (last - first) / timedelta(days=1)
    if days < _DAYS_THAT_MONTHS_CAN_DIVIDE:
        return _short_ticks(first, last)
    for months, pattern in _MONTH_STEPS:
        if days / (months * _DAYS_A_MONTH) <= _MOST_TIME_TICKS:
            return list(_month_starts(first, last, months)), pattern
    years = math.ceil(days / (12 * _DAYS_A_MONTH) / _MOST_TIME_TICKS)
    return list(_month_starts(first, last, 12 * years)), "%Y"


def _short_ticks(first: datetime, last: datetime) -> tuple[list[datetime], str]:
    for hours, pattern in _HOUR_STEPS:
        step = timedelta(hours=hours)
        if (last - first) / step >= _FEWEST_TIME_TICKS:
            return _even_moments(first, last, step), pattern
    return [first], "%d %b %Y"


def _month_starts(first: datetime, last: datetime, months: int) -> Iterator[datetime]:
    index = first.year * 12 + first.month - 1
    index += -index % months
    while (moment := datetime(index // 12, index % 12 + 1, 1, tzinfo=UTC)) <= last:
        if moment >= first:
            yield moment
        index += months


def _even_moments(first: datetime, last: datetime, step: timedelta) -> list[datetime]:
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    skipped = math.ceil((first - midnight) / step)
    moments = [midnight + step * count for count in range(skipped, skipped + int((last - first) / step) + 2)]
    inside = [moment for moment in moments if first <= moment <= last] or [first]
    return inside[:: -(-len(inside) // _MOST_TIME_TICKS)]
