"""Which media type answers which Accept header."""

import pytest

from trader_graphql.negotiation import GRAPHQL_RESPONSE, JSON, media_type, names_a_graphql_type


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL_RESPONSE, GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE}, {JSON};q=0.9", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE};q=0.5, {JSON};q=0.9", JSON),
        (f"{GRAPHQL_RESPONSE}, */*", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE}; charset=utf-8, {JSON}; charset=utf-8", JSON),
        (f"{GRAPHQL_RESPONSE};charset=latin-1", None),
        (f"{JSON};q=0, */*;q=0.1", GRAPHQL_RESPONSE),
        (f"{JSON};q=0", None),
        (f"{JSON};q=high", None),
        ("text/html", None),
        ("text/event-stream", None),
        ("APPLICATION/JSON", JSON),
        ("nonsense", None),
    ],
)
def test_the_best_acceptable_type_is_chosen(accept: str | None, chosen: str | None) -> None:
    assert media_type(accept) == chosen


@pytest.mark.parametrize(
    ("accept", "named"),
    [(None, False), ("*/*", False), ("image/*,*/*;q=0.8", False), (JSON, True), (GRAPHQL_RESPONSE, True)],
)
def test_a_wildcard_names_no_graphql_type(accept: str | None, named: bool) -> None:
    assert names_a_graphql_type(accept) is named
