"""A verdict on results whose truth is known because it was planted."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from domain.errors import InvalidInput
from domain.market.bars import Bars
from domain.market.corporate_actions import Split
from domain.research.evaluation.look_ahead_check import look_ahead_finding
from domain.research.evaluation.program import EvaluationProgram
from domain.research.laboratory import Laboratory
from domain.research.model import EvaluationSpec, read
from domain.strategies.registry import StrategyRegistry
from tests.kit.bars import an_instrument
from tests.kit.research import (
    FollowLag,
    Peek,
    a_run,
    as_bytes,
    autocorrelated,
    bars_returning,
    carried_out,
    laboratory,
)
from tests.kit.runs import BarsInMemory

EVALUATION = EvaluationProgram(look_ahead_finding)
BROKER = {"commission_bps": 0.5, "spread_bps": 0.0, "slippage_bps": 0.5}


def evaluated(
    bars: Bars, base: Any, space: dict[str, Any] | None = None, **changes: Any
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The outcome, and the findings of its verdict by check."""
    spec = a_question(base, space, **changes)
    outcome, _ = carried_out(EVALUATION, spec, laboratory(bars))
    return outcome, {one["check"]: one for one in outcome["verdict"]["findings"]}


def a_question(base: Any, space: dict[str, Any] | None = None, **changes: Any) -> EvaluationSpec:
    values: dict[str, Any] = {"base": base.model_dump(), "permutations": 30, "resamples": 200}
    if space is not None:
        values["sweep"] = {"base": base.model_dump(), "space": space}
    return read(EvaluationSpec, values | changes)


def answers(findings: dict[str, dict[str, Any]], *checks: str) -> list[str]:
    return [findings[check]["answer"] for check in checks]


def test_an_edge_that_was_planted_holds() -> None:
    bars = bars_returning(autocorrelated(900, 0.45, 1))
    base = a_run(parameters={"lag": 1, "sign": 1}, costs=BROKER)
    space = {"lag": {"values": [1, 3, 5, 7, 9]}, "sign": {"values": [-1, 1]}}
    outcome, findings = evaluated(bars, base, space)
    assert outcome["verdict"]["answer"] == "holds"
    assert outcome["verdict"]["sentence"].startswith("This result holds up: ")
    assert (
        answers(
            findings,
            "track_record",
            "backtest_length",
            "probabilistic_sharpe",
            "deflated_sharpe",
            "probability_of_overfitting",
            "data_snooping",
            "permutation",
            "sharpe_interval",
            "costs",
            "trade_concentration",
            "period_concentration",
            "regimes",
            "benchmark",
        )
        == ["holds"] * 13
    )
    assert findings["probability_of_overfitting"]["value"] == 0.0
    assert findings["permutation"]["value"] == pytest.approx(1 / 31)
    assert outcome["trials"]["count"] == 10


def test_the_best_of_many_coins_is_called_luck() -> None:
    bars = bars_returning(np.random.default_rng(11).normal(0, 0.01, 700))
    coins = [{"coin": coin} for coin in range(20)]
    sharpes = laboratory(bars).many(a_run("toss"), coins, statistics=("sharpe",)).statistics["sharpe"]
    best = int(np.argmax(sharpes))
    base = a_run("toss", parameters={"coin": best})
    outcome, findings = evaluated(bars, base, {"coin": {"low": 0, "high": 19}})
    assert outcome["verdict"]["answer"] == "fails"
    assert outcome["verdict"]["sentence"].startswith("This looks like luck, not like an edge: ")
    # By itself it would have passed for something.
    assert findings["probabilistic_sharpe"]["value"] > 0.9
    assert findings["deflated_sharpe"]["answer"] != "holds"
    assert findings["deflated_sharpe"]["value"] < 0.75
    assert findings["probability_of_overfitting"]["value"] > 0.3
    assert findings["data_snooping"]["value"] > 0.2
    assert findings["permutation"]["value"] > 0.2


