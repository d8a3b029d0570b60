"""What pydantic found wrong, in words for the person who wrote it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_SHOWN_CHARACTERS = 60


def wrong_value(error: Mapping[str, Any]) -> str:
    """One error of a ValidationError as a message: what must hold, and what was given instead."""
    message = str(error["msg"]).removeprefix("Value error, ").replace("Input should", "must", 1)
    if error["type"] == "too_short" and error["input"] in ((), []):
        return "name one at least"
    if not error["loc"] or error["type"] in {"missing", "extra_forbidden"}:
        return message
    given = error["input"]
    given = str(given) if isinstance(given, Decimal) else repr(given)
    shown = given if len(given) <= _SHOWN_CHARACTERS else given[:_SHOWN_CHARACTERS] + "..."
    return f"{message} (got {shown})"
