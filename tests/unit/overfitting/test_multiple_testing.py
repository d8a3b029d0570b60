import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests  # type: ignore[import-untyped] # ships no types

from domain.errors import InvalidInput
from domain.overfitting.multiple import (
    Correction,
    Haircut,
    adjusted_p_values,
    haircut_sharpe,
    sharpe_p_value,
)

THEIR_NAMES = {
    Correction.BONFERRONI: "bonferroni",
    Correction.SIDAK: "sidak",
    Correction.HOLM: "holm",
    Correction.BENJAMINI_YEKUTIELI: "fdr_by",
}


def cut(sharpe: float, trials: list[float], correction: Correction, total: int | None = None) -> Haircut:
    found = haircut_sharpe(sharpe, 240, np.array(trials), correction, total)
    assert found is not None
    return found


@pytest.mark.parametrize("correction", Correction)
@pytest.mark.parametrize("seed", range(3))
def test_adjusted_p_values_agree_with_statsmodels(correction: Correction, seed: int) -> None:
    p_values = np.random.default_rng(seed).random(40) ** 3

    theirs = multipletests(p_values, method=THEIR_NAMES[correction])[1]

    assert adjusted_p_values(p_values, correction) == pytest.approx(theirs, rel=1e-9, abs=1e-15)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=20))
def test_adjusting_never_makes_a_find_surer_and_holm_is_never_stricter_than_bonferroni(
    values: list[float],
) -> None:
    p_values = np.array(values)
    adjusted = {correction: adjusted_p_values(p_values, correction) for correction in Correction}

    for result in adjusted.values():
        assert (result >= p_values - 1e-12).all()
        assert (result <= 1.0).all()
    assert (adjusted[Correction.HOLM] <= adjusted[Correction.BONFERRONI] + 1e-12).all()
    assert (adjusted[Correction.SIDAK] <= adjusted[Correction.BONFERRONI] + 1e-12).all()


def test_the_best_of_200_tests_is_left_with_what_its_authors_say() -> None:
    # Harvey & Liu: annual Sharpe 0.75 over 240 months, 200 tests: p-value from 0.0008 to 0.15, Sharpe to 0.32.
    monthly = 0.75 / math.sqrt(12)

    found = cut(monthly, [monthly], Correction.SIDAK, 200)

    assert found.p_value == pytest.approx(0.0008, abs=5e-5)
    assert found.adjusted_p_value == pytest.approx(0.15, abs=0.005)
    assert found.sharpe * math.sqrt(12) == pytest.approx(0.32, abs=0.005)
    assert found.share == pytest.approx(1.0 - found.sharpe / monthly, rel=1e-12)


def test_the_haircut_is_the_ratio_whose_own_p_value_is_the_adjusted_one() -> None:
    for correction in Correction:
        found = cut(0.3, [0.3, 0.1, -0.2, 0.05], correction)
        assert sharpe_p_value(found.sharpe, 240) == pytest.approx(found.adjusted_p_value, rel=1e-6)
        assert found.share == pytest.approx(1.0 - found.sharpe / 0.3)


def test_a_marginal_ratio_loses_more_of_itself_than_a_high_one() -> None:
    marginal, high = cut(0.13, [], Correction.HOLM, 50), cut(0.4, [], Correction.HOLM, 50)

    assert marginal.share > 0.5
    assert high.share < 0.15


@pytest.mark.parametrize("correction", Correction)
def test_more_trials_cut_more(correction: Correction) -> None:
    shares = [cut(0.25, [0.25], correction, trials).share for trials in (1, 10, 100, 10_000)]

    assert shares[0] == pytest.approx(0.0, abs=1e-9)
    assert shares == sorted(shares)
    assert shares[-1] > 0.2


def test_other_good_trials_make_a_find_likelier_where_shares_of_finds_count() -> None:
    lonely = cut(0.2, [0.2] + [0.0] * 9, Correction.BENJAMINI_YEKUTIELI)
    among_good = cut(0.2, [0.2] + [0.25] * 9, Correction.BENJAMINI_YEKUTIELI)

    assert among_good.adjusted_p_value < lonely.adjusted_p_value


@pytest.mark.parametrize("correction", Correction)
def test_a_trial_without_a_ratio_counts_as_a_trial_and_as_no_find(correction: Correction) -> None:
    assert cut(0.2, [0.2, float("nan")], correction) == cut(0.2, [0.2], correction, 2)


def test_a_hopeless_search_leaves_nothing_of_a_small_ratio() -> None:
    found = cut(0.05, [], Correction.BONFERRONI, 1_000)

    assert (found.adjusted_p_value, found.sharpe, found.share) == (1.0, 0.0, 1.0)


def test_a_p_value_too_small_for_a_float_cuts_nothing() -> None:
    found = cut(5.0, [], Correction.BONFERRONI, 1_000)

    assert (found.p_value, found.sharpe, found.share) == (0.0, 5.0, 0.0)


def test_a_ratio_not_above_zero_has_no_haircut() -> None:
    assert haircut_sharpe(0.0, 240, np.array([]), Correction.HOLM) is None
    assert haircut_sharpe(-0.1, 240, np.array([]), Correction.HOLM) is None


def test_fewer_trials_than_are_known_and_p_values_beyond_one_are_refused() -> None:
    with pytest.raises(InvalidInput, match="trials: cannot be fewer than the 3 ratios known"):
        haircut_sharpe(0.2, 240, np.array([0.1, 0.3]), Correction.HOLM, trials=2)
    with pytest.raises(InvalidInput, match="p_values: must lie between 0 and 1"):
        adjusted_p_values(np.array([1.1]), Correction.HOLM)
