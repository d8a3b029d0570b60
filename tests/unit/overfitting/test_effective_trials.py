import numpy as np
import pytest

from domain.errors import InvalidInput
from domain.overfitting.trials import effective_trials, sharpe_ratios, sharpe_variance
from tests.kit.trials import noise


def test_copies_of_a_trial_are_one_trial() -> None:
    one = noise(200, 1, seed=1)

    assert effective_trials(np.hstack([one, 2.0 * one, -one])) == pytest.approx(1.0, abs=1e-9)


def test_equal_groups_of_copies_are_as_many_trials_as_groups() -> None:
    # Four unrelated patterns without chance correlation: columns of an orthogonal matrix about a zero mean.
    patterns = np.array([[1, 1, 1, 1, -1, -1, -1, -1], [1, 1, -1, -1, 1, 1, -1, -1],
                         [1, -1, 1, -1, 1, -1, 1, -1], [1, -1, -1, 1, 1, -1, -1, 1]]).T  # fmt: skip

    assert effective_trials(np.repeat(patterns, 25, axis=1)) == pytest.approx(4.0, abs=1e-9)


def test_unrelated_trials_count_in_full_but_for_chance() -> None:
    found = effective_trials(noise(2_000, 50, seed=2))

    assert found is not None
    assert 49.0 < found <= 50.0


def test_more_trials_than_periods_cannot_be_told_apart() -> None:
    found = effective_trials(noise(20, 500, seed=3))

    assert found is not None
    assert 15.0 < found <= 19.0


def test_either_way_of_solving_gives_the_same_number() -> None:
    wide = noise(40, 39, seed=4)
    # One more copy makes it wider than long: the other product is solved, and a group of two appears.
    together = effective_trials(np.hstack([wide, wide]))

    assert together == pytest.approx(effective_trials(wide), rel=1e-9)


def test_a_trial_that_never_traded_is_none() -> None:
    returns = noise(100, 5, seed=5)
    with_idle = np.hstack([returns, np.zeros((100, 3))])

    assert effective_trials(with_idle) == effective_trials(returns)
    assert effective_trials(np.zeros((100, 3))) is None
    assert effective_trials(np.zeros((1, 3))) is None


def test_ratios_of_columns_are_mean_over_deviation_and_undefined_where_nothing_varies() -> None:
    returns = np.column_stack([[0.01, 0.03], [0.02, 0.02], [0.0, 0.0]])

    ratios = sharpe_ratios(returns)

    assert ratios[0] == pytest.approx(0.02 / np.sqrt(2e-4), rel=1e-12)
    assert np.isnan(ratios[1:]).all()
    assert np.isnan(sharpe_ratios(returns[:1])).all()


def test_the_variance_leaves_out_trials_without_a_ratio() -> None:
    assert sharpe_variance(np.array([0.1, np.nan, 0.3])) == pytest.approx(0.02, rel=1e-12)
    assert sharpe_variance(np.array([0.1, np.nan])) is None


def test_a_table_has_two_dimensions() -> None:
    with pytest.raises(InvalidInput, match="a row a period and a column a trial"):
        effective_trials(np.zeros(10))
