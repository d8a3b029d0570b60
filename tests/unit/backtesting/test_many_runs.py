"""Many runs: which go from fill to fill, and what becomes of those that fail."""

from dataclasses import make_dataclass
from typing import Any

import numpy as np
import pytest
from pydantic import Field

from domain.backtesting import sparse
from domain.backtesting.inputs import RunInputs
from domain.backtesting.many import STATISTICS, run_many
from domain.backtesting.model import BacktestSpec, Costs, Sizing
from domain.market.bars import Panel
from domain.strategies.registry import StrategyRegistry
from tests.kit.engine import panel_of
from tests.kit.many_runs import (
    ScriptedGrid,
    a_run,
    assert_same_runs,
    bars_of,
    one_by_one,
)

REGISTRY = StrategyRegistry()
INPUTS = bars_of("IBM", 400)
GRID = [{"fast": fast, "slow": slow} for fast in (3, 8) for slow in (20, 40)]


class _Another:
    """A value that no field has by default."""


def _unknown_fields() -> list[tuple[str, str]]:
    known = {
        "spec": (BacktestSpec, sparse._KNOWN_OF_SPEC),
        "costs": (Costs, sparse._KNOWN_OF_COSTS),
        "sizing": (Sizing, sparse._KNOWN_OF_SIZING),
    }
    return [
        (part, name)
        for part, (model, names) in known.items()
        for name in model.model_fields
        if name not in names
    ]


@pytest.mark.parametrize(("part", "name"), _unknown_fields())
def test_a_term_that_the_sweep_does_not_know_goes_bar_by_bar(part: str, name: str) -> None:
    # Given a field that is not among the known ones, with another value than its default
    changed = {name: _Another()}
    plain = a_run()
    spec = (
        plain.model_copy(update=changed)
        if part == "spec"
        else plain.model_copy(update={part: getattr(plain, part).model_copy(update=changed)})
    )

    # Then the sweep leaves the run alone, which it does not at the default
    assert sparse.is_sparse(plain, INPUTS, STATISTICS)
    assert not sparse.is_sparse(spec, INPUTS, STATISTICS)


def test_a_term_that_is_new_goes_bar_by_bar() -> None:
    # Given costs that gained a field since the sweep was written
    class NewCosts(Costs):
        rebate_bps: float = Field(0.0)

    # Then only its default is traded from fill to fill
    assert sparse.is_sparse(a_run().model_copy(update={"costs": NewCosts()}), INPUTS, STATISTICS)
    rebated = a_run().model_copy(update={"costs": NewCosts(rebate_bps=1.0)})
    assert not sparse.is_sparse(rebated, INPUTS, STATISTICS)


def test_a_new_kind_of_input_goes_bar_by_bar() -> None:
    # Given inputs that gained a column since
    more = make_dataclass("more", [("halts", Any, None)], bases=(RunInputs,), frozen=True)
    halts = np.zeros(len(INPUTS), dtype=np.bool_)
    assert sparse.is_sparse(a_run(), more(INPUTS.panel), STATISTICS)
    assert not sparse.is_sparse(a_run(), more(INPUTS.panel, halts=halts), STATISTICS)


@pytest.mark.parametrize(
    "changes",
    [{"fill": "next_middle"}, {"sizing": Sizing().model_copy(update={"quantity": "by_value"})}],
    ids=["fill price", "quantity rule"],
)
def test_a_choice_that_the_sweep_does_not_know_goes_bar_by_bar(changes: dict[str, Any]) -> None:
    assert not sparse.is_sparse(a_run().model_copy(update=changes), INPUTS, STATISTICS)


def test_several_instruments_and_statistics_to_come_go_bar_by_bar() -> None:
    two = RunInputs(panel_of([1.0, 2.0, 3.0], [2.0, 3.0, 4.0]))
    assert not sparse.is_sparse(a_run(), two, STATISTICS)
    assert not sparse.is_sparse(a_run(), INPUTS, (*STATISTICS, "ulcer_index"))


def test_the_sweep_computes_every_statistic() -> None:
    assert set(sparse.COLUMNS) == set(STATISTICS)


@pytest.mark.parametrize("strategy", ["momentum_rotation", "buy_and_hold"])
def test_several_instruments_come_to_what_each_run_comes_to(strategy: str) -> None:
    rising, falling = np.linspace(50, 90, 300), np.linspace(80, 60, 300)
    inputs = RunInputs(panel_of(list(rising), list(falling)))
    many = run_many(a_run(strategy=strategy), inputs, [{}, {}], REGISTRY)
    assert_same_runs(many, one_by_one(a_run(strategy=strategy), inputs, [{}, {}], REGISTRY))


