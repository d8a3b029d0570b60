"""Stops and targets of a run beside orders that fill inside a bar: nothing leaves at a price from before it came."""

from collections.abc import Sequence

from domain.backtesting.engine import simulate
from domain.backtesting.model import FillPrice
from domain.backtesting.result import Orders
from domain.strategies.protocol import BarContext, EventStrategy, StrategyParameters
from tests.kit.engine import FREE, WHOLE, a_panel


class _InsideThenProtected(EventStrategy):
    """Buys ten when price reaches 110, or adds ten at 90 to what it bought at the open."""

    name = "inside_then_protected"

    class Parameters(StrategyParameters):
        adds: bool = False

    @property
    def lookback(self) -> int:
        return 1

    def on_bar(self, context: BarContext) -> None:
        if context.index == 0 and self.parameters.adds:
            context.buy(10)
        elif context.index == 0:
            context.buy(10, stop=110.0)
        elif context.index == 1 and self.parameters.adds:
            context.buy(10, limit=90.0)


def _protected(rows: Sequence[tuple[float, float, float, float]], adds: bool, **sizing: float) -> Orders:
    opens, highs, lows, closes = (list(column) for column in zip(*rows, strict=True))
    panel = a_panel(closes, opens=opens, highs=highs, lows=lows)
    strategy = _InsideThenProtected.configured({"adds": adds})
    return simulate(
        panel,
        strategy,
        initial_cash=10_000.0,
        costs=FREE,
        fill=FillPrice.NEXT_OPEN,
        sizing=WHOLE.model_copy(update=sizing),
    ).orders


def test_an_entry_inside_a_bar_is_stopped_at_its_stop_and_not_at_the_open_before_it() -> None:
    # The bar opens at 100, rises to 110, where ten are bought, and falls to 95: 5 % below 110 is 104.50.
    rows = [(100.0, 100.0, 100.0, 100.0), (100.0, 112.0, 95.0, 96.0), (96.0, 96.0, 96.0, 96.0)]
    orders = _protected(rows, adds=False, stop_loss=0.05)
    assert orders.price.tolist() == [110.0, 104.5]
    assert orders.bar.tolist() == [1, 1]


def test_what_is_added_inside_a_bar_takes_no_profit_at_a_price_from_before_it() -> None:
    # Ten at 100; the bar opens at 100, reaches 105 and falls to 89, where ten more are bought at 90. The
    # average is 95 and ten per cent above it 104.50: touched, but perhaps before the second ten were held.
    rows = [(100.0, 100.0, 100.0, 100.0), (100.0, 100.0, 100.0, 100.0), (100.0, 105.0, 89.0, 92.0)]
    rows += [(92.0, 106.0, 92.0, 106.0), (106.0, 106.0, 106.0, 106.0)]
    orders = _protected(rows, adds=True, take_profit=0.1)
    assert orders.price.tolist() == [100.0, 90.0, 95.0 * 1.1]
    assert orders.bar.tolist() == [1, 2, 3]
