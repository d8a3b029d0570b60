import numpy as np
import pytest

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.overfitting import bootstrap
from domain.overfitting.bootstrap import resampled_rows
from domain.overfitting.monte_carlo import MonteCarlo, simulated_paths
from tests.kit.trials import noise


def simulated(returns: FloatArray, **options: object) -> MonteCarlo:
    result = simulated_paths(returns, **{"resamples": 300, "block": 1.0, **options})  # type: ignore[arg-type] # options vary
    assert result is not None
    return result


def test_the_cone_is_that_of_every_path_walked_by_itself() -> None:
    returns = noise(60, 1, 1, 0.03)[:, 0]
    paths, falls, under, longest = [], [], [], []
    for rows in resampled_rows(60, 300, block=1.0, seed=0):
        for row in rows:
            level, peak, path, down, run, most = 1.0, 1.0, [1.0], 0, 0, 0
            fall = 0.0
            for value in returns[row]:
                level *= 1.0 + value
                peak = max(peak, level)
                fall = min(fall, level / peak - 1.0)
                run = run + 1 if level < peak else 0
                down += level < peak
                most = max(most, run)
                path.append(level)
            paths.append(path)
            falls.append(fall)
            under.append(down / 60)
            longest.append(most)
    shares = (0.05, 0.25, 0.5, 0.75, 0.95)

    result = simulated(returns, drawdowns=(0.1, 0.2))

    assert result.step.tolist() == list(range(61))
    assert result.equity == pytest.approx(np.quantile(paths, shares, axis=0).T, rel=1e-9)
    assert result.final == pytest.approx(result.equity[-1], rel=1e-12)
    assert result.max_drawdown == pytest.approx(np.quantile(falls, shares), rel=1e-9)
    assert result.time_under_water == pytest.approx(np.quantile(under, shares), rel=1e-9)
    assert result.longest_under_water == pytest.approx(np.quantile(longest, shares), rel=1e-9)
    assert result.drawdown_probabilities == (
        (0.1, float(np.mean(np.array(falls) <= -0.1))),
        (0.2, float(np.mean(np.array(falls) <= -0.2))),
    )
    assert result.probability_of_ruin == np.mean(np.array(paths).min(axis=1) <= 0.5)
    assert result.probability_of_loss == np.mean(np.array(paths)[:, -1] < 1.0)


def test_money_is_added_and_what_is_lost_stays_lost() -> None:
    # Every second trade takes the whole account of 100.
    result = simulated(np.array([100.0, -100.0]), horizon=200, compounded=False, initial=100.0)

    assert result.equity[0].tolist() == [100.0] * 5
    assert result.equity.min() == 0.0
    assert result.max_drawdown[:3].tolist() == [-1.0, -1.0, -1.0]
    # A fair walk from one unit above the end has got there with 92 to 95 % after 200 steps.
    assert 0.9 < result.probability_of_ruin < 0.97
    assert result.drawdown_probabilities[-1][1] > 0.9


def test_a_loss_beyond_everything_leaves_nothing() -> None:
    result = simulated(np.array([0.1, -1.5]), horizon=30)

    assert result.final.tolist() == [0.0] * 5
    assert result.max_drawdown.tolist() == [-1.0] * 5
    assert result.probability_of_ruin == 1.0


def test_only_gains_never_go_under() -> None:
    result = simulated(np.array([0.01, 0.02]), horizon=10)

    assert result.max_drawdown.tolist() == [0.0] * 5
    assert result.time_under_water.tolist() == [0.0] * 5
    assert result.longest_under_water.tolist() == [0.0] * 5
    assert result.probability_of_loss == 0.0
    assert [probability for _, probability in result.drawdown_probabilities] == [0.0] * 4


def test_only_losses_are_under_water_all_the_time() -> None:
    result = simulated(np.array([-0.01, -0.02]), horizon=10)

    assert result.time_under_water.tolist() == [1.0] * 5
    assert result.longest_under_water.tolist() == [10.0] * 5


def test_a_long_path_is_shown_at_few_steps_and_measured_at_all() -> None:
    returns = noise(400, 1, 2, 0.02)[:, 0]

    fine, coarse = simulated(returns), simulated(returns, points=4)

    assert coarse.step.tolist() == [0, 100, 200, 300, 400]
    assert (coarse.equity == fine.equity[coarse.step]).all()
    assert (coarse.max_drawdown == fine.max_drawdown).all()
    assert coarse.probability_of_ruin == fine.probability_of_ruin


def test_batches_make_no_difference_to_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    returns = noise(50, 1, 3)[:, 0]
    # One batch holds all; the same rows in several draws go through the same code path by path.
    monkeypatch.setattr(bootstrap, "_BATCH_ROWS", 50 * 7)

    result = simulated(returns, resamples=20)

    assert result.resamples == 20
    assert result.equity.shape == (51, 5)


def test_the_block_is_chosen_by_memory_unless_given() -> None:
    assert simulated(noise(200, 1, 4)[:, 0], block=7.0).block == 7.0
    assert simulated(np.repeat(noise(50, 1, 5)[:, 0], 10), block=None).block > 5.0


def test_the_same_seed_gives_the_same_cone() -> None:
    returns = noise(50, 1, 3)[:, 0]

    assert (simulated(returns, seed=1).equity == simulated(returns, seed=1).equity).all()
    assert (simulated(returns, seed=1).equity != simulated(returns, seed=2).equity).any()


def test_one_return_makes_no_paths() -> None:
    assert simulated_paths(np.array([0.01])) is None


@pytest.mark.parametrize(
    "options",
    [{"quantiles": (0.0, 0.5)}, {"drawdowns": (20,)}, {"ruin": 1.0}, {"initial": 0.0}, {"horizon": 0}],
)
def test_shares_and_lengths_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        simulated(noise(50, 1, 3)[:, 0], **options)