def test_a_profit_that_doubled_costs_eat_fails() -> None:
    bars = bars_returning(autocorrelated(900, 0.25, 1))
    costs = {"commission_bps": 0, "spread_bps": 0, "slippage_bps": 16.0}
    outcome, findings = evaluated(bars, a_run(costs=costs), permutations=0)
    assert outcome["statistics"]["total_return"] > 0
    assert findings["costs"]["answer"] == "fails"
    assert findings["costs"]["value"] < 0
    assert outcome["verdict"]["answer"] == "fails"
    twice, thrice = outcome["stress"]["costs"]
    assert (twice["multiple"], thrice["multiple"]) == (2.0, 3.0)
    assert thrice["statistics"]["total_return"] < twice["statistics"]["total_return"] < 0


def test_an_edge_of_one_bar_fails_the_delay() -> None:
    # Up, down, up, down: the last return says the opposite of the next one, the one before it the same.
    cycle = np.tile([0.01, -0.01], 300) + np.random.default_rng(1).normal(0, 0.001, 600)
    outcome, findings = evaluated(bars_returning(cycle), a_run(parameters={"sign": -1}), permutations=0)
    assert outcome["statistics"]["sharpe"] > 10
    assert findings["delay"]["answer"] == "fails"
    assert findings["delay"]["sentence"].startswith("One bar later the Sharpe ratio is -")
    assert "one bar of delay ends it" in outcome["verdict"]["sentence"]


def test_a_wonder_of_one_trade_fails() -> None:
    returns = np.random.default_rng(2).normal(-0.001, 0.004, 600)
    returns[300:302] = 0.01, 0.6
    costs = {"slippage_bps": 4.0, "spread_bps": 0, "commission_bps": 0}
    _, findings = evaluated(bars_returning(returns), a_run(costs=costs), permutations=0)
    assert findings["trade_concentration"]["answer"] == "fails"
    assert findings["trade_concentration"]["value"] > 1
    assert findings["period_concentration"]["answer"] == "fails"


def test_too_little_data_is_unclear_and_not_a_failure() -> None:
    bars = bars_returning(autocorrelated(60, 0.3, 4))
    outcome, findings = evaluated(bars, a_run(costs=BROKER), permutations=5, trials=1)
    assert (
        answers(findings, "track_record", "period_concentration", "regimes", "permutation") == ["unclear"] * 4
    )
    assert (
        findings["permutation"]["sentence"] == "5 shuffles of the bars are too few to tell; take 100 or more."
    )
    assert outcome["verdict"]["answer"] != "holds"


def test_without_a_count_of_trials_luck_is_not_taken_off() -> None:
    bars = bars_returning(autocorrelated(500, 0.45, 1))
    outcome, findings = evaluated(bars, a_run(costs=BROKER), permutations=0)
    assert answers(findings, "deflated_sharpe", "backtest_length") == ["unclear", "unclear"]
    assert outcome["trials"] == {"count": None, "variance": None, "effective": None}
    assert outcome["verdict"]["answer"] != "holds"


def test_the_number_of_trials_that_were_told_counts_where_it_is_larger() -> None:
    bars = bars_returning(autocorrelated(400, 0.4, 1))
    outcome, findings = evaluated(bars, a_run(), {"lag": {"low": 1, "high": 4}}, trials=5_000, permutations=0)
    assert outcome["trials"]["count"] == 5_000
    assert "5,000 trials" in findings["deflated_sharpe"]["sentence"]
    # How alike the other 4,996 are is not known from this search.
    assert "alike" not in findings["deflated_sharpe"]["sentence"]
    assert outcome["trials"]["effective"] is None


