"""The nearest point of a set of weights that has limits on instruments, groups, net and gross exposure.

By duality each weight is clip(shrink(v - level - price of its group, price of size), lower, upper),
where shrink moves towards zero. Net exposure falls as the level rises, a group's sum as its price
rises, gross exposure as the price of size rises: each root is found inside the next one's search.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from domain.arrays import FloatArray, IntArray

_STEPS = 300
_HALVE_EVERY = 4
_CLOSE = 1e-15


@dataclass(frozen=True, slots=True, eq=False)
class Feasible:
    """A set that is not empty: bounds (N,), sums of groups (G,), of all, and of sizes.

    group_of (N,) numbers the group of each weight; limits may be infinite.
    """

    lower: FloatArray
    upper: FloatArray
    group_of: IntArray
    group_minimum: FloatArray
    group_maximum: FloatArray
    net: tuple[float, float]
    gross: float

    def sums(self, weights: FloatArray) -> FloatArray:
        """What each group's weights come to, (G,)."""
        sums: FloatArray = np.bincount(self.group_of, weights, len(self.group_minimum)).astype(np.float64)
        return sums


def nearest(weights: FloatArray, feasible: Feasible) -> FloatArray:
    """The point of the set with the least sum of squared differences from the weights (N,)."""
    point = _with_price_of_size(weights, feasible, 0.0)
    if float(np.abs(point).sum()) <= feasible.gross:
        return point
    # So large a price leaves the smallest weights that the other limits allow.
    dear = 4.0 * float(np.abs(np.stack([weights, feasible.lower, feasible.upper])).max())
    price = _falling(
        lambda price: float(np.abs(_with_price_of_size(weights, feasible, price)).sum()),
        feasible.gross,
        0.0,
        dear,
    )
    return _with_price_of_size(weights, feasible, price)


def _with_price_of_size(weights: FloatArray, feasible: Feasible, price: float) -> FloatArray:
    """The nearest point by squares plus `price` for each unit of gross exposure, which is not limited."""
    reach = price + float(np.abs(np.stack([weights, feasible.lower, feasible.upper])).max()) * 2.0 + 1.0

    def at(level: float) -> FloatArray:
        return _by_group(weights - level, feasible, price, reach)

    free = at(0.0)
    least, most = feasible.net
    total = float(free.sum())
    if least <= total <= most:
        return free
    wanted = most if total > most else least
    return at(_falling(lambda level: float(at(level).sum()), wanted, -2.0 * reach, 2.0 * reach))


def _by_group(values: FloatArray, feasible: Feasible, price: float, reach: float) -> FloatArray:
    """Weights with every bound and every group's limits kept.

    A group's sum is a falling, piecewise straight function of its price: Newton's steps find its root
    exactly, and halving takes over where a step would leave the bracket.
    """
    weights = _bounded(values, feasible, price)
    sums = feasible.sums(weights)
    wanted = np.clip(sums, feasible.group_minimum, feasible.group_maximum)
    if bool((sums == wanted).all()):
        return weights
    span = 2.0 * (reach + float(np.abs(values).max()))
    low, high = np.full(len(sums), -span), np.full(len(sums), span)
    asked = np.zeros(len(sums))
    for _ in range(_STEPS):
        error = sums - wanted
        error[np.abs(error) <= _CLOSE * (1.0 + np.abs(wanted))] = 0.0
        if not error.any():
            break
        low, high = np.where(error > 0.0, asked, low), np.where(error < 0.0, asked, high)
        free = feasible.sums(_is_free(values - asked[feasible.group_of], weights, feasible, price))
        step = asked + error / np.maximum(free, 1.0)
        inside = (free > 0.0) & (step > low) & (step < high)
        asked = np.where(error == 0.0, asked, np.where(inside, step, (low + high) / 2.0))
        weights = _bounded(values - asked[feasible.group_of], feasible, price)
        sums = feasible.sums(weights)
    return weights


def _bounded(values: FloatArray, feasible: Feasible, price: float) -> FloatArray:
    shrunk = values - np.clip(values, -price, price) if price else values
    return np.clip(shrunk, feasible.lower, feasible.upper)


def _is_free(values: FloatArray, weights: FloatArray, feasible: Feasible, price: float) -> FloatArray:
    """One for each weight that follows its value, else zero."""
    moving = (weights > feasible.lower) & (weights < feasible.upper) & (np.abs(values) > price)
    return moving.astype(np.float64)


def _falling(value: Callable[[float], float], wanted: float, low: float, high: float) -> float:
    """Where a falling, piecewise straight function comes down to `wanted`, as exactly as floats allow.

    Secants through both ends of the bracket, the weight of an end that stays twice halved (the
    Illinois rule), and now and then a halving, so that no shape of the function can hold it up.
    """
    above, below = value(low) - wanted, value(high) - wanted
    if above <= 0.0 or below >= 0.0:
        return low if above <= 0.0 else high
    close = _CLOSE * (1.0 + abs(wanted))
    stayed = 0
    for count in range(1, _STEPS):
        middle = (low + high) / 2.0
        secant = low + (high - low) * above / (above - below)
        if count % _HALVE_EVERY and low < secant < high:
            middle = secant
        if middle in {low, high}:
            break
        error = value(middle) - wanted
        if abs(error) <= close:
            return middle
        if error > 0.0:
            low, above, below, stayed = middle, error, below / 2.0 if stayed > 0 else below, 1
        else:
            high, below, above, stayed = middle, error, above / 2.0 if stayed < 0 else above, -1
    return high
