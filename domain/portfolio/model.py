"""The words of portfolio construction: how weights are made, how risk is measured, when to rebalance."""

from enum import StrEnum


class WeightMethod(StrEnum):
    """How a budget is split over instruments; see `domain.portfolio.weights.weights`."""

    EQUAL = "equal"
    INVERSE_VOLATILITY = "inverse_volatility"
    MINIMUM_VARIANCE = "minimum_variance"
    RISK_PARITY = "risk_parity"
    HIERARCHICAL_RISK_PARITY = "hierarchical_risk_parity"
    MAXIMUM_SHARPE = "maximum_sharpe"
    KELLY = "kelly"


class CovarianceEstimator(StrEnum):
    """How the covariance of returns is estimated; see `domain.portfolio.covariance.estimate`."""

    SAMPLE = "sample"
    EXPONENTIAL = "exponential"
    SHRUNK_TO_IDENTITY = "shrunk_to_identity"
    SHRUNK_TO_CONSTANT_CORRELATION = "shrunk_to_constant_correlation"
    DENOISED = "denoised"


class Frequency(StrEnum):
    """How often a schedule comes round."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"
    BARS = "bars"


class SessionOfPeriod(StrEnum):
    """Which session of a week, month, quarter or year: the last one needs a published calendar."""

    FIRST = "first"
    LAST = "last"
