"""Walk-forward: what is traded was chosen before, in one account that goes on."""

from typing import Any, ClassVar

import numpy as np
import pytest

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.market.bars import Bars, Panel
from domain.research.model import WalkForwardSpec, read
from domain.research.walk_forward.program import WalkForwardProgram
from domain.research.walk_forward.stitching import Leg, trade_legs
from domain.research.walk_forward.windows import Window
from domain.strategies.protocol import VectorisedStrategy
from tests.kit.bars import an_instrument
from tests.kit.research import (
    a_run,
    as_bytes,
    autocorrelated,
    bars_returning,
    carried_out,
    changed_from,
    laboratory,
)

WALK = WalkForwardProgram()
SIGNS = {"lag": {"values": [1, 2]}, "sign": {"values": [-1, 1]}}
FORMS = ["follow_lag", "follow_lag_by_events"]


def a_walk(strategy: str = "follow_lag", base: Any = None, **changes: Any) -> WalkForwardSpec:
    sweep = {"base": (base or a_run(strategy)).model_dump(), "space": SIGNS}
    values = {"train_bars": 100, "test_bars": 50} | changes
    return read(WalkForwardSpec, {"sweep": sweep | values.pop("sweep", {})} | values)


def trending_then_reverting(bars: int = 600, seed: int = 1) -> Bars:
    """Returns repeat in the first half and turn round in the second."""
    half = bars // 2
    return bars_returning(
        np.concatenate([autocorrelated(half, 0.6, seed), autocorrelated(bars - half, -0.6, seed + 1)])
    )


@pytest.mark.parametrize("form", FORMS)
def test_parameters_are_chosen_anew_when_the_market_changes(form: str) -> None:
    outcome, _ = carried_out(WALK, a_walk(form), laboratory(trending_then_reverting()))
    chosen = [window["parameters"] for window in outcome["windows"]]
    assert chosen[0] == {"lag": 1, "sign": 1}
    assert chosen[-1] == {"lag": 1, "sign": -1}
    assert outcome["hindsight"]["parameters"] is not None
    # Whoever adapts makes more of both markets than any single choice in hindsight.
    assert outcome["statistics"]["sharpe"] > outcome["hindsight"]["statistics"]["sharpe"]
    assert outcome["stability"]["overall"] < 1.0


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("window", [0, 2, 5])
def test_bars_after_a_windows_end_change_nothing_of_it(form: str, window: int) -> None:
    bars, spec = trending_then_reverting(460, seed=7), a_walk(form)
    whole, _ = carried_out(WALK, spec, laboratory(bars))
    end = 100 + 50 * (window + 1)
    other, _ = carried_out(WALK, spec, laboratory(changed_from(bars, end, seed=window)))
    assert other["windows"][: window + 1] == whole["windows"][: window + 1]
    assert other["curve"]["equity"][: end - 100] == whole["curve"]["equity"][: end - 100]
    assert other["windows"][window + 1 :] != whole["windows"][window + 1 :]


def test_bars_of_the_embargo_choose_nothing() -> None:
    bars, spec = trending_then_reverting(460), a_walk(embargo_bars=20)
    whole, _ = carried_out(WALK, spec, laboratory(bars))
    changed, _ = carried_out(WALK, spec, laboratory(changed_from(bars, 100, seed=3)))
    first, other = whole["windows"][0], changed["windows"][0]
    assert first["test"]["start"] == "2020-04-30T21:00:00+00:00"
    assert (other["parameters"], other["in_sample"]) == (first["parameters"], first["in_sample"])
    assert other["out_of_sample"] != first["out_of_sample"]
    # Without an embargo the same bars are trained on by the second window at the latest.
    assert changed["windows"][1]["in_sample"] != whole["windows"][1]["in_sample"]


