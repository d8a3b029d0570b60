"""Quadratic programs with bounds and a budget, solved exactly.

    minimise  1/2 x' C x - linear' x   with  lower <= x <= upper  and, if given, sum(x) = budget

A primal-dual active set method (M. Hintermueller, K. Ito, K. Kunisch, SIAM Journal on Optimization
13, 2002) guesses all bounds that bind at once and is done in a handful of linear systems. Where it
goes round in circles, the primal active set method (J. Nocedal, S. Wright, Numerical Optimization,
2006, section 16.5) goes on from there one bound at a time and always ends.
"""

from dataclasses import dataclass

import numpy as np

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.errors import InvalidInput

_GUESSES = 60
_TOLERANCE = 1e-11
_RIDGE = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Minimum:
    """The minimiser x (N,), and where its entries stand: -1 at the lower bound, 1 at the upper, else 0."""

    x: FloatArray
    side: IntArray

    @property
    def free(self) -> BoolArray:
        """Entries at neither bound."""
        return np.asarray(self.side == 0)


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """One problem. C is symmetric positive semi-definite (N, N); the others (N,).

    A singular C has many minimisers; a ridge of 1e-10 of its mean variance picks one near the
    smallest. Raises InvalidInput when the bounds cross or cannot meet the budget.
    """

    matrix: FloatArray
    linear: FloatArray
    lower: FloatArray
    upper: FloatArray
    budget: float | None

    @classmethod
    def of(
        cls,
        matrix: FloatArray,
        lower: FloatArray,
        upper: FloatArray,
        *,
        linear: FloatArray | None = None,
        budget: float | None = None,
    ) -> "Program":
        if bool((lower > upper).any()):
            column = int(np.argmax(lower > upper))
            raise InvalidInput(
                f"Weight {column} cannot be at least {lower[column]} and at most {upper[column]}."
            )
        if budget is not None and not lower.sum() - _TOLERANCE <= budget <= upper.sum() + _TOLERANCE:
            raise InvalidInput(
                f"Weights between {lower.sum():.6g} and {upper.sum():.6g} in all cannot sum to {budget:.6g}."
            )
        scale = float(np.trace(matrix)) / len(matrix) or 1.0
        return cls(
            _regular(matrix / scale),
            np.zeros(len(matrix)) if linear is None else linear / scale,
            lower,
            upper,
            budget,
        )

    def minimum(self, near: Minimum | None = None) -> Minimum:
        """Solve it; `near` may be the answer to a problem much like this one."""
        side = np.zeros(len(self.lower), dtype=np.int64) if near is None else near.side.copy()
        side[self.lower == self.upper] = -1
        solved = self._guess(side)
        return self._walk(side) if solved is None else solved

    def _guess(self, side: IntArray) -> Minimum | None:
        """Primal-dual active set; `side` is -1 at the lower bound, 1 at the upper one, 0 when free."""
        seen: set[bytes] = set()
        fixed = self.lower == self.upper
        for _ in range(_GUESSES):
            if side.tobytes() in seen or not (side == 0).any():
                return None
            seen.add(side.tobytes())
            x, force = self._stationary(side)
            wanted = np.where(
                side == 0,
                np.where(x < self.lower - _TOLERANCE, -1, np.where(x > self.upper + _TOLERANCE, 1, 0)),
                np.where(side * force > _TOLERANCE, 0, side),
            )
            wanted[fixed] = -1
            if np.array_equal(wanted, side):
                return Minimum(np.clip(x, self.lower, self.upper), side)
            side[:] = wanted
        return None

    def _stationary(self, side: IntArray) -> tuple[FloatArray, FloatArray]:
        """The best x with these bounds held, and the force (N,) of the objective against them.

        A negative force at a lower bound, or a positive one at an upper bound, wants to leave it.
        """
        free = side == 0
        x = np.where(side < 0, self.lower, self.upper)
        x[free] = 0.0
        pull = (self.linear - self.matrix @ x)[free]
        level = 0.0
        if self.budget is None:
            x[free] = np.linalg.solve(self.matrix[np.ix_(free, free)], pull)
        else:
            rest = self.budget - float(x.sum())
            both = np.stack([pull, np.ones_like(pull)], axis=1)
            answers = np.linalg.solve(self.matrix[np.ix_(free, free)], both)
            level = (rest - float(answers[:, 0].sum())) / float(answers[:, 1].sum())
            x[free] = answers[:, 0] + level * answers[:, 1]
        return x, self.matrix @ x - self.linear - level

    def _walk(self, side: IntArray) -> Minimum:
        """Primal active set from a feasible point; each step lowers the objective or binds a bound."""
        x = self._feasible(np.where(side > 0, self.upper, self.lower))
        side[:] = np.where(x <= self.lower, -1, np.where(x >= self.upper, 1, 0))
        for _ in range(50 * len(x) + 100):
            if not (side == 0).any() and not self._release(side, self.matrix @ x - self.linear):
                return Minimum(x, side)
            best, force = self._stationary(side)
            step = best - x
            step[side != 0] = 0.0
            if float(np.abs(step).max()) <= _TOLERANCE:
                if not self._release_worst(side, force):
                    return Minimum(x, side)
                continue
            room = np.where(step > 0.0, self.upper - x, self.lower - x)
            moves = np.abs(step) > 0.0
            share = np.full(len(x), np.inf)
            share[moves] = np.maximum(room[moves] / step[moves], 0.0)
            first = int(np.argmin(share))
            if share[first] >= 1.0:
                x = np.clip(best, self.lower, self.upper)
                continue
            x = x + share[first] * step
            side[first] = 1 if step[first] > 0.0 else -1
            x[first] = self.upper[first] if step[first] > 0.0 else self.lower[first]
        raise InvalidInput("The weights could not be computed: the covariance is too badly conditioned.")

    def _release_worst(self, side: IntArray, force: FloatArray) -> bool:
        against = np.where(self.lower == self.upper, 0.0, side * force)
        worst = int(np.argmax(against))
        if against[worst] <= _TOLERANCE:
            return False
        side[worst] = 0
        return True

    def _release(self, side: IntArray, gradient: FloatArray) -> bool:
        """With every entry at a bound, free what gains most; with a budget one up and one down."""
        if self.budget is None:
            return self._release_worst(side, gradient)
        movable = self.lower < self.upper
        up = np.where(movable & (side < 0), gradient, np.inf)
        down = np.where(movable & (side > 0), gradient, -np.inf)
        if not float(up.min()) < float(down.max()) - _TOLERANCE:
            return False
        side[int(np.argmin(up))] = 0
        side[int(np.argmax(down))] = 0
        return True

    def _feasible(self, x: FloatArray) -> FloatArray:
        """x within the bounds; the budget is met by filling or emptying all in proportion to their room."""
        if self.budget is None:
            return x
        lack = self.budget - float(x.sum())
        room = self.upper - x if lack > 0.0 else x - self.lower
        total = float(room.sum())
        return x if total <= 0.0 else x + lack * (room / total)


def is_singular(matrix: FloatArray) -> bool:
    """Whether some portfolio has, but for rounding, no variance at all."""
    try:
        pivots = np.diagonal(np.linalg.cholesky(matrix))
    except np.linalg.LinAlgError:
        return True
    return float(pivots.min()) ** 2 <= _RIDGE * float(np.trace(matrix)) / len(matrix)


def _regular(matrix: FloatArray) -> FloatArray:
    """The matrix, whose mean variance is one, with a ridge if it is singular."""
    if not is_singular(matrix):
        return matrix
    ridged = matrix.copy()
    ridged[np.diag_indices(len(matrix))] += _RIDGE
    return ridged
