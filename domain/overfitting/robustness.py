"""Does a choice of parameters stand on a plateau or on a needle?

An edge of the market changes little when a parameter moves a little; a fit to noise falls off at
once. All that is needed is the table of combinations a search has evaluated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from domain.arrays import BoolArray, FloatArray, IntArray
from domain.errors import InvalidInput
from domain.overfitting.inputs import require_at_least, require_share
from domain.performance.returns import NOISE

ParameterColumns: TypeAlias = Mapping[str, Sequence[int | float | bool | str]]


@dataclass(frozen=True, slots=True, eq=False)
class Neighbourhood:
    """The combinations around a chosen one, and how they did.

    neighbours     their rows in the table, ascending
    share_keeping  share of them that keep the wanted part of the chosen statistic
    plateau        mean over them of what each keeps of the chosen statistic, in [0, 1]: 1 on a plateau, 0
                   on a needle; a better neighbour counts as 1. None when the statistic is 0
    median, worst  of their statistics; None when none is defined
    on_edge        parameters whose chosen value is the lowest or highest tried: the best may lie outside
    """

    neighbours: IntArray
    share_keeping: float
    plateau: float | None
    median: float | None
    worst: float | None
    on_edge: tuple[str, ...]


def neighbourhood(
    parameters: ParameterColumns,
    statistic: FloatArray,
    chosen: int,
    *,
    keep: float = 0.8,
    steps: int = 1,
    radius: float = 0.05,
    higher_is_better: bool = True,
) -> Neighbourhood | None:
    """The neighbours of row `chosen` in a table of K evaluated combinations.

    parameters are columns of K values, statistic is (K,) with NaN where undefined; such a neighbour
    keeps nothing. Neighbours differ in each number by at most `steps` of the values tried or by `radius`
    of their range, and in nothing else: a switch or a name has no nearby value. Where a sparse
    search has fewer of them than numbers that vary, twice as many nearest ones are taken.
    To keep a share is to fall short of the chosen statistic by no more than the rest of its size.
    None when the chosen statistic is undefined or nothing is near. Raises InvalidInput for columns
    of different lengths and a row that is not in the table. House definition.
    """
    values = np.asarray(statistic, dtype=np.float64)
    require_share("keep", keep)
    space = _Space.of(parameters, len(values), steps, radius)
    if not 0 <= chosen < len(values):
        raise InvalidInput.at("chosen", message=f"must be one of the {len(values)} rows (got {chosen})")
    rows = space.near(chosen)
    if not np.isfinite(values[chosen]) or not len(rows):
        return None
    sign = 1.0 if higher_is_better else -1.0
    best, size = sign * float(values[chosen]), abs(float(values[chosen]))
    around = sign * values[rows]
    defined = np.isfinite(around)
    shortfall = np.where(defined, np.maximum(best - around, 0.0), np.inf)
    found = around[defined]
    return Neighbourhood(
        neighbours=rows,
        share_keeping=float(np.mean(shortfall <= (1.0 - keep) * size + NOISE)),
        plateau=float(np.mean(np.maximum(1.0 - shortfall / size, 0.0))) if size > NOISE else None,
        median=sign * float(np.median(found)) if len(found) else None,
        worst=sign * float(found.min()) if len(found) else None,
        on_edge=space.edges_at(chosen),
    )


def smoothed_statistic(
    parameters: ParameterColumns, statistic: FloatArray, *, steps: int = 1, radius: float = 0.05
) -> FloatArray:
    """Mean statistic of each combination and its neighbours, (K,): the surface of stability.

    Its best row is a safer choice than the best row itself. Undefined values (NaN) are left out of the
    means; NaN where none is defined. Neighbours as in `neighbourhood`, without nearest ones in their place.
    """
    values = np.asarray(statistic, dtype=np.float64)
    space = _Space.of(parameters, len(values), steps, radius)
    defined = np.isfinite(values)
    known = np.where(defined, values, 0.0)
    result = np.full(len(values), np.nan)
    for row in range(len(values)):
        window = space.window(row)
        count = np.count_nonzero(defined & window)
        if count:
            result[row] = float(known @ window) / count
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _Space:
    """Where each combination lies: rank and place in [0, 1] of each number (D, K), and codes of the rest."""

    names: tuple[str, ...]
    rank: IntArray
    place: FloatArray
    codes: IntArray
    steps: int
    radius: float

    @classmethod
    def of(cls, parameters: ParameterColumns, rows: int, steps: int, radius: float) -> "_Space":
        require_at_least("steps", steps, 0)
        require_at_least("radius", radius, 0.0)
        names: list[str] = []
        ranks, places, codes = [], [], []
        for name, column in parameters.items():
            if len(column) != rows:
                raise InvalidInput.at(
                    "parameters", name, message=f"must have a value for each of {rows} rows"
                )
            if not _is_numeric(column):
                codes.append(np.unique([repr(value) for value in column], return_inverse=True)[1])
                continue
            tried, rank = np.unique(np.asarray(column, dtype=np.float64), return_inverse=True)
            if len(tried) > 1:
                names.append(name)
                ranks.append(rank)
                places.append((tried[rank] - tried[0]) / (tried[-1] - tried[0]))
        return cls(
            tuple(names),
            np.array(ranks, dtype=np.int64).reshape(-1, rows),
            np.array(places, dtype=np.float64).reshape(-1, rows),
            np.array(codes, dtype=np.int64).reshape(-1, rows),
            steps,
            radius,
        )

    def alike(self, row: int) -> BoolArray:
        """Rows that have the same switches and names, (K,)."""
        same: BoolArray = (self.codes == self.codes[:, row, None]).all(axis=0)
        return same

    def window(self, row: int) -> BoolArray:
        """Rows within reach in every number and alike in the rest, the row itself among them, (K,)."""
        near = np.abs(self.rank - self.rank[:, row, None]) <= self.steps
        near |= np.abs(self.place - self.place[:, row, None]) <= self.radius + NOISE
        inside: BoolArray = near.all(axis=0) & self.alike(row)
        return inside

    def near(self, row: int) -> IntArray:
        """The row's neighbours, ascending."""
        window = self.window(row)
        window[row] = False
        numbers = len(self.names)
        if np.count_nonzero(window) >= numbers:
            return np.flatnonzero(window)
        others = self.alike(row)
        others[row] = False
        candidates = np.flatnonzero(others)
        distance = np.abs(self.place[:, candidates] - self.place[:, row, None]).max(axis=0)
        nearest = candidates[np.argsort(distance, kind="stable")[: 2 * numbers]]
        return np.union1d(np.flatnonzero(window), nearest)

    def edges_at(self, row: int) -> tuple[str, ...]:
        highest = self.rank.max(axis=1) if len(self.names) else np.empty(0)
        at_edge = (self.rank[:, row] == 0) | (self.rank[:, row] == highest)
        return tuple(name for name, edge in zip(self.names, at_edge.tolist(), strict=True) if edge)


def _is_numeric(column: Sequence[int | float | bool | str]) -> bool:
    return not any(isinstance(value, bool | np.bool_ | str) for value in column)
