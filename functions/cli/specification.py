"""From the options of `backtest run` to the specification of a run."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from domain.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from domain.backtesting.model import BacktestSpec

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


def read_tiers(text: str) -> list[dict[str, str]]:
    """Commission tiers written `10000=0.8,50000=0.5`: above each notional its rate in bps.

    Raises InvalidInput for a part that is not of that form.
    """
    tiers = []
    for part in text.split(","):
        over, sign, bps = part.partition("=")
        if not sign:
            raise InvalidInput.at("--commission-tiers", message=f"'{part}' is not of the form OVER=BPS")
        tiers.append({"over": over.strip(), "bps": bps.strip()})
    return tiers


def specification(values: Mapping[str, Any]) -> "BacktestSpec":
    """The specification these option values ask for; None is an option that was not given.

    Raises InvalidInput.
    """
    from domain.backtesting.model import BacktestSpec

    given = {name: value for name, value in values.items() if value is not None}
    for group in _GROUPS:
        given[group] = {name: value for name, value in given[group].items() if value is not None}
    start, end = given.get("start"), given.get("end")
    if start is not None and end is not None and start > end:
        raise InvalidInput.at("--from", message=f"{start} is after --to {end}")
    return BacktestSpec.read(given)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
