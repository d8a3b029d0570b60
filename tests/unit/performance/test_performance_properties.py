"""What must hold of every curve."""

import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.arrays import FloatArray
from domain.performance.conventions import CONVENTIONS
from tests.kit.performance import curve_of, measured

_A_RETURN = st.floats(-0.5, 0.5, allow_subnormal=False).map(lambda value: round(value, 6))
_RETURNS = st.lists(_A_RETURN, min_size=2, max_size=120).map(np.array)


@given(returns=_RETURNS, scale=st.sampled_from([2.0**-20, 0.5, 4.0, 2.0**30]))
def test_the_size_of_the_account_changes_no_ratio(returns: FloatArray, scale: float) -> None:
    curve = curve_of(returns)
    small = asdict(measured(curve, benchmark=curve[::-1]).statistics)
    large = asdict(
        measured(curve * scale, benchmark=curve[::-1] * scale, initial_cash=100.0 * scale).statistics
    )
    currency = {name for name, convention in CONVENTIONS.items() if convention.unit == "currency"}
    assert {name: small[name] for name in small.keys() - currency} == {
        name: large[name] for name in large.keys() - currency
    }


@given(returns=_RETURNS, data=st.data())
def test_the_order_of_returns_changes_no_statistic_of_their_distribution(
    returns: FloatArray, data: st.DataObject
) -> None:
    shuffled = np.array(data.draw(st.permutations(returns.tolist())))
    first, second = measured(curve_of(returns)).statistics, measured(curve_of(shuffled)).statistics
    for name in ("volatility", "value_at_risk_95", "conditional_value_at_risk_95", "total_return"):
        assert getattr(first, name) == pytest.approx(getattr(second, name), rel=1e-6, abs=1e-9)


@given(returns=_RETURNS)
def test_a_drawdown_is_a_loss_of_at_most_everything(returns: FloatArray) -> None:
    performance = measured(curve_of(returns))
    statistics = performance.statistics
    assert -1.0 <= statistics.max_drawdown <= 0.0
    assert 0.0 <= statistics.time_under_water <= 1.0
    assert all(statistics.max_drawdown <= fall.depth < 0.0 for fall in performance.tables.drawdowns)
    assert (statistics.max_drawdown == 0.0) == (not performance.tables.drawdowns)


@given(returns=_RETURNS)
def test_drawdown_equals_a_plain_walk_over_the_curve(returns: FloatArray) -> None:
    curve = curve_of(returns)
    peak, deepest, under = 100.0, 0.0, 0
    for level in curve:
        peak = max(peak, level)
        deepest = min(deepest, level / peak - 1.0)
        under += level < peak
    statistics = measured(curve).statistics
    assert statistics.max_drawdown == deepest
    assert statistics.time_under_water == under / len(curve)


@given(returns=_RETURNS, lengths=st.lists(st.integers(1, 5), min_size=120, max_size=120))
def test_bars_within_sessions_do_not_change_what_closes_say(returns: FloatArray, lengths: list[int]) -> None:
    closes = curve_of(returns)
    repeats = np.array(lengths[: len(closes)])
    day = 18_262 + np.arange(len(closes))
    daily = asdict(measured(closes).statistics)
    intraday = asdict(
        measured(
            np.repeat(closes, repeats),
            session=np.repeat(day, repeats),
            close_time=np.arange(repeats.sum(), dtype=np.int64),
        ).statistics
    )
    assert intraday == daily


@given(returns=_RETURNS)
def test_bounds_hold(returns: FloatArray) -> None:
    statistics = measured(curve_of(returns), benchmark=curve_of(returns[::-1])).statistics
    assert statistics.probabilistic_sharpe is None or 0.0 <= statistics.probabilistic_sharpe <= 1.0
    assert statistics.correlation is None or -1.0 <= statistics.correlation <= 1.0
    if statistics.kurtosis is not None and statistics.skew is not None:
        # Pearson's inequality.
        assert statistics.kurtosis >= statistics.skew**2 + 1.0 - 1e-6
    for value in asdict(statistics).values():
        assert not isinstance(value, float) or math.isfinite(value)