def test_shuffles_are_the_same_market_whether_a_split_is_booked_or_adjusted() -> None:
    prices = bars_returning(np.random.default_rng(1).normal(0.0, 0.01, 300))
    halved = np.where(np.arange(300) < 150, 1.0, 0.5)
    bars = replace(
        prices, **{name: getattr(prices, name) * halved for name in ("open", "high", "low", "close")}
    )
    split = Split(np.datetime64(int(bars.close_time[150]), "ns").astype("datetime64[D]").astype(date), 2.0)
    registry = StrategyRegistry()
    registry.add(FollowLag, "tests")
    where = Laboratory(BarsInMemory([bars], [split]), registry)
    simulated = {}
    for adjustment in ("total_return", "booked"):
        question = a_question(a_run(adjustment=adjustment), permutations=20)
        simulated[adjustment] = carried_out(EVALUATION, question, where)[0]["permutation"]["simulated"]
    assert simulated["booked"] == pytest.approx(simulated["total_return"])


def test_a_ruined_account_is_called_ruined() -> None:
    crash = bars_returning([*([0.001] * 100), 3.0, *([0.001] * 100)])
    outcome, findings = evaluated(crash, a_run("follow_first", parameters={"sign": -1}), permutations=0)
    assert outcome["verdict"]["sentence"].startswith(
        "Whatever edge there is does not survive real trading: it can ruin the account"
    )
    assert (
        findings["track_record"]["sentence"]
        == "The account was ruined, so there is no Sharpe ratio to judge."
    )
    assert findings["regimes"]["sentence"].startswith("The account was ruined")


def test_a_strategy_that_sees_tomorrow_is_not_to_be_trusted() -> None:
    program = EvaluationProgram(look_ahead_finding)
    bars = bars_returning(np.random.default_rng(5).normal(0, 0.01, 300))
    where = laboratory(bars, strategies=[Peek])
    outcome, _ = carried_out(program, a_question(a_run("peek"), permutations=0), where)
    by_check = {one["check"]: one for one in outcome["verdict"]["findings"]}
    assert by_check["look_ahead"]["answer"] == "fails"
    assert outcome["verdict"]["sentence"].startswith("Do not trust this result: it uses the future")
    honest, _ = carried_out(program, a_question(a_run(), permutations=0), where)
    by_check = {one["check"]: one for one in honest["verdict"]["findings"]}
    assert by_check["look_ahead"]["answer"] == "holds"


def test_fills_at_the_close_that_was_decided_on_are_not_to_be_trusted() -> None:
    bars = bars_returning(autocorrelated(300, 0.4, 1))
    outcome, findings = evaluated(bars, a_run(fill="same_close"), permutations=0)
    assert findings["fill"]["answer"] == "fails"
    assert outcome["verdict"]["sentence"].startswith(
        "Do not trust this result: it uses the future and its fills are not to be had"
    )


def test_the_same_question_gives_the_same_bytes_in_any_order_and_batch() -> None:
    bars = bars_returning(autocorrelated(300, 0.2, 6))
    spec = a_question(a_run(costs=BROKER), {"lag": {"low": 1, "high": 5}}, permutations=12)
    plan = EVALUATION.plan(spec, laboratory(bars))
    order = np.random.default_rng(0).permutation(len(plan.chunks)).tolist()
    first, _ = carried_out(EVALUATION, spec, laboratory(bars))
    again, _ = carried_out(EVALUATION, spec, laboratory(bars), order)
    assert as_bytes(first) == as_bytes(again)
    one = EVALUATION.run(spec, plan.chunks[-1], laboratory(bars), lambda done: None)
    assert one == EVALUATION.run(spec, plan.chunks[-1], laboratory(bars), lambda done: None)


def test_another_seed_shuffles_otherwise() -> None:
    bars, base = bars_returning(autocorrelated(300, 0.2, 6)), a_run()
    one, _ = evaluated(bars, base, permutations=8)
    other, _ = evaluated(bars, base, permutations=8, seed=1)
    assert one["permutation"]["simulated"] != other["permutation"]["simulated"]
    assert len(set(one["permutation"]["simulated"])) == 8


