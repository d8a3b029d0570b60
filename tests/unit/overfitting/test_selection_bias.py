from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.overfitting import selection
from domain.overfitting.selection import Measure, SelectionBias, probability_of_overfitting
from tests.kit.trials import noise, with_an_edge


def found(returns: FloatArray, n_blocks: int = 8, measure: Measure = Measure.SHARPE) -> SelectionBias:
    result = probability_of_overfitting(returns, n_blocks, measure)
    assert result is not None
    return result


def by_the_book(returns: FloatArray, n_blocks: int) -> tuple[list[float], list[float], list[float]]:
    """Logits, in-sample and out-of-sample ratios of each split, the slow way; no ties."""
    blocks = np.array_split(np.arange(len(returns)), n_blocks)
    logits, inside, outside = [], [], []
    for chosen in combinations(range(n_blocks), n_blocks // 2):
        past = np.concatenate([blocks[block] for block in chosen])
        future = np.setdiff1d(np.arange(len(returns)), past)
        before = returns[past].mean(axis=0) / returns[past].std(axis=0, ddof=1)
        after = returns[future].mean(axis=0) / returns[future].std(axis=0, ddof=1)
        best = int(np.argmax(before))
        share = (np.count_nonzero(after < after[best]) + 1) / (returns.shape[1] + 1)
        logits.append(float(np.log(share / (1 - share))))
        inside.append(float(before[best]))
        outside.append(float(after[best]))
    return logits, inside, outside


def test_block_sums_give_what_walking_every_split_gives() -> None:
    returns = noise(120, 9, seed=1) + 0.02
    logits, inside, outside = by_the_book(returns, 6)

    result = found(returns, 6)

    assert result.splits == 20
    assert sorted(result.logits) == pytest.approx(sorted(logits), rel=1e-9)
    assert sorted(result.in_sample) == pytest.approx(sorted(inside), rel=1e-9)
    assert sorted(result.out_of_sample) == pytest.approx(sorted(outside), rel=1e-9)
    assert result.probability == np.mean(np.array(logits) <= 0.0)
    slope, intercept = np.polyfit(inside, outside, 1)
    assert result.degradation is not None
    assert result.degradation.slope == pytest.approx(slope, rel=1e-9)
    assert result.degradation.intercept == pytest.approx(intercept, rel=1e-9)
    assert result.degradation.r_squared == pytest.approx(np.corrcoef(inside, outside)[0, 1] ** 2, rel=1e-9)


def test_choosing_among_pure_noise_is_right_half_of_the_time() -> None:
    probabilities = [found(noise(400, 30, seed)).probability for seed in range(60)]

    assert np.mean(probabilities) == pytest.approx(0.5, abs=0.06)
    # Each by itself says little: the worth of a choice varies from history to history.
    assert np.std(probabilities) > 0.1


def test_one_true_edge_among_noise_is_found_again() -> None:
    result = found(with_an_edge(1_000, 50, seed=1, column=7, drift=0.003), 16)

    assert result.splits == 12_870
    assert result.probability < 0.001
    assert result.probability_of_loss == 0.0
    assert result.first_order_dominance
    assert result.second_order_dominance


def test_noise_does_not_dominate_taking_any_trial() -> None:
    worst = max((found(noise(400, 30, seed)) for seed in range(10)), key=lambda result: result.probability)

    assert worst.probability > 0.6
    assert not worst.first_order_dominance
    assert not worst.second_order_dominance


@pytest.mark.parametrize(
    ("chosen", "pooled", "orders"),
    [
        ([1.0, 2.0, 3.0], [0.0, 1.0, 2.0], (True, True)),
        ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], (True, True)),
        ([1.0, 2.0, 3.0], [0.0, 2.0, 4.0], (False, True)),
        ([0.0, 2.0, 4.0], [1.0, 2.0, 3.0], (False, False)),
        ([0.0, 1.0, 2.0], [1.0, 2.0, 3.0], (False, False)),
        ([1.0, 2.0, 2.9], [1.0, 2.0, 3.0], (False, False)),
    ],
    ids=["better", "equal", "as good and calmer", "as good and wilder", "worse", "a little worse"],
)
def test_dominance_of_either_order(
    chosen: list[float], pooled: list[float], orders: tuple[bool, bool]
) -> None:
    assert selection._dominance(np.array(chosen), np.array(pooled)) == orders


