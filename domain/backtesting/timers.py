"""Timers of an event strategy: due at the first bar close at or after their time."""

from dataclasses import dataclass
from datetime import timedelta

from domain.errors import InvalidInput


@dataclass(slots=True)
class _Timer:
    due: int
    every: int


class Timers:
    """By name; times are UTC nanoseconds.

    waiting  the timers that are set
    """

    def __init__(self) -> None:
        self.waiting: dict[str, _Timer] = {}

    def set(self, name: str, now: int, at: int | timedelta | None, every: timedelta | None) -> None:
        """Raises InvalidInput for a time that has passed, or none, or two."""
        if (at is None) == (every is None):
            raise InvalidInput(f"Timer '{name}' needs either a time or an interval.")
        step = 0 if every is None else _nanoseconds(every)
        due = now + step if at is None else (now + _nanoseconds(at) if isinstance(at, timedelta) else at)
        if due <= now:
            raise InvalidInput(
                f"Timer '{name}' is set to a time that has passed; it must be after this close."
            )
        self.waiting[name] = _Timer(due, step)

    def cancel(self, name: str) -> bool:
        return self.waiting.pop(name, None) is not None

    def due(self, now: int) -> list[str]:
        """Names that are due, earliest first; each once, whatever fell between two bars."""
        names = sorted((one.due, name) for name, one in self.waiting.items() if one.due <= now)
        for _, name in names:
            timer = self.waiting[name]
            if timer.every:
                timer.due += timer.every * ((now - timer.due) // timer.every + 1)
            else:
                del self.waiting[name]
        return [name for _, name in names]


def _nanoseconds(interval: timedelta) -> int:
    return interval // timedelta(microseconds=1) * 1_000
