"""graphql-transport-ws, message by message and close code by close code."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from domain.backtesting.model import BacktestProgress, BacktestStatus
from domain.errors import Retryable
from domain.identity.model import Role
from domain.ids import BacktestId
from events.bus import Topic
from events.topics import backtest_progress
from functions.settings import Mode
from tests.kit.api import HOME, ApiOnFakes, serving
from trader_graphql.authentication import Authenticator
from trader_graphql.http import GraphQLEndpoint
from trader_graphql.schema import build_schema

PROTOCOL = "graphql-transport-ws"
SUBSCRIPTION = 'subscription { backtestProgress(id: "bt_000001") { status progress } }'


class Served:
    """A served endpoint on fakes, with limits small enough to meet in a test."""

    def __init__(self, api: ApiOnFakes, url: str) -> None:
        self.api = api
        self.url = url.replace("http://", "ws://") + "/graphql"

    @asynccontextmanager
    async def socket(
        self, protocol: str | None = PROTOCOL, **options: Any
    ) -> AsyncIterator[ClientConnection]:
        protocols: Any = [protocol] if protocol else None
        async with connect(self.url, subprotocols=protocols, **options) as socket:
            yield socket

    @asynccontextmanager
    async def acknowledged(self) -> AsyncIterator[ClientConnection]:
        async with self.socket() as socket:
            await send(socket, {"type": "connection_init"})
            assert await receive(socket) == {"type": "connection_ack"}
            yield socket

    def publish(self, status: BacktestStatus, progress: float) -> None:
        event = BacktestProgress(BacktestId("bt_000001"), HOME, status, progress, "simulating")
        self.api.bus.publish(backtest_progress(HOME, event.id), event)


@pytest.fixture
def api() -> ApiOnFakes:
    api = ApiOnFakes()
    api.holding(1, BacktestStatus.RUNNING)
    return api


@pytest.fixture
def served(api: ApiOnFakes) -> Iterator[Served]:
    with serving(an_endpoint(api)) as url:
        yield Served(api, url)


def an_endpoint(api: ApiOnFakes, seconds: float = 10) -> GraphQLEndpoint:
    local = api.settings.mode is Mode.LOCAL
    return GraphQLEndpoint(
        build_schema(),
        api.services,
        Authenticator(api.services.identity, local_workspace=HOME if local else None),
        allowed_origins=("https://app.example",),
        init_timeout=timedelta(seconds=seconds),
        operations_per_socket=2,
    )


async def send(socket: ClientConnection, message: Any) -> None:
    await socket.send(message if isinstance(message, str | bytes) else json.dumps(message))


async def receive(socket: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(socket.recv(), 5))


async def close_code(socket: ClientConnection) -> int | None:
    """The code the server closes with; other messages fail the test."""
    try:
        unexpected = await asyncio.wait_for(socket.recv(), 5)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None
    raise AssertionError(f"the server answered {unexpected!r}")


def subscribe(identifier: str = "1", query: Any = SUBSCRIPTION, **payload: Any) -> dict[str, Any]:
    return {"type": "subscribe", "id": identifier, "payload": {"query": query, **payload}}


# The handshake


async def test_the_protocol_is_echoed_and_another_one_refused(served: Served) -> None:
    async with served.socket() as socket:
        assert socket.subprotocol == PROTOCOL
    for other in ("graphql-ws", None):
        async with served.socket(other) as socket:
            assert await close_code(socket) == 4406


async def test_a_page_of_another_site_opens_no_socket(served: Served) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with served.socket(origin="https://evil.example"):
            pass
    assert refused.value.response.status_code == 403
    async with served.socket(origin="https://app.example") as socket:
        await send(socket, {"type": "connection_init"})
        assert await close_code(socket) == 4403, "a listed page may connect, and needs a key all the same"


@pytest.mark.parametrize("message", [{}, {"payload": None}, {"payload": {}}, {"payload": {"anything": 1}}])
async def test_an_init_with_any_object_or_none_is_acknowledged(
    served: Served, message: dict[str, Any]
) -> None:
    async with served.socket() as socket:
        await send(socket, {"type": "connection_init", **message})
        assert await receive(socket) == {"type": "connection_ack"}


async def test_an_init_that_does_not_come_closes_the_socket(api: ApiOnFakes) -> None:
    with serving(an_endpoint(api, seconds=0.05)) as url:
        async with Served(api, url).socket() as socket:
            assert await close_code(socket) == 4408


async def test_a_second_init_closes_the_socket(served: Served) -> None:
    async with served.acknowledged() as socket:
        await send(socket, {"type": "connection_init"})
        assert await close_code(socket) == 4429


async def test_subscribing_before_the_acknowledgement_closes_the_socket(served: Served) -> None:
    async with served.socket() as socket:
        await send(socket, subscribe())
        assert await close_code(socket) == 4401


# Messages of the wrong shape


@pytest.mark.parametrize(
    "message",
    [
        "not json",
        "[" * 100_000,
        b"\x00\x01",
        [],
        [{"type": "ping"}],
        1,
        None,
        {},
        {"type": "unknown"},
        {"type": ["ping"]},
        {"type": "ping", "payload": []},
        {"type": "connection_init", "payload": []},
        {"type": "connection_init", "payload": "secret"},
        {"type": "subscribe"},
        {"type": "subscribe", "id": "1"},
        {"type": "subscribe", "id": "1", "payload": None},
        {"type": "subscribe", "id": "1", "payload": {}},
        {"type": "subscribe", "payload": {"query": SUBSCRIPTION}},
        subscribe(""),
        {"type": "subscribe", "id": 1, "payload": {"query": SUBSCRIPTION}},
        subscribe(query=1),
        subscribe(query=None),
        subscribe(variables=[]),
        subscribe(operationName=1),
        subscribe(extensions=[]),
        {"type": "complete"},
        {"type": "complete", "id": 1},
    ],
)
async def test_a_message_of_the_wrong_shape_closes_with_4400(served: Served, message: Any) -> None:
    async with served.acknowledged() as socket:
        await send(socket, "null" if message is None else message)
        assert await close_code(socket) == 4400


# Ping and pong


async def test_a_ping_is_answered_with_its_payload_even_before_init(served: Served) -> None:
    async with served.socket() as socket:
        await send(socket, {"type": "ping"})
        assert await receive(socket) == {"type": "pong"}
        await send(socket, {"type": "ping", "payload": {"a": [1]}})
        assert await receive(socket) == {"type": "pong", "payload": {"a": [1]}}
        await send(socket, {"type": "pong"})
        await send(socket, {"type": "connection_init"})
        assert await receive(socket) == {"type": "connection_ack"}


# Operations


async def test_a_subscription_tells_each_step_and_completes(served: Served) -> None:
    async with served.acknowledged() as socket:
        await send(socket, subscribe())
        expected = [("RUNNING", 0.5), ("RUNNING", 0.8), ("COMPLETED", 1.0)]
        for position, (status, progress) in enumerate(expected):
            step = {"backtestProgress": {"status": status, "progress": progress}}
            assert await receive(socket) == {"id": "1", "type": "next", "payload": {"data": step}}
            if position == 0:
                served.publish(BacktestStatus.RUNNING, 0.8)
                served.publish(BacktestStatus.COMPLETED, 1.0)
        assert await receive(socket) == {"id": "1", "type": "complete"}


async def test_queries_and_mutations_run_on_the_socket_too(served: Served) -> None:
    async with served.acknowledged() as socket:
        await send(
            socket,
            subscribe(query="query q($n: Int!) { backtests(first: $n) { totalCount } }", variables={"n": 1}),
        )
        assert (await receive(socket))["payload"] == {"data": {"backtests": {"totalCount": 1}}}
        assert await receive(socket) == {"id": "1", "type": "complete"}
        await send(
            socket, subscribe(query='mutation { cancelBacktest(input: {id: "bt_000001"}) { __typename } }')
        )
        assert (await receive(socket))["payload"] == {"data": {"cancelBacktest": {"__typename": "Backtest"}}}


async def test_an_id_in_use_closes_the_socket_and_a_finished_one_is_free(served: Served) -> None:
    async with served.acknowledged() as socket:
        for _ in range(2):
            await send(socket, subscribe("x", "{ viewer { name } }"))
            assert (await receive(socket))["type"] == "next"
            assert (await receive(socket))["type"] == "complete"
        await send(socket, subscribe("x"))
        assert (await receive(socket))["type"] == "next"
        await send(socket, subscribe("x"))
        assert await close_code(socket) == 4409


async def test_a_completed_subscription_ends_and_its_id_is_free(served: Served) -> None:
    async with served.acknowledged() as socket:
        await send(socket, subscribe())
        assert (await receive(socket))["type"] == "next"
        await send(socket, {"type": "complete", "id": "1"})
        await send(socket, {"type": "complete", "id": "never seen"})
        await send(socket, subscribe("1", "{ viewer { name } }"))
        assert (await receive(socket))["payload"] == {"data": {"viewer": {"name": "local"}}}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("subscription {", "Syntax Error: Expected Name, found <EOF>."),
        ("{ nothing }", "Cannot query field 'nothing' on type 'Query'."),
        (SUBSCRIPTION.replace("}", "} viewer", 1), "must select only one top level field"),
        ("", 'Request data is missing a "query" value'),
    ],
)
async def test_an_operation_that_cannot_run_is_an_error_and_the_socket_stays(
    served: Served, query: str, message: str
) -> None:
    async with served.acknowledged() as socket:
        await send(socket, subscribe(query=query))
        answer = await receive(socket)
        assert (answer["type"], answer["id"]) == ("error", "1")
        assert message in answer["payload"][0]["message"]
        await send(socket, subscribe("1", "{ viewer { name } }"))
        assert (await receive(socket))["type"] == "next"


async def test_an_unknown_operation_name_is_an_error(served: Served) -> None:
    async with served.acknowledged() as socket:
        await send(socket, subscribe(query="query a { viewer { name } }", operationName="b"))
        answer = await receive(socket)
        assert (answer["type"], answer["payload"][0]["message"]) == ("error", 'Unknown operation named "b".')


async def test_a_run_that_does_not_exist_is_told_in_its_words(served: Served) -> None:
    async with served.acknowledged() as socket:
        await send(socket, subscribe(query=SUBSCRIPTION.replace("bt_000001", "bt_none")))
        answer = await receive(socket)
        errors = answer["payload"] if answer["type"] == "error" else answer["payload"]["errors"]
        assert errors[0]["message"] == "There is no backtest 'bt_none'."
        assert errors[0]["extensions"] == {"code": "NOT_FOUND"}


async def test_a_socket_may_have_so_many_operations_open_and_no_more(served: Served) -> None:
    async with served.acknowledged() as socket:
        for identifier in ("1", "2"):
            await send(socket, subscribe(identifier))
            assert (await receive(socket))["type"] == "next"
        await send(socket, subscribe("3"))
        answer = await receive(socket)
        assert (answer["type"], answer["id"]) == ("error", "3")
        assert answer["payload"][0]["message"] == "Subscription limit reached"
        await send(socket, {"type": "complete", "id": "1"})
        await send(socket, subscribe("3"))
        assert (await receive(socket))["type"] == "next"


async def test_limits_hold_on_the_socket(served: Served) -> None:
    query = "{ " + " ".join(f"a{n}: viewer {{ name }}" for n in range(31)) + " }"
    async with served.acknowledged() as socket:
        await send(socket, subscribe(query=query))
        answer = await receive(socket)
        assert answer["type"] == "error"
        assert answer["payload"][0]["extensions"] == {"code": "QUERY_TOO_COMPLEX"}


# Who may connect


@pytest.fixture
def guarded() -> Iterator[Served]:
    api = ApiOnFakes(mode=Mode.SERVER)
    api.holding(1, BacktestStatus.RUNNING)
    with serving(an_endpoint(api)) as url:
        yield Served(api, url)


@pytest.mark.parametrize("payload", [{}, {"authorization": "Bearer at_unknown"}, {"authorization": 5}])
async def test_a_stranger_is_closed_with_4403(guarded: Served, payload: dict[str, Any]) -> None:
    async with guarded.socket() as socket:
        await send(socket, {"type": "connection_init", "payload": payload})
        assert await close_code(socket) == 4403


async def test_a_key_is_taken_from_the_payload_or_the_header(guarded: Served) -> None:
    authorization = f"Bearer {guarded.api.key(Role.VIEWER)}"
    async with guarded.socket() as socket:
        await send(socket, {"type": "connection_init", "payload": {"authorization": authorization}})
        assert await receive(socket) == {"type": "connection_ack"}
        await send(socket, subscribe(query="{ viewer { role } }"))
        assert (await receive(socket))["payload"] == {"data": {"viewer": {"role": "VIEWER"}}}
    async with guarded.socket(additional_headers={"Authorization": authorization}) as socket:
        await send(socket, {"type": "connection_init"})
        assert await receive(socket) == {"type": "connection_ack"}


async def test_a_key_revoked_meanwhile_opens_nothing_more(guarded: Served) -> None:
    secret = guarded.api.key()
    async with guarded.socket() as socket:
        await send(socket, {"type": "connection_init", "payload": {"authorization": f"Bearer {secret}"}})
        assert await receive(socket) == {"type": "connection_ack"}
        (key,) = guarded.api.services.identity.list_keys(HOME)
        guarded.api.services.identity.revoke_key(HOME, key.id)
        await send(socket, subscribe())
        assert await close_code(socket) == 4403


async def test_a_database_that_is_away_asks_the_client_to_come_back(
    guarded: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: str) -> None:
        raise Retryable("The database is away; try again.")

    monkeypatch.setattr(guarded.api.services.identity, "recognise", away)
    async with guarded.socket() as socket:
        await send(socket, {"type": "connection_init", "payload": {"authorization": "Bearer at_x"}})
        assert await close_code(socket) == 1013


async def test_a_client_that_leaves_is_forgotten_and_the_run_goes_on(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = threading.Event()
    listen = served.api.bus.listen

    @asynccontextmanager
    async def watched(topic: Topic) -> AsyncIterator[AsyncIterator[Any]]:
        try:
            async with listen(topic) as events:
                yield events
        finally:
            left.set()

    monkeypatch.setattr(served.api.bus, "listen", watched)
    async with served.acknowledged() as socket:
        await send(socket, subscribe())
        assert (await receive(socket))["type"] == "next"
        assert len(served.api.bus._listeners) == 1
    assert await asyncio.to_thread(left.wait, 5)
    assert served.api.bus._listeners == {}
    assert served.api.repository.rows[BacktestId("bt_000001")].status is BacktestStatus.RUNNING
