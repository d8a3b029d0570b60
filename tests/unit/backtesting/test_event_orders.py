"""Orders of an event strategy in a simulation: what the account is asked, what is listed, what is told."""

import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.backtesting.conditions import Conditions, InstrumentEvents, RestatedView
from domain.backtesting.engine import simulate
from domain.backtesting.model import Costs, FillPrice, Sizing
from domain.backtesting.result import DenialReason, FillReason, OrderStatus, Simulation
from domain.clock import NANOSECONDS_PER_DAY
from domain.errors import InvalidInput
from domain.market.bars import COLUMNS, Bars, Panel
from domain.market.instruments import AssetClass, Instrument, InstrumentId
from domain.market.timeframe import DAILY, Timeframe
from domain.orders.model import OrderEventKind, OrderRequest, OrderType, TimeInForce, Trail, TrailKind
from domain.strategies.protocol import BarContext
from tests.kit.bars import an_instrument, random_panel
from tests.kit.engine import FREE, WHOLE, a_panel, free_but, panel_of, without_bar
from tests.kit.orders import Acting, PlainAccount, act_on

Act = Callable[[BarContext], Any]
TEST = InstrumentId("TEST.XNAS")
CLOSES = [100.0, 100.0, 104.0, 108.0, 96.0, 90.0]
OPENS = [100.0, 101.0, 103.0, 107.0, 102.0, 95.0]
PANEL = a_panel(CLOSES, opens=OPENS)


def run(
    acts: Mapping[int, Act],
    panel: Panel = PANEL,
    *,
    cash: float = 100_000.0,
    costs: Costs = FREE,
    fill: FillPrice = FillPrice.NEXT_OPEN,
    sizing: Sizing = WHOLE,
) -> tuple[Acting, Simulation]:
    strategy = Acting(acts)
    result = simulate(panel, strategy, initial_cash=cash, costs=costs, fill=fill, sizing=sizing)
    return strategy, result


def rows(simulation: Simulation) -> list[tuple[int, int, str, float]]:
    """(decided bar, bar, status, quantity) of each order."""
    orders = simulation.orders
    return [
        (int(decided), int(bar), OrderStatus(status).name, float(quantity))
        for decided, bar, status, quantity in zip(
            orders.decided_bar, orders.bar, orders.status, orders.quantity, strict=True
        )
    ]


# ---------------------------------------------------------------- from decision to fill


@pytest.mark.parametrize(
    ("fill", "bar", "price"),
    [(FillPrice.NEXT_OPEN, 2, 103.0), (FillPrice.NEXT_CLOSE, 2, 104.0), (FillPrice.SAME_CLOSE, 1, 100.0)],
)
def test_a_market_order_fills_where_the_run_says(fill: FillPrice, bar: int, price: float) -> None:
    _, result = run({1: lambda context: context.buy(10)}, fill=fill)
    assert rows(result) == [(1, bar, "FILLED", 10.0)]
    assert result.orders.price[0] == price
    assert result.orders.reason[0] == FillReason.ORDER


def test_orders_of_a_round_trip_make_one_trade() -> None:
    _, result = run({0: lambda context: context.buy(10), 2: lambda context: context.close_position()})
    assert rows(result) == [(0, 1, "FILLED", 10.0), (2, 3, "FILLED", -10.0)]
    assert result.trades.pnl.tolist() == [10 * (107.0 - 101.0)]
    assert result.final_equity == 100_060.0


def test_a_market_order_pays_spread_and_a_limit_does_not() -> None:
    costs = free_but(spread_bps=200.0)
    _, market = run({0: lambda context: context.buy(1)}, costs=costs)
    assert market.orders.price[0] == 101.0 * 1.01
    _, limit = run({3: lambda context: context.buy(1, limit=99.0)}, costs=costs)
    assert limit.orders.price[0] == 99.0


def test_a_limit_that_takes_the_open_never_pays_more_than_its_limit() -> None:
    # At the close of 100 the limit is marketable; the open of 101 with one per cent of costs is 102.01
    costs = free_but(spread_bps=200.0)
    _, roomy = run({0: lambda context: context.buy(1, limit=103.0)}, costs=costs)
    assert roomy.orders.price[0] == 101.0 * 1.01
    _, tight = run({0: lambda context: context.buy(1, limit=101.5)}, costs=costs)
    assert tight.orders.price[0] == 101.5


def test_bracket_exits_carry_their_own_reasons() -> None:
    _, target = run({0: lambda context: context.buy(10, take_profit=107.5, stop_loss=90.0)})
    assert [FillReason(one) for one in target.orders.reason] == [
        FillReason.ORDER,
        FillReason.TAKE_PROFIT,
        FillReason.STOP_LOSS,
    ]
    assert rows(target)[1:] == [(3, 3, "FILLED", -10.0), (1, 3, "CANCELLED", -10.0)]
    assert target.orders.price[1] == 107.5

    _, stopped = run({0: lambda context: context.buy(10, take_profit=120.0, stop_loss=98.0)})
    assert stopped.trades.exit_reason.tolist() == [FillReason.STOP_LOSS]
    assert stopped.trades.exit_price.tolist() == [98.0]


