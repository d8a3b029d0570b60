"""Hierarchical risk parity: split the budget down a tree of instruments that move together.

No matrix is inverted, so it holds with more instruments than returns and with instruments that
are almost the same.

Source: M. Lopez de Prado, Building Diversified Portfolios that Outperform Out of Sample, Journal of
Portfolio Management 42 (2016). As there: correlation distance, single linkage, quasi-diagonal order,
bisection in the middle. Two things are ours to say: clusters are joined by the correlation distance
itself, where the paper's listing takes distances of its columns; and of two branches the one that holds
the lower column number comes first, so that the order is the same on every machine.
"""

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.errors import InvalidInput
from domain.portfolio.covariance import correlation_of


def hierarchical_risk_parity(covariance: FloatArray) -> FloatArray:
    """Long-only weights (N,) that sum to one. Raises InvalidInput for a variance of 0."""
    if len(covariance) == 0:
        raise InvalidInput("Weights need one instrument at least.")
    return bisected(covariance, quasi_diagonal(correlation_distance(covariance)))


def correlation_distance(covariance: FloatArray) -> FloatArray:
    """sqrt((1 - correlation) / 2), (N, N): 0 for the same, 1 for opposites."""
    return np.sqrt((1.0 - correlation_of(covariance)) / 2.0)


def quasi_diagonal(distance: FloatArray) -> IntArray:
    """The order (N,) in which the leaves of the single-linkage tree stand, near ones together."""
    count = len(distance)
    group = np.arange(count)
    leaves: dict[int, list[int]] = {column: [column] for column in range(count)}
    for left, right in _shortest_first(distance):
        first, second = sorted((int(group[left]), int(group[right])))
        # A group is known by its lowest column, which is therefore always first among its leaves' groups.
        moved = leaves.pop(second)
        leaves[first] += moved
        group[moved] = first
    return np.array(leaves[0], dtype=np.int64)


def bisected(covariance: FloatArray, order: IntArray) -> FloatArray:
    """Weights (N,) by halving the order again and again, each half inversely to its variance.

    The variance of a half is that of its inverse-variance portfolio; of an odd number the second
    half has one more.
    """
    ordered = covariance[np.ix_(order, order)]
    inverse = 1.0 / np.diagonal(ordered)
    shares = np.ones(len(order))
    waiting = [(0, len(order))]
    while waiting:
        first, last = waiting.pop()
        if last - first <= 1:
            continue
        middle = first + (last - first) // 2
        left, right = _variance(ordered, inverse, first, middle), _variance(ordered, inverse, middle, last)
        share = right / (left + right)
        shares[first:middle] *= share
        shares[middle:last] *= 1.0 - share
        waiting += [(first, middle), (middle, last)]
    weights = np.empty(len(order))
    weights[order] = shares
    return weights


def _variance(covariance: FloatArray, inverse: FloatArray, first: int, last: int) -> float:
    own = inverse[first:last] / inverse[first:last].sum()
    return float(own @ covariance[first:last, first:last] @ own)


def _shortest_first(distance: FloatArray) -> list[tuple[int, int]]:
    """Edges of the minimum spanning tree, shortest first: the joins of single linkage.

    Prim's algorithm. Source: J. Gower, G. Ross, Minimum Spanning Trees and Single Linkage Cluster
    Analysis, Applied Statistics 18 (1969).
    """
    count = len(distance)
    nearest, reach = np.zeros(count, dtype=np.int64), distance[0].copy()
    # Infinite for what is in the tree already, so that it is never the next one.
    inside = np.zeros(count)
    inside[0] = np.inf
    edges: list[tuple[float, int, int]] = []
    for _ in range(count - 1):
        new = int((reach + inside).argmin())
        edges.append((float(reach[new]), int(nearest[new]), new))
        inside[new] = np.inf
        np.copyto(nearest, new, where=distance[new] < reach)
        np.minimum(reach, distance[new], out=reach)
    return [(left, right) for _, left, right in sorted(edges)]
