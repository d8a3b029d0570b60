"""What a simulation costs, by a rule of thumb: how work is cut into chunks, and what a person is told.

The rule must not be measured at run time, or the same spec would be cut differently on two machines
and no longer give the same bytes. Free of numpy.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Form: TypeAlias = Literal["vectorised", "event"]

# Measured on a 2.6 GHz server core with every statistic; strategies from the catalogue.
_SECONDS_A_RUN = {"together": 10e-6, "vectorised": 150e-6, "event": 150e-6}
_SECONDS_A_BAR = {"together": 11e-9, "vectorised": 170e-9, "event": 1.5e-6}
_SECONDS_AN_ACCOUNT = 5e-3
"""Beside its runs: its bars are read and what all combinations share is worked out."""
_WANTED_SECONDS = 0.5
_SMALLEST_SECONDS = 0.05
_FEWEST_CHUNKS = 16
_BYTES_A_ROW = 250
"""Forty statistics and a few parameters, compressed."""


@dataclass(frozen=True, slots=True)
class Effort:
    """bars are those of all instruments of one account together; decided_together says that combinations
    share their indicators and go from fill to fill."""

    bars: int
    form: Form
    decided_together: bool = False

    @property
    def seconds(self) -> float:
        """Of one simulation with its statistics, on one core."""
        way = "together" if self.decided_together else self.form
        return _SECONDS_A_RUN[way] + self.bars * _SECONDS_A_BAR[way]

    def runs_a_chunk(self, total: int) -> int:
        """Half a second of work, and less where there would be too few chunks to share among workers;
        at least so much that handing it over does not matter. Chunks are as good as equal, and even in
        number, so that two workers end together."""
        wanted, smallest = _WANTED_SECONDS / self.seconds, _SMALLEST_SECONDS / self.seconds
        most = max(1, int(min(wanted, max(smallest, -(-total // _FEWEST_CHUNKS)))))
        chunks = -(-total // most)
        return max(1, -(-total // max(1, chunks + chunks % 2 if chunks > 1 else chunks)))

    def accounts_a_chunk(self, combinations: int, runs: int) -> int:
        """How many accounts go through these combinations in a chunk of about so many runs."""
        seconds = runs * self.seconds
        return max(1, int(seconds / (_SECONDS_AN_ACCOUNT + combinations * self.seconds)))

    def seconds_of(self, combinations: int, accounts: int = 1) -> float:
        """Of these combinations in each of the accounts, on one core."""
        return accounts * (_SECONDS_AN_ACCOUNT + combinations * self.seconds)


def result_bytes(rows: int) -> int:
    """What so many rows take on disk."""
    return rows * _BYTES_A_ROW
