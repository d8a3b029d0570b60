"""Agreement with arch on the very same resamples, and what the tests say of noise and of an edge."""

from collections.abc import Iterator

import numpy as np
import pytest
from arch.bootstrap import SPA

from domain.arrays import FloatArray, IntArray
from domain.errors import InvalidInput
from domain.overfitting.data_snooping import (
    SuperiorAbility,
    reality_check,
    superior_ability,
    superior_ability_over,
)
from tests.kit.trials import autoregressive, noise, with_an_edge


def result_of(
    excess: FloatArray, *, studentised: bool = True, resamples: int = 200, seed: int = 0
) -> SuperiorAbility:
    result = superior_ability(excess, resamples=resamples, block=5.0, studentised=studentised, seed=seed)
    assert result is not None
    return result


def rows_of(peer: SPA) -> Iterator[IntArray]:
    for _ in range(peer.reps):
        yield peer.bootstrap.update_indices()[None, :]


@pytest.mark.parametrize("seed", range(4))
def test_p_values_agree_with_arch_over_the_same_resamples(seed: int) -> None:
    # Some trials hopeless, so that the three p-values differ.
    excess = with_an_edge(300, 12, seed, column=3, drift=0.001) - np.where(np.arange(12) < 5, 0.004, 0.0)
    resamples = 300
    peer = SPA(np.zeros(300), -excess, block_size=8, reps=resamples, studentize=True, seed=seed)
    peer.compute()
    twin = SPA(np.zeros(300), -excess, block_size=8, reps=resamples, seed=seed)

    ours = superior_ability_over(excess, rows_of(twin), block=8.0, studentised=False)

    assert ours is not None
    # Arch compares means that are not studentised, and does not count the observed result itself.
    expected = (1 + resamples * peer.pvalues) / (1 + resamples)
    assert [ours.lower, ours.consistent, ours.upper] == pytest.approx(
        [expected["lower"], expected["consistent"], expected["upper"]], abs=1e-12
    )
    assert ours.lower < ours.upper


def test_the_errors_are_those_of_arch() -> None:
    excess = np.column_stack([autoregressive(150, seed, 0.4) + 0.003 for seed in range(3)])
    peer = SPA(np.zeros(150), -excess, block_size=6, seed=0)
    peer.compute()
    expected = excess.mean(axis=0) / np.sqrt(peer._loss_diff_var / 150)

    ours = superior_ability(excess, block=6.0, resamples=1)

    assert ours is not None
    assert ours.statistic == pytest.approx(expected.max(), rel=1e-9)
    assert ours.best == int(np.argmax(expected))


def test_on_noise_every_p_value_is_as_likely_as_another() -> None:
    # Independent noise, so single draws; blocks of five would cost the test some of its size.
    found = np.array(
        [superior_ability(noise(120, 8, seed), resamples=200, block=1.0, seed=seed) for seed in range(250)]
    )

    for p_values in ([each.consistent for each in found], [each.upper for each in found]):
        for share in (0.05, 0.1, 0.25, 0.5, 0.75):
            assert np.mean(np.array(p_values) <= share) == pytest.approx(share, abs=0.06)


def test_an_edge_is_seen_among_noise_and_named() -> None:
    result = result_of(with_an_edge(1_000, 20, 2, column=13, drift=0.0015))

    assert result.best == 13
    assert result.upper == pytest.approx(1 / 201)
    assert reality_check(with_an_edge(1_000, 20, 2, 13, 0.0015), block=5.0) == pytest.approx(1 / 1001)


def test_hopeless_wild_trials_hide_an_edge_from_white_but_not_from_hansen() -> None:
    edge = with_an_edge(500, 1, 5, column=0, drift=0.0015)
    hopeless = noise(500, 60, 6, volatility=0.1) - 0.02
    excess = np.hstack([edge, hopeless])

    result = result_of(excess)
    white = reality_check(excess, resamples=200, block=5.0)

    assert result.best == 0
    assert result.consistent < 0.01
    assert white is not None
    assert white > 0.9


def test_without_a_better_trial_than_the_benchmark_nothing_is_found() -> None:
    result = result_of(noise(200, 6, 7) - 0.02)

    assert result.statistic == 0.0
    assert (result.lower, result.consistent, result.upper) == (1.0, 1.0, 1.0)


def test_bounds_enclose_the_consistent_p_value() -> None:
    for seed in range(20):
        excess = noise(150, 10, seed) + np.linspace(-0.004, 0.001, 10)
        for studentised in (True, False):
            result = result_of(excess, studentised=studentised)
            assert result.lower <= result.consistent <= result.upper


def test_whites_check_is_the_upper_bound_without_errors() -> None:
    excess = with_an_edge(200, 6, 9, column=2, drift=0.001)

    white = reality_check(excess, resamples=300, block=5.0, seed=4)

    assert white == result_of(excess, studentised=False, resamples=300, seed=4).upper


def test_the_block_follows_the_best_trial_s_memory() -> None:
    forgetful = superior_ability(noise(400, 3, 1), resamples=10)
    mindful = superior_ability(autoregressive(400, 1, 0.8)[:, None], resamples=10)

    assert forgetful is not None
    assert mindful is not None
    assert forgetful.block < 6.0
    assert mindful.block > 12.0


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_p_value() -> None:
    excess = noise(100, 5, 1)

    assert result_of(excess, seed=1) == result_of(excess, seed=1)
    assert result_of(excess, seed=1) != result_of(excess, seed=2)


def test_a_trial_that_equals_its_benchmark_says_nothing() -> None:
    excess = noise(100, 3, 1)

    alone, with_idle = result_of(excess), result_of(np.hstack([np.zeros((100, 1)), excess]))

    assert (with_idle.lower, with_idle.consistent, with_idle.upper) == (
        alone.lower,
        alone.consistent,
        alone.upper,
    )
    assert with_idle.best == alone.best + 1
    assert superior_ability(np.zeros((100, 3))) is None
    assert reality_check(np.zeros((100, 3))) is None
    assert superior_ability(noise(2, 3, 1)) is None


def test_a_block_longer_than_the_history_is_refused() -> None:
    with pytest.raises(InvalidInput, match="block: must lie between 1 and the 100 rows"):
        superior_ability(noise(100, 3, 1), block=101.0)
