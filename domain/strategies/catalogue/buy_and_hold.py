"""Buy and hold: what every other strategy must beat."""

from collections.abc import Sequence

import numpy as np

from domain.arrays import FloatArray
from domain.market.bars import Panel
from domain.strategies.decisions import Decisions
from domain.strategies.protocol import StrategyParameters, VectorisedStrategy


class BuyAndHold(VectorisedStrategy):
    """Buy and hold

    Buy an equal share of each instrument on its first bar and never trade again.

    Holding the market earns its risk premium at almost no cost; most active rules do not repay
    what they trade away.

    Source: W. F. Sharpe, The Arithmetic of Active Management, Financial Analysts Journal (1991).
    """

    name = "buy_and_hold"

    @property
    def lookback(self) -> int:
        return 1

    def target(self, bars: Panel) -> FloatArray:
        weights = np.full(bars.shape, np.nan)
        exists = np.isfinite(bars.close)
        traded = np.flatnonzero(exists.any(axis=0))
        if traded.size:
            weights[exists[:, traded].argmax(axis=0), traded] = 1.0 / len(bars.instruments)
        return weights

    @classmethod
    def decide_many(cls, bars: Panel, parameters: Sequence[StrategyParameters]) -> Decisions:
        """The one decision of `target`, the same for every set."""
        return Decisions.of_targets([cls().target(bars)] * len(parameters))
