"""Time and identifiers."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import FixedClock, as_utc, from_nanoseconds, to_nanoseconds
from domain.ids import TimeSortedIds

NOON = datetime(2026, 3, 2, 12, 0, 0, 123_456, tzinfo=UTC)


@given(st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds
def test_nanoseconds_and_datetimes_convert_without_loss(moment: datetime) -> None:
    assert from_nanoseconds(to_nanoseconds(moment)) == moment


def test_a_moment_in_another_zone_is_the_same_moment() -> None:
    tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
    assert to_nanoseconds(tokyo) == to_nanoseconds(NOON)
    assert as_utc(tokyo).tzinfo is UTC


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        to_nanoseconds(datetime(2026, 3, 2))  # noqa: DTZ001 - that is the point


def test_identifiers_sort_by_the_time_they_were_made_and_never_repeat() -> None:
    clock = FixedClock(NOON)
    ids = TimeSortedIds(clock)
    made = []
    for _ in range(50):
        made.append(ids.new("bt"))
        clock.advance(timedelta(milliseconds=1))
    assert made == sorted(made)
    assert len({ids.new("bt") for _ in range(1_000)}) == 1_000
    assert all(one.startswith("bt_") and len(one) == 29 for one in made)
