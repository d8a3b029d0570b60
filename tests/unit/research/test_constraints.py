"""Conditions over parameters: what they mean, and what they may not hold."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.research.sweep.constraints import parsed

PARAMETERS: dict[str, Any] = {
    "fast": 10,
    "slow": 50,
    "threshold": 0.5,
    "short": False,
    "price": "close",
    "stop": None,
}


def holds(text: str, **values: Any) -> bool:
    (constraint,) = parsed([text], PARAMETERS)
    return bool(constraint.holds({**PARAMETERS, **values}))


@pytest.mark.parametrize(
    ("text", "fast", "slow", "met"),
    [
        ("fast < slow", 10, 11, True),
        ("fast < slow", 11, 11, False),
        ("slow - fast >= 10 and fast % 5 == 0", 10, 20, True),
        ("slow - fast >= 10 and fast % 5 == 0", 11, 30, False),
        ("fast * 2 <= slow or fast == 30", 30, 31, True),
        ("not fast > 5", 6, 9, False),
        ("5 < fast <= slow // 2", 10, 21, True),
        ("5 < fast <= slow // 2", 11, 21, False),
        ("fast / 4 == 2.5", 10, 20, True),
        ("-fast % 7 == 4", 10, 20, True),  # the sign of the divisor, as Python has it
        ("slow / (fast - 10) > 0", 10, 20, False),
        ("slow % (fast - 10) != 3", 10, 20, False),  # undefined: no comparison holds
    ],
)
def test_a_condition_reads_as_python_would(text: str, fast: int, slow: int, met: bool) -> None:
    assert holds(text, fast=fast, slow=slow) is met


def test_booleans_and_choices_can_be_asked_for() -> None:
    assert holds("short and price == 'open'", short=True, price="open")
    assert not holds("not short or price != 'close'", short=True, price="close")


def test_an_optional_parameter_that_is_not_set_meets_no_comparison() -> None:
    assert not holds("stop < 5 or stop >= 5 or stop != 5", stop=None)


def test_columns_are_judged_row_by_row() -> None:
    (constraint,) = parsed(["fast < slow"], PARAMETERS)
    met = constraint.holds({"fast": np.array([1, 5, 9]), "slow": 5})
    assert met.tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("fast <", "is not an expression; write a condition such as fast < slow"),
        ("fast = slow", "is not an expression; write a condition such as fast < slow"),
        ("slow - fast", "is a number, not a condition; compare it with something"),
        ("fst < slow", "'fst' is not a parameter of this strategy; it has fast, slow"),
        ("__import__('os').system('true')", "a function call cannot be used in a condition"),
        ("max(fast, 3) < slow", "a function call cannot be used in a condition"),
        ("fast.real < slow", "an attribute (a dot) cannot be used in a condition"),
        ("price[0] == 'c'", "an index cannot be used in a condition"),
        ("(lambda: fast)() < slow", "a function call cannot be used in a condition"),
        ("fast if short else slow", "'if' cannot be used in a condition"),
        ("[fast] == slow", "a list cannot be used in a condition"),
        ("(fast := 3) < slow", "an assignment cannot be used in a condition"),
        ("fast ** 9 < slow", "the operator Pow cannot be used in a condition"),
        ("fast & 1 == 0", "the operator BitAnd cannot be used in a condition"),
        ("fast in slow", "the operator In cannot be used in a condition"),
        ("fast is slow", "the operator Is cannot be used in a condition"),
        ("price < 'z'", "text can only be compared with == and !="),
        ("price == fast", "text is compared with a number"),
        ("fast and slow", "'fast' is a number where a condition is needed"),
        ("short + 1 < 2", "'short' is a condition where a number is needed"),
        ("None == fast", "None cannot be used in a condition"),
        ("~fast < 1", "the operator Invert cannot be used in a condition"),
        ("(" * 400 + "fast < slow" + ")" * 400, "is longer than 500 characters"),
        (
            "(" * 240 + "fast < slow" + ")" * 240,
            "is not an expression; write a condition such as fast < slow",
        ),
    ],
)
def test_anything_but_arithmetic_and_comparisons_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parsed([text], PARAMETERS)
    assert refused.value.problems[0].path == ("constraints", "0")
    assert refused.value.problems[0].message.startswith(reason)


def test_every_wrong_condition_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        parsed(["fast < slow", "nothing > 1", "fast"], PARAMETERS)
    assert [problem.path for problem in refused.value.problems] == [
        ("constraints", "1"),
        ("constraints", "2"),
    ]


numbers = st.integers(-50, 50)
terms = st.recursive(
    st.sampled_from(["fast", "slow"]) | numbers.map(lambda n: f"({n})"),
    lambda inner: st.builds(
        "({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "//", "%", "/"]), inner
    ),
    max_leaves=6,
)
conditions = st.recursive(
    st.builds("({} {} {})".format, terms, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), terms),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner)
        | st.builds("(not {})".format, inner)
    ),
    max_leaves=4,
)


@given(text=conditions, fast=numbers, slow=numbers)
def test_what_python_computes_on_floats_is_what_we_compute(text: str, fast: int, slow: int) -> None:
    assume(len(text) <= 500)
    expression = text.replace("fast", f"({float(fast)!r})").replace("slow", f"({float(slow)!r})")
    try:
        expected = eval(expression, {"__builtins__": {}})  # noqa: S307 - the test wrote the text itself
    except ZeroDivisionError:
        return
    assume(math.isfinite(fast))
    assert holds(text, fast=fast, slow=slow) is expected


@pytest.mark.parametrize(
    "text",
    ["-" * 450 + "fast < 1", "not " * 110 + "short", "1" + " + 1" * 110 + " < fast"],
    ids=["minus", "not", "sum"],
)
def test_a_condition_that_is_nested_too_deeply_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="nested more than 100 deep"):
        parsed([text], PARAMETERS)