def test_what_is_best_in_one_half_and_worst_in_the_other_is_always_overfit() -> None:
    # Two trials that only trade places: whichever won before loses after.
    up = np.tile([0.01, -0.002], 40)
    returns = np.column_stack([np.concatenate([up, -up]), np.concatenate([-up, up])])

    result = found(returns, 2, Measure.MEAN)

    assert result.probability == 1.0
    assert result.logits.tolist() == pytest.approx([np.log(0.5)] * 2)
    assert result.probability_of_loss == 1.0


def test_the_measure_decides_who_is_best() -> None:
    calm, wild = noise(200, 1, 1, 0.001) + 0.001, noise(200, 1, 2, 0.05) + 0.005
    returns = np.hstack([calm, wild])

    assert found(returns, 2, Measure.MEAN).in_sample.mean() == pytest.approx(0.005, abs=0.004)
    assert found(returns, 2, Measure.SHARPE).in_sample.mean() == pytest.approx(1.0, abs=0.15)


def test_a_trial_that_never_trades_ranks_as_having_made_nothing() -> None:
    losing = noise(160, 3, seed=4) - 0.01
    returns = np.hstack([losing, np.zeros((160, 1))])

    result = found(returns)

    assert result.in_sample.tolist() == [0.0] * result.splits
    assert result.probability == 0.0
    assert result.degradation is None


def test_equal_trials_share_their_rank() -> None:
    one = noise(100, 1, seed=5)

    result = found(np.hstack([one, one, one]), 4)

    assert result.logits.tolist() == pytest.approx([0.0] * 6)
    assert result.probability == 1.0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1_000), trials=st.integers(2, 8), scale=st.floats(0.1, 100.0))
def test_neither_the_order_nor_the_leverage_of_trials_matters(seed: int, trials: int, scale: float) -> None:
    returns = noise(70, trials, seed)

    plain, other = found(returns, 4), found(scale * returns[:, ::-1], 4)

    assert other.logits == pytest.approx(plain.logits, abs=1e-9)
    assert 0.0 <= plain.probability <= 1.0


def test_the_number_evaluated_at_a_time_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    returns = noise(100, 7, seed=6)
    plain = found(returns)
    monkeypatch.setattr(selection, "_BATCH_VALUES", 20)

    small = found(returns)

    assert sorted(small.logits) == sorted(plain.logits)
    assert small.probability == plain.probability
    assert small.first_order_dominance == plain.first_order_dominance


@pytest.mark.parametrize(
    "returns",
    [noise(100, 1, 1), noise(15, 5, 1), np.zeros((100, 5)), np.empty((0, 3))],
    ids=["one trial", "too short", "idle", "empty"],
)
def test_without_anything_to_choose_from_it_is_undefined(returns: FloatArray) -> None:
    assert probability_of_overfitting(returns, 8) is None


@pytest.mark.parametrize("n_blocks", [0, 7, 22])
def test_blocks_must_make_two_halves_and_not_too_many(n_blocks: int) -> None:
    with pytest.raises(InvalidInput, match=f"even and between 2 and 20 .got {n_blocks}"):
        probability_of_overfitting(noise(100, 5, 1), n_blocks)


def test_holes_in_returns_are_refused() -> None:
    returns = noise(100, 5, 1)
    returns[3, 2] = np.nan

    with pytest.raises(InvalidInput, match="not finite"):
        probability_of_overfitting(returns)
