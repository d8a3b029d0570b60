"""Results by calendar and by regime, counted by hand, and blind to what came later."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import date

import numpy as np
import pytest

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.performance.paths import equity_path, market_levels
from domain.performance.periods import (
    Breakdown,
    breakdowns,
    by_market_drawdown,
    by_month_of_year,
    by_quarter,
    by_trend,
    by_volatility,
    by_weekday,
    by_year,
)
from domain.performance.returns import EquityPath
from tests.kit.performance import path_of
from tests.kit.portfolio import market_returns, weekdays

FIRST = 18_262  # 2020-01-01, a Wednesday
REGIMES: list[Callable[[EquityPath, FloatArray, int], Breakdown]] = [
    lambda path, market, year: by_trend(path, market, year, window=20),
    lambda path, market, year: by_market_drawdown(path, market, year, threshold=0.05),
    lambda path, market, year: by_volatility(path, market, year, window=5, history=30),
]


def path_on(days: Sequence[int], returns: Sequence[float], initial: float = 100.0) -> EquityPath:
    levels = initial * np.cumprod(np.concatenate(([1.0], 1.0 + np.asarray(returns))))
    return replace(path_of(levels.tolist()), day=np.asarray(days, dtype=np.int64))


def a_path(periods: int = 400) -> tuple[EquityPath, FloatArray]:
    returns = market_returns(periods, 2, seed=3)
    path = path_on(weekdays(periods).tolist(), returns[:, 0].tolist())
    return path, path_on(weekdays(periods).tolist(), returns[:, 1].tolist()).level


def labels(breakdown: Breakdown) -> list[str]:
    return [one.label for one in breakdown.slices]


def test_years_and_quarters_by_hand() -> None:
    # 31 December, 2 January, 1 April.
    path = path_on([FIRST - 1, FIRST + 1, FIRST + 91], [0.10, -0.05, 0.20])

    years, quarters = by_year(path, 252), by_quarter(path, 252)

    assert labels(years) == ["2019", "2020"]
    assert labels(quarters) == ["2019 Q4", "2020 Q1", "2020 Q2"]
    second = years.slices[1]
    assert (second.periods, second.first, second.last) == (2, date(2020, 1, 2), date(2020, 4, 1))
    assert second.total_return == pytest.approx(0.95 * 1.2 - 1)
    assert second.annual_return == pytest.approx(1.14**126 - 1)
    assert second.max_drawdown == pytest.approx(-0.05)
    # 110 became 104.5, then 125.4: 15.4 of 25.4.
    assert second.profit == pytest.approx(15.4)
    assert second.profit_share == pytest.approx(15.4 / 25.4)
    assert second.sharpe == pytest.approx(0.075 / (0.25 / np.sqrt(2)) * np.sqrt(252))
    assert years.slices[0].sharpe is None


def test_weekdays_chain_their_own_days_alone() -> None:
    # Wednesday, Thursday, Friday, Wednesday.
    path = path_on([FIRST, FIRST + 1, FIRST + 2, FIRST + 7], [0.1, 0.0, -0.1, -0.2])

    days = by_weekday(path, 252)

    assert labels(days) == ["Wednesday", "Thursday", "Friday"]
    assert days.slices[0].total_return == pytest.approx(1.1 * 0.8 - 1)
    assert days.slices[0].max_drawdown == pytest.approx(-0.2)
    assert [one.periods for one in days.slices] == [2, 1, 1]
    # The account lost: there is no profit to have a share of.
    assert {one.profit_share for one in days.slices} == {None}


def test_months_of_the_year_come_in_their_order() -> None:
    path = path_on([FIRST - 1, FIRST, FIRST + 31], [0.0, 0.0, 0.0])

    assert labels(by_month_of_year(path, 252)) == ["January", "February", "December"]


def test_a_bull_market_closed_above_its_average_the_day_before() -> None:
    path = path_on(range(FIRST, FIRST + 5), [0.01, 0.02, 0.03, 0.04, 0.05])
    # Average of two levels; known from the second on, and used for the period after it.
    market = np.array([100.0, 110.0, 105.0, 120.0, 90.0, 95.0])

    found = by_trend(path, market, 252, window=2)

    assert labels(found) == ["bull", "bear", "unknown"]
    bull, bear, unknown = found.slices
    assert unknown.total_return == pytest.approx(0.01)
    assert bull.total_return == pytest.approx(1.02 * 1.04 - 1)
    assert bear.total_return == pytest.approx(1.03 * 1.05 - 1)


def test_a_bear_market_lasts_from_a_fall_of_a_fifth_to_a_rise_of_a_fifth() -> None:
    path = path_on(range(FIRST, FIRST + 6), [0.01, 0.02, 0.03, 0.04, 0.05, 0.06])
    market = np.array([100.0, 81.0, 80.0, 70.0, 83.0, 84.0, 85.0])

    bull, bear = by_market_drawdown(path, market, 252).slices

    # Known at 80; over at 84, a fifth above 70.
    assert bull.total_return == pytest.approx(1.01 * 1.02 * 1.06 - 1)
    assert bear.total_return == pytest.approx(1.03 * 1.04 * 1.05 - 1)


def test_terciles_of_volatility_are_of_the_past() -> None:
    path, _ = a_path(11)
    # Returns of 1, 1, 2, 2, ... per cent up and down: deviations of two returns grow.
    size = np.array([0.01, 0.01, 0.02, 0.02, 0.03, 0.03, 0.001, 0.001, 0.02, 0.035, 0.01])
    market = 100.0 * np.cumprod(np.concatenate(([1.0], 1.0 + size * np.tile([1, -1], 6)[:11])))

    found = by_volatility(path, market, 252, window=2, history=3)

    counts = {one.label: one.periods for one in found.slices}
    # Deviations times the root of two, from level 2 on: 2 3 4 5 6 3.1 0.2 2.1 5.5 4.5 per cent. Three
    # are needed, so the fifth period is the first with a label; 4.5 is known after the last period. The
    # tenth deviation, 5.5, is not the highest yet in the upper third: 5 is where that begins.
    assert counts == {"calm": 1, "usual": 2, "wild": 4, "unknown": 4}


@pytest.mark.parametrize("regime", REGIMES)
def test_what_comes_later_changes_no_label(regime: Callable[..., Breakdown]) -> None:
    path, market = a_path()

    for cut in (31, 120, 333):
        early = replace(path, day=path.day[:cut], level=path.level[: cut + 1], returns=path.returns[:cut])
        poisoned = market.copy()
        poisoned[cut + 1 :] *= 50.0
        alone = regime(early, market[: cut + 1], 252)
        # The same periods in a run that goes on: their slices hold these and later ones.
        longer = regime(path, poisoned, 252)
        counted = {one.label: one.periods for one in longer.slices}
        assert all(one.periods <= counted[one.label] for one in alone.slices)
        unmoved = regime(early, np.append(market[:cut], 1e6), 252)
        assert unmoved == alone


@pytest.mark.parametrize("regime", REGIMES)
def test_every_period_has_one_label(regime: Callable[..., Breakdown]) -> None:
    path, market = a_path()

    found = regime(path, market, 252)

    assert len(found.slices) >= 2
    assert sum(one.periods for one in found.slices) == 400
    assert sum(one.profit for one in found.slices) == pytest.approx(path.level[-1] - path.level[0])


def test_a_market_that_starts_late_is_unknown_until_then() -> None:
    path, market = a_path()
    market[:100] = np.nan

    found = by_market_drawdown(path, market, 252, threshold=0.05)

    assert {one.label: one.periods for one in found.slices}["unknown"] == 100


def test_all_breakdowns_of_a_stored_curve() -> None:
    days = weekdays(300)
    times = (days * 86_400 + 75_600) * 10**9
    equity = 100.0 * np.cumprod(1.0 + market_returns(300, 1, seed=5)[:, 0])
    path = equity_path(times, equity, 100.0)
    market = market_levels(times, equity, 100.0)

    found = breakdowns(path, market, 252)

    np.testing.assert_array_equal(market, path.level)
    assert [one.by for one in found] == [
        "year", "quarter", "month of year", "weekday", "trend", "market drawdown", "volatility",
    ]  # fmt: skip
    assert [one.by for one in breakdowns(path, None, 252)] == ["year", "quarter", "month of year", "weekday"]
    assert all(asdict(one)["slices"] for one in found)


def test_a_benchmark_that_starts_late_has_no_level_before() -> None:
    times = (weekdays(3) * 86_400) * 10**9

    levels = market_levels(times, np.array([np.nan, 100.0, 110.0]), 100.0)

    np.testing.assert_array_equal(levels, [np.nan, np.nan, 100.0, 110.0])


def test_a_ruined_account_has_no_slices() -> None:
    assert by_year(path_of([100.0, -5.0, 20.0]), 252).slices == ()


def test_a_market_of_another_length_or_below_nothing_is_refused() -> None:
    path, market = a_path()

    with pytest.raises(InvalidInput, match="401 in all"):
        by_trend(path, market[1:], 252)
    with pytest.raises(InvalidInput, match="above 0"):
        by_trend(path, np.where(market == market[7], 0.0, market), 252)
