"""What a strategy asks of its context: orders, timers, indicators, longer bars; and its mistakes."""

import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from domain.backtesting.conditions import Conditions, InstrumentEvents, RestatedView
from domain.backtesting.engine import simulate
from domain.backtesting.model import FillPrice
from domain.clock import NANOSECONDS_PER_DAY
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.market.instruments import AssetClass, Instrument, InstrumentId
from domain.market.timeframe import Timeframe
from domain.orders.model import OrderEventKind, OrderRequest
from domain.strategies.protocol import BarContext
from tests.kit.bars import random_panel
from tests.kit.engine import FREE, WHOLE, a_panel, panel_of
from tests.kit.event_orders import CLOSES, PANEL, Act, run
from tests.kit.event_orders import decided_orders as rows
from tests.kit.orders import Acting, act_on

# ---------------------------------------------------------------- asking and changing


def test_a_context_shows_orders_position_and_average_price() -> None:
    def look(context: BarContext) -> tuple[float, float, float, int]:
        return context.position(), context.average_price(), context.cash, len(context.orders())

    def buy_and_look(context: BarContext) -> Any:
        context.buy(10, limit=200.0)
        return look(context)

    strategy, _ = run({0: buy_and_look, 1: look})
    before, after = strategy.answers[0], strategy.answers[1]
    assert (before[0], math.isnan(before[1]), before[2:]) == (0.0, True, (100_000.0, 1))
    assert after == (10.0, 101.0, 100_000.0 - 1010.0, 0)


def test_a_change_and_a_cancellation_work_from_the_next_bar() -> None:
    _, result = run(
        {
            0: lambda context: (context.buy(1, limit=50.0), context.buy(2, limit=50.0)),
            1: lambda context: (context.modify(1, limit=102.0), context.cancel(2), context.cancel(2)),
        }
    )
    # 102 takes the open of 103 no sooner than it falls to it, in bar 4
    assert rows(result) == [(0, 1, "CANCELLED", 2.0), (0, 4, "FILLED", 1.0)]


def test_events_are_told_at_the_close_of_their_bar_and_own_acts_at_the_next() -> None:
    strategy, _ = run(
        {0: lambda context: context.buy(1, limit=50.0), 2: lambda context: context.cancel_all()}
    )
    assert [(bar, kind.name) for bar, kind, _ in strategy.heard] == [(1, "ACCEPTED"), (3, "CANCELLED")]


def test_an_order_placed_when_an_event_is_told_works_from_the_next_bar() -> None:
    class Reacting(Acting):
        def on_order(self, context: BarContext, event: Any) -> None:
            super().on_order(context, event)
            if event.kind is OrderEventKind.FILLED and event.quantity > 0:
                context.sell(event.quantity)

    strategy = Reacting({0: lambda context: context.buy(1)})
    result = simulate(
        PANEL, strategy, initial_cash=1_000.0, costs=FREE, fill=FillPrice.NEXT_OPEN, sizing=WHOLE
    )
    assert rows(result) == [(0, 1, "FILLED", 1.0), (1, 2, "FILLED", -1.0)]


