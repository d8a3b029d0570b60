"""Builders for the simulated account: free costs, scripted targets, bars with gaps, and comparisons."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
from hypothesis import strategies as st

from domain.arrays import BoolArray, FloatArray
from domain.backtesting._kernel import Account
from domain.backtesting.conditions import PLAIN, Conditions, InstrumentEvents
from domain.backtesting.engine import ORDER_COLUMNS, TRADE_COLUMNS, columns_of, simulate_targets
from domain.backtesting.model import (
    CommissionTier,
    Costs,
    FillPrice,
    QuantityRule,
    Sizing,
    TierPeriod,
)
from domain.backtesting.reference import ReferenceAccount
from domain.backtesting.result import Curve, Simulation
from domain.backtesting.terms import Terms, open_account
from domain.clock import NANOSECONDS_PER_DAY
from domain.market.bars import COLUMNS, Bars, Panel
from domain.market.instruments import AssetClass
from domain.market.timeframe import Timeframe
from domain.orders.model import LimitFill
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
    limit_fill: LimitFill = LimitFill.CROSSED,
    conditions: Conditions = PLAIN,
) -> Simulation:
    """Simulate these targets, one a bar; short lists are filled up with KEEP."""
    rows, columns = panel.shape
    weights = np.full((rows, columns), KEEP)
    given = np.asarray(targets, dtype=np.float64).reshape(-1, columns)
    weights[: len(given)] = given
    return simulate_targets(
        panel,
        weights,
        initial_cash=initial_cash,
        costs=costs,
        fill=fill,
        sizing=sizing,
        limit_fill=limit_fill,
        conditions=conditions,
    )


def an_account(
    panel: Panel,
    sizing: Sizing = WHOLE,
    *,
    costs: Costs = FREE,
    initial_cash: float = 10_000.0,
    fill: FillPrice = FillPrice.NEXT_OPEN,
    conditions: Conditions = PLAIN,
) -> Account:
    """The compiled account before its first bar, for tests that play the strategy."""
    targets = np.full(panel.shape, KEEP)
    return opened(Scenario(panel, targets, initial_cash, costs, fill, sizing, conditions=conditions))[0]


def orders_of(account: Account) -> dict[str, Any]:
    """The orders of an account so far, by column."""
    table = np.empty((len(ORDER_COLUMNS), account.order_count), dtype=np.int64)
    account.read_orders(table)
    return columns_of(table, ORDER_COLUMNS)


def trades_of(account: Account) -> dict[str, Any]:
    """Its trades so far, by column."""
    table = np.empty((len(TRADE_COLUMNS), account.trade_count), dtype=np.int64)
    account.read_trades(table)
    return columns_of(table, TRADE_COLUMNS)


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
    limit_fill: LimitFill = LimitFill.CROSSED
    conditions: Conditions = PLAIN

    def simulated(self) -> Simulation:
        return simulate_targets(
            self.panel,
            self.targets,
            initial_cash=self.initial_cash,
            costs=self.costs,
            fill=self.fill,
            sizing=self.sizing,
            limit_fill=self.limit_fill,
            conditions=self.conditions,
        )

    @property
    def terms(self) -> Terms:
        return Terms(self.initial_cash, self.costs, self.fill, self.sizing, self.limit_fill, self.conditions)

    def by_reference(self) -> ReferenceAccount:
        return ReferenceAccount(self.panel, self.terms).run(self.targets)


def opened(scenario: Scenario) -> tuple[Account, Curve]:
    """The compiled account of a scenario before its first bar, and the curve it writes."""
    panel = scenario.panel
    curve = Curve(panel.close_time, *np.empty((4, len(panel))))
    missing = np.isnan(panel.close).sum(axis=0).astype(np.int64)
    return open_account(panel, curve, scenario.terms, missing), curve


def _rate(most: float) -> st.SearchStrategy[float]:
    return st.sampled_from([0.0, most / 100, most / 10, most])


_TIERS = st.sampled_from(
    [
        (),
        (CommissionTier(over=1_000.0, bps=5.0),),
        (CommissionTier(over=2_000.0, bps=50.0), CommissionTier(over=5_000.0, bps=0.0)),
    ]
)
_COSTS = st.builds(
    Costs,
    commission_fixed=_rate(20.0),
    commission_per_share=_rate(0.5),
    commission_bps=_rate(100.0),
    commission_minimum=_rate(30.0),
    commission_maximum_bps=st.sampled_from([None, None, 5.0, 100.0]),
    commission_bps_passive=st.sampled_from([None, 0.0, 20.0]),
    commission_tiers=_TIERS,
    commission_tier_period=st.sampled_from(TierPeriod),
    spread_bps=_rate(100.0),
    slippage_bps=_rate(50.0),
    impact_bps=_rate(1_000.0),
    fx_bps=_rate(50.0),
    borrow_rate=_rate(2.0),
    margin_rate=_rate(2.0),
    funding_rate=st.sampled_from([0.0, 0.0, 0.001, -0.001]),
)


@st.composite
def _sizings(draw: st.DrawFn, leverages: Sequence[float]) -> Sizing:
    leverage = draw(st.sampled_from(leverages))
    by_margin = leverage >= 1.0 and draw(st.booleans())
    limit = {"initial_margin": 1.0 / leverage} if by_margin else {"max_leverage": leverage}
    return Sizing(
        quantity=draw(st.sampled_from(QuantityRule)),
        maintenance_margin=draw(st.sampled_from([None, None, 0.1, 0.9 / max(leverage, 1.0)])),
        stop_loss=draw(st.sampled_from([None, 0.01, 0.03, 0.1])),
        take_profit=draw(st.sampled_from([None, 0.01, 0.05, 0.2])),
        max_volume_share=draw(st.sampled_from([None, None, 1e-5, 1e-3])),
        **limit,
    )


@st.composite
def scenarios(
    draw: st.DrawFn,
    *,
    leverages: Sequence[float] = (0.5, 1.0, 2.0, 5.0),
    long_only: bool = False,
    events: bool = True,
    currencies: bool = True,
) -> Scenario:
    """Random bars with holes in them, on one clock or several; sparse or dense targets; every kind of
    cost and limit; shares that split, pay and vanish; prices in other currencies."""
    width = draw(st.integers(1, 4))
    rows = draw(st.integers(1, 60))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    panel = _with_holes(random_panel(rows, width, int(random.integers(1_000_000))), random)
    if draw(st.booleans()) and not bool(np.isnan(panel.close).all()):
        panel = _on_several_clocks(panel, random)
        rows = len(panel)
    conditions = PLAIN
    if events and draw(st.booleans()):
        panel, happened = _with_events(panel, random)
        conditions = replace(conditions, events=happened)
    if currencies and draw(st.booleans()):
        foreign = random.random(width) >= 0.3
        conditions = replace(conditions, rates=_rates(panel, foreign, random), foreign=foreign)
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
        draw(st.sampled_from(LimitFill)),
        conditions,
    )


def _with_events(panel: Panel, random: np.random.Generator) -> tuple[Panel, InstrumentEvents]:
    """The same bars with splits and dividends here and there; some instruments end early."""
    rows, width = panel.shape
    happens = random.random(panel.shape) < random.choice([0.05, 0.3])
    ratio = random.choice([1.0, 2.0, 1.5, 0.1, 1 / 3], panel.shape)
    dividend = random.choice([0.0, 0.5, 2.0], panel.shape)
    columns = {name: getattr(panel, name).copy() for name in COLUMNS}
    for index in range(width):
        if random.random() < 0.3:
            last = int(random.integers(rows))
            happens[last:, index] = False
            happens[last, index], ratio[last, index] = True, 0.0
            for column in columns.values():
                column[last:, index] = np.nan
    where = np.argwhere(happens).astype(np.int64).reshape(-1, 2)
    what = np.column_stack([ratio[happens], dividend[happens]]).reshape(-1, 2)
    ended = Panel(panel.instruments, panel.timeframe, panel.close_time, **columns)
    return ended, InstrumentEvents(where, what)


def _rates(panel: Panel, foreign: BoolArray, random: np.random.Generator) -> FloatArray:
    """What foreign money is worth at each row."""
    walk = np.exp(np.cumsum(random.normal(0.0, 0.01, panel.shape), axis=0)) * random.choice([0.01, 1.3])
    rates: FloatArray = np.where(foreign, walk, 1.0)
    return rates


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
