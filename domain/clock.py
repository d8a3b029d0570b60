"""Time: UTC-aware datetimes at every edge, int64 nanoseconds since 1970 inside arrays.

Nothing in the platform reads the wall clock but `SystemClock`. A backtest, a test and a live
loop differ only in the clock they are given.
"""

from datetime import UTC, datetime, timedelta
from typing import Protocol

NANOSECONDS_PER_SECOND = 1_000_000_000
NANOSECONDS_PER_DAY = 86_400 * NANOSECONDS_PER_SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """The present moment, UTC-aware."""
        ...


class SystemClock:
    """The wall clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved; for tests and replays."""

    def __init__(self, moment: datetime) -> None:
        self._moment = as_utc(moment)

    def now(self) -> datetime:
        return self._moment

    def advance(self, by: timedelta) -> None:
        self._moment += by


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError for a naive datetime: its zone is unknown."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return moment.astimezone(UTC)


def to_nanoseconds(moment: datetime) -> int:
    """Nanoseconds since 1970-01-01 UTC; exact to the microsecond a datetime can hold."""
    return (as_utc(moment) - _EPOCH) // timedelta(microseconds=1) * 1_000


def from_nanoseconds(nanoseconds: int) -> datetime:
    """The UTC datetime of a nanosecond stamp, cut to whole microseconds."""
    return _EPOCH + timedelta(microseconds=int(nanoseconds) // 1_000)
