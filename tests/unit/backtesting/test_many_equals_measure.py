"""Runs from fill to fill come to what a simulation, measured, comes to."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.arrays import FloatArray
from domain.backtesting.inputs import RunInputs
from domain.backtesting.many import STATISTICS, run_many
from domain.backtesting.model import BacktestSpec, Costs, FillPrice, Sizing
from domain.backtesting.sparse import is_sparse
from domain.strategies.registry import StrategyRegistry
from tests.kit.many_runs import (
    ScriptedGrid,
    a_run,
    assert_fast_equals_slow,
    assert_same_runs,
    bars_of,
    minutes_of,
    one_by_one,
    scripts,
    sparse_specs,
    troubled_inputs,
)

REGISTRY = StrategyRegistry()
CROSSES = [{"fast": f, "slow": s, "allow_short": s % 2 == 0} for f in (2, 5, 12) for s in (20, 35, 90)]
GRIDS: dict[str, list[dict[str, Any]]] = {
    "sma_cross": CROSSES,
    "ema_cross": CROSSES,
    "macd": [{"fast": 5, "slow": s, "signal": g} for s in (12, 26) for g in (3, 9)],
    "donchian_breakout": [{"entry": a, "exit": b} for a in (5, 20, 55) for b in (3, 10)],
    "rsi_reversion": [{"window": w, "oversold": o} for w in (2, 14) for o in (10.0, 30.0, 45.0)],
    "bollinger_reversion": [{"window": w, "width": k} for w in (5, 20) for k in (0.5, 2.0)],
    "buy_and_hold": [{}],
    "volatility_target": [{"target": t, "window": w} for t in (0.1, 0.5) for w in (5, 60)],
}
TERMS = [
    {"costs": Costs(), "fill": FillPrice.NEXT_OPEN, "sizing": Sizing()},
    {
        "costs": Costs(commission_fixed=1, commission_per_share=0.01, commission_minimum=2, borrow_rate=0.2),
        "fill": FillPrice.NEXT_CLOSE,
        "sizing": Sizing(quantity="fractional"),
    },
    {
        "costs": Costs(impact_bps=50, spread_bps=8, commission_minimum=5),
        "fill": FillPrice.SAME_CLOSE,
        "sizing": Sizing(max_leverage=2.0),
    },
]


@pytest.mark.parametrize(("strategy", "terms"), list(itertools.product(GRIDS, TERMS)))
def test_a_grid_on_real_bars_comes_to_what_each_run_comes_to(strategy: str, terms: dict[str, Any]) -> None:
    # Given a strategy and terms that the sweep knows
    spec, inputs = a_run(strategy=strategy, **terms), bars_of("IBM", 900)
    assert is_sparse(spec, inputs, STATISTICS)

    # Then money and trades agree to the last bit, and every statistic within rounding
    many = assert_fast_equals_slow(spec, inputs, GRIDS[strategy], REGISTRY)
    assert not any(many.failures)
    assert many.statistics["trades"].sum() + many.statistics["open_trades"].sum() > 0


def test_a_named_benchmark_that_starts_late_is_compared_alike() -> None:
    # Given a benchmark without a bar on the first hundred days
    traded, other = bars_of("AAPL", 700), bars_of("MSFT", 700)
    closes = other.panel.close[:, 0].copy()
    closes[:100] = np.nan
    inputs = RunInputs(traded.panel, closes)

    # Then what is relative to it agrees too
    many = assert_fast_equals_slow(a_run(), inputs, CROSSES, REGISTRY)
    assert not np.isnan(many.statistics["beta"]).any()


def test_minutes_are_measured_from_session_close_to_session_close_alike() -> None:
    # Given three months of minutes, of which a return period holds 240
    inputs = minutes_of(90)
    grid = [{"fast": f, "slow": s, "allow_short": f == 5} for f in (5, 20) for s in (50, 300)]

    # Then statistics are of 90 periods, and agree
    many = assert_fast_equals_slow(a_run(timeframe="1m"), inputs, grid, REGISTRY)
    assert many.statistics["return_periods"].tolist() == [90.0] * 4
    assert many.statistics["trades"].min() > 10


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(troubled_inputs(), sparse_specs, st.integers(0, 2**32 - 1), st.booleans())
def test_any_targets_on_any_bars_come_to_what_each_run_comes_to(
    inputs: RunInputs, spec: BacktestSpec, seed: int, long_only: bool
) -> None:
    # Given targets long, short and beyond what the account can pay, on gaps, ties and ruin
    weights = scripts(inputs, seed, long_only=long_only)
    grid = [{"number": number} for number in range(len(weights))]

    # Then each run agrees with its simulation
    assert_fast_equals_slow(spec, inputs, grid, ScriptedGrid(weights))


def _hand_written(kind: str) -> tuple[RunInputs, FloatArray]:
    inputs = bars_of("GOOG", 60)
    weights = np.full((1, 60), np.nan)
    if kind == "ruin":
        weights[0, 1] = -3.0
    elif kind == "one bar":
        inputs = inputs.take(slice(0, 1))
        weights = np.array([[1.0]])
    elif kind == "last bar":
        weights[0, 59] = 1.0
    elif kind == "infinite":
        weights[0, 5] = np.inf
    return inputs, weights


@pytest.mark.parametrize("kind", ["no trades", "one bar", "last bar", "infinite", "ruin"])
def test_the_edges_agree(kind: str) -> None:
    # Given a run at an edge, at terms that let a short position ruin the account
    inputs, weights = _hand_written(kind)
    spec = a_run(sizing=Sizing(max_leverage=20.0), costs=Costs(borrow_rate=10.0))

    # Then it is told alike, with its sentence where it fails
    many = assert_fast_equals_slow(spec, inputs, [{"number": 0}], ScriptedGrid(weights))
    assert ("infinite" in many.failures[0]) == (kind == "infinite")


@pytest.mark.parametrize("strategy", ["sma_cross", "volatility_target"])
def test_returns_are_those_the_statistics_were_made_of(strategy: str) -> None:
    # When returns are asked for
    inputs, grid = bars_of("IBM", 500), GRIDS[strategy]
    many = run_many(a_run(strategy=strategy), inputs, grid, REGISTRY, with_returns=True)

    # Then they are the simple returns of every period of every combination
    singly = one_by_one(a_run(strategy=strategy), inputs, grid, REGISTRY)
    assert many.returns is not None
    assert singly.returns is not None
    np.testing.assert_array_equal(many.returns, singly.returns)


def test_a_few_statistics_are_the_same_as_among_all() -> None:
    # Given every statistic, and each asked for alone
    inputs, grid = bars_of("IBM", 700), GRIDS["donchian_breakout"]
    spec = a_run(strategy="donchian_breakout")
    everything = run_many(spec, inputs, grid, REGISTRY)
    for name in STATISTICS:
        alone = run_many(spec, inputs, grid, REGISTRY, statistics=[name])
        assert list(alone.statistics) == [name]
        np.testing.assert_array_equal(alone.statistics[name], everything.statistics[name], err_msg=name)


def test_a_short_that_is_charged_until_nothing_is_left_is_ruined_alike() -> None:
    # Given a short position in a share that triples, with a borrow fee
    inputs, weights = _hand_written("ruin")
    panel = inputs.panel
    rising = [
        getattr(panel, name) * np.linspace(1.0, 8.0, 60).reshape(-1, 1)
        for name in ("open", "high", "low", "close")
    ]
    lost = RunInputs(type(panel)(panel.instruments, panel.timeframe, panel.close_time, *rising, panel.volume))
    spec = a_run(sizing=Sizing(max_leverage=5.0), costs=Costs(borrow_rate=1.0))

    # Then both say that all is lost
    singly = one_by_one(spec, lost, [{"number": 0}], ScriptedGrid(weights))
    many = run_many(spec, lost, [{"number": 0}], ScriptedGrid(weights))
    assert_same_runs(many, singly)
    assert many.statistics["max_drawdown"][0] == -1.0
    assert np.isnan(many.statistics["sharpe"][0])
