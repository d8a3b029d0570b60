"""Refusals of the domain in the words of the person: `initial_cash` was written `--cash`."""

from domain.errors import InvalidInput, Problem

# Fields whose option has another name.
_OPTIONS = {
    "strategy": "STRATEGY",
    "instruments": "--symbol",
    "symbols": "--symbol",
    "columns": "--column",
    "start": "--from",
    "end": "--to",
    "initial_cash": "--cash",
    "ids": "ID",
    "runs": "ID",
}
# Fields written as options in another spelling only; a path that begins elsewhere names data.
_SPELLED_ALIKE = {
    "source", "timeframe", "fill", "adjustment", "benchmark", "seed", "path", "delimiter", "timezone",
    "time_format", "stamp", "venue", "currency", "asset_class",
    "limit_fill", "close_delisted",
}  # fmt: skip
_GROUPS = ("costs", "sizing")


def in_options(fault: InvalidInput) -> InvalidInput:
    """The same refusal with the names of options in place of those of fields."""
    if type(fault) is not InvalidInput or not fault.problems:
        return fault
    told = InvalidInput.of(Problem(_option(one.path), one.message) for one in fault.problems)
    listed = InvalidInput.of(fault.problems).message
    # A sentence of its own says more than the list of problems it was made for.
    return told if fault.message == listed else InvalidInput(fault.message, told.problems)


def _option(path: tuple[str, ...]) -> tuple[str, ...]:
    if not path or path[0].startswith("--"):
        return path
    if path[0] == "parameters":
        return ("--param", *path[1:])
    if path[0] in _GROUPS:
        option, *rest = path[1:] or path
        return (f"--{option.replace('_', '-')}" if len(path) > 1 else option, *rest)
    if path[0] in _SPELLED_ALIKE:
        return (f"--{path[0].replace('_', '-')}", *path[1:])
    return (_OPTIONS.get(path[0], path[0]), *path[1:])
