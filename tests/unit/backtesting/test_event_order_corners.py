"""Orders where two rules meet: run-level exits, dividends, missing bars, volume caps, groups and targets."""

import numpy as np
import pytest

from domain.backtesting.conditions import Conditions, InstrumentEvents
from domain.backtesting.model import FillPrice
from domain.orders.model import OrderRequest, OrderType, Trail, TrailKind
from domain.strategies.protocol import BarContext
from tests.kit.engine import panel_of, without_bar
from tests.kit.event_orders import Act, bars, run
from tests.kit.event_orders import priced_orders as rows
from tests.kit.orders import FLAT

# ---------------------------------------------------------------- exits of the run beside orders


def test_a_take_profit_of_the_run_waits_for_the_bar_after_an_entry_inside_a_bar() -> None:
    # Given a limit at 90 filled inside a bar whose high of 120 may have come before it
    panel = bars(FLAT, (100.0, 120.0, 89.0, 95.0), (95.0, 100.0, 94.0, 96.0))
    _, result = run({0: lambda context: context.buy(10, limit=90.0)}, panel, take_profit=0.1)
    assert rows(result) == [
        (1, "FILLED", "ORDER", 10.0, 90.0),
        (2, "FILLED", "TAKE_PROFIT", -10.0, 90.0 * 1.1),
    ]


def test_a_take_profit_of_the_run_may_end_an_entry_at_the_open_in_that_bar() -> None:
    panel = bars(FLAT, (100.0, 120.0, 99.0, 115.0), FLAT)
    _, result = run({0: lambda context: context.buy(10)}, panel, take_profit=0.1)
    assert rows(result)[1] == (1, "FILLED", "TAKE_PROFIT", -10.0, 100.0 * 1.1)


def test_a_stop_of_the_run_ends_an_entry_by_a_limit_in_that_bar() -> None:
    panel = bars(FLAT, (100.0, 101.0, 80.0, 95.0), FLAT)
    _, result = run({0: lambda context: context.buy(10, limit=90.0)}, panel, stop_loss=0.1)
    assert rows(result)[1] == (1, "FILLED", "STOP_LOSS", -10.0, 81.0)


def test_exits_of_a_bracket_end_with_a_position_the_run_closes_and_leave_a_new_one_alone() -> None:
    # Given a gap through the run's stop at 90, and an order that buys anew at the same open
    panel = bars(FLAT, FLAT, (85.0, 86.0, 79.0, 84.0), (84.0, 84.0, 84.0, 84.0))
    _, result = run(
        {0: lambda context: context.buy(10, stop_loss=80.0), 1: lambda context: context.buy(5)},
        panel,
        stop_loss=0.1,
    )
    # Then the stop of the bracket, which the bar reaches, sells nothing of what is new
    assert rows(result)[1:] == [
        (2, "FILLED", "STOP_LOSS", -10.0, 85.0),
        (2, "CANCELLED", "STOP_LOSS", -10.0, 0.0),
        (2, "FILLED", "ORDER", 5.0, 85.0),
    ]


def test_exits_are_gone_at_the_close_of_the_bar_in_which_the_run_closed_their_position() -> None:
    panel = bars(FLAT, FLAT, (100.0, 111.0, 100.0, 105.0), FLAT)
    strategy, _ = run(
        {
            0: lambda context: context.buy(10, stop_loss=80.0),
            1: lambda context: len(context.orders()),
            2: lambda context: len(context.orders()),
        },
        panel,
        take_profit=0.1,
    )
    assert (strategy.answers[1], strategy.answers[2]) == (1, 0)


# ---------------------------------------------------------------- corporate actions


def test_a_dividend_moves_no_resting_order() -> None:
    # Given a dividend of 2 at the open of bar 2, by which brokers would lower a resting purchase
    panel = bars(FLAT, FLAT, (98.0, 98.0, 96.5, 98.0), (98.0, 98.0, 94.0, 98.0))
    events = InstrumentEvents(np.array([[2, 0]]), np.array([[1.0, 2.0]]))
    strategy, result = run(
        {0: lambda context: context.buy(10, limit=96.0), 2: lambda context: context.orders()[0].limit},
        panel,
        conditions=Conditions(events=events),
    )
    assert strategy.answers[2] == 96.0
    assert rows(result) == [(3, "FILLED", "ORDER", 10.0, 96.0)]


# ---------------------------------------------------------------- instruments without a bar


def test_an_order_placed_where_its_instrument_has_no_bar_meets_the_next_one() -> None:
    panel = without_bar(panel_of([100.0] * 4, [50.0, 51.0, 52.0, 53.0]), row=1, column=1)

    def act(context: BarContext) -> float:
        context.buy(1, context.instruments[1])
        # The side of a stop is checked against the last close that is known
        context.sell(1, context.instruments[1], stop=49.0)
        return context.close(context.instruments[1])

    strategy, result = run({1: act}, panel)
    assert np.isnan(strategy.answers[1])
    assert rows(result)[0] == (2, "FILLED", "ORDER", 1.0, 51.0)


