"""Event strategies in a walk-forward: they look on before their window, and begin it flat."""

from datetime import timedelta
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from domain.market.bars import Panel
from domain.orders.model import OrderEvent, OrderEventKind
from domain.research.walk_forward.stitching import Leg, trade_legs
from domain.research.walk_forward.windows import Window
from domain.strategies.protocol import BarContext, EventStrategy, StrategyParameters
from tests.kit.research import a_run, bars_returning, laboratory

FIRST, SECOND = Window(0, 0, 10, 10, 20), Window(1, 5, 20, 20, 30)


class Diary(EventStrategy):
    """Buys ten units at the market on every bar it is called on but for two, whose orders it takes back, and
    writes down what it sees."""

    name = "diary"
    pages: ClassVar[list[dict[str, Any]]] = []

    class Parameters(StrategyParameters):
        mark: int = Field(0, description="Tells one strategy from the next.")
        eager: bool = Field(
            False, description="Buys more when it hears of an order at the end of its window."
        )

    @property
    def lookback(self) -> int:
        return 1

    def indicators(self, bars: Panel) -> dict[str, Any]:
        return {"close": bars.close[:, 0] + self.parameters.mark}

    def on_bar(self, context: BarContext) -> None:
        if context.index == 0:
            context.timer("weekly", every=timedelta(days=7))
        if context.index == 18:
            context.buy(500.0, limit=context.close() * 0.5)
        number = context.buy(10.0)
        self._write(
            "bar",
            context,
            position=context.position(),
            number=number,
            close=context.indicator("close"),
            cancelled=context.cancel(number) if context.index in {5, 15} else None,
        )

    def on_order(self, context: BarContext, event: OrderEvent) -> None:
        if self.parameters.eager and context.index in {19, 20}:
            context.buy(1_000.0)
        self._write("order", context, kind=event.kind)

    def on_timer(self, context: BarContext, name: str) -> None:
        self._write("timer", context, name=name)

    def _write(self, what: str, context: BarContext, **seen: Any) -> None:
        page = {"what": what, "mark": self.parameters.mark, "bar": context.index, **seen}
        self.pages.append(page)


def walked(*marks: int | None) -> tuple[Any, list[dict[str, Any]]]:
    """The simulation of a leg for each mark, and what the strategies wrote."""
    Diary.pages.clear()
    where = laboratory(bars_returning(np.full(40, 0.01)), strategies=[Diary])
    spec = a_run("diary", instruments=("TEST.XNAS",))
    legs = [
        Leg(window, None if mark is None else {"mark": mark})
        for window, mark in zip((FIRST, SECOND), marks, strict=True)
    ]
    simulation = trade_legs(spec, where.inputs(spec), legs, where)
    return simulation, list(Diary.pages)


def bars_of(pages: list[dict[str, Any]], mark: int, what: str = "bar") -> list[dict[str, Any]]:
    return [page for page in pages if page["mark"] == mark and page["what"] == what]


def test_a_strategy_sees_every_bar_before_its_window_and_nothing_is_bought() -> None:
    simulation, pages = walked(1, 2)
    assert [page["bar"] for page in bars_of(pages, 2)] == list(range(30))
    assert {page["position"] for page in bars_of(pages, 2)[:20]} == {0.0}
    # Decided on the first bar of the window, filled on the second.
    assert simulation.positions[:3, 0].tolist() == [0.0, 10.0, 20.0]
    assert simulation.curve.equity[0] == 100_000.0


def test_a_new_strategy_begins_flat() -> None:
    simulation, pages = walked(1, 2)
    held = {page["bar"]: page["position"] for page in bars_of(pages, 2)}
    assert (held[20], held[21], held[29]) == (0.0, 10.0, 90.0)
    # What was held is sold at the first price of the new window.
    assert simulation.positions[[8, 9, 10, 11], 0].tolist() == [70.0, 80.0, 0.0, 10.0]
    assert bars_of(pages, 1)[-1]["bar"] == 18


