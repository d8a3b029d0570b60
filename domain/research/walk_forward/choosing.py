"""Choosing among combinations by an objective, and what was chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from domain.arrays import FloatArray
from domain.backtesting.many import ManyRuns
from domain.research.json_values import number
from domain.research.model import Direction, Objective, ParameterValue
from domain.research.walk_forward.windows import Window

KEPT = ("sharpe", "annual_return", "total_return", "max_drawdown", "trades")
"""Statistics kept of every combination, beside the objective."""


def best(values: FloatArray, direction: Direction) -> int | None:
    """The first of the best values (K,); None where all are NaN."""
    if bool(np.isnan(values).all()):
        return None
    return int(np.nanargmax(values) if direction is Direction.MAXIMISE else np.nanargmin(values))


def wanted_statistics(objective: Objective) -> tuple[str, ...]:
    """The objective's statistic first, then those that are always kept."""
    return tuple(dict.fromkeys((objective.statistic, *KEPT)))


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen on the training rows of a window.

    combination  its number among the combinations tried; None where none has the objective
    in_sample    statistics of the chosen one on the training rows, in an account of its own
    failed       combinations that could not be run, and `failure` is what the first of them said
    """

    window: Window
    combination: int | None
    parameters: Mapping[str, ParameterValue] | None
    in_sample: Mapping[str, float | None]
    failed: int
    failure: str

    @classmethod
    def of(
        cls,
        window: Window,
        many: ManyRuns,
        combinations: Sequence[Mapping[str, ParameterValue]],
        objective: Objective,
    ) -> "Choice":
        chosen = best(many.statistics[objective.statistic], objective.direction)
        failures = [failure for failure in many.failures if failure]
        return cls(
            window,
            chosen,
            None if chosen is None else dict(combinations[chosen]),
            {}
            if chosen is None
            else {name: number(values[chosen]) for name, values in many.statistics.items()},
            len(failures),
            failures[0] if failures else "",
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> "Choice":
        return cls(**{**values, "window": Window.read(values["window"])})
