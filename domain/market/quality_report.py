"""The outcome of quality checks on an import: what was found, and what was done about it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Severity(StrEnum):
    """An error makes a row unusable; a warning is kept with the data set."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that some rows broke: how many, and the first few as examples (close times)."""

    rule: str
    severity: Severity
    message: str
    rows: int
    examples: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class QualityReport:
    """The outcome of every rule on one import."""

    rows_checked: int
    rows_quarantined: int
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity is Severity.WARNING)


class OnError(StrEnum):
    """What an import does with rows that break an error rule."""

    REFUSE = "refuse"
    QUARANTINE = "quarantine"