def test_the_same_parameters_go_on_with_what_they_hold() -> None:
    simulation, pages = walked(1, 1)
    assert simulation.positions[[9, 10, 11, 19], 0].tolist() == [80.0, 90.0, 100.0, 180.0]
    assert [page["bar"] for page in bars_of(pages, 1)] == list(range(30))


def test_a_window_without_a_choice_closes_what_is_held() -> None:
    simulation, _ = walked(1, None)
    assert simulation.positions[[9, 10, 19], 0].tolist() == [80.0, 0.0, 0.0]


def test_a_strategy_hears_of_its_own_orders_alone() -> None:
    _, pages = walked(1, 2)
    filled = [page for page in bars_of(pages, 2, "order") if page["kind"] is OrderEventKind.FILLED]
    assert [page["bar"] for page in filled] == list(range(21, 30))
    assert {page["bar"] for page in bars_of(pages, 1, "order")} <= set(range(11, 20))


def test_an_order_left_by_the_old_strategy_is_cancelled_and_not_told_to_the_new_one() -> None:
    Diary.pages.clear()
    # The price falls by half in the second window, where the limit would have been filled.
    returns = np.where(np.arange(40) == 24, -0.6, 0.01)
    where = laboratory(bars_returning(returns), strategies=[Diary])
    spec = a_run("diary")
    legs = [Leg(FIRST, {"mark": 1, "eager": True}), Leg(SECOND, {"mark": 2})]
    simulation = trade_legs(spec, where.inputs(spec), legs, where)
    assert simulation.positions[10:16, 0].tolist() == [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]
    assert min(page["bar"] for page in bars_of(Diary.pages, 2, "order")) == 21
    alone = trade_legs(spec, where.inputs(spec), [Leg(FIRST, {"mark": 1}), Leg(SECOND, {"mark": 1})], where)
    assert alone.positions[14, 0] > 500.0


def test_indicators_and_timers_are_the_strategys_own() -> None:
    _, pages = walked(1, 2)
    one, two = ({page["bar"]: page["close"] for page in bars_of(pages, mark)} for mark in (1, 2))
    assert all(abs(two[bar] - one[bar] - 1.0) < 1e-9 for bar in one)
    due = [(page["bar"], page["name"]) for page in bars_of(pages, 2, "timer")]
    assert due == [(bar, "weekly") for bar in (7, 14, 21, 28)]


def test_an_order_of_the_time_before_the_window_was_never_there() -> None:
    _, pages = walked(1, 2)
    assert [page["cancelled"] for page in bars_of(pages, 2) if page["bar"] in {5, 15}] == [False, False]
    assert [page["cancelled"] for page in bars_of(pages, 1) if page["bar"] == 15] == [True]
    assert {page["number"] for page in bars_of(pages, 2)[:20]} == {-1}


class FollowsTheHighest(EventStrategy):
    """Holds as much as the highest close of all the bars it was shown says, those to come among them."""

    name = "follows_the_highest"

    class Parameters(StrategyParameters):
        mark: int = Field(0, description="Tells one strategy from the next.")

    @property
    def lookback(self) -> int:
        return 1

    def indicators(self, bars: Panel) -> dict[str, Any]:
        return {"share": np.full(len(bars), 10.0 / float(bars.close.max()))}

    def on_bar(self, context: BarContext) -> None:
        context.target(context.indicator("share"))


def test_nothing_after_its_window_reaches_a_strategy_that_looks_ahead() -> None:
    def traded(last: float) -> Any:
        bars = bars_returning([*([0.01] * 20), *([last] * 20)])
        where = laboratory(bars, strategies=[FollowsTheHighest])
        spec = a_run("follows_the_highest")
        legs = [Leg(FIRST, {"mark": 1}), Leg(SECOND, {"mark": 2})]
        return trade_legs(spec, where.inputs(spec), legs, where).curve.equity

    calm, wild = traded(0.01), traded(0.2)
    assert calm[:10].tolist() == wild[:10].tolist()
    assert calm[-1] != wild[-1]
