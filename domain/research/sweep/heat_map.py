"""A statistic of a sweep over two of its parameters."""

from typing import Any

import numpy as np

from domain.arrays import FloatArray, IntArray
from domain.errors import InvalidInput
from domain.research.json_values import number
from domain.research.model import PARAMETER, Aggregate, Direction, HeatMap, ParameterValue
from domain.research.table import Table

_MOST_CELLS = 40_000
_RANGES = 50


def heat_map_of(
    table: Table, x: str, y: str, statistic: str, aggregate: Aggregate, direction: Direction
) -> HeatMap:
    """One cell for each pair of values; runs that share it (other parameters, instruments, periods) are
    aggregated, undefined ones left out.

    A parameter with more than two hundred numeric values is cut into fifty ranges, named by where
    they begin. Raises InvalidInput when there are still too many cells to draw.
    """
    x_values, columns = _places(table[PARAMETER + x])
    y_values, rows = _places(table[PARAMETER + y])
    if len(x_values) * len(y_values) > _MOST_CELLS:
        raise InvalidInput.at("x", message=f"{x} and {y} have too many values for a heat map; list fewer")
    values: FloatArray = np.asarray(table[statistic], dtype=np.float64)
    known = ~np.isnan(values)
    cells = _aggregated(
        rows[known] * len(x_values) + columns[known],
        values[known],
        len(x_values) * len(y_values),
        aggregate,
        direction,
    ).reshape(len(y_values), len(x_values))
    shown = tuple(tuple(number(value) for value in row) for row in cells)
    return HeatMap(x, y, statistic, aggregate, x_values, y_values, shown)


def _places(column: Any) -> tuple[tuple[ParameterValue, ...], IntArray]:
    distinct, place = np.unique(np.asarray(column), return_inverse=True)
    if len(distinct) <= 4 * _RANGES or distinct.dtype.kind not in "if":
        return tuple(distinct.tolist()), place
    edges = np.linspace(float(distinct[0]), float(distinct[-1]), _RANGES + 1)[:-1]
    return tuple(edges.tolist()), np.searchsorted(edges, np.asarray(column), side="right") - 1


def _aggregated(
    cell: IntArray, values: FloatArray, cells: int, aggregate: Aggregate, direction: Direction
) -> FloatArray:
    result = np.full(cells, np.nan)
    if len(values) == 0:
        return result
    order = np.lexsort((values, cell))
    cell, values = cell[order], values[order]
    first = np.flatnonzero(np.concatenate(([True], cell[1:] != cell[:-1])))
    last = np.concatenate((first[1:], [len(cell)])) - 1
    if aggregate is Aggregate.MEAN:
        result[cell[first]] = np.add.reduceat(values, first) / (last - first + 1)
    elif aggregate is Aggregate.MEDIAN:
        # Each cell's values lie in order, so the middle one, or two, are known by place.
        result[cell[first]] = (values[(first + last) // 2] + values[(first + last + 1) // 2]) / 2.0
    else:
        result[cell[first]] = values[last if direction is Direction.MAXIMISE else first]
    return result
