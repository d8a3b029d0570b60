"""Student's t distribution without a numerics library."""

import math

_TINY = 1e-300
_CLOSE = 1e-15
_TERMS = 10_000


def two_sided_p_value(t: float, degrees_of_freedom: float) -> float:
    """Probability of a t at least this far from 0 on either side, in [0, 1]; degrees_of_freedom > 0.

    Source: NIST Digital Library of Mathematical Functions, 8.17 (incomplete beta functions).
    """
    if math.isinf(t):
        return 0.0
    square = t * t
    return incomplete_beta(
        degrees_of_freedom / 2.0,
        0.5,
        degrees_of_freedom / (degrees_of_freedom + square),
        square / (degrees_of_freedom + square),
    )


def incomplete_beta(a: float, b: float, x: float, rest: float | None = None) -> float:
    """The regularised incomplete beta function I_x(a, b), for a, b > 0 and x in [0, 1].

    rest is 1 - x, given apart where the difference would lose digits. The continued fraction of DLMF
    8.17.22, summed by Lentz's method, on the side of the mean where it converges fast.
    """
    y = 1.0 - x if rest is None else rest
    if x <= 0.0 or y <= 0.0:
        return 0.0 if x <= 0.0 else 1.0
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(scale + a * math.log(x) + b * math.log(y))
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _continued_fraction(a, b, x) / a
    return 1.0 - front * _continued_fraction(b, a, y) / b


def _continued_fraction(a: float, b: float, x: float) -> float:
    """1 / (1 + d1 / (1 + d2 / (1 + ...)))."""
    numerator, denominator, value = math.inf, 1.0, 1.0
    for term in range(1, _TERMS):
        half = term // 2
        if term % 2:
            part = -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1.0))
        else:
            part = half * (b - half) * x / ((a + 2 * half - 1.0) * (a + 2 * half))
        denominator = 1.0 / _not_zero(1.0 + part * denominator)
        numerator = _not_zero(1.0 + part / numerator)
        value *= numerator * denominator
        if abs(numerator * denominator - 1.0) < _CLOSE:
            break
    return value


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
