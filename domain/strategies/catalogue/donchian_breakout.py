"""Breakout from the Donchian channel: the rule of the Turtles."""

from collections.abc import Sequence

from pydantic import Field

from domain.arrays import BoolArray, FloatArray
from domain.features.channels import highest, lowest
from domain.features.signals import hold, shift
from domain.market.bars import Panel
from domain.strategies.decisions import Decisions, hold_decisions
from domain.strategies.protocol import StrategyParameters, VectorisedStrategy


class DonchianBreakout(VectorisedStrategy):
    """Donchian channel breakout

    Own what makes a new high, leave at a new low of a shorter channel.

    A new high leaves no holder with a loss to sell out of, and large orders take days to fill:
    both let a breakout run. Many small losses pay for a few large gains.

    Source: R. Donchian's four-week rule, as traded by the Turtles (C. Faith, Way of the Turtle, 2007).
    """

    name = "donchian_breakout"

    class Parameters(StrategyParameters):
        """Length of the two channels."""

        entry: int = Field(20, ge=2, le=1_000, description="Bars whose highest high must be exceeded.")
        exit: int = Field(10, ge=2, le=1_000, description="Bars whose lowest low ends the position.")

    @property
    def lookback(self) -> int:
        return int(max(self.parameters.entry, self.parameters.exit)) + 1

    def target(self, bars: Panel) -> FloatArray:
        # The channel of the bar before: a close cannot exceed a range that already holds it.
        upper = shift(highest(bars.high, self.parameters.entry))
        lower = shift(lowest(bars.low, self.parameters.exit))
        return hold(bars.close > upper, bars.close < lower)

    @classmethod
    def decide_many(cls, bars: Panel, parameters: Sequence[Parameters]) -> Decisions:
        """The decisions of `target` for each set; one channel a window."""
        close, high, low = bars.close[:, 0], bars.high[:, 0], bars.low[:, 0]

        def breaks_out(window: int) -> BoolArray:
            return close > shift(highest(high, window))

        def breaks_down(window: int) -> BoolArray:
            return close < shift(lowest(low, window))

        windows = [(one.entry, one.exit) for one in parameters]
        return hold_decisions(bars, windows, breaks_out, breaks_down)
