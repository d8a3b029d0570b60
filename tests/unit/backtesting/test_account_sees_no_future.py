"""Nothing the account does up to a row depends on what comes after it: bars, rates, actions, delistings."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.arrays import FloatArray
from domain.backtesting.booking import DAYS_OF_SILENCE
from domain.backtesting.conditions import Conditions, InstrumentEvents
from domain.backtesting.inputs import RunInputs, read_inputs
from domain.backtesting.model import BacktestSpec
from domain.backtesting.result import Simulation
from domain.backtesting.run import simulate_spec
from domain.market.bars import COLUMNS, Bars, Panel
from domain.market.corporate_actions import CorporateAction, Dividend, Split
from domain.market.instruments import AssetClass, Instrument
from domain.strategies.protocol import VectorisedStrategy
from tests.kit.backtests import a_spec
from tests.kit.bars import bars_closing_at, daily_times, random_bars
from tests.kit.engine import KEEP, Scenario, Scripted, panel_of, scenarios, trade, without_bar
from tests.kit.runs import BarsInMemory

SHARE = Instrument("SIE", "XETR", currency="EUR", fractional=True)
PAIR = Instrument("EUR/USD", "FOREX", AssetClass.FX)


CURVE = ("equity", "cash", "exposure")
ORDERS = ("decided_bar", "bar", "instrument", "status", "reason", "quantity", "price", "commission", "held")


def differing(one: Simulation, other: Simulation, last: int) -> list[str]:
    """Columns of curve and orders that are not the same, bit for bit, up to a row."""
    pairs = {
        name: (getattr(one.curve, name)[: last + 1], getattr(other.curve, name)[: last + 1]) for name in CURVE
    } | {name: (_orders_until(one, name, last), _orders_until(other, name, last)) for name in ORDERS}
    return [name for name, (mine, theirs) in pairs.items() if mine.tobytes() != theirs.tobytes()]


def _orders_until(simulation: Simulation, name: str, last: int) -> FloatArray:
    orders = simulation.orders
    values: FloatArray = getattr(orders, name)[(orders.bar >= 0) & (orders.bar <= last)]
    return values


# ---------------------------------------------------------------- any account


@settings(max_examples=80, deadline=None)
@given(scenarios(), st.integers(0, 58), st.integers(0, 2**32 - 1))
def test_another_future_changes_nothing_before_it(scenario: Scenario, last: int, seed: int) -> None:
    # Given the same bars, targets, rates and events up to a row, and others after it
    assume(last < len(scenario.panel) - 1)
    random = np.random.default_rng(seed)
    other = replace(
        scenario,
        panel=_other_bars(scenario.panel, last, random),
        targets=np.vstack([scenario.targets[: last + 1], 0.7 - scenario.targets[last + 1 :]]),
        conditions=_other_conditions(scenario, last, random),
    )

    assert differing(scenario.simulated(), other.simulated(), last) == []


def _other_bars(panel: Panel, last: int, random: np.random.Generator) -> Panel:
    columns = {name: getattr(panel, name).copy() for name in COLUMNS}
    factor = random.uniform(0.5, 2.0, panel.shape)
    missing = random.random(panel.shape) < random.choice([0.0, 0.3])
    for column in columns.values():
        column[last + 1 :] *= factor[last + 1 :]
        column[last + 1 :][missing[last + 1 :]] = np.nan
    return Panel(panel.instruments, panel.timeframe, panel.close_time, **columns)


def _other_conditions(scenario: Scenario, last: int, random: np.random.Generator) -> Conditions:
    conditions, (rows, width) = scenario.conditions, scenario.panel.shape
    rates, foreign = conditions.rates, conditions.foreign
    if rates is not None:
        rates = rates.copy()
        rates[last + 1 :] *= random.uniform(0.5, 2.0, (rows - last - 1, width))
    kept = conditions.events.take(0, last + 1)
    count = int(random.integers(4))
    where = np.column_stack([random.integers(last + 1, rows, count), random.integers(0, width, count)])
    what = np.column_stack([random.choice([0.0, 2.0, 1.0], count), random.choice([0.0, 1.0], count)])
    later = InstrumentEvents(where[np.argsort(where[:, 0], kind="stable")].astype(np.int64), what)
    return Conditions(rates, kept.together(later), foreign=foreign)


# ---------------------------------------------------------------- from the store on


class Momentum(VectorisedStrategy):
    """All in after a rise, half short after a fall."""

    name = "momentum"

    @property
    def lookback(self) -> int:
        return 2

    def target(self, bars: Panel) -> FloatArray:
        rise = np.diff(bars.close, axis=0, prepend=bars.close[:1])
        weights: FloatArray = np.where(rise > 0, 1.0, -0.5)
        return weights


def _stored(
    actions: Sequence[CorporateAction], *series: Bars, **changes: object
) -> tuple[BacktestSpec, RunInputs]:
    spec = a_spec(instruments=(SHARE.id,), adjustment="booked", **changes)
    return spec, read_inputs(BarsInMemory(series, actions), spec)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(5, 50), st.integers(0, 2**32 - 1))
def test_a_booked_run_in_foreign_money_knows_no_later_price_rate_or_action(
    seed: int, last: int, dice: int
) -> None:
    # Given a share that splits and pays, and its pair, with two futures after a day
    random = np.random.default_rng(dice)
    count = 60
    days = [
        date(2020, 1, 1) + timedelta(days=int(day)) for day in np.sort(random.choice(np.arange(1, count), 8))
    ]
    actions: list[CorporateAction] = [
        Split(day, 2.0) if random.random() < 0.3 else Dividend(day, 0.5) for day in days
    ]
    share = random_bars(count, seed, instrument=SHARE)
    pair = replace(
        random_bars(count, seed + 1, instrument=PAIR), close_time=daily_times(count) - 3_600 * 10**9
    )
    until = date(2020, 1, 1) + timedelta(days=last)
    known = [action for action in actions if action.ex_date <= until]
    later: list[CorporateAction] = [
        Split(until + timedelta(days=2), 3.0),
        Dividend(until + timedelta(days=3), 0.25),
    ]

    # When the run is made in both
    spec, one = _stored(actions, share, pair)
    _, other = _stored([*known, *later], _poisoned(share, last, random), _poisoned(pair, last, random))

    # Then neither what the strategy was shown nor what the account did differs up to that day
    np.testing.assert_array_equal(one.seen.close[: last + 1], other.seen.close[: last + 1])
    np.testing.assert_array_equal(one.seen.volume[: last + 1], other.seen.volume[: last + 1])
    assert differing(simulate_spec(spec, one, Momentum()), simulate_spec(spec, other, Momentum()), last) == []


def _poisoned(bars: Bars, last: int, random: np.random.Generator) -> Bars:
    factor = np.where(np.arange(len(bars)) > last, random.uniform(1.5, 3.0, len(bars)), 1.0)
    return replace(bars, **{name: getattr(bars, name) * factor for name in COLUMNS})


def test_a_delisting_is_acted_upon_after_the_last_bar_only() -> None:
    # Given a share that ends on row 20 of 40, and the same one with bars to the end
    whole = panel_of([100.0 + row for row in range(40)], [50.0] * 40)
    ended = whole
    for row in range(21, 40):
        ended = without_bar(ended, row)
    assert DAYS_OF_SILENCE < 40 - 21
    gone = Conditions(events=InstrumentEvents(np.array([[21, 0]]), np.array([[0.0, 0.0]])))

    targets = [[0.5, 0.5], *([[KEEP, KEEP]] * 24), [0.0, 1.0]]
    assert differing(trade(ended, targets, conditions=gone), trade(whole, targets), 20) == []


# ---------------------------------------------------------------- the same wealth, told in two ways


def _reinvesting(
    closes: Sequence[float], opens: Sequence[float], actions: Sequence[CorporateAction], **changes: object
) -> Simulation:
    share = Instrument("ACME", "NOWHERE", fractional=True)
    bars = bars_closing_at(closes, opens=opens, instrument=share)
    spec = a_spec(
        instruments=(share.id,),
        costs={"commission_bps": 0, "spread_bps": 0, "slippage_bps": 0, "margin_rate": 0},
        **changes,
    )
    inputs = read_inputs(BarsInMemory([bars], actions), spec)
    return simulate_spec(spec, inputs, Scripted(np.ones(inputs.panel.shape)))


def test_dividends_put_back_at_the_ex_open_come_to_the_total_return() -> None:
    # Given days whose opens are the closes before them, less the dividend and over the split where there is one
    closes = [700.0, 770.0, 777.0, 105.0, 112.0, 108.0, 108.0, 55.0, 60.0]
    opens = [700.0, 700.0, 770.0, 111.0, 105.0, 110.0, 108.0, 54.0, 55.0]
    # 7:1 after 777; 2.00 after 112; 2:1 after 108
    actions: list[CorporateAction] = [
        Split(date(2020, 1, 4), 7.0),
        Dividend(date(2020, 1, 6), 2.0),
        Split(date(2020, 1, 8), 2.0),
    ]

    booked = _reinvesting(closes, opens, actions, adjustment="booked")
    told = _reinvesting(closes, opens, actions, adjustment="total_return")

    np.testing.assert_allclose(booked.curve.equity, told.curve.equity, rtol=1e-13)
    # And the day of the 7:1 split is one of -5.4 %, as 777 -> 735 is, and not one of -86.5 %
    change = booked.curve.equity[1:] / booked.curve.equity[:-1] - 1.0
    assert change[2] == pytest.approx(7 * 105 / 777 - 1.0, rel=1e-12)
    raw = _reinvesting(closes, opens, actions, adjustment="none").curve.equity
    assert raw[3] / raw[2] - 1.0 == pytest.approx(105 / 777 - 1.0, rel=1e-12)
