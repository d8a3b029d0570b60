"""One call from returns to weights, whatever the method."""

from dataclasses import dataclass

import numpy as np

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.portfolio.covariance import estimate, variances
from domain.portfolio.hierarchical import hierarchical_risk_parity
from domain.portfolio.kelly import capped_kelly
from domain.portfolio.maximum_sharpe import maximum_sharpe, shrunk_mean
from domain.portfolio.minimum_variance import minimum_variance
from domain.portfolio.model import CovarianceEstimator, WeightMethod
from domain.portfolio.naive import equal, inverse_volatility
from domain.portfolio.risk_parity import risk_parity


@dataclass(frozen=True, slots=True)
class Recipe:
    """How weights are made.

    half_life        periods; of the exponential covariance alone
    minimum, maximum weight of any one instrument. MINIMUM_VARIANCE, MAXIMUM_SHARPE and KELLY look for
                     their best within; the weights of the others are `Constraints.project`ed by the caller
    kelly_fraction   share of the growth-optimal bet, in (0, 1]
    kelly_leverage   most that Kelly weights may sum to
    """

    method: WeightMethod = WeightMethod.INVERSE_VOLATILITY
    estimator: CovarianceEstimator = CovarianceEstimator.SAMPLE
    half_life: float = 63.0
    minimum: float = 0.0
    maximum: float = 1.0
    kelly_fraction: float = 0.5
    kelly_leverage: float = 1.0


def weights(returns: FloatArray, recipe: Recipe) -> FloatArray:
    """Long-only weights (N,) from simple returns (S, N) without gaps.

    They sum to one, but for KELLY, which may leave cash, and for MAXIMUM_SHARPE, which holds nothing
    where no portfolio has an expected return above 0. Raises InvalidInput as the methods do.
    """
    count = returns.shape[1]
    match recipe.method:
        case WeightMethod.EQUAL:
            return equal(count)
        case WeightMethod.INVERSE_VOLATILITY:
            return inverse_volatility(variances(returns, recipe.estimator, recipe.half_life))
        case _:
            return _by_covariance(returns, estimate(returns, recipe.estimator, recipe.half_life), recipe)


def _by_covariance(returns: FloatArray, covariance: FloatArray, recipe: Recipe) -> FloatArray:
    lower = np.full(len(covariance), recipe.minimum)
    upper = np.full(len(covariance), recipe.maximum)
    match recipe.method:
        case WeightMethod.MINIMUM_VARIANCE:
            return minimum_variance(covariance, lower, upper)
        case WeightMethod.RISK_PARITY:
            return risk_parity(covariance)
        case WeightMethod.HIERARCHICAL_RISK_PARITY:
            return hierarchical_risk_parity(covariance)
        case WeightMethod.MAXIMUM_SHARPE:
            return maximum_sharpe(shrunk_mean(returns, covariance), covariance, lower, upper)
        case WeightMethod.KELLY:
            return capped_kelly(
                shrunk_mean(returns, covariance),
                covariance,
                lower,
                upper,
                fraction=recipe.kelly_fraction,
                leverage=recipe.kelly_leverage,
            )
        case _:
            raise InvalidInput(f"There is no weight method '{recipe.method}'.")
