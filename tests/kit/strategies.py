"""Strategies as a test drives them: panels to decide on, a harness for event strategies, files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.features.moving_averages import RunningSma
from domain.market.bars import COLUMNS, Bars, Panel
from domain.market.instruments import InstrumentId
from domain.strategies.protocol import EventStrategy, Strategy, VectorisedStrategy
from tests.kit.bars import an_instrument, bars_closing_at


def panel_closing_at(*closes: Sequence[float] | FloatArray) -> Panel:
    """Daily bars with these closes, one instrument for each sequence; NaN is a missing bar."""
    series = []
    for index, sequence in enumerate(closes):
        filled = [100.0 if np.isnan(close) else float(close) for close in sequence]
        bars = bars_closing_at(filled, instrument=an_instrument(f"T{index}"))
        series.append(_without(bars, np.flatnonzero(np.isnan(sequence))))
    return Panel.align(series)


def with_times(panel: Panel, close_time: Sequence[str]) -> Panel:
    """The same bars closing at these moments, written in ISO 8601 and UTC."""
    return replace(panel, close_time=np.array(close_time, dtype="datetime64[ns]").astype(np.int64))


def poisoned_after(panel: Panel, row: int, value: float) -> Panel:
    """The panel with every later price and volume replaced."""
    later = np.arange(len(panel))[:, np.newaxis] > row
    return _with_columns(panel, [np.where(later, value, getattr(panel, column)) for column in COLUMNS])


def with_missing_bars(panel: Panel, seed: int, share: float = 0.1) -> Panel:
    """The panel with this share of the bars of each instrument taken out."""
    missing = np.random.default_rng(seed).random(panel.shape) < share
    return _with_columns(panel, [np.where(missing, np.nan, getattr(panel, column)) for column in COLUMNS])


def column_alone(panel: Panel, column: int) -> tuple[Panel, IntArray]:
    """One instrument's own bars, and the rows of the panel on which it has them."""
    rows = np.flatnonzero(np.isfinite(panel.close[:, column]))
    values = {name: getattr(panel, name)[rows][:, [column]] for name in COLUMNS}
    return Panel((panel.instruments[column],), panel.timeframe, panel.close_time[rows], **values), rows


@dataclass
class RecordedContext:
    """What an event strategy sees at one bar, and what it asked for; holds `equity` in cash.

    A market order counts as the share of equity it is worth at this close.
    """

    bars: Panel
    targets: FloatArray
    indicators: Mapping[str, FloatArray] = field(default_factory=dict)
    equity: float = 10_000.0

    @property
    def index(self) -> int:
        return len(self.bars) - 1

    @property
    def time(self) -> int:
        return int(self.bars.close_time[-1])

    @property
    def instruments(self) -> tuple[InstrumentId, ...]:
        return tuple(instrument.id for instrument in self.bars.instruments)

    @property
    def cash(self) -> float:
        return self.equity

    def position(self, instrument: InstrumentId | None = None) -> float:
        return 0.0

    def close(self, instrument: InstrumentId | None = None) -> float:
        return float(self.bars.close[-1, self._column(instrument)])

    def target(self, weight: float, instrument: InstrumentId | None = None) -> None:
        self.targets[self.index, self._column(instrument)] = weight

    def indicator(self, name: str, instrument: InstrumentId | None = None) -> float:
        return float(self.indicators[name][self.index, self._column(instrument)])

    def orders(self, instrument: InstrumentId | None = None) -> tuple[()]:
        return ()

    def buy(self, quantity: float, instrument: InstrumentId | None = None, **exits: Any) -> int:
        self.target(quantity * self.close(instrument) / self.equity, instrument)
        return 1

    def _column(self, instrument: InstrumentId | None) -> int:
        return 0 if instrument is None else self.instruments.index(instrument)


def targets_of(strategy: Strategy, panel: Panel) -> FloatArray:
    """What a strategy of either form wants on each bar, (T, N); NaN where it asks for nothing."""
    if isinstance(strategy, VectorisedStrategy):
        return strategy.target(panel)
    assert isinstance(strategy, EventStrategy)
    targets = np.full(panel.shape, np.nan)
    strategy.on_start(tuple(instrument.id for instrument in panel.instruments))
    for row in range(len(panel)):
        seen = panel.until(row)
        # By its interface alone: it is handed what BarContext promises and this strategy uses.
        context: Any = RecordedContext(seen, targets, strategy.indicators(seen))
        strategy.on_bar(context)
    return targets


class CrossByEvents(EventStrategy):
    """The 3/5 moving average cross, bar by bar and for one instrument: state lives in `on_start`."""

    name = "cross_by_events"

    @property
    def lookback(self) -> int:
        return 6

    def on_start(self, instruments: tuple[InstrumentId, ...]) -> None:
        self._fast, self._slow, self._gap = RunningSma(3), RunningSma(5), 0.0

    def on_bar(self, context: Any) -> None:
        price = context.close()
        gap = self._fast.update(price) - self._slow.update(price)
        if gap > 0.0 > self._gap:
            context.target(1.0)
        elif gap < 0.0 < self._gap:
            context.target(0.0)
        if not np.isnan(gap):
            self._gap = gap


A_STRATEGY_FILE = '''
from pydantic import Field

from domain.features.channels import donchian
from domain.features.signals import hold, shift
from domain.strategies.protocol import StrategyParameters, VectorisedStrategy


class Breakout(VectorisedStrategy):
    """Own what makes a new high; leave at a new low."""

    name = "breakout"

    class Parameters(StrategyParameters):
        window: int = Field(20, ge=2, le=500, description="Bars in the channel.")

    @property
    def lookback(self):
        return self.parameters.window + 1

    def target(self, bars):
        upper, lower = donchian(bars.high, bars.low, self.parameters.window)
        return hold(enter=bars.close > shift(upper), leave=bars.close < shift(lower))
'''


def a_strategy_file(folder: Path, source: str = A_STRATEGY_FILE, name: str = "mine.py") -> Path:
    path = folder / name
    path.write_text(source, encoding="utf-8")
    return path


SHORT_WINDOWS: Mapping[str, Mapping[str, object]] = {
    "allocation": {"method": "minimum_variance", "window": 12, "rebalance": "weekly", "maximum": 0.8},
    "bollinger_reversion": {"window": 10, "width": 1.0},
    "breakout_bracket": {"window": 10, "range_window": 5, "stop": 1.0, "target": 1.5},
    "buy_and_hold": {},
    "donchian_breakout": {"entry": 10, "exit": 5},
    "ema_cross": {"fast": 3, "slow": 8, "allow_short": True},
    "macd": {"fast": 4, "slow": 9, "signal": 3},
    "momentum_rotation": {"window": 40, "skip": 5, "hold": 1},
    "pairs_zscore": {"window": 15, "entry": 1.0, "exit": 0.2},
    "rsi_reversion": {"window": 5, "oversold": 40.0, "recovered": 60.0},
    "sma_cross": {"fast": 3, "slow": 8},
    "volatility_target": {"window": 10},
}
"""Every built-in strategy with parameters that make it act often within a few hundred bars."""


def _with_columns(panel: Panel, columns: Sequence[FloatArray]) -> Panel:
    return Panel(panel.instruments, panel.timeframe, panel.close_time, *columns)


def _without(bars: Bars, rows: IntArray) -> Bars:
    kept = np.setdiff1d(np.arange(len(bars)), rows)
    columns = (getattr(bars, column)[kept] for column in COLUMNS)
    return Bars(bars.instrument, bars.timeframe, bars.close_time[kept], *columns)
