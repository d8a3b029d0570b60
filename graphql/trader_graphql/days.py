"""Days as the callers name them, as the moments bars are stamped with."""

from datetime import UTC, date, datetime, time


def start_of(day: date | None) -> datetime | None:
    """The first moment of a UTC day."""
    return None if day is None else datetime.combine(day, time.min, UTC)


def end_of(day: date | None) -> datetime | None:
    """The last moment of a UTC day."""
    return None if day is None else datetime.combine(day, time.max, UTC)
