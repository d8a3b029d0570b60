"""API keys and roles."""

from datetime import datetime, timedelta

import pytest

from domain.clock import FixedClock
from domain.errors import Forbidden, NeedsOperator, NotFound, Retryable, TradingError
from domain.identity.model import Principal, Role
from domain.identity.service import IdentityService
from domain.ids import ApiKeyId, TimeSortedIds, WorkspaceId
from tests.kit.backtests import NOON, WORKSPACE
from tests.kit.identity import InMemoryKeys


class World:
    def __init__(self) -> None:
        self.keys = InMemoryKeys()
        self.clock = FixedClock(NOON)
        self.identity = IdentityService(self.keys, self.clock, TimeSortedIds(self.clock))


@pytest.fixture
def world() -> World:
    return World()


def test_the_holder_of_a_secret_is_recognised_with_its_workspace_and_role(world: World) -> None:
    key, secret = world.identity.create_key(WORKSPACE, "desk", Role.TRADER)
    assert world.identity.recognise(secret) == Principal(WORKSPACE, "desk", Role.TRADER, key.id)


def test_the_secret_itself_is_not_stored(world: World) -> None:
    key, secret = world.identity.create_key(WORKSPACE, "desk", Role.TRADER)
    assert secret not in repr(world.keys.rows)
    assert secret.startswith(key.prefix)
    assert len(key.prefix) == 10


@pytest.mark.parametrize("secret", ["", "at_unknown", "Bearer at_x", "at_"])
def test_an_unknown_secret_is_nobody(world: World, secret: str) -> None:
    world.identity.create_key(WORKSPACE, "desk", Role.TRADER)
    assert world.identity.recognise(secret) is None


def test_a_key_ends_at_the_moment_it_expires(world: World) -> None:
    _, secret = world.identity.create_key(WORKSPACE, "desk", Role.VIEWER, NOON + timedelta(hours=1))
    world.clock.advance(timedelta(minutes=59))
    assert world.identity.recognise(secret) is not None
    world.clock.advance(timedelta(minutes=1))
    assert world.identity.recognise(secret) is None


def test_a_revoked_key_opens_nothing(world: World) -> None:
    key, secret = world.identity.create_key(WORKSPACE, "desk", Role.VIEWER)
    with pytest.raises(NotFound):
        world.identity.revoke_key(WorkspaceId("other"), key.id)
    world.identity.revoke_key(WORKSPACE, key.id)
    assert world.identity.recognise(secret) is None


def test_use_is_noted_once_a_minute_at_most(world: World) -> None:
    _, secret = world.identity.create_key(WORKSPACE, "desk", Role.VIEWER)
    for _ in range(3):
        world.identity.recognise(secret)
    world.clock.advance(timedelta(minutes=1))
    world.identity.recognise(secret)
    assert world.keys.uses == 2


@pytest.mark.parametrize("fault", [Retryable("The database is busy."), NeedsOperator("It is read-only.")])
def test_a_use_that_cannot_be_noted_refuses_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: TradingError
) -> None:
    key, secret = world.identity.create_key(WORKSPACE, "desk", Role.TRADER)

    def fail(key_id: ApiKeyId, at: datetime) -> None:
        raise fault

    monkeypatch.setattr(world.keys, "used", fail)

    assert world.identity.recognise(secret) == Principal(WORKSPACE, "desk", Role.TRADER, key.id)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage() == f"The use of API key {key.id} was not noted: {fault}"


def test_a_role_includes_those_below_it_and_none_above() -> None:
    assert [[have.includes(need) for need in Role] for have in Role] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]
    with pytest.raises(Forbidden, match="needs the role 'admin'; 'desk' is 'trader'"):
        Principal(WORKSPACE, "desk", Role.TRADER).require(Role.ADMIN)
