"""What a bias is worth: the run as it is beside the run as it would have been traded live."""

from collections.abc import Mapping

import numpy as np

from domain.arrays import FloatArray
from domain.backtesting.inputs import RunInputs
from domain.backtesting.model import BacktestSpec
from domain.backtesting.run import measure, simulate_spec
from domain.market.bars import Panel
from domain.research.bias.model import Effect, Figures
from domain.research.bias.subject import Subject
from domain.strategies.protocol import EventStrategy, Strategy, VectorisedStrategy

MOST_ROWS = 2_000
"""Deciding each bar anew costs a pass over the past; longer runs are compared over their newest bars."""


class GivenTargets(VectorisedStrategy):
    """Answers with targets that were made elsewhere."""

    name = "given_targets"

    def __init__(self, targets: FloatArray) -> None:
        super().__init__()
        self._targets = targets

    @property
    def lookback(self) -> int:
        return 1

    def target(self, bars: Panel) -> FloatArray:
        return self._targets[: len(bars)]


def figures(spec: BacktestSpec, inputs: RunInputs, strategy: Strategy) -> Figures:
    """What a simulation of this strategy comes to."""
    simulation = simulate_spec(spec, inputs, strategy)
    statistics = measure(simulation, inputs.panel, spec).statistics
    return Figures(statistics.final_equity, statistics.total_return, statistics.sharpe, statistics.trades)


def effect_of(subject: Subject, told: FloatArray, honest: FloatArray) -> Effect:
    """Both targets (T, N) traded over the newest bars of the run."""
    rows = slice(max(0, len(subject.panel) - MOST_ROWS), None)
    inputs = subject.inputs.take(rows)
    both = (figures(subject.spec, inputs, GivenTargets(targets[rows])) for targets in (told, honest))
    return Effect(next(both), next(both), len(inputs))


def foresight_effect(subject: Subject, told: FloatArray) -> Effect | None:
    """The run against one whose every decision was made on the bars up to its own.

    For an event strategy the indicators it was given are made anew for each bar; None when it has
    none, for then there is nothing to take the future out of.
    """
    first = max(0, len(subject.panel) - MOST_ROWS)
    strategy = subject.make()
    if isinstance(strategy, VectorisedStrategy):
        return effect_of(subject, told, row_by_row(subject, first))
    if not isinstance(strategy, EventStrategy):
        return None
    # Both runs are over the same newest bars: before them nothing was made anew.
    inputs = subject.inputs.take(slice(first, None))
    honest = _honest_indicators(subject, subject.panel.take(slice(first, None)))
    if not honest:
        return None
    blind = subject.make()
    vars(blind)["indicators"] = lambda bars: {name: values[: len(bars)] for name, values in honest.items()}
    as_is = figures(subject.spec, inputs, strategy)
    try:
        without = figures(subject.spec, inputs, blind)
    except Exception:  # noqa: BLE001 - one that kept the bars of its indicators cannot do without them
        return None
    return Effect(as_is, without, len(inputs))


def row_by_row(subject: Subject, first: int = 0) -> FloatArray:
    """(T, N) the decision of each row by a strategy that was shown nothing later.

    NaN before `first`, and before the declared look-back is full.
    """
    panel = subject.panel
    targets = np.full(panel.shape, np.nan)
    for row in range(max(first, subject.make().lookback - 1), len(panel)):
        targets[row] = _target(subject.make(), panel.until(row))[-1]
    return targets


def _target(strategy: Strategy, panel: Panel) -> FloatArray:
    assert isinstance(strategy, VectorisedStrategy)  # noqa: S101 - the caller chose this form
    return strategy.target(panel)


def _honest_indicators(subject: Subject, panel: Panel) -> Mapping[str, FloatArray]:
    """Each row as it was when nothing later was known."""
    made = _indicators(subject.make(), panel)
    honest = {name: np.array(values, dtype=np.float64) for name, values in made.items()}
    for row in range(len(panel)) if honest else ():
        for name, values in _indicators(subject.make(), panel.until(row)).items():
            honest[name][row] = values[-1]
    return honest


def _indicators(strategy: Strategy, panel: Panel) -> Mapping[str, FloatArray]:
    assert isinstance(strategy, EventStrategy)  # noqa: S101 - the caller chose this form
    return strategy.indicators(panel)
