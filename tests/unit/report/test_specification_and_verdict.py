"""A specification in words, and the verdict near the top of a tear sheet."""

from dataclasses import replace

from domain.backtesting.model import BacktestSpec
from domain.performance.adapters.html_report import render
from domain.performance.adapters.specification_view import specification, worded_value
from domain.performance.verdict_panel import PanelAnswer, PanelFinding, VerdictPanel
from domain.research.adapters.reports.verdict_view import panel_of, trials_note
from domain.research.evaluation.verdict import Check, Verdict
from domain.research.model import Answer, Finding, Trials
from tests.kit.pages import ReadPage
from tests.kit.report import a_tear_sheet

HOSTILE = "\"'><script>alert(1)</script><img src=x>"


def test_a_specification_is_written_as_people_say_it() -> None:
    spec = BacktestSpec.read(
        {
            "strategy": "sma_cross",
            "parameters": {"fill": "next_open", "stop_loss": 0.05},
            "instruments": ["GOOG.XNAS"],
            "start": "2012-01-03",
            "costs": {"commission_tiers": [{"over": 100_000, "bps": 0.5}], "commission_minimum": 1.5},
            "sizing": {"stop_loss": 0.05},
        }
    )
    told = {(fact.depth, fact.name): fact.text for fact in specification(spec.model_dump(mode="json"))}
    assert told[0, "Fill"] == "next open"
    assert told[0, "Start"] == "3 Jan 2012"
    assert told[0, "End"] == "last bar stored"
    assert told[0, "Initial cash"] == "$100,000"
    assert told[0, "Adjustment"] == "total return"
    assert told[1, "Commission"] == "1 bp"
    assert told[1, "Spread"] == "2 bps"
    assert told[1, "Commission minimum"] == "$1.50"
    assert told[1, "Commission tiers"] == "0.5 bps above $100,000"
    assert told[1, "Commission passive"] == "as other orders"
    assert told[1, "Borrow rate"] == "1% a year"
    assert told[1, "Max leverage"] == "1\u00d7 equity"
    assert told[1, "Take profit"] == "none"


def test_parameters_are_written_as_they_are_typed() -> None:
    told = {
        fact.name: fact.text for fact in specification({"parameters": {"fill": "next_open", "start": None}})
    }
    assert (told["Fill"], told["Start"]) == ("next_open", "\u2013")
    assert worded_value("parameters.stop_loss", 0.05) == 0.05
    assert worded_value("sizing.stop_loss", 0.05) == "5%"


def test_values_of_a_kind_nobody_foresaw_are_shown_as_they_are() -> None:
    strange = {"spread_bps": "a lot", "start": "soon", "max_leverage": [1], "fill": 3, "initial_cash": True}
    assert [fact.text for fact in specification(strange)] == ["a lot", "soon", "1", "3", "yes"]


def a_panel(**changes: object) -> VerdictPanel:
    findings = (
        PanelFinding("costs", "Higher costs", PanelAnswer.HOLDS, "It survives them."),
        PanelFinding("delay", "One bar of delay", PanelAnswer.FAILS, "It does not survive it.", "A book."),
    )
    panel = VerdictPanel(PanelAnswer.FAILS, "Luck.", findings, "Tried often.")
    return replace(panel, **changes)  # type: ignore[arg-type]  # fields of the panel


def test_a_verdict_stands_above_every_chart_and_what_fails_comes_first() -> None:
    page = ReadPage(render(replace(a_tear_sheet(), verdict=a_panel())))
    assert page.unbalanced == []
    text = page.visible
    assert text.index("Is it luck?") < text.index("It does not survive it.") < text.index("It survives them.")
    assert text.index("It survives them.") < text.index("Growth of the account")
    assert [("open" in one) for tag, one in page.elements if tag == "details"] == [True, False]
    assert page.figures["delay",].startswith("One bar of delayFails")
    assert "Is it luck?" not in ReadPage(render(a_tear_sheet())).visible


def test_hostile_findings_stay_text() -> None:
    hostile = PanelFinding(HOSTILE, HOSTILE, PanelAnswer.UNCLEAR, HOSTILE, HOSTILE)
    page = ReadPage(render(replace(a_tear_sheet(), verdict=a_panel(sentence=HOSTILE, findings=(hostile,)))))
    assert page.unbalanced == []
    assert page.visible.count(HOSTILE) == 4
    assert not any(tag == "img" for tag, _ in page.elements)


def test_every_check_has_a_name_for_people_and_keeps_its_answer() -> None:
    findings = tuple(Finding(check, Answer.UNCLEAR, "Nobody knows.") for check in Check)
    panel = panel_of(Verdict(Answer.HOLDS, "It holds.", findings), is_open=True)
    labels = [one.label for one in panel.findings]
    assert len(set(labels)) == len(Check)
    assert not any("_" in label for label in labels)
    assert [one.check for one in panel.findings] == [check.value for check in Check]
    assert [answer for answer, _ in panel.grouped()] == [PanelAnswer.UNCLEAR]


def test_the_number_of_trials_is_told() -> None:
    assert "sma_cross was tried once in" in trials_note(Trials("sma_cross", 1, None))
    assert "sma_cross was tried 2,500 times in" in trials_note(Trials("sma_cross", 2_500, 0.1))
