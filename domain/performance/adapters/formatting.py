"""How every number, date and absence of the report is written: once, here.

Minus is the true minus sign, so that figures align and losses are not read as hyphens.
"""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum

from domain.clock import from_nanoseconds

MINUS = "\u2212"
DASH = "\u2013"
_NARROW = "\u00a0"
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩"}
_WITHOUT_CENTS = frozenset({"JPY", "KRW"})
_CENTS_MATTER_BELOW = 100_000
_PERCENT_DIGITS_MATTER_BELOW = 10
_COMPACT = ((1e12, "T"), (1e9, "bn"), (1e6, "m"), (1e3, "k"))
_SMALLEST_PLAIN_PRICE = 1.0
_TOO_LONG_TO_READ = 1e15


class Tone(Enum):
    """Whether a figure is good news; colour only repeats what the sign says."""

    NEUTRAL = ""
    GAIN = "gain"
    LOSS = "loss"

    @classmethod
    def of(cls, value: float | None) -> "Tone":
        if value is None or not math.isfinite(value) or value == 0:
            return cls.NEUTRAL
        return cls.GAIN if value > 0 else cls.LOSS


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure as it is shown; `reason` says why there is none."""

    text: str
    tone: Tone = Tone.NEUTRAL
    reason: str = ""

    @classmethod
    def undefined(cls, reason: str) -> "Figure":
        return cls(DASH, reason=reason)


def number(value: float, digits: int = 2, *, signed: bool = False) -> str:
    """A plain number with thousands separators; what rounds to zero carries no sign.

    Beyond a quadrillion digits say nothing, and the power of ten is shown instead.
    """
    rounded = round(value, digits)
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    if abs(rounded) >= _TOO_LONG_TO_READ:
        return f"{sign}{abs(rounded):.3g}".replace("e+", "e")
    return f"{sign}{abs(rounded):,.{digits}f}"


def percent(value: float, digits: int | None = None, *, signed: bool = False) -> str:
    """A fraction as per cent: two decimals, one from 1,000 % on."""
    if digits is None:
        digits = 2 if abs(value) < _PERCENT_DIGITS_MATTER_BELOW else 1
    return f"{number(value * 100, digits, signed=signed)}%"


def money_digits(value: float, currency: str) -> int:
    """Cents are shown only where they still mean something."""
    return 0 if currency in _WITHOUT_CENTS or abs(value) >= _CENTS_MATTER_BELOW else 2


def money(value: float, currency: str, digits: int | None = None, *, signed: bool = False) -> str:
    """An amount with its currency's symbol, or with its code where there is no common one."""
    digits = money_digits(value, currency) if digits is None else digits
    return _with_currency(number(value, digits, signed=signed), currency)


def compact_money(value: float, currency: str) -> str:
    """A round amount for an axis: $25k."""
    for size, letter in _COMPACT:
        if abs(value) >= size * (1 - 1e-9):
            return _with_currency(f"{_plain(value / size)}{letter}", currency)
    return _with_currency(_plain(value), currency)


def price(value: float) -> str:
    """Two decimals, or six significant digits below one."""
    if value == 0 or abs(value) >= _SMALLEST_PLAIN_PRICE:
        return number(value, 2)
    return number(value, min(12, 5 - math.floor(math.log10(abs(value)))))


def axis_number(value: float) -> str:
    """A round number for an axis, with only the decimals it has."""
    return _plain(value)


def axis_percent(value: float, *, signed: bool = False) -> str:
    """A round fraction for an axis, as per cent with only the decimals it has."""
    sign = "+" if signed and value > 0 else ""
    return f"{sign}{_plain(value * 100)}%"


def quantity(value: float) -> str:
    """Units; whole ones without decimals."""
    return number(value, 0) if value == round(value) else number(value, 4).rstrip("0")


def count(value: int) -> str:
    return number(value, 0)


def counted(value: int, one: str, many: str) -> str:
    """The number with its noun: 1 trade, 2 trades."""
    return f"{count(value)} {one if value == 1 else many}"


def day(value: date) -> str:
    return f"{value.day} {value:%b %Y}"


def day_of(nanoseconds: int) -> date:
    """The day a bar belongs to: one that closes at midnight UTC ends the day before."""
    return (from_nanoseconds(nanoseconds) - timedelta(microseconds=1)).date()


def moment(value: datetime) -> str:
    return f"{day(value.astimezone(UTC).date())}, {value.astimezone(UTC):%H:%M} UTC"


def bar_time(nanoseconds: int, *, intraday: bool) -> str:
    """When a bar closed: its day, and the UTC minute for bars shorter than one."""
    if not intraday:
        return day(day_of(nanoseconds))
    at = from_nanoseconds(nanoseconds)
    return f"{day(at.date())}, {at:%H:%M}"


def month_name(month: int) -> str:
    return f"{date(2000, month, 1):%b}"


def _plain(value: float) -> str:
    text = f"{abs(value):,.8g}"
    return f"{MINUS}{text}" if value < 0 and text != "0" else text


def _with_currency(text: str, currency: str) -> str:
    symbol = _SYMBOLS.get(currency)
    if symbol is None:
        return f"{text}{_NARROW}{currency}"
    if text[0] in {MINUS, "+"}:
        return f"{text[0]}{symbol}{text[1:]}"
    return f"{symbol}{text}"
