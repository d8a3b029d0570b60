"""How figures are written."""

from datetime import UTC, date, datetime

import pytest

from domain.clock import to_nanoseconds
from domain.performance.adapters import formatting
from domain.performance.adapters.facts_view import facts
from domain.performance.adapters.formatting import MINUS, Tone


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1234, "+12.34%"),
        (-0.05, f"{MINUS}5.00%"),
        (0.0, "0.00%"),
        (-0.000001, "0.00%"),
        (12.3456, "+1,234.6%"),
    ],
)
def test_a_signed_percentage_shows_its_sign_and_zero_has_none(value: float, expected: str) -> None:
    assert formatting.percent(value, signed=True) == expected


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [
        (1234.5, "USD", "$1,234.50"),
        (-1234.5, "EUR", f"{MINUS}€1,234.50"),
        (123_456.7, "USD", "$123,457"),
        (1234.5, "JPY", "¥1,234"),
        (1234.5, "CHF", "1,234.50\u00a0CHF"),
        (4.2e20, "USD", "$4.2e20"),
    ],
)
def test_money_carries_its_currency_and_cents_only_where_they_matter(
    value: float, currency: str, expected: str
) -> None:
    assert formatting.money(value, currency) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0, "$0"), (500.0, "$500"), (25_000.0, "$25k"), (2.5e6, "$2.5m"), (-1e9, f"{MINUS}$1bn")],
)
def test_an_axis_shows_round_amounts_short(value: float, expected: str) -> None:
    assert formatting.compact_money(value, "USD") == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(101.5, "101.50"), (0.000123456, "0.000123456"), (0.0, "0.00"), (1.0, "1.00")]
)
def test_a_price_below_one_keeps_its_significant_digits(value: float, expected: str) -> None:
    assert formatting.price(value) == expected


def test_a_percentage_on_an_axis_keeps_the_decimals_it_has() -> None:
    assert formatting.axis_percent(-0.075, signed=True) == f"{MINUS}7.5%"
    assert formatting.axis_percent(0.2) == "20%"


def test_a_bar_that_closes_at_midnight_belongs_to_the_day_it_ends() -> None:
    midnight = to_nanoseconds(datetime(2024, 2, 1, tzinfo=UTC))

    assert formatting.bar_time(midnight, intraday=False) == "31 Jan 2024"
    assert formatting.bar_time(midnight, intraday=True) == "1 Feb 2024, 00:00"


def test_only_a_figure_with_a_sign_is_news() -> None:
    assert [Tone.of(value) for value in (1.0, -1.0, 0.0, None, float("nan"))] == [
        Tone.GAIN,
        Tone.LOSS,
        Tone.NEUTRAL,
        Tone.NEUTRAL,
        Tone.NEUTRAL,
    ]


def test_nested_facts_become_headings_with_their_entries_below() -> None:
    shown = facts(
        {
            "costs": {"commission_bps": 20.0, "on": True},
            "end": None,
            "ids": ("A", "B"),
            "day": date(2024, 1, 5),
        }
    )

    assert [(fact.name, fact.text, fact.depth, fact.is_heading) for fact in shown] == [
        ("Costs", "", 0, True),
        ("Commission bps", "20", 1, False),
        ("On", "yes", 1, False),
        ("End", formatting.DASH, 0, False),
        ("Ids", "A, B", 0, False),
        ("Day", "5 Jan 2024", 0, False),
    ]


def test_a_long_list_of_facts_is_cut_and_says_so() -> None:
    (fact,) = facts({"instruments": [f"S{number}" for number in range(53)]})

    assert fact.text.endswith("S49 and 3 more")
