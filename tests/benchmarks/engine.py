"""How fast the engine is, with curve, trades and every statistic, beside its peers."""

from typing import Any

from domain.backtesting.engine import simulate
from domain.backtesting.model import BacktestSpec
from domain.backtesting.run import measure
from domain.market.bars import Panel
from domain.strategies.registry import StrategyRegistry
from tests.benchmarks import peers
from tests.benchmarks.data import CASH, FEE_ONLY, FRACTIONAL, NEXT_OPEN, WHOLE, goog, minutes
from tests.benchmarks.processes import fresh_process_ms, memory_mb
from tests.benchmarks.rows import Row
from tests.benchmarks.timing import best_cpu_ms, best_cpu_ms_of_many

FAST, SLOW = 20, 50

IN_MEMORY_FIRST_RESULT = """
import numpy as np
from domain.backtesting.engine import simulate
from domain.backtesting.model import Costs, FillPrice, Sizing
from domain.market.bars import Bars, Panel
from domain.market.instruments import Instrument
from domain.market.timeframe import DAILY
from domain.performance.statistics import summarise
from domain.strategies.catalogue.sma_cross import SmaCross
close = 100 + np.cumsum(np.sin(np.arange(2148.0) ** 1.3))
panel = Panel.align([Bars(Instrument('T', 'XNAS'), DAILY, np.arange(2148) * 86_400_000_000_000, *[close] * 5)])
simulate(panel, SmaCross(), initial_cash=10_000.0, costs=Costs(), fill=FillPrice.NEXT_OPEN, sizing=Sizing())
"""

MILLION_BARS_MEMORY = """
from domain.strategies.registry import StrategyRegistry
from tests.benchmarks.data import minutes
from tests.benchmarks.engine import run_with
strategy, bars = StrategyRegistry().create('sma_cross', {}), minutes()
run_with(strategy, bars.take(slice(0, 5_000)))
begin()
kept = run_with(strategy, bars)
end()
"""

THOUSAND_RUNS_MEMORY = """
from domain.strategies.registry import StrategyRegistry
from tests.benchmarks.data import goog
from tests.benchmarks.engine import run_with
strategy, bars = StrategyRegistry().create('sma_cross', {}), goog()
for _ in range(100):
    run_with(strategy, bars)
begin()
for _ in range(1_000):
    run_with(strategy, bars)
grown()
"""


def whole_run(panel: Panel) -> Any:
    """Strategy, simulation, curve, trades and all statistics of one run."""
    strategy = StrategyRegistry().create("sma_cross", {"fast": FAST, "slow": SLOW})
    return run_with(strategy, panel)


def run_with(strategy: Any, panel: Panel) -> Any:
    sizing = FRACTIONAL if panel.instruments[0].fractional else WHOLE
    simulation = simulate(panel, strategy, initial_cash=CASH, costs=FEE_ONLY, fill=NEXT_OPEN, sizing=sizing)
    spec = BacktestSpec(strategy="sma_cross", instruments=("X",), initial_cash=CASH)  # type: ignore[arg-type]
    return measure(simulation, panel, spec)


def rows() -> list[Row]:
    strategy = StrategyRegistry().create("sma_cross", {"fast": FAST, "slow": SLOW})
    million, daily = minutes(), goog()
    return [
        Row(
            "1 M minute bars, SMA cross: curve, trades, statistics",
            "ms",
            best_cpu_ms(lambda: run_with(strategy, million)),
            25.0,
            {
                "raptorbt": best_cpu_ms(peers.raptor(million, FAST, SLOW)),
                "vectorbt": best_cpu_ms(peers.vectorbt_with_statistics(million, FAST, SLOW), 3),
            },
        ),
        Row(
            "GOOG, 2,148 daily bars: the same through the public function",
            "ms",
            best_cpu_ms_of_many(lambda: run_with(strategy, daily), 50),
            1.0,
            {
                "raptorbt": best_cpu_ms_of_many(peers.raptor(daily, FAST, SLOW), 50),
                "vectorbt": best_cpu_ms_of_many(peers.vectorbt_with_statistics(daily, FAST, SLOW), 3, 3),
                "backtesting.py": best_cpu_ms_of_many(
                    lambda: peers.run_backtesting_py(daily, FAST, SLOW), 3, 3
                ),
            },
            note="raptorbt computes some 47 metrics; ours has the whole tear sheet's statistics.",
        ),
        Row(
            "1 M minute bars: memory above the process with its bars",
            "MB",
            memory_mb(MILLION_BARS_MEMORY),
            120.0,
        ),
        Row("memory growth over 1,000 runs in one process", "MB", memory_mb(THOUSAND_RUNS_MEMORY), 1.0),
        Row(
            "fresh process: import to first result", "ms CPU", fresh_process_ms(IN_MEMORY_FIRST_RESULT), 250.0
        ),
    ]
