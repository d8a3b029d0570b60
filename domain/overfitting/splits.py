"""Training and test rows that share no information: purged k-fold and combinatorial purged
cross-validation (CPCV).

A label looks ahead from its row to its end. A training row whose label reaches into the test rows, or
that test labels reach into, has seen the answer and is left out (purged); so are rows soon after the
test, which carry it on through slow features (embargo).

Source: Lopez de Prado, Advances in Financial Machine Learning (2018), chapters 7 and 12.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from domain.arrays import FloatArray, IntArray, TimeArray
from domain.errors import InvalidInput
from domain.overfitting.inputs import require_at_least

_MOST_SPLITS = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Rows to train on and rows to test on, ascending, int64."""

    train: IntArray
    test: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class CombinatorialSplit:
    """Rows to train on, and the rows of each test fold, whose numbers are in `test_folds`."""

    train: IntArray
    tests: tuple[IntArray, ...]
    test_folds: tuple[int, ...]


def fixed_horizon(length: int, bars: int) -> IntArray:
    """label_end of labels that look `bars` rows ahead, (length,); the last ones end with the data."""
    require_at_least("bars", bars, 0)
    ends: IntArray = np.minimum(np.arange(length, dtype=np.int64) + bars, length - 1)
    return ends


def label_end_rows(close_time: TimeArray, end_time: TimeArray) -> IntArray:
    """label_end from times: the bar in which each label's end falls, (n,).

    Both (n,) UTC nanoseconds, close_time ascending. An end between two closes belongs to the later bar,
    one after the last close to the last bar. Raises InvalidInput for a label that ends before its row.
    """
    if close_time.shape != end_time.shape:
        raise InvalidInput.at("end_time", message="must have an end for each row")
    if bool((end_time < close_time).any()):
        raise InvalidInput.at("end_time", message="a label cannot end before the close of its own bar")
    rows: IntArray = np.minimum(np.searchsorted(close_time, end_time, "left"), len(close_time) - 1)
    return rows.astype(np.int64)


def embargo_rows(length: int, share: float) -> int:
    """Rows of an embargo that is a share of the history, rounded up."""
    if not 0.0 <= share < 1.0:
        raise InvalidInput.at("share", message=f"must be at least 0 and below 1 (got {share})")
    return math.ceil(length * share)


def purged_k_fold(label_end: IntArray, *, folds: int = 5, embargo: int = 0) -> Iterator[Split]:
    """Each of so many consecutive folds is tested once, on what the rows left by purging teach.

    label_end (n,) is the last row each row's label uses, inclusive. Folds differ by one row at most.
    Raises InvalidInput for fewer than 2 folds, more folds than rows, or a label_end before its row or
    past the end of the data. A split may have no training rows left: that is for the caller to judge.
    """
    ends = _checked(label_end, folds, embargo)
    edges = _edges(len(ends), folds)
    for fold in range(folds):
        test = np.arange(edges[fold], edges[fold + 1])
        yield Split(_train(ends, [test], embargo), test)


def combinatorial_purged(
    label_end: IntArray, *, folds: int = 10, test_folds: int = 2, embargo: int = 0
) -> Iterator[CombinatorialSplit]:
    """Every choice of so many folds is tested once: `split_count` splits, in lexicographic order.

    Their tests can be put together to `path_count` histories, each of the whole length; see
    `path_splits` and `assemble_paths`. label_end and errors as for `purged_k_fold`.
    """
    ends = _checked(label_end, folds, embargo)
    edges = _edges(len(ends), folds)
    for chosen in _combinations(folds, test_folds):
        tests = tuple(np.arange(edges[fold], edges[fold + 1]) for fold in chosen)
        yield CombinatorialSplit(_train(ends, tests, embargo), tests, chosen)


def split_count(folds: int, test_folds: int) -> int:
    """How many ways there are to choose the test folds."""
    _require_folds(folds, test_folds)
    return math.comb(folds, test_folds)


def path_count(folds: int, test_folds: int) -> int:
    """How many whole histories the tests make: each fold is tested once on each."""
    return split_count(folds, test_folds) * test_folds // folds


def path_splits(folds: int, test_folds: int) -> IntArray:
    """The number of the split that tests each fold on each path, (paths, folds).

    The first path takes each fold's first test, the second its second, and so on.
    """
    paths = np.empty((path_count(folds, test_folds), folds), dtype=np.int64)
    seen = [0] * folds
    for number, chosen in enumerate(_combinations(folds, test_folds)):
        for fold in chosen:
            paths[seen[fold], fold] = number
            seen[fold] += 1
    return paths


def assemble_paths(tested: Sequence[Sequence[FloatArray]], folds: int, test_folds: int) -> FloatArray:
    """Whole histories (paths, n) of what was measured on each test fold of each split, in their order.

    tested[s][j] holds the values of split s over the rows of its j-th test fold; NaN is kept.
    Raises InvalidInput unless there is an entry for each split and each of its test folds.
    """
    chosen = list(_combinations(folds, test_folds))
    if [len(parts) for parts in tested] != [test_folds] * len(chosen):
        raise InvalidInput.at(
            "tested", message=f"needs {test_folds} test folds for each of {len(chosen)} splits"
        )
    return np.stack(
        [
            np.concatenate([tested[split][chosen[split].index(fold)] for fold, split in enumerate(path)])
            for path in path_splits(folds, test_folds).tolist()
        ]
    )


def _combinations(folds: int, test_folds: int) -> Iterator[tuple[int, ...]]:
    _require_folds(folds, test_folds)
    return combinations(range(folds), test_folds)


def _require_folds(folds: int, test_folds: int) -> None:
    if not 1 <= test_folds < folds:
        raise InvalidInput.at(
            "test_folds", message=f"must be at least 1 and fewer than the {folds} folds (got {test_folds})"
        )
    if math.comb(folds, test_folds) > _MOST_SPLITS:
        raise InvalidInput.at(
            "folds", message=f"would make more than {_MOST_SPLITS} splits; take fewer folds"
        )


def _checked(label_end: IntArray, folds: int, embargo: int) -> IntArray:
    ends = np.asarray(label_end, dtype=np.int64)
    if not 2 <= folds <= len(ends):  # noqa: PLR2004 - one to train on, one to test on
        raise InvalidInput.at("folds", message=f"must lie between 2 and the {len(ends)} rows (got {folds})")
    require_at_least("embargo", embargo, 0)
    if bool((ends < np.arange(len(ends))).any()) or int(ends.max()) >= len(ends):
        raise InvalidInput.at(
            "label_end", message="each label must end at its own row or later, within the data"
        )
    return ends


def _edges(length: int, folds: int) -> IntArray:
    return np.linspace(0, length, folds + 1).astype(np.int64)


def _train(label_end: IntArray, tests: Sequence[IntArray], embargo: int) -> IntArray:
    """Rows that are not tested, overlap no test label and lie in no embargo."""
    rows = np.arange(len(label_end))
    kept = np.ones(len(rows), dtype=np.bool_)
    for test in tests:
        reach = int(label_end[test].max())
        kept &= (label_end < test[0]) | (rows > reach + embargo)
    return np.flatnonzero(kept)
