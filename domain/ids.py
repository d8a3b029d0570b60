"""Identifiers: sortable by creation time, safe in URLs, file names and database keys."""

import secrets
from typing import NewType, Protocol

from domain.clock import Clock, to_nanoseconds

WorkspaceId = NewType("WorkspaceId", str)
BacktestId = NewType("BacktestId", str)
ApiKeyId = NewType("ApiKeyId", str)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32, lower case
_TIME_CHARACTERS = 10
_RANDOM_CHARACTERS = 16


class IdSource(Protocol):
    """Makes identifiers that no one else makes."""

    def new(self, prefix: str) -> str: ...


class TimeSortedIds:
    """ULID-shaped identifiers with a prefix: `bt_06f3…` (48 bits of milliseconds, 80 random)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def new(self, prefix: str) -> str:
        milliseconds = to_nanoseconds(self._clock.now()) // 1_000_000
        random = secrets.randbits(5 * _RANDOM_CHARACTERS)
        return f"{prefix}_{_encode(milliseconds, _TIME_CHARACTERS)}{_encode(random, _RANDOM_CHARACTERS)}"


def _encode(number: int, width: int) -> str:
    characters = []
    for _ in range(width):
        number, digit = divmod(number, 32)
        characters.append(_ALPHABET[digit])
    return "".join(reversed(characters))
