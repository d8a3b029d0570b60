"""Buying below the lower Bollinger band."""

from collections.abc import Sequence

from pydantic import Field

from domain.arrays import BoolArray, FloatArray
from domain.features.channels import bollinger
from domain.features.moving_averages import sma
from domain.features.signals import hold
from domain.market.bars import Panel
from domain.strategies.decisions import Decisions, hold_decisions
from domain.strategies.protocol import StrategyParameters, VectorisedStrategy


class BollingerReversion(VectorisedStrategy):
    """Bollinger band reversion

    Buy below the lower band, sell at the middle.

    A close far below its own recent range is more often pressure than news, and pressure passes.
    The band widens with volatility, so the rule asks for more weakness in wild markets.

    Source: J. Bollinger, Bollinger on Bollinger Bands (2001).
    """

    name = "bollinger_reversion"

    class Parameters(StrategyParameters):
        """Length and width of the bands."""

        window: int = Field(20, ge=2, le=1_000, description="Bars in the mean and the deviation.")
        width: float = Field(2.0, gt=0, le=10, description="Population deviations from the mean to a band.")

    @property
    def lookback(self) -> int:
        return int(self.parameters.window)

    def target(self, bars: Panel) -> FloatArray:
        bands = bollinger(bars.close, self.parameters.window, self.parameters.width)
        return hold(bars.close < bands.lower, bars.close >= bands.middle)

    @classmethod
    def decide_many(cls, bars: Panel, parameters: Sequence[Parameters]) -> Decisions:
        """The decisions of `target` for each set; one band a window and width, one mean a window."""
        close = bars.close[:, 0]

        def is_below(key: tuple[int, float]) -> BoolArray:
            return close < bollinger(close, *key).lower

        def is_back(window: int) -> BoolArray:
            return close >= sma(close, window)

        bands = [((one.window, one.width), one.window) for one in parameters]
        return hold_decisions(bars, bands, is_below, is_back)
