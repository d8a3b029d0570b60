"""Tear sheets for tests, and a report of real prices to look at: `python -m tests.kit.report FILE`."""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from domain.arrays import FloatArray, IntArray, TimeArray
from domain.clock import NANOSECONDS_PER_DAY, to_nanoseconds
from domain.performance.adapters.html_report import render
from domain.performance.statistics import summarise
from domain.performance.tear_sheet import MeasuredReturns, PriceLine, TearSheet, TradeMarks
from domain.performance.trades import TradeColumns

INITIAL = 100_000.0
FIRST_CLOSE = to_nanoseconds(datetime.fromisoformat("2015-01-02T21:00:00+00:00"))
MADE = datetime.fromisoformat("2025-06-30T12:00:00+00:00")


def closes(count: int, step: int = NANOSECONDS_PER_DAY) -> TimeArray:
    return FIRST_CLOSE + np.arange(count, dtype=np.int64) * step


def walk(count: int, seed: int, *, start: float = INITIAL, volatility: float = 0.01) -> FloatArray:
    """A geometric random walk with a little drift."""
    steps = np.random.default_rng(seed).normal(4 * volatility**2, volatility, count)
    return np.asarray(start * np.exp(np.cumsum(steps) - steps[0]), dtype=np.float64)


def some_trades(line: PriceLine, count: int, *, instrument: int = 0) -> TradeMarks:
    """Round trips one after another, long and short in turn, the last still open."""
    if count == 0:
        return TradeMarks.none()
    edges = np.linspace(0, len(line.close) - 1, count + 1).astype(np.int64)
    entry, left = edges[:-1], edges[1:]
    quantity = np.where(np.arange(count) % 2 == 0, 10.0, -10.0)
    pnl = (line.close[left] - line.close[entry]) * quantity
    return TradeMarks(
        instrument=np.full(count, instrument, dtype=np.int64),
        entry_time=line.close_time[entry],
        exit_time=line.close_time[left],
        entry_price=line.close[entry],
        exit_price=line.close[left],
        quantity=quantity,
        pnl=pnl,
        return_=pnl / np.abs(line.close[entry] * quantity),
        is_open=np.arange(count) == count - 1,
    )


def joined(parts: Sequence[TradeMarks]) -> TradeMarks:
    columns = TradeMarks.__slots__
    return TradeMarks(*(np.concatenate([getattr(part, column) for part in parts]) for column in columns))


def a_tear_sheet(
    bars: int = 800,
    *,
    seed: int = 7,
    step: int = NANOSECONDS_PER_DAY,
    trades: int = 12,
    instruments: Sequence[str] = ("TEST.XNAS",),
    equity: FloatArray | None = None,
    benchmark: bool = True,
    title: str = "A strategy",
    subtitle: str = "On test prices",
    currency: str = "USD",
    warnings: tuple[str, ...] = (),
    labels: tuple[str, ...] = (),
    spec: Mapping[str, object] | None = None,
) -> TearSheet:
    """A run of any length; bars shorter than a day are measured by their UTC day."""
    times = closes(bars, step)
    volatility = 0.01 * (step / NANOSECONDS_PER_DAY) ** 0.5
    lines = tuple(
        PriceLine(name, times, walk(bars, seed + 100 + index, start=50.0, volatility=volatility))
        for index, name in enumerate(instruments)
    )
    return a_measured_sheet(
        times,
        walk(bars, seed, volatility=volatility) if equity is None else equity,
        lines,
        joined([some_trades(line, trades, instrument=index) for index, line in enumerate(lines)]),
        benchmark=walk(bars, seed + 1, volatility=volatility) if benchmark else None,
        session=None if step >= NANOSECONDS_PER_DAY else (times - 1) // NANOSECONDS_PER_DAY,
        title=title,
        subtitle=subtitle,
        currency=currency,
        warnings=warnings,
        labels=labels,
        spec={"strategy": "sma_cross", "parameters": {"fast": 10, "slow": 20}} if spec is None else spec,
    )


