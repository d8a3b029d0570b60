"""Portfolio allocation: many instruments held at once, by weights that risk decides."""

from typing import Literal

from pydantic import Field, model_validator

from domain.arrays import FloatArray
from domain.market.bars import Panel
from domain.portfolio.allocation import Policy, allocate
from domain.portfolio.model import CovarianceEstimator, Frequency, WeightMethod
from domain.portfolio.schedule import Schedule
from domain.portfolio.weights import Recipe
from domain.strategies.protocol import StrategyParameters, VectorisedStrategy


class PortfolioWeights(VectorisedStrategy):
    """Portfolio allocation

    Hold everything, each by a weight made from its risk, and rebalance on a schedule.

    Most of what separates portfolios is how risk is spread, not which shares are picked: spreading it
    evenly keeps the loudest instruments from deciding the result. Instruments join once they have enough
    history and leave when they stop trading. First sessions of a week, month or quarter are known when
    they have come, so nothing waits for a calendar.

    Source: H. Markowitz, Portfolio Selection, Journal of Finance (1952); R. Clarke, H. de Silva,
    S. Thorley, Risk Parity, Maximum Diversification, and Minimum Variance, Journal of Portfolio
    Management (2013).
    """

    name = "allocation"

    class Parameters(StrategyParameters):
        """How weights are made, how far they may go, and when."""

        method: Literal[
            "equal",
            "inverse_volatility",
            "minimum_variance",
            "risk_parity",
            "hierarchical_risk_parity",
            "maximum_sharpe",
            "kelly",
        ] = Field("inverse_volatility", description="How the budget is split.")
        window: int = Field(252, ge=2, le=5_000, description="Returns that risk is estimated on.")
        history: float = Field(
            0.6, gt=0, le=1, description="Share of the window's bars an instrument must have to be held."
        )
        covariance: Literal[
            "sample", "exponential", "shrunk_to_identity", "shrunk_to_constant_correlation", "denoised"
        ] = Field("shrunk_to_constant_correlation", description="How the covariance is estimated.")
        half_life: float = Field(
            63.0, gt=0, le=5_000, description="Returns until one counts half; of the exponential estimate."
        )
        rebalance: Literal["daily", "weekly", "monthly", "quarterly", "yearly", "bars", "drift"] = Field(
            "monthly", description="When: first session of a period, every so many bars, or on drift."
        )
        weekday: int = Field(0, ge=0, le=6, description="Day a week begins with, 0 is Monday; of weekly.")
        bars: int = Field(21, ge=1, le=5_000, description="Bars between rebalances; of bars.")
        drift: float = Field(
            0.05, gt=0, le=1, description="Change of a weight that sets off a rebalance; of drift."
        )
        minimum: float = Field(
            0.0, ge=0, le=1, description="Least share of the portfolio in each instrument."
        )
        maximum: float = Field(
            1.0, gt=0, le=1, description="Largest share of the portfolio in an instrument."
        )
        leverage: float = Field(1.0, gt=0, le=20, description="Sum of weights; above 1 needs margin.")
        max_turnover: float = Field(
            40.0, gt=0, le=40, description="Most bought plus sold at a rebalance, as a share of equity."
        )
        band: float = Field(0.0, ge=0, le=1, description="Changes of a weight that are not worth a trade.")
        kelly_fraction: float = Field(
            0.5, gt=0, le=1, description="Share of the growth-optimal bet; of kelly, capped by leverage."
        )

        @model_validator(mode="after")
        def _bounds_in_order(self) -> "PortfolioWeights.Parameters":
            if self.minimum > self.maximum:
                raise ValueError(f"minimum ({self.minimum}) must not be above maximum ({self.maximum})")
            return self

    @property
    def lookback(self) -> int:
        return int(self.parameters.window) + 1

    def target(self, bars: Panel) -> FloatArray:
        return allocate(bars, _policy(self.parameters))


def _policy(given: PortfolioWeights.Parameters) -> Policy:
    by_drift = given.rebalance == "drift"
    return Policy(
        recipe=Recipe(
            method=WeightMethod(given.method),
            estimator=CovarianceEstimator(given.covariance),
            half_life=given.half_life,
            minimum=given.minimum,
            maximum=given.maximum,
            kelly_fraction=given.kelly_fraction,
            kelly_leverage=given.leverage,
        ),
        schedule=Schedule(
            Frequency.BARS if by_drift else Frequency(given.rebalance), weekday=given.weekday, bars=given.bars
        ),
        window=given.window,
        history=given.history,
        leverage=given.leverage,
        max_turnover=given.max_turnover,
        band=given.band,
        drift=given.drift if by_drift else None,
    )
