"""How much of a Sharpe ratio is luck: its error, its odds, and what the number of trials takes off.

Sharpe ratios are per period (arithmetic mean over standard deviation, ddof 1), never annualised,
unless a name says annual: mixing the two gives a number without any warning. Undefined is None.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from domain.arrays import FloatArray
from domain.overfitting.inputs import require_at_least, require_share, series
from domain.performance.returns import FEWEST_FOR_A_SPREAD, NOISE
from domain.performance.risk import probabilistic_sharpe, risk, variance_of_sharpe

_NORMAL = NormalDist()
_EULER_GAMMA = 0.577_215_664_901_532_9


@dataclass(frozen=True, slots=True)
class SharpeEstimate:
    """A Sharpe ratio per period with what its error depends on.

    count     return periods it was measured over
    skew      population skewness of the returns
    kurtosis  Pearson's: 3 for a normal distribution
    """

    sharpe: float
    count: int
    skew: float = 0.0
    kurtosis: float = 3.0

    @classmethod
    def of(cls, returns: FloatArray, risk_free: float = 0.0) -> "SharpeEstimate | None":
        """Measured on simple period returns (n,); risk_free is per period.

        None below two periods or when returns do not vary. Raises InvalidInput for NaN or infinity.
        """
        values = series("returns", returns)
        measured = risk(values, 1, risk_free)
        sharpe, skew, kurtosis = measured["sharpe"], measured["skew"], measured["kurtosis"]
        if sharpe is None or skew is None or kurtosis is None:
            return None
        return cls(sharpe, len(values), skew, kurtosis)


def probability_above(estimate: SharpeEstimate, benchmark: float = 0.0) -> float | None:
    """Probabilistic Sharpe ratio: probability that the true ratio exceeds the benchmark (per period).

    None where the error is undefined, see `standard_error`.
    Source: Bailey & Lopez de Prado, "The Sharpe Ratio Efficient Frontier", Journal of Risk 15 (2012).
    """
    return probabilistic_sharpe(estimate.sharpe, estimate.count, estimate.skew, estimate.kurtosis, benchmark)


def standard_error(estimate: SharpeEstimate) -> float | None:
    """Standard error of a Sharpe ratio of independent returns of any distribution, per period.

    None below two periods, and where skew makes the variance of a small sample negative.
    Source: Mertens (2002); the divisor n - 1 is that of Bailey & Lopez de Prado (2012).
    """
    variance = variance_of_sharpe(estimate.sharpe, estimate.skew, estimate.kurtosis)
    if variance is None or estimate.count < FEWEST_FOR_A_SPREAD:
        return None
    return math.sqrt(variance / (estimate.count - 1))


def confidence_interval(estimate: SharpeEstimate, confidence: float = 0.95) -> tuple[float, float] | None:
    """Two-sided normal interval of the Sharpe ratio per period; None as `standard_error` is.

    Raises InvalidInput unless 0 < confidence < 1.
    """
    require_share("confidence", confidence)
    error = standard_error(estimate)
    if error is None:
        return None
    reach = _NORMAL.inv_cdf(0.5 + confidence / 2.0) * error
    return estimate.sharpe - reach, estimate.sharpe + reach


def expected_maximum_sharpe(trials: float, variance: float) -> float:
    """Sharpe ratio that the best of so many worthless trials is expected to show.

    trials need not be whole (see `trials.effective_trials`); variance is that of the trials' ratios, in
    the unit wanted for the result. 0 for a single trial. Raises InvalidInput for a negative variance.
    Source: Bailey & Lopez de Prado, "The Deflated Sharpe Ratio", Journal of Portfolio Management 40 (2014).
    """
    require_at_least("variance", variance, 0.0)
    require_at_least("trials", trials, 0.0)
    return math.sqrt(variance) * _expected_maximum(trials)


def deflated_sharpe(estimate: SharpeEstimate, trials: float, variance: float | None) -> float | None:
    """Probability that the true Sharpe ratio exceeds what luck gives the best of so many trials.

    variance is that of the trials' per-period Sharpe ratios. With one trial it is the probabilistic
    Sharpe ratio against 0; with more, None when the variance is unknown (None).
    Source: Bailey & Lopez de Prado, "The Deflated Sharpe Ratio", Journal of Portfolio Management 40 (2014).
    """
    if trials <= 1.0:
        return probability_above(estimate)
    if variance is None:
        return None
    return probability_above(estimate, expected_maximum_sharpe(trials, variance))


def minimum_track_record(
    estimate: SharpeEstimate, benchmark: float = 0.0, confidence: float = 0.95
) -> float | None:
    """Periods needed before the Sharpe ratio exceeds the benchmark with that confidence.

    None when the ratio is not above the benchmark (no length would do), or its error is undefined.
    Source: Bailey & Lopez de Prado, "The Sharpe Ratio Efficient Frontier", Journal of Risk 15 (2012).
    """
    require_share("confidence", confidence)
    variance = variance_of_sharpe(estimate.sharpe, estimate.skew, estimate.kurtosis)
    margin = estimate.sharpe - benchmark
    if variance is None or margin <= NOISE:
        return None
    return 1.0 + variance * (_NORMAL.inv_cdf(confidence) / margin) ** 2


def minimum_backtest_years(trials: float, annual_sharpe: float = 1.0) -> float | None:
    """Years of data below which the best of so many worthless trials shows this annual Sharpe ratio.

    0 for a single trial; None when the ratio is not above 0.
    Source: Bailey, Borwein, Lopez de Prado & Zhu, "Pseudo-Mathematics and Financial Charlatanism",
    Notices of the AMS 61 (2014), theorem 1.
    """
    require_at_least("trials", trials, 0.0)
    if annual_sharpe <= NOISE:
        return None
    return (_expected_maximum(trials) / annual_sharpe) ** 2


def annualised_sharpe(returns: FloatArray, periods_per_year: int, lags: int | None = None) -> float | None:
    """Annual Sharpe ratio of simple period returns (n,) that does not hide autocorrelation.

    The square root of time holds for independent returns alone: smoothed or trending ones look
    better by it than a year of them is. lags is how many autocorrelations are counted, at most
    periods_per_year - 1; left out it is 4 (n / 100)^(2/9) (Newey & West 1994), since all 251 of
    daily returns would be mostly noise. None when returns do not vary, or the counted
    autocorrelations leave no variance.
    Source: Lo, "The Statistics of Sharpe Ratios", Financial Analysts Journal 58 (2002), eq. 20.
    """
    estimate = SharpeEstimate.of(returns)
    if estimate is None:
        return None
    require_at_least("periods_per_year", periods_per_year, 1)
    wanted = int(4.0 * (estimate.count / 100.0) ** (2.0 / 9.0)) if lags is None else lags
    require_at_least("lags", wanted, 0)
    last = min(wanted, periods_per_year - 1, estimate.count - 1)
    factor = annualisation(_autocorrelations(series("returns", returns), last), periods_per_year)
    return None if factor is None else estimate.sharpe * factor


def annualisation(autocorrelations: FloatArray, periods_per_year: int) -> float | None:
    """What a Sharpe ratio per period is multiplied with to be one per year.

    autocorrelations (m,) are those at lags 1 to m, later ones counted as 0; without any the factor is
    the square root of time. None where they leave no variance. Source: Lo (2002), eq. 20.
    """
    weights = periods_per_year - np.arange(1, len(autocorrelations) + 1)
    variance = periods_per_year + 2.0 * float(weights @ autocorrelations)
    return periods_per_year / math.sqrt(variance) if variance > NOISE else None


def _expected_maximum(trials: float) -> float:
    """Of so many standard normal draws; below zero for fewer than two, which is no handicap but none."""
    if trials <= 1.0:
        return 0.0
    # The lower tail is asked for and turned round: 1 - 1/N is 1 for a large N.
    low, lower = -_NORMAL.inv_cdf(1.0 / trials), -_NORMAL.inv_cdf(1.0 / (trials * math.e))
    return max(0.0, (1.0 - _EULER_GAMMA) * low + _EULER_GAMMA * lower)


def _autocorrelations(values: FloatArray, last: int) -> FloatArray:
    """At lags 1 to last, (last,)."""
    centred = values - values.mean()
    total = float(centred @ centred)
    return np.array([float(centred[lag:] @ centred[:-lag]) / total for lag in range(1, last + 1)])
