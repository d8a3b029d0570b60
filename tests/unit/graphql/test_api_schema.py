"""What the schema promises as a whole."""

import dataclasses
from pathlib import Path

import pytest
from graphql import GraphQLObjectType

from domain.identity.model import Role
from domain.performance import model
from domain.performance.conventions import CONVENTIONS
from tests.kit.graphql import the_schema
from trader_graphql import export
from trader_graphql.backtests.statistics import Statistics, conventions
from trader_graphql.permissions import declared_role

SCHEMA = the_schema()
ROOT_FIELDS = [
    (kind, field.name)
    for kind in ("Query", "Mutation", "Subscription")
    for field in SCHEMA.get_type_by_name(kind).fields  # type: ignore[union-attr] # the three are objects
]


@pytest.mark.parametrize(("kind", "name"), ROOT_FIELDS)
def test_every_root_field_says_who_may_use_it(kind: str, name: str) -> None:
    field = next(f for f in SCHEMA.get_type_by_name(kind).fields if f.name == name)  # type: ignore[union-attr]
    assert declared_role(field) in set(Role)


@pytest.mark.parametrize(
    ("field", "role"),
    [
        ("Query.viewer", Role.VIEWER),
        ("Query.apiKeys", Role.ADMIN),
        ("Mutation.startBacktest", Role.TRADER),
        ("Mutation.importBars", Role.TRADER),
        ("Mutation.createApiKey", Role.ADMIN),
        ("Subscription.backtestProgress", Role.VIEWER),
    ],
)
def test_the_schema_shows_the_role_of_a_field(field: str, role: Role) -> None:
    kind, name = field.split(".")
    block = export.sdl().split(f"type {kind} {{")[1].split("\n}")[0]
    line = next(line for line in block.splitlines() if line.strip().startswith((f"{name}(", f"{name}:")))
    assert line.endswith(f"@needs(role: {role.name})")


def test_every_mutation_takes_one_input_and_answers_with_a_union_that_can_forbid() -> None:
    mutation = SCHEMA._schema.mutation_type
    assert mutation is not None
    for field in mutation.fields.values():
        assert list(field.args) == ["input"]
        members = {member.name for member in field.type.of_type.types}  # type: ignore[union-attr]
        assert {"InvalidInput", "Forbidden"} < members


def test_every_connection_can_be_paged_both_ways() -> None:
    for kind in SCHEMA._schema.type_map.values():
        for name, field in getattr(kind, "fields", {}).items():
            returned = getattr(field, "type", None)
            named = getattr(returned, "of_type", returned)
            if isinstance(named, GraphQLObjectType) and named.name.endswith("Connection"):
                assert {"first", "last", "after", "before"} <= set(field.args), f"{kind}.{name}"


def test_statistics_have_every_field_of_the_domain_with_its_type() -> None:
    domains = {field.name: field.type for field in dataclasses.fields(model.Statistics)}
    assert domains == Statistics.__annotations__


def test_a_convention_is_told_for_every_statistic() -> None:
    assert [one.name for one in conventions()][:2] == ["finalEquity", "totalReturn"]
    assert set(CONVENTIONS) >= set(Statistics.__annotations__) - {"start", "end"}


def test_the_stored_schema_is_what_the_code_makes() -> None:
    assert export.FILE.read_text(encoding="utf-8") == export.sdl()


def test_drift_of_the_schema_is_shown_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "schema.graphql"
    assert export.main([], file) == 0
    assert export.main(["--check"], file) == 0

    file.write_text(file.read_text().replace("type Viewer {", "type Viewer {\n  height: Int"))

    assert export.main(["--check"], file) == 1
    out, err = capsys.readouterr()
    assert "-  height: Int" in out
    assert err == "schema.graphql is not what the code makes; run 'make schema' and commit the result.\n"
