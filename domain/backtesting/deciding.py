"""From parameter combinations to what their strategies decide, for the sweep from fill to fill."""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import ValidationError

from domain.arrays import FloatArray
from domain.backtesting.model import BacktestSpec
from domain.backtesting.run import StrategyFactory
from domain.errors import TradingError
from domain.market.bars import Panel
from domain.strategies.decisions import DecidesMany, Decisions, deciding_many
from domain.strategies.protocol import Strategy, StrategyParameters, VectorisedStrategy

_MOST_AT_ONCE = 16_384
_TARGETS_AT_ONCE = 256

Combination = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Combinations start to stop. The `chosen` ones (ascending) decide as `decisions` tell, in that
    order; those left `alone` need a run of their own, if only to hear what is wrong with them."""

    start: int
    stop: int
    chosen: Sequence[int]
    decisions: Decisions
    alone: Sequence[int]


def batches(
    spec: BacktestSpec, panel: Panel, strategies: StrategyFactory, combinations: Sequence[Combination]
) -> Iterator[Batch]:
    """All combinations in order, those of one batch decided together."""
    strategy = _any_strategy(spec, strategies, combinations)
    if not isinstance(strategy, VectorisedStrategy):
        everything = range(len(combinations))
        yield Batch(0, len(combinations), [], Decisions.of_targets([]), everything)
        return
    deciding = deciding_many(type(strategy))
    step = _TARGETS_AT_ONCE if deciding is None else _MOST_AT_ONCE
    for start in range(0, len(combinations), step):
        with _collector_paused():
            values = [{**spec.parameters, **one} for one in combinations[start : start + step]]
            together = (
                None if deciding is None else _decided_together(deciding, type(strategy), panel, values)
            )
        if together is None:
            together = _decided_apart(spec, strategies, panel, values)
        chosen, decisions = together
        alone = set(range(len(values))).difference(chosen) if len(chosen) < len(values) else ()
        yield Batch(
            start,
            start + len(values),
            [start + one for one in chosen],
            decisions,
            [start + one for one in sorted(alone)],
        )


def _any_strategy(
    spec: BacktestSpec, strategies: StrategyFactory, combinations: Sequence[Combination]
) -> Strategy | None:
    """The first strategy that can be made; None when none can."""
    for one in combinations:
        try:
            return strategies.create(spec.strategy, {**spec.parameters, **one}, spec.seed)
        except TradingError:
            continue
    return None


def _decided_together(
    deciding: type[DecidesMany], strategy: type[Strategy], panel: Panel, values: Sequence[dict[str, Any]]
) -> tuple[list[int], Decisions] | None:
    """Which combinations have valid parameters, and what they decide; None where this went wrong, and
    each combination's own target must tell how."""
    chosen, parameters = list[int](), list[StrategyParameters]()
    validate = strategy.Parameters.__pydantic_validator__.validate_python  # model_validate costs half more
    for index, one in enumerate(values):
        try:
            parameters.append(validate(one))
        except ValidationError:
            continue
        chosen.append(index)
    try:
        decisions = deciding.decide_many(panel, parameters)
        decisions.check(len(parameters), len(panel))
    except Exception:  # noqa: BLE001 - a strategy may raise anything, and its own run reports it
        return None
    return chosen, decisions


def _decided_apart(
    spec: BacktestSpec, strategies: StrategyFactory, panel: Panel, values: Sequence[dict[str, Any]]
) -> tuple[list[int], Decisions]:
    """The same from the target of each combination."""
    chosen, targets = list[int](), list[FloatArray]()
    for index, one in enumerate(values):
        target = _target(spec, strategies, panel, one)
        if target is not None:
            chosen.append(index)
            targets.append(target)
    return chosen, Decisions.of_targets(targets)


def _target(
    spec: BacktestSpec, strategies: StrategyFactory, panel: Panel, values: dict[str, Any]
) -> FloatArray | None:
    try:
        strategy = strategies.create(spec.strategy, values, spec.seed)
        target: Any = strategy.target(panel) if isinstance(strategy, VectorisedStrategy) else None
    except Exception:  # noqa: BLE001 - a strategy may raise anything, and its own run reports it
        return None
    if not isinstance(target, np.ndarray) or not np.issubdtype(target.dtype, np.floating):
        return None
    return target.astype(np.float64) if target.shape == panel.shape else None


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No garbage collection while many small objects are made that all stay: it would look through
    everything again and again, find nothing, and double the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
