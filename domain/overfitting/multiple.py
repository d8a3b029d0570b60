"""Many tests at once: p-values that allow for them, and what is left of a Sharpe ratio after that.

Sources: Harvey & Liu, "Backtesting", Journal of Portfolio Management 42 (2015); Holm, Scandinavian
Journal of Statistics 6 (1979); Benjamini & Yekutieli, Annals of Statistics 29 (2001).
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

import numpy as np

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.overfitting.inputs import require_at_least, series
from domain.performance.returns import NOISE

_NORMAL = NormalDist()


class Correction(StrEnum):
    """What is kept small. BONFERRONI, SIDAK (independent tests) and HOLM (any, never stricter than
    Bonferroni) keep the chance of a single false find; BENJAMINI_YEKUTIELI the share of false finds."""

    BONFERRONI = "bonferroni"
    SIDAK = "sidak"
    HOLM = "holm"
    BENJAMINI_YEKUTIELI = "benjamini_yekutieli"


@dataclass(frozen=True, slots=True)
class Haircut:
    """A Sharpe ratio before and after allowing for the number of trials.

    p_value, adjusted_p_value  two-sided, of "the true ratio is 0"
    sharpe                     the ratio per period that would have the adjusted p-value by itself
    share                      the part of the ratio that is cut off, in [0, 1]
    """

    p_value: float
    adjusted_p_value: float
    sharpe: float
    share: float


def sharpe_p_value(sharpe: float, count: int) -> float:
    """Two-sided p-value of a Sharpe ratio per period over so many periods: t = ratio x sqrt(count), normal."""
    require_at_least("count", count, 1)
    return math.erfc(abs(sharpe) * math.sqrt(count / 2.0))


def adjusted_p_values(p_values: FloatArray, correction: Correction) -> FloatArray:
    """p-values (m,) of m tests made together, each adjusted for the rest, in the same order, (m,).

    Raises InvalidInput for NaN and for values outside [0, 1].
    """
    values = series("p_values", p_values)
    if bool(((values < 0.0) | (values > 1.0)).any()):
        raise InvalidInput.at("p_values", message="must lie between 0 and 1")
    count = len(values)
    if correction is Correction.BONFERRONI:
        return _at_most_one(values * count)
    if correction is Correction.SIDAK:
        # 1 - (1 - p)^m, without losing small p to rounding.
        with np.errstate(divide="ignore"):
            return _at_most_one(-np.expm1(count * np.log1p(-values)))
    order = np.argsort(values, kind="stable")
    ranks = np.arange(1, count + 1)
    ranked = values[order]
    if correction is Correction.HOLM:
        adjusted = np.maximum.accumulate(ranked * (count - ranks + 1))
    else:
        harmonic = float(np.sum(1.0 / ranks))
        adjusted = np.minimum.accumulate((ranked * count * harmonic / ranks)[::-1])[::-1]
    result = np.empty(count)
    result[order] = adjusted
    return _at_most_one(result)


def haircut_sharpe(
    sharpe: float,
    count: int,
    trial_sharpes: FloatArray,
    correction: Correction,
    trials: int | None = None,
) -> Haircut | None:
    """What is left of a Sharpe ratio per period, over count periods, that was picked from trials.

    trial_sharpes (K,) are the ratios per period of the trials, over as many periods; NaN marks one
    that has none and counts as no find. The picked one is added when it is not among them. trials is
    how many there were in all, when not all are known: the rest count as no find.
    None when the ratio is not above 0. Raises InvalidInput for fewer trials than ratios given.
    """
    if not sharpe > NOISE:
        return None
    p_value = sharpe_p_value(sharpe, count)
    known = np.nan_to_num(np.asarray(trial_sharpes, dtype=np.float64), nan=0.0)
    if not np.isclose(known, sharpe, rtol=1e-9, atol=0.0).any():
        known = np.append(known, sharpe)
    if trials is not None and trials < len(known):
        raise InvalidInput.at("trials", message=f"cannot be fewer than the {len(known)} ratios known")
    unknown = 0 if trials is None else trials - len(known)
    others = [sharpe_p_value(float(ratio), count) for ratio in known]
    together = np.concatenate([others, np.ones(unknown)])
    own = int(np.argmin(np.abs(known - sharpe)))
    adjusted = float(adjusted_p_values(together, correction)[own])
    # A p-value too small for a float leaves nothing to cut.
    left = sharpe if adjusted <= 0.0 else -_NORMAL.inv_cdf(adjusted / 2.0) / math.sqrt(count)
    left = min(max(left, 0.0), sharpe)
    return Haircut(p_value, adjusted, left, 1.0 - left / sharpe)


def _at_most_one(values: FloatArray) -> FloatArray:
    capped: FloatArray = np.minimum(values, 1.0)
    return capped
