"""The same run dearer, later, and with other parameters."""

from typing import Any, ClassVar

import numpy as np
import pytest

from domain.backtesting.model import Costs
from domain.backtesting.run import simulate_spec
from domain.orders.model import OrderEvent
from domain.research.evaluation.stress import dearer, delayed, neighbours, run_dearer, run_delayed
from domain.strategies.protocol import BarContext, EventStrategy
from tests.kit.engine import Scripted, ScriptedEvents
from tests.kit.research import a_run, autocorrelated, bars_returning, laboratory

BARS = bars_returning(np.full(12, 0.01))


def test_every_cost_is_multiplied_and_none_beyond_its_bound() -> None:
    costs = Costs(
        commission_fixed=1.0,
        commission_bps=3.0,
        spread_bps=9_000.0,
        borrow_rate=0.02,
        commission_tiers=({"over": 1_000.0, "bps": 2.0},),
        funding_rate=-0.001,
    )
    twice = dearer(costs, 2.0)
    assert (twice.commission_fixed, twice.commission_bps, twice.slippage_bps) == (2.0, 6.0, 2.0)
    assert (twice.spread_bps, twice.borrow_rate) == (10_000.0, 0.04)
    assert (twice.commission_tiers[0].over, twice.commission_tiers[0].bps) == (1_000.0, 4.0)
    # What is received is not doubled.
    assert twice.funding_rate == -0.001
    assert Costs.model_validate(twice.model_dump()) == twice


def test_twice_the_costs_are_paid_twice() -> None:
    where, spec = laboratory(BARS), a_run("follow_first", costs={"commission_fixed": 5.0})
    performance = run_dearer(spec, 2.0, where.inputs(spec), where)
    assert performance.statistics.fees_paid > 10.0
    assert performance.statistics.slippage_paid == pytest.approx(
        2 * where.run(spec)[1].statistics.slippage_paid, rel=1e-3
    )


@pytest.mark.parametrize("bars", [1, 3])
@pytest.mark.parametrize("form", [Scripted, ScriptedEvents])
def test_a_delayed_decision_is_filled_so_many_bars_later(form: Any, bars: int) -> None:
    weights = np.full((12, 1), np.nan)
    weights[2], weights[6] = 1.0, 0.0
    spec, where = a_run(), laboratory(BARS)
    inputs = where.inputs(spec)
    late = simulate_spec(spec, inputs, delayed(form(weights), bars))
    moved = np.roll(weights, bars, axis=0)
    expected = simulate_spec(spec, inputs, form(moved))
    assert late.curve.equity.tolist() == expected.curve.equity.tolist()
    assert late.orders.bar.tolist() == [3 + bars, 7 + bars]


class Ladder(EventStrategy):
    """Places orders of several kinds, changes and cancels them by the numbers it was given."""

    name = "ladder"
    heard: ClassVar[list[tuple[int, int, str]]] = []

    @property
    def lookback(self) -> int:
        return 1

    def on_bar(self, context: BarContext) -> None:
        if context.index == 0:
            context.buy(1.0, stop=context.close() * 1.005)
        if context.index == 1:
            self.low = context.buy(10.0, limit=50.0)
            self.now = context.buy(5.0)
        if context.index == 3:
            self.worked = (context.cancel(self.low), context.modify(self.low, quantity=7.0))
        if context.index == 5:
            self.shown = [one.order_id for one in context.orders()]
            self.stop = context.sell(5.0, stop=20.0)
        if context.index == 7:
            self.placed = context.close_position()

    def on_order(self, context: BarContext, event: OrderEvent) -> None:
        self.heard.append((context.index, event.order_id, event.kind.name))


def test_delayed_orders_keep_the_numbers_the_strategy_knows_them_by() -> None:
    Ladder.heard.clear()
    spec, where, ladder = a_run(), laboratory(BARS), Ladder()
    simulation = simulate_spec(spec, where.inputs(spec), delayed(ladder, 1))
    # The first order could no longer be placed, so the account counts from one less.
    assert (ladder.low, ladder.now, ladder.stop, ladder.placed) == (2, 3, 4, 5)
    assert ladder.worked == (True, True)
    assert ladder.shown == []
    # Asked for on bar 1 and 7, placed on bar 2 and 8, filled on bar 3 and 9.
    filled = simulation.orders.status == 0
    assert simulation.orders.bar[filled].tolist() == [3, 9]
    told = [(bar, number) for bar, number, kind in Ladder.heard if kind == "FILLED"]
    assert told == [(3, 3), (9, 5)]
    assert (2, "CANCELLED") in {(number, kind) for _, number, kind in Ladder.heard}


class LateStop(EventStrategy):
    """Buys on a stop that the market has passed a bar later."""

    name = "late_stop"

    @property
    def lookback(self) -> int:
        return 1

    def on_bar(self, context: BarContext) -> None:
        if context.index == 4:
            context.buy(5.0, stop=context.close() * 1.005)


def test_an_order_that_can_no_longer_be_meant_is_not_placed() -> None:
    spec, where = a_run(), laboratory(BARS)
    simulation = simulate_spec(spec, where.inputs(spec), delayed(LateStop(), 1))
    assert len(simulation.orders) == 0
    assert len(simulate_spec(spec, where.inputs(spec), LateStop()).orders) == 1


def test_a_one_bar_edge_dies_of_one_bar() -> None:
    noise = np.random.default_rng(3).normal(0, 0.01, 500)
    repeats_once = noise[1:] + 0.6 * noise[:-1]
    where, spec = laboratory(bars_returning(repeats_once)), a_run()
    inputs = where.inputs(spec)
    here = where.run(spec)[1].statistics.sharpe
    late = run_delayed(spec, 1, inputs, where).statistics.sharpe
    assert here is not None
    assert late is not None
    assert here > 4
    assert late < here / 3


def test_neighbours_are_a_tenth_and_a_fifth_away_one_and_two_at_a_time() -> None:
    found = neighbours({"window": 20, "width": 2.0, "short": True, "kind": "ema"})
    assert found[0] == {"window": 20, "width": 2.0, "short": True, "kind": "ema"}
    assert sorted({one["window"] for one in found}) == [16, 18, 20, 22, 24]
    assert sorted({round(float(one["width"]), 9) for one in found}) == [1.6, 1.8, 2.0, 2.2, 2.4]
    assert len(found) == 25
    assert {one["kind"] for one in found} == {"ema"}


def test_whole_numbers_move_by_one_at_least_and_tiny_ones_not_at_all() -> None:
    assert [one["window"] for one in neighbours({"window": 4})] == [4, 3, 5]
    assert list(neighbours({"window": 2, "flag": True, "zero": 0.0})) == []
    assert len(neighbours({"a": 30, "b": 40, "c": 50})) == 1 + 3 * 4 + 3 * 16


def test_neighbours_that_make_no_sense_are_left_to_the_strategy() -> None:
    where = laboratory(bars_returning(autocorrelated(200, 0.1, 1)))
    spec = a_run("sma_cross", parameters={"fast": 9, "slow": 10})
    many = where.many(spec, neighbours({"fast": 9, "slow": 10}), statistics=("sharpe",))
    assert any("must be below slow" in failure for failure in many.failures)
    assert "" in many.failures