def test_a_part_that_ran_out_of_time_is_unclear_and_the_rest_stands() -> None:
    where = laboratory(bars_returning(autocorrelated(300, 0.3, 6)))
    spec = a_question(a_run(costs=BROKER), permutations=10, trials=1)
    plan = EVALUATION.plan(spec, where)
    answered = {}
    for chunk in plan.chunks:
        gave_up = chunk.work["part"] in {"stress", "shuffles"}
        answered[chunk.number] = (
            EVALUATION.give_up(spec, chunk, where, "it took longer than 60 seconds.")
            if gave_up
            else EVALUATION.run(spec, chunk, where, lambda done: None)
        )
    outcome, _ = EVALUATION.reduce(spec, plan, answered.__getitem__, where)
    findings = {one["check"]: one for one in outcome["verdict"]["findings"]}
    assert answers(findings, "costs", "delay", "permutation") == ["unclear"] * 3
    assert findings["costs"]["sentence"] == "It was given up: it took longer than 60 seconds."
    assert findings["probabilistic_sharpe"]["value"] is not None
    answered[0] = EVALUATION.give_up(spec, plan.chunks[0], where, "it took longer than 60 seconds.")
    with pytest.raises(InvalidInput, match="The run itself could not be carried out: it took longer"):
        EVALUATION.reduce(spec, plan, answered.__getitem__, where)


def test_rows_hold_the_search_and_the_neighbourhood_with_the_same_columns() -> None:
    where = laboratory(bars_returning(autocorrelated(300, 0.3, 6)))
    base = a_run("sma_cross", parameters={"fast": 5, "slow": 20})
    spec = a_question(base, {"fast": {"values": [3, 5]}, "slow": {"values": [10, 20]}}, permutations=0)
    plan = EVALUATION.plan(spec, where)
    tables = [EVALUATION.run(spec, chunk, where, lambda done: None)[1] for chunk in plan.chunks]
    rows = [table for table in tables if table is not None]
    assert [set(table["origin"]) for table in rows] == [{"neighbourhood"}, {"search"}]
    assert list(rows[0].columns) == list(rows[1].columns)
    assert rows[1]["parameter.slow"].tolist() == [10, 20, 10, 20]


def test_runs_of_the_plan_are_what_is_reported() -> None:
    where = laboratory(bars_returning(autocorrelated(300, 0.3, 6)))
    spec = a_question(a_run("sma_cross"), {"fast": {"values": [3, 5]}}, permutations=7)
    for chunk in EVALUATION.plan(spec, where).chunks:
        heard: list[int] = []
        EVALUATION.run(spec, chunk, where, heard.append)
        assert not heard or heard[-1] == chunk.runs, chunk.work


def test_a_search_of_another_strategy_is_refused() -> None:
    where = laboratory(bars_returning(autocorrelated(100, 0.3, 6)))
    sweep = {"base": a_run("toss").model_dump(), "space": {"coin": {"low": 0, "high": 3}}}
    with pytest.raises(InvalidInput, match="searches 'toss', but the run in question is of 'follow_lag'"):
        EVALUATION.plan(a_question(a_run(), sweep=sweep), where)


@pytest.mark.parametrize("strategy", ["follow_lag_by_events", "share_follow"])
def test_event_strategies_and_several_instruments_are_judged_too(strategy: str) -> None:
    bars = [bars_returning(autocorrelated(400, 0.4, seed), an_instrument(f"T{seed}")) for seed in (1, 2)]
    instruments = ("T1.XNAS",) if strategy == "follow_lag_by_events" else ("T1.XNAS", "T2.XNAS")
    base = a_run(strategy, instruments=instruments, costs=BROKER)
    spec = a_question(base, {"lag": {"values": [1, 4]}, "sign": {"values": [-1, 1]}}, permutations=19)
    outcome, _ = carried_out(EVALUATION, spec, laboratory(*bars))
    findings = {one["check"]: one for one in outcome["verdict"]["findings"]}
    assert (
        answers(findings, "data_snooping", "permutation", "costs", "probability_of_overfitting")
        == ["holds"] * 4
    )
    assert findings["delay"]["answer"] != "holds"
