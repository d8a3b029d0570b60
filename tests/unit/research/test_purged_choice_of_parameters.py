"""How a choice of parameters does on stretches of time it was not made on."""

import json
from typing import Any

import numpy as np
import pytest

from domain.errors import InvalidInput
from domain.overfitting.splits import path_count, split_count
from domain.research.model import SweepSpec, read
from domain.research.walk_forward.purged_validation import purged_validation
from tests.kit.research import a_run, autocorrelated, bars_returning, laboratory


def a_sweep(strategy: str = "follow_lag", **space: Any) -> SweepSpec:
    values = space or {"lag": {"low": 1, "high": 5}, "sign": {"values": [-1, 1]}}
    return read(SweepSpec, {"base": a_run(strategy).model_dump(), "space": values})


def test_a_true_edge_is_chosen_on_every_split_and_earns_on_every_path() -> None:
    where = laboratory(bars_returning(autocorrelated(800, 0.3, 1)))
    found = purged_validation(a_sweep(), where, horizon=1, embargo=5)
    assert len(found.chosen) == split_count(10, 2)
    assert len(found.paths) == path_count(10, 2)
    assert found.as_json()["chosen"] == [{"parameters": {"lag": 1, "sign": 1}, "share": 1.0}]
    # One choice throughout: every path is the run itself.
    whole = where.run(a_run(parameters={"lag": 1, "sign": 1}))[1].statistics.sharpe
    assert found.paths == pytest.approx(np.full(9, whole))
    assert found.probability_of_loss == 0.0


def test_the_best_of_coins_does_not_last() -> None:
    where = laboratory(bars_returning(np.random.default_rng(11).normal(0, 0.01, 600)))
    found = purged_validation(a_sweep("toss", coin={"low": 0, "high": 29}), where)
    assert np.median(found.in_sample) > 0.8
    assert np.median(found.out_of_sample) < 0.3 * np.median(found.in_sample)
    assert len(found.as_json()["chosen"]) > 1


def test_the_answer_is_strict_json() -> None:
    where = laboratory(bars_returning(autocorrelated(200, 0.1, 1)))
    text = json.dumps(purged_validation(a_sweep(), where, folds=5).as_json(), allow_nan=False)
    assert json.loads(text)["probability_of_loss"] <= 1.0


def test_a_choice_of_nothing_is_refused() -> None:
    where = laboratory(bars_returning(autocorrelated(200, 0.1, 1)))
    with pytest.raises(InvalidInput, match="1 of 1 combinations can be run"):
        purged_validation(a_sweep(lag={"values": [2]}), where)
