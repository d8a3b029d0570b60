"""The names callers write, for the names the domain uses."""

from domain.errors import InvalidInput, Problem

_CALLERS_NAMES = {"start": "from", "end": "to"}


def in_callers_names(fault: InvalidInput) -> InvalidInput:
    """The same refusal with paths as the caller wrote the fields: `initialCash`, `from`."""
    if type(fault) is not InvalidInput or not fault.problems:
        return fault
    return InvalidInput.of(
        Problem(_callers_path(problem.path), problem.message) for problem in fault.problems
    )


def _callers_path(path: tuple[str, ...]) -> tuple[str, ...]:
    if not path or path[0] == "parameters":  # parameters keep the names their strategy gave them
        return path
    return tuple(_CALLERS_NAMES.get(part, camel_case(part)) for part in path)


def camel_case(name: str) -> str:
    """`initial_cash` as `initialCash`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
