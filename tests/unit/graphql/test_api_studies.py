"""Sweeps, walk-forwards and evaluations through the schema."""

import asyncio
from typing import Any

import numpy as np
import pytest

from domain.identity.model import Role
from domain.research.model import Chunk, StudyId, StudyKind, StudyProgress, StudyStatus, SweepSpec
from domain.research.table import Table
from events.topics import study_progress
from tests.kit.api import HOME, ApiOnFakes
from tests.kit.graphql import data_of, error_of, the_schema
from trader_graphql.connections import global_id

BACKTEST = {"strategy": "sma_cross", "instruments": ["GOOG"]}
SPACE = [{"name": "fast", "low": 2, "high": 4}, {"name": "slow", "values": [8, 10]}]
START = """mutation ($input: StartSweepInput!) { startSweep(input: $input) {
    __typename
    ... on Sweep { id identifier status kind spec {
        backtest { instruments source } space { name values low high } constraints method
        objectives { statistic direction } confirmedRuns } }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
} }"""


@pytest.fixture
def api() -> ApiOnFakes:
    return ApiOnFakes()


async def start(api: ApiOnFakes, **given: Any) -> dict[str, Any]:
    data = await data_of(api, START, input={"backtest": BACKTEST, "space": SPACE} | given)
    return dict(data["startSweep"])


def hold_rows(api: ApiOnFakes, key: str) -> None:
    """Six runs of a sweep whose Sharpe ratio is the fast window."""
    fast, slow = np.repeat([2, 3, 4], 2), np.tile([8, 10], 3)
    table = Table(
        {
            "combination": np.arange(6),
            "instrument": ["all"] * 6,
            "period": ["all"] * 6,
            "parameter.fast": fast,
            "parameter.slow": slow,
            "sharpe": fast.astype(float),
            "max_drawdown": np.full(6, np.nan),
            "failure": ["", "", "", "", "", "no bars"],
        }
    )
    study = StudyId(key)
    api.study_results.write_chunk(HOME, study, Chunk(0, 6), ({}, table))
    api.studies.rows[study] = api.studies.rows[study].changed(runs_done=6, runs_planned=6)


async def test_a_sweep_starts_and_is_handed_to_the_runner(api: ApiOnFakes) -> None:
    answer = await start(
        api,
        constraints=["fast < slow"],
        objectives=[{"statistic": "maxDrawdown"}, {"statistic": "volatility", "direction": "MINIMISE"}],
    )
    assert (answer["__typename"], answer["status"], answer["kind"]) == ("Sweep", "QUEUED", "SWEEP")
    assert answer["spec"] == {
        "backtest": {"instruments": ["GOOG.XNAS"], "source": "sample"},
        "space": [
            {"name": "fast", "values": None, "low": 2.0, "high": 4.0},
            {"name": "slow", "values": [8, 10], "low": None, "high": None},
        ],
        "constraints": ["fast < slow"],
        "method": "GRID",
        "objectives": [
            {"statistic": "maxDrawdown", "direction": "MAXIMISE"},
            {"statistic": "volatility", "direction": "MINIMISE"},
        ],
        "confirmedRuns": None,
    }
    ((job, _),) = api.study_runner.submitted
    assert job.id == answer["identifier"]
    assert isinstance(job.spec, SweepSpec)
    assert job.spec.objectives[0].statistic == "max_drawdown"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"space": [{"name": "fastt", "low": 2, "high": 4}]}, ["space", "fastt"]),
        ({"space": [{"name": "fast", "low": 2}]}, ["space", "fast"]),
        ({"space": [*SPACE, SPACE[0]]}, ["space"]),
        ({"constraints": ["fast <"]}, ["constraints"]),
        ({"constraints": ["fast > slow"]}, ["constraints"]),
        ({"objectives": [{"statistic": "luck"}]}, ["objectives"]),
        ({"samples": 0}, ["samples"]),
        ({"backtest": BACKTEST | {"initialCash": "-1"}}, ["backtest", "initialCash"]),
        ({"backtest": BACKTEST | {"parameters": {"fastt": 1}}}, ["backtest", "parameters", "fastt"]),
        ({"space": [{"name": "fast", "low": 1, "high": 5000}, {"name": "slow", "low": 2, "high": 9999}]},
         ["confirmedRuns"]),
    ],
)  # fmt: skip
async def test_a_sweep_that_cannot_be_says_where_in_the_callers_names(
    api: ApiOnFakes, given: dict[str, Any], path: list[str]
) -> None:
    answer = await start(api, **given)
    assert answer["__typename"] == "InvalidInput"
    found = [problem["path"] for problem in answer["problems"]]
    assert [one[: len(path)] for one in found] == [path]
    assert api.study_runner.submitted == []


