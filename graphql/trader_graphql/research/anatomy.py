"""Where a result comes from, as the API shows it."""

from datetime import date
from typing import TYPE_CHECKING

import strawberry

if TYPE_CHECKING:
    from domain.performance.factor_regression import Coefficient as DomainCoefficient
    from domain.performance.factor_regression import FactorRegression as DomainRegression
    from domain.research.results import Anatomy as DomainAnatomy


@strawberry.type(description="Return periods of one label, chained as if the others had not been.")
class Slice:
    label: str
    periods: int
    first: date
    last: date
    total_return: float
    annual_return: float | None
    sharpe: float | None
    max_drawdown: float
    profit: float = strawberry.field(description="Account currency.")
    profit_share: float | None = strawberry.field(description="Of the whole profit; null without one.")


@strawberry.type(description="A result by calendar, or by the market's regime as it was known at the time.")
class Breakdown:
    by: str
    rule: str = strawberry.field(description="How labels are made.")
    slices: list[Slice]


@strawberry.type(description="What the best few days made, and what is left without them.")
class BestDays:
    count: int
    of: int
    profit: float
    profit_share: float | None
    return_without: float


@strawberry.type(description="An estimate with its error.")
class Coefficient:
    name: str
    value: float
    standard_error: float | None
    t_statistic: float | None
    p_value: float | None

    @classmethod
    def read(cls, found: "DomainCoefficient") -> "Coefficient":
        """From the domain's."""
        return cls(
            name=found.name,
            value=found.value,
            standard_error=found.standard_error,
            t_statistic=found.t_statistic,
            p_value=found.p_value,
        )


@strawberry.type(
    description="Returns on factors by least squares, with Newey-West errors. Alpha is per return period."
)
class FactorRegression:
    alpha: Coefficient
    alpha_annual: float | None
    betas: list[Coefficient]
    r_squared: float | None
    residual_volatility: float = strawberry.field(description="A year.")
    periods: int
    lags: int = strawberry.field(description="Of the errors.")

    @classmethod
    def read(cls, found: "DomainRegression") -> "FactorRegression":
        """From the domain's."""
        return cls(
            alpha=Coefficient.read(found.alpha),
            alpha_annual=found.alpha_annual,
            betas=[Coefficient.read(one) for one in found.betas],
            r_squared=found.r_squared,
            residual_volatility=found.residual_volatility,
            periods=found.periods,
            lags=found.lags,
        )


@strawberry.type(description="Where a result comes from.")
class Anatomy:
    breakdowns: list[Breakdown]
    best_days: list[BestDays]
    regression: FactorRegression | None = strawberry.field(description="On the benchmark.")

    @classmethod
    def read(cls, found: "DomainAnatomy") -> "Anatomy":
        """From the domain's."""
        return cls(
            breakdowns=[
                Breakdown(by=one.by, rule=one.rule, slices=[_slice(part) for part in one.slices])
                for one in found.breakdowns
            ],
            best_days=[
                BestDays(
                    count=one.count,
                    of=one.of,
                    profit=one.profit,
                    profit_share=one.profit_share,
                    return_without=one.return_without,
                )
                for one in found.best_days
            ],
            regression=None if found.regression is None else FactorRegression.read(found.regression),
        )


def _slice(part: object) -> Slice:
    return Slice(**{name: getattr(part, name) for name in Slice.__annotations__})
