"""A pair of related instruments, traded when they drift apart."""

import numpy as np
from pydantic import Field, model_validator

from domain.arrays import FloatArray
from domain.features.volatility import zscore
from domain.features.signals import hold
from domain.market.bars import Panel
from domain.strategies.protocol import StrategyParameters, VectorisedStrategy


class PairsZscore(VectorisedStrategy):
    """Sell the dear one of a pair, buy the cheap one, and wait until they meet again.

    Close substitutes are held together by investors who switch between them; a gap opened by one
    large order closes. It does not close when the firms have really changed, which is the risk.
    E. Gatev, W. Goetzmann, K. G. Rouwenhorst, Pairs Trading, Review of Financial Studies (2006).
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
        given = self.parameters
        gap = zscore(np.log(bars.close[:, 0] / bars.close[:, 1]), given.window)
        dear = hold(gap > given.entry, gap < given.exit, -0.5)
        cheap = hold(gap < -given.entry, gap > -given.exit, 0.5)
        # A gap that jumps from one side to the other leaves and enters on the same bar: enter.
        first = np.where(np.nan_to_num(cheap) != 0.0, cheap, np.where(np.isnan(dear), cheap, dear))
        return np.column_stack([first, -first])