async def test_an_idempotency_key_starts_one_sweep(api: ApiOnFakes) -> None:
    first = await start(api, idempotencyKey="k")
    again = await start(api, idempotencyKey="k")
    other = await start(api, idempotencyKey="k", seed=1)
    assert again["identifier"] == first["identifier"]
    assert other["__typename"] == "Conflict"


async def test_what_a_sweep_would_take_is_told_before_it_is_started(api: ApiOnFakes) -> None:
    query = (
        """query ($input: SweepSpecInput!) { estimateSweep(input: $input) { runs isExact seconds bytes } }"""
    )
    found = await data_of(api, query, input={"backtest": BACKTEST, "space": SPACE})
    assert found["estimateSweep"]["runs"] == 6
    assert found["estimateSweep"]["isExact"] is True
    assert api.study_runner.submitted == []


async def test_runs_are_paged_and_undefined_statistics_are_null(api: ApiOnFakes) -> None:
    key = (await start(api))["identifier"]
    hold_rows(api, key)
    query = """query ($id: ID!, $after: String) { sweep(id: $id) { runs(first: 4, after: $after) {
        totalCount pageInfo { hasNextPage hasPreviousPage endCursor }
        edges { node { combination parameters failure statistics { name value } } } } } }"""
    first = (await data_of(api, query, id=key))["sweep"]["runs"]
    rest = (await data_of(api, query, id=key, after=first["pageInfo"]["endCursor"]))["sweep"]["runs"]
    assert first["totalCount"] == 6
    assert first["pageInfo"]["hasNextPage"] is True
    assert [edge["node"]["combination"] for edge in (*first["edges"], *rest["edges"])] == [0, 1, 2, 3, 4, 5]
    assert rest["edges"][-1]["node"] == {
        "combination": 5,
        "parameters": {"fast": 4, "slow": 10},
        "failure": "no bars",
        "statistics": [{"name": "sharpe", "value": 4.0}, {"name": "maxDrawdown", "value": None}],
    }


async def test_a_heat_map_has_a_cell_for_each_pair_of_values(api: ApiOnFakes) -> None:
    key = (await start(api))["identifier"]
    query = """query ($id: ID!, $y: String!) { sweep(id: $id) { heatMap(x: "fast", y: $y, aggregate: MEAN) {
        statistic xValues yValues cells } } }"""
    assert (await data_of(api, query, id=key, y="slow"))["sweep"]["heatMap"] is None
    hold_rows(api, key)
    found = (await data_of(api, query, id=key, y="slow"))["sweep"]["heatMap"]
    assert found == {
        "statistic": "sharpe",
        "xValues": [2, 3, 4],
        "yValues": [8, 10],
        "cells": [[2.0, 3.0, 4.0], [2.0, 3.0, 4.0]],
    }
    error = await error_of(api, query, id=key, y="allow_short")
    assert error["extensions"]["problems"][0]["path"] == ["y"]


async def test_a_statistic_that_is_none_is_refused(api: ApiOnFakes) -> None:
    key = (await start(api))["identifier"]
    hold_rows(api, key)
    query = """query ($id: ID!) { sweep(id: $id) { runs(first: 1, orderBy: "luck") { totalCount } } }"""
    error = await error_of(api, query, id=key)
    assert error["extensions"]["problems"] == [
        {"path": ["orderBy"], "message": "'luck' is no statistic; see statisticConventions"}
    ]


