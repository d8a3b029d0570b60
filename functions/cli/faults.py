"""How a fault is told on the command line: one sentence, an exit code, and fields for programs."""

import errno
from dataclasses import dataclass, field
from typing import Any

import typer

from domain.errors import InvalidInput, NeedsOperator, Problem, Retryable, TradingError
from functions.cli.exit_codes import ExitCode, exit_code_of
from functions.cli.option_names import in_options

DEBUG_HINT = "Run it again with --debug right after agentic-trader to see where."

_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class CommandFault:
    """What is told about a fault; `details` are further fields of the JSON document."""

    kind: str
    message: str
    exit_code: ExitCode
    hint: str = ""
    problems: tuple[Problem, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The value of `error` in the JSON document."""
        return {
            "kind": self.kind,
            "message": self.message,
            "exit_code": int(self.exit_code),
            "problems": [{"path": list(one.path), "message": one.message} for one in self.problems],
            **self.details,
        }


class CommandFailed(Exception):
    """A command that was carried out and whose outcome is a failure: a failed run, a check that did not hold."""

    def __init__(self, kind: str, message: str, *, hint: str = "", **details: Any) -> None:
        super().__init__(message)
        self.kind = kind
        self.hint = hint
        self.details = details


class Interrupted(Exception):
    """Ctrl-C, with a word on what became of the work. typer would lose the word of a KeyboardInterrupt."""


def described(fault: BaseException) -> CommandFault:
    """The sentence, the kind and the code of anything a command can raise."""
    if isinstance(fault, InvalidInput):
        told = in_options(fault)
        return CommandFault(type(told).__name__, told.message, exit_code_of(told), problems=told.problems)
    if isinstance(fault, TradingError):
        return CommandFault(type(fault).__name__, str(fault), exit_code_of(fault))
    if isinstance(fault, Interrupted | KeyboardInterrupt):
        return CommandFault("Interrupted", str(fault) or "Interrupted.", ExitCode.INTERRUPTED)
    if isinstance(fault, CommandFailed):
        return CommandFault(fault.kind, str(fault), ExitCode.FAULT, fault.hint, details=fault.details)
    return _usage(fault) if isinstance(fault, typer.TyperException) else _unmeant(fault)


def _unmeant(fault: BaseException) -> CommandFault:
    return _system(fault) if isinstance(fault, OSError) else _unforeseen(fault)


def file_refused(path: object, fault: OSError) -> TradingError:
    """What a person is told when a file they named cannot be read or written."""
    if fault.errno in _FULL:
        return NeedsOperator(f"The disk is full: '{path}' was not written; free some space and try again.")
    return InvalidInput(f"'{path}' cannot be used: {fault.strerror or fault}.")


def _usage(fault: typer.TyperException) -> CommandFault:
    context = getattr(fault, "ctx", None)
    hint = f"See: {context.command_path} --help" if context is not None else ""
    message = fault.format_message().replace("Value error, ", "")
    return CommandFault("Usage", message, ExitCode.INVALID_INPUT, hint=hint)


def _unforeseen(fault: BaseException) -> CommandFault:
    return CommandFault(
        "Fault",
        f"The program has a fault: {type(fault).__name__}: {fault}",
        ExitCode.FAULT,
        hint=DEBUG_HINT,
    )


def _system(fault: OSError) -> CommandFault:
    if fault.errno in _FULL:
        told: TradingError = NeedsOperator("The disk is full; free some space and try again.")
    elif isinstance(fault, ConnectionError | TimeoutError):
        told = Retryable(f"The connection failed: {fault.strerror or fault}.")
    else:
        where = f" '{fault.filename}'" if fault.filename else ""
        told = NeedsOperator(f"The system refused{where}: {fault.strerror or fault}.")
    return CommandFault(type(told).__name__, str(told), exit_code_of(told))
