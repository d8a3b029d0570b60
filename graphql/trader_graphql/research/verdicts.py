"""A verdict as the API shows it."""

from collections.abc import Mapping
from typing import Any

import strawberry

from trader_graphql.enums import Answer


@strawberry.type(description="One check, in words and in a number.")
class Finding:
    check: str
    answer: Answer
    sentence: str
    value: float | None = strawberry.field(description="In the unit the sentence names.")
    threshold: float | None
    source: str = strawberry.field(description="Where the method comes from.")


@strawberry.type(description="What holds, what does not, and what nobody can tell yet.")
class Verdict:
    answer: Answer
    sentence: str
    findings: list[Finding]

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> "Verdict":
        """From stored JSON values."""
        findings = [Finding(**{**one, "answer": Answer(one["answer"])}) for one in values["findings"]]
        return cls(answer=Answer(values["answer"]), sentence=values["sentence"], findings=findings)
