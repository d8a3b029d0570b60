"""Weights by hand, and by the property that defines each method."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.portfolio.covariance import sample, shrunk_to_identity
from domain.portfolio.hierarchical import (
    bisected,
    correlation_distance,
    hierarchical_risk_parity,
    quasi_diagonal,
)
from domain.portfolio.kelly import capped_kelly
from domain.portfolio.maximum_sharpe import maximum_sharpe, shrunk_mean
from domain.portfolio.minimum_variance import minimum_variance
from domain.portfolio.model import CovarianceEstimator, WeightMethod
from domain.portfolio.naive import equal, inverse_volatility
from domain.portfolio.quadratic import Program
from domain.portfolio.risk_parity import risk_parity
from domain.portfolio.weights import Recipe, weights
from tests.kit.portfolio import market_returns

NONE, ALL = np.zeros(2), np.ones(2)
UNCORRELATED = np.diag([0.01, 0.04])


def shares_of_risk(weights: FloatArray, covariance: FloatArray) -> FloatArray:
    return np.asarray(weights * (covariance @ weights) / (weights @ covariance @ weights))


def test_the_simple_ones() -> None:
    np.testing.assert_array_equal(equal(4), [0.25] * 4)
    # Deviations of 10 % and 20 %: two parts to one.
    np.testing.assert_allclose(inverse_volatility(np.array([0.01, 0.04])), [2 / 3, 1 / 3], rtol=1e-15)


def test_minimum_variance_of_two_uncorrelated_is_inverse_variance() -> None:
    np.testing.assert_allclose(minimum_variance(UNCORRELATED, NONE, ALL), [0.8, 0.2], rtol=1e-12)


def test_minimum_variance_keeps_its_bounds() -> None:
    np.testing.assert_allclose(minimum_variance(UNCORRELATED, NONE, ALL * 0.6), [0.6, 0.4], rtol=1e-12)
    np.testing.assert_allclose(
        minimum_variance(UNCORRELATED, np.array([0.0, 0.35]), ALL), [0.65, 0.35], rtol=1e-12
    )


def test_minimum_variance_of_two_that_are_almost_the_same_takes_the_calm_one_alone() -> None:
    # Unbounded it would sell the wild one short: covariance 0.018 is above the lower variance.
    covariance = np.array([[0.01, 0.018], [0.018, 0.04]])

    np.testing.assert_array_equal(minimum_variance(covariance, NONE, ALL), [1.0, 0.0])


@pytest.mark.parametrize(("periods", "count"), [(300, 40), (50, 120)])
def test_minimum_variance_meets_its_conditions_of_optimality(periods: int, count: int) -> None:
    covariance = shrunk_to_identity(market_returns(periods, count, seed=4)).covariance
    upper = np.full(count, 0.1)

    found = minimum_variance(covariance, np.zeros(count), upper)

    assert found.sum() == pytest.approx(1.0, abs=1e-12)
    marginal = covariance @ found
    inside = (found > 0.0) & (found < 0.1)
    level = marginal[inside].mean()
    # All that are held in part have one marginal risk; none that is left out has less, none that is full more.
    np.testing.assert_allclose(marginal[inside], level, rtol=1e-9)
    assert (marginal[found == 0.0] >= level * (1 - 1e-9)).all()
    assert (marginal[found == 0.1] <= level * (1 + 1e-9)).all()


def test_a_singular_covariance_still_has_a_minimum() -> None:
    returns = market_returns(20, 60, seed=5)

    found = minimum_variance(sample(returns), np.zeros(60), np.ones(60))

    assert found.sum() == pytest.approx(1.0, abs=1e-9)
    assert found.min() >= 0.0
    marginal = sample(returns) @ found
    assert marginal.min() >= found @ marginal - 1e-9 * sample(returns).max()


def test_bounds_that_no_weights_can_keep_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"between 0 and 0\.8 in all cannot sum to 1"):
        minimum_variance(UNCORRELATED, NONE, ALL * 0.4)
    with pytest.raises(InvalidInput, match=r"Weight 1 cannot be at least 0\.5 and at most 0\.2"):
        minimum_variance(UNCORRELATED, np.array([0.0, 0.5]), np.array([1.0, 0.2]))


@pytest.mark.parametrize("budget", [None, 0.7])
def test_the_one_bound_at_a_time_method_finds_what_the_fast_one_finds(budget: float | None) -> None:
    rng = np.random.default_rng(6)
    for _ in range(30):
        count = int(rng.integers(1, 12))
        covariance = sample(market_returns(60, count, seed=int(rng.integers(1_000))))
        linear = rng.normal(0.0, 1e-4, count)
        lower, upper = -rng.uniform(0.0, 0.5, count), rng.uniform(0.71, 1.0, count)
        program = Program.of(covariance, lower, upper, linear=linear, budget=budget)

        slow = program._walk(np.full(count, -1, dtype=np.int64)).x

        np.testing.assert_allclose(slow, program.minimum().x, atol=1e-8)


def test_risk_parity_of_two_is_inverse_volatility_whatever_their_correlation() -> None:
    for correlation in (-0.5, 0.0, 0.9):
        covariance = np.array([[0.01, 0.02 * correlation], [0.02 * correlation, 0.04]])

        np.testing.assert_allclose(risk_parity(covariance), [2 / 3, 1 / 3], rtol=1e-12)


@pytest.mark.parametrize(("periods", "count"), [(300, 40), (50, 120)])
def test_risk_parity_gives_each_instrument_its_share_of_the_risk(periods: int, count: int) -> None:
    covariance = shrunk_to_identity(market_returns(periods, count, seed=7)).covariance
    budgets = np.linspace(1.0, 3.0, count)

    even, uneven = risk_parity(covariance), risk_parity(covariance, budgets)

    np.testing.assert_allclose(shares_of_risk(even, covariance), 1.0 / count, rtol=1e-10)
    np.testing.assert_allclose(shares_of_risk(uneven, covariance), budgets / budgets.sum(), rtol=1e-10)
    assert even.sum() == pytest.approx(1.0, abs=1e-14)


def test_risk_parity_matches_the_example_of_maillard_and_others() -> None:
    # Their section 4: volatilities 10, 20, 30, 40 %, correlations 0.8, 0 and -0.5; ERC 38.4, 19.2, 24.3, 18.2 %.
    deviation = np.array([0.1, 0.2, 0.3, 0.4])
    correlation = np.array(
        [[1.0, 0.8, 0.0, 0.0], [0.8, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -0.5], [0.0, 0.0, -0.5, 1.0]]
    )

    found = risk_parity(correlation * np.outer(deviation, deviation))

    np.testing.assert_allclose(found, [0.384, 0.192, 0.243, 0.182], atol=5e-4)


def test_risk_parity_refuses_what_does_not_move() -> None:
    with pytest.raises(InvalidInput, match="leave out what does not move"):
        risk_parity(np.diag([0.01, 0.0]))
    with pytest.raises(InvalidInput, match="budget above 0"):
        risk_parity(UNCORRELATED, np.array([1.0, 0.0]))


def test_hierarchical_risk_parity_by_hand() -> None:
    # Instruments 0 and 2 move together, so the order is 0, 2, 1 and the first half is 0 alone.
    covariance = np.array([[0.04, 0.0, 0.03], [0.0, 0.01, 0.0], [0.03, 0.0, 0.04]])

    np.testing.assert_array_equal(quasi_diagonal(correlation_distance(covariance)), [0, 2, 1])
    # 0 against {2, 1}: inverse-variance portfolio of these is 0.2 and 0.8, variance 0.0016 + 0.0064.
    first = 0.008 / (0.04 + 0.008)
    expected = [first, (1 - first) * 0.8, (1 - first) * 0.2]
    np.testing.assert_allclose(hierarchical_risk_parity(covariance), expected, rtol=1e-12)


@pytest.mark.parametrize("seed", range(8))
def test_single_linkage_joins_what_scipy_joins(seed: int) -> None:
    covariance = sample(market_returns(80, 15, seed=seed, common=0.004))
    distance = correlation_distance(covariance)
    joined = linkage(squareform(distance, checks=False), method="single")

    order = quasi_diagonal(distance)

    # The order of branches is free; which leaves are neighbours as a cluster is not.
    position = np.argsort(order)
    clusters: list[list[int]] = [[column] for column in range(15)]
    for left, right, _, _ in joined:
        clusters.append(clusters[int(left)] + clusters[int(right)])
        places = sorted(int(position[column]) for column in clusters[-1])
        assert places == list(range(places[0], places[0] + len(places)))


def test_bisection_along_the_order_of_scipy_needs_no_tree_of_ours() -> None:
    covariance = sample(market_returns(80, 9, seed=3))
    order = leaves_list(linkage(squareform(correlation_distance(covariance), checks=False), method="single"))

    found = bisected(covariance, order.astype(np.int64))

    assert found.sum() == pytest.approx(1.0, abs=1e-14)
    assert found.min() > 0.0


def test_maximum_sharpe_of_two_uncorrelated_is_mean_over_variance() -> None:
    mean = np.array([0.02, 0.04])

    np.testing.assert_allclose(maximum_sharpe(mean, UNCORRELATED, NONE, ALL), [2 / 3, 1 / 3], rtol=1e-12)


def test_maximum_sharpe_holds_cash_when_nothing_is_expected_to_pay() -> None:
    np.testing.assert_array_equal(maximum_sharpe(np.array([-0.01, 0.0]), UNCORRELATED, NONE, ALL), [0.0, 0.0])
    # One pays, but the other must be held: together they do not.
    forced = maximum_sharpe(np.array([0.01, -0.05]), UNCORRELATED, np.array([0.0, 0.5]), ALL)
    np.testing.assert_array_equal(forced, [0.0, 0.0])


@pytest.mark.parametrize("seed", range(6))
def test_no_weights_within_the_bounds_have_a_higher_sharpe_ratio(seed: int) -> None:
    returns = market_returns(150, 12, seed=seed) + 0.002
    mean, covariance = returns.mean(axis=0), sample(returns)
    lower, upper = np.full(12, 0.01), np.full(12, 0.3)
    best = maximum_sharpe(mean, covariance, lower, upper)
    ratio = mean @ best / np.sqrt(best @ covariance @ best)
    rng = np.random.default_rng(seed)

    for _ in range(500):
        other = best + rng.normal(0.0, rng.choice([1e-4, 1e-2]), 12)
        other = np.clip(other, lower, upper)
        other += (1.0 - other.sum()) * (upper - other) / (upper - other).sum()
        if other.min() >= 0.01:
            assert mean @ other / np.sqrt(other @ covariance @ other) <= ratio + 1e-12


def test_shrunk_means_are_those_of_jorion() -> None:
    returns = market_returns(60, 4, seed=8)
    covariance = sample(returns)
    mean = returns.mean(axis=0)
    inverse = np.linalg.inv(covariance)
    ones = np.ones(4)
    common = ones @ inverse @ mean / (ones @ inverse @ ones)
    intensity = 6.0 / (6.0 + 60 * (mean - common) @ inverse @ (mean - common))

    expected = (1 - intensity) * mean + intensity * common

    np.testing.assert_allclose(shrunk_mean(returns, covariance), expected, rtol=1e-10)
    assert 0.1 < intensity < 1.0


def test_a_mean_is_not_weighed_against_a_singular_covariance() -> None:
    returns = market_returns(20, 60, seed=5)

    with pytest.raises(InvalidInput, match="use a shrunk or denoised one, a longer window or fewer"):
        shrunk_mean(returns, sample(returns))


def test_kelly_of_one_bet_is_its_mean_over_its_variance() -> None:
    mean, covariance = np.array([0.02]), np.array([[0.04]])
    zero, much = np.zeros(1), np.full(1, 10.0)

    assert capped_kelly(mean, covariance, zero, much, fraction=1.0).item() == pytest.approx(0.5)
    assert capped_kelly(mean, covariance, zero, much, fraction=0.5).item() == pytest.approx(0.25)
    assert capped_kelly(mean * 10, covariance, zero, much, fraction=1.0, leverage=2.0).item() == 2.0
    assert capped_kelly(-mean, covariance, zero, much).item() == 0.0


def test_kelly_under_its_cap_moves_to_the_better_bet() -> None:
    mean = np.array([0.02, 0.08])

    free = capped_kelly(mean, UNCORRELATED, NONE, ALL * 9, fraction=1.0, leverage=9.0)
    capped = capped_kelly(mean, UNCORRELATED, NONE, ALL * 9, fraction=1.0, leverage=1.0)

    np.testing.assert_allclose(free, [2.0, 2.0], rtol=1e-12)
    # mean - C x is the same for both and their sum is one: 0.02 - 0.01 x = 0.08 - 0.04 (1 - x).
    np.testing.assert_allclose(capped, [0.0, 1.0], atol=1e-12)


@pytest.mark.parametrize("method", WeightMethod)
@pytest.mark.parametrize("estimator", [CovarianceEstimator.SAMPLE, CovarianceEstimator.DENOISED])
def test_every_method_gives_long_only_weights_within_the_budget(
    method: WeightMethod, estimator: CovarianceEstimator
) -> None:
    found = weights(market_returns(120, 10, seed=9), Recipe(method=method, estimator=estimator))

    assert found.shape == (10,)
    assert found.min() >= 0.0
    assert 0.0 < found.sum() <= 1.0 + 1e-12


@pytest.mark.parametrize("method", WeightMethod)
def test_one_instrument_is_the_whole_portfolio(method: WeightMethod) -> None:
    rising = np.abs(market_returns(50, 1, seed=2))

    found = weights(rising, Recipe(method=method))

    np.testing.assert_allclose(found, [1.0], rtol=1e-12)
