"""Orders of an event strategy in a simulation: what the account is asked, what is listed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.backtesting.model import Costs, FillPrice
from domain.backtesting.result import DenialReason, FillReason
from domain.clock import NANOSECONDS_PER_DAY
from domain.market.bars import COLUMNS, Bars, Panel
from domain.market.instruments import InstrumentId
from domain.market.timeframe import DAILY
from domain.orders.model import OrderEventKind, OrderRequest, OrderType, TimeInForce, Trail, TrailKind
from domain.strategies.protocol import BarContext
from tests.kit.bars import an_instrument, random_panel
from tests.kit.engine import WHOLE, a_panel, free_but, panel_of, without_bar
from tests.kit.event_orders import CLOSES, OPENS, PANEL, run
from tests.kit.event_orders import decided_orders as rows
from tests.kit.orders import PlainAccount, act_on

TEST = InstrumentId("TEST.XNAS")


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


# ---------------------------------------------------------------- several instruments


def test_targets_and_orders_mix_on_different_bars_and_instruments() -> None:
    panel = panel_of(CLOSES, CLOSES, opens=[OPENS, OPENS])

    def both(context: BarContext) -> None:
        context.target(0.5, context.instruments[0])
        context.buy(10, context.instruments[1])

    _, result = run({0: both, 2: lambda context: context.buy(1, context.instruments[0])}, panel)
    assert result.positions[-1].tolist() == [495.0 + 1.0, 10.0]


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