async def test_the_outcome_of_a_sweep_is_shown(api: ApiOnFakes) -> None:
    key = (await start(api))["identifier"]
    best = {
        "combination": 3,
        "parameters": {"fast": 3, "slow": 10},
        "scores": [1.5],
        "statistics": {"sharpe": 1.5},
    }
    part = {"name": "all", "runs": 6, "failed": 1, "mean": 1.0, "best": 1.5, "combination": 3,
            "parameters": best["parameters"]}  # fmt: skip
    outcome = {
        "combinations": 6,
        "failed": 1,
        "stopped_early": False,
        "best": [best],
        "top": [best],
        "pareto": [best],
        "failures": [{"reason": "no bars", "runs": 1}],
        "marginals": {"fast": [{"from": 2, "to": 2, "combinations": 2, "mean": 1.0, "best": 1.2}]},
        "neighbourhood": None,
        "instruments": [part],
        "periods": [part],
        "data_hash": "abc",
    }
    study = api.studies.rows[StudyId(key)]
    api.studies.rows[study.id] = study.changed(status=StudyStatus.COMPLETED, outcome=outcome)
    query = """query ($id: ID!) { sweep(id: $id) { status progress combinations failed stoppedEarly dataHash
        best { number parameters scores statistics { name value } } top { number } pareto { number }
        marginals { parameter from to combinations mean best } neighbourhood { median }
        instruments { name runs parameters } periods { name } failures { reason runs } } }"""
    found = (await data_of(api, query, id=key))["sweep"]
    shown = {
        "number": 3,
        "parameters": {"fast": 3, "slow": 10},
        "scores": [1.5],
        "statistics": [{"name": "sharpe", "value": 1.5}],
    }
    assert found == {
        "status": "COMPLETED",
        "progress": 1.0,
        "combinations": 6,
        "failed": 1,
        "stoppedEarly": False,
        "dataHash": "abc",
        "best": [shown],
        "top": [{"number": 3}],
        "pareto": [{"number": 3}],
        "marginals": [{"parameter": "fast", "from": 2, "to": 2, "combinations": 2, "mean": 1.0, "best": 1.2}],
        "neighbourhood": None,
        "instruments": [{"name": "all", "runs": 6, "parameters": {"fast": 3, "slow": 10}}],
        "periods": [{"name": "all"}],
        "failures": [{"reason": "no bars", "runs": 1}],
    }


async def test_studies_of_a_kind_are_listed_by_themselves(api: ApiOnFakes) -> None:
    keys = [(await start(api, seed=seed))["identifier"] for seed in range(3)]
    query = "{ sweeps(first: 10) { totalCount edges { node { identifier } } } walkForwards(first: 1) { totalCount } }"
    found = await data_of(api, query)
    assert found["sweeps"]["totalCount"] == 3
    assert {edge["node"]["identifier"] for edge in found["sweeps"]["edges"]} == set(keys)
    assert found["walkForwards"]["totalCount"] == 0


async def test_a_study_is_cancelled_resumed_and_forgotten(api: ApiOnFakes) -> None:
    key = (await start(api))["id"]
    cancel = "mutation ($id: ID!) { cancelStudy(input: {id: $id}) { ... on Sweep { status } } }"
    resume = "mutation ($id: ID!) { resumeStudy(input: {id: $id}) { ... on Sweep { status } ... on Refusal { message } } }"
    delete = "mutation ($id: ID!) { deleteStudy(input: {id: $id}) { __typename ... on DeletedStudy { id } } }"
    assert (await data_of(api, cancel, id=key))["cancelStudy"] == {"status": "CANCELLED"}
    api.study_runner.let_go()
    assert (await data_of(api, resume, id=key))["resumeStudy"] == {"status": "QUEUED"}
    await data_of(api, cancel, id=key)
    api.study_runner.let_go()
    assert (await data_of(api, delete, id=key))["deleteStudy"] == {"__typename": "DeletedStudy", "id": key}
    assert await data_of(api, "query ($id: ID!) { sweep(id: $id) { id } }", id=key) == {"sweep": None}


async def test_a_walk_forward_and_an_evaluation_start_with_their_own_terms(api: ApiOnFakes) -> None:
    sweep = {"backtest": BACKTEST, "space": SPACE}
    walk = """mutation ($input: StartWalkForwardInput!) { startWalkForward(input: $input) {
        ... on WalkForward { kind spec { scheme trainBars testBars embargoBars } } } }"""
    found = await data_of(
        api, walk, input={"sweep": sweep, "scheme": "ANCHORED", "trainBars": 40, "testBars": 20}
    )
    assert found["startWalkForward"] == {
        "kind": "WALK_FORWARD",
        "spec": {"scheme": "ANCHORED", "trainBars": 40, "testBars": 20, "embargoBars": 0},
    }
    evaluate = """mutation ($input: StartEvaluationInput!) { startEvaluation(input: $input) {
        ... on Evaluation { kind verdict { sentence } spec { trials permutations } } } }"""
    found = await data_of(api, evaluate, input={"backtest": BACKTEST, "trials": 7, "permutations": 10})
    assert found["startEvaluation"] == {
        "kind": "EVALUATION",
        "verdict": None,
        "spec": {"trials": 7, "permutations": 10},
    }
    assert [job.kind for job, _ in api.study_runner.submitted] == [
        StudyKind.WALK_FORWARD,
        StudyKind.EVALUATION,
    ]


