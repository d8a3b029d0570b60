"""Carrying out one backtest: read, adjust, simulate, measure, keep."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Protocol

from domain.backtesting.adjusted_units import about_adjusted_units, about_ignored_splits, about_unknown_splits
from domain.backtesting.engine import simulate
from domain.backtesting.inputs import RunInputs, read_inputs, series_key
from domain.backtesting.model import BacktestOutcome, BacktestSpec, Provenance
from domain.backtesting.ports import ArtefactStore, BacktestJob
from domain.backtesting.result import Simulation
from domain.clock import from_nanoseconds
from domain.errors import TradingError
from domain.ids import WorkspaceId
from domain.market.bars import Bars, Panel
from domain.market.calendars import measured_sessions, periods_per_year
from domain.market.corporate_actions import CorporateAction
from domain.market.ports import BarStore
from domain.performance.statistics import Performance, TradeColumns, summarise
from domain.strategies.faults import own_fault
from domain.strategies.protocol import Strategy

_READ, _SIMULATED, _MEASURED = 0.10, 0.90, 0.97


class StrategyFactory(Protocol):
    """Makes a configured strategy by name; the registry does."""

    def create(self, name: str, parameters: dict[str, Any], seed: int) -> Strategy: ...


class BacktestRun:
    """Turns a job into an outcome; the same code serves the command line, the pool and Lambda."""

    def __init__(
        self,
        *,
        store_for: Callable[[WorkspaceId], BarStore],
        strategies: StrategyFactory,
        artefacts: ArtefactStore,
        code_version: str,
    ) -> None:
        self._store_for = store_for
        self._strategies = strategies
        self._artefacts = artefacts
        self._code_version = code_version

    def __call__(self, job: BacktestJob, report: Callable[[float, str], None]) -> BacktestOutcome:
        """Raises the errors of the store and the strategy; nothing is kept unless all went well."""
        began = time.perf_counter()
        spec = job.spec
        report(0.0, "reading bars")
        store = self._store_for(job.workspace_id)
        inputs = read_inputs(store, spec)
        panel = inputs.panel
        strategy = self._strategies.create(spec.strategy, spec.parameters, spec.seed)
        report(_READ, "simulating")
        simulation = simulate_spec(
            spec, inputs, strategy, lambda part: report(_READ + part * (_SIMULATED - _READ), "simulating")
        )
        report(_SIMULATED, "measuring")
        performance = measure(simulation, panel, spec)
        benchmark_statistics = performance.benchmark_statistics
        report(_MEASURED, "saving")
        self._artefacts.write(job.workspace_id, job.id, simulation.curve, simulation.trades)
        return BacktestOutcome(
            statistics=as_json(asdict(performance.statistics)),
            benchmark_statistics=as_json(asdict(benchmark_statistics)) if benchmark_statistics else {},
            tables=as_json(asdict(performance.tables)),
            warnings=(*simulation.warnings, *_on_adjustment(store, spec, inputs.series), *performance.notes),
            provenance=Provenance(
                data_hash=inputs.data_hash,
                code_version=self._code_version,
                seed=spec.seed,
                bars=len(panel),
                first_bar=from_nanoseconds(panel.close_time[0]),
                last_bar=from_nanoseconds(panel.close_time[-1]),
                duration_seconds=time.perf_counter() - began,
            ),
        )


def simulate_spec(
    spec: BacktestSpec,
    inputs: RunInputs,
    strategy: Strategy,
    progress: Callable[[float], None] | None = None,
) -> Simulation:
    """Trade a strategy over what was read (or made up), under the terms of a spec.

    The one way from a spec to a simulation: runs, sweeps and checks all take it. Raises as `simulate`
    does, and InvalidInput that names the line where the strategy's own code raised.
    """
    try:
        return simulate(
            inputs.panel,
            strategy,
            initial_cash=float(spec.initial_cash),
            costs=spec.costs,
            fill=spec.fill,
            sizing=spec.sizing,
            limit_fill=spec.limit_fill,
            conditions=inputs.conditions,
            benchmark=inputs.benchmark,
            progress=progress,
        )
    except (TradingError, MemoryError):
        raise
    except (Exception, SystemExit) as fault:  # a strategy may end itself, not the platform
        told = own_fault(strategy, fault)
        if told is None:
            raise
        raise told from fault


def measure(simulation: Simulation, panel: Panel, spec: BacktestSpec) -> Performance:
    """Statistics of a simulation, measured from session close to session close where a session has
    several rows: of intraday bars, and of venues that close at different hours."""
    trades = simulation.trades
    curve = simulation.curve
    return summarise(
        close_time=curve.close_time,
        equity=curve.equity,
        exposure=curve.exposure,
        benchmark=curve.benchmark,
        trades=TradeColumns(trades.pnl, trades.return_, trades.bars_held, trades.is_open),
        initial_cash=float(spec.initial_cash),
        turnover=simulation.turnover,
        fees_paid=simulation.fees_paid,
        slippage_paid=simulation.slippage_paid,
        financing_paid=simulation.financing_paid,
        periods_per_year=periods_per_year(panel.timeframe, panel.instruments),
        session=measured_sessions(panel.close_time, panel.timeframe, panel.instruments),
    )


def as_json(value: Any) -> Any:
    """The same structure of JSON values: dates as ISO text, tuples as lists."""
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return value


def _on_adjustment(store: BarStore, spec: BacktestSpec, series: Sequence[Bars]) -> tuple[str, ...]:
    def actions_of(bars: Bars) -> Sequence[CorporateAction]:
        return store.actions(series_key(spec, bars.instrument.id))

    return (
        *about_ignored_splits(spec, series, actions_of),
        *about_unknown_splits(spec, series, actions_of),
        *about_adjusted_units(spec, series, actions_of),
    )
