import numpy as np
import pytest
from arch.bootstrap import optimal_block_length as arch_block_length

from domain.arrays import IntArray
from domain.errors import InvalidInput
from domain.overfitting import bootstrap
from domain.overfitting.bootstrap import Scheme, block_for, optimal_block_length, resampled_rows
from tests.kit.performance import sample_returns
from tests.kit.trials import autoregressive, noise


def drawn(
    length: int, resamples: int, block: float, scheme: Scheme = Scheme.STATIONARY, draws: int | None = None
) -> IntArray:
    return np.concatenate(
        list(resampled_rows(length, resamples, block=block, seed=3, scheme=scheme, draws=draws))
    )


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("block", [1.0, 7.0, 50.0])
def test_every_row_is_drawn_equally_often_also_at_the_ends(scheme: Scheme, block: float) -> None:
    rows = drawn(50, 4_000, block, scheme)

    counts = np.bincount(rows.ravel(), minlength=50)
    assert rows.shape == (4_000, 50)
    assert len(counts) == 50
    # A moving block that does not wrap round would draw the ends a seventh as often.
    assert counts.min() > 0.93 * 4_000
    assert counts.max() < 1.07 * 4_000


def test_stationary_blocks_have_the_wanted_mean_length_and_any_length() -> None:
    rows = drawn(1_000, 200, 10.0)

    goes_on = (rows[:, 1:] - rows[:, :-1]) % 1_000 == 1
    # One in ten begins a new block, which may by chance go on where the old one was.
    assert goes_on.mean() == pytest.approx(0.9 + 0.1 / 1_000, abs=0.002)
    lengths = np.diff(np.flatnonzero(~goes_on[0]))
    assert lengths.min() < 3
    assert lengths.max() > 20


def test_circular_blocks_all_have_one_length() -> None:
    rows = drawn(103, 50, 10.0, Scheme.CIRCULAR)

    blocks = rows[:, :100].reshape(-1, 10)
    assert ((blocks[:, 1:] - blocks[:, :-1]) % 103 == 1).all()
    assert ((rows[:, 101:] - rows[:, 100:-1]) % 103 == 1).all()


def test_a_longer_future_than_the_past_can_be_drawn() -> None:
    rows = drawn(20, 30, 15.0, draws=100)

    assert rows.shape == (30, 100)
    assert set(rows.ravel().tolist()) == set(range(20))


def test_long_histories_are_drawn_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "_BATCH_ROWS", 250)

    batches = list(resampled_rows(100, 5, block=4.0, seed=1))

    assert [len(batch) for batch in batches] == [2, 2, 1]


def test_the_same_seed_draws_the_same_rows() -> None:
    first = next(resampled_rows(100, 5, block=4.0, seed=1))

    assert (first == next(resampled_rows(100, 5, block=4.0, seed=1))).all()
    assert (first != next(resampled_rows(100, 5, block=4.0, seed=2))).any()


@pytest.mark.parametrize("correlation", [-0.5, 0.0, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("periods", [120, 1_000])
def test_block_lengths_agree_with_arch(correlation: float, periods: int) -> None:
    values = autoregressive(periods, 11, correlation)
    theirs = arch_block_length(values).iloc[0]

    ours = optimal_block_length(values)

    assert ours is not None
    # Below 1 there are no blocks: where arch says 0.4, we say 1.
    assert ours.stationary == pytest.approx(max(theirs["stationary"], 1.0), rel=1e-9)
    assert ours.circular == pytest.approx(max(theirs["circular"], 1.0), rel=1e-9)


@pytest.mark.parametrize("symbol", ["GOOG", "IBM"])
def test_block_lengths_of_real_returns_and_of_their_size_agree_with_arch(symbol: str) -> None:
    returns = sample_returns(symbol)
    for values in (returns, np.abs(returns)):
        theirs = arch_block_length(values).iloc[0]
        ours = optimal_block_length(values)
        assert ours is not None
        assert ours.of(Scheme.STATIONARY) == pytest.approx(max(theirs["stationary"], 1.0), rel=1e-9)
        assert ours.of(Scheme.CIRCULAR) == pytest.approx(max(theirs["circular"], 1.0), rel=1e-9)


def test_more_memory_asks_for_longer_blocks() -> None:
    lengths = [optimal_block_length(autoregressive(2_000, 1, memory)) for memory in (0.0, 0.4, 0.8, 0.95)]

    found = [length.stationary for length in lengths if length]
    assert len(found) == 4
    assert found == sorted(found)


def test_too_little_to_choose_a_length_from_means_single_draws() -> None:
    assert optimal_block_length(np.arange(19.0)) is None
    assert optimal_block_length(np.zeros(100)) is None
    assert optimal_block_length(np.empty(0)) is None
    assert block_for(np.zeros(100), None) == 1.0
    assert block_for(noise(100, 1, 1)[:, 0], 7.5) == 7.5


@pytest.mark.parametrize("block", [0.5, 11.0, float("nan")])
def test_a_block_is_at_least_a_row_and_at_most_the_history(block: float) -> None:
    with pytest.raises(InvalidInput, match="block: must lie between 1 and the 10 rows"):
        resampled_rows(10, 5, block=block, seed=0)


def test_nothing_cannot_be_drawn() -> None:
    with pytest.raises(InvalidInput, match="resamples: must be at least 1"):
        resampled_rows(10, 0, block=1.0, seed=0)
