"""Maps a finished backtest onto the tear sheet: reads its artefacts and the prices it traded."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from domain.backtesting.adapters.parquet_artefacts import ParquetArtefactStore
from domain.backtesting.inputs import read_inputs
from domain.backtesting.model import Backtest, BacktestOutcome, BacktestSpec, Provenance
from domain.backtesting.result import Curve, Trades
from domain.errors import InvalidInput, NotFound
from domain.market.bars import Panel
from domain.market.calendars import measured_sessions
from domain.market.ports import BarStore
from domain.market.timeframe import Timeframe
from domain.performance.adapters.html_report import render
from domain.performance.model import Drawdown, PerformanceTables, PeriodReturn, Statistics
from domain.performance.tear_sheet import MeasuredReturns, PriceLine, TearSheet, TradeMarks
from domain.performance.verdict_panel import VerdictPanel
from domain.research.adapters.reports import wording
from functions.backtest_run import bar_store

T = TypeVar("T")
_INSTRUMENTS_NAMED = 6
_BARS_GONE = "The bars of this run are no longer stored, so prices are not shown."
_BARS_CHANGED = "The bars have changed since this run, so prices are not shown."


def render_report(
    backtest: Backtest,
    title: str,
    folder: Path,
    artefacts: ParquetArtefactStore,
    now: datetime,
    verdict: VerdictPanel | None = None,
) -> str:
    """The HTML of a completed run, with what is said about luck. Raises NotFound when its artefacts are gone.

    Prices are left out, and a warning says so, when the bars have been deleted or changed since:
    trades would not lie on them.
    """
    if backtest.outcome is None:
        raise NotFound("result of backtest", backtest.id)
    curve = artefacts.curve(backtest.workspace_id, backtest.id)
    trades = artefacts.trades(backtest.workspace_id, backtest.id)
    panel, missing = _prices_of_the_run(
        bar_store(folder, backtest.workspace_id), backtest.spec, backtest.outcome.provenance
    )
    sheet = tear_sheet(backtest, backtest.outcome, curve, trades, panel, now, missing, title)
    return render(replace(sheet, verdict=verdict))


def _prices_of_the_run(
    store: BarStore, spec: BacktestSpec, provenance: Provenance
) -> tuple[Panel | None, str]:
    """The bars the run saw, or None and the reason they cannot be shown."""
    # Bars that were added after an open end are no change of what the run saw.
    until = spec if spec.end else spec.model_copy(update={"end": provenance.last_bar.date()})
    try:
        inputs = read_inputs(store, until)
    except NotFound:
        return None, _BARS_GONE
    except InvalidInput:  # too few bars are left, or nothing converts their currency any more
        return None, _BARS_CHANGED
    same = inputs.data_hash == provenance.data_hash
    return (inputs.panel, "") if same else (None, _BARS_CHANGED)


def tear_sheet(
    backtest: Backtest,
    outcome: BacktestOutcome,
    curve: Curve,
    trades: Trades,
    panel: Panel | None,
    now: datetime,
    missing: str = _BARS_GONE,
    title: str = "",
) -> TearSheet:
    """Everything the report shows of one run; `missing` says why when there is no panel."""
    spec = backtest.spec
    own_benchmark = "Equal-weight buy and hold" if len(spec.instruments) > 1 else "Buy and hold"
    return TearSheet(
        title=title or spec.strategy.replace("_", " ").capitalize(),
        subtitle=_subtitle(spec),
        currency=spec.currency,
        initial_equity=float(spec.initial_cash),
        close_time=curve.close_time,
        equity=curve.equity,
        statistics=_read(Statistics, outcome.statistics),
        tables=_tables(outcome.tables),
        benchmark=curve.benchmark,
        benchmark_name=spec.benchmark or own_benchmark,
        benchmark_statistics=_read(Statistics, outcome.benchmark_statistics)
        if outcome.benchmark_statistics
        else None,
        cash=curve.cash,
        exposure=curve.exposure,
        returns=_measured_returns(curve, spec, panel),
        prices=_prices(panel),
        trades=_marks(trades) if panel else TradeMarks.none(),
        labels=("Optimistic fill: decided and traded at the same close",) if spec.fill.is_optimistic else (),
        warnings=outcome.warnings if panel else (*outcome.warnings, missing),
        spec=spec.model_dump(mode="json"),
        provenance=asdict(outcome.provenance),
        created_at=now,
    )


def _subtitle(spec: BacktestSpec) -> str:
    shown = ", ".join(spec.instruments[:_INSTRUMENTS_NAMED])
    if len(spec.instruments) > _INSTRUMENTS_NAMED:
        shown += f" and {len(spec.instruments) - _INSTRUMENTS_NAMED} more"
    chosen = wording.parameters(spec.parameters) if spec.parameters else ""
    return " · ".join(part for part in (shown, f"{spec.timeframe} bars", chosen) if part)


def _measured_returns(curve: Curve, spec: BacktestSpec, panel: Panel | None) -> MeasuredReturns:
    """The returns the statistics were measured from.

    The sessions of intraday bars are those of a venue, which only the bars tell.
    """
    timeframe = Timeframe.parse(spec.timeframe)
    if panel is None and timeframe.is_intraday:
        return MeasuredReturns.none()
    session = measured_sessions(curve.close_time, timeframe, panel.instruments if panel else ())
    return MeasuredReturns.of(curve.close_time, curve.equity, float(spec.initial_cash), session)


def _prices(panel: Panel | None) -> tuple[PriceLine, ...]:
    if panel is None:
        return ()
    lines = []
    for column, instrument in enumerate(panel.instruments):
        has_bar = np.isfinite(panel.close[:, column])
        lines.append(PriceLine(instrument.id, panel.close_time[has_bar], panel.close[has_bar, column]))
    return tuple(lines)


def _marks(trades: Trades) -> TradeMarks:
    return TradeMarks(
        instrument=trades.instrument,
        entry_time=trades.entry_time,
        exit_time=trades.exit_time,
        entry_price=trades.entry_price,
        exit_price=trades.exit_price,
        quantity=trades.quantity,
        pnl=trades.pnl,
        return_=trades.return_,
        is_open=trades.is_open,
    )


def _tables(stored: Mapping[str, Sequence[Mapping[str, Any]]]) -> PerformanceTables:
    return PerformanceTables(
        drawdowns=tuple(_read(Drawdown, row) for row in stored["drawdowns"]),
        months=tuple(_read(PeriodReturn, row) for row in stored["months"]),
        years=tuple(_read(PeriodReturn, row) for row in stored["years"]),
    )


def _read(kind: type[T], stored: Mapping[str, Any]) -> T:
    """The dataclass these stored JSON values came from; ISO text becomes a date again."""
    dates = {field.name for field in fields(kind) if "date" in str(field.type)}  # type: ignore[arg-type]
    return kind(
        **{
            name: date.fromisoformat(value) if name in dates and value is not None else value
            for name, value in stored.items()
        }
    )
