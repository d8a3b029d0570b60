"""Bias checks of an account that books splits: strategies see other prices than they trade."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from domain.arrays import FloatArray
from domain.market.bars import Panel
from domain.market.corporate_actions import Split
from domain.research.bias.lookahead import check_lookahead
from domain.research.bias.model import BiasKind
from domain.research.bias.subject import Subject
from domain.research.laboratory import Laboratory
from domain.strategies.protocol import BarContext, EventStrategy, Strategy
from domain.strategies.registry import StrategyRegistry
from tests.kit.research import FollowLag, a_run, bars_returning
from tests.kit.runs import BarsInMemory

ROWS, EX_ROW = 120, 60


class WaitsForAMania(EventStrategy):
    """Holds until the end once it knows that prices will go through the roof some day."""

    name = "waits_for_a_mania"

    @property
    def lookback(self) -> int:
        return 1

    def indicators(self, bars: Panel) -> Mapping[str, FloatArray]:
        return {"mania": np.full(len(bars), float(np.nanmax(bars.close) > 10_000.0))}

    def on_bar(self, context: BarContext) -> None:
        context.target(context.indicator("mania"))


def booking_a_split(*strategies: type[Strategy]) -> Laboratory:
    """Shares that are worth half from a two-for-one split on, and strategies that may trade them."""
    prices = bars_returning(np.random.default_rng(1).normal(0.0, 0.01, ROWS))
    halved = np.where(np.arange(ROWS) < EX_ROW, 1.0, 0.5)
    columns: Sequence[str] = ("open", "high", "low", "close")
    bars = replace(prices, **{name: getattr(prices, name) * halved for name in columns})
    day = np.datetime64(int(bars.close_time[EX_ROW]), "ns").astype("datetime64[D]").astype(date)
    registry = StrategyRegistry()
    for strategy in strategies:
        registry.add(strategy, "tests")
    return Laboratory(BarsInMemory([bars], [Split(day, 2.0)]), registry)


def test_a_strategy_is_asked_on_the_prices_its_run_shows_it() -> None:
    where = booking_a_split(FollowLag)
    subject = Subject.of(a_run(adjustment="booked"), where)
    seen = where.inputs(subject.spec).seen

    targets = subject.on(subject.panel).targets

    np.testing.assert_array_equal(targets, FollowLag().target(seen))
    # On the prices that are traded, the split would look like a crash.
    assert not np.array_equal(targets, FollowLag().target(where.inputs(subject.spec).panel), equal_nan=True)


def test_another_future_reaches_the_indicators_of_a_booked_run() -> None:
    for adjustment in ("total_return", "booked"):
        spec = a_run("waits_for_a_mania", adjustment=adjustment)
        report = check_lookahead(Subject.of(spec, booking_a_split(WaitsForAMania)))
        assert {one.kind for one in report.findings} == {BiasKind.WHOLE_SAMPLE}
