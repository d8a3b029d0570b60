"""Numbers as a person reads them."""

import pytest

from domain.performance.conventions import CONVENTIONS
from functions.cli.statistics import HEADLINES, UNDEFINED, formatted, sparkline, statistics_table


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("total_return", 0.1234567, "12.35%"),
        ("max_drawdown", -0.5, "-50.00%"),
        ("final_equity", 1234567.891, "1,234,567.89"),
        ("sharpe", 0.98765, "0.988"),
        ("trades", 1234, "1,234"),
        ("max_drawdown_days", 1784, "1,784 days"),
        ("max_drawdown_start", "2008-01-02", "2008-01-02"),
        ("average_bars_held", 12.34, "12.340"),
        ("sharpe", None, UNDEFINED),
        ("turnover", None, UNDEFINED),
    ],
)
def test_a_statistic_is_written_in_its_unit(name: str, value: object, text: str) -> None:
    assert formatted(name, value) == text


def test_every_headline_has_a_convention() -> None:
    assert set(HEADLINES) <= set(CONVENTIONS)


def test_a_benchmark_is_not_compared_by_how_it_traded() -> None:
    numbers = dict.fromkeys(CONVENTIONS, 0.5) | {"trades": 4, "max_drawdown_days": 10}
    shown = statistics_table(numbers, numbers, benchmark_name="Buy and hold")
    cells = dict(zip(shown.columns[0].cells, shown.columns[2].cells, strict=True))
    assert cells["Total return"] == "50.00%"
    assert cells[CONVENTIONS["trades"].label] == ""


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([], ""),
        ([5.0], "▁"),
        ([3.0, 3.0], "▁▁"),
        ([1.0, 2.0, 3.0], "▁▅█"),
        ([0.0, 7.0], "▁█"),
    ],
)
def test_a_sparkline_runs_from_the_lowest_to_the_highest(values: list[float], line: str) -> None:
    assert sparkline(values) == line


def test_a_long_course_keeps_its_last_value() -> None:
    line = sparkline([float(value) for value in range(1_000)] + [-1.0], width=10)
    assert len(line) == 10
    assert line[-1] == "▁"
    assert line[-2] != "▁"
