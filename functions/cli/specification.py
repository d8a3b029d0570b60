"""From the options of `backtest run` to the specification of a run, and back in error messages."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from domain.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from domain.backtesting.model import BacktestSpec

# Each field of the specification whose option has another name than the field.
_OPTIONS = {
    "strategy": "STRATEGY",
    "instruments": "--symbol",
    "symbols": "--symbol",
    "columns": "--column",
    "start": "--from",
    "end": "--to",
    "initial_cash": "--cash",
}
# Fields written as options in another spelling only; a path that begins elsewhere names data.
_SPELLED_ALIKE = {
    "source", "timeframe", "fill", "adjustment", "benchmark", "seed", "path", "delimiter", "timezone",
    "time_format", "stamp", "venue", "currency", "asset_class",
}  # fmt: skip
_GROUPS = ("costs", "sizing")


def read_parameters(settings: Sequence[str]) -> dict[str, Any]:
    """Parameters written `name=value`; a value that is a JSON scalar is one, all else is text.

    `fast=10` is a whole number, `allow_short=true` a truth value, `mode=fast` a word, and
    `code="10"` the text 10. Raises InvalidInput for a setting without a name or named twice.
    """
    values: dict[str, Any] = {}
    problems = []
    for setting in settings:
        name, sign, text = setting.partition("=")
        name = name.strip()
        if not sign or not name:
            problems.append(Problem(("--param",), f"'{setting}' is not of the form name=value"))
        elif name in values:
            problems.append(Problem(("--param", name), "is given twice"))
        else:
            values[name] = read_value(text.strip())
    if problems:
        raise InvalidInput.of(problems)
    return values


def read_value(text: str) -> Any:
    """A JSON value where the text is one, else the text itself; NaN and Infinity stay text."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except ValueError:
        return text


def specification(values: Mapping[str, Any]) -> "BacktestSpec":
    """The specification these option values ask for; None is an option that was not given.

    Raises InvalidInput that names the options.
    """
    from domain.backtesting.model import BacktestSpec

    given = {name: value for name, value in values.items() if value is not None}
    for group in _GROUPS:
        given[group] = {name: value for name, value in given[group].items() if value is not None}
    start, end = given.get("start"), given.get("end")
    if start is not None and end is not None and start > end:
        raise InvalidInput.at("--from", message=f"{start} is after --to {end}")
    try:
        return BacktestSpec.read(given)
    except InvalidInput as fault:
        raise in_options(fault) from None


def in_options(fault: InvalidInput) -> InvalidInput:
    """The same refusal with the names of options in place of those of fields."""
    if type(fault) is not InvalidInput or not fault.problems:
        return fault
    return InvalidInput.of(Problem(_option(one.path), one.message) for one in fault.problems)


def _option(path: tuple[str, ...]) -> tuple[str, ...]:
    if not path or path[0].startswith("--"):
        return path
    if path[0] == "parameters":
        return ("--param", *path[1:])
    if path[0] in _GROUPS:
        return tuple(f"--{name.replace('_', '-')}" for name in path[1:]) or path
    if path[0] in _SPELLED_ALIKE:
        return (f"--{path[0].replace('_', '-')}", *path[1:])
    return (_OPTIONS.get(path[0], path[0]), *path[1:])


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
