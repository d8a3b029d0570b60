"""From the weights held to the weights wanted, without trading more than is worth it.

Weights are shares of equity (N,). Turnover is what is bought plus what is sold, as a share of equity:
a swap of a tenth of the account is 0.2.
"""

from dataclasses import dataclass

import numpy as np

from domain.arrays import BoolArray, FloatArray
from domain.errors import InvalidInput
from domain.portfolio.constraints import Constraints


def drifted(weights: FloatArray, growth: FloatArray) -> FloatArray:
    """What weights have become after prices moved by these factors (N,); what is not held is cash.

    All zeros when nothing is left of the account: a broker has closed its positions then.
    """
    grown = weights * growth
    equity = 1.0 - float(weights.sum()) + float(grown.sum())
    return np.asarray(grown / equity) if equity > 0.0 else np.zeros(len(weights))


def turnover(current: FloatArray, wanted: FloatArray) -> float:
    """Bought plus sold, as a share of equity."""
    return float(np.abs(wanted - current).sum())


def limited_turnover(current: FloatArray, wanted: FloatArray, most: float) -> FloatArray:
    """As far from `current` towards `wanted` as a turnover of `most` goes; the whole way if it is enough.

    Every instrument goes the same part of its way, so limits that both ends keep are kept. Where
    `current` breaks a limit, project it first: `Constraints.project(current)` and this from there.
    """
    if not most > 0.0:
        raise InvalidInput.at("most", message=f"must be a turnover above 0 (got {most})")
    distance = turnover(current, wanted)
    if distance <= most:
        return wanted
    return np.asarray(current + (wanted - current) * (most / distance))


def within_turnover(
    current: FloatArray, wanted: FloatArray, most: float, constraints: Constraints
) -> FloatArray:
    """`limited_turnover` that keeps every limit which `wanted` keeps.

    A limit outranks the turnover: where prices carried `current` beyond one, it is brought back first,
    whatever that takes, and only what is left of the turnover goes on towards `wanted`.
    """
    allowed = constraints.project(current)
    left = most - turnover(current, allowed)
    return limited_turnover(allowed, wanted, left) if left > 0.0 else allowed


@dataclass(frozen=True, slots=True, eq=False)
class Trades:
    """weights (N,) after the trade, and which of them (N,) are traded at all."""

    weights: FloatArray
    traded: BoolArray


def outside_band(current: FloatArray, wanted: FloatArray, band: float) -> Trades:
    """Trade what is off by more than `band`, a share of equity, and leave the rest as it is.

    What is to be left altogether is always sold, so that no scraps stay. Where the sales that are not
    made would have paid for purchases, the purchases are cut down in proportion: the sum of weights
    never exceeds that of `current` and of `wanted`.
    """
    difference = wanted - current
    traded = (np.abs(difference) > band) | ((wanted == 0.0) & (current != 0.0))
    step = np.where(traded, difference, 0.0)
    excess = float((current + step).sum()) - max(float(current.sum()), float(wanted.sum()))
    bought = float(step[step > 0.0].sum())
    if excess > 0.0 and bought > 0.0:
        step = np.where(step > 0.0, step * (1.0 - excess / bought), step)
    return Trades(current + step, np.asarray(traded))
