"""What stands behind the API on fakes: strategies, artefacts, a market and a database that only answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.backtesting.result import Curve, Trades
from domain.clock import to_nanoseconds
from domain.errors import InvalidInput, NotFound
from domain.ids import BacktestId, WorkspaceId
from domain.market.bars import Bars
from domain.market.corporate_actions import Adjustment
from domain.market.instruments import Instrument
from domain.market.quality_report import OnError
from domain.market.series import Series, SeriesKey
from domain.market.timeframe import Timeframe
from domain.strategies.ports import StrategyInfo
from tests.kit.bars import random_bars
from tests.kit.market import InMemorySeriesRepository

GOOG = Instrument("GOOG", "XNAS", name="Alphabet")
AAPL = Instrument("AAPL", "XNAS", name="Apple")


class TwoStrategies:
    """StrategyCatalogue with sma_cross and buy_and_hold."""

    def __init__(self) -> None:
        schema = {"type": "object", "properties": {"fast": {"type": "integer", "minimum": 1}}}
        self._infos = {
            name: StrategyInfo(
                name, title, "In a line.", "At length.", "vectorised", schema, 1, most, "built in"
            )
            for name, title, most in (("buy_and_hold", "Buy and hold", None), ("sma_cross", "SMA cross", 1))
        }

    def list(self) -> Sequence[StrategyInfo]:
        return list(self._infos.values())

    def describe(self, name: str) -> StrategyInfo:
        if name not in self._infos:
            raise NotFound("strategy", name, "Did you mean 'sma_cross'?")
        return self._infos[name]

    def check(self, name: str, parameters: Mapping[str, Any], instruments: int) -> dict[str, Any]:
        self.describe(name)
        completed = {"fast": 10, "slow": 20} | dict(parameters)
        if not isinstance(completed["fast"], int) or completed["fast"] >= completed["slow"]:
            raise InvalidInput.at("parameters", "fast", message="must be a whole number below slow")
        return completed


class MemoryArtefacts:
    """ArtefactStore that gives every completed run the same curve and trades."""

    def __init__(self, curve: Curve, trades: Trades) -> None:
        self._curve = curve
        self._trades = trades
        self.deleted: list[BacktestId] = []

    def write(self, workspace_id: WorkspaceId, backtest_id: BacktestId, curve: Curve, trades: Trades) -> None:
        self._curve, self._trades = curve, trades

    def curve(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> Curve:
        return self._curve

    def trades(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> Trades:
        return self._trades

    def delete(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> None:
        self.deleted.append(backtest_id)


@dataclass(frozen=True)
class _Imported:
    series: Series


class OneSourceMarket:
    """The calls of MarketDataService that the API makes, on random bars."""

    def __init__(self, repository: InMemorySeriesRepository, home: WorkspaceId) -> None:
        self._repository = repository
        self._home = home
        self.calls: list[tuple[Any, ...]] = []

    def import_bars(
        self,
        workspace_id: WorkspaceId,
        source: str,
        symbols: Sequence[str],
        timeframe: Timeframe,
        start: datetime | None,
        end: datetime | None,
        on_error: OnError,
    ) -> list[_Imported]:
        self.calls.append((source, tuple(symbols), str(timeframe), start, end, on_error))
        if source != "sample":
            raise NotFound("source", source, "Known sources: sample.")
        if "BAD" in symbols:
            raise InvalidInput.at("BAD", "high_below_low", message="2 of 100 rows")
        return [
            _Imported(one) for one in self._repository.list(self._home) if one.instrument.symbol in symbols
        ]

    def bars(
        self,
        workspace_id: WorkspaceId,
        key: SeriesKey,
        start: datetime | None = None,
        end: datetime | None = None,
        adjustment: Adjustment = Adjustment.NONE,
    ) -> Bars:
        bars = random_bars(250, 1, instrument=GOOG)
        return bars.between(
            None if start is None else to_nanoseconds(start), None if end is None else to_nanoseconds(end)
        )


class FakeDatabase:
    """Answers pings, or raises what it is given."""

    def __init__(self) -> None:
        self.fault: Exception | None = None

    def ping(self) -> None:
        if self.fault is not None:
            raise self.fault
