"""The length of a bar."""

import re
from dataclasses import dataclass
from enum import StrEnum

from domain.clock import NANOSECONDS_PER_SECOND
from domain.errors import InvalidInput

_SPELLING = re.compile(r"(?P<count>[1-9]\d{0,3})(?P<unit>[mhdw])")


class TimeUnit(StrEnum):
    """Units a bar may span."""

    MINUTE = "m"
    HOUR = "h"
    DAY = "d"
    WEEK = "w"


_SECONDS = {
    TimeUnit.MINUTE: 60,
    TimeUnit.HOUR: 3_600,
    TimeUnit.DAY: 86_400,
    TimeUnit.WEEK: 604_800,
}


@dataclass(frozen=True, slots=True)
class Timeframe:
    """`count` units, written `1m`, `15m`, `1h`, `1d`, `1w`."""

    count: int
    unit: TimeUnit

    @classmethod
    def parse(cls, text: str) -> "Timeframe":
        """Read the spelling, in any case but for M, which vendors use for a month.

        Raises InvalidInput that shows the form expected.
        """
        if "M" in text:
            raise InvalidInput.at(
                "timeframe",
                message=f"'{text}' could mean months, which are not offered; write minutes with a small m, like 15m",
            )
        match = _SPELLING.fullmatch(text.strip().lower())
        if match is None:
            raise InvalidInput.at(
                "timeframe",
                message=f"'{text}' is not a time frame; write a number and m, h, d or w, like 1d or 15m",
            )
        return cls(int(match["count"]), TimeUnit(match["unit"]))

    @property
    def seconds(self) -> int:
        """Nominal length in seconds; a daily bar counts as 24 hours."""
        return self.count * _SECONDS[self.unit]

    @property
    def nanoseconds(self) -> int:
        return self.seconds * NANOSECONDS_PER_SECOND

    @property
    def is_intraday(self) -> bool:
        """Whether more than one bar can close within a day."""
        return self.seconds < _SECONDS[TimeUnit.DAY]

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"


DAILY = Timeframe(1, TimeUnit.DAY)