def test_a_trailing_stop_ends_a_trade_by_its_own_reason() -> None:
    def act(context: BarContext) -> None:
        context.buy(10)
        context.sell(10, trail=Trail(TrailKind.AMOUNT, 5.0), reduce_only=True)

    # Best price 108 in bar 3; bar 4 opens at 102, beyond the stop at 103
    _, result = run({0: act})
    assert result.trades.exit_reason.tolist() == [FillReason.TRAILING_STOP]
    assert result.trades.exit_price.tolist() == [102.0]


def test_a_trail_in_average_true_ranges_uses_the_range_known_at_the_decision() -> None:
    panel = a_panel([100.0, 102.0, 100.0, 102.0, 100.0])
    strategy, _ = run(
        {
            3: lambda context: (
                context.sell(1, trail=Trail(TrailKind.ATR, 2.0, window=2)),
                context.orders()[0].stop,
            )
        },
        panel,
    )
    assert strategy.answers[3][1] == 102.0 - 2 * 2.0


# ---------------------------------------------------------------- what is refused and what is left


def test_an_order_without_the_money_is_denied_and_ends() -> None:
    strategy, result = run({0: lambda context: context.buy(10)}, cash=50.0)
    assert rows(result) == [(0, 1, "DENIED", 10.0)]
    assert result.orders.denial[0] == DenialReason.NO_BUYING_POWER
    assert [kind for _, kind, _ in strategy.heard] == [OrderEventKind.ACCEPTED, OrderEventKind.DENIED]


def test_what_the_account_can_pay_for_is_bought_and_the_rest_ends() -> None:
    _, result = run({0: lambda context: context.buy(10)}, cash=550.0)
    assert rows(result) == [(0, 1, "FILLED", 5.0), (0, 1, "CANCELLED", 5.0)]


def test_less_than_one_lot_is_denied() -> None:
    _, result = run({0: lambda context: context.buy(0.5)})
    assert rows(result)[0][2] == "DENIED"
    assert result.orders.denial[0] == DenialReason.ROUNDS_TO_ZERO


def test_a_volume_cap_spreads_an_order_over_bars() -> None:
    sizing = WHOLE.model_copy(update={"max_volume_share": 4e-6})
    strategy, result = run({0: lambda context: context.buy(10)}, sizing=sizing)
    assert rows(result) == [(0, 1, "FILLED", 4.0), (0, 2, "FILLED", 4.0), (0, 3, "FILLED", 2.0)]
    assert [(bar, kind.name, units) for bar, kind, units in strategy.heard] == [
        (1, "ACCEPTED", 10.0),
        (1, "PARTIALLY_FILLED", 4.0),
        (2, "PARTIALLY_FILLED", 4.0),
        (3, "FILLED", 2.0),
    ]


def test_an_order_that_only_reduces_never_opens_or_flips() -> None:
    def both(context: BarContext) -> None:
        context.sell(25, reduce_only=True)
        context.sell(5, reduce_only=True)

    _, result = run({0: lambda context: context.buy(10), 1: both})
    assert rows(result) == [
        (0, 1, "FILLED", 10.0),
        (1, 2, "FILLED", -10.0),
        (1, 2, "CANCELLED", -15.0),
        (1, 2, "CANCELLED", -5.0),
    ]
    assert result.positions[-1, 0] == 0.0


def test_cancelled_expired_and_pending_orders_are_listed() -> None:
    def act(context: BarContext) -> int:
        context.order(OrderRequest(TEST, 1.0, OrderType.LIMIT, limit=50.0, time_in_force=TimeInForce.DAY))
        context.buy(2, limit=40.0)
        return context.buy(3, limit=30.0)

    _, result = run({0: act, 2: lambda context: context.cancel(3)})
    assert rows(result) == [(0, 1, "EXPIRED", 1.0), (0, 2, "CANCELLED", 3.0), (0, -1, "PENDING", 2.0)]


def test_a_bracket_whose_position_is_closed_by_a_target_ends_its_exits() -> None:
    strategy, result = run(
        {
            0: lambda context: context.buy(10, take_profit=200.0, stop_loss=50.0),
            2: lambda context: context.target(0.0),
            3: lambda context: context.orders(),
        }
    )
    assert strategy.answers[3] == ()
    assert [row[2] for row in rows(result)] == ["FILLED", "FILLED", "CANCELLED", "CANCELLED"]


def test_an_order_on_the_last_bar_never_trades() -> None:
    for fill in (FillPrice.NEXT_OPEN, FillPrice.NEXT_CLOSE):
        _, result = run({5: lambda context: context.buy(1)}, fill=fill)
        assert rows(result) == [(5, -1, "PENDING", 1.0)]


