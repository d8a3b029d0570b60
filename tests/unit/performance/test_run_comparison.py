"""Runs side by side, and the sentences that say when they may not be."""

import json
import math
import re
from dataclasses import asdict, replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from domain.arrays import FloatArray
from domain.errors import InvalidInput
from domain.performance.comparison import ComparedRun, compare, spec_differences
from domain.performance.sharpe_test import sharpe_difference
from tests.kit.performance import path_of
from tests.kit.portfolio import market_returns

SPEC: dict[str, Any] = {
    "strategy": "sma_cross",
    "parameters": {"fast": 20, "slow": 50},
    "instruments": ["A.XNAS"],
    "start": None,
    "fill": "next_open",
    "costs": {"commission_bps": 1.0, "spread_bps": 2.0},
    "sizing": {"max_leverage": 1.0},
    "seed": 0,
}
RETURNS = market_returns(300, 3, seed=1)


def a_run(name: str, returns: FloatArray = RETURNS[:, 0], **changes: Any) -> ComparedRun:
    first_day = changes.pop("first_day", 18_262)
    data_hash, version = changes.pop("data_hash", "d1"), changes.pop("version", "1.0")
    levels = 100.0 * np.cumprod(np.concatenate(([1.0], 1.0 + returns)))
    return ComparedRun(
        name=name,
        spec={**SPEC, **changes},
        statistics={"sharpe": float(returns.mean()), "calmar": None},
        path=path_of(levels.tolist(), first_day),
        periods_per_year=252,
        data_hash=data_hash,
        code_version=version,
    )


def test_equal_terms_and_data_give_no_warning() -> None:
    found = compare([a_run("a"), a_run("b", RETURNS[:, 1], parameters={"fast": 10, "slow": 50})])

    assert found.warnings == ()
    assert [(one.path, one.values, one.is_term) for one in found.differences] == [
        ("parameters.fast", (20, 10), False)
    ]


def test_statistics_stand_side_by_side() -> None:
    found = compare([a_run("a"), replace(a_run("b"), statistics={"sharpe": 1.0, "beta": 0.5})])

    assert [one.name for one in found.statistics] == ["sharpe", "calmar", "beta"]
    assert found.statistics[1].values == (None, None)
    assert found.statistics[2].values == (None, 0.5)


def test_curves_are_rebased_at_the_first_day_that_all_share() -> None:
    early = a_run("early", np.array([0.10, 0.20, 0.50]), first_day=18_262)
    late = a_run("late", np.array([0.01, 0.02, 0.03]), first_day=18_263)

    found = compare([early, late])

    assert found.days == (date(2020, 1, 2), date(2020, 1, 3))
    np.testing.assert_allclose(found.curves, [[1.0, 1.5], [1.0, 1.02]])
    assert "over the 2 days all runs share, of 3 in the longest" in found.warnings[-1]


def test_several_bars_of_one_day_count_by_the_last() -> None:
    twice = a_run("twice", np.array([0.1, 0.1, 0.1]))
    twice = replace(twice, path=replace(twice.path, day=np.array([18_262, 18_262, 18_263])))

    found = compare([twice, a_run("once", np.array([0.2, 0.1]))])

    np.testing.assert_allclose(found.curves, [[1.0, 1.1], [1.0, 1.1]])


def test_correlations_are_those_of_numpy() -> None:
    found = compare([a_run("a"), a_run("b", RETURNS[:, 1]), a_run("flat", np.zeros(300))])

    expected = np.corrcoef(RETURNS[1:, 0], RETURNS[1:, 1])[0, 1]
    assert found.correlations[0][1] == pytest.approx(expected, rel=1e-12)
    assert found.correlations[1][1] == pytest.approx(1.0)
    assert found.correlations[0][2] is None
    assert found.correlations[2][2] is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"fill": "same_close"}, r"different terms: fill price \(fill\)"),
        (
            {"costs": {"commission_bps": 1.0, "spread_bps": 0.0}},
            r"different terms: costs \(costs\.spread_bps\)",
        ),
        ({"sizing": {"max_leverage": 2.0}}, r"sizing and margin \(sizing\.max_leverage\)"),
        ({"queue_position": "last"}, r"different terms: queue position \(queue_position\)"),
        ({"data_hash": "d2"}, "asked for the same data and did not read the same"),
        ({"data_hash": "d2", "instruments": ["B.XNAS"]}, "different data because they were asked to"),
        ({"data_hash": ""}, "not known whether the runs read the same data"),
        ({"version": "2.0"}, r"different versions of the engine: 1\.0, 2\.0"),
    ],
)
def test_what_makes_results_incomparable_is_said(changes: dict[str, Any], sentence: str) -> None:
    found = compare([a_run("a"), a_run("b", RETURNS[:, 1], **changes)])

    assert len(found.warnings) == 1
    assert re.search(sentence, found.warnings[0])


