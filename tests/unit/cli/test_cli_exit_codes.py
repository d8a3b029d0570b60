"""Exit codes follow the tree of errors."""

import pytest

from domain.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    MissingExtra,
    NeedsOperator,
    NotFound,
    Retryable,
)
from functions.cli.exit_codes import MEANINGS, ExitCode, exit_code_of, table


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (ValueError("bug"), 1),
        (InvalidInput("wrong"), 2),
        (Forbidden("no"), 2),
        (NotFound("strategy", "x"), 3),
        (Conflict("running"), 4),
        (NeedsOperator("disk"), 5),
        (MissingExtra("Reading", "data"), 5),
        (Retryable("away"), 6),
        (KeyboardInterrupt(), 130),
    ],
)
def test_the_code_says_what_the_caller_can_do(fault: BaseException, code: int) -> None:
    assert exit_code_of(fault) == code


def test_every_code_is_explained_in_the_help() -> None:
    assert set(MEANINGS) == set(ExitCode)
    assert [line.split()[0] for line in table().split("\n\n")] == [str(int(code)) for code in ExitCode]
