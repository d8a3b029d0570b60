"""API keys in SQL, on SQLite and on PostgreSQL."""

from datetime import timedelta

import pytest

from domain.clock import FixedClock
from domain.errors import Conflict, NotFound
from domain.identity.adapters.sql import SqlApiKeyRepository
from domain.identity.model import Role
from domain.ids import ApiKeyId
from domain.storage.database import Database
from tests.kit.storage import CREATED, OURS, THEIRS, an_api_key

LATER = CREATED + timedelta(hours=1)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(CREATED)


@pytest.fixture
def repository(database: Database, clock: FixedClock) -> SqlApiKeyRepository:
    return SqlApiKeyRepository(database, clock)


@pytest.mark.parametrize("role", list(Role))
def test_a_key_comes_back_equal(repository: SqlApiKeyRepository, role: Role) -> None:
    key = an_api_key(role=role, expires_at=LATER, revoked_at=LATER, last_used_at=LATER)

    repository.add(key)

    assert repository.by_hash(key.secret_hash) == key
    assert repository.list(OURS) == [key]


def test_an_unknown_hash_finds_nothing(repository: SqlApiKeyRepository) -> None:
    repository.add(an_api_key())

    assert repository.by_hash("0" * 64) is None


def test_a_secret_belongs_to_one_key_in_all_workspaces(repository: SqlApiKeyRepository) -> None:
    repository.add(an_api_key(1))

    with pytest.raises(Conflict):
        repository.add(an_api_key(2, THEIRS, secret_hash=an_api_key(1).secret_hash))

    assert repository.list(THEIRS) == []


def test_a_revoked_key_keeps_its_first_time(repository: SqlApiKeyRepository) -> None:
    repository.add(an_api_key())

    repository.revoke(OURS, an_api_key().id, CREATED)
    repository.revoke(OURS, an_api_key().id, LATER)

    assert repository.list(OURS) == [an_api_key(revoked_at=CREATED)]


def test_a_key_of_another_workspace_is_not_listed_and_cannot_be_revoked(
    repository: SqlApiKeyRepository,
) -> None:
    mine, other = an_api_key(1), an_api_key(2, THEIRS)
    repository.add(other)
    repository.add(mine)

    with pytest.raises(NotFound):
        repository.revoke(OURS, other.id, LATER)

    assert repository.list(OURS) == [mine]
    assert repository.list(THEIRS) == [other]


def test_use_is_noted_and_an_unknown_key_changes_nothing(repository: SqlApiKeyRepository) -> None:
    repository.add(an_api_key())

    repository.used(an_api_key().id, LATER)
    repository.used(ApiKeyId("key_none"), LATER)

    assert repository.list(OURS) == [an_api_key(last_used_at=LATER)]


def test_only_a_key_that_opens_something_counts(repository: SqlApiKeyRepository, clock: FixedClock) -> None:
    assert repository.any() is False

    repository.add(an_api_key(1, revoked_at=CREATED))
    repository.add(an_api_key(2, expires_at=CREATED))
    assert repository.any() is False

    repository.add(an_api_key(3, expires_at=LATER))
    assert repository.any() is True

    clock.advance(timedelta(hours=1))
    assert repository.any() is False

    repository.add(an_api_key(4))
    assert repository.any() is True
