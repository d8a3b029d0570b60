"""What the exit code of every command means. The README shows this table."""

from enum import IntEnum

from domain.errors import Conflict, InvalidInput, NeedsOperator, NotFound, Retryable


class ExitCode(IntEnum):
    """Decided by what the caller can do next, as the error tree of `domain.errors` is."""

    OK = 0
    FAULT = 1
    INVALID_INPUT = 2
    NOT_FOUND = 3
    CONFLICT = 4
    NEEDS_OPERATOR = 5
    RETRYABLE = 6
    INTERRUPTED = 130


MEANINGS: dict[ExitCode, str] = {
    ExitCode.OK: "Done.",
    ExitCode.FAULT: "A fault of the program, a backtest or a study that failed, bias that was found, or a demo check that did not hold.",
    ExitCode.INVALID_INPUT: "The command or its input is wrong; nothing was done.",
    ExitCode.NOT_FOUND: "A thing that was named does not exist.",
    ExitCode.CONFLICT: "It exists, in a state that forbids this.",
    ExitCode.NEEDS_OPERATOR: "A person must mend something first: disk, database, settings, credentials, an extra.",
    ExitCode.RETRYABLE: "The same command may pass later; nothing was lost.",
    ExitCode.INTERRUPTED: "Stopped by Ctrl-C or a termination signal; a backtest or a study that ran is cancelled.",
}

# A subclass stands before its parent: the first match decides.
_CODES: tuple[tuple[type[BaseException], ExitCode], ...] = (
    (NotFound, ExitCode.NOT_FOUND),
    (Conflict, ExitCode.CONFLICT),
    (InvalidInput, ExitCode.INVALID_INPUT),
    (Retryable, ExitCode.RETRYABLE),
    (NeedsOperator, ExitCode.NEEDS_OPERATOR),
    (KeyboardInterrupt, ExitCode.INTERRUPTED),
)


def exit_code_of(fault: BaseException) -> ExitCode:
    """The code a command that raised this ends with."""
    return next((code for kind, code in _CODES if isinstance(fault, kind)), ExitCode.FAULT)


def table() -> str:
    """The codes as lines for `--help`."""
    return "\n\n".join(f"{code.value}  {meaning}" for code, meaning in MEANINGS.items())
