"""Cross-sectional momentum: the strongest of several, month by month."""

import numpy as np
from pydantic import Field, model_validator

from domain.arrays import FloatArray, IntArray, TimeArray
from domain.clock import NANOSECONDS_PER_DAY
from domain.features.momentum import roc
from domain.features.signals import shift
from domain.market.bars import Panel
from domain.strategies.protocol import StrategyParameters, VectorisedStrategy

# Markets keep different holidays: one that is closed on the first of the month is ranked by its last
# bar, unless that is a week old and the instrument has perhaps stopped trading.
_STALE_AFTER = 7 * NANOSECONDS_PER_DAY


class MomentumRotation(VectorisedStrategy):
    """Momentum rotation

    Each month hold, in equal parts, the instruments that rose most over the past year.

    Winners keep winning for some months, because news spreads slowly and investors follow each
    other. The last month is left out: over a few weeks the strongest tend to fall back.

    Source: N. Jegadeesh, S. Titman, Returns to Buying Winners and Selling Losers, Journal of Finance (1993).
    """

    name = "momentum_rotation"
    instruments_needed = (2, None)

    class Parameters(StrategyParameters):
        """What counts as strength, and how many are held."""

        window: int = Field(252, ge=2, le=2_000, description="Bars back to where strength is measured from.")
        skip: int = Field(
            21, ge=0, le=500, description="Newest bars left out of the measure; less than window."
        )
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
        strength = roc(bars.close, self.parameters.window - self.parameters.skip)
        if self.parameters.skip:
            strength = shift(strength, self.parameters.skip)
        held = min(self.parameters.hold, len(bars.instruments))
        weights = np.full(bars.shape, np.nan)
        for row in _first_bars_of_months(bars.close_time):
            recent = int(np.searchsorted(bars.close_time, bars.close_time[row] - _STALE_AFTER))
            latest = _last_known(strength[recent : row + 1])
            ranked = np.flatnonzero(np.isfinite(latest))
            if ranked.size:
                best = ranked[np.argsort(-latest[ranked], kind="stable")[:held]]
                weights[row] = 0.0
                weights[row, best] = 1.0 / held
        return weights


def _first_bars_of_months(close_time: TimeArray) -> IntArray:
    """Rows that begin a month (UTC). That a bar ends a month is not known when it closes."""
    months = close_time.astype("datetime64[ns]").astype("datetime64[M]")
    return np.flatnonzero(months[1:] != months[:-1]) + 1


def _last_known(rows: FloatArray) -> FloatArray:
    """The newest value of each column that is not NaN; NaN where there is none."""
    newest = rows.shape[0] - 1 - np.isfinite(rows[::-1]).argmax(axis=0)
    return np.asarray(rows[newest, np.arange(rows.shape[1])])
