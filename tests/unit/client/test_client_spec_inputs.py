"""Studies started from plain Python values, refusals of what cannot be sent, and waiting that survives silence."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from agentic_trader import Client, Conflict, Failed, Forbidden, InvalidInput, NotFound, RunEnded, Unreachable
from agentic_trader.generated import StudyStatus, Sweep
from agentic_trader.names import snake_case
from agentic_trader.spec_inputs import with_ranges
from agentic_trader.transport import _failure

BACKTEST = {"strategy": "sma_cross", "instruments": ["GOOG"], "initial_cash": "5000"}


class Scripted(Client):
    """A client whose server answers from a script."""

    def __init__(self, *statuses: StudyStatus, silent: int = 0) -> None:
        super().__init__("http://127.0.0.1:9")
        self.statuses = list(statuses)
        self.silent = silent
        self.sent: list[dict[str, Any]] = []
        self._transport = SimpleNamespace(execute=self._execute, subscribe=self._subscribe)

    def _execute(self, document: str, variables: Any) -> dict[str, Any]:
        if document.startswith("mutation"):
            self.sent.append(variables["input"])
            return {"startSweep": {"__typename": "InvalidInput", "message": "told", "problems": []}}
        return {"sweep": None}

    def sweep(self, id: str) -> Sweep | None:  # noqa: A002 - the schema's name
        return _sweep(self.statuses.pop(0)) if self.statuses else None

    def _subscribe(self, document: str, variables: Any) -> Iterator[dict[str, Any]]:
        if self.silent:
            self.silent -= 1
            raise Unreachable("The subscription broke off: timed out.")
        event = {
            "id": "s", "status": "COMPLETED", "progress": 1.0, "runsDone": 2, "runsPlanned": 2, "eta": None,
            "stage": "completed", "best": 1.5, "failure": None,
        }  # fmt: skip
        yield {"sweepProgress": event}


def _sweep(status: StudyStatus, failure: str | None = None) -> Sweep:
    """Only these fields matter."""
    fields: dict[str, Any] = dict.fromkeys(Sweep.model_fields)
    return Sweep.model_construct(
        **fields | {"id": "s", "identifier": "st_1", "status": status, "failure": failure}
    )


def test_a_space_is_written_as_a_mapping() -> None:
    space = {
        "fast": (5, 31, 2),
        "slow": (35, 55),
        "mode": ["a", "b"],
        "window": range(3),
        "stop": {"low": 0.01, "high": 1, "log": True},
    }
    ranges = [
        {"name": "fast", "low": 5, "high": 31, "step": 2},
        {"name": "slow", "low": 35, "high": 55},
        {"name": "mode", "values": ["a", "b"]},
        {"name": "window", "values": [0, 1, 2]},
        {"name": "stop", "low": 0.01, "high": 1, "log": True},
    ]
    assert with_ranges({"space": space, "seed": 1}) == {"space": ranges, "seed": 1}
    assert with_ranges({"sweep": {"space": space}}) == {"sweep": {"space": ranges}}
    assert with_ranges({"space": ranges}) == {"space": ranges}


def test_plain_values_are_sent_in_the_names_of_the_wire() -> None:
    client = Scripted()
    with pytest.raises(InvalidInput, match="told"):
        client.run_sweep(backtest=BACKTEST, space={"fast": (5, 7)}, each_instrument=True, idempotency_key="k")
    assert client.sent == [
        {
            "backtest": {"strategy": "sma_cross", "instruments": ["GOOG"], "initialCash": "5000"},
            "space": [{"name": "fast", "low": 5.0, "high": 7.0}],
            "eachInstrument": True,
            "idempotencyKey": "k",
        }
    ]


def test_a_name_that_is_no_argument_is_refused_before_anything_is_sent() -> None:
    client = Scripted()
    with pytest.raises(InvalidInput) as refused:
        client.run_sweep(backtest=BACKTEST | {"cash": 5}, space={"fast": (5, 7)}, patiens=3)
    assert [one.path for one in refused.value.problems] == [("backtest", "cash"), ("patiens",)]
    assert client.sent == []


def test_waiting_goes_on_after_a_silence_as_long_as_the_server_is_there() -> None:
    client = Scripted(StudyStatus.RUNNING, StudyStatus.RUNNING, *[StudyStatus.COMPLETED] * 2, silent=2)
    heard: list[float | None] = []
    found = client.wait_for_study(_sweep(StudyStatus.QUEUED), lambda event: heard.append(event.best))
    assert found.status is StudyStatus.COMPLETED
    assert client.silent == 0
    assert heard == [1.5]


def test_a_study_that_ends_otherwise_is_raised() -> None:
    with pytest.raises(RunEnded, match=r"^Study st_1 is cancelled\.$"):
        Scripted(StudyStatus.CANCELLED).wait_for_study(_sweep(StudyStatus.RUNNING))
    with pytest.raises(RunEnded, match=r"^It broke\.$"):
        Scripted().wait_for_study(_sweep(StudyStatus.FAILED, "It broke."))
    with pytest.raises(NotFound, match=r"There is no study 'st_1'\."):
        Scripted().wait_for_study(_sweep(StudyStatus.RUNNING))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("NOT_FOUND", NotFound),
        ("CONFLICT", Conflict),
        ("FORBIDDEN", Forbidden),
        ("INTERNAL", Failed),
        (None, Failed),
    ],
)
def test_a_refused_query_is_raised_as_what_it_is(code: str | None, kind: type[Exception]) -> None:
    fault = _failure([{"message": "because", "extensions": {"code": code}}])
    assert (type(fault), str(fault)) == (kind, "because")


def test_a_query_with_wrong_input_carries_its_problems() -> None:
    problems = [{"path": ["y"], "message": "was not varied"}]
    fault = _failure([{"message": "y: no", "extensions": {"code": "INVALID_INPUT", "problems": problems}}])
    assert isinstance(fault, InvalidInput)
    assert [(one.path, one.message) for one in fault.problems] == [(("y",), "was not varied")]
    assert str(_failure([])) == "The server sent no data."
    assert str(_failure([{"message": "a"}, {"message": "b"}])) == "a; b"


@pytest.mark.parametrize(
    ("wire", "plain"), [("sharpe", "sharpe"), ("valueAtRisk95", "value_at_risk_95"), ("winRate", "win_rate")]
)
def test_names_of_statistics_are_those_of_their_fields(wire: str, plain: str) -> None:
    assert snake_case(wire) == plain
