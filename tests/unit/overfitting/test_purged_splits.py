import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skfolio.model_selection import CombinatorialPurgedCV

from domain.arrays import IntArray
from domain.errors import InvalidInput
from domain.overfitting.splits import (
    assemble_paths,
    combinatorial_purged,
    embargo_rows,
    fixed_horizon,
    label_end_rows,
    path_count,
    path_splits,
    purged_k_fold,
    split_count,
)


def random_label_ends(length: int, seed: int, longest: int) -> IntArray:
    ahead = np.random.default_rng(seed).integers(0, longest + 1, length)
    ends: IntArray = np.minimum(np.arange(length) + ahead, length - 1)
    return ends


def share_a_bar(label_end: IntArray, train: IntArray, test: IntArray) -> bool:
    """Whether any training label and any test label use the same bar, the slow way."""
    used = {bar for row in test for bar in range(row, label_end[row] + 1)}
    return any(bar in used for row in train for bar in range(row, label_end[row] + 1))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1_000), length=st.integers(12, 60), longest=st.integers(0, 8),
    folds=st.integers(2, 6), embargo=st.integers(0, 4),
)  # fmt: skip
def test_no_training_label_shares_a_bar_with_a_test_label(
    seed: int, length: int, longest: int, folds: int, embargo: int
) -> None:
    ends = random_label_ends(length, seed, longest)

    splits = list(purged_k_fold(ends, folds=folds, embargo=embargo))

    assert np.concatenate([split.test for split in splits]).tolist() == list(range(length))
    for split in splits:
        assert not share_a_bar(ends, split.train, split.test)
        reach = int(ends[split.test].max())
        assert not np.isin(np.arange(reach + 1, reach + embargo + 1), split.train).any()


def test_nothing_more_than_needed_is_purged() -> None:
    ends = random_label_ends(60, 1, 6)

    for split in purged_k_fold(ends, folds=4):
        left_out = np.setdiff1d(np.arange(60), np.concatenate([split.train, split.test]))
        assert all(share_a_bar(ends, np.array([row]), split.test) for row in left_out)


def test_labels_that_end_at_their_own_bar_purge_nothing() -> None:
    splits = list(purged_k_fold(fixed_horizon(10, 0), folds=3))

    assert [split.test.tolist() for split in splits] == [[0, 1, 2], [3, 4, 5], [6, 7, 8, 9]]
    assert splits[1].train.tolist() == [0, 1, 2, 6, 7, 8, 9]


def test_a_label_of_two_bars_costs_two_rows_on_each_side_and_the_embargo_comes_after() -> None:
    split = list(purged_k_fold(fixed_horizon(20, 2), folds=4, embargo=3))[1]

    assert split.test.tolist() == [5, 6, 7, 8, 9]
    # 3 and 4 look into the test; 10 and 11 are what the test looks at; 12 to 14 are the embargo.
    assert split.train.tolist() == [0, 1, 2, 15, 16, 17, 18, 19]


@pytest.mark.parametrize(
    ("folds", "test_folds", "horizon", "embargo"),
    [(6, 2, 0, 0), (6, 2, 3, 0), (6, 3, 2, 4), (10, 8, 1, 2), (5, 2, 0, 5)],
)
def test_combinatorial_splits_agree_with_skfolio(
    folds: int, test_folds: int, horizon: int, embargo: int
) -> None:
    length = 12 * folds
    peer = CombinatorialPurgedCV(
        n_folds=folds, n_test_folds=test_folds, purged_size=horizon, embargo_size=embargo
    )
    theirs = list(peer.split(np.zeros((length, 2))))

    ours = list(
        combinatorial_purged(
            fixed_horizon(length, horizon), folds=folds, test_folds=test_folds, embargo=embargo
        )
    )

    assert len(ours) == len(theirs) == split_count(folds, test_folds)
    assert path_count(folds, test_folds) == peer.n_test_paths
    for split, (train, tests) in zip(ours, theirs, strict=True):
        assert split.train.tolist() == train.tolist()
        assert sorted(test.tolist() for test in split.tests) == sorted(test.tolist() for test in tests)


def test_six_folds_by_two_make_the_fifteen_splits_and_five_paths_of_the_book() -> None:
    # Advances in Financial Machine Learning, 12.3.
    assert (split_count(6, 2), path_count(6, 2)) == (15, 5)
    assert path_splits(6, 2).tolist()[0] == [0, 0, 1, 2, 3, 4]


@pytest.mark.parametrize(("folds", "test_folds"), [(6, 2), (5, 3), (4, 1), (7, 5)])
def test_each_path_is_a_whole_history_and_each_test_is_used_once(folds: int, test_folds: int) -> None:
    ends = fixed_horizon(41, 0)
    splits = list(combinatorial_purged(ends, folds=folds, test_folds=test_folds))
    # What is "measured" on each test row: the row itself, and the split that tested it.
    measured = [
        [(test + 1_000.0 * number).astype(np.float64) for test in split.tests]
        for number, split in enumerate(splits)
    ]

    paths = assemble_paths(measured, folds, test_folds)

    assert paths.shape == (path_count(folds, test_folds), 41)
    assert (paths % 1_000 == np.arange(41)).all()
    used = {(int(value) // 1_000, int(value) % 1_000) for value in paths.ravel()}
    assert len(used) == paths.size == sum(len(test) for split in splits for test in split.tests)


def test_label_ends_from_times_take_the_bar_they_fall_in() -> None:
    close = np.array([10, 20, 30, 40], dtype=np.int64)

    assert label_end_rows(close, np.array([10, 25, 40, 99], dtype=np.int64)).tolist() == [0, 2, 3, 3]


def test_an_embargo_of_a_share_is_rounded_up() -> None:
    assert embargo_rows(1_001, 0.01) == 11
    assert embargo_rows(1_001, 0.0) == 0


@pytest.mark.parametrize(
    ("label_end", "folds", "reason"),
    [
        ([0, 0, 2, 3], 2, "must end at its own row or later"),
        ([0, 1, 2, 4], 2, "within the data"),
        ([0, 1, 2, 3], 1, "folds: must lie between 2 and the 4 rows"),
        ([0, 1, 2, 3], 5, "folds: must lie between 2 and the 4 rows"),
    ],
)
def test_labels_and_folds_that_cannot_be_are_refused(label_end: list[int], folds: int, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        list(purged_k_fold(np.array(label_end), folds=folds))


def test_test_folds_leave_something_to_train_on_and_splits_stay_countable() -> None:
    with pytest.raises(InvalidInput, match="fewer than the 4 folds"):
        path_count(4, 4)
    with pytest.raises(InvalidInput, match="more than 100000 splits"):
        split_count(40, 20)
    with pytest.raises(InvalidInput, match="before the close of its own bar"):
        label_end_rows(np.array([10, 20]), np.array([10, 19]))
    with pytest.raises(InvalidInput, match="3 splits"):
        assemble_paths([], 3, 1)
    with pytest.raises(InvalidInput, match="share"):
        embargo_rows(100, 1.0)