@pytest.mark.parametrize("form", FORMS)
def test_a_single_choice_is_one_warm_run_over_the_test_bars(form: str) -> None:
    bars = trending_then_reverting(400)
    base = a_run(form, parameters={"sign": 1}, costs={})
    spec = a_walk(base=base, sweep={"space": {"lag": {"values": [2]}}})
    where = laboratory(bars)
    outcome, _ = carried_out(WALK, spec, where)
    # The strategy needs two bars before the first test bar to decide on it.
    one = base.model_copy(update={"parameters": {"sign": 1, "lag": 2}})
    plain, _ = where.run(one, where.inputs(base).take(slice(98, 400)))
    assert outcome["curve"]["equity"] == plain.curve.equity[2:].tolist()
    assert outcome["statistics"]["fees_paid"] == pytest.approx(plain.fees_paid, rel=1e-12)
    assert outcome["statistics"]["trades"] == int((~plain.trades.is_open).sum())
    assert [window["changed"] for window in outcome["windows"]] == [True] + [False] * 5


def test_windows_multiply_to_the_whole() -> None:
    outcome, _ = carried_out(WALK, a_walk(), laboratory(trending_then_reverting()))
    parts = [1 + window["out_of_sample"]["total_return"] for window in outcome["windows"]]
    assert np.prod(parts) == pytest.approx(1 + outcome["statistics"]["total_return"])
    closed = sum(window["out_of_sample"]["trades"] for window in outcome["windows"])
    assert closed == outcome["statistics"]["trades"]
    assert outcome["profitable_windows"] == np.mean([part > 1 for part in parts])


def test_changing_parameters_is_paid_for() -> None:
    # Held all the time, long or short: the only orders are those of a change.
    space = {"sign": {"values": [-1, 1]}}
    up_then_down = bars_returning(np.where(np.arange(400) < 200, 0.01, -0.01))
    base = a_run("follow_first", costs={"commission_fixed": 7.0, "commission_bps": 0, "spread_bps": 0})
    spec = a_walk(base=base, sweep={"space": space})
    outcome, _ = carried_out(WALK, spec, laboratory(up_then_down))
    changes = [window["changed"] for window in outcome["windows"]]
    assert changes == [True, False, False, True, False, False]
    # Bought once, and later sold and sold short: three orders.
    assert outcome["statistics"]["fees_paid"] == pytest.approx(3 * 7.0)


def test_efficiency_compares_with_what_the_choices_promised() -> None:
    outcome, _ = carried_out(WALK, a_walk(), laboratory(trending_then_reverting()))
    promised = np.mean([window["in_sample"]["annual_return"] for window in outcome["windows"]])
    assert outcome["efficiency"] == pytest.approx(outcome["statistics"]["annual_return"] / promised)


def test_a_window_without_a_choice_holds_nothing_and_says_so() -> None:
    spec = a_walk(
        base=a_run("sma_cross"), sweep={"space": {"fast": {"values": [5]}, "slow": {"values": [150, 160]}}}
    )
    outcome, warnings = carried_out(WALK, spec, laboratory(trending_then_reverting(300)))
    assert [window["parameters"] for window in outcome["windows"]] == [None] * 4
    assert set(outcome["curve"]["equity"]) == {100_000.0}
    assert (
        "In 4 of 4 windows 'sharpe' was undefined for every combination, so nothing was held there."
        in warnings
    )


def test_the_objective_may_be_as_low_as_it_can_be() -> None:
    objectives = [{"statistic": "volatility", "direction": "minimise"}]
    space = {"sign": {"values": [0, 1]}}
    spec = a_walk(sweep={"space": space, "objectives": objectives})
    outcome, _ = carried_out(WALK, spec, laboratory(trending_then_reverting(300)))
    assert {window["parameters"]["sign"] for window in outcome["windows"]} == {0}
    assert outcome["objective"] == objectives[0]


