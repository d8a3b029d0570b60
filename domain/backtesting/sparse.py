"""When a run can be carried out from fill to fill, and the compiled sweep that does so.

The sweep knows an account of one instrument that trades on target weights. It lists the terms it
knows; whatever a specification may hold beyond them sends a run to the step-by-step engine.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any

import numpy as np
from pydantic import BaseModel

from domain.arrays import FloatArray, IntArray
from domain.backtesting._sweep import COLUMNS, GROUP_OF, GROUPS, Sweep
from domain.backtesting.engine import simulate_targets
from domain.backtesting.inputs import RunInputs
from domain.backtesting.lots import lot_sizes
from domain.backtesting.model import BacktestSpec, Costs, FillPrice, QuantityRule, Sizing
from domain.market.bars import Panel
from domain.market.calendars import measured_sessions, periods_per_year
from domain.performance.relative import BenchmarkPath
from domain.performance.returns import Periods

_FILL_CODES = {FillPrice.NEXT_OPEN: 0, FillPrice.NEXT_CLOSE: 1, FillPrice.SAME_CLOSE: 2}
_QUANTITY_RULES = {QuantityRule.INSTRUMENT, QuantityRule.WHOLE_LOTS, QuantityRule.FRACTIONAL}

# What decides nothing about the course of an account once its bars are at hand, or is read below.
_KNOWN_OF_SPEC = frozenset(
    {
        "strategy", "parameters", "instruments", "timeframe", "source", "start", "end", "initial_cash",
        "currency", "costs", "fill", "sizing", "adjustment", "benchmark", "seed",
    }
)  # fmt: skip
_KNOWN_OF_COSTS = frozenset(
    {
        "commission_fixed", "commission_per_share", "commission_bps", "commission_minimum", "spread_bps",
        "slippage_bps", "impact_bps", "borrow_rate", "margin_rate",
    }
)  # fmt: skip
_KNOWN_OF_SIZING = frozenset({"quantity", "max_leverage"})
_KNOWN_OF_INPUTS = frozenset({"panel", "benchmark", "series", "data_hash"})


def is_sparse(spec: BacktestSpec, inputs: RunInputs, statistics: Iterable[str]) -> bool:
    """Whether the compiled sweep gives what `simulate` and `measure` would, for target weights.

    An allow-list: one instrument, the terms it knows, and everything else at its default.
    """
    return (
        inputs.panel.shape[0] > 0
        and inputs.panel.shape[1] == 1
        and spec.fill in _FILL_CODES
        and spec.sizing.quantity in _QUANTITY_RULES
        and _is_plain(spec, _KNOWN_OF_SPEC)
        and _is_plain(spec.costs, _KNOWN_OF_COSTS)
        and _is_plain(spec.sizing, _KNOWN_OF_SIZING)
        and _are_plain(inputs)
        and set(COLUMNS).issuperset(statistics)
    )


def _is_plain(terms: BaseModel, known: frozenset[str]) -> bool:
    """Whether every field that is not known has its default value."""
    return all(
        getattr(terms, name) == field.get_default(call_default_factory=True)
        for name, field in type(terms).model_fields.items()
        if name not in known
    )


def _are_plain(inputs: RunInputs) -> bool:
    for field in fields(inputs):
        if field.name in _KNOWN_OF_INPUTS:
            continue
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        value = getattr(inputs, field.name)
        if value is not default and (isinstance(value, np.ndarray) or value != default):
            return False
    return True


def sweep_of(spec: BacktestSpec, inputs: RunInputs, statistics: Iterable[str]) -> Sweep:
    """The compiled sweep over these bars, which computes what these statistics need.

    Raises InvalidInput for bars, cash or benchmark that `simulate` refuses.
    """
    panel, terms = inputs.panel, _terms(spec.costs, spec.sizing)
    cash = float(spec.initial_cash)
    session = measured_sessions(panel.close_time, panel.timeframe, panel.instruments)
    periods = Periods.of(panel.close_time, session)
    benchmark = BenchmarkPath.of(periods, _benchmark_of(spec, inputs), cash)
    nothing = np.empty(0, dtype=np.int64)
    traded_at = panel.open if spec.fill is FillPrice.NEXT_OPEN else panel.close
    return Sweep(
        panel.close_time,
        traded_at[:, 0],
        *_marks(panel),
        nothing if periods.first is None else _period_of_row(periods.first, len(panel)),
        nothing if periods.last is None else periods.last,
        periods.day,
        _month_ends(periods.day),
        np.empty(0) if benchmark is None else benchmark.path.returns,
        late_by=0 if benchmark is None else benchmark.late_by,
        market_return=math.nan if benchmark is None else _total_return(benchmark.path.level),
        has_benchmark=benchmark is not None,
        groups=sum(GROUPS[group] for group in {GROUP_OF[name] for name in statistics if name in GROUP_OF}),
        initial_cash=cash,
        periods_per_year=periods_per_year(panel.timeframe, panel.instruments),
        fill=_FILL_CODES[spec.fill],
        lot=lot_sizes(panel.instruments, spec.sizing.quantity)[0],
        **terms,
    )


def _benchmark_of(spec: BacktestSpec, inputs: RunInputs) -> FloatArray:
    """Value of the benchmark at each bar, (T,); on the way the bars are checked as in every run."""
    idle = simulate_targets(
        inputs.panel,
        np.full(inputs.panel.shape, np.nan),
        initial_cash=float(spec.initial_cash),
        costs=spec.costs,
        fill=spec.fill,
        sizing=spec.sizing,
        benchmark=inputs.benchmark,
    )
    return idle.curve.benchmark


def _terms(costs: Costs, sizing: Sizing) -> Mapping[str, Any]:
    return {
        "max_leverage": sizing.max_leverage,
        "commission_fixed": costs.commission_fixed,
        "commission_per_share": costs.commission_per_share,
        "commission_rate": costs.commission_bps / 10_000.0,
        "commission_minimum": costs.commission_minimum,
        "adverse_rate": (costs.spread_bps / 2.0 + costs.slippage_bps) / 10_000.0,
        "impact_rate": costs.impact_bps / 10_000.0,
        "borrow_rate": costs.borrow_rate,
        "margin_rate": costs.margin_rate,
    }


def _marks(panel: Panel) -> tuple[FloatArray, FloatArray, IntArray]:
    """The last known close at each row, volumes, and the next row with a bar from each row on, (T + 1,);
    no rows where every row has one."""
    close, volume = panel.close[:, 0], panel.volume[:, 0]
    exists = ~np.isnan(close)
    if bool(exists.all()):
        return close, volume, np.empty(0, dtype=np.int64)
    rows = np.arange(len(close))
    last_known = np.maximum.accumulate(np.where(exists, rows, -1))
    mark = np.where(last_known >= 0, close[np.maximum(last_known, 0)], np.nan)
    ahead = np.where(exists, rows, len(close))[::-1]
    next_bar = np.append(np.minimum.accumulate(ahead)[::-1], len(close))
    return mark, volume, next_bar.astype(np.int64)


def _period_of_row(first: IntArray, rows: int) -> IntArray:
    return np.repeat(np.arange(len(first)), np.diff(first, append=rows))


def _month_ends(day: IntArray) -> IntArray:
    """Positions in the level of the account at which its months begin and end, (months + 1,)."""
    months = day[[0, -1]].astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    begins = np.arange(months[0], months[1] + 2).astype("datetime64[M]").astype("datetime64[D]")
    return np.searchsorted(day, begins.astype(np.int64)).astype(np.int64)


def _total_return(level: FloatArray) -> float:
    return float(level[-1] / level[0]) - 1.0
