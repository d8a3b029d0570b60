"""How fast strategies are that are called bar by bar, and portfolios of hundreds of instruments."""

from decimal import Decimal

from domain.backtesting.engine import simulate
from domain.market.bars import Panel
from domain.strategies.protocol import BarContext, EventStrategy, Strategy
from domain.strategies.registry import StrategyRegistry
from tests.benchmarks import peers
from tests.benchmarks.data import CASH, FEE_ONLY, FRACTIONAL, NEXT_OPEN, minutes, shares
from tests.benchmarks.rows import Row
from tests.benchmarks.timing import best_cpu_ms

BARS, PEER_BARS = 1_000_000, 100_000
EVERY = 50
INSTRUMENTS, DAYS = 500, 5_000


class Idle(EventStrategy):
    """Looks at every bar and does nothing."""

    name = "idle"

    @property
    def lookback(self) -> int:
        return 1

    def on_bar(self, context: BarContext) -> None:
        """Nothing to do."""


class OrderEvery(EventStrategy):
    """Buys, and sells again, at the market: an order every so many bars."""

    name = "order_every"

    @property
    def lookback(self) -> int:
        return 1

    def on_bar(self, context: BarContext) -> None:
        if context.index % EVERY == 0:
            if context.position() > 0:
                context.sell(10.0)
            else:
                context.buy(10.0)


def rows() -> list[Row]:
    bars = minutes(BARS)
    theirs = PEER_BARS / best_cpu_ms(peers.raptor_events(minutes(PEER_BARS)), 2) / 1_000
    basket = shares(INSTRUMENTS, DAYS)
    allocation = StrategyRegistry().create(
        "allocation", {"method": "inverse_volatility", "rebalance": "monthly"}
    )
    return [
        Row(
            "Python on_bar, empty", "M bars/s", _million_bars_a_second(bars, Idle()), 5.0,
            {"raptorbt": theirs}, at_least=True,
        ),
        Row(
            f"Python on_bar, a market order every {EVERY} bars", "M bars/s",
            _million_bars_a_second(bars, OrderEvery()), 2.0, {"raptorbt, empty": theirs}, at_least=True,
        ),
        Row(
            f"{INSTRUMENTS} instruments x {DAYS:,} days, monthly inverse volatility",
            "ms", best_cpu_ms(lambda: _run(basket, allocation, cash=1e7), 3), 1_000.0,
        ),
    ]  # fmt: skip


def _million_bars_a_second(panel: Panel, strategy: Strategy) -> float:
    return len(panel) / best_cpu_ms(lambda: _run(panel, strategy), 5) / 1_000


def _run(panel: Panel, strategy: Strategy, cash: float = CASH) -> object:
    return simulate(
        panel, strategy, initial_cash=float(Decimal(cash)), costs=FEE_ONLY, fill=NEXT_OPEN, sizing=FRACTIONAL
    )
