"""What a search varies, as it is written on the command line, and refusals in the names of its options."""

from datetime import date
from typing import Any

import pytest

from domain.backtesting.model import BacktestSpec
from domain.errors import Conflict, InvalidInput, NotFound, Problem
from domain.research.model import Direction, Objective, SearchMethod, SweepSpec
from functions.cli.study_options import Method, named, read_periods, sweep_spec

BASE = BacktestSpec(strategy="sma_cross", instruments=("GOOG",))


def spec(*vary: str, **changed: Any) -> SweepSpec:
    values: dict[str, Any] = {
        "where": None,
        "method": None,
        "samples": None,
        "objectives": None,
        "seed": None,
    } | changed
    return sweep_spec(BASE, vary=vary or ("fast=5:30",), **values)


def told(*path: str, message: str = "is wrong") -> InvalidInput:
    """What a person reads when the domain refuses a field."""
    with pytest.raises(InvalidInput) as refused, named():
        raise InvalidInput.at(*path, message=message)
    return refused.value


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("5:30", {"low": 5, "high": 30}),
        ("5:30:5", {"low": 5, "high": 30, "step": 5}),
        ("0.5:2.5:0.25", {"low": 0.5, "high": 2.5, "step": 0.25}),
        ("-3:-1", {"low": -3, "high": -1}),
        ("log:0.01:1", {"low": 0.01, "high": 1, "log": True}),
        ("5,10,20", {"values": (5, 10, 20)}),
        ("5", {"values": (5,)}),
        ("true,false", {"values": (True, False)}),
        ("equal, risk_parity", {"values": ("equal", "risk_parity")}),
        ('"10"', {"values": ("10",)}),
    ],
)
def test_a_range_is_read_as_it_is_written(written: str, values: dict[str, Any]) -> None:
    read = spec(f"x={written}").space["x"]
    assert {name: value for name, value in read.model_dump().items() if value not in (None, False)} == values
    assert [type(value) for value in read.values or ()] == [type(value) for value in values.get("values", ())]


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("fast", "--vary: 'fast' is not of the form NAME=VALUES"),
        ("=1:2", "--vary: '=1:2' is not of the form NAME=VALUES"),
        ("fast=", "--vary: 'fast=' is not of the form NAME=VALUES"),
        ("fast=a:b", "--vary.fast: 'a:b' is not of the form LOW:HIGH or LOW:HIGH:STEP, in numbers"),
        ("fast=1:", "--vary.fast: '1:' is not of the form LOW:HIGH or LOW:HIGH:STEP, in numbers"),
        ("fast=1:2:3:4", "--vary.fast: '1:2:3:4' is not of the form LOW:HIGH or LOW:HIGH:STEP, in numbers"),
        ("fast=true:false", "--vary.fast: 'true:false' is not of the form LOW:HIGH or LOW:HIGH:STEP, in numbers"),
        ("fast=log:3", "--vary.fast: 'log:3' is not of the form log:LOW:HIGH, in numbers"),
        ("fast=5,,6", "--vary.fast: '' is no number, word or truth value"),
        ("fast=null", "--vary.fast: 'null' is no number, word or truth value"),
        ("fast=9:2", "--vary.fast: low (9) is above high (2)"),
        ("fast=log:0:9", "--vary.fast: a logarithmic range begins above 0"),
    ],
)  # fmt: skip
def test_a_range_that_cannot_be_read_is_told_with_its_form(written: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as refused, named():
        spec(written)
    assert str(refused.value) == sentence


def test_a_parameter_is_varied_once() -> None:
    with pytest.raises(InvalidInput, match=r"^--vary\.fast: is given twice$"):
        spec("fast=1:2", "fast=3:4")


def test_what_is_left_out_has_the_defaults_of_the_domain() -> None:
    plain = spec()
    assert plain.method is SearchMethod.GRID
    assert plain.objectives == (Objective(),)
    assert (plain.samples, plain.constraints, plain.seed) == (None, (), 0)


def test_objectives_say_which_way_is_better() -> None:
    read = spec(objectives=["calmar", "minimise:volatility", "maximise:sharpe"], seed=7).objectives
    assert [(one.statistic, one.direction) for one in read] == [
        ("calmar", Direction.MAXIMISE),
        ("volatility", Direction.MINIMISE),
        ("sharpe", Direction.MAXIMISE),
    ]


@pytest.mark.parametrize("written", ["max:sharpe", "minimise:", ""])
def test_an_objective_of_another_form_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        spec(objectives=[written])
    assert str(refused.value) == (
        f"--objective: '{written}' is not of the form STATISTIC or minimise:STATISTIC"
    )


def test_methods_are_those_of_the_domain() -> None:
    assert [str(method) for method in Method] == [str(method) for method in SearchMethod]


def test_periods_may_be_open_at_either_end() -> None:
    assert read_periods(["2005-01-01:2008-12-31", "2009-01-01:", ":2004-12-31"]) == [
        {"start": date(2005, 1, 1), "end": date(2008, 12, 31)},
        {"start": date(2009, 1, 1), "end": None},
        {"start": None, "end": date(2004, 12, 31)},
    ]
    assert read_periods(None) == []


@pytest.mark.parametrize("written", ["2005-01-01", "2005:2006", "2005-13-01:", "a:b"])
def test_a_period_of_another_form_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_periods([written])
    assert str(refused.value) == f"--period: '{written}' is not of the form FROM:TO, 2005-01-01:2008-12-31"


@pytest.mark.parametrize(
    ("path", "option"),
    [
        (("space", "fast", "low"), ("--vary", "fast", "low")),
        (("sweep", "space", "fast"), ("--vary", "fast")),
        (("constraints", "0"), ("--where",)),
        (("objectives", "1", "statistic"), ("--objective",)),
        (("periods", "0", "end"), ("--period",)),
        (("samples",), ("--samples",)),
        (("trainBars",), ("--train",)),
        (("test_bars",), ("--test",)),
        (("sweep", "eachInstrument"), ("--each-instrument",)),
        (("permutations",), ("--permutations",)),
        (("sweep", "base", "costs", "spread_bps"), ("costs", "spread_bps")),
        (("base", "parameters", "base"), ("parameters", "base")),
    ],
)
def test_a_refusal_names_the_option(path: tuple[str, ...], option: tuple[str, ...]) -> None:
    assert told(*path).problems == (Problem(option, "is wrong"),)


def test_a_search_that_is_too_large_is_told_with_its_size_and_the_way_on() -> None:
    message = "this would make 3,998,000 runs; set it to 3998000 to go ahead"
    refused = told("confirmedRuns", message=message)
    assert str(refused) == "This would make 3,998,000 runs; add --yes to go ahead."
    assert [one.path for one in refused.problems] == [("--yes",)]


def test_other_refusals_pass_unchanged() -> None:
    for fault in (NotFound("strategy", "x"), Conflict("running"), InvalidInput("One sentence.")):
        with pytest.raises(InvalidInput) as refused, named():
            raise fault
        assert refused.value is fault
