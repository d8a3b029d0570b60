"""Scales, downsampling and the numbers behind the drawings."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from domain.clock import NANOSECONDS_PER_DAY, to_nanoseconds
from domain.performance.adapters.charts.axes import TimeScale, ValueScale, linear_ticks
from domain.performance.adapters.charts.downsampling import extreme_rows
from domain.performance.adapters.charts.drawdown import underwater
from domain.performance.adapters.charts.heatmap import calendar
from domain.performance.adapters.charts.histogram import binned, histogram_chart
from domain.performance.adapters.charts.rolling import rolling_chart, rolling_statistics
from domain.performance.adapters.charts.svg import Markup, element
from domain.performance.adapters.charts.trade_marks import charted_instruments, largest_trades
from domain.performance.model import PerformanceTables, PeriodReturn
from domain.performance.tear_sheet import MeasuredReturns
from tests.kit.report import a_tear_sheet, closes


@given(
    arrays(np.float64, st.integers(1, 400), elements=st.floats(-1e9, 1e9) | st.just(float("nan"))),
    st.integers(1, 30),
)
def test_downsampling_keeps_the_lowest_the_highest_and_both_ends(values: np.ndarray, buckets: int) -> None:
    rows = extreme_rows(values, buckets)

    finite = np.flatnonzero(np.isfinite(values))
    assert len(rows) <= 2 * buckets + 2
    assert bool((np.diff(rows) > 0).all())
    if finite.size:
        assert values[rows].min() == values[finite].min()
        assert values[rows].max() == values[finite].max()
        assert (rows[0], rows[-1]) == (finite[0], finite[-1])
    else:
        assert len(rows) == 0


def test_a_spike_of_one_bar_among_a_million_is_drawn() -> None:
    values = np.ones(1_000_000)
    values[654_321] = 9.0
    values[123_456] = -9.0

    rows = extreme_rows(values, 600)

    assert {654_321, 123_456} <= set(rows.tolist())
    assert len(rows) <= 1202


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 10.0, (0.0, 2.0, 4.0, 6.0, 8.0, 10.0)),
        (-0.31, 0.0, (-0.3, -0.25, -0.2, -0.15, -0.1, -0.05, 0.0)),
        (5.0, 5.0, (5.0,)),
    ],
)
def test_ticks_are_round_and_inside(low: float, high: float, expected: tuple[float, ...]) -> None:
    assert linear_ticks(low, high) == pytest.approx(expected, abs=0)


def test_a_logarithmic_scale_puts_equal_ratios_at_equal_distances() -> None:
    scale = ValueScale(10.0, 1000.0, logarithmic=True)

    assert scale.fraction(np.array([10.0, 100.0, 1000.0])).tolist() == pytest.approx([0.0, 0.5, 1.0])
    assert set(scale.ticks()) >= {10.0, 100.0, 1000.0}


@pytest.mark.parametrize("values", [[0.0], [7.0, 7.0], [-3.0], [float("nan")], []])
def test_a_scale_has_room_whatever_it_is_given(values: list[float]) -> None:
    scale = ValueScale.around(np.array(values))

    assert np.isfinite([scale.low, scale.high]).all()
    assert scale.low < scale.high


@pytest.mark.parametrize(
    ("start", "end", "labels"),
    [
        (
            "2004-08-19",
            "2013-03-01",
            ["2005", "2006", "2007", "2008", "2009", "2010", "2011", "2012", "2013"],
        ),
        ("2020-01-15", "2020-06-15", ["Feb 2020", "Mar 2020", "Apr 2020", "May 2020", "Jun 2020"]),
        ("2020-01-01", "2020-01-05", ["1 Jan", "2 Jan", "3 Jan", "4 Jan", "5 Jan"]),
        ("2020-01-01", "2020-01-01", ["1 Jan 2020"]),
    ],
)
def test_time_is_labelled_on_round_dates(start: str, end: str, labels: list[str]) -> None:
    first, last = (to_nanoseconds(datetime.fromisoformat(day).replace(tzinfo=UTC)) for day in (start, end))

    assert [tick.label for tick in TimeScale(first, last).ticks()] == labels


@given(st.integers(0, 40_000), st.integers(0, 40_000))
def test_time_never_has_more_than_ten_labels(start: int, days: int) -> None:
    first = start * NANOSECONDS_PER_DAY

    ticks = TimeScale(first, first + days * NANOSECONDS_PER_DAY).ticks()

    assert 1 <= len(ticks) <= 10
    assert all(0.0 <= tick.fraction <= 1.0 for tick in ticks)


def test_the_deepest_point_of_the_drawdown_chart_is_the_statistic() -> None:
    for sheet in (a_tear_sheet(800), a_tear_sheet(20_000, step=NANOSECONDS_PER_DAY // 24)):
        depth = underwater(sheet, sheet.equity).depth

        assert depth.min() == pytest.approx(sheet.statistics.max_drawdown, rel=1e-12)


def test_a_lost_account_stays_lost_on_the_drawdown_chart() -> None:
    sheet = a_tear_sheet(5, trades=0, equity=np.array([100_000.0, 50_000.0, -1.0, 200_000.0, 300_000.0]))

    assert underwater(sheet, sheet.equity).depth.tolist() == [0.0, -0.5, -1.0, -1.0, -1.0]


def test_every_return_is_counted_in_one_bar() -> None:
    returns = np.concatenate([np.random.default_rng(1).normal(0, 0.01, 997), [-0.4, 0.5, 0.6]])

    bins = binned(returns)

    assert bins.counts.sum() == 1000
    assert bins.outside == 3


def test_days_in_cash_do_not_flatten_the_distribution() -> None:
    statistics = a_tear_sheet().statistics
    returns = np.concatenate([np.zeros(900), np.random.default_rng(1).normal(0, 0.01, 100)])

    chart = histogram_chart(returns, statistics)

    assert chart is not None
    assert "900 returns of exactly zero" in chart.notes[0]


def test_too_few_or_equal_returns_have_no_distribution() -> None:
    statistics = a_tear_sheet().statistics

    assert histogram_chart(np.random.default_rng(1).normal(0, 0.01, 19), statistics) is None
    assert histogram_chart(np.full(100, 0.01), statistics) is None


def test_rolling_figures_equal_those_of_each_window_alone() -> None:
    returns = np.random.default_rng(3).normal(0.001, 0.01, 60)

    volatility, sharpe = rolling_statistics(returns, 20, 252)

    windows = np.lib.stride_tricks.sliding_window_view(returns, 20)
    deviation = windows.std(axis=1, ddof=1)
    assert volatility == pytest.approx(deviation * np.sqrt(252), rel=1e-9)
    assert sharpe == pytest.approx(windows.mean(axis=1) / deviation * np.sqrt(252), rel=1e-9)


def test_a_window_without_variation_has_no_sharpe_ratio() -> None:
    returns = np.concatenate([np.zeros(30), np.random.default_rng(3).normal(0, 0.01, 30)])

    volatility, sharpe = rolling_statistics(returns, 20, 252)

    assert volatility[0] == 0.0
    assert np.isnan(sharpe[0])
    assert np.isfinite(sharpe[-1])


def test_less_than_fifteen_months_of_returns_are_not_rolled() -> None:
    def returns(count: int) -> MeasuredReturns:
        return MeasuredReturns(closes(count), np.random.default_rng(3).normal(0, 0.01, count))

    assert rolling_chart(returns(314), 252) is None
    assert rolling_chart(returns(315), 252) is not None


def test_the_calendar_tints_by_size_and_leaves_months_without_data_empty() -> None:
    months = (PeriodReturn(2020, 1, 0.06), PeriodReturn(2020, 2, -0.03), PeriodReturn(2020, 3, 0.0))

    (year,) = calendar(PerformanceTables((), months, (PeriodReturn(2020, None, 0.0282),)))

    assert [cell.figure.text for cell in year.months[:4]] == ["+6.0", "\u22123.0", "0.0", ""]
    assert [cell.level for cell in year.months[:4]] == [6, 6, 0, 0]
    assert year.months[3].figure.reason == "No data for this month"
    assert year.total.text == "+2.8%"


def test_of_many_trades_the_largest_are_marked_in_order() -> None:
    trades = a_tear_sheet(trades=30).trades
    sized = replace(trades, pnl=np.array([(-1.0) ** row * row for row in range(30)]))

    assert largest_trades(sized, 3).tolist() == [27, 28, 29]
    assert largest_trades(sized, 30).tolist() == list(range(30))


def test_of_many_instruments_the_most_traded_are_charted() -> None:
    sheet = a_tear_sheet(60, instruments=[f"S{number}" for number in range(9)], trades=3)
    busy = replace(
        sheet.trades, instrument=np.where(sheet.trades.instrument == 0, 8, sheet.trades.instrument)
    )

    assert charted_instruments(replace(sheet, trades=busy)) == (8, 1, 2, 3, 4, 5)


def test_text_in_a_drawing_is_escaped_and_its_coordinates_are_finite() -> None:
    assert element("text", {"class": '"><b>'}, "<script>") == Markup(
        '<text class="&quot;&gt;&lt;b&gt;">&lt;script&gt;</text>'
    )
    with pytest.raises(ValueError, match="finite"):
        element("circle", {"r": float("inf")})
