"""What a client is told when something is wrong, and what it is not told."""

import logging
from typing import Any

import pytest

from domain.errors import InvalidInput, MissingExtra, NeedsOperator, Retryable
from tests.kit.api import ApiOnFakes
from tests.kit.graphql import error_of, execute


@pytest.fixture
def api() -> ApiOnFakes:
    return ApiOnFakes()


def fail_with(api: ApiOnFakes, fault: Exception) -> None:
    def get_many(*_: Any) -> Any:
        raise fault

    api.repository.get_many = get_many  # type: ignore[method-assign] # a repository in trouble


QUERY = '{ backtest(id: "bt_1") { id } }'


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Retryable("The database is away; try again."), "RETRYABLE"),
        (NeedsOperator("The disk is full; make room."), "NEEDS_OPERATOR"),
        (MissingExtra("PostgreSQL", "postgres"), "NEEDS_OPERATOR"),
        (InvalidInput("This cannot be."), "INVALID_INPUT"),
    ],
)
async def test_a_known_fault_has_its_sentence_and_a_code(
    api: ApiOnFakes, fault: Exception, code: str
) -> None:
    fail_with(api, fault)
    error = await error_of(api, QUERY)
    assert error["message"] == str(fault)
    assert error["extensions"] == {"code": code}
    assert error["path"] == ["backtest"]


async def test_an_unknown_fault_shows_nothing_but_its_incident_number(
    api: ApiOnFakes, caplog: pytest.LogCaptureFixture
) -> None:
    fail_with(api, ValueError("password=hunter2 in /srv/secret.py"))
    with caplog.at_level(logging.ERROR):
        error = await error_of(api, QUERY)
    incident = error["extensions"]["incident"]
    assert error["extensions"] == {"code": "INTERNAL", "incident": incident}
    assert error["message"] == f"Something went wrong on our side; tell the operator incident {incident}."
    assert "hunter2" not in str(error)
    assert incident in caplog.text
    assert "hunter2" in caplog.text


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ viewer { nme } }", "Cannot query field 'nme' on type 'Viewer'."),
        ("{ viewer { name ", "Syntax Error: Expected Name, found <EOF>."),
        (
            "{ backtest { id } }",
            "Argument 'Query.backtest(id:)' of type 'ID!' is required, but it was not provided.",
        ),
    ],
)
async def test_a_typo_is_explained_without_suggesting_names(
    api: ApiOnFakes, query: str, message: str
) -> None:
    error = await error_of(api, query)
    assert error["message"] == message


async def test_strangers_cannot_read_the_schema_through_the_api(api: ApiOnFakes) -> None:
    result = await execute(api, "{ __schema { types { name } } }", may_introspect=False)
    assert result.data is None
    assert result.errors is not None
    assert all("introspection has been disabled" in error.message for error in result.errors)
    allowed = await execute(api, '{ __type(name: "Viewer") { name } }')
    assert allowed.data == {"__type": {"name": "Viewer"}}
