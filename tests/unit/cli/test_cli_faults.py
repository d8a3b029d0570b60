"""A fault is one sentence and one code, never a traceback."""

import errno
import json

import pytest
import typer

from domain.errors import InvalidInput, NeedsOperator, Problem
from functions.cli.faults import CommandFailed, Interrupted, described, file_refused
from functions.cli.output import print_json


def test_invalid_input_carries_its_problems_into_the_document() -> None:
    told = described(
        InvalidInput.of([Problem(("--cash",), "must be positive"), Problem(("--to",), "too early")])
    )
    assert told.message == "--cash: must be positive; --to: too early"
    assert told.document() == {
        "kind": "InvalidInput",
        "message": "--cash: must be positive; --to: too early",
        "exit_code": 2,
        "problems": [
            {"path": ["--cash"], "message": "must be positive"},
            {"path": ["--to"], "message": "too early"},
        ],
    }


def test_a_failed_outcome_tells_which_run_it_was() -> None:
    document = described(CommandFailed("BacktestFailed", "The strategy failed.", id="bt_1")).document()
    assert (document["exit_code"], document["id"]) == (1, "bt_1")


def test_a_bug_is_named_and_points_to_debug() -> None:
    told = described(ZeroDivisionError("division by zero"))
    assert (told.exit_code, told.message) == (
        1,
        "The program has a fault: ZeroDivisionError: division by zero",
    )
    assert "--debug" in told.hint


def test_wrong_use_is_told_without_the_words_of_the_library() -> None:
    told = described(typer.BadParameter("Value error, '2012-13-01' is no day"))
    assert (told.kind, told.exit_code) == ("Usage", 2)
    assert told.message == "Invalid value: '2012-13-01' is no day"


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "NeedsOperator", 5),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), "NeedsOperator", 5),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset"), "Retryable", 6),
    ],
)
def test_a_refusal_of_the_system_says_who_can_help(fault: OSError, kind: str, code: int) -> None:
    told = described(fault)
    assert (told.kind, told.exit_code) == (kind, code)


def test_an_interrupt_says_what_became_of_the_run() -> None:
    assert described(Interrupted("Interrupted: backtest bt_1 was cancelled.")).message.endswith("cancelled.")
    assert described(KeyboardInterrupt()).message == "Interrupted."
    assert described(KeyboardInterrupt()).exit_code == 130


def test_a_full_disk_under_an_output_file_is_not_the_callers_mistake() -> None:
    assert isinstance(file_refused("r.html", OSError(errno.ENOSPC, "full")), NeedsOperator)
    assert isinstance(file_refused("r.html", FileNotFoundError(errno.ENOENT, "No such file")), InvalidInput)


def test_undefined_numbers_never_reach_a_json_document() -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        print_json({"sharpe": float("nan")})


def test_a_json_document_is_utf_8_text_and_ends_with_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "Zürich"})
    written = capsys.readouterr().out
    assert '"Zürich"' in written
    assert written.endswith("}\n")
    assert json.loads(written) == {"name": "Zürich"}
