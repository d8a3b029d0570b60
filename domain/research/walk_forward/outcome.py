"""What a walk-forward came to: the stitched account, and how the choices held up.

The outcome as JSON values:

objective             {statistic, direction} that chose
scheme, combinations  rolling or anchored, and how many combinations each window chose from
statistics, benchmark_statistics, tables
                      of the stitched out-of-sample account, as a backtest has them
windows               one object a window: number; train and test {start, end, bars}, closes of the first
                      and last bar; parameters (null: nothing could be chosen, nothing was held); changed,
                      whether they differ from the window before; failed, how many combinations could
                      not be run; in_sample and out_of_sample statistics (the objective, sharpe,
                      annual_return, total_return, max_drawdown, trades closed within); efficiency
curve                 columns time, equity, benchmark, window: the stitched account at the close of every
                      return period, which for intraday bars is a session and else a bar
efficiency            annual return out of sample over the mean annual return in sample of the choices
                      (Pardo's walk-forward efficiency); null when the latter is not positive
stability             {overall, parameters: {name: ...}}, see `stability.stability`
profitable_windows    share of the windows that ended above their start
hindsight             {parameters, in_sample, statistics, windows_agreeing}: the choice on all bars at
                      once, what it promised, and what it made over the same test bars
data_hash             of the bars
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from domain.backtesting.inputs import RunInputs
from domain.backtesting.model import BacktestSpec
from domain.backtesting.result import Simulation
from domain.backtesting.run import as_json, measure
from domain.market.calendars import measured_sessions, periods_per_year
from domain.performance.model import Statistics
from domain.performance.returns import Periods
from domain.performance.statistics import Performance, TradeColumns, summarise
from domain.research.json_values import moment, number, numbers, of_statistics
from domain.research.laboratory import Laboratory
from domain.research.model import WalkForwardSpec
from domain.research.walk_forward.choosing import Choice, wanted_statistics
from domain.research.walk_forward.remarks import Course, remarks
from domain.research.walk_forward.stability import Parameters, stability
from domain.research.walk_forward.stitching import Leg, changes, trade_legs


def outcome_of(
    spec: WalkForwardSpec,
    choices: Sequence[Choice],
    hindsight: Choice,
    candidates: Sequence[Parameters],
    laboratory: Laboratory,
) -> tuple[Mapping[str, Any], Sequence[str]]:
    """The outcome as JSON values, and warnings. Their fields stand at the head of this module."""
    base = spec.sweep.base
    inputs = laboratory.inputs(base)
    tested = inputs.take(slice(choices[0].window.test_start, choices[-1].window.test_end))
    legs = [Leg(choice.window, choice.parameters) for choice in choices]
    simulation = trade_legs(base, inputs, legs, laboratory)
    performance = measure(simulation, tested.panel, base)
    parts = _parts(base, tested, simulation, choices)
    names = wanted_statistics(spec.sweep.objectives[0])
    rows = [
        _row(inputs, choice, part, changed, names)
        for choice, part, changed in zip(choices, parts, changes(legs), strict=True)
    ]
    steadiness = _steadiness(choices, candidates)
    outcome = {
        "objective": spec.sweep.objectives[0].model_dump(mode="json"),
        "scheme": spec.scheme.value,
        "combinations": len(candidates),
        **_as_backtest(performance),
        "windows": rows,
        "curve": _curve(tested, simulation, choices),
        "efficiency": efficiency(
            performance.statistics.annual_return,
            [choice.in_sample.get("annual_return") for choice in choices],
        ),
        "stability": steadiness,
        "profitable_windows": _profitable(parts),
        "hindsight": _hindsight(base, inputs, tested, hindsight, choices, laboratory),
        "data_hash": inputs.data_hash,
    }
    course = Course(spec, choices, candidates, outcome, _longest_lookback(base, choices, laboratory))
    return outcome, (*simulation.warnings, *performance.notes, *remarks(course))


def efficiency(annual_return: float | None, in_sample: Sequence[float | None]) -> float | None:
    """Annual return out of sample over the mean of those in sample; None unless that is above 0.

    Source: Pardo, The Evaluation and Optimization of Trading Strategies (2008), walk-forward efficiency.
    """
    known = [value for value in in_sample if value is not None]
    if annual_return is None or not known or sum(known) <= 0.0:
        return None
    return number(annual_return / (sum(known) / len(known)))


def _as_backtest(performance: Performance) -> Mapping[str, Any]:
    benchmark = performance.benchmark_statistics
    return {
        "statistics": of_statistics(performance.statistics),
        "benchmark_statistics": {} if benchmark is None else of_statistics(benchmark),
        "tables": as_json(asdict(performance.tables)),
    }


def _parts(
    base: BacktestSpec, tested: RunInputs, simulation: Simulation, choices: Sequence[Choice]
) -> Sequence[Statistics | None]:
    """Statistics of the stitched account within each window, from what it was worth at its start; costs
    and turnover are of the whole account alone. None once nothing is left."""
    panel, trades, curve = tested.panel, simulation.trades, simulation.curve
    sessions = measured_sessions(panel.close_time, panel.timeframe, panel.instruments)
    year = periods_per_year(panel.timeframe, panel.instruments)
    offset = choices[0].window.test_start
    worth, parts = float(base.initial_cash), list[Statistics | None]()
    for choice in choices:
        rows = slice(choice.window.test_start - offset, choice.window.test_end - offset)
        mine = (trades.exit_bar >= rows.start) & (trades.exit_bar < rows.stop)
        measured = (
            None
            if worth <= 0.0
            else summarise(
                close_time=curve.close_time[rows],
                equity=curve.equity[rows],
                exposure=curve.exposure[rows],
                benchmark=None,
                trades=TradeColumns(
                    trades.pnl[mine], trades.return_[mine], trades.bars_held[mine], trades.is_open[mine]
                ),
                initial_cash=worth,
                turnover=None,
                fees_paid=0.0,
                slippage_paid=0.0,
                financing_paid=0.0,
                periods_per_year=year,
                session=None if sessions is None else sessions[rows],
            )
        )
        parts.append(None if measured is None else measured.statistics)
        worth = float(curve.equity[rows.stop - 1])
    return parts


def _row(
    inputs: RunInputs,
    choice: Choice,
    part: Statistics | None,
    changed: bool,
    names: Sequence[str],
) -> Mapping[str, Any]:
    window = choice.window
    return {
        "number": window.number,
        "train": _span(inputs, window.train),
        "test": _span(inputs, window.test),
        "parameters": choice.parameters,
        "changed": changed,
        "failed": choice.failed,
        "in_sample": choice.in_sample,
        "out_of_sample": {} if part is None else {name: number(getattr(part, name)) for name in names},
        "efficiency": efficiency(
            None if part is None else part.annual_return, [choice.in_sample.get("annual_return")]
        ),
    }


def _span(inputs: RunInputs, rows: slice) -> Mapping[str, Any]:
    times = inputs.panel.close_time
    return {
        "start": moment(times, rows.start),
        "end": moment(times, rows.stop - 1),
        "bars": rows.stop - rows.start,
    }


def _curve(tested: RunInputs, simulation: Simulation, choices: Sequence[Choice]) -> Mapping[str, Any]:
    panel, curve = tested.panel, simulation.curve
    sessions = measured_sessions(panel.close_time, panel.timeframe, panel.instruments)
    rows = Periods.of(panel.close_time, sessions).closing(np.arange(len(panel)))
    starts = [choice.window.test_start - choices[0].window.test_start for choice in choices]
    return {
        "time": [moment(panel.close_time, row) for row in rows],
        "equity": numbers(curve.equity[rows]),
        "benchmark": numbers(curve.benchmark[rows]),
        "window": [int(at) for at in np.searchsorted(starts, rows, "right") - 1],
    }


def _profitable(parts: Sequence[Statistics | None]) -> float:
    return sum(part is not None and part.total_return > 0.0 for part in parts) / len(parts)


def _steadiness(choices: Sequence[Choice], candidates: Sequence[Parameters]) -> Mapping[str, Any]:
    chosen = [choice.parameters for choice in choices if choice.parameters is not None]
    each = stability(chosen, candidates)
    known = [value for value in each.values() if value is not None]
    return {"overall": sum(known) / len(known) if known else None, "parameters": dict(each)}


def _hindsight(
    base: BacktestSpec,
    inputs: RunInputs,
    tested: RunInputs,
    hindsight: Choice,
    choices: Sequence[Choice],
    laboratory: Laboratory,
) -> Mapping[str, Any]:
    if hindsight.parameters is None:
        return {"parameters": None, "in_sample": {}, "statistics": {}, "windows_agreeing": 0.0}
    simulation = trade_legs(base, inputs, [Leg(hindsight.window, hindsight.parameters)], laboratory)
    performance = measure(simulation, tested.panel, base)
    agreeing = sum(choice.parameters == hindsight.parameters for choice in choices)
    return {
        "parameters": hindsight.parameters,
        "in_sample": hindsight.in_sample,
        "statistics": of_statistics(performance.statistics),
        "windows_agreeing": agreeing / len(choices),
    }


def _longest_lookback(base: BacktestSpec, choices: Sequence[Choice], laboratory: Laboratory) -> int:
    chosen = [choice.parameters for choice in choices if choice.parameters is not None]
    specs = [base.model_copy(update={"parameters": {**base.parameters, **one}}) for one in chosen]
    return max((laboratory.strategy(one).lookback for one in specs), default=0)