# ---------------------------------------------------------------- mistakes of a strategy


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda context: context.buy(-5), "'acting' at bar 2 orders the quantity -5"),
        (lambda context: context.sell(math.nan), "'acting' at bar 2 orders the quantity nan"),
        (
            lambda context: context.buy(1, stop=90.0),
            r"'acting' at bar 2 .* must lie above the market, which is at 104",
        ),
        (lambda context: context.sell(1, stop=110.0), "'acting' at bar 2 .* must lie below the market"),
        (lambda context: context.buy(1, limit=math.nan), "'acting' at bar 2 .* limit price nan"),
        (lambda context: context.buy(1, InstrumentId("GOOG.XNAS")), "asks for GOOG.XNAS, which is not among"),
        (
            lambda context: context.order(OrderRequest(InstrumentId("GOOG.XNAS"), 1.0)),
            "at bar 2 asks for GOOG.XNAS, which is not among",
        ),
        (
            lambda context: context.cancel(77),
            "at bar 2 cancels an order it never placed. There is no order 77",
        ),
        (lambda context: context.modify(77, limit=5.0), "at bar 2 .* no order 77"),
        (
            lambda context: (context.target(1.0), context.buy(1)),
            "at bar 2 both asks for a target and places an order",
        ),
        (
            lambda context: (context.buy(1), context.target(1.0)),
            "at bar 2 both asks for a target and places an order",
        ),
        (lambda context: context.target(math.nan), "asks for the weight nan at bar 2"),
        (
            lambda context: context.indicator("sma"),
            r"at bar 2 reads the indicator 'sma'; its indicators\(\) names none",
        ),
        (lambda context: context.timer("t"), "at bar 2 .* needs either a time or an interval"),
        (lambda context: context.timer("t", at=5), "at bar 2 .* a time that has passed"),
        (lambda context: context.higher("1m"), "1m is not longer than the 1d"),
    ],
)
def test_a_mistake_is_named_with_its_strategy_and_bar(act: Act, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        run({2: act})


def test_what_a_strategy_raises_passes_through() -> None:
    def fail(context: BarContext) -> None:
        raise ZeroDivisionError("its own")

    with pytest.raises(ZeroDivisionError, match="its own"):
        run({2: fail})


# ---------------------------------------------------------------- timers


def test_a_timer_fires_at_the_first_close_at_or_after_its_time() -> None:
    close_time = PANEL.close_time

    def set_timers(context: BarContext) -> None:
        context.timer("at a close", at=int(close_time[2]))
        context.timer("between closes", at=int(close_time[2]) + 1)
        context.timer("from now", at=timedelta(days=4))
        context.timer("gone", at=timedelta(days=1))
        assert context.cancel_timer("gone")
        assert not context.cancel_timer("gone")

    strategy, account = act_on(PANEL, {0: set_timers})
    assert strategy.timed == [(2, "at a close"), (3, "between closes"), (4, "from now")]
    assert account.trades == []


def test_a_repeated_timer_fires_once_for_what_falls_between_two_bars() -> None:
    strategy, _ = act_on(PANEL, {0: lambda context: context.timer("tick", every=timedelta(hours=7))})
    assert strategy.timed == [(bar, "tick") for bar in range(1, 6)]

    slow, _ = act_on(PANEL, {0: lambda context: context.timer("tick", every=timedelta(days=2))})
    assert slow.timed == [(2, "tick"), (4, "tick")]


def test_timers_of_one_close_fire_in_the_order_of_their_times() -> None:
    def act(context: BarContext) -> None:
        context.timer("later", at=timedelta(hours=20))
        context.timer("earlier", at=timedelta(hours=10))

    strategy, _ = act_on(PANEL, {0: act})
    assert strategy.timed == [(1, "earlier"), (1, "later")]


# ---------------------------------------------------------------- indicators


class Watching(Acting):
    """Names an average and its own mistakes."""

    def __init__(self, acts: Mapping[int, Act], columns: Callable[[Panel], dict[str, Any]]) -> None:
        super().__init__(acts)
        self._columns = columns
        self.asked = 0

    def indicators(self, bars: Panel) -> dict[str, Any]:
        self.asked += 1
        return self._columns(bars)


def watch(
    acts: Mapping[int, Act], columns: Callable[[Panel], dict[str, Any]], panel: Panel = PANEL
) -> Watching:
    strategy = Watching(acts, columns)
    simulate(panel, strategy, initial_cash=1e5, costs=FREE, fill=FillPrice.NEXT_OPEN, sizing=WHOLE)
    return strategy


def test_an_indicator_is_made_once_and_read_up_to_now() -> None:
    def look(context: BarContext) -> tuple[float, list[float], list[float]]:
        return (
            context.indicator("double"),
            context.history("double", 2).tolist(),
            context.history("double", 99).tolist(),
        )

    strategy = watch({0: look, 2: look}, lambda bars: {"double": bars.close[:, 0] * 2})
    assert strategy.asked == 1
    assert strategy.answers == {
        0: (200.0, [200.0], [200.0]),
        2: (208.0, [200.0, 208.0], [200.0, 200.0, 208.0]),
    }


def test_an_indicator_of_several_instruments_is_read_for_one_of_them() -> None:
    panel = panel_of(CLOSES, [2 * close for close in CLOSES])
    strategy = watch(
        {3: lambda context: context.indicator("close", context.instruments[1])},
        lambda bars: {"close": bars.close},
        panel,
    )
    assert strategy.answers[3] == 216.0


def test_the_history_of_an_indicator_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        watch(
            {2: lambda context: context.history("close", 2).__setitem__(0, 1.0)},
            lambda bars: {"close": bars.close},
        )


@pytest.mark.parametrize("column", [np.zeros(3), np.zeros((6, 2)), np.array(["a"] * 6)])
def test_an_indicator_that_does_not_fit_the_bars_is_refused(column: Any) -> None:
    with pytest.raises(InvalidInput, match="Indicator 'bad' of 'acting' must hold one number for each bar"):
        watch({}, lambda bars: {"bad": column})


# ---------------------------------------------------------------- longer bars


def test_a_longer_bar_is_seen_once_it_has_closed() -> None:
    # Given four-hour bars of a market that never closes
    step = 4 * 3_600 * 10**9
    times = 18_262 * NANOSECONDS_PER_DAY + (np.arange(14, dtype=np.int64) + 1) * step
    walk = random_panel(14, 1, 3)
    coin = Instrument("BTC/USDT", "BINANCE", AssetClass.CRYPTO, "USDT", fractional=True)
    panel = Panel(
        (coin,), Timeframe.parse("4h"), times, walk.open, walk.high, walk.low, walk.close, walk.volume
    )

    # When a strategy asks for days at every bar
    strategy = Acting({row: lambda context: context.higher("1d") for row in range(14)})
    simulate(panel, strategy, initial_cash=1e5, costs=FREE, fill=FillPrice.NEXT_OPEN, sizing=WHOLE)

    # Then the first day, of six bars, is seen at the sixth bar's close and not before
    assert [len(strategy.answers[row]) for row in range(14)] == [0] * 5 + [1] * 6 + [2] * 3
    first = strategy.answers[5]
    assert first.open[0, 0] == walk.open[0, 0]
    assert first.high[0, 0] == walk.high[:6].max()
    assert first.close[0, 0] == walk.close[5, 0]
    assert first.volume[0, 0] == walk.volume[:6].sum()


def test_bars_and_indicators_stand_on_the_footing_of_the_present_row() -> None:
    # Given a split of one into two at the open of row 2, and a strategy that sees restated prices
    prices = np.array([100.0, 102.0, 52.0, 53.0]).reshape(-1, 1)
    shares = np.array([1.0, 1.0, 2.0, 2.0]).reshape(-1, 1)
    panel = a_panel(prices[:, 0].tolist())
    events = InstrumentEvents(np.array([[2, 0]]), np.array([[2.0, 0.0]]))
    view = RestatedView(panel.scaled(shares, 1.0 / shares), shares, shares)

    def look(context: BarContext) -> tuple[float, float, list[float]]:
        return context.close(), context.indicator("close"), context.history("close", 4).tolist()

    strategy = Watching(dict.fromkeys(range(4), look), lambda bars: {"close": bars.close})
    simulate(
        panel,
        strategy,
        initial_cash=1e5,
        costs=FREE,
        fill=FillPrice.NEXT_OPEN,
        sizing=WHOLE,
        conditions=Conditions(events=events, view=view),
    )

    # Then an indicator of prices can be compared with the price that is traded
    assert strategy.answers[1] == (102.0, 102.0, [100.0, 102.0])
    assert strategy.answers[2] == (52.0, 52.0, [50.0, 51.0, 52.0])
    assert strategy.asked == 2
