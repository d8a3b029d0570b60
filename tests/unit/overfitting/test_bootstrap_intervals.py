import numpy as np
import pytest
from scipy import stats

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.overfitting import row_statistics
from domain.overfitting.intervals import (
    Interval,
    Method,
    RowStatistic,
    bootstrap_interval,
    interval_of,
    jackknife,
)
from tests.kit.performance import curve_of, measured, sample_returns
from tests.kit.trials import autoregressive, noise

STATISTICS = {
    "mean": row_statistics.mean,
    "sharpe": row_statistics.sharpe,
    "total_return": row_statistics.total_return,
    "max_drawdown": row_statistics.max_drawdown,
    "profit_factor": row_statistics.profit_factor,
    "win_rate": row_statistics.win_rate,
}
REAL = sample_returns("IBM")[:250]


def interval(values: FloatArray, statistic: RowStatistic, **options: object) -> Interval:
    found = bootstrap_interval(values, statistic, **{"resamples": 500, **options})  # type: ignore[arg-type] # options vary
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["mean", "sharpe", "profit_factor", "win_rate"])
@pytest.mark.parametrize("method", Method)
def test_intervals_agree_with_scipy_over_the_same_resamples(name: str, method: Method) -> None:
    statistic = STATISTICS[name]

    def of_samples(samples: FloatArray, axis: int) -> FloatArray:
        return statistic(samples.reshape(-1, samples.shape[-1])).reshape(samples.shape[:-1])

    theirs = stats.bootstrap(
        (REAL,),
        of_samples,
        n_resamples=800,
        vectorized=True,
        method="BCa" if method is Method.BCA else "percentile",
        rng=np.random.default_rng(1),
    )
    left_out = jackknife(REAL, statistic) if method is Method.BCA else None

    ours = interval_of(
        theirs.bootstrap_distribution.ravel(), float(statistic(REAL[None, :])[0]), left_out, 0.95
    )

    expected = (float(theirs.confidence_interval.low), float(theirs.confidence_interval.high))
    assert ours == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", STATISTICS)
def test_an_interval_encloses_its_estimate_and_narrows_with_less_confidence(name: str) -> None:
    wide = interval(REAL, STATISTICS[name], block=1.0)
    narrow = interval(REAL, STATISTICS[name], block=1.0, confidence=0.5)

    assert wide.low < narrow.low < narrow.high < wide.high
    assert wide.low < wide.estimate < wide.high
    assert wide.resamples == 500


def test_rows_are_measured_as_a_run_is() -> None:
    run = measured(curve_of(REAL), periods_per_year=1).statistics
    once = REAL[None, :]

    assert row_statistics.sharpe(once)[0] == pytest.approx(run.sharpe, rel=1e-9)
    assert row_statistics.total_return(once)[0] == pytest.approx(run.total_return, rel=1e-9)
    assert row_statistics.max_drawdown(once)[0] == pytest.approx(run.max_drawdown, rel=1e-9)


def test_statistics_of_rows_in_numbers() -> None:
    rows = np.array([[0.1, -0.5, 0.1, 0.0], [0.1, 0.1, 0.1, 0.1], [-0.5, -1.5, 0.2, 0.3]])

    assert row_statistics.mean(rows).tolist() == pytest.approx([-0.075, 0.1, -0.375])
    assert row_statistics.max_drawdown(rows).tolist() == pytest.approx([-0.5, 0.0, -1.0])
    assert row_statistics.total_return(rows).tolist() == pytest.approx([-0.395, 0.4641, -1.0])
    assert row_statistics.win_rate(rows).tolist() == [0.5, 1.0, 0.5]
    assert row_statistics.profit_factor(rows)[[0, 2]].tolist() == pytest.approx([0.4, 0.25])
    assert np.isnan(row_statistics.profit_factor(rows)[1])
    assert np.isnan(row_statistics.sharpe(rows)[1])
    assert np.isnan(row_statistics.sharpe(rows[:, :1])).all()


def misses(method: Method) -> tuple[int, int]:
    """How often in 400 small skewed samples the interval of the mean lies above and below the true mean."""
    rng = np.random.default_rng(7)
    above = below = 0
    for seed in range(400):
        sample = rng.exponential(1.0, 40)
        found = interval(sample, row_statistics.mean, block=1.0, method=method, seed=seed, resamples=400)
        above += found.low > 1.0
        below += found.high < 1.0
    return above, below


def test_corrected_intervals_of_skewed_samples_hold_the_truth_and_miss_it_evenly() -> None:
    # 95 % would miss 20 of 400, ten to each side; forty values of an exponential tell too little for that.
    assert misses(Method.BCA) == (14, 22)
    assert misses(Method.PERCENTILE) == (6, 31)


def test_single_draws_make_autocorrelated_returns_look_surer_than_blocks_do() -> None:
    returns = autoregressive(1_000, 1, 0.6)

    single = interval(returns, row_statistics.mean, block=1.0)
    blocks = interval(returns, row_statistics.mean)

    assert blocks.block > 5.0
    # The true error of the mean is sqrt((1 + r) / (1 - r)) = 2 times that of independent returns.
    assert blocks.standard_error / single.standard_error == pytest.approx(2.0, abs=0.4)


def test_leaving_out_blocks_leaves_out_consecutive_rows() -> None:
    values = np.arange(10.0)
    seen: list[list[float]] = []

    def remember(rows: FloatArray) -> FloatArray:
        seen.extend(rows.tolist())
        return row_statistics.mean(rows)

    jackknife(values, remember, block=3.0)

    assert seen == [[4, 5, 6, 7, 8, 9], [0, 1, 2, 3, 8, 9]]


def test_a_long_history_is_left_out_in_groups() -> None:
    values = noise(12_000, 1, 1)[:, 0]

    assert len(jackknife(values, row_statistics.mean)) == 1_000
    assert len(jackknife(np.tile(values, 20), row_statistics.mean)) <= 100


def test_the_same_seed_gives_the_same_interval() -> None:
    assert interval(REAL, row_statistics.sharpe, seed=4) == interval(REAL, row_statistics.sharpe, seed=4)
    assert interval(REAL, row_statistics.sharpe, seed=4) != interval(REAL, row_statistics.sharpe, seed=5)


@pytest.mark.parametrize(
    ("values", "statistic"),
    [
        ([0.01], row_statistics.mean),
        ([0.01] * 50, row_statistics.mean),
        ([1.0] * 30, row_statistics.win_rate),
        ([1.0, 2.0, 3.0], row_statistics.profit_factor),
        ([1.0, 1.0, 1.0, 1.0, -1.0], row_statistics.profit_factor),
    ],
    ids=["one value", "equal values", "only wins", "no loss", "resamples without the only loss"],
)
def test_where_resampling_says_nothing_there_is_no_interval(
    values: list[float], statistic: RowStatistic
) -> None:
    assert bootstrap_interval(np.array(values), statistic, block=1.0, resamples=200) is None


def test_no_correction_is_made_for_an_estimate_outside_all_resamples() -> None:
    drawn = np.linspace(1.0, 2.0, 100)

    assert interval_of(drawn, 3.0, np.array([2.9, 3.1]), 0.95) is None
    assert interval_of(drawn, 3.0, None, 0.95) == pytest.approx((1.025, 1.975))


def test_confidence_is_a_share() -> None:
    with pytest.raises(InvalidInput, match="confidence"):
        bootstrap_interval(REAL, row_statistics.mean, confidence=95)
