"""What the endpoint refuses, how it says so, and whom it believes."""

import json
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import Retryable
from domain.identity.model import Role
from functions.api import create_app
from functions.settings import Mode
from tests.kit.api import ApiOnFakes
from tests.kit.http import ask, client
from trader_graphql.negotiation import GRAPHQL_RESPONSE

JSON = {"content-type": "application/json"}


@pytest.fixture
def api() -> ApiOnFakes:
    return ApiOnFakes(request_size_limit_bytes=2_000)


async def post(api: ApiOnFakes, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    async with client(create_app(api)) as http:
        answer = await http.post("/graphql", content=body, headers={**JSON, **headers})
    assert answer.headers["content-type"].endswith("json; charset=utf-8")
    return answer.status_code, answer.json()


def deep(levels: int) -> bytes:
    return b'{"query": "{ viewer { name } }", "variables": ' + b'{"a":' * levels + b"1" + b"}" * levels + b"}"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "Unable to parse request body as JSON"),
        (b"{", "Unable to parse request body as JSON"),
        (b'{"query": "\xff"}', "Unable to parse request body as JSON"),
        (
            b'{"query": "{ viewer { name } }", "variables": {"a": NaN}}',
            "Unable to parse request body as JSON",
        ),
        (b"1", "The body must be a JSON object with a query."),
        (b"null", "The body must be a JSON object with a query."),
        (b"true", "The body must be a JSON object with a query."),
        (b'"x"', "The body must be a JSON object with a query."),
        (b'[{"query": "{ viewer { name } }"}]', "Send one operation a request; batches are not served."),
        (b"{}", "There is no 'query' in the request."),
        (b'{"query": ""}', "There is no 'query' in the request."),
        (b'{"query": {}}', "'query' must be a string."),
        (b'{"query": "{a}", "variables": []}', "'variables' must be an object."),
        (b'{"query": "{a}", "operationName": 1}', "'operationName' must be a string."),
        (b'{"query": "{a}", "extensions": "x"}', "'extensions' must be an object."),
        (b'{"query": "query a { viewer { name } }", "operationName": "b"}', 'Unknown operation named "b".'),
        (
            b'{"query": "subscription { backtestProgress(id: \\"bt_1\\") { status } }"}',
            "Subscriptions are served over WebSocket, graphql-transport-ws, on this path.",
        ),
    ],
)
async def test_a_body_of_the_wrong_shape_is_a_400_with_its_reason(
    api: ApiOnFakes, body: bytes, message: str
) -> None:
    status, answer = await post(api, body)
    assert status == 400
    assert answer["errors"][0]["message"] == message
    assert "data" not in answer


async def test_variables_nested_beyond_reason_are_a_400(api: ApiOnFakes) -> None:
    roomy = ApiOnFakes(request_size_limit_bytes=10_000_000)
    status, answer = await post(roomy, deep(200_000))
    assert (status, answer["errors"][0]["message"]) == (400, "Unable to parse request body as JSON")
    status, _ = await post(roomy, deep(50))
    assert status == 200


async def test_a_query_nested_beyond_reason_is_answered(api: ApiOnFakes) -> None:
    roomy = ApiOnFakes(request_size_limit_bytes=10_000_000, query_token_limit=1_000_000)
    query = "{ viewer " * 50_000 + "}" * 50_000
    status, answer = await post(roomy, json.dumps({"query": query}).encode(), accept=GRAPHQL_RESPONSE)
    assert status == 400
    assert "too deeply" in answer["errors"][0]["message"]


