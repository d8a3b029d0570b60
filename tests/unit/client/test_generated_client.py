"""The typed half of the Python client is what the schema makes, and says what it promises."""

import inspect
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from graphql import build_schema

from agentic_trader import generated
from agentic_trader.errors import Conflict, Forbidden, InvalidInput, NotFound
from agentic_trader.objects import arguments
from agentic_trader.transport import carried_out
from trader_graphql.python_client import FILE, SCHEMA, main
from trader_graphql.python_client import generated as source_of

SMALL = """
scalar Date
type Query { thing(id: ID!, depth: Int! = 3, from: Date): Thing  things(first: Int, last: Int): ThingConnection! }
type Mutation { makeThing(input: MakeThingInput!): MakeThingOutcome!
  change(input: ChangeInput!): ChangeOutcome! }
input ChangeInput { id: ID! }
input MakeThingInput { name: String!  size: Float! = 1.5  tags: [String!] }
union MakeThingOutcome = Thing | InvalidInput
union ChangeOutcome = Thing | Part | InvalidInput
type Thing { id: ID!  return: Float  "What it \\"is\\"." kind: Kind!  parts: [Part!]!  more(first: Int!): [Part!] }
type Part { weight: Float! }
type InvalidInput { message: String!  problems: [Problem!]! }
type Problem { path: [String!]!  message: String! }
type ThingConnection { edges: [ThingEdge!]!  pageInfo: PageInfo!  totalCount: Int! }
type ThingEdge { node: Thing!  cursor: String! }
type PageInfo { hasNextPage: Boolean!  endCursor: String }
enum Kind { BIG  SMALL }
"""


class FakeTransport:
    """Answers with what it was given, and keeps what it was asked."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.asked: list[tuple[str, Any]] = []

    def execute(self, document: str, variables: Any) -> dict[str, Any]:
        self.asked.append((document, variables))
        return self.data


def _client(data: dict[str, Any]) -> tuple[Any, FakeTransport]:
    made: dict[str, Any] = {}
    exec(compile(source_of(build_schema(SMALL)), "generated", "exec"), made)  # noqa: S102 - our own output
    operations, transport = made["Operations"](), FakeTransport(data)
    operations._transport = transport
    return operations, transport


THING = {"id": "t1", "return": 0.5, "kind": "BIG", "parts": [{"weight": 2.0}]}


def test_the_committed_client_is_what_the_committed_schema_makes() -> None:
    assert FILE.read_text(encoding="utf-8") == source_of(build_schema(SCHEMA.read_text(encoding="utf-8")))
    assert main(["--check"]) == 0


def test_a_stale_client_fails_the_check(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = tmp_path / "generated.py"
    stale.write_text("# of another schema\n", encoding="utf-8")
    monkeypatch.setattr("trader_graphql.python_client.FILE", stale)
    assert main(["--check"]) == 1
    assert stale.read_text(encoding="utf-8") == "# of another schema\n"


def test_what_has_a_default_may_be_left_out_and_is_not_sent() -> None:
    client, transport = _client({"thing": THING})
    client.thing(id="t1")
    document, variables = transport.asked[0]
    assert variables == {"id": "t1"}
    assert document.startswith("query($id: ID!, $depth: Int, $from: Date) { thing(id: $id, ")


def test_words_python_keeps_for_itself_get_an_underscore_and_keep_their_name_on_the_wire() -> None:
    client, transport = _client({"thing": THING})
    found = client.thing(id="t1", from_=date(2020, 1, 2))
    assert found.return_ == 0.5
    assert transport.asked[0][1] == {"id": "t1", "from": "2020-01-02"}


def test_the_fields_of_a_mutations_input_are_its_arguments() -> None:
    client, transport = _client({"makeThing": {"__typename": "Thing", **THING}})
    made = client.make_thing(name="a", tags=["x"])
    assert made.kind == "BIG"
    assert made.parts[0].weight == 2.0
    assert transport.asked[0][1] == {"input": {"name": "a", "tags": ["x"]}}
    signature = inspect.signature(client.make_thing)
    assert signature.parameters["name"].default is inspect.Parameter.empty
    assert signature.parameters["size"].default is None


def test_a_mutation_that_answers_with_several_types_gives_the_one_it_was() -> None:
    client, _ = _client({"change": {"__typename": "Part", "weight": 3.0}})
    changed = client.change("p1")
    assert type(changed).__name__ == "Part"
    assert changed.weight == 3.0


def test_a_listing_leaves_tables_out_and_says_so_with_none() -> None:
    node = {key: value for key, value in THING.items() if key != "parts"}
    page = {"totalCount": 7, "pageInfo": {"hasNextPage": True, "endCursor": "c"}, "edges": [{"node": node}]}
    client, transport = _client({"things": page})
    found = client.things(first=1)
    assert (found.total_count, found.has_next, found.end_cursor) == (7, True, "c")
    assert found.items[0].parts is None
    assert "parts" not in transport.asked[0][0]


def test_a_listing_without_a_size_begins_with_twenty_and_is_gone_through_like_a_list() -> None:
    node = {key: value for key, value in THING.items() if key != "parts"}
    page = {"totalCount": 1, "pageInfo": {"hasNextPage": False, "endCursor": None}, "edges": [{"node": node}]}
    client, transport = _client({"things": page})
    found = client.things()
    assert transport.asked[0][1] == {"first": 20}
    assert [thing.id for thing in found] == ["t1"]
    assert len(found) == 1
    assert "<caption>1 of 1</caption>" in found._repr_html_()


def test_types_that_hold_each_other_are_refused_by_name() -> None:
    looped = SMALL.replace("type Part {", "type Part { whole: Thing ")
    with pytest.raises(ValueError, match="Part > Thing > Part"):
        source_of(build_schema(looped))


@pytest.mark.parametrize(
    ("kind", "fault"), [("NotFound", NotFound), ("Conflict", Conflict), ("Forbidden", Forbidden)]
)
def test_a_refusal_is_raised_as_what_it_is(kind: str, fault: type[Exception]) -> None:
    with pytest.raises(fault, match="because"):
        carried_out({"__typename": kind, "message": "because"})


def test_invalid_input_carries_its_problems() -> None:
    answer = {
        "__typename": "InvalidInput",
        "message": "fast: is wrong",
        "problems": [{"path": ["parameters", "fast"], "message": "is wrong"}],
    }
    with pytest.raises(InvalidInput) as refused:
        carried_out(answer)
    assert [(one.path, one.message) for one in refused.value.problems] == [
        (("parameters", "fast"), "is wrong")
    ]


def test_arguments_become_json_values() -> None:
    costs = generated.CostsInput(commission_bps=2.0)
    sent = arguments({"costs": costs, "cash": Decimal("10.50"), "day": date(2020, 1, 2), "nothing": None})
    assert sent == {"costs": {"commissionBps": 2.0}, "cash": "10.50", "day": "2020-01-02"}