def test_an_order_waits_while_its_instrument_has_no_bar() -> None:
    panel = without_bar(panel_of(CLOSES, CLOSES, opens=[OPENS, OPENS]), row=2, column=0)
    _, result = run({1: lambda context: context.buy(1, context.instruments[0])}, panel)
    assert rows(result) == [(1, 3, "FILLED", 1.0)]
    assert result.orders.price[0] == 107.0


def test_an_order_for_a_bar_that_opened_before_the_decision_fills_at_its_close() -> None:
    # Given Tokyo's bar of a day closing in the middle of New York's, decided on at Tokyo's close
    day = NANOSECONDS_PER_DAY
    midnight = 18_262 * day + np.arange(4, dtype=np.int64) * day
    calm, volume = np.full(4, 50.0), np.full(4, 1e6)
    tokyo = Bars(an_instrument("T", "XTKS"), DAILY, midnight + day // 4, calm, calm, calm, calm, volume)
    # The other bars end at midnight: the one open at Tokyo's close began six hours before it
    close = np.array([12.0, 22.0, 32.0, 42.0])
    other = an_instrument("C", "NOWHERE", fractional=True)
    coin = Bars(other, DAILY, midnight + day, close - 2, close + 3, close - 3, close, volume)
    panel = Panel.align([tokyo, coin])
    row = int(np.searchsorted(panel.close_time, midnight[1] + day // 4))
    _, result = run({row: lambda context: context.buy(1, context.instruments[1])}, panel)
    assert result.orders.bar.tolist() == [row + 1]
    assert result.orders.price.tolist() == [22.0]


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


def test_targets_and_orders_mix_on_different_bars_and_instruments() -> None:
    panel = panel_of(CLOSES, CLOSES, opens=[OPENS, OPENS])

    def both(context: BarContext) -> None:
        context.target(0.5, context.instruments[0])
        context.buy(10, context.instruments[1])

    _, result = run({0: both, 2: lambda context: context.buy(1, context.instruments[0])}, panel)
    assert result.positions[-1].tolist() == [495.0 + 1.0, 10.0]


# ---------------------------------------------------------------- the loop


def test_a_bar_costs_its_beginning_and_end_alone_while_no_order_works() -> None:
    account = PlainAccount(PANEL)
    act_on(PANEL, {1: lambda context: context.buy(1)}, account)
    assert account.calls[:7] == ["begin 0", "end 0", "begin 1", "end 1", "open 2", "close 2", "end 2"]
    # One bar more, in which the strategy is told of its fill; it was told at the close of bar 2
    assert account.calls[7:9] == ["begin 3", "end 3"]


def test_the_account_is_told_when_an_order_was_decided_and_whether_it_waited() -> None:
    account = PlainAccount(PANEL)
    act_on(PANEL, {1: lambda context: (context.buy(1), context.buy(2, limit=99.0))}, account)
    assert account.trades == [
        (2, 0, 1.0, 103.0, FillReason.ORDER, 1, False),
        (4, 0, 2.0, 99.0, FillReason.ORDER, 1, True),
    ]


def test_a_split_restates_resting_orders_before_the_bar_opens() -> None:
    account = PlainAccount(PANEL)
    account.splits[2, 0] = 2.0
    strategy, _ = act_on(
        PANEL,
        {1: lambda context: context.buy(10, limit=60.0), 2: lambda context: context.orders()},
        account,
    )
    assert [(one.remaining, one.limit) for one in strategy.answers[2]] == [(20.0, 30.0)]


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


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4))
def test_the_order_of_instruments_changes_nothing(seed: int, width: int) -> None:
    # Given orders that are placed in the order of their instruments' names, whatever the panel's
    panel = random_panel(40, width, seed)
    turned = Panel(
        panel.instruments[::-1],
        panel.timeframe,
        panel.close_time,
        *(np.ascontiguousarray(getattr(panel, name)[:, ::-1]) for name in COLUMNS),
    )

    def place(context: BarContext) -> None:
        for instrument in sorted(context.instruments):
            random = np.random.default_rng([seed, context.index, int(instrument[1:-5])])
            price, side = context.close(instrument), random.choice([-1.0, 1.0])
            kind = random.integers(4)
            context.order(
                OrderRequest(
                    instrument,
                    side * float(random.integers(1, 30)),
                    [OrderType.MARKET, OrderType.LIMIT, OrderType.STOP, OrderType.MARKET_ON_CLOSE][kind],
                    limit=price * (1 - side * 0.01) if kind == 1 else None,
                    stop=price * (1 + side * 0.01) if kind == 2 else None,
                    stop_loss=price * (1 - side * 0.05),
                )
            )

    acts = dict.fromkeys(range(0, 40, 3), place)
    _, one = run(acts, panel, cash=5_000.0, costs=Costs())
    _, other = run(acts, turned, cash=5_000.0, costs=Costs())

    # Then all is the same, but for the number of each instrument's column
    np.testing.assert_array_equal(one.curve.cash, other.curve.cash)
    np.testing.assert_array_equal(one.orders.quantity, other.orders.quantity)
    np.testing.assert_array_equal(one.orders.instrument, width - 1 - other.orders.instrument)
