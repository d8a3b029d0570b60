"""Runs side by side as a reader's browser gets them."""

import numpy as np
import pytest

from domain.clock import NANOSECONDS_PER_DAY
from domain.performance.comparison import ComparedRun, Comparison, compare
from domain.performance.paths import equity_path
from domain.research.adapters.reports.comparison_report import best_of, render_comparison_page
from tests.kit.pages import ReadPage
from tests.kit.report import FIRST_CLOSE, INITIAL, walk

HOSTILE = "\"'><script>alert(1)</script>{{ 7*7 }}"


def a_run(name: str, seed: int, sharpe: float | None, **spec: object) -> ComparedRun:
    times = FIRST_CLOSE + np.arange(300, dtype=np.int64) * NANOSECONDS_PER_DAY
    return ComparedRun(
        name,
        {"strategy": "sma_cross", "parameters": {"fast": seed}, "fill": "next_open"} | spec,
        {"sharpe": sharpe, "max_drawdown": -0.1 * seed, "trades": 10 * seed},
        equity_path(times, walk(300, seed), INITIAL),
        252,
        "ab" * 32,
    )


def page_of(found: Comparison, title: str = "A cross") -> ReadPage:
    return ReadPage(
        render_comparison_page(found, [(title, "")] * len(found.names), ["USD"] * len(found.names))
    )


def test_the_best_of_a_row_is_starred_and_nothing_is_where_there_is_no_better() -> None:
    page = page_of(compare([a_run("bt_1", 1, 0.5), a_run("bt_2", 2, 1.5), a_run("bt_3", 3, None)]))
    assert page.unbalanced == []
    assert page.figures["sharpe",] == "Sharpe ratio0.50★ 1.50\u2013"
    assert page.figures["max_drawdown",] == "Maximum drawdown★ \u221210.00%\u221220.00%\u221230.00%"
    assert "★" not in page.figures["trades",]


@pytest.mark.parametrize(
    ("values", "higher", "best"),
    [
        ((1.0, 2.0, 2.0), True, {1, 2}),
        ((1.0, 2.0), False, {0}),
        ((1.0, 1.0), True, set()),
        ((1.0, None), True, set()),
        ((1.0, 2.0), None, set()),
    ],
)
def test_the_best_needs_something_to_be_better_than(
    values: tuple[float | None, ...], higher: bool | None, best: set[int]
) -> None:
    assert best_of(values, higher) == best


def test_terms_that_differ_are_warned_of_and_come_first_in_words() -> None:
    page = page_of(compare([a_run("bt_1", 1, 0.5), a_run("bt_2", 2, 1.5, fill="same_close")]))
    assert "The runs were traded on different terms: fill price" in page.visible
    assert page.visible.index("same close") < page.visible.index("fast")
    assert page.with_class("is-term")


def test_hostile_names_stay_text() -> None:
    page = page_of(compare([a_run("bt_1", 1, 0.5), a_run(HOSTILE, 2, 1.5)]), HOSTILE)
    assert page.unbalanced == []
    assert page.visible.count(HOSTILE) >= 3
    assert [tag for tag, attributes in page.elements if tag == "script" and not attributes] == ["script"]


def test_more_runs_than_looks_still_have_a_letter_each() -> None:
    page = page_of(compare([a_run(f"bt_{number}", number, 0.1 * number) for number in range(1, 29)]))
    assert "AB" in page.visible
    assert len(page.with_class("series-1")) > 1
