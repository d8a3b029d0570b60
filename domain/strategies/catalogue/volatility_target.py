"""A long position whose size keeps risk constant."""

import numpy as np
from pydantic import Field

from domain.arrays import BoolArray, FloatArray, TimeArray
from domain.clock import NANOSECONDS_PER_DAY
from domain.features.volatility import realised_volatility
from domain.market.bars import Panel
from domain.strategies.protocol import StrategyParameters, VectorisedStrategy


class VolatilityTarget(VectorisedStrategy):
    """Volatility target

    Hold less when the market is wild and more when it is calm, week by week.

    Volatility clusters and is not paid for in proportion: cutting exposure after it rises has
    raised the return for a unit of risk.

    Source: A. Moreira, T. Muir, Volatility-Managed Portfolios, Journal of Finance (2017).
    """

    name = "volatility_target"

    class Parameters(StrategyParameters):
        """How much risk, measured how."""

        target: float = Field(0.15, gt=0, le=2, description="Volatility wanted, a fraction a year.")
        window: int = Field(20, ge=2, le=1_000, description="Bars over which volatility is measured.")
        periods_per_year: int = Field(252, ge=1, le=1_000_000, description="Bars in a year.")
        maximum: float = Field(1.0, gt=0, le=20, description="Largest weight, as a share of equity.")

    @property
    def lookback(self) -> int:
        return int(self.parameters.window) + 1

    def target(self, bars: Panel) -> FloatArray:
        given = self.parameters
        volatility = realised_volatility(bars.close, given.window, given.periods_per_year)
        weights = np.full(bars.shape, np.nan)
        for column in range(bars.shape[1]):
            rows = np.flatnonzero(np.isfinite(bars.close[:, column]))
            rows = rows[_begins_week(bars.close_time[rows])]
            # A market that did not move at all is calm: the largest weight.
            calm = np.maximum(volatility[rows, column], given.target / given.maximum)
            weights[rows, column] = given.target / calm / len(bars.instruments)
        return weights


def _begins_week(close_time: TimeArray) -> BoolArray:
    """Whether a bar is the first of its week (Monday to Sunday, UTC). What came before the very
    first bar is not known, so it never counts: live and backtest decide on the same bars."""
    # Day 0, 1970-01-01, was a Thursday.
    weeks = (close_time + 3 * NANOSECONDS_PER_DAY) // (7 * NANOSECONDS_PER_DAY)
    begins = np.zeros(weeks.shape, dtype=np.bool_)
    begins[1:] = weeks[1:] != weeks[:-1]
    return begins
