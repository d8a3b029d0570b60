"""The trials behind a result: how good each was, how far they differ, and how many they really are."""

import numpy as np

from domain.arrays import FloatArray
from domain.overfitting.inputs import table
from domain.performance.returns import FEWEST_FOR_A_SPREAD, NOISE


def sharpe_ratios(returns: FloatArray) -> FloatArray:
    """Sharpe ratio per period of each column of simple returns (T, K), as (K,); ddof 1.

    NaN for a column that does not vary, and for all below two periods. Raises InvalidInput for NaN.
    """
    values = table("returns", returns)
    if len(values) < FEWEST_FOR_A_SPREAD:
        return np.full(values.shape[1], np.nan)
    deviation = values.std(axis=0, ddof=1)
    varies = deviation > NOISE
    return np.where(varies, values.mean(axis=0) / np.where(varies, deviation, 1.0), np.nan)


def sharpe_variance(sharpes: FloatArray) -> float | None:
    """Variance (ddof 1) of the trials' Sharpe ratios (K,), for `sharpe.deflated_sharpe`.

    NaN marks a trial that has none, and is left out. None with fewer than two.
    """
    ratios = np.asarray(sharpes, dtype=np.float64)
    defined = ratios[np.isfinite(ratios)]
    return float(defined.var(ddof=1)) if len(defined) >= FEWEST_FOR_A_SPREAD else None


def effective_trials(returns: FloatArray) -> float | None:
    """How many independent trials the correlated ones of returns (T, K) amount to, in [1, K].

    Neighbouring parameters trade nearly alike: a thousand of them are not a thousand tries. Taken from
    the eigenvalues l of the correlation matrix as (sum sqrt l)^2 / sum l: K for unrelated trials, 1 for
    copies, and the number of groups for equal groups of copies. Trials more than periods cannot be told
    apart: it is at most T - 1. Columns that do not vary never traded and are left out; None when
    all are, or below two periods.
    Source: Galwey, "A new measure of the effective number of tests", Genetic Epidemiology 33 (2009).
    """
    values = table("returns", returns)
    if len(values) < FEWEST_FOR_A_SPREAD:
        return None
    centred = values - values.mean(axis=0)
    size = np.sqrt(np.einsum("tk,tk->k", centred, centred))
    varies = size > NOISE * np.sqrt(len(values))
    if not varies.any():
        return None
    unit = centred if varies.all() else centred[:, varies]
    unit /= size[varies]
    # Both products have the same eigenvalues but for zeros: the smaller one is solved.
    product = unit.T @ unit if unit.shape[1] <= unit.shape[0] else unit @ unit.T
    eigenvalues = np.linalg.eigvalsh(product)
    # Rounding leaves zeros at 1e-16, whose roots would be counted as trials by the thousand.
    kept = eigenvalues[eigenvalues > NOISE * len(product)]
    return float(np.sqrt(kept).sum() ** 2 / kept.sum())
