"""Studies in memory: a laboratory over made-up bars, a plan carried out chunk by chunk, planted truths."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from domain.arrays import FloatArray
from domain.backtesting.model import BacktestSpec
from domain.market.bars import COLUMNS, Bars, Panel
from domain.market.instruments import Instrument
from domain.research.laboratory import Laboratory
from domain.research.ports import ChunkAnswer
from domain.research.program import Program
from domain.strategies.protocol import (
    BarContext,
    EventStrategy,
    Strategy,
    StrategyParameters,
    VectorisedStrategy,
)
from domain.strategies.registry import StrategyRegistry
from tests.kit.bars import bars_closing_at
from tests.kit.runs import BarsInMemory

FREE_COSTS = {"commission_bps": 0, "spread_bps": 0, "slippage_bps": 0, "borrow_rate": 0, "margin_rate": 0}


class FollowLag(VectorisedStrategy):
    """Holds, long or short, the direction of the return `lag` bars before: right where returns repeat."""

    name = "follow_lag"

    class Parameters(StrategyParameters):
        lag: int = Field(1, ge=1, le=50, description="Bars back.")
        sign: int = Field(1, ge=-1, le=1, description="1 follows, -1 goes against, 0 stays out.")

    @property
    def lookback(self) -> int:
        return int(self.parameters.lag) + 1

    def target(self, bars: Panel) -> FloatArray:
        lag = self.parameters.lag
        weights = np.full(bars.shape, np.nan)
        moves = np.sign(bars.close[1:] - bars.close[:-1])
        weights[lag:] = self.parameters.sign * moves[: len(bars) - lag]
        return weights


class FollowLagByEvents(EventStrategy):
    """The same, bar by bar."""

    name = "follow_lag_by_events"

    class Parameters(FollowLag.Parameters):
        """As the vectorised one."""

    @property
    def lookback(self) -> int:
        return int(self.parameters.lag) + 1

    def on_bar(self, context: BarContext) -> None:
        lag = self.parameters.lag
        if context.index >= lag:
            close = context.bars.close
            row = context.index - lag
            context.target(float(self.parameters.sign * np.sign(close[row + 1, 0] - close[row, 0])))


class FollowFirst(VectorisedStrategy):
    """Bought or sold short on the second bar, and kept."""

    name = "follow_first"

    class Parameters(StrategyParameters):
        sign: int = Field(1, ge=-1, le=1, description="1 buys, -1 sells short.")

    @property
    def lookback(self) -> int:
        return 2

    def target(self, bars: Panel) -> FloatArray:
        weights = np.full(bars.shape, np.nan)
        weights[1:2] = self.parameters.sign
        return weights


class ShareFollow(FollowLag):
    """FollowLag with an equal share of equity in each instrument."""

    name = "share_follow"

    def target(self, bars: Panel) -> FloatArray:
        return super().target(bars) / len(bars.instruments)


class Peek(VectorisedStrategy):
    """Knows tomorrow's direction."""

    name = "peek"

    @property
    def lookback(self) -> int:
        return 1

    def target(self, bars: Panel) -> FloatArray:
        weights = np.zeros(bars.shape)
        weights[:-1] = np.sign(bars.close[1:] - bars.close[:-1])
        return weights


class Toss(VectorisedStrategy):
    """Long or short by a coin that depends on nothing but the number of the coin: pure luck."""

    name = "toss"

    class Parameters(StrategyParameters):
        coin: int = Field(0, ge=0, le=100_000, description="Which coin.")

    @property
    def lookback(self) -> int:
        return 1

    def target(self, bars: Panel) -> FloatArray:
        draws = np.random.default_rng(self.parameters.coin).random(bars.shape)
        return np.where(draws < 0.5, -1.0, 1.0)


def laboratory(*series: Bars, strategies: Sequence[type[Strategy]] = ()) -> Laboratory:
    """Over these bars, with the planted strategies beside the built-in ones."""
    registry = StrategyRegistry()
    planted: tuple[type[Strategy], ...] = (FollowLag, FollowLagByEvents, FollowFirst, ShareFollow, Toss)
    for strategy in (*planted, *strategies):
        registry.add(strategy, "tests")
    return Laboratory(BarsInMemory(series), registry)


def a_run(strategy: str = "follow_lag", **changes: Any) -> BacktestSpec:
    """A spec of one instrument that may hold fractions of it, without costs unless they are given."""
    values: dict[str, Any] = {
        "strategy": strategy,
        "parameters": {},
        "instruments": ("TEST.XNAS",),
        "source": "sample",
        "costs": FREE_COSTS,
        "sizing": {"quantity": "fractional"},
    }
    return BacktestSpec.read(values | changes)


def carried_out(
    program: Program[Any], spec: Any, where: Laboratory, order: Sequence[int] | None = None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Outcome and warnings, the chunks carried out in this order; answers go through JSON on their way."""
    plan = program.plan(spec, where)
    answers: dict[int, ChunkAnswer] = {}
    for number in order or range(len(plan.chunks)):
        values, table = program.run(spec, plan.chunks[number], where, lambda done: None)
        answers[number] = json.loads(as_bytes(values)), table
    outcome, warnings = program.reduce(spec, plan, answers.__getitem__, where)
    return json.loads(as_bytes(outcome)), tuple(warnings)


def as_bytes(values: Mapping[str, Any]) -> bytes:
    """Strict JSON: a NaN in it is a fault."""
    return json.dumps(values, allow_nan=False).encode()


def bars_returning(returns: Sequence[float] | FloatArray, instrument: Instrument | None = None) -> Bars:
    """Daily bars whose closes have these simple returns; each opens at the close before."""
    closes = 100.0 * np.cumprod(1.0 + np.asarray(returns))
    return bars_closing_at(closes.tolist(), instrument=instrument)


def autocorrelated(bars: int, by: float, seed: int, volatility: float = 0.01) -> FloatArray:
    """Returns of which each is `by` times the one before, and noise of this standard deviation."""
    noise = np.random.default_rng(seed).normal(0.0, volatility, bars)
    returns = np.zeros(bars)
    for row in range(1, bars):
        returns[row] = by * returns[row - 1] + noise[row]
    return returns


def changed_from(bars: Bars, row: int, seed: int) -> Bars:
    """The same bars up to this row, and other prices from it on."""
    returns = np.concatenate(([0.0], bars.close[1:] / bars.close[:-1] - 1.0))
    returns[row:] = np.random.default_rng(seed).normal(0.0, 0.02, len(bars) - row)
    other = bars_returning(returns, bars.instrument)
    columns = {name: getattr(other, name).copy() for name in COLUMNS}
    for name, values in columns.items():
        values[:row] = getattr(bars, name)[:row]
    return Bars(bars.instrument, bars.timeframe, bars.close_time, **columns)