def test_several_instruments_share_the_account() -> None:
    bars = [bars_returning(autocorrelated(300, 0.5, seed), an_instrument(f"T{seed}")) for seed in (1, 2)]
    spec = a_walk(base=a_run("share_follow", instruments=("T1.XNAS", "T2.XNAS")))
    outcome, _ = carried_out(WALK, spec, laboratory(*bars))
    assert outcome["statistics"]["sharpe"] > 2
    assert outcome["statistics"]["trades"] > 100


def test_rows_hold_every_combination_of_every_window() -> None:
    where, spec = laboratory(trending_then_reverting(300)), a_walk()
    plan = WALK.plan(spec, where)
    tables = [WALK.run(spec, chunk, where, lambda done: None)[1] for chunk in plan.chunks]
    found = [table for table in tables if table is not None]
    assert len(found) == len(tables)
    rows = [(w, c) for table in found for w, c in zip(table["window"], table["combination"], strict=True)]
    assert rows == [(w, c) for w in (0, 1, 2, 3, -1) for c in range(4)]
    assert plan.runs == 20
    assert set(found[0].columns) >= {"parameter.lag", "parameter.sign", "sharpe", "failure"}


def test_a_search_counts_as_its_combinations_once() -> None:
    where, spec = laboratory(trending_then_reverting(300)), a_walk()
    plan = WALK.plan(spec, where)
    values = [WALK.run(spec, chunk, where, lambda done: None)[0] for chunk in plan.chunks]
    assert [one["trials"]["count"] for one in values if "trials" in one] == [4]


def test_progress_counts_every_run_of_a_chunk() -> None:
    where, spec, heard = laboratory(trending_then_reverting(300)), a_walk(), list[int]()
    chunk = WALK.plan(spec, where).chunks[0]
    WALK.run(spec, chunk, where, heard.append)
    assert heard[-1] == chunk.runs
    assert heard == sorted(heard)


@pytest.mark.parametrize("form", FORMS)
def test_chunks_in_any_order_give_the_same_bytes(form: str) -> None:
    bars, spec = trending_then_reverting(400), a_walk(form)
    plan = WALK.plan(spec, laboratory(bars))
    order = list(range(len(plan.chunks)))
    first, _ = carried_out(WALK, spec, laboratory(bars), order)
    again, _ = carried_out(WALK, spec, laboratory(bars), order[::-1])
    assert as_bytes(first) == as_bytes(again)


@pytest.mark.parametrize(
    ("sweep", "words"),
    [
        ({"method": "bayesian", "samples": 10}, "a Bayesian search has none of its own"),
        ({"each_instrument": True}, "follows one account over one period"),
        ({"periods": [{"start": "2020-02-01"}]}, "follows one account over one period"),
    ],
)
def test_a_search_that_no_account_can_follow_is_refused(sweep: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        WALK.plan(a_walk(sweep=sweep), laboratory(trending_then_reverting(300)))


def test_an_optimum_on_the_edge_of_what_was_tried_is_said() -> None:
    spec = a_walk(sweep={"space": {"lag": {"low": 1, "high": 4}}})
    bars = bars_returning(autocorrelated(500, 0.7, 5))
    _, warnings = carried_out(WALK, spec, laboratory(bars))
    assert any("the best 'lag' lies on the edge of what was tried" in one for one in warnings)


class Witness(VectorisedStrategy):
    """Writes down how many bars it is shown."""

    name = "witness"
    shown: ClassVar[list[int]] = []

    @property
    def lookback(self) -> int:
        return 1

    def target(self, bars: Panel) -> FloatArray:
        self.shown.append(len(bars))
        return np.ones(bars.shape)


def test_a_strategy_is_shown_no_bar_after_its_window() -> None:
    Witness.shown.clear()
    where = laboratory(trending_then_reverting(300), strategies=[Witness])
    spec = a_run("witness")
    legs = [Leg(Window(number, 0, 50, start, start + 50), {}) for number, start in enumerate((100, 150))]
    trade_legs(spec, where.inputs(spec), legs, where)
    assert Witness.shown == [150, 200]
