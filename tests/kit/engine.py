"""Builders for the simulated account: free costs, scripted targets, bars with gaps, and comparisons."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
from hypothesis import strategies as st

from domain.arrays import FloatArray
from domain.backtesting.engine import simulate_targets
from domain.backtesting.model import Costs, FillPrice, QuantityRule, Sizing
from domain.backtesting.reference import ReferenceAccount
from domain.backtesting.result import Simulation
from domain.clock import NANOSECONDS_PER_DAY
from domain.market.bars import COLUMNS, Bars, Panel
from domain.market.instruments import AssetClass
from domain.market.timeframe import Timeframe
from domain.strategies.protocol import BarContext, EventStrategy, VectorisedStrategy
from tests.kit.bars import an_instrument, bars_closing_at, random_panel

FREE = Costs(commission_bps=0, spread_bps=0, slippage_bps=0, borrow_rate=0, margin_rate=0)
WHOLE = Sizing(quantity=QuantityRule.WHOLE_LOTS)
FRACTIONAL = Sizing(quantity=QuantityRule.FRACTIONAL)
KEEP = float("nan")


def free_but(**costs: float) -> Costs:
    """No costs, except these."""
    return Costs.model_validate(FREE.model_dump() | costs)


def a_panel(closes: Sequence[float], **columns: Any) -> Panel:
    """One instrument with these closes; see `bars_closing_at`."""
    return Panel.align([bars_closing_at(closes, **columns)])


def panel_of(*series: Sequence[float], opens: Sequence[Sequence[float]] | None = None) -> Panel:
    """One instrument for each row of closes."""
    return Panel.align(
        [
            bars_closing_at(
                closes, opens=None if opens is None else opens[index], instrument=an_instrument(f"T{index}")
            )
            for index, closes in enumerate(series)
        ]
    )


def without_bar(panel: Panel, row: int, column: int = 0) -> Panel:
    """The same panel, but this instrument had no bar then."""
    columns = {}
    for name in ("open", "high", "low", "close", "volume"):
        columns[name] = getattr(panel, name).copy()
        columns[name][row, column] = np.nan
    return Panel(panel.instruments, panel.timeframe, panel.close_time, **columns)


def trade(
    panel: Panel,
    targets: Sequence[float] | Sequence[Sequence[float]] | FloatArray,
    *,
    initial_cash: float = 10_000.0,
    costs: Costs = FREE,
    fill: FillPrice = FillPrice.NEXT_OPEN,
    sizing: Sizing = WHOLE,
) -> Simulation:
    """Simulate these targets, one a bar; short lists are filled up with KEEP."""
    rows, columns = panel.shape
    weights = np.full((rows, columns), KEEP)
    given = np.asarray(targets, dtype=np.float64).reshape(-1, columns)
    weights[: len(given)] = given
    return simulate_targets(panel, weights, initial_cash=initial_cash, costs=costs, fill=fill, sizing=sizing)


class Scripted(VectorisedStrategy):
    """Answers with what it was given."""

    name = "scripted"

    def __init__(self, weights: Any, lookback: int = 1) -> None:
        super().__init__()
        self._weights = weights
        self._lookback = lookback

    @property
    def lookback(self) -> int:
        return self._lookback

    def target(self, bars: Panel) -> FloatArray:
        answer: FloatArray = self._weights
        return answer


class ScriptedEvents(EventStrategy):
    """Asks, bar by bar, for the weights it was given; NaN asks for nothing."""

    name = "scripted_events"

    def __init__(self, weights: FloatArray) -> None:
        super().__init__()
        self._weights = weights

    @property
    def lookback(self) -> int:
        return 1

    def on_bar(self, context: BarContext) -> None:
        for instrument, weight in zip(context.instruments, self._weights[context.index], strict=True):
            if not np.isnan(weight):
                context.target(float(weight), instrument)


@dataclass(frozen=True)
class Scenario:
    """Everything a simulation depends on."""

    panel: Panel
    targets: FloatArray
    initial_cash: float
    costs: Costs
    fill: FillPrice
    sizing: Sizing

    def simulated(self) -> Simulation:
        return simulate_targets(
            self.panel,
            self.targets,
            initial_cash=self.initial_cash,
            costs=self.costs,
            fill=self.fill,
            sizing=self.sizing,
        )

    def by_reference(self) -> ReferenceAccount:
        return ReferenceAccount(
            self.panel,
            initial_cash=self.initial_cash,
            costs=self.costs,
            fill=self.fill,
            sizing=self.sizing,
        ).run(self.targets)


def _rate(most: float) -> st.SearchStrategy[float]:
    return st.sampled_from([0.0, most / 100, most / 10, most])


_COSTS = st.builds(
    Costs,
    commission_fixed=_rate(20.0),
    commission_per_share=_rate(0.5),
    commission_bps=_rate(100.0),
    commission_minimum=_rate(30.0),
    spread_bps=_rate(100.0),
    slippage_bps=_rate(50.0),
    impact_bps=_rate(1_000.0),
    borrow_rate=_rate(2.0),
    margin_rate=_rate(2.0),
)


def _sizings(leverages: Sequence[float]) -> st.SearchStrategy[Sizing]:
    return st.builds(
        Sizing,
        quantity=st.sampled_from(QuantityRule),
        max_leverage=st.sampled_from(leverages),
        stop_loss=st.sampled_from([None, 0.01, 0.03, 0.1]),
        take_profit=st.sampled_from([None, 0.01, 0.05, 0.2]),
    )


@st.composite
def scenarios(
    draw: st.DrawFn, *, leverages: Sequence[float] = (0.5, 1.0, 2.0, 5.0), long_only: bool = False
) -> Scenario:
    """Random bars with holes in them, on one clock or several; sparse or dense targets; every kind of cost."""
    width = draw(st.integers(1, 4))
    rows = draw(st.integers(1, 60))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    panel = _with_holes(random_panel(rows, width, int(random.integers(1_000_000))), random)
    if draw(st.booleans()) and not bool(np.isnan(panel.close).all()):
        panel = _on_several_clocks(panel, random)
        rows = len(panel)
    weights = random.choice([-1.5, -1.0, -0.5, 0.0, 0.0, 0.3, 0.5, 1.0, 1.0, 2.5], (rows, width))
    if draw(st.booleans()):
        weights = weights / width
    if long_only:
        weights = np.abs(weights)
    weights[random.random((rows, width)) < draw(st.sampled_from([0.0, 0.5, 0.9]))] = np.nan
    return Scenario(
        panel,
        weights,
        draw(st.sampled_from([500.0, 10_000.0, 1e6])),
        draw(_COSTS),
        draw(st.sampled_from(FillPrice)),
        draw(_sizings(leverages)),
    )


def _with_holes(panel: Panel, random: np.random.Generator) -> Panel:
    lots = random.choice(["1", "10", "0.1"], len(panel.instruments))
    instruments = tuple(
        type(one)(one.symbol, one.venue, lot_size=Decimal(str(lot)), fractional=bool(random.random() < 0.3))
        for one, lot in zip(panel.instruments, lots, strict=True)
    )
    holes = random.random(panel.shape) < random.choice([0.0, 0.2])
    columns = {name: getattr(panel, name).copy() for name in ("open", "high", "low", "close", "volume")}
    for column in columns.values():
        column[holes] = np.nan
    columns["volume"][random.random(panel.shape) < 0.1] = random.choice([0.0, np.nan])
    # Wild prices make gaps through the levels, and ruin.
    wild = np.exp(random.normal(0.0, random.choice([0.0, 0.1]), panel.shape))
    for name in ("open", "high", "low", "close"):
        columns[name] *= wild
    return Panel(instruments, panel.timeframe, panel.close_time, **columns)


# Venue, kind, and at which share of a day in UTC its daily bar closes in winter.
_CLOCKS = (
    ("XNAS", AssetClass.EQUITY, 21.0 / 24),
    ("XETR", AssetClass.EQUITY, 16.5 / 24),
    ("XTKS", AssetClass.EQUITY, 6.0 / 24),
    ("NOWHERE", AssetClass.EQUITY, 15.0 / 24),
    ("BINANCE", AssetClass.CRYPTO, 1.0),
)


def _on_several_clocks(panel: Panel, random: np.random.Generator) -> Panel:
    """The same bars, each instrument's closing when its venue does."""
    timeframe = Timeframe.parse(str(random.choice(["1h", "1d", "1d", "1w"])))
    series = []
    for column, instrument in enumerate(panel.instruments):
        venue, kind, share = _CLOCKS[int(random.integers(len(_CLOCKS)))]
        days = panel.close_time // NANOSECONDS_PER_DAY
        close_time = days[0] * NANOSECONDS_PER_DAY + (
            (days - days[0] + share) * timeframe.nanoseconds
        ).astype(np.int64)
        has_bar = ~np.isnan(panel.close[:, column])
        series.append(
            Bars(
                replace(instrument, venue=venue, asset_class=kind),
                timeframe,
                close_time[has_bar],
                *(getattr(panel, name)[has_bar, column] for name in COLUMNS),
            )
        )
    return Panel.align(series)
