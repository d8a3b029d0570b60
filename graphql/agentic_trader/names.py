"""Names on the wire as Python writes them."""

import re

_NEXT_WORD = re.compile(r"(?<=[a-z0-9])([A-Z])|(?<=[a-z])([0-9]+)")


def snake_case(name: str) -> str:
    """valueAtRisk95 is value_at_risk_95."""
    return _NEXT_WORD.sub(lambda found: "_" + found.group(0).lower(), name)
