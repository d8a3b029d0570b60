"""Weights by which every instrument adds the same risk to the portfolio."""

import numpy as np

from domain.arrays import FloatArray
from domain.errors import InvalidInput

_ROUNDS = 200
_CLOSE = 1e-14


def risk_parity(covariance: FloatArray, budgets: FloatArray | None = None) -> FloatArray:
    """Long-only weights (N,), summing to one, whose shares of the variance are `budgets`.

    budgets (N,) are above 0 and are scaled to sum to one; None is the same for all. The share of i is
    x_i (Cx)_i / x'Cx. Raises InvalidInput for a variance or budget of 0, and for a covariance under
    which some portfolio has no risk, since nothing then tells how to split it.

    Such weights minimise 1/2 x'Cx - sum(b log x), which is convex and has one minimum; found by
    Newton steps, damped as for any self-concordant function. Sources: S. Maillard, T. Roncalli,
    J. Teiletche, The Properties of Equally Weighted Risk Contribution Portfolios, Journal of
    Portfolio Management 36 (2010); F. Spinu, An Algorithm for Computing Risk Parity Weights (2013).
    """
    count = len(covariance)
    shares = np.full(count, 1.0 / count) if budgets is None else np.asarray(budgets, dtype=np.float64)
    if shares.shape != (count,) or not bool((shares > 0.0).all()):
        raise InvalidInput("Risk parity needs a budget above 0 for each instrument.")
    variance = np.diagonal(covariance)
    if not bool((variance > 0.0).all()):
        raise InvalidInput("Risk parity needs variances above 0: leave out what does not move.")
    # In units of each instrument's own deviation the problem is one of correlations: well scaled.
    deviation = np.sqrt(variance)
    x = _minimise(covariance / np.outer(deviation, deviation), shares / shares.sum())
    weights = x / deviation
    return np.asarray(weights / weights.sum())


def _minimise(correlation: FloatArray, budgets: FloatArray) -> FloatArray:
    total = float(correlation.sum())
    x = np.sqrt(budgets) if total <= 0.0 else np.full(len(budgets), 1.0 / np.sqrt(total))
    smallest = float(budgets.min())
    for _ in range(_ROUNDS):
        gradient = correlation @ x - budgets / x
        hessian = correlation.copy()
        hessian[np.diag_indices(len(x))] += budgets / (x * x)
        step = np.linalg.solve(hessian, gradient)
        # The decrement in the metric in which the barrier is self-concordant with parameter one.
        decrement = float(np.sqrt(max(float(gradient @ step), 0.0) / smallest))
        x -= step / (1.0 + decrement) if decrement > 0.25 else step  # noqa: PLR2004 - where full steps converge
        if not bool((np.isfinite(x) & (x > 0.0)).all()):
            break
        if float(np.abs(step / x).max()) <= _CLOSE * len(x):
            return x
    if bool((x > 0.0).all()) and float(np.abs(x * (correlation @ x) - budgets).max()) <= 1e-10:  # noqa: PLR2004 - of shares that sum to one
        return x
    raise InvalidInput(
        "Risk parity found no weights: some portfolio of these instruments has no risk at all."
    )
