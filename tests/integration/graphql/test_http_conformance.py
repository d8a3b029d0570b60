"""The audits of the npm package graphql-http, over HTTP and through a Lambda function."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from functions.api import create_app
from functions.graphql_http import lambda_adapter
from tests.kit.api import ApiOnFakes, serving
from tests.kit.api_gateway import api_gateway
from tests.kit.javascript import javascript

AUDITS = 61
# A browser may send such a GET on its own, from any page; it is refused on purpose, which the
# specification allows (MAY).
REFUSED_ON_PURPOSE = "5A70"


@pytest.fixture(params=["uvicorn", "api gateway"])
def address(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    api = ApiOnFakes()
    if request.param == "uvicorn":
        with serving(create_app(api)) as url:
            yield url, ""
    else:
        with api_gateway(lambda: lambda_adapter(api)) as url:
            yield url, f"Bearer {api.key()}"


def test_every_audit_is_ok_but_the_one_refused_on_purpose(address: tuple[str, str]) -> None:
    url, authorization = address
    command = ["node", "audit.mjs", f"{url}/graphql", *([authorization] if authorization else [])]
    done = subprocess.run(command, cwd=javascript(), capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert len(results) == AUDITS
    assert [one for one in results if one["status"] != "ok"] == [
        {
            "id": REFUSED_ON_PURPOSE,
            "name": "MAY accept application/x-www-form-urlencoded formatted GET requests",
            "status": "notice",
            "reason": "Response status code is not 200",
        }
    ]