def test_a_stop_jumped_over_while_there_was_no_bar_fills_at_the_open_that_follows() -> None:
    other = [100.0, 100.0, 100.0, 80.0, 80.0]
    panel = without_bar(panel_of([100.0] * 5, other, opens=[[100.0] * 5, other]), row=2, column=1)
    act: Act = lambda context: context.buy(5, context.instruments[1], stop_loss=95.0)  # noqa: E731 - one act
    _, result = run({0: act}, panel)
    assert rows(result)[1] == (3, "FILLED", "STOP_LOSS", -5.0, 80.0)


# ---------------------------------------------------------------- several orders for one position


def test_of_two_orders_that_only_reduce_the_second_finds_nothing_left() -> None:
    def leave_twice(context: BarContext) -> None:
        context.sell(10, limit=105.0, reduce_only=True)
        context.sell(10, limit=106.0, reduce_only=True)

    panel = bars(FLAT, FLAT, (100.0, 110.0, 100.0, 108.0), FLAT)
    _, result = run({0: lambda context: context.buy(10), 1: leave_twice}, panel)
    assert rows(result)[1:] == [
        (2, "FILLED", "ORDER", -10.0, 105.0),
        (2, "CANCELLED", "ORDER", -10.0, 0.0),
    ]
    assert result.positions[-1, 0] == 0.0


def test_a_part_of_one_order_of_a_group_ends_the_others_and_goes_on_itself() -> None:
    def either(context: BarContext) -> None:
        context.buy(10, limit=95.0, oco_group="entry")
        context.buy(10, stop=120.0, oco_group="entry")

    # Four units a bar, by the volume cap
    panel = bars(FLAT, *[(100.0, 100.0, 94.0, 100.0)] * 4)
    _, result = run({0: either}, panel, max_volume_share=4e-6)
    assert rows(result) == [
        (1, "FILLED", "ORDER", 4.0, 95.0),
        (1, "CANCELLED", "ORDER", 10.0, 0.0),
        (2, "FILLED", "ORDER", 4.0, 95.0),
        (3, "FILLED", "ORDER", 2.0, 95.0),
    ]


@pytest.mark.parametrize(
    ("kind", "price"), [(OrderType.MARKET_ON_OPEN, 101.0), (OrderType.MARKET_ON_CLOSE, 104.0)]
)
def test_orders_for_the_open_and_the_close_keep_their_price_where_others_fill_at_the_close(
    kind: OrderType, price: float
) -> None:
    panel = bars(FLAT, (101.0, 105.0, 99.0, 104.0), FLAT)
    act: Act = lambda context: context.order(OrderRequest(context.instruments[0], 1.0, kind))  # noqa: E731 - one act
    for fill in (FillPrice.NEXT_CLOSE, FillPrice.NEXT_OPEN, FillPrice.SAME_CLOSE):
        _, result = run({0: act}, panel, fill=fill)
        assert rows(result) == [(1, "FILLED", "ORDER", 1.0, price)]


def test_a_target_that_turns_a_position_round_ends_the_exits_of_its_bracket() -> None:
    _, result = run(
        {
            0: lambda context: context.buy(10, take_profit=150.0, stop_loss=50.0),
            1: lambda context: context.target(-0.001),
        },
        bars(*[FLAT] * 4),
    )
    assert [row[:4] for row in rows(result)] == [
        (1, "FILLED", "ORDER", 10.0),
        (2, "FILLED", "SIGNAL", -10.0),
        (2, "FILLED", "SIGNAL", -1.0),
        (2, "CANCELLED", "STOP_LOSS", -10.0),
        (2, "CANCELLED", "TAKE_PROFIT", -10.0),
    ]
    assert result.positions[-1, 0] == -1.0


# ---------------------------------------------------------------- trails measured in ranges


def test_a_trail_in_ranges_uses_the_last_range_an_instrument_has_had() -> None:
    # Given an instrument without a bar now, whose range of 2 was last known two rows ago
    closes = [100.0, 102.0, 100.0, 102.0, 100.0, 100.0]
    panel = panel_of([100.0] * 6, closes)
    for row in (4, 5):
        panel = without_bar(panel, row=row, column=1)

    def act(context: BarContext) -> float | None:
        context.sell(1, context.instruments[1], trail=Trail(TrailKind.ATR, 2.0, window=2))
        return context.orders()[0].stop

    strategy, _ = run({5: act}, panel)
    assert strategy.answers[5] == 102.0 - 2 * 2.0
