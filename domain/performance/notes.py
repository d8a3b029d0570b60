"""Sentences that stand beside the numbers: how they were measured, and what to doubt."""

from collections.abc import Iterator

import numpy as np

from domain.performance.drawdowns import deepest_fall_of_bars
from domain.performance.model import Statistics
from domain.performance.relative import BenchmarkPath
from domain.performance.returns import BarCurve, EquityPath

_WORTH_A_SENTENCE = 0.001


def notes_on(
    statistics: Statistics,
    path: EquityPath,
    curve: BarCurve,
    benchmark: BenchmarkPath | None,
    *,
    benchmark_asked: bool,
) -> tuple[str, ...]:
    """Notes on a run: `curve` bar by bar, and `path` and `statistics` measured on its periods."""
    return (
        *_on_sessions(statistics, path, curve),
        *_on_ruin(path, curve),
        *_on_length(statistics),
        *_on_benchmark(benchmark, benchmark_asked),
    )


def _on_sessions(statistics: Statistics, path: EquityPath, curve: BarCurve) -> Iterator[str]:
    if curve.periods.first is None:
        return
    yield (
        f"Returns are measured from session close to session close: {len(curve.periods.first)} sessions, "
        f"{len(curve.value)} bars."
    )
    # Closes hide what an account went through during the day; who trades it must know.
    fall = deepest_fall_of_bars(curve, float(path.level[0]))
    if statistics.max_drawdown - fall >= _WORTH_A_SENTENCE:
        yield (
            f"Bar by bar, equity fell as far as {-fall:.1%} below its peak; "
            f"at session closes the maximum drawdown is {-statistics.max_drawdown:.1%}."
        )


def _on_ruin(path: EquityPath, curve: BarCurve) -> Iterator[str]:
    if path.ruined:
        ruin = int(np.argmax(curve.low <= 0.0))
        yield (
            f"The account was ruined: equity fell to {curve.low[ruin]:,.2f} on {path.day_of(ruin + 1)}. "
            "Statistics of returns are undefined, and from that day the account counts as lost."
        )


def _on_length(statistics: Statistics) -> Iterator[str]:
    if statistics.return_periods < statistics.periods_per_year:
        yield (
            f"The run is shorter than a year ({statistics.return_periods} of "
            f"{statistics.periods_per_year} periods): annual figures are extrapolated."
        )


def _on_benchmark(benchmark: BenchmarkPath | None, asked: bool) -> Iterator[str]:
    if benchmark is None:
        if asked:
            yield "The benchmark has no bar within the run, so nothing is compared with it."
    elif benchmark.late_by:
        yield (
            f"The benchmark's first bar is of {benchmark.path.day_of(0)}; "
            "what is compared with it is measured from there."
        )
