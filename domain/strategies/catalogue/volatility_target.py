"""A long position whose size keeps risk constant."""

import numpy as np
from pydantic import Field

from domain.arrays import FloatArray
from domain.features.volatility import realised_volatility
from domain.market.bars import Panel
from domain.strategies.protocol import StrategyParameters, VectorisedStrategy


class VolatilityTarget(VectorisedStrategy):
    """Hold less when the market is wild and more when it is calm, week by week.

    Volatility clusters and is not paid for in proportion: cutting exposure after it rises has
    raised the return for a unit of risk.
    A. Moreira, T. Muir, Volatility-Managed Portfolios, Journal of Finance (2017).
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
        with np.errstate(divide="ignore", invalid="ignore"):
            wanted = np.minimum(given.target / volatility, given.maximum) / len(bars.instruments)
        weights = np.full(bars.shape, np.nan)
        days = bars.close_time.astype("datetime64[ns]").astype("datetime64[D]").astype(np.int64)
        weeks = (days + 3) // 7  # 1970-01-01 was a Thursday: Monday begins a week
        begins = np.flatnonzero(np.append(True, weeks[1:] != weeks[:-1]))
        weights[begins] = wanted[begins]
        return weights
