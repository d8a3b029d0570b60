"""How steady a choice of parameters is when it is made again and again."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from domain.research.model import ParameterValue

Parameters: TypeAlias = Mapping[str, ParameterValue]


def stability(chosen: Sequence[Parameters], candidates: Sequence[Parameters]) -> Mapping[str, float | None]:
    """For each parameter that was varied, 1 when it never changed, 0 when it jumped about as much as a
    choice by dice would, below 0 when it jumped more.

    It is 1 - (mean distance between one choice and the next) / (mean distance of two candidates drawn
    at random). The distance is the size of the difference for numbers, and 1 or 0 for words and
    switches. None below two choices. House definition.
    """
    names = [name for name in candidates[0] if len({one[name] for one in candidates}) > 1]
    return {name: _of_one([one[name] for one in chosen], [one[name] for one in candidates]) for name in names}


def _of_one(chosen: Sequence[ParameterValue], candidates: Sequence[ParameterValue]) -> float | None:
    if len(chosen) < 2:  # noqa: PLR2004 - a change needs a before and an after
        return None
    if all(_is_number(value) for value in candidates):
        values = np.array(chosen, dtype=np.float64)
        moved = float(np.abs(np.diff(values)).mean())
        by_dice = _mean_distance(np.array(candidates, dtype=np.float64))
    else:
        pairs = list(pairwise(chosen))
        moved = sum(before != after for before, after in pairs) / len(pairs)
        by_dice = _mean_difference(candidates)
    return 1.0 - moved / by_dice


def _is_number(value: ParameterValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _mean_distance(values: np.ndarray) -> float:
    """Mean of |x - y| over all pairs of two independent draws: Gini's mean difference from sorted values."""
    ordered = np.sort(values)
    count = len(ordered)
    rank = 2.0 * np.arange(1, count + 1) - count - 1.0
    return float(2.0 * (rank * ordered).sum() / count**2)


def _mean_difference(values: Sequence[ParameterValue]) -> float:
    """Probability that two independent draws differ."""
    shares = np.unique([str(value) for value in values], return_counts=True)[1] / len(values)
    return float(1.0 - (shares**2).sum())
