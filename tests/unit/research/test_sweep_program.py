"""A sweep is what running every combination by hand gives, however it is cut and in whichever order."""

import itertools
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pytest

from domain.errors import InvalidInput, NeedsOperator
from domain.research.laboratory import Laboratory
from domain.research.model import Chunk, Period, SweepSpec
from domain.research.ports import ChunkAnswer
from domain.research.program import Plan
from domain.research.sweep.chunks import Accounts, packed, unpacked
from domain.research.sweep.program import SweepProgram
from tests.kit.studies import a_sweep
from tests.kit.study_workers import RAISES, a_laboratory

BASE = {"strategy": "moody", "instruments": ["TEST.XNAS"], "source": "sample", "timeframe": "1d"}
BOTH = BASE | {"instruments": ["TEST.XNAS", "OTHER.XNAS"]}
GRID = {"fast": {"values": [2, 3, 5]}, "slow": {"values": [8, 13, 21]}}
PROGRAM = SweepProgram()


@pytest.fixture(scope="module")
def laboratory() -> Laboratory:
    return a_laboratory()


def sweep(**changes: Any) -> SweepSpec:
    return a_sweep(**({"base": BASE, "space": GRID} | changes))


def answers(spec: SweepSpec, plan: Plan, where: Laboratory) -> dict[int, ChunkAnswer]:
    return {chunk.number: PROGRAM.run(spec, chunk, where, lambda _: None) for chunk in reversed(plan.chunks)}


def outcome(spec: SweepSpec, where: Laboratory) -> Mapping[str, Any]:
    plan = PROGRAM.plan(spec, where)
    return PROGRAM.reduce(spec, plan, answers(spec, plan, where).__getitem__, where)[0]


def by_hand(
    spec: SweepSpec, where: Laboratory, statistic: str, **changes: Any
) -> dict[tuple[Any, ...], float]:
    """The statistic of each combination, every one run by itself."""
    found = {}
    for values in itertools.product(*(one.values or () for one in spec.space.values())):
        parameters = dict(zip(spec.space, values, strict=True))
        base = spec.base.model_copy(update={"parameters": spec.base.parameters | parameters} | changes)
        found[values] = getattr(where.run(base)[1].statistics, statistic)
    return found


def test_the_best_is_the_one_that_running_all_of_them_finds(laboratory: Laboratory) -> None:
    spec = sweep(objectives=[{"statistic": "calmar"}, {"statistic": "volatility", "direction": "minimise"}])
    found = outcome(spec, laboratory)
    for at, (statistic, choose) in enumerate((("calmar", max), ("volatility", min))):
        hand = by_hand(spec, laboratory, statistic)
        best = found["best"][at]
        assert tuple(best["parameters"].values()) == choose(hand, key=lambda key: hand[key])
        assert best["scores"][at] == pytest.approx(choose(hand.values()), rel=1e-9)
        assert best["statistics"][statistic] == pytest.approx(choose(hand.values()), rel=1e-9)
    assert found["combinations"] == found["runs"] == 9
    scores = [one["scores"][0] for one in found["top"]]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 9


def test_a_combination_is_ranked_by_its_mean_over_instruments_and_periods(laboratory: Laboratory) -> None:
    periods = [{"end": "2020-04-30"}, {"start": "2020-05-01"}]
    spec = sweep(base=BOTH, each_instrument=True, periods=periods)
    found = outcome(spec, laboratory)
    each = [
        by_hand(spec, laboratory, "sharpe", instruments=(name,), start=period.start, end=period.end)
        for period in (Period(**one) for one in periods)
        for name in spec.base.instruments
    ]
    mean = {key: np.mean([one[key] for one in each if one[key] is not None]) for key in each[0]}
    assert (found["combinations"], found["runs"]) == (9, 36)
    assert tuple(found["best"][0]["parameters"].values()) == max(mean, key=lambda key: mean[key])
    assert found["best"][0]["scores"][0] == pytest.approx(max(mean.values()), rel=1e-9)
    assert [one["name"] for one in found["instruments"]] == ["TEST.XNAS", "OTHER.XNAS"]
    assert [(one["name"], one["runs"]) for one in found["periods"]] == [
        ("..2020-04-30", 18),
        ("2020-05-01..", 18),
    ]
    known = [value for one in each[::2] for value in one.values() if value is not None]
    assert found["instruments"][0]["mean"] == pytest.approx(np.mean(known), rel=1e-9)
    assert found["instruments"][0]["best"] == pytest.approx(max(known), rel=1e-9)


