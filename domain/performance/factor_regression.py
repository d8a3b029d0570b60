"""What of a return its factors explain, and whether what is left is more than luck.

Ordinary least squares of excess returns on factor returns, with standard errors that stay right when
residuals are correlated over time and vary in size (HAC).

Source: W. Newey, K. West, A Simple, Positive Semi-Definite, Heteroskedasticity and Autocorrelation
Consistent Covariance Matrix, Econometrica 55 (1987).
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.performance.returns import NOISE, compounded
from domain.performance.student_t import two_sided_p_value

_COLLINEAR = 1e-10


@dataclass(frozen=True, slots=True)
class Coefficient:
    """An estimate and how sure it is; None where the residuals leave no spread to judge by.

    p_value is two-sided, by Student's t with n - k degrees of freedom.
    """

    name: str
    value: float
    standard_error: float | None
    t_statistic: float | None
    p_value: float | None


@dataclass(frozen=True, slots=True)
class FactorRegression:
    """returns - risk-free = alpha + betas * factors + residual, over n periods.

    alpha            a period, as a fraction
    alpha_annual     alpha compounded over a year's periods, as `Statistics.alpha`; None if it overflows
    betas            one for each factor, in their order
    r_squared        share of the variance explained, adjusted for the number of factors or not; None
                     where returns do not vary
    residual_volatility
                     deviation of what is not explained (n - k degrees of freedom), annualised
    lags             autocovariances that count in the errors, by Bartlett's falling weights
    left_out         periods without a finite return of everything
    """

    alpha: Coefficient
    alpha_annual: float | None
    betas: tuple[Coefficient, ...]
    r_squared: float | None
    adjusted_r_squared: float | None
    residual_volatility: float
    periods: int
    left_out: int
    degrees_of_freedom: int
    lags: int
    periods_per_year: int
    risk_free_rate: float


def newey_west_lags(periods: int) -> int:
    """floor(4 * (n / 100) ** (2 / 9)), the rule that packages use: 4 for 100 periods, 8 for 2,500.

    Source: W. Newey, K. West, Automatic Lag Selection in Covariance Matrix Estimation, Review of
    Economic Studies 61 (1994).
    """
    return int(4.0 * (periods / 100.0) ** (2.0 / 9.0))


def regress_on_factors(
    returns: FloatArray,
    factors: Mapping[str, FloatArray],
    *,
    periods_per_year: int,
    risk_free_rate: float = 0.0,
    funded: Collection[str] = (),
    lags: int | None = None,
) -> FactorRegression:
    """Regress an account's simple period returns (n,) on those of any number of factors, each (n,).

    risk_free_rate  annual and simple; its share, rate / periods_per_year, is taken from the returns and
                    from the factors in `funded`
    funded          factors that are bought with money, such as a benchmark. A factor that is one thing
                    against another (value against growth) has paid its financing and is taken as it is
    lags            autocovariances in the errors; `newey_west_lags` unless given. 0 is White's error

    Rows where any value is not finite are left out; the rows around them count as neighbours. Errors are
    not scaled for degrees of freedom. Raises InvalidInput for arrays of different lengths, fewer rows
    than coefficients plus one, and factors that can be made from each other or do not vary.
    """
    names = tuple(factors)
    given, market = _checked(returns, factors, funded)
    rate = risk_free_rate / periods_per_year
    kept = np.isfinite(given) & np.isfinite(market).all(axis=1)
    y = given[kept] - rate
    x = market[kept] - rate * np.array([name in funded for name in names], dtype=np.float64)
    count, unknowns = len(y), len(names) + 1
    used = newey_west_lags(count) if lags is None else lags
    if count <= unknowns or used < 0:
        raise InvalidInput(
            f"A regression on {len(names)} factors needs {unknowns + 1} periods at least and lags of 0 or "
            f"more; there are {count} periods and {used} lags."
        )
    design = np.column_stack([np.ones(count), x])
    bread = _inverse_square(design, names)
    estimate = bread @ (design.T @ y)
    residual = y - design @ estimate
    errors = np.sqrt(np.maximum(np.diagonal(_robust(design, residual, bread, used)), 0.0))
    exact = float(np.abs(residual).max()) <= NOISE
    freedom = count - unknowns
    coefficients = tuple(
        _coefficient(name, float(value), None if exact else float(error), freedom)
        for name, value, error in zip(("alpha", *names), estimate, errors, strict=True)
    )
    left = float(residual @ residual)
    centred = y - y.mean()
    total = float(centred @ centred)
    explained = 1.0 - left / total if total > NOISE**2 * count else None
    return FactorRegression(
        alpha=coefficients[0],
        alpha_annual=compounded(1.0 + coefficients[0].value, periods_per_year),
        betas=coefficients[1:],
        r_squared=explained,
        adjusted_r_squared=None if explained is None else 1.0 - (1.0 - explained) * (count - 1) / freedom,
        residual_volatility=math.sqrt(left / freedom * periods_per_year),
        periods=count,
        left_out=len(given) - count,
        degrees_of_freedom=freedom,
        lags=used,
        periods_per_year=periods_per_year,
        risk_free_rate=risk_free_rate,
    )


def _checked(
    returns: FloatArray, factors: Mapping[str, FloatArray], funded: Collection[str]
) -> tuple[FloatArray, FloatArray]:
    given = np.asarray(returns, dtype=np.float64)
    if not factors:
        raise InvalidInput.at("factors", message="name one at least")
    for name, values in factors.items():
        if np.shape(values) != given.shape or given.ndim != 1:
            raise InvalidInput.at(
                "factors", name, message=f"must have one return for each of the {given.size}"
            )
    unknown = sorted(set(funded) - set(factors))
    if unknown:
        raise InvalidInput.at("funded", message=f"{', '.join(unknown)} is not among the factors")
    return given, np.column_stack([np.asarray(values, dtype=np.float64) for values in factors.values()])


def _inverse_square(design: FloatArray, names: tuple[str, ...]) -> FloatArray:
    """(X'X)^-1 by the orthogonal factor, after a check that no column is made of the ones before it."""
    scale = np.sqrt(np.einsum("ij,ij->j", design, design))
    upper = np.linalg.qr(design / np.where(scale > 0.0, scale, 1.0), mode="r")
    for number, pivot in enumerate(np.abs(np.diagonal(upper))):
        if not pivot > _COLLINEAR:
            raise InvalidInput.at(
                "factors",
                names[number - 1],
                message="does not vary, or follows from the factors before it; leave it out",
            )
    inverse = np.linalg.inv(upper) / scale[:, np.newaxis]
    return np.asarray(inverse @ inverse.T)


def _robust(design: FloatArray, residual: FloatArray, bread: FloatArray, lags: int) -> FloatArray:
    scores = design * residual[:, np.newaxis]
    meat = scores.T @ scores
    for lag in range(1, min(lags, len(scores) - 1) + 1):
        crossed = scores[lag:].T @ scores[:-lag]
        meat += (1.0 - lag / (lags + 1.0)) * (crossed + crossed.T)
    return np.asarray(bread @ meat @ bread)


def _coefficient(name: str, value: float, error: float | None, freedom: int) -> Coefficient:
    if error is None or error <= 0.0:
        return Coefficient(name, value, None, None, None)
    t = value / error
    return Coefficient(name, value, error, t, two_sided_p_value(t, freedom))
