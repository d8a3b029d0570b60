"""MACD line against its signal line."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from pydantic import Field

from domain.arrays import FloatArray
from domain.features.momentum import macd
from domain.features.moving_averages import ema
from domain.features.signals import cross_weights
from domain.market.bars import Panel
from domain.strategies.averages import FastAndSlow
from domain.strategies.decisions import INDICATORS_KEPT, Decisions, cross_decisions
from domain.strategies.protocol import VectorisedStrategy


class MacdCross(VectorisedStrategy):
    """MACD signal cross

    Own what accelerates: buy when the MACD line crosses above its signal line.

    The line measures trend, its distance from its own average whether the trend gains strength.

    Source: G. Appel, Technical Analysis: Power Tools for Active Investors (2005).
    """

    name = "macd"

    class Parameters(FastAndSlow):
        """Windows of the three averages."""

        fast: int = Field(12, ge=1, le=5_000, description="Bars in the fast average.")
        slow: int = Field(26, ge=2, le=10_000, description="Bars in the slow average; more than fast.")
        signal: int = Field(9, ge=1, le=5_000, description="Bars in the average of the MACD line.")

    @property
    def lookback(self) -> int:
        return int(self.parameters.slow + self.parameters.signal)

    def target(self, bars: Panel) -> FloatArray:
        given = self.parameters
        result = macd(bars.close, given.fast, given.slow, given.signal)
        return cross_weights(result.line, result.signal)

    @classmethod
    def decide_many(cls, bars: Panel, parameters: Sequence[Parameters]) -> Decisions:
        """The decisions of `target` for each set; one line for each pair of a fast and a slow window."""
        close = bars.close[:, 0]

        @lru_cache(INDICATORS_KEPT)
        def line(fast: int, slow: int) -> FloatArray:
            return ema(close, fast, seed_bar=slow - 1) - ema(close, slow)

        def lines(keys: Sequence[tuple[int, int]]) -> FloatArray:
            return np.array([line(*key) for key in keys])

        def signals(keys: Sequence[tuple[int, int, int]]) -> FloatArray:
            return np.array([ema(line(*key[:2]), key[2]) for key in keys])

        windows = [((one.fast, one.slow), (one.fast, one.slow, one.signal)) for one in parameters]
        return cross_decisions(bars, windows, lines, signals, [False] * len(windows))
