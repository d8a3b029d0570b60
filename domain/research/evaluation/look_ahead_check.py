"""The look-ahead check as one finding of a verdict."""

from domain.errors import InvalidInput
from domain.research.bias.lookahead import check_lookahead
from domain.research.bias.model import BiasReport
from domain.research.bias.subject import Subject
from domain.research.evaluation.verdict import Check
from domain.research.laboratory import Laboratory
from domain.research.model import Answer, EvaluationSpec, Finding

_SOURCE = "House check: every decision again without the bars that followed it."


def look_ahead_finding(spec: EvaluationSpec, laboratory: Laboratory) -> Finding:
    """FAILS when a decision changed once the future was taken away; UNCLEAR when that could not be tried."""
    try:
        return finding_of(check_lookahead(Subject.of(spec.base, laboratory)))
    except InvalidInput as refused:
        sentence = f"Whether it uses the future could not be tried: {refused}"
        return Finding(Check.LOOK_AHEAD, Answer.UNCLEAR, sentence, source=_SOURCE)


def finding_of(report: BiasReport) -> Finding:
    """value counts what was found; cautions, which no rerun can clear, are in the sentence."""
    answer = Answer.HOLDS if report.is_clean else Answer.FAILS
    sentence = " ".join(report.sentences)
    return Finding(Check.LOOK_AHEAD, answer, sentence, float(len(report.findings)), 0.0, _SOURCE)
