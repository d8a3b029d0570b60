"""Numbers as JSON can carry them: undefined is null, and the same number is always the same text."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from domain.arrays import FloatArray, TimeArray
from domain.backtesting.run import as_json
from domain.clock import from_nanoseconds
from domain.performance.model import Statistics


def number(value: float | None) -> float | None:
    """A plain float; None for what is undefined or not finite."""
    if value is None:
        return None
    plain = float(value)
    return plain if math.isfinite(plain) else None


def numbers(values: Iterable[float] | FloatArray) -> list[float | None]:
    return [number(value) for value in values]


def of_statistics(statistics: Statistics) -> Mapping[str, Any]:
    """The statistics by name; dates as ISO text."""
    by_name: dict[str, Any] = as_json(asdict(statistics))
    return by_name


def moment(close_time: TimeArray, row: int) -> str:
    """The close of a row as ISO 8601 text in UTC."""
    return from_nanoseconds(int(close_time[row])).isoformat()