def test_a_combination_that_fails_is_noted_and_the_others_go_on() -> None:
    # Given one pair that is the wrong way round among good ones, and a parameter that is unknown
    grid = [GRID[0], {"fast": 50, "slow": 20}, GRID[1], {"quick": 3}]

    # Then each has its sentence, and the good ones their numbers
    many = run_many(a_run(), INPUTS, grid, REGISTRY, with_returns=True)
    assert [bool(sentence) for sentence in many.failures] == [False, True, False, True]
    assert "fast (50) must be below slow (20)" in many.failures[1]
    assert "quick" in many.failures[3]
    assert np.isnan(many.statistics["final_equity"]).tolist() == [False, True, False, True]
    assert_same_runs(many, one_by_one(a_run(), INPUTS, grid, REGISTRY))
    assert many.returns is not None
    assert np.isnan(many.returns).all(axis=1).tolist() == [False, True, False, True]


def test_targets_that_are_no_weights_have_the_sentence_of_a_single_run() -> None:
    # Given scripts of which one asks for infinity and one does not exist
    weights = np.full((3, len(INPUTS)), np.nan)
    weights[:, 3] = [1.0, np.inf, -1.0]
    grid = [{"number": number} for number in (0, 1, 2, 7)]

    many = run_many(a_run(), INPUTS, grid, ScriptedGrid(weights))
    assert "infinite weight" in many.failures[1]
    assert "no script 7" in many.failures[3]
    assert_same_runs(many, one_by_one(a_run(), INPUTS, grid, ScriptedGrid(weights)))


def test_unusable_bars_fail_every_combination_with_their_sentence() -> None:
    # Given a bar with a negative price
    panel = INPUTS.panel
    low = panel.low.copy()
    low[7] = -1.0
    bad = RunInputs(
        Panel(
            panel.instruments,
            panel.timeframe,
            panel.close_time,
            panel.open,
            panel.high,
            low,
            panel.close,
            panel.volume,
        )
    )
    many = run_many(a_run(), bad, GRID, REGISTRY)
    assert all("not positive" in sentence for sentence in many.failures)
    assert np.isnan(many.statistics["sharpe"]).all()


def test_nothing_to_run_comes_to_nothing() -> None:
    many = run_many(a_run(), INPUTS, [], REGISTRY, with_returns=True)
    assert len(many) == 0
    assert many.returns is not None
    assert many.returns.shape == (0, len(INPUTS))


@pytest.mark.parametrize("sizing", [Sizing(), Sizing(stop_loss=0.1)], ids=["fill to fill", "bar by bar"])
def test_who_listens_hears_how_far_it_is_and_may_stop_it(sizing: Sizing) -> None:
    # Given six hundred combinations
    grid = [{"fast": 2 + number % 10, "slow": 20 + number // 10} for number in range(600)]
    heard: list[int] = []

    # When the listener raises half way
    class Enough(Exception):
        """The listener has heard enough."""

    def listen(done: int) -> None:
        heard.append(done)
        if done >= 300:
            raise Enough

    with pytest.raises(Enough):
        run_many(a_run(sizing=sizing), INPUTS.take(slice(0, 60)), grid, REGISTRY, report=listen)

    # Then it has heard ascending numbers, and nothing after
    assert heard == sorted(heard)
    assert 300 <= heard[-1] < 600


def test_the_last_number_heard_is_that_of_all_combinations() -> None:
    for grid in (GRID, [*GRID, {"fast": 9, "slow": 2}], [{"fast": 9, "slow": 2}]):
        heard: list[int] = []
        run_many(a_run(), INPUTS, grid, REGISTRY, report=heard.append)
        assert heard[-1] == len(grid)


def test_a_strategy_whose_offer_is_wrong_is_run_by_its_target(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given decisions that cannot be, and decisions that raise
    from domain.strategies.catalogue.sma_cross import SmaCross
    from domain.strategies.decisions import Decisions

    singly = one_by_one(a_run(), INPUTS, GRID, REGISTRY)

    def nonsense(bars: Panel, parameters: Any) -> Decisions:
        return Decisions(np.array([0, 1]), np.array([10_000]), np.array([1.0]))

    def raising(bars: Panel, parameters: Any) -> Decisions:
        raise ZeroDivisionError

    for offer in (nonsense, raising):
        monkeypatch.setattr(SmaCross, "decide_many", staticmethod(offer))
        assert_same_runs(run_many(a_run(), INPUTS, GRID, REGISTRY), singly)
