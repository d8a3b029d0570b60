"""Builders of rows with every field set, and races that start together."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from domain.backtesting.model import (
    Backtest,
    BacktestOutcome,
    BacktestSpec,
    BacktestStatus,
    Costs,
    FillPrice,
    Provenance,
    QuantityRule,
    Sizing,
)
from domain.identity.model import ApiKey, Role
from domain.ids import ApiKeyId, BacktestId, WorkspaceId
from domain.market.corporate_actions import Adjustment
from domain.market.instruments import AssetClass, Instrument
from domain.market.quality_report import Finding, QualityReport, Severity
from domain.market.series import Series, SeriesKey
from domain.market.timeframe import Timeframe

Result = TypeVar("Result")

OURS = WorkspaceId("ours")
THEIRS = WorkspaceId("theirs")
# Microseconds and a zone that is not UTC's neighbour make a lossy column show.
CREATED = datetime(2026, 3, 2, 12, 30, 15, 123456, tzinfo=UTC)

FULL_SPEC = BacktestSpec(
    strategy="sma_cross",
    parameters={"fast": 10, "slow": 20, "share": 0.1, "allow_short": False, "label": "Ünï", "none": None},
    instruments=("GOOG.XNAS", "BRK.B.XNYS"),
    timeframe="15m",
    source="sample",
    start=date(2020, 1, 2),
    end=date(2021, 12, 31),
    initial_cash=Decimal("12345.678901234567890123"),
    currency="EUR",
    costs=Costs(commission_bps=0.1, spread_bps=1e-9, impact_bps=3.0),
    fill=FillPrice.SAME_CLOSE,
    sizing=Sizing(quantity=QuantityRule.FRACTIONAL, max_leverage=1.5, stop_loss=0.05, take_profit=0.3),
    adjustment=Adjustment.SPLITS,
    benchmark="SPY.ARCX",
    seed=2**63 - 1,
)

FULL_OUTCOME = BacktestOutcome(
    statistics={"final_equity": 0.1 + 0.2, "largest": 1e300, "smallest": 5e-324, "sharpe": None, "trades": 7},
    benchmark_statistics={"final_equity": -0.0, "start": "2020-01-02"},
    tables={"drawdowns": [{"start": "2020-02-19", "end": None, "depth": -0.25}], "months": [], "years": []},
    warnings=("No trade happened.", "'slow' is long"),
    provenance=Provenance(
        data_hash="ab" * 32,
        code_version="0.1.0+abc",
        seed=2**63 - 1,
        bars=1_000_000,
        first_bar=CREATED - timedelta(days=700),
        last_bar=CREATED,
        duration_seconds=0.0123456789,
    ),
)


def a_backtest(number: int = 1, workspace_id: WorkspaceId = OURS, **changes: Any) -> Backtest:
    """A queued run; a higher number is a newer run."""
    backtest = Backtest(
        id=BacktestId(f"bt_{number:06d}"),
        workspace_id=workspace_id,
        spec=FULL_SPEC,
        status=BacktestStatus.QUEUED,
        created_at=CREATED,
        runner="runner-1",
    )
    return replace(backtest, **changes)


def a_completed_backtest(number: int = 1, workspace_id: WorkspaceId = OURS) -> Backtest:
    """A run with every field set but the failure."""
    running = a_backtest(number, workspace_id).began(CREATED + timedelta(seconds=1), "runner-1")
    return running.completed(CREATED + timedelta(seconds=2), FULL_OUTCOME)


def an_instrument_with_every_field(symbol: str = "BTC/USDT") -> Instrument:
    return Instrument(
        symbol,
        "BINANCE",
        AssetClass.CRYPTO,
        "USDT",
        tick_size=Decimal("0.00000001234567890123456789"),
        lot_size=Decimal("1E-8"),
        fractional=True,
        name="Bitcoin “in” Tether",
    )


def a_series(
    symbol: str = "BTC/USDT", source: str = "ccxt", timeframe: str = "15m", **changes: Any
) -> Series:
    instrument = an_instrument_with_every_field(symbol)
    series = Series(
        key=SeriesKey(source, instrument.id, Timeframe.parse(timeframe)),
        instrument=instrument,
        rows=3_000_000_000,
        first=CREATED - timedelta(days=3_650),
        last=CREATED,
        data_hash="cd" * 32,
        imported_at=CREATED + timedelta(microseconds=1),
        warnings=3,
    )
    return replace(series, **changes)


def a_report() -> QualityReport:
    return QualityReport(
        rows_checked=100,
        rows_quarantined=2,
        findings=(
            Finding(
                "high_below_low", Severity.ERROR, "high < low", 2, (CREATED, CREATED + timedelta(days=1))
            ),
            Finding("jump", Severity.WARNING, "looks like a split", 1, ()),
        ),
    )


def an_api_key(number: int = 1, workspace_id: WorkspaceId = OURS, **changes: Any) -> ApiKey:
    key = ApiKey(
        id=ApiKeyId(f"key_{number:06d}"),
        workspace_id=workspace_id,
        name="laptop",
        prefix="at_1234567",
        secret_hash=f"{number:064x}",
        role=Role.TRADER,
        created_at=CREATED,
    )
    return replace(key, **changes)


def at_once(count: int, action: Callable[[int], Result]) -> list[Result]:
    """What `action(0) … action(count - 1)` return when `count` threads begin together."""
    together = threading.Barrier(count)

    def run(number: int) -> Result:
        together.wait()
        return action(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))
