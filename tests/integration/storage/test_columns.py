"""Values that a database could bend come back as they were."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, literal, select, text
from sqlalchemy.exc import StatementError

from domain.storage.columns import ExactJson
from domain.storage.database import Database
from domain.storage.tables import RunnerRow, WorkspaceRow

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(
    moment=st.datetimes(
        min_value=datetime(1, 1, 2),  # noqa: DTZ001 - the zone comes from the next line
        max_value=datetime(9999, 12, 30),  # noqa: DTZ001
        timezones=st.timezones() | st.just(UTC),
    )
)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_moment_comes_back_in_utc_to_the_microsecond(database: Database, moment: datetime) -> None:
    with database.transaction() as session:
        session.execute(text("DELETE FROM runners"))
        session.execute(insert(RunnerRow).values(name="a", last_seen_at=moment))
        stored = session.scalars(select(RunnerRow.last_seen_at)).one()

    assert stored == moment.astimezone(UTC)
    assert stored.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    naive = datetime(2026, 1, 1, 12, 0)  # noqa: DTZ001 - what is refused

    with pytest.raises(StatementError, match="has no time zone"), database.transaction() as session:
        session.execute(insert(WorkspaceRow).values(id="a", created_at=naive))


def test_moments_of_any_zone_are_compared_as_moments(database: Database) -> None:
    noon = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
    tokyo = timezone(timedelta(hours=9))
    with database.transaction() as session:
        session.execute(insert(RunnerRow).values(name="a", last_seen_at=noon.astimezone(tokyo)))

    with database.reading() as session:
        earlier = select(RunnerRow.name).where(RunnerRow.last_seen_at < noon + timedelta(microseconds=1))
        not_earlier = select(RunnerRow.name).where(RunnerRow.last_seen_at < noon)
        assert session.scalars(earlier).all() == ["a"]
        assert session.scalars(not_earlier).all() == []


@given(value=st.dictionaries(st.text(), JSON_VALUES, max_size=5))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_json_value_comes_back_equal(database: Database, value: dict[str, object]) -> None:
    with database.reading() as session:
        assert session.scalars(select(literal(value, ExactJson))).one() == value
