"""A time limit that interrupts a strategy wherever it is, by the alarm of the operating system.

Python code is interrupted at its next instruction; a call into compiled code when it returns. It
works in the main thread of a process alone, which is where a worker carries out its tasks.
"""

import signal
from types import FrameType

from domain.research.ports import RanTooLong

_AGAIN_AFTER_SECONDS = 1.0  # a strategy that catches every exception is interrupted again


class AlarmTimeLimit:
    """Implements `TimeLimit`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        signal.signal(signal.SIGALRM, self._ring)

    def restart(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, self._seconds, _AGAIN_AFTER_SECONDS)

    def stop(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.0)

    def _ring(self, _number: int, _frame: FrameType | None) -> None:
        raise RanTooLong(f"It ran longer than the limit of {self._seconds:g} seconds.")
