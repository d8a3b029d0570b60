"""The catalogue of strategies as others see it. Free of numpy: see `domain.strategies.registry`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol


@dataclass(frozen=True, slots=True)
class StrategyInfo:
    """What a person or a form needs to know about a strategy.

    parameters_schema is JSON Schema. maximum_instruments None is no limit. origin says where it
    came from: "built in", a package name, or a file.
    """

    name: str
    title: str
    summary: str
    description: str
    form: Literal["vectorised", "event"]
    parameters_schema: Mapping[str, Any]
    minimum_instruments: int
    maximum_instruments: int | None
    origin: str


class StrategyCatalogue(Protocol):
    """Every strategy that can be named in a backtest."""

    def list(self) -> Sequence[StrategyInfo]:
        """By name."""
        ...

    def describe(self, name: str) -> StrategyInfo:
        """Raises NotFound that offers the nearest names."""
        ...

    def check(self, name: str, parameters: Mapping[str, Any], instruments: int) -> dict[str, Any]:
        """The parameters with every default filled in, as JSON values.

        Raises NotFound for the strategy, InvalidInput for parameters (paths begin with
        "parameters") or for a number of instruments it cannot trade.
        """
        ...
