"""Thinning a curve without losing what matters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit.api import a_curve
from trader_graphql.backtests.curves import downsampled, drawdown_of, equity_points

EQUITY = st.lists(st.floats(1.0, 1e6), min_size=1, max_size=400)


@given(EQUITY, st.integers(5, 200))
def test_extremes_ends_and_order_survive(values: list[float], points: int) -> None:
    equity = np.array(values)
    drawdown = drawdown_of(equity)
    rows = downsampled(equity, drawdown, points)
    assert len(rows) <= max(points, 0)
    assert (np.diff(rows) > 0).all()
    assert rows[0] == 0
    assert rows[-1] == len(values) - 1
    assert equity[rows].max() == equity.max()
    assert equity[rows].min() == equity.min()
    assert drawdown[rows].min() == drawdown.min()


def test_a_curve_that_fits_is_not_thinned() -> None:
    equity = np.array([3.0, 1.0, 2.0])
    assert downsampled(equity, drawdown_of(equity), 5).tolist() == [0, 1, 2]


def test_each_stretch_keeps_its_own_spike() -> None:
    equity = np.full(1_000, 100.0)
    spikes = [130, 410, 777]
    equity[spikes] = 101.0
    equity[900] = 200.0
    rows = downsampled(equity, drawdown_of(equity), 50).tolist()
    assert set(spikes) <= set(rows)


def test_drawdown_is_measured_from_the_highest_equity_so_far() -> None:
    assert drawdown_of(np.array([100.0, 80.0, 120.0, 90.0])).tolist() == pytest.approx([0, -0.2, 0, -0.25])


def test_a_benchmark_without_a_price_yet_is_none() -> None:
    first, second, *_ = equity_points(a_curve(), 2_000)
    assert first.benchmark is None
    assert second.benchmark == 10_000.0