def test_rows_hold_everything_about_each_run(laboratory: Laboratory) -> None:
    spec = sweep(base=BOTH, each_instrument=True, space={"mood": {"values": [0, RAISES]}})
    plan = PROGRAM.plan(spec, laboratory)
    tables = [answers(spec, plan, laboratory)[number][1] for number in range(len(plan.chunks))]
    rows = [
        row
        for table in tables
        if table is not None
        for row in zip(
            *(table[name] for name in ("combination", "instrument", "period", "parameter.mood", "failure")),
            strict=True,
        )
    ]
    reason = rows[-1][-1]
    assert reason.endswith("ZeroDivisionError: no luck.")
    assert sorted(rows) == [
        (0, "OTHER.XNAS", "all", 0, ""), (0, "TEST.XNAS", "all", 0, ""),
        (1, "OTHER.XNAS", "all", RAISES, reason), (1, "TEST.XNAS", "all", RAISES, reason),
    ]  # fmt: skip


def test_the_plan_is_the_same_every_time_and_survives_json(laboratory: Laboratory) -> None:
    spec = sweep(method="latin_hypercube", samples=6, constraints=["fast < slow"])
    plan = PROGRAM.plan(spec, laboratory)
    assert plan == PROGRAM.plan(spec, a_laboratory())
    again = [Chunk(one.number, one.runs, json.loads(json.dumps(one.work))) for one in plan.chunks]
    values = [PROGRAM.run(spec, one, laboratory, lambda _: None)[0] for one in again]
    assert values == [PROGRAM.run(spec, one, laboratory, lambda _: None)[0] for one in plan.chunks]


def test_little_patience_does_not_make_a_file_of_every_combination(laboratory: Laboratory) -> None:
    space = {"fast": {"low": 1, "high": 60}, "slow": {"low": 61, "high": 160}}
    plan = PROGRAM.plan(sweep(space=space, patience=1), laboratory)
    assert plan.runs == 6_000
    assert len(plan.chunks) == 2_000
    assert len(PROGRAM.plan(sweep(space=space, patience=100), laboratory).chunks) == 60


def test_accounts_are_made_when_they_are_asked_for() -> None:
    periods = [{"start": f"{year}-01-01", "end": f"{year}-12-31"} for year in range(1900, 2000)]
    accounts = Accounts(sweep(base=BOTH, each_instrument=True, periods=periods))
    assert len(accounts) == 200
    last = accounts[199]
    assert (last.number, last.instrument, last.period) == (199, "OTHER.XNAS", "1999-01-01..1999-12-31")
    assert (last.spec.instruments, last.spec.start) == (("OTHER.XNAS",), date(1999, 1, 1))
    assert accounts.names(2) == ("TEST.XNAS", "1901-01-01..1901-12-31")


def test_of_a_hundred_accounts_without_bars_a_few_are_named(laboratory: Laboratory) -> None:
    periods = [{"start": f"{year}-01-01"} for year in (2020, *range(2030, 2130))]
    notes = PROGRAM.plan(sweep(periods=periods), laboratory).notes
    assert len(notes) == 21
    assert notes[-1] == "80 more were left out for the like."


def test_a_chunk_that_is_missing_or_there_twice_is_noticed(laboratory: Laboratory) -> None:
    spec = sweep(patience=3)
    plan = PROGRAM.plan(spec, laboratory)
    assert len(plan.chunks) == 3
    first, second, third = plan.chunks
    read = answers(spec, plan, laboratory).__getitem__
    for wrong in ((first, third), (first, first, second), (second, third)):
        with pytest.raises(NeedsOperator, match="missing or doubled"):
            PROGRAM.reduce(spec, Plan(wrong, plan.data_hash), read, laboratory)


def test_a_part_of_a_block_that_is_missing_is_noticed(laboratory: Laboratory) -> None:
    chunks = (Chunk(0, 1, {"block": 0, "part": 0, "parts": 2, "accounts": [0], "first": 0, "stop": 1}),)
    with pytest.raises(NeedsOperator, match="last chunks of the sweep are missing"):
        PROGRAM.reduce(sweep(), Plan(chunks, ""), lambda _: ({}, None), laboratory)


