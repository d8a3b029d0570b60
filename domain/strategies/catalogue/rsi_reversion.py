"""Buying weakness measured by the relative strength index."""

from collections.abc import Sequence
from functools import lru_cache

from pydantic import Field, model_validator

from domain.arrays import BoolArray, FloatArray
from domain.features.momentum import rsi
from domain.features.signals import hold
from domain.market.bars import Panel
from domain.strategies.decisions import INDICATORS_KEPT, Decisions, hold_decisions
from domain.strategies.protocol import StrategyParameters, VectorisedStrategy


class RsiReversion(VectorisedStrategy):
    """RSI reversion

    Buy what was sold too hard, sell when it has recovered.

    Those who must sell at once pay those who can wait: short-term losers tend to bounce.

    Source: B. Lehmann, Fads, Martingales and Market Efficiency, Quarterly Journal of Economics
    (1990); the index is J. W. Wilder's, New Concepts in Technical Trading Systems (1978).
    """

    name = "rsi_reversion"

    class Parameters(StrategyParameters):
        """When weakness is enough, and when it is over."""

        window: int = Field(14, ge=2, le=500, description="Bars in the index.")
        oversold: float = Field(
            30.0, gt=0, lt=100, description="Buy below this value of the index (0 to 100)."
        )
        recovered: float = Field(
            55.0, gt=0, lt=100, description="Sell above this value of the index (0 to 100)."
        )

        @model_validator(mode="after")
        def _oversold_is_lower(self) -> "RsiReversion.Parameters":
            if self.oversold >= self.recovered:
                raise ValueError(f"oversold ({self.oversold:g}) must be below recovered ({self.recovered:g})")
            return self

    @property
    def lookback(self) -> int:
        return int(self.parameters.window) + 1

    def target(self, bars: Panel) -> FloatArray:
        index = rsi(bars.close, self.parameters.window)
        return hold(index < self.parameters.oversold, index > self.parameters.recovered)

    @classmethod
    def decide_many(cls, bars: Panel, parameters: Sequence[Parameters]) -> Decisions:
        """The decisions of `target` for each set; one index a window."""
        close = bars.close[:, 0]

        @lru_cache(INDICATORS_KEPT)
        def index(window: int) -> FloatArray:
            return rsi(close, window)

        def is_oversold(key: tuple[int, float]) -> BoolArray:
            return index(key[0]) < key[1]

        def has_recovered(key: tuple[int, float]) -> BoolArray:
            return index(key[0]) > key[1]

        levels = [((one.window, one.oversold), (one.window, one.recovered)) for one in parameters]
        return hold_decisions(bars, levels, is_oversold, has_recovered)