async def test_a_wrong_field_deep_in_a_walk_forward_is_named(api: ApiOnFakes) -> None:
    walk = """mutation ($input: StartWalkForwardInput!) { startWalkForward(input: $input) {
        ... on InvalidInput { problems { path } } } }"""
    sweep = {"backtest": BACKTEST, "space": [{"name": "fast", "low": 9, "high": 2}]}
    found = await data_of(api, walk, input={"sweep": sweep})
    assert found["startWalkForward"]["problems"] == [{"path": ["sweep", "space", "fast"]}]


async def test_windows_that_the_bars_cannot_hold_are_refused_before_anything_starts(api: ApiOnFakes) -> None:
    walk = """mutation ($input: StartWalkForwardInput!) { startWalkForward(input: $input) {
        __typename ... on InvalidInput { problems { path message } } } }"""
    sweep = {"backtest": BACKTEST, "space": SPACE}
    found = await data_of(api, walk, input={"sweep": sweep, "trainBars": 5_000, "testBars": 20})
    (problem,) = found["startWalkForward"]["problems"]
    assert problem["path"] == ["trainBars"]
    assert "choose shorter windows or a longer period" in problem["message"]
    assert api.study_runner.submitted == []


async def test_one_study_is_no_other_kind(api: ApiOnFakes) -> None:
    key = (await start(api))["identifier"]
    assert await data_of(api, "query ($id: ID!) { evaluation(id: $id) { id } }", id=key) == {
        "evaluation": None
    }
    error = await error_of(
        api, "query ($id: ID!) { evaluation(id: $id) { id } }", id=str(global_id("Sweep", key))
    )
    assert error["message"] == "id: names a Sweep, not a Evaluation"


async def test_a_study_is_a_node(api: ApiOnFakes) -> None:
    key = (await start(api))["id"]
    query = "query ($id: ID!) { node(id: $id) { __typename id ... on Sweep { status } } }"
    assert (await data_of(api, query, id=key))["node"] == {
        "__typename": "Sweep",
        "id": key,
        "status": "QUEUED",
    }


async def test_only_traders_start_and_end_studies(api: ApiOnFakes) -> None:
    data = await data_of(api, START, Role.VIEWER, input={"backtest": BACKTEST, "space": SPACE})
    assert data["startSweep"]["__typename"] == "Forbidden"


async def test_progress_is_followed_to_the_end(api: ApiOnFakes) -> None:
    key = StudyId((await start(api))["identifier"])
    query = "subscription ($id: ID!) { sweepProgress(id: $id) { status progress runsDone runsPlanned stage best } }"
    stream = await the_schema().stream(
        query, variable_values={"id": key}, context_value=api.context(Role.VIEWER)
    )
    seen: list[dict[str, Any]] = []
    async for result in stream:
        assert result.errors is None  # type: ignore[union-attr]
        seen.append(result.data["sweepProgress"])  # type: ignore[union-attr,index]
        if len(seen) == 1:
            topic = study_progress(HOME, key)
            for status, done in ((StudyStatus.RUNNING, 3), (StudyStatus.COMPLETED, 6)):
                api.bus.publish(
                    topic,
                    StudyProgress(key, HOME, StudyKind.SWEEP, status, done, 6, None, "running", best=1.5),
                )
        await asyncio.sleep(0)
    assert [(one["status"], one["progress"], one["runsDone"]) for one in seen] == [
        ("QUEUED", 0.0, 0),
        ("RUNNING", 0.5, 3),
        ("COMPLETED", 1.0, 6),
    ]
    assert seen[1]["best"] == 1.5


async def test_trials_are_told(api: ApiOnFakes) -> None:
    found = await data_of(api, '{ trials(strategy: "sma_cross") { strategy count sharpeVariance } }')
    assert found["trials"] == {"strategy": "sma_cross", "count": 0, "sharpeVariance": None}
