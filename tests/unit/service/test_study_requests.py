"""What is asked of a study: refused with its place, estimated, and completed."""

from typing import Any

import pytest

from domain.errors import InvalidInput, MissingExtra
from domain.research.model import (
    EvaluationSpec,
    StudyKind,
    StudySpec,
    StudyStatus,
    SweepSpec,
    WalkForwardSpec,
)
from domain.research.trials import SharpeSample
from tests.kit.backtests import WORKSPACE
from tests.kit.studies import a_sweep
from tests.kit.study_service import World

HUGE = {"fast": {"low": 2, "high": 500}, "slow": {"low": 501, "high": 1_000}}


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"space": {"fst": {"values": [2]}}}, [("space", "fst")]),
        ({"constraints": ["fast < slow", "fast +"]}, [("constraints", "1")]),
        ({"constraints": ["fast > slow"]}, [("constraints",)]),
        ({"objectives": [{"statistic": "sharp"}]}, [("objectives", "0", "statistic")]),
        ({"objectives": [{"statistic": "start"}]}, [("objectives", "0", "statistic")]),
        ({"method": "random"}, [("samples",)]),
        ({"periods": [{"start": "2020-06-01"}, {"start": "2099-01-01"}]}, [("periods", "1", "start")]),
        ({"periods": [{"start": "2024-06-01", "end": "2024-01-01"}]}, [("periods", "0")]),
        ({"base": {"strategy": "sma_cross", "instruments": ["TEST"], "parameters": {"fast": 0}}},
         [("base", "parameters", "fast")]),
        ({"space": HUGE}, [("confirmedRuns",)]),
        ({"space": HUGE, "confirmed_runs": 249_499}, [("confirmedRuns",)]),
        ({"space": {"fast": {"low": 1, "high": 5_000}, "slow": {"low": 2, "high": 10_000}},
          "periods": [{}, {}, {}]}, [("space",)]),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_out_is_refused_with_its_place(
    world: World, changes: dict[str, Any], paths: list[tuple[str, ...]]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        world.start(a_sweep(**changes))
    assert [problem.path for problem in refused.value.problems] == paths
    assert world.studies.rows == {}


def test_a_large_sweep_shows_its_estimate_and_starts_once_that_is_confirmed(world: World) -> None:
    with pytest.raises(
        InvalidInput, match=r"249,500 runs, take about \d+ seconds and 62 MB of disk; set it to 249500"
    ):
        world.start(a_sweep(space=HUGE))
    assert world.start(a_sweep(space=HUGE, confirmed_runs=249_500)).status is StudyStatus.QUEUED


def test_an_estimate_counts_instruments_periods_and_what_constraints_leave(world: World) -> None:
    spec = a_sweep(
        base={"strategy": "sma_cross", "instruments": ["TEST", "OTHER"]},
        each_instrument=True,
        periods=[{"end": "2024-01-01"}, {"start": "2024-01-02"}],
        constraints=["slow > fast * 3"],
    )
    found = world.service.estimate(WORKSPACE, StudyKind.SWEEP, spec)
    assert (found.runs, found.is_exact) == (3 * 4, True)
    assert found.seconds > 0
    assert found.bytes > 0


def test_a_strategy_of_one_instrument_is_swept_over_each_of_several(world: World) -> None:
    spec = a_sweep(
        base={"strategy": "pairs_zscore", "instruments": ["TEST", "OTHER"]},
        space={"window": {"values": [20]}},
    )
    assert world.start(spec).status is StudyStatus.QUEUED
    with pytest.raises(InvalidInput, match="not 1"):
        world.start(spec.model_copy(update={"each_instrument": True}))


def test_a_bayesian_search_without_its_extra_says_how_to_get_it() -> None:
    with pytest.raises(MissingExtra, match="search"):
        World(can_search=False).start(a_sweep(method="bayesian", samples=5))


def test_other_kinds_are_completed_too(world: World) -> None:
    sweep = a_sweep(base={"strategy": "sma_cross", "instruments": ["TEST"]})
    specs: list[tuple[StudyKind, StudySpec]] = [
        (StudyKind.WALK_FORWARD, WalkForwardSpec(sweep=sweep, train_bars=200, test_bars=100)),
        (StudyKind.EVALUATION, EvaluationSpec(base=sweep.base, sweep=sweep, permutations=10)),
    ]
    for kind, spec in specs:
        study = world.service.start(WORKSPACE, kind, spec)
        assert not isinstance(study.spec, SweepSpec)
        assert study.spec.sweep is not None
        assert study.spec.sweep.base.instruments == ("TEST.XNAS",)
    with pytest.raises(InvalidInput, match="cannot be started from"):
        world.service.start(WORKSPACE, StudyKind.EVALUATION, sweep)
    with pytest.raises(InvalidInput) as refused:
        world.service.start(
            WORKSPACE, StudyKind.WALK_FORWARD, WalkForwardSpec(sweep=a_sweep(space={"no": {"values": [1]}}))
        )
    assert refused.value.problems[0].path == ("sweep", "space", "no")


@pytest.mark.parametrize("kind", [StudyKind.WALK_FORWARD, StudyKind.EVALUATION])
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"each_instrument": True}, "eachInstrument"),
        ({"periods": [{"end": "2024-01-01"}]}, "periods"),
        ({"method": "bayesian", "samples": 5}, "method"),
    ],
)
def test_a_search_within_another_study_is_one_list_in_one_account(
    world: World, kind: StudyKind, changes: dict[str, Any], field: str
) -> None:
    sweep = a_sweep(**changes)
    spec: StudySpec = (
        WalkForwardSpec(sweep=sweep)
        if kind is StudyKind.WALK_FORWARD
        else EvaluationSpec(base=sweep.base, sweep=sweep)
    )
    with pytest.raises(InvalidInput) as refused:
        world.service.start(WORKSPACE, kind, spec)
    assert [problem.path for problem in refused.value.problems] == [("sweep", field)]
    assert world.studies.rows == {}


def test_an_evaluation_is_estimated_as_the_runs_it_makes(world: World) -> None:
    sweep = a_sweep(space={"fast": {"low": 2, "high": 31}, "slow": {"low": 40, "high": 49}})
    alone = EvaluationSpec(base=sweep.base, permutations=0)
    around = world.service.estimate(WORKSPACE, StudyKind.EVALUATION, alone).runs - 5
    assert around > 4
    searched = EvaluationSpec(base=sweep.base, sweep=sweep, permutations=7)
    found = world.service.estimate(WORKSPACE, StudyKind.EVALUATION, searched)
    assert found.runs == 5 + around + 300 + 7 * 100
    assert not found.is_exact


def test_an_evaluation_is_told_how_often_the_strategy_was_tried(world: World) -> None:
    world.trials.record(WORKSPACE, "sma_cross", "st_0", SharpeSample.of([0.0, 0.2]))
    study = world.service.start(WORKSPACE, StudyKind.EVALUATION, EvaluationSpec(base=a_sweep().base))
    assert isinstance(study.spec, EvaluationSpec)
    assert study.spec.trials == 2
    assert study.spec.trial_sharpe_variance == pytest.approx(0.02)
