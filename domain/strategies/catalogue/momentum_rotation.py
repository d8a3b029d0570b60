"""Cross-sectional momentum: the strongest of several, month by month."""

import numpy as np
from pydantic import Field, model_validator

from domain.arrays import FloatArray
from domain.features.signals import shift
from domain.market.bars import Panel
from domain.strategies.protocol import StrategyParameters, VectorisedStrategy


class MomentumRotation(VectorisedStrategy):
    """Each month hold, in equal parts, the instruments that rose most over the past year.

    Winners keep winning for some months, because news spreads slowly and investors follow each
    other. The last month is left out: over a few weeks the strongest tend to fall back.
    N. Jegadeesh, S. Titman, Returns to Buying Winners and Selling Losers, Journal of Finance (1993).
    """

    name = "momentum_rotation"
    instruments_needed = (2, None)

    class Parameters(StrategyParameters):
        """What counts as strength, and how many are held."""

        window: int = Field(252, ge=2, le=2_000, description="Bars back to where strength is measured from.")
        skip: int = Field(21, ge=0, le=500, description="Newest bars left out of the measure; less than window.")
        hold: int = Field(2, ge=1, le=500, description="Instruments held at a time.")

        @model_validator(mode="after")
        def _skip_is_shorter(self) -> "MomentumRotation.Parameters":
            if self.skip >= self.window:
                raise ValueError(f"skip ({self.skip}) must be below window ({self.window})")
            return self

    @property
    def lookback(self) -> int:
        return int(self.parameters.window) + 1

    def target(self, bars: Panel) -> FloatArray:
        given = self.parameters
        recent = shift(bars.close, given.skip) if given.skip else bars.close
        strength = recent / shift(bars.close, given.window) - 1.0
        held = min(given.hold, len(bars.instruments))
        weights = np.full(bars.shape, np.nan)
        months = bars.close_time.astype("datetime64[ns]").astype("datetime64[M]")
        # The first bar of a month: that a bar is the last one is not known when it closes.
        for row in np.flatnonzero(months[1:] != months[:-1]) + 1:
            ranked = np.flatnonzero(np.isfinite(strength[row]))
            if ranked.size:
                best = ranked[np.argsort(-strength[row, ranked], kind="stable")[:held]]
                weights[row] = 0.0
                weights[row, best] = 1.0 / held
        return weights
