"""A specification as people say it: "next open", "1 bp", "5% a year" instead of what a program reads.

Fields are known by their names. One that is not known, and every parameter of a strategy, is written
as it was given, so that it can be typed again.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from domain.performance.adapters import formatting
from domain.performance.adapters.facts_view import Fact, facts

_CHOICES = frozenset({"fill", "limit_fill", "quantity", "commission_tier_period", "adjustment"})
_DAYS = frozenset({"start", "end"})
_SHARES = frozenset({"stop_loss", "take_profit", "initial_margin", "maintenance_margin", "max_volume_share"})
_OF_THE_ACCOUNT = frozenset(
    {"initial_cash", "commission_fixed", "commission_per_share", "commission_minimum", "over"}
)
_UNTOLD: Mapping[str, str] = {
    "start": "first bar stored",
    "end": "last bar stored",
    "benchmark": "buy and hold of the instruments",
    "source": "the only one stored",
    "stop_loss": "none",
    "take_profit": "none",
    "initial_margin": "none",
    "maintenance_margin": "none",
    "max_volume_share": "no limit",
    "commission_maximum_bps": "no limit",
    "commission_bps_passive": "as other orders",
}
"""What it means that a field was left out."""
_NOT_A_FIELD_OF_OURS = frozenset({"parameters"})
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def specification(values: Mapping[str, object]) -> tuple[Fact, ...]:
    """The specification in its own order, nested mappings as headings with indented entries."""
    currency = values.get("currency")
    return facts(_worded(values, currency if isinstance(currency, str) else ""))


def worded_value(path: str, value: object, currency: str = "") -> object:
    """One value, of the field at a dotted path, in words where the field is known."""
    *above, name = path.split(".")
    if _NOT_A_FIELD_OF_OURS & set(above):
        return value
    return _in_words(name, value, currency)


def worded_name(name: str) -> str:
    """The name of a field as people say it; a unit that stands with its value is left out."""
    words = re.sub(r"_(?:bps|rate)(?=_|$)", lambda found: "" if found[0] == "_bps" else " rate", name)
    return words.replace("_", " ")


def _worded(values: Mapping[str, object], currency: str) -> dict[str, object]:
    told: dict[str, object] = {}
    for name, value in values.items():
        if name in _NOT_A_FIELD_OF_OURS:
            told[name] = value
        elif isinstance(value, Mapping):
            told[worded_name(name)] = _worded(value, currency)
        else:
            told[worded_name(name)] = _in_words(name, value, currency)
    return told


def _in_words(name: str, value: object, currency: str) -> object:
    if value is None:
        return _UNTOLD.get(name)
    if name == "commission_tiers":
        return _tiers(value, currency)
    writer = _writer(name, currency)
    return value if writer is None else writer(value)


def _writer(name: str, currency: str) -> Callable[[object], object] | None:
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name in _OF_THE_ACCOUNT:
        return lambda value: _amount(value, currency)
    if name.endswith("_bps"):
        return _basis_points
    if name.endswith("_rate"):
        return lambda value: _share(value, " a year")
    return None


def _basis_points(value: object) -> object:
    number = _number(value)
    if number is None:
        return value
    return f"{formatting.axis_number(number)} {'bp' if number == 1 else 'bps'}"


def _share(value: object, per: str = "") -> object:
    number = _number(value)
    return value if number is None else f"{formatting.axis_percent(number)}{per}"


def _times(value: object) -> object:
    number = _number(value)
    return value if number is None else f"{formatting.axis_number(number)}\u00d7 equity"


def _amount(value: object, currency: str) -> object:
    number = _number(value)
    if number is None or not currency:
        return value
    digits = 0 if number == round(number) else 2 if round(number, 2) == number else 4
    return formatting.money(number, currency, digits)


def _tiers(value: object, currency: str) -> object:
    if not isinstance(value, list | tuple) or not value:
        return "none" if value in ([], ()) else value
    return [
        f"{_basis_points(tier.get('bps'))} above {_amount(tier.get('over'), currency)}"
        if isinstance(tier, Mapping)
        else tier
        for tier in value
    ]


def _day(value: object) -> object:
    if isinstance(value, str) and _ISO_DAY.fullmatch(value):
        return formatting.day(date.fromisoformat(value))
    return value


def _number(value: object) -> float | None:
    """Of a number or of a number as text, which is how JSON carries money."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return float(number) if number.is_finite() else None


def _choice(value: object) -> object:
    return value.replace("_", " ") if isinstance(value, str) else value


def _funding(value: object) -> object:
    return _share(value, " every 8 hours")


_BY_NAME: Mapping[str, Callable[[object], object]] = {
    **dict.fromkeys(_CHOICES, _choice),
    **dict.fromkeys(_DAYS, _day),
    **dict.fromkeys(_SHARES, _share),
    "commission_bps_passive": _basis_points,
    "funding_rate": _funding,
    "max_leverage": _times,
}
