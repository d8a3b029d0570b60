"""Proof that the engine computes what its peers compute, over a grid of 994 parameter pairs."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from domain.backtesting.engine import simulate
from domain.backtesting.inputs import RunInputs
from domain.backtesting.many import run_many
from domain.backtesting.model import BacktestSpec, FillPrice, Sizing
from domain.strategies.registry import StrategyRegistry
from tests.benchmarks import peers
from tests.benchmarks.data import CASH, FEE_ONLY, FRACTIONAL, NEXT_OPEN, SAME_CLOSE, WHOLE, goog, grid

TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Agreement:
    """How close two engines came: worst relative difference of final equity, pairs whose number
    of closed trades differs."""

    peer: str
    pairs: int
    worst_equity: float
    trade_mismatches: int

    @property
    def holds(self) -> bool:
        return self.worst_equity <= TOLERANCE and self.trade_mismatches == 0

    def __str__(self) -> str:
        verdict = "agrees" if self.holds else "DISAGREES"
        return (
            f"{verdict} with {self.peer} over {self.pairs} pairs: final equity within {self.worst_equity:.1e}, "
            f"{self.trade_mismatches} differences in closed trades"
        )


def agreements() -> list[Agreement]:
    pairs = grid()
    theirs = [peers.run_backtesting_py(goog(), *pair) for pair in pairs]
    vector_equity, vector_trades = peers.run_vectorbt(goog(), pairs)
    return [
        _compare(
            "backtesting.py (next open, whole shares)",
            _ours(pairs, NEXT_OPEN, WHOLE),
            np.array([equity for equity, _ in theirs]),
            np.array([trades for _, trades in theirs]),
        ),
        _compare(
            "vectorbt (same close, fractional)",
            _ours(pairs, SAME_CLOSE, FRACTIONAL),
            vector_equity,
            vector_trades,
        ),
    ]


def _ours(pairs: list[tuple[int, int]], fill: FillPrice, sizing: Sizing) -> list[tuple[float, int]]:
    """Final equity and closed trades of each pair, from the sweep; single runs must say the same."""
    spec = BacktestSpec(
        strategy="sma_cross", instruments=("GOOG",), initial_cash=Decimal(int(CASH)),
        costs=FEE_ONLY, fill=fill, sizing=sizing,
    )  # fmt: skip
    combinations = [{"fast": fast, "slow": slow} for fast, slow in pairs]
    registry = StrategyRegistry()
    many = run_many(spec, RunInputs(goog()), combinations, registry, statistics=("final_equity", "trades"))
    swept = list(
        zip(many.statistics["final_equity"].tolist(), many.statistics["trades"].tolist(), strict=True)
    )
    for number in range(0, len(pairs), 10):
        strategy = registry.create("sma_cross", combinations[number])
        run = simulate(goog(), strategy, initial_cash=CASH, costs=FEE_ONLY, fill=fill, sizing=sizing)
        if swept[number] != (run.final_equity, int((~run.trades.is_open).sum())):
            raise RuntimeError(f"The sweep and a single run of {pairs[number]} differ.")
    return [(equity, int(trades)) for equity, trades in swept]


def _compare(peer: str, ours: list[tuple[float, int]], equity: np.ndarray, trades: np.ndarray) -> Agreement:
    our_equity = np.array([value for value, _ in ours])
    our_trades = np.array([count for _, count in ours])
    worst = float(np.max(np.abs(our_equity / equity - 1.0)))
    return Agreement(peer, len(ours), worst, int((our_trades != trades).sum()))
