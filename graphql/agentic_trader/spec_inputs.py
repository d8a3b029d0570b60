"""What a study is started from, as plain Python values."""

from collections.abc import Mapping
from typing import Any

from agentic_trader.generated import BacktestSpecInput, SweepSpecInput, WindowScheme
from agentic_trader.objects import ApiInput

_NAMES = ("low", "high", "step")


class WalkForwardInput(ApiInput):
    """The arguments of `start_walk_forward`."""

    sweep: SweepSpecInput
    scheme: WindowScheme | None = None
    train_bars: int | None = None
    test_bars: int | None = None
    embargo_bars: int | None = None


class EvaluationInput(ApiInput):
    """The arguments of `start_evaluation`."""

    backtest: BacktestSpecInput
    sweep: SweepSpecInput | None = None
    trials: int | None = None
    permutations: int | None = None
    resamples: int | None = None
    seed: int | None = None


def with_ranges(specification: Mapping[str, Any]) -> dict[str, Any]:
    """A space written as a mapping, at the top or within `sweep`, as the list of ranges that is sent."""
    given = dict(specification)
    if isinstance(given.get("sweep"), Mapping):
        given["sweep"] = with_ranges(given["sweep"])
    if isinstance(given.get("space"), Mapping):
        given["space"] = [_range(name, values) for name, values in given["space"].items()]
    return given


def _range(name: str, values: Any) -> dict[str, Any]:
    """A tuple is low, high and perhaps a step; a mapping names them; all else holds values."""
    if isinstance(values, Mapping):
        return {"name": name, **values}
    if isinstance(values, tuple):
        return {"name": name, **dict(zip(_NAMES, values, strict=False))}
    return {"name": name, "values": list(values)}