async def test_a_body_too_large_is_a_413_whether_it_says_so_or_not(api: ApiOnFakes) -> None:
    body = json.dumps({"query": "{ viewer { name } } #" + "x" * 2_000}).encode()
    status, answer = await post(api, body)
    assert (status, answer["errors"][0]["extensions"]["code"]) == (413, "REQUEST_TOO_LARGE")

    async def in_pieces() -> Any:
        yield body[:1_000]
        yield body[1_000:]

    async with client(create_app(api)) as http:
        lying = await http.post("/graphql", content=in_pieces(), headers=JSON)
    assert lying.status_code == 413


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
        "application/json; charset=latin-1",
    ],
)
async def test_only_json_is_taken_so_that_no_form_of_another_site_can_post(
    api: ApiOnFakes, content_type: str
) -> None:
    status, answer = await post(api, b'{"query": "{ viewer { name } }"}', **{"content-type": content_type})
    assert (status, answer["errors"][0]["message"]) == (415, "Send the operation as application/json.")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_refused_with_those_allowed(api: ApiOnFakes, method: str) -> None:
    async with client(create_app(api)) as http:
        answer = await http.request(method, "/graphql")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert answer.json()["errors"][0]["message"] == "GraphQL is served to GET and POST."


async def test_a_get_reads_and_never_changes(api: ApiOnFakes) -> None:
    mutation = 'mutation { deleteBacktest(input: {id: "bt_1"}) { __typename } }'
    async with client(create_app(api), accept=GRAPHQL_RESPONSE) as http:
        read = await http.get(
            "/graphql", params={"query": "query q($x: Int = 1) { backtests(first: $x) { totalCount } }"}
        )
        changed = await http.get("/graphql", params={"query": mutation})
        wild = await http.get("/graphql", params={"query": "{ viewer { name } }"}, headers={"accept": "*/*"})
        wrong = await http.get("/graphql", params={"query": "{ viewer { name } }", "variables": "{"})
    assert read.json() == {"data": {"backtests": {"totalCount": 0}}}
    assert (changed.status_code, changed.headers["allow"]) == (405, "POST")
    assert wild.status_code == 406
    assert wrong.status_code == 400


async def test_an_answer_nobody_can_read_is_a_406(api: ApiOnFakes) -> None:
    status, answer = await post(api, b'{"query": "{ viewer { name } }"}', accept="text/html")
    assert status == 406
    assert answer["errors"][0]["extensions"]["code"] == "NOT_ACCEPTABLE"


async def test_a_partial_answer_keeps_its_data_and_200(api: ApiOnFakes) -> None:
    body = json.dumps({"query": '{ viewer { name } backtest(id: "???") { id } }'}).encode()
    status, answer = await post(api, body, accept=GRAPHQL_RESPONSE)
    assert status == 200
    assert answer["data"] == {"viewer": {"name": "local"}, "backtest": None}
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


async def test_a_fault_outside_the_schema_is_a_500_without_internals(
    api: ApiOnFakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.services.identity, "recognise", lambda _: 1 / 0)
    answer = await ask(create_app(api), authorization="Bearer at_x")
    assert answer.status_code == 500
    assert "ZeroDivision" not in answer.text
    assert "tell the operator incident" in answer.json()["errors"][0]["message"]


async def test_a_database_that_is_away_is_a_503(api: ApiOnFakes, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: str) -> None:
        raise Retryable("The database is away; try again.")

    monkeypatch.setattr(api.services.identity, "recognise", away)
    answer = await ask(create_app(api), authorization="Bearer at_x")
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (
        503,
        "The database is away; try again.",
    )


# Whom the endpoint believes


async def test_a_key_acts_with_its_own_role_even_locally(api: ApiOnFakes) -> None:
    answer = await ask(create_app(api), authorization=f"Bearer {api.key(Role.VIEWER)}")
    assert answer.json()["data"]["viewer"] == {"name": "viewer key", "role": "VIEWER", "workspace": "default"}


