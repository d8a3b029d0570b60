"""A pair of related instruments, traded when they drift apart."""

import numpy as np
from pydantic import Field, model_validator

from domain.arrays import FloatArray
from domain.features.signals import hold
from domain.features.volatility import zscore
from domain.market.bars import Panel
from domain.strategies.protocol import StrategyParameters, VectorisedStrategy


class PairsZscore(VectorisedStrategy):
    """Pairs trading by z-score

    Sell the dear one of a pair, buy the cheap one, and wait until they meet again.

    Close substitutes are held together by investors who switch between them; a gap opened by one
    large order closes. It does not close when the firms have really changed, which is the risk.

    Source: E. Gatev, W. Goetzmann, K. G. Rouwenhorst, Pairs Trading, Review of Financial Studies (2006).
    """

    name = "pairs_zscore"
    instruments_needed = (2, 2)

    class Parameters(StrategyParameters):
        """How far apart is far, and how near is near."""

        window: int = Field(60, ge=10, le=2_000, description="Bars over which the normal gap is measured.")
        entry: float = Field(2.0, gt=0, le=10, description="Deviations from the mean gap at which to enter.")
        exit: float = Field(0.5, ge=0, le=10, description="Deviations at which to leave; less than entry.")

        @model_validator(mode="after")
        def _exit_is_nearer(self) -> "PairsZscore.Parameters":
            if self.exit >= self.entry:
                raise ValueError(f"exit ({self.exit:g}) must be below entry ({self.entry:g})")
            return self

    @property
    def lookback(self) -> int:
        return int(self.parameters.window)

    def target(self, bars: Panel) -> FloatArray:
        first, second = bars.close[:, 0], bars.close[:, 1]
        tradable = np.flatnonzero((first > 0.0) & (second > 0.0))
        gap = zscore(np.log(first[tradable] / second[tradable]), self.parameters.window)
        defined = np.isfinite(gap)
        weights = np.full(bars.shape, np.nan)
        rows = tradable[defined]
        weights[rows, 0] = self._weight_of_first(gap[defined])
        weights[rows, 1] = -weights[rows, 0]
        return weights

    def _weight_of_first(self, gap: FloatArray) -> FloatArray:
        entry, leave = self.parameters.entry, self.parameters.exit
        cheap = hold(gap < -entry, gap > -leave, 0.5)
        dear = hold(gap > entry, gap < leave, -0.5)
        # A gap that jumps from one side to the other ends one trade and begins the next: enter.
        entered = np.where(cheap > 0.0, cheap, dear)
        return np.where(np.isnan(entered), cheap, entered)
