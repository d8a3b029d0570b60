"""Crossing of two simple moving averages."""

from collections.abc import Sequence
from functools import partial

from pydantic import Field

from domain.arrays import FloatArray
from domain.features.moving_averages import sma, sma_lines
from domain.features.signals import cross_weights
from domain.market.bars import Panel
from domain.strategies.averages import FastAndSlow
from domain.strategies.decisions import Decisions, cross_decisions
from domain.strategies.protocol import VectorisedStrategy


class SmaCross(VectorisedStrategy):
    """Simple moving average cross

    Own what has begun to rise: buy when the fast average crosses above the slow one.

    Prices under-react to news, so a change of direction tends to last for a while. The rule acts
    on the cross itself, not on the level: it stays flat until the first cross, so that it never
    buys into the middle of a trend only because the data begins there.

    Source: W. Brock, J. Lakonishok, B. LeBaron, Simple Technical Trading Rules, Journal of Finance (1992).
    """

    name = "sma_cross"

    class Parameters(FastAndSlow):
        """Windows of the two averages."""

        fast: int = Field(20, ge=1, le=5_000, description="Bars in the fast average.")
        slow: int = Field(50, ge=2, le=10_000, description="Bars in the slow average; more than fast.")
        allow_short: bool = Field(False, description="Sell short on a cross below, instead of leaving.")

    @property
    def lookback(self) -> int:
        return int(self.parameters.slow) + 1

    def target(self, bars: Panel) -> FloatArray:
        fast, slow = sma(bars.close, self.parameters.fast), sma(bars.close, self.parameters.slow)
        return cross_weights(fast, slow, allow_short=self.parameters.allow_short)

    @classmethod
    def decide_many(cls, bars: Panel, parameters: Sequence[Parameters]) -> Decisions:
        """The decisions of `target` for each set; one average a window."""
        windows = [(one.fast, one.slow) for one in parameters]
        averages = partial(sma_lines, bars.close[:, 0])
        return cross_decisions(bars, windows, averages, averages, [one.allow_short for one in parameters])
