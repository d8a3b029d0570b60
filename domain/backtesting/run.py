"""Carrying out one backtest: read, adjust, simulate, measure, keep."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Protocol

import numpy as np

from domain.arrays import FloatArray
from domain.backtesting.adjusted_units import about_adjusted_units
from domain.backtesting.engine import simulate
from domain.backtesting.model import BacktestOutcome, BacktestSpec, Provenance
from domain.backtesting.ports import ArtefactStore, BacktestJob
from domain.backtesting.result import Simulation
from domain.clock import from_nanoseconds, to_nanoseconds
from domain.errors import InvalidInput
from domain.ids import WorkspaceId
from domain.market.adjustment import adjusted
from domain.market.bars import Bars, Panel
from domain.market.calendars import measured_sessions, periods_per_year
from domain.market.corporate_actions import CorporateAction
from domain.market.instruments import InstrumentId
from domain.market.ports import BarStore
from domain.market.series import SeriesKey
from domain.market.timeframe import Timeframe
from domain.performance.statistics import Performance, TradeColumns, summarise
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
        panel, series = read_panel(store, spec)
        benchmark = read_benchmark(store, spec, panel)
        strategy = self._strategies.create(spec.strategy, spec.parameters, spec.seed)
        report(_READ, "simulating")
        simulation = simulate(
            panel,
            strategy,
            initial_cash=float(spec.initial_cash),
            costs=spec.costs,
            fill=spec.fill,
            sizing=spec.sizing,
            benchmark=None if benchmark is None else _last_known_close(benchmark, panel),
            progress=lambda part: report(_READ + part * (_SIMULATED - _READ), "simulating"),
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
            warnings=(*simulation.warnings, *_on_adjustment(store, spec, series), *performance.notes),
            provenance=Provenance(
                data_hash=data_hash(series, benchmark),
                code_version=self._code_version,
                seed=spec.seed,
                bars=len(panel),
                first_bar=from_nanoseconds(panel.close_time[0]),
                last_bar=from_nanoseconds(panel.close_time[-1]),
                duration_seconds=time.perf_counter() - began,
            ),
        )


def read_panel(store: BarStore, spec: BacktestSpec) -> tuple[Panel, list[Bars]]:
    """The aligned, adjusted bars of a spec, and the series they were aligned from.

    Raises InvalidInput when fewer than two bars lie in the period, and for prices in another
    currency than the account's.
    """
    series = [_read_bars(store, spec, instrument) for instrument in spec.instruments]
    for bars in series:
        _check_currency("instruments", bars, spec)
    panel = Panel.align(series)
    if len(panel) < 2:  # noqa: PLR2004 - one bar to decide on and one to trade on
        raise InvalidInput.at(
            "from", message=f"the period holds {len(panel)} bars; a backtest needs two at least"
        )
    return panel, series


def read_benchmark(store: BarStore, spec: BacktestSpec, panel: Panel) -> Bars | None:
    """The benchmark's adjusted bars up to the end of the panel; None when the spec names none.

    Raises InvalidInput for prices in another currency than the account's.
    """
    if spec.benchmark is None:
        return None
    bars = _read_bars(store, spec, spec.benchmark)
    _check_currency("benchmark", bars, spec)
    return bars.between(None, int(panel.close_time[-1]))


def data_hash(series: Sequence[Bars], benchmark: Bars | None = None) -> str:
    """SHA-256 over all of the data that decides a result, as `Provenance` describes it."""
    parts = [_with_facts(bars) for bars in series]
    if benchmark is not None:
        parts.append(f"benchmark|{_with_facts(benchmark)}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


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


def _key(spec: BacktestSpec, instrument: str) -> SeriesKey:
    return SeriesKey(spec.source or "", InstrumentId(instrument), Timeframe.parse(spec.timeframe))


def _read_bars(store: BarStore, spec: BacktestSpec, instrument: str) -> Bars:
    key = _key(spec, instrument)
    bars = store.read(key, None, spec.end_time)
    # Adjust with the bar before the start at hand, so that a dividend on the first day counts.
    view = adjusted(bars, store.actions(key), spec.adjustment, spec.end)
    return view if spec.start_time is None else view.between(to_nanoseconds(spec.start_time))


def _check_currency(field: str, bars: Bars, spec: BacktestSpec) -> None:
    """A price in one currency is not an amount in another, and nothing here converts it."""
    instrument = bars.instrument
    if instrument.currency != spec.currency:
        raise InvalidInput.at(
            field,
            message=f"{instrument.id} has prices in {instrument.currency}, which cannot be "
            f"{'compared with' if field == 'benchmark' else 'traded in'} a {spec.currency} account yet",
        )


def _with_facts(bars: Bars) -> str:
    """The digest of the bars with what else about their instrument decides a result."""
    one = bars.instrument
    tick, lot = one.tick_size.normalize(), one.lot_size.normalize()
    return f"{bars.digest()}|{one.asset_class}|{one.currency}|{tick}|{lot}|{one.fractional}"


def _on_adjustment(store: BarStore, spec: BacktestSpec, series: Sequence[Bars]) -> tuple[str, ...]:
    def actions_of(bars: Bars) -> Sequence[CorporateAction]:
        return store.actions(_key(spec, bars.instrument.id))

    return about_adjusted_units(spec, series, actions_of)


def _last_known_close(bars: Bars, panel: Panel) -> FloatArray:
    """The last close known at each row of the panel, (T,); NaN before the first."""
    if len(bars) == 0:
        return np.full(len(panel), np.nan)
    known = np.searchsorted(bars.close_time, panel.close_time, "right") - 1
    return np.where(known >= 0, bars.close[np.maximum(known, 0)], np.nan)
