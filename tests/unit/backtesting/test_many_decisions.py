"""What strategies decide for many parameter sets at once is what each target says."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.arrays import FloatArray
from domain.backtesting.inputs import RunInputs
from domain.errors import InvalidInput
from domain.market.bars import Panel
from domain.strategies import decisions as sparse
from domain.strategies.catalogue.sma_cross import SmaCross
from domain.strategies.decisions import Decisions, deciding_many
from domain.strategies.protocol import Strategy
from domain.strategies.registry import StrategyRegistry
from tests.kit.many_runs import bars_of, troubled_inputs

REGISTRY = StrategyRegistry()
_WINDOW = st.integers(1, 40)


def _fast_and_slow(**others: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    pairs = st.tuples(_WINDOW, st.integers(1, 40)).map(lambda two: {"fast": two[0], "slow": sum(two)})
    return st.tuples(pairs, st.fixed_dictionaries(others)).map(lambda two: two[0] | two[1])


OFFERING = {
    "sma_cross": _fast_and_slow(allow_short=st.booleans()),
    "ema_cross": _fast_and_slow(allow_short=st.booleans()),
    "macd": _fast_and_slow(signal=st.integers(1, 12)),
    "donchian_breakout": st.fixed_dictionaries({"entry": st.integers(2, 30), "exit": st.integers(2, 30)}),
    "rsi_reversion": st.fixed_dictionaries(
        {"window": st.integers(2, 20), "oversold": st.floats(5, 50), "recovered": st.floats(50.5, 95)}
    ),
    "bollinger_reversion": st.fixed_dictionaries(
        {"window": st.integers(2, 30), "width": st.floats(0.1, 3.0)}
    ),
    "buy_and_hold": st.just({}),
}


def _assert_decides_its_targets(panel: Panel, strategies: list[Any]) -> None:
    deciding = deciding_many(type(strategies[0]))
    assert deciding is not None
    decisions = deciding.decide_many(panel, [strategy.parameters for strategy in strategies])
    decisions.check(len(strategies), len(panel))
    for number, strategy in enumerate(strategies):
        target = strategy.target(panel)[:, 0]
        rows = np.flatnonzero(~np.isnan(target))
        own = slice(int(decisions.offset[number]), int(decisions.offset[number + 1]))
        np.testing.assert_array_equal(decisions.row[own], rows)
        np.testing.assert_array_equal(decisions.weight[own].view(np.int64), target[rows].view(np.int64))


@pytest.mark.parametrize("name", OFFERING)
def test_decisions_are_the_entries_of_target_bit_for_bit(name: str) -> None:
    # Given any bars, with gaps and ties, and any few parameter sets
    @settings(max_examples=40, deadline=None)
    @given(troubled_inputs(200), st.lists(OFFERING[name], min_size=1, max_size=5))
    def holds(inputs: RunInputs, sets: list[dict[str, Any]]) -> None:
        # Then the rows and weights decided are those of each target
        _assert_decides_its_targets(inputs.panel, [REGISTRY.create(name, values) for values in sets])

    holds()


def test_the_strategies_that_trade_one_instrument_on_events_offer_their_decisions() -> None:
    offering = {
        info.name
        for info in REGISTRY.list()
        if deciding_many(type(REGISTRY.create(info.name, {}))) is not None
    }
    assert set(OFFERING) <= offering


def test_lines_that_do_not_fit_at_once_are_made_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given room for three lines of a thousand bars, and nine pairs of five windows
    panel = bars_of("IBM", 1_000).panel
    monkeypatch.setattr(sparse, "LARGEST_TABLE", 3 * 8 * len(panel))
    strategies = [REGISTRY.create("sma_cross", {"fast": f, "slow": s}) for f in (2, 5, 9) for s in (20, 30)]

    # Then the decisions are the same
    _assert_decides_its_targets(panel, strategies)


def test_events_on_every_other_bar_find_room() -> None:
    # Given a price that turns every bar, so that two averages cross all the time
    closes = 100.0 + 10.0 * (np.arange(3_000) % 2)
    columns = [closes.reshape(-1, 1)] * 5
    calm = bars_of("IBM", 3_000).panel
    panel = Panel(calm.instruments, calm.timeframe, calm.close_time, *columns)

    # Then thousands of events a set are found all the same
    strategies = [REGISTRY.create("sma_cross", {"fast": 1, "slow": s}) for s in range(2, 12)]
    _assert_decides_its_targets(panel, strategies)


class _Inverted(SmaCross):
    """Another rule with the decisions of its parent still in reach."""

    name = "inverted"

    def target(self, bars: Panel) -> FloatArray:
        return -super().target(bars)


class _Reconfigured(SmaCross):
    name = "reconfigured"

    def __init__(self, parameters: Any = None) -> None:
        super().__init__(parameters)
        self.parameters = SmaCross.Parameters(fast=1, slow=2)


class _Renamed(SmaCross):
    name = "renamed"


@pytest.mark.parametrize(
    ("strategy", "offers"), [(SmaCross, True), (_Renamed, True), (_Inverted, False), (_Reconfigured, False)]
)
def test_decisions_of_a_parent_with_another_rule_are_not_taken(
    strategy: type[Strategy], offers: bool
) -> None:
    assert (deciding_many(strategy) is not None) == offers


_ONE, _ROWS = np.array([0.5]), np.array([3])


@pytest.mark.parametrize(
    ("offset", "row", "weight"),
    [
        ([0, 1, 1], _ROWS, np.array([np.nan])),  # a weight is a number
        ([0, 1], _ROWS, _ONE),  # one set is missing
        ([0, 1, 2], _ROWS, _ONE),  # a decision is missing
        ([0, 1, 1], np.array([10]), _ONE),  # there are ten bars
        ([0, 1, 1], np.array([-1]), _ONE),
        ([0, 2, 2], np.array([3, 3]), np.array([0.5, 0.0])),  # two at once
        ([0, 2, 1], np.array([3, 4]), np.array([0.5, 0.0])),
    ],
)
def test_decisions_that_cannot_be_are_refused(offset: list[int], row: Any, weight: Any) -> None:
    with pytest.raises(InvalidInput, match="rows from 0 to 9"):
        Decisions(np.array(offset), row, weight).check(2, 10)


def test_rows_need_ascend_within_a_set_only() -> None:
    rows, weights = np.array([3, 9, 0]), np.array([1.0, 0.0, np.inf])
    of_two_sets = Decisions(np.array([0, 2, 2, 3]), rows, weights)
    of_one_set = Decisions(np.array([0, 3, 3, 3]), rows, weights)
    of_two_sets.check(3, 10)
    with pytest.raises(InvalidInput, match="ascending for each of the 3 sets"):
        of_one_set.check(3, 10)
