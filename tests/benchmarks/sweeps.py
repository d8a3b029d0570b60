"""How fast many parameter combinations are, and how much memory they take."""

from collections.abc import Sequence
from decimal import Decimal

from domain.backtesting.inputs import RunInputs
from domain.backtesting.many import STATISTICS, ManyRuns, run_many
from domain.backtesting.model import BacktestSpec
from domain.market.bars import Panel
from domain.strategies.registry import StrategyRegistry
from tests.benchmarks import peers
from tests.benchmarks.data import CASH, FEE_ONLY, NEXT_OPEN, WHOLE, column_of, goog, grid, large_grid, shares
from tests.benchmarks.processes import memory_mb
from tests.benchmarks.rows import Row
from tests.benchmarks.timing import best_cpu_ms

NOT_ONE_PASS = {
    "value_at_risk_95", "conditional_value_at_risk_95", "tail_ratio", "best_month", "worst_month",
    "benchmark_return", "excess_return", "alpha", "beta", "correlation", "information_ratio",
}  # fmt: skip
ONE_PASS = tuple(name for name in STATISTICS if name not in NOT_ONE_PASS)
ASSETS, DAYS = 10, 5_000
REGISTRY = StrategyRegistry()

SWEEP_MEMORY = """
from tests.benchmarks.data import goog, large_grid
from tests.benchmarks.sweeps import sweep
sweep(goog(), large_grid()[:50])
begin()
sweep(goog(), large_grid())
end()
"""


def sweep(panel: Panel, pairs: Sequence[tuple[int, int]], statistics: Sequence[str] = STATISTICS) -> ManyRuns:
    """Every pair on one thread."""
    spec = BacktestSpec(
        strategy="sma_cross",
        instruments=(panel.instruments[0].id,),
        initial_cash=Decimal(int(CASH)),
        costs=FEE_ONLY,
        fill=NEXT_OPEN,
        sizing=WHOLE,
    )
    combinations = [{"fast": fast, "slow": slow} for fast, slow in pairs]
    return run_many(spec, RunInputs(panel), combinations, REGISTRY, statistics=statistics)


def rows() -> list[Row]:
    daily, pairs, many = goog(), grid(), large_grid()
    raptor = best_cpu_ms(peers.raptor_batch(daily, pairs), 3)
    vector = best_cpu_ms(lambda: peers.run_vectorbt(daily, pairs), 2)
    tenth = pairs[::10]
    backtesting_py = best_cpu_ms(lambda: [peers.run_backtesting_py(daily, *pair) for pair in tenth[:30]], 1)
    theirs = {
        "raptorbt batch": raptor,
        "vectorbt (value, count)": vector,
        "backtesting.py": backtesting_py * len(pairs) / 30,
    }
    assets = [column_of(shares(ASSETS, DAYS), column) for column in range(ASSETS)]
    return [
        Row(
            f"{len(pairs)} SMA pairs x GOOG: {len(ONE_PASS)} one-pass statistics",
            "ms", best_cpu_ms(lambda: sweep(daily, pairs, ONE_PASS), 25), 10.0, theirs,
            note="CPU of all threads; ours uses one. backtesting.py is scaled from 30 pairs.",
        ),
        Row(
            f"{len(pairs)} SMA pairs x GOOG: every statistic",
            "ms", best_cpu_ms(lambda: sweep(daily, pairs), 15), 45.0, theirs,
        ),
        Row(
            f"{len(many):,} SMA pairs x GOOG: one-pass statistics",
            "ms", best_cpu_ms(lambda: sweep(daily, many, ONE_PASS), 7), 100.0,
            {"raptorbt batch": best_cpu_ms(peers.raptor_batch(daily, many[::10]), 2) * 10},
            note="raptorbt is scaled from every tenth pair: it keeps every curve in memory.",
        ),
        Row(f"{len(many):,} SMA pairs x GOOG: memory above baseline", "MB", memory_mb(SWEEP_MEMORY), 150.0),
        Row(
            f"{len(pairs)} SMA pairs x {ASSETS} assets x {DAYS:,} bars: one-pass statistics",
            "ms", best_cpu_ms(lambda: [sweep(asset, pairs, ONE_PASS) for asset in assets], 5), 200.0,
            {"raptorbt batch": best_cpu_ms(peers.raptor_batch(assets[0], pairs), 2) * ASSETS},
            note="raptorbt is scaled from one asset.",
        ),
    ]  # fmt: skip
