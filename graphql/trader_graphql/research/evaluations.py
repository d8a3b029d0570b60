"""An evaluation as the API shows it: the verdict and what it rests on."""

from typing import ClassVar

import strawberry
from strawberry.scalars import JSON

from domain.research.model import EvaluationSpec
from trader_graphql.fields import resolved
from trader_graphql.research.specs import EvaluationSpecification
from trader_graphql.research.studies import Study
from trader_graphql.research.verdicts import Verdict

KIND = "Evaluation"


@strawberry.type(description="Everything that was checked about one run: luck, leak or edge.")
class Evaluation(Study):
    TYPE: ClassVar[str] = KIND

    @resolved("What was asked for, with every default filled in.")
    def spec(self) -> EvaluationSpecification:
        spec = self.stored.spec
        assert isinstance(spec, EvaluationSpec)  # noqa: S101 - a study's kind says what its spec is
        return EvaluationSpecification.of(spec)

    @resolved("Null until it has completed.")
    def verdict(self) -> Verdict | None:
        found = self.found()
        return Verdict.read(found["verdict"]) if found else None

    @resolved("The numbers behind the verdict, by name. Null until it has completed.")
    def details(self) -> JSON | None:
        found = self.found()
        if not found:
            return None
        return JSON({name: value for name, value in found.items() if name != "verdict"})
