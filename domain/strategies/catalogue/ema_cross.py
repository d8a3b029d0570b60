"""Crossing of two exponential moving averages."""

from collections.abc import Sequence
from functools import partial

from pydantic import Field

from domain.arrays import FloatArray
from domain.features.moving_averages import ema, ema_lines
from domain.features.signals import cross_weights
from domain.market.bars import Panel
from domain.strategies.averages import FastAndSlow
from domain.strategies.decisions import Decisions, cross_decisions
from domain.strategies.protocol import VectorisedStrategy


class EmaCross(VectorisedStrategy):
    """Exponential moving average cross

    The cross of two averages that weigh recent prices more, and so turn sooner.

    The same bet on continuation as `sma_cross`; the exponential weights trade less lag for more
    false turns. Acts on the cross, not on the level.

    Source: P. J. Kaufman, Trading Systems and Methods (2013), on exponential smoothing.
    """

    name = "ema_cross"

    class Parameters(FastAndSlow):
        """Windows of the two averages."""

        fast: int = Field(12, ge=1, le=5_000, description="Bars in the fast average.")
        slow: int = Field(26, ge=2, le=10_000, description="Bars in the slow average; more than fast.")
        allow_short: bool = Field(False, description="Sell short on a cross below, instead of leaving.")

    @property
    def lookback(self) -> int:
        return int(self.parameters.slow) + 1

    def target(self, bars: Panel) -> FloatArray:
        fast, slow = ema(bars.close, self.parameters.fast), ema(bars.close, self.parameters.slow)
        return cross_weights(fast, slow, allow_short=self.parameters.allow_short)

    @classmethod
    def decide_many(cls, bars: Panel, parameters: Sequence[Parameters]) -> Decisions:
        """The decisions of `target` for each set; one average a window."""
        windows = [(one.fast, one.slow) for one in parameters]
        averages = partial(ema_lines, bars.close[:, 0])
        return cross_decisions(bars, windows, averages, averages, [one.allow_short for one in parameters])
