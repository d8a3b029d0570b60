"""From option values to a specification, and refusals in the names of the options."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.errors import Conflict, InvalidInput, NotFound, Problem
from functions.cli.option_names import in_options
from functions.cli.specification import read_parameters, read_tiers, read_value, specification


def values(**changed: Any) -> dict[str, Any]:
    return {"strategy": "sma_cross", "instruments": ["GOOG"], "costs": {}, "sizing": {}} | changed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", 10),
        ("-2.5", -2.5),
        ("true", True),
        ("null", None),
        ('"10"', "10"),
        ("fast", "fast"),
        ("", ""),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("[1, 2]", [1, 2]),
        ("1e3", 1000.0),
    ],
)
def test_a_value_is_what_json_says_and_otherwise_text(text: str, value: object) -> None:
    read = read_value(text)
    assert read == value
    assert type(read) is type(value)


def test_parameters_keep_an_equals_sign_in_their_value() -> None:
    assert read_parameters(["fast=10", " slow = 20 ", "note=a=b"]) == {"fast": 10, "slow": 20, "note": "a=b"}


def test_every_malformed_parameter_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_parameters(["fast", "=3", "slow=1", "slow=2"])
    assert [problem.path for problem in refused.value.problems] == [
        ("--param",),
        ("--param",),
        ("--param", "slow"),
    ]
    assert "--param.slow: is given twice" in str(refused.value)


def test_options_not_given_leave_the_defaults_of_the_domain() -> None:
    spec = specification(values(start=None, costs={"commission_bps": 20.0, "spread_bps": None}, fill=None))
    assert spec.costs.commission_bps == 20.0
    assert spec.costs.spread_bps == 2.0
    assert spec.initial_cash == Decimal(100_000)
    assert spec.fill == "next_open"


def test_a_period_that_ends_before_it_begins_names_both_options() -> None:
    with pytest.raises(InvalidInput, match=r"^--from: 2012-01-02 is after --to 2012-01-01$"):
        specification(values(start=date(2012, 1, 2), end=date(2012, 1, 1)))


def test_commission_tiers_are_written_as_thresholds_and_rates() -> None:
    spec = specification(values(costs={"commission_tiers": read_tiers("10000=0.8, 50000=0.5")}))
    assert [(tier.over, tier.bps) for tier in spec.costs.commission_tiers] == [
        (10_000.0, 0.8),
        (50_000.0, 0.5),
    ]


def test_a_tier_without_a_rate_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"--commission-tiers: '5' is not of the form OVER=BPS"):
        read_tiers("1000=2,5")


@pytest.mark.parametrize(
    ("changed", "option"),
    [
        ({"initial_cash": "0"}, "--cash"),
        ({"initial_cash": "-5"}, "--cash"),
        ({"initial_cash": "ten"}, "--cash"),
        ({"initial_cash": "NaN"}, "--cash"),
        ({"costs": {"commission_bps": -1.0}}, "--commission-bps"),
        ({"costs": {"borrow_rate": float("nan")}}, "--borrow-rate"),
        ({"sizing": {"stop_loss": 1.0}}, "--stop-loss"),
        ({"sizing": {"max_leverage": 0.0}}, "--max-leverage"),
        ({"sizing": {"max_volume_share": 2.0}}, "--max-volume-share"),
        ({"limit_fill": "never"}, "--limit-fill"),
        ({"seed": -1}, "--seed"),
        ({"strategy": ""}, "STRATEGY"),
        ({"instruments": []}, "--symbol"),
    ],
)
def test_a_refusal_names_the_option_that_was_wrong(changed: dict[str, Any], option: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        specification(values(**changed))
    told = in_options(refused.value)
    assert [problem.path for problem in told.problems] == [(option,)]
    assert str(told).startswith(f"{option}: ")


def test_a_refused_tier_is_named_with_its_place_in_the_option() -> None:
    with pytest.raises(InvalidInput) as refused:
        specification(values(costs={"commission_tiers": read_tiers("1000=x")}))
    assert in_options(refused.value).problems[0].path == ("--commission-tiers", "0", "bps")


def test_parameters_of_a_strategy_are_named_as_they_were_given() -> None:
    told = in_options(InvalidInput.at("parameters", "fast", message="must be at least 1"))
    assert str(told) == "--param.fast: must be at least 1"


def test_what_is_not_an_option_keeps_its_own_name() -> None:
    told = in_options(InvalidInput.at("GOOG", "duplicate", message="3 rows"))
    assert str(told) == "GOOG.duplicate: 3 rows"


def test_missing_things_and_conflicts_pass_unchanged() -> None:
    for fault in (NotFound("instrument", "ZZZZ"), Conflict("running"), InvalidInput("One sentence.")):
        assert in_options(fault) is fault


def test_a_sentence_that_says_more_than_its_problems_is_kept() -> None:
    told = in_options(InvalidInput("Nothing was imported.", [Problem(("symbols",), "name one")]))
    assert told.message == "Nothing was imported."
    assert told.problems == (Problem(("--symbol",), "name one"),)
