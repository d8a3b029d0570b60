"""Event strategies: one call a bar, through the same account as target arrays."""

from collections.abc import Callable, Iterable

from domain.backtesting.conditions import RestatedView
from domain.backtesting.event_context import EventAccount, EventContext
from domain.backtesting.model import FillPrice
from domain.backtesting.sight import Sight
from domain.backtesting.simulated_orders import SimulatedOrders
from domain.market.bars import Panel
from domain.orders.model import LimitFill
from domain.strategies.protocol import BarContext, EventStrategy


def run_events(
    account: EventAccount,
    panel: Panel,
    strategy: EventStrategy,
    stops: Iterable[int],
    *,
    fill: FillPrice = FillPrice.NEXT_OPEN,
    limit_fill: LimitFill = LimitFill.CROSSED,
    adverse_rate: float = 0.0,
    view: RestatedView | None = None,
) -> None:
    """Call the strategy at each close, and let the account live through the bars.

    stops         after which bars to ask for the next stop; asking reports progress and may raise
    fill          at which price market orders are filled
    limit_fill    what fills a limit order inside a bar
    adverse_rate  half the spread and slippage, as a fraction of price
    view          what the strategy sees instead of the traded panel; None for the panel itself

    Raises InvalidInput for targets and orders that cannot be meant; what the strategy raises passes.
    """
    listens = type(strategy).on_order is not EventStrategy.on_order
    orders = SimulatedOrders(
        account,
        panel,
        fill=fill,
        limit_fill=limit_fill,
        adverse_rate=adverse_rate,
        keep_events=listens,
    )
    context = EventContext(account, panel, strategy.name, Sight(panel, strategy, view), orders)
    strategy.on_start(context.instruments)
    agenda, begin_bar, end_bar = context.agenda, account.begin_bar, account.end_bar
    on_bar = _deciding(strategy, context, orders, fill)
    live_through = _busy_bar(account, strategy, context, orders)
    start = 0
    for stop in stops:
        for bar in range(start, stop):
            if agenda:
                live_through(bar)
            else:
                begin_bar(bar)
            context.index = bar
            on_bar(context)
            end_bar(bar)
        start = stop
    orders.finish()


def _deciding(
    strategy: EventStrategy, context: EventContext, orders: SimulatedOrders, fill: FillPrice
) -> Callable[[BarContext], None]:
    if fill is not FillPrice.SAME_CLOSE:
        return strategy.on_bar

    def decide_and_fill(_: BarContext) -> None:
        strategy.on_bar(context)
        if orders.book:
            orders.fill_at_this_close(context.index)

    return decide_and_fill


def _busy_bar(
    account: EventAccount, strategy: EventStrategy, context: EventContext, orders: SimulatedOrders
) -> Callable[[int], None]:
    """A bar in which orders work, or something is to be told before `on_bar`."""
    book, timers, agenda = orders.book, context.timers, context.agenda

    def live_through(bar: int) -> None:
        context.index = bar
        if book:
            orders.live_through(bar)
        else:
            account.begin_bar(bar)
        # What the strategy does while it listens is told at the next close, so this ends.
        if orders.events:
            for event in orders.take_events():
                strategy.on_order(context, event)
        if timers.waiting:
            for name in timers.due(context.time):
                strategy.on_timer(context, name)
        if not (book or orders.events or timers.waiting):
            # Nothing is left to attend to, until the strategy acts again.
            agenda.clear()

    return live_through
