"""Falls from a peak, their days and their order."""

from datetime import date

import numpy as np
import pytest

from domain.performance.drawdowns import Underwater, deepest_fall_of_bars
from domain.performance.model import Drawdown
from domain.performance.returns import BarCurve, Periods
from tests.kit.performance import measured, path_of

# Peaks at 120 and 130; a fall of 25 % that recovers, then one of 10 % that does not.
_LEVELS = [100.0, 120.0, 108.0, 90.0, 119.0, 120.0, 130.0, 117.0, 123.5]


def test_the_deepest_fall_is_told_with_its_days() -> None:
    statistics = measured(_LEVELS[1:]).statistics
    assert statistics.max_drawdown == -0.25
    assert statistics.max_drawdown_start == date(2020, 1, 1)
    assert statistics.max_drawdown_trough == date(2020, 1, 3)
    assert statistics.max_drawdown_end == date(2020, 1, 5)
    assert statistics.max_drawdown_days == 4


def test_a_fall_that_has_not_recovered_lasts_to_the_end_of_the_data() -> None:
    open_fall = measured(_LEVELS[1:]).tables.drawdowns[1]
    assert open_fall == Drawdown(
        start=date(2020, 1, 6), trough=date(2020, 1, 7), end=None, depth=open_fall.depth, days=2
    )
    assert open_fall.depth == pytest.approx(-0.1, abs=1e-15)


def test_drawdowns_are_listed_deepest_first_and_ten_at_most() -> None:
    levels: list[float] = []
    for step in range(12):
        levels += [100.0 + step, (100.0 + step) * (0.8 + step / 100)]
    depths = [fall.depth for fall in measured(levels).tables.drawdowns]
    assert len(depths) == 10
    assert depths == sorted(depths)
    assert depths[0] == pytest.approx(-0.2, abs=1e-12)


def test_of_equally_deep_falls_the_earlier_comes_first() -> None:
    drawdowns = measured([100.0, 50.0, 100.0, 50.0, 100.0]).tables.drawdowns
    assert [fall.start for fall in drawdowns] == [date(2020, 1, 1), date(2020, 1, 3)]


def test_time_under_water_is_the_share_of_periods_below_a_peak() -> None:
    # 108, 90, 119 and 117, 123.5 of eight periods.
    assert measured(_LEVELS[1:]).statistics.time_under_water == 5 / 8


def test_a_loss_from_the_start_is_a_drawdown_that_starts_on_the_first_day() -> None:
    statistics = measured([80.0, 100.0]).statistics
    assert statistics.max_drawdown == pytest.approx(-0.2, abs=1e-15)
    assert statistics.max_drawdown_start == statistics.max_drawdown_trough == date(2020, 1, 1)
    assert statistics.max_drawdown_end == date(2020, 1, 2)


def test_calmar_is_annual_return_over_the_deepest_fall() -> None:
    # Young (1991).
    statistics = measured([120.0, 90.0, 121.0], periods_per_year=3).statistics
    assert statistics.calmar == pytest.approx(0.21 / 0.25, rel=1e-12)


def test_the_top_of_a_flat_peak_is_its_last_day() -> None:
    statistics = measured([110.0, 110.0, 99.0, 110.0]).statistics
    assert statistics.max_drawdown_start == date(2020, 1, 2)


def test_depth_is_that_of_each_stretch_under_water() -> None:
    assert Underwater.of(path_of(_LEVELS)).depth.tolist() == pytest.approx([-0.25, -0.1], abs=1e-15)


@pytest.mark.parametrize("seed", range(20))
def test_the_deepest_fall_between_closes_equals_a_walk_over_every_bar(seed: int) -> None:
    rng = np.random.default_rng(seed)
    value = 100.0 * np.exp(np.cumsum(rng.normal(0.002, 0.02, 400)))
    session = np.sort(rng.integers(0, 40, 400))
    peak, deepest = 100.0, 0.0
    for level in value:
        peak = max(peak, level)
        deepest = min(deepest, level / peak - 1.0)
    close_time = np.arange(400, dtype=np.int64)
    by_session = BarCurve.of(Periods.of(close_time, session), value)
    by_bar = BarCurve.of(Periods.of(close_time, None), value)
    assert deepest_fall_of_bars(by_session, 100.0) == pytest.approx(deepest, abs=1e-15)
    assert deepest_fall_of_bars(by_bar, 100.0) == pytest.approx(deepest, abs=1e-15)