def a_measured_sheet(
    times: TimeArray,
    equity: FloatArray,
    lines: tuple[PriceLine, ...],
    trades: TradeMarks,
    *,
    title: str,
    subtitle: str,
    spec: Mapping[str, object],
    benchmark: FloatArray | None,
    benchmark_name: str = "Buy and hold",
    exposure: FloatArray | None = None,
    session: IntArray | None = None,
    initial: float = INITIAL,
    currency: str = "USD",
    fees: float = 123.45,
    turnover: float = 4.2,
    warnings: tuple[str, ...] = (),
    labels: tuple[str, ...] = (),
    provenance: Mapping[str, object] | None = None,
) -> TearSheet:
    """A tear sheet whose statistics are those of its curves."""
    exposure = np.where(np.arange(len(times)) % 50 < 30, 0.97, 0.0) if exposure is None else exposure
    held = ((trades.exit_time - trades.entry_time) // NANOSECONDS_PER_DAY).astype(np.int64)
    measured = summarise(
        close_time=times,
        equity=equity,
        exposure=exposure,
        benchmark=benchmark,
        trades=TradeColumns(trades.pnl, trades.return_, held, trades.is_open),
        initial_cash=initial,
        turnover=turnover,
        fees_paid=fees,
        slippage_paid=0.0,
        financing_paid=0.0,
        periods_per_year=252,
        session=session,
    )
    return TearSheet(
        title=title,
        subtitle=subtitle,
        currency=currency,
        initial_equity=initial,
        close_time=times,
        equity=equity,
        statistics=measured.statistics,
        tables=measured.tables,
        benchmark=benchmark,
        benchmark_name=benchmark_name,
        benchmark_statistics=measured.benchmark_statistics,
        exposure=exposure,
        returns=MeasuredReturns.of(times, equity, initial, session),
        prices=lines,
        trades=trades,
        labels=labels,
        warnings=(*warnings, *measured.notes),
        spec=spec,
        provenance={"seed": 0, "bars": len(times)} if provenance is None else provenance,
        created_at=MADE,
    )


def google_sheet(cash: float = 10_000.0, fee: float = 0.002) -> TearSheet:
    """SMA 10/20 cross on real GOOG bars: all in at the next open, whole shares, out on the cross down."""
    from bokeh_sampledata.stocks import GOOG

    times = np.array(
        [to_nanoseconds(datetime.fromisoformat(f"{day}T21:00:00+00:00")) for day in GOOG["date"]],
        dtype=np.int64,
    )
    open_, close = np.array(GOOG["open"]), np.array(GOOG["close"])
    equity, exposure, trades, fees, notional = _crossed(times, open_, close, cash, fee)
    years = len(times) / 252
    return a_measured_sheet(
        times,
        equity,
        (PriceLine("GOOG.XNAS", times, close),),
        trades,
        title="SMA cross on GOOG",
        subtitle="Long when the 10-day average crosses above the 20-day average, in cash when it crosses below. "
        "Daily bars, filled at the next open.",
        benchmark=cash * close / close[0],
        benchmark_name="Buy and hold GOOG",
        exposure=exposure,
        initial=cash,
        fees=fees,
        turnover=notional / float(equity.mean()) / years,
        labels=("Fills at the next open", "Costs included"),
        warnings=("One instrument was tested: the result says little about others.",),
        spec={
            "strategy": "sma_cross",
            "parameters": {"fast": 10, "slow": 20, "allow_short": False},
            "instruments": ["GOOG.XNAS"],
            "timeframe": "1d",
            "initial_cash": 10_000,
            "currency": "USD",
            "costs": {"commission_bps": 20.0, "spread_bps": 0.0, "slippage_bps": 0.0, "borrow_rate": 0.01},
            "fill": "next_open",
            "sizing": {"quantity": "whole_lots", "max_leverage": 1.0, "stop_loss": None, "take_profit": None},
            "benchmark": None,
            "seed": 0,
        },
        provenance={
            "data_hash": "sha256:5f1d0c8a0e6b7a6d2f4f5d9c1b7e3a90c4d2e6f8a1b3c5d7e9f0a2b4c6d8e0f2",
            "code_version": "0.1.0",
            "seed": 0,
            "bars": len(times),
            "first_bar": datetime(2004, 8, 19, 21, tzinfo=UTC),
            "last_bar": datetime(2013, 3, 1, 21, tzinfo=UTC),
        },
    )


def _crossed(
    times: TimeArray, open_: FloatArray, close: FloatArray, cash: float, fee: float
) -> tuple[FloatArray, FloatArray, TradeMarks, float, float]:
    def average(length: int) -> FloatArray:
        sums = np.concatenate([[0.0], np.cumsum(close)])
        return np.concatenate([np.full(length - 1, np.nan), (sums[length:] - sums[:-length]) / length])

    above = average(10) > average(20)
    equity, exposure = np.empty(len(close)), np.zeros(len(close))
    held, fees, notional, entry = 0.0, 0.0, 0.0, (0, 0.0)
    rows: list[tuple[int, int, int, float, float, float, float, float, bool]] = []
    for bar in range(len(close)):
        crossed = bar > 20 and above[bar - 1] != above[bar - 2]
        if crossed and above[bar - 1]:
            held = float(np.floor(cash / (open_[bar] * (1 + fee))))
            paid = held * open_[bar]
            cash, fees, notional, entry = (
                cash - paid * (1 + fee),
                fees + paid * fee,
                notional + paid,
                (bar, paid),
            )
        elif crossed and held:
            got = held * open_[bar]
            cash, fees, notional = cash + got * (1 - fee), fees + got * fee, notional + got
            rows.append(_round_trip(times, entry, bar, held, got, fee, is_open=False))
            held = 0.0
        equity[bar] = cash + held * close[bar]
        exposure[bar] = held * close[bar] / equity[bar]
    if held:
        rows.append(_round_trip(times, entry, len(close) - 1, held, held * close[-1], fee, is_open=True))
    types = (np.int64, np.int64, np.int64, *(np.float64,) * 5, np.bool_)
    columns: list[Any] = [
        np.array(column, dtype=kind) for column, kind in zip(zip(*rows, strict=True), types, strict=True)
    ]
    return equity, exposure, TradeMarks(*columns), fees, notional


def _round_trip(
    times: TimeArray,
    entry: tuple[int, float],
    bar: int,
    held: float,
    got: float,
    fee: float,
    *,
    is_open: bool,
) -> tuple[int, int, int, float, float, float, float, float, bool]:
    first, paid = entry
    pnl = got - paid - fee * (paid + (0.0 if is_open else got))
    return (0, int(times[first]), int(times[bar]), paid / held, got / held, held, pnl, pnl / paid, is_open)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(google_sheet()), "utf-8")