async def test_a_user_of_this_machine_needs_no_key(api: ApiOnFakes) -> None:
    for peer, host in [
        ("127.0.0.1", "localhost:8000"),
        ("::1", "[::1]:8000"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
    ]:
        answer = await ask(create_app(api), peer=peer, host=host)
        assert answer.json()["data"]["viewer"] == {"name": "local", "role": "ADMIN", "workspace": "default"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"peer": "203.0.113.7"}, "Only this machine itself needs no key"),
        ({"host": "evil.example"}, "Host 'evil.example' is not this machine"),
        ({"host": "127.0.0.1.evil.example:8000"}, "Host '127.0.0.1.evil.example:8000' is not this machine"),
        ({"x_forwarded_for": "203.0.113.7"}, "A request that came through a proxy needs a key"),
        ({"forwarded": "for=203.0.113.7"}, "A request that came through a proxy needs a key"),
        ({"origin": "https://evil.example"}, "Pages of https://evil.example are not allowed to act for you"),
        ({"origin": "null"}, "Pages of null are not allowed to act for you"),
        (
            {"origin": "http://127.0.0.1:9999"},
            "Pages of http://127.0.0.1:9999 are not allowed to act for you",
        ),
    ],
)
async def test_who_only_seems_local_needs_a_key(
    api: ApiOnFakes, options: dict[str, str], message: str
) -> None:
    answer = await ask(create_app(api), **options)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["errors"] == [
        {
            "message": f"{message}; send an API key in the header 'Authorization: Bearer at_…'.",
            "extensions": {"code": "UNAUTHENTICATED"},
        }
    ]
    allowed = await ask(create_app(api), **(options | {"authorization": f"Bearer {api.key()}"}))
    assert allowed.status_code == 200


async def test_the_servers_own_page_and_listed_pages_may_act_for_the_user() -> None:
    api = ApiOnFakes(allowed_origins=("http://localhost:5173",))
    for origin in ("http://127.0.0.1:8000", "http://localhost:5173"):
        answer = await ask(create_app(api), origin=origin)
        assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "http://localhost:5173"


@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        ("Bearer at_unknown", "This API key is unknown, revoked or expired."),
        ("Bearer ", "This API key is unknown, revoked or expired."),
        ("Bearer nonsense", "This API key is unknown, revoked or expired."),
        ("Basic YTpi", "The Authorization header must be of the form 'Bearer at_…'."),
    ],
)
async def test_an_unknown_key_is_a_401(api: ApiOnFakes, authorization: str, message: str) -> None:
    answer = await ask(create_app(api), authorization=authorization)
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (401, message)


async def test_an_expired_and_a_revoked_key_are_a_401(api: ApiOnFakes) -> None:
    app = create_app(api)
    expiring, revoked = api.key(lifetime=timedelta(hours=1)), api.key()
    for secret in (expiring, revoked):
        assert (await ask(app, authorization=f"Bearer {secret}")).status_code == 200
    api.clock.advance(timedelta(hours=1))
    key = api.services.identity.recognise(revoked)
    assert key is not None
    assert key.key_id is not None
    api.services.identity.revoke_key(api.workspace_id, key.key_id)
    for secret in (expiring, revoked):
        assert (await ask(app, authorization=f"Bearer {secret}")).status_code == 401


async def test_a_server_knows_nobody_without_a_key() -> None:
    api = ApiOnFakes(mode=Mode.SERVER)
    answer = await ask(create_app(api))
    assert answer.status_code == 401
    assert (
        answer.json()["errors"][0]["message"] == "Send an API key in the header 'Authorization: Bearer at_…'."
    )


@pytest.mark.parametrize(("role", "may"), [(Role.VIEWER, False), (Role.TRADER, False), (Role.ADMIN, True)])
async def test_only_admins_and_the_local_user_read_the_schema_through_the_api(
    api: ApiOnFakes, role: Role, may: bool
) -> None:
    query = "{ __schema { queryType { name } } }"
    answer = await ask(create_app(api), query, authorization=f"Bearer {api.key(role)}")
    assert ("data" in answer.json()) is may
    assert "data" in (await ask(create_app(api), query)).json()


async def test_graphiql_is_shown_in_local_mode_only(api: ApiOnFakes) -> None:
    async with client(create_app(api), accept="text/html,*/*") as http:
        local = await http.get("/graphql")
    async with client(create_app(ApiOnFakes(mode=Mode.SERVER)), accept="text/html,*/*") as http:
        server = await http.get("/graphql")
    assert local.status_code == 200
    assert "GraphiQL" in local.text
    assert server.status_code == 406
