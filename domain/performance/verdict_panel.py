"""What a report says about whether a result can be trusted: answers of checks, in words.

The layer above decides; what draws the panel only needs these plain rows.
"""

from dataclasses import dataclass
from enum import Enum


class PanelAnswer(Enum):
    """What a check says; each is told by a word and a shape, never by its colour alone."""

    FAILS = "fails"
    UNCLEAR = "unclear"
    HOLDS = "holds"

    @property
    def word(self) -> str:
        return self.value.capitalize()


@dataclass(frozen=True, slots=True)
class PanelFinding:
    """One check: `label` is its name for people, `check` the name it has in the API."""

    check: str
    label: str
    answer: PanelAnswer
    sentence: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class VerdictPanel:
    """The answer of all checks together, and each of them.

    note     a sentence below the answer, say how often the strategy was tried
    is_open  every finding is shown at once; else only those that fail are, until the reader asks
    """

    answer: PanelAnswer
    sentence: str
    findings: tuple[PanelFinding, ...]
    note: str = ""
    is_open: bool = False

    def grouped(self) -> tuple[tuple[PanelAnswer, tuple[PanelFinding, ...]], ...]:
        """Findings by answer, what fails first; an answer that nothing gave is left out."""
        groups = (
            (answer, tuple(one for one in self.findings if one.answer is answer)) for answer in PanelAnswer
        )
        return tuple((answer, found) for answer, found in groups if found)
