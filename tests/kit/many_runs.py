"""Builders for many runs at once: bars of one instrument with every trouble, scripted strategies, and
the same combinations run one by one."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from hypothesis import strategies as st

from domain.arrays import FloatArray
from domain.backtesting.inputs import RunInputs
from domain.backtesting.many import STATISTICS, ManyRuns, run_many
from domain.backtesting.model import BacktestSpec, Costs, FillPrice, QuantityRule, Sizing
from domain.backtesting.run import measure, simulate_spec
from domain.clock import NANOSECONDS_PER_DAY, NANOSECONDS_PER_SECOND
from domain.errors import InvalidInput, TradingError
from domain.market.bars import Bars, Panel
from domain.market.instruments import AssetClass, Instrument
from domain.market.timeframe import DAILY, Timeframe
from domain.strategies.protocol import Strategy, VectorisedStrategy
from tests.kit.real_bars import real_bars

EXACT = (
    "final_equity", "total_return", "trades", "open_trades", "fees_paid", "slippage_paid", "financing_paid",
    "exposure", "best_trade", "worst_trade", "max_drawdown", "max_drawdown_days", "time_under_water",
    "win_rate", "best_month", "worst_month", "periods_per_year", "return_periods",
)  # fmt: skip
"""Statistics in which no sum over bars stands: equal to the last bit."""


def a_run(**changes: Any) -> BacktestSpec:
    """A spec on one instrument; the instrument it names is not looked up."""
    values: dict[str, Any] = {"strategy": "sma_cross", "instruments": ("T.XNAS",), "initial_cash": 10_000}
    return BacktestSpec.model_validate(values | changes)


def bars_of(ticker: str, rows: int | None = None) -> RunInputs:
    """Real daily bars, from a Monday in 2000 on with no holidays."""
    columns = [real_bars(ticker)[name][:rows] for name in ("open", "high", "low", "close", "volume")]
    return RunInputs(_panel(columns))


def minutes_of(days: int, seed: int = 1) -> RunInputs:
    """Made-up minutes of a crypto pair, 240 a day, so that a session has several rows."""
    random = np.random.default_rng(seed)
    rows = days * 240
    close = 100.0 * np.exp(np.cumsum(random.normal(0.0, 0.002, rows)))
    open_ = np.concatenate([close[:1], close[:-1]])
    minute = np.arange(rows) // 240 * 1_440 + np.arange(rows) % 240 + 1
    times = (minute * 60 + 1_577_836_800) * NANOSECONDS_PER_SECOND
    instrument = Instrument("BTC/USD", "SYNTHETIC", AssetClass.CRYPTO, fractional=True)
    high, low = np.maximum(open_, close), np.minimum(open_, close)
    bars = Bars(instrument, Timeframe.parse("1m"), times, open_, high, low, close, np.full(rows, 1e5))
    return RunInputs(Panel.align([bars]))


def _panel(columns: Sequence[FloatArray], instrument: Instrument | None = None) -> Panel:
    rows = len(columns[0])
    days = np.arange(rows) // 5 * 7 + np.arange(rows) % 5 + 10_959  # Monday, 2000-01-03
    times = days * NANOSECONDS_PER_DAY + 21 * 3_600 * NANOSECONDS_PER_SECOND
    return Panel(
        (instrument or Instrument("T", "XNAS"),), DAILY, times, *(one.reshape(-1, 1) for one in columns)
    )


class ScriptedGrid:
    """Makes strategies that answer with the row of weights which the parameter `number` names."""

    def __init__(self, weights: FloatArray) -> None:
        self._weights = weights

    def create(self, name: str, parameters: Mapping[str, Any], seed: int = 0) -> Strategy:
        number = int(parameters["number"])
        if number >= len(self._weights):
            raise InvalidInput(f"There is no script {number}.")
        return _FromRow(self._weights[number])


class _FromRow(VectorisedStrategy):
    """Answers with what it was given."""

    name = "from_row"

    def __init__(self, weights: FloatArray) -> None:
        super().__init__()
        self._weights = weights

    @property
    def lookback(self) -> int:
        return 1

    def target(self, bars: Panel) -> FloatArray:
        return self._weights.reshape(-1, 1)


def one_by_one(
    spec: BacktestSpec, inputs: RunInputs, combinations: Sequence[Mapping[str, Any]], strategies: Any
) -> ManyRuns:
    """What each combination comes to when it is simulated and measured by itself."""
    table = {name: np.full(len(combinations), np.nan) for name in STATISTICS}
    failures, returns = [""] * len(combinations), []
    for index, combination in enumerate(combinations):
        one = spec.model_copy(update={"parameters": {**spec.parameters, **combination}})
        try:
            strategy = strategies.create(one.strategy, one.parameters, one.seed)
            simulation = simulate_spec(one, inputs, strategy)
            performance = measure(simulation, inputs.panel, one)
        except TradingError as refused:
            failures[index] = str(refused)
            continue
        for name in STATISTICS:
            value = getattr(performance.statistics, name)
            table[name][index] = np.nan if value is None else value
        returns.append(performance._curve.path.returns)
    matrix = np.array(returns) if len({len(row) for row in returns}) == 1 else None
    return ManyRuns(table, tuple(failures), matrix)


def assert_same_runs(many: ManyRuns, singly: ManyRuns) -> None:
    """Money and trades to the last bit, sums over bars within rounding; undefined alike."""
    assert many.failures == singly.failures
    for name, theirs in singly.statistics.items():
        ours = many.statistics[name]
        np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs), err_msg=f"{name} undefined")
        if name in EXACT:
            np.testing.assert_array_equal(ours, theirs, err_msg=name)
        else:
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12, err_msg=name)


def assert_fast_equals_slow(
    spec: BacktestSpec, inputs: RunInputs, combinations: Sequence[Mapping[str, Any]], strategies: Any
) -> ManyRuns:
    many = run_many(spec, inputs, combinations, strategies)
    assert_same_runs(many, one_by_one(spec, inputs, combinations, strategies))
    return many


_WEIGHTS = np.array([-1.5, -1.0, -0.5, 0.0, 0.0, 0.3, 0.5, 1.0, 1.0, 1.0, 2.5])


@st.composite
def troubled_inputs(draw: st.DrawFn, most_rows: int = 70) -> RunInputs:
    """Bars of one instrument: steady, tied, flat or wild, with or without missing bars and volumes."""
    rows = draw(st.integers(1, most_rows))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["calm", "tied", "flat", "wild"]))
    spread = {"calm": 0.02, "tied": 0.02, "flat": 0.0, "wild": 0.4}[kind]
    close = 50.0 * np.exp(np.cumsum(random.normal(0.0, spread, rows)))
    open_ = close * np.exp(random.normal(0.0, spread / 2, rows))
    if kind == "tied":
        close, open_ = np.maximum(np.round(close), 1.0), np.maximum(np.round(open_), 1.0)
    high, low = np.maximum(open_, close) * 1.01, np.minimum(open_, close) * 0.99
    volume = np.where(random.random(rows) < 0.1, draw(st.sampled_from([0.0, np.nan])), 1e4)
    columns = [open_, high, low, close, volume]
    holes = random.random(rows) < draw(st.sampled_from([0.0, 0.0, 0.3]))
    for column in columns:
        column[holes] = np.nan
    lot = Decimal(draw(st.sampled_from(["1", "10", "0.1"])))
    return RunInputs(_panel(columns, Instrument("T", "XNAS", lot_size=lot, fractional=draw(st.booleans()))))


def _rate(most: float) -> st.SearchStrategy[float]:
    return st.sampled_from([0.0, most / 100, most / 10, most])


sparse_specs = st.builds(
    lambda costs, fill, quantity, leverage, cash: a_run(
        strategy="scripted",
        costs=costs,
        fill=fill,
        sizing=Sizing(quantity=quantity, max_leverage=leverage),
        initial_cash=cash,
    ),
    st.builds(
        Costs,
        commission_fixed=_rate(20.0),
        commission_per_share=_rate(0.5),
        commission_bps=_rate(100.0),
        commission_minimum=_rate(30.0),
        spread_bps=_rate(100.0),
        slippage_bps=_rate(50.0),
        impact_bps=_rate(1_000.0),
        borrow_rate=_rate(2.0),
        margin_rate=_rate(2.0),
    ),
    st.sampled_from([FillPrice.NEXT_OPEN, FillPrice.NEXT_CLOSE, FillPrice.SAME_CLOSE]),
    st.sampled_from(QuantityRule),
    st.sampled_from([0.5, 1.0, 1.0, 2.0, 5.0]),
    st.sampled_from([500, 10_000, 1_000_000]),
)


def scripts(inputs: RunInputs, seed: int, runs: int = 6, *, long_only: bool = False) -> FloatArray:
    """Weights (runs, T), NaN on most bars of some and on few of others."""
    random = np.random.default_rng(seed)
    weights = random.choice(_WEIGHTS, (runs, len(inputs)))
    weights[random.random(weights.shape) < random.random((runs, 1))] = np.nan
    return np.abs(weights) if long_only else weights