def test_different_annualisation_is_not_tested() -> None:
    found = compare([a_run("a"), replace(a_run("b", RETURNS[:, 1]), periods_per_year=365)])

    assert found.sharpe_tests == ()
    assert "their Sharpe ratios are not tested" in found.warnings[0]


def test_runs_that_never_meet_have_no_curves() -> None:
    found = compare([a_run("a"), a_run("b", first_day=20_000)])

    assert found.curves == ((), ())
    assert found.days == ()
    assert "too few days" in found.warnings[-1]


def test_a_ruined_run_is_shown_and_not_tested() -> None:
    ruined = replace(a_run("b"), path=path_of([100.0, 50.0, -1.0]))

    found = compare([a_run("a"), ruined])

    assert found.curves[1] == (1.0, 0.0)
    assert found.sharpe_tests == ()
    assert "Ruined, and so without returns to test: b." in found.warnings


def test_a_comparison_can_be_written_as_json() -> None:
    found = compare([a_run("a"), a_run("b", RETURNS[:, 1]), a_run("c", RETURNS[:, 2])])

    text = json.dumps(asdict(found), default=lambda value: value.isoformat(), allow_nan=False)

    assert [(one.first, one.second) for one in found.sharpe_tests] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert json.loads(text)["names"] == ["a", "b", "c"]


def test_nested_fields_that_only_one_has_are_differences() -> None:
    found = spec_differences([{"costs": {"a": 1}}, {"costs": {"a": 1, "b": (1, 2)}}])

    assert [(one.path, one.values) for one in found] == [("costs.b", ("(not set)", [1, 2]))]


def test_one_run_or_two_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidInput, match="two runs at least"):
        compare([a_run("a")])
    with pytest.raises(InvalidInput, match="same name"):
        compare([a_run("a"), a_run("a")])


def test_the_difference_of_two_sharpe_ratios_by_hand() -> None:
    first, second = RETURNS[:, 0] + 0.001, RETURNS[:, 1]
    a, b = (float(one.mean() / one.std(ddof=1)) for one in (first, second))
    rho = float(np.corrcoef(first, second)[0, 1])
    variance = (2 - 2 * rho + (a**2 + b**2 - 2 * a * b * rho**2) / 2) / 300

    found = sharpe_difference(first, second, 252)

    assert found.difference == pytest.approx((a - b) * math.sqrt(252), rel=1e-12)
    assert found.z_statistic == pytest.approx((a - b) / math.sqrt(variance), rel=1e-12)
    assert found.p_value == pytest.approx(math.erfc(abs(found.z_statistic or 0.0) / math.sqrt(2)), rel=1e-12)


def test_the_test_is_right_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    found = 0
    for _ in range(400):
        common = rng.normal(0.0005, 0.01, 250)
        first, second = (common + rng.normal(0.0, 0.01, 250) for _ in range(2))
        p_value = sharpe_difference(first, second, 252).p_value
        assert p_value is not None
        found += p_value < 0.05

    # Of 400 pairs without a difference 20 are expected, give or take 4.4.
    assert 7 <= found <= 33


def test_one_run_does_not_differ_from_itself() -> None:
    found = sharpe_difference(RETURNS[:, 0], RETURNS[:, 0], 252)

    assert (found.difference, found.z_statistic, found.p_value) == (0.0, None, None)
    assert sharpe_difference(RETURNS[:, 0], np.zeros(300), 252).difference is None
    with pytest.raises(InvalidInput, match="same periods"):
        sharpe_difference(RETURNS[:, 0], RETURNS[:9, 0], 252)
