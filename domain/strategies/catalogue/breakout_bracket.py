"""Donchian breakout that leaves by a stop or a target: orders of its own instead of weights."""

from collections.abc import Mapping

from pydantic import Field

from domain.arrays import FloatArray
from domain.features.channels import highest
from domain.features.signals import shift
from domain.features.volatility import atr
from domain.market.bars import Panel
from domain.market.instruments import InstrumentId
from domain.strategies.protocol import BarContext, EventStrategy, StrategyParameters


class BreakoutBracket(EventStrategy):
    """Donchian breakout with bracket

    Buy a new high at the market; a stop and a target, both in average true ranges, end the position.

    The range measures how far price moves by chance: a stop inside it is hit by noise, a target far
    beyond it is seldom reached. Both are worked as orders, so that they fill inside a bar. Equity is
    shared equally between the instruments, which must have prices in the account's currency.

    Source: R. Donchian's four-week rule; stops of two ranges as the Turtles placed them (C. Faith, Way
    of the Turtle, 2007); average true range: J. W. Wilder, New Concepts in Technical Trading Systems
    (1978).
    """

    name = "breakout_bracket"

    class Parameters(StrategyParameters):
        """The channel, the range, and how many ranges away the exits lie."""

        window: int = Field(20, ge=2, le=1_000, description="Bars whose highest high must be exceeded.")
        range_window: int = Field(14, ge=2, le=1_000, description="Bars of the average true range.")
        stop: float = Field(2.0, gt=0, le=50, description="Average true ranges down to the stop.")
        target: float = Field(4.0, gt=0, le=50, description="Average true ranges up to the target.")

    @property
    def lookback(self) -> int:
        return int(max(self.parameters.window, self.parameters.range_window)) + 1

    def indicators(self, bars: Panel) -> Mapping[str, FloatArray]:
        # The channel of the bar before: a close cannot exceed a range that already holds it.
        return {
            "upper": shift(highest(bars.high, self.parameters.window)),
            "range": atr(bars.high, bars.low, bars.close, self.parameters.range_window),
        }

    def on_bar(self, context: BarContext) -> None:
        for instrument in context.instruments:
            # An entry that volume cut short is still working, and so is every exit.
            if context.position(instrument) == 0 and not context.orders(instrument):
                self._enter(context, instrument)

    def _enter(self, context: BarContext, instrument: InstrumentId) -> None:
        close, average_range = context.close(instrument), context.indicator("range", instrument)
        stop_loss = close - self.parameters.stop * average_range
        # Comparisons with NaN, in warm-up or without a bar, are false.
        if not (close > context.indicator("upper", instrument) and average_range > 0 and stop_loss > 0):
            return
        units = context.equity / len(context.instruments) / close
        take_profit = close + self.parameters.target * average_range
        context.buy(units, instrument, take_profit=take_profit, stop_loss=stop_loss, tag="breakout")