def test_an_instrument_without_bars_in_a_period_is_left_out_and_named(laboratory: Laboratory) -> None:
    spec = sweep(periods=[{"start": "2020-02-01"}, {"start": "2031-01-01"}])
    plan = PROGRAM.plan(spec, laboratory)
    assert plan.runs == 9
    assert plan.notes[0].startswith("all over 2031-01-01.. was left out:")
    with pytest.raises(InvalidInput):
        PROGRAM.plan(sweep(periods=[{"start": "2031-01-01"}]), laboratory)


def test_the_neighbours_of_the_best_say_how_firmly_it_stands(laboratory: Laboratory) -> None:
    spec = sweep()
    found = outcome(spec, laboratory)
    hand = by_hand(spec, laboratory, "sharpe")
    fast, slow = (list(one.values or ()) for one in spec.space.values())
    best = max(hand, key=lambda key: hand[key])
    near = [
        value
        for key, value in hand.items()
        if key != best
        and abs(fast.index(key[0]) - fast.index(best[0])) <= 1
        and abs(slow.index(key[1]) - slow.index(best[1])) <= 1
    ]
    assert found["neighbourhood"]["neighbours"] == len(near)
    assert found["neighbourhood"]["median"] == pytest.approx(np.median(near), rel=1e-9)
    assert found["neighbourhood"]["better_than"] == pytest.approx(
        np.mean([value < np.median(near) for value in hand.values()]), rel=1e-9
    )


def test_marginals_are_means_and_bests_over_everything_else(laboratory: Laboratory) -> None:
    spec = sweep()
    hand = by_hand(spec, laboratory, "sharpe")
    for at, name in enumerate(spec.space):
        for row in outcome(spec, laboratory)["marginals"][name]:
            mine = [value for key, value in hand.items() if key[at] == row["from"] == row["to"]]
            assert row["combinations"] == 3
            assert row["mean"] == pytest.approx(np.mean(mine), rel=1e-9)
            assert row["best"] == pytest.approx(max(mine), rel=1e-9)


def test_combinations_that_all_fail_leave_no_best_and_say_why(laboratory: Laboratory) -> None:
    spec = sweep(space={"mood": {"values": [RAISES]}})
    plan = PROGRAM.plan(spec, laboratory)
    found, warnings = PROGRAM.reduce(spec, plan, answers(spec, plan, laboratory).__getitem__, laboratory)
    assert (found["best"], found["top"], found["pareto"], found["neighbourhood"]) == ([None], [], [], None)
    assert found["failed"] == 1
    assert list(warnings) == [
        "1 of 1 runs failed; the failures say why.",
        "No combination has a sharpe, so there is no best one.",
    ]


def found(sums: list[float], defined: list[float]) -> dict[str, Any]:
    """The values of a chunk with one objective, as far as they are judged."""
    return {"sums": packed(np.array([sums])), "defined": packed(np.array([defined]))}


def test_patience_counts_combinations_that_did_not_do_better() -> None:
    watch = PROGRAM.watch(sweep(patience=3))

    def hear(number: int, *scores: float | None) -> bool:
        sums = [0.0 if score is None else score for score in scores]
        defined = [float(score is not None) for score in scores]
        return watch.hear(Chunk(number, len(scores), {"parts": 1, "accounts": [0]}), found(sums, defined))

    assert not hear(0, 1.0, 0.5, 1.0)
    assert watch.best == 1.0
    assert not hear(1, 1.5, None)
    assert watch.best == 1.5
    assert hear(2, 1.5, 0.0, 9.0)  # the third in a row was the first of these two
    assert watch.best == 9.0


def test_packed_numbers_come_back_to_the_last_bit() -> None:
    values = np.array([[0.1, np.nan, -0.0], [np.inf, 1e-310, 3.0]])
    text = json.dumps(packed(values), allow_nan=False)
    assert unpacked(json.loads(text)).tobytes() == values.tobytes()


def test_a_combination_is_judged_once_all_of_its_accounts_are_in() -> None:
    watch = PROGRAM.watch(sweep(objectives=[{"statistic": "volatility", "direction": "minimise"}]))
    work = {"parts": 2, "accounts": [0, 1]}
    watch.hear(Chunk(0, 2, work), found([0.4, 0.1], [2.0, 1.0]))
    assert watch.best is None
    watch.hear(Chunk(1, 2, work), found([0.4, 0.0], [2.0, 0.0]))
    assert watch.best == 0.2  # the other one is undefined in three accounts of four
