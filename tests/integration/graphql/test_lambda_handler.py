"""The API as a Lambda function behind API Gateway."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from functions.graphql_http import base_path_of, lambda_adapter
from tests.kit.api import ApiOnFakes
from tests.kit.api_gateway import http_event

BODY = json.dumps({"query": '{ viewer { name } backtest(id: "bt_000001") { reportUrl } }'}).encode()
Invoke = Callable[..., dict[str, Any]]


@pytest.fixture
def api() -> ApiOnFakes:
    api = ApiOnFakes()
    api.holding(1)
    return api


@pytest.fixture
def invoke(api: ApiOnFakes) -> Iterator[Invoke]:
    """One invocation after the other in the only thread of an instance."""
    instance = ThreadPoolExecutor(1, initializer=lambda: asyncio.set_event_loop(asyncio.new_event_loop()))

    def call(event: dict[str, Any]) -> dict[str, Any]:
        handle = lambda: lambda_adapter(api, base_path_of(event))(event, None)  # noqa: E731 - made where it runs
        return instance.submit(handle).result()

    yield call
    instance.submit(lambda: asyncio.get_event_loop().close()).result()
    instance.shutdown()


def an_event(api: ApiOnFakes, stage: str = "$default", **headers: str) -> dict[str, Any]:
    sent = {"content-type": "application/json", "authorization": f"Bearer {api.key()}"} | headers
    return http_event("POST", "/graphql", sent, BODY, stage)


def test_an_answer_is_text_and_not_base64(api: ApiOnFakes, invoke: Invoke) -> None:
    for accept in ("application/json", "application/graphql-response+json"):
        answer = invoke(an_event(api, accept=accept))
        assert answer["statusCode"] == 200
        assert answer["isBase64Encoded"] is False
        assert answer["headers"]["content-type"] == f"{accept}; charset=utf-8"
        assert json.loads(answer["body"])["data"] == {
            "viewer": {"name": "admin key"},
            "backtest": {"reportUrl": "/backtests/bt_000001/report.html"},
        }


def test_a_named_stage_is_found_and_stands_before_links(api: ApiOnFakes, invoke: Invoke) -> None:
    answer = invoke(an_event(api, stage="prod"))
    assert (
        json.loads(answer["body"])["data"]["backtest"]["reportUrl"] == "/prod/backtests/bt_000001/report.html"
    )


def test_a_file_is_sent_whole(api: ApiOnFakes, invoke: Invoke) -> None:
    sent = {"authorization": f"Bearer {api.key()}"}
    answer = invoke(http_event("GET", "/backtests/bt_000001/curve.parquet", sent))
    assert answer["isBase64Encoded"] is True
    assert base64.b64decode(answer["body"]) == b"curve as parquet"


def test_nobody_is_local_to_a_lambda_function(api: ApiOnFakes, invoke: Invoke) -> None:
    event = http_event("POST", "/graphql", {"content-type": "application/json", "host": "localhost"}, BODY)
    event["requestContext"]["http"]["sourceIp"] = "127.0.0.1"
    answer = invoke(event)
    assert answer["statusCode"] == 401
    assert answer["headers"]["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("stage", "path", "base"),
    [
        ("$default", "/graphql", ""),
        ("prod", "/prod/graphql", "/prod"),
        ("prod", "/prod", "/prod"),
        ("prod", "/production/graphql", ""),
        ("prod", "/graphql", ""),
        ("", "/graphql", ""),
    ],
)
def test_the_base_path_is_the_stage_where_the_path_begins_with_it(stage: str, path: str, base: str) -> None:
    assert base_path_of({"requestContext": {"stage": stage}, "rawPath": path}) == base
