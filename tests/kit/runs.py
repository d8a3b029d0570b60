"""A whole run in memory: bars and actions in a dictionary, one strategy that throws dice."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from domain.arrays import FloatArray
from domain.backtesting.model import BacktestOutcome, BacktestSpec
from domain.backtesting.ports import BacktestJob
from domain.backtesting.result import Curve, Trades
from domain.backtesting.run import BacktestRun
from domain.clock import to_nanoseconds
from domain.errors import NotFound
from domain.ids import BacktestId, WorkspaceId
from domain.market.bars import Bars, Panel
from domain.market.corporate_actions import CorporateAction
from domain.market.instruments import Instrument
from domain.market.series import SeriesKey
from domain.market.timeframe import DAILY, Timeframe
from domain.strategies.protocol import VectorisedStrategy
from domain.strategies.registry import StrategyRegistry
from tests.kit.backtests import WORKSPACE

MONDAY = date(2020, 1, 6)


class Dice(VectorisedStrategy):
    """Holds a random share of equity, thrown anew on every bar."""

    name = "dice"

    @property
    def lookback(self) -> int:
        return 1

    def target(self, bars: Panel) -> FloatArray:
        return self.random.random(bars.shape)


@dataclass
class BarsInMemory:
    """The reading half of a BarStore, whatever source is asked for."""

    series: Sequence[Bars]
    events: Sequence[CorporateAction] = ()

    def read(self, key: SeriesKey, start: datetime | None = None, end: datetime | None = None) -> Bars:
        for bars in self.series:
            if (bars.instrument.id, bars.timeframe) == (key.instrument_id, key.timeframe):
                first, last = (None if moment is None else to_nanoseconds(moment) for moment in (start, end))
                return bars.between(first, last)
        raise NotFound("series", str(key))

    def actions(self, key: SeriesKey) -> tuple[CorporateAction, ...]:
        return tuple(self.events)

    def named(self, symbol: str, timeframe: Timeframe) -> tuple[SeriesKey, ...]:
        return tuple(
            SeriesKey("sample", bars.instrument.id, timeframe)
            for bars in self.series
            if bars.instrument.symbol == symbol and bars.timeframe == timeframe
        )

    def upsert(self, source: str, bars: Bars, actions: Sequence[CorporateAction] = ()) -> Bars:
        raise AssertionError("a run only reads")

    def delete(self, key: SeriesKey) -> None:
        raise AssertionError("a run only reads")

    def locked(self, key: SeriesKey) -> AbstractContextManager[None]:
        raise AssertionError("a run only reads")


@dataclass
class KeptCurve:
    """An ArtefactStore of the last run."""

    curves: list[Curve] = field(default_factory=list)

    def write(self, workspace_id: WorkspaceId, backtest_id: BacktestId, curve: Curve, trades: Trades) -> None:
        self.curves.append(curve)

    def curve(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> Curve:
        return self.curves[-1]

    def trades(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> Trades:
        raise AssertionError("only the curve is kept")

    def delete(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> None:
        self.curves.clear()


def carried_out(
    spec: BacktestSpec, *series: Bars, actions: Sequence[CorporateAction] = ()
) -> tuple[BacktestOutcome, Curve]:
    """What a run over these bars told, and its curve; every series has the same actions."""
    kept, strategies = KeptCurve(), StrategyRegistry()
    strategies.add(Dice, "tests")
    store = BarsInMemory(series, actions)
    run = BacktestRun(store_for=lambda _: store, strategies=strategies, artefacts=kept, code_version="test")
    outcome = run(BacktestJob(BacktestId("bt_1"), WORKSPACE, spec), lambda part, stage: None)
    return outcome, kept.curves[-1]


def walk(instrument: Instrument, close_time: Sequence[int], seed: int, timeframe: Timeframe = DAILY) -> Bars:
    """A random walk with these close times; the same seed and length give the same prices."""
    times = np.array(close_time, dtype=np.int64)
    close = 100.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, 0.01, len(times))))
    return Bars(instrument, timeframe, times, close, close, close, close, np.full(len(times), 1e6))


def closes_at(
    *hours: float, weeks: int = 50, days: Sequence[int] = range(5), first: date = MONDAY
) -> list[int]:
    """Close times at these hours, UTC, of these days of every week; hour 24 ends a day."""
    midnight = datetime.combine(first, time(), UTC)
    return [
        to_nanoseconds(midnight + timedelta(weeks=week, days=day, hours=hour))
        for week in range(weeks)
        for day in days
        for hour in hours
    ]
