"""Reports of sweeps, walk-forwards and evaluations as a reader's browser gets them."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from domain.errors import Conflict
from domain.performance.adapters import formatting
from domain.performance.conventions import CONVENTIONS
from domain.research.adapters.reports import wording
from domain.research.adapters.reports.evaluation_report import render_evaluation
from domain.research.adapters.reports.heat_map_view import pair_of_maps
from domain.research.adapters.reports.sweep_luck import luck_of_the_best
from domain.research.adapters.reports.sweep_report import render_sweep, scores_of, strongest
from domain.research.adapters.reports.tints import Tints
from domain.research.adapters.reports.walk_forward_report import render_walk_forward
from domain.research.model import Aggregate, Answer, HeatMap, Study
from domain.research.table import Table
from tests.kit.pages import ReadPage
from tests.kit.study_reports import MADE, a_swept_study, a_walked_study, an_evaluated_study

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}</script><!--"


def swept_page(study: Study, table: Table, title: str = "A sweep") -> ReadPage:
    def rows(columns: Any) -> Table:
        return Table({name: table[name] for name in columns})

    return ReadPage(render_sweep(study, rows, title, MADE))


@lru_cache
def page_of(kind: str) -> ReadPage:
    if kind == "sweep":
        return swept_page(*a_swept_study())
    if kind == "pareto":
        return swept_page(*a_swept_study(several_objectives=True))
    if kind == "walk-forward":
        return ReadPage(render_walk_forward(a_walked_study(), "A walk-forward", MADE))
    return ReadPage(render_evaluation(an_evaluated_study(), "An evaluation", MADE))


KINDS = ("sweep", "pareto", "walk-forward", "evaluation")


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_is_one_whole_page_that_asks_nothing_of_the_network(kind: str) -> None:
    page = page_of(kind)
    assert page.unbalanced == []
    for tag, attributes in page.elements:
        assert tag not in {"link", "img", "iframe", "object"}
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        reference = attributes.get("href") or attributes.get("src") or ""
        assert reference.startswith("#") or not reference


@pytest.mark.parametrize("kind", KINDS)
def test_every_label_and_every_id_is_there_once(kind: str) -> None:
    ids = [attributes["id"] for _, attributes in page_of(kind).elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page_of(kind).elements:
        for name in ("aria-labelledby", "data-hover", "data-map"):
            assert attributes.get(name) is None or attributes[name] in ids


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_pages_own_style_and_script_may_act(kind: str) -> None:
    page = page_of(kind)
    (policy,) = (a["content"] or "" for tag, a in page.elements if tag == "meta" and "http-equiv" in a)
    for part in re.findall(r"<style>(.*?)</style>", page.source, re.DOTALL) + re.findall(
        r"<script>(.*?)</script>", page.source, re.DOTALL
    ):
        assert base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() in policy


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_text_stays_text(kind: str) -> None:
    if kind == "walk-forward":
        text = render_walk_forward(replace(a_walked_study(), warnings=(HOSTILE,)), HOSTILE, MADE)
    elif kind == "evaluation":
        text = render_evaluation(replace(an_evaluated_study(), warnings=(HOSTILE,)), HOSTILE, MADE)
    else:
        study, table = a_swept_study(several_objectives=kind == "pareto")
        outcome = {**(study.outcome or {}), "failures": [{"reason": HOSTILE, "runs": 3}]}
        text = swept_page(replace(study, warnings=(HOSTILE,), outcome=outcome), table, HOSTILE).source
    page = ReadPage(text)
    assert page.unbalanced == []
    assert HOSTILE in page.visible
    assert not any(tag == "img" or "onerror" in attributes for tag, attributes in page.elements)


def test_the_table_of_the_best_shows_the_numbers_of_the_outcome() -> None:
    study, _ = a_swept_study()
    assert study.outcome is not None
    assert len(study.outcome["top"]) == 20
    for one in study.outcome["top"]:
        shown = page_of("sweep").figures
        for name in ("sharpe", "annual_return", "max_drawdown", "trades"):
            expected = wording.figure(name, one["statistics"][name], "USD").text
            assert shown[str(one["combination"]), name] == expected
    assert page_of("sweep").figures["Combinations tried",] == "60"


def test_a_map_of_few_values_shows_each_and_marks_the_best_by_more_than_colour() -> None:
    cells = ((0.5, None, -1.0), (0.25, 2.0, 1.0))
    found = HeatMap("fast", "slow", "sharpe", Aggregate.BEST, (5, 10, 15), (20, 40), cells)
    pair = pair_of_maps(found, {"fast": 10, "slow": 40}, 0, lower_is_better=False)
    upper, lower = pair.measured.rows
    assert (upper.name, lower.name) == ("40", "20")
    assert [cell.text for cell in upper.cells] == ["0.25", "2.00", "1.00"]
    assert [cell.css for cell in lower.cells] == ["better-2", "untried", "worse-4"]
    assert [cell.is_best for cell in upper.cells] == [False, True, False]
    assert pair.smoothed is not None
    # The best cell and its four measured neighbours; the gap is left out and stays a gap.
    assert pair.smoothed.rows[0].cells[1].text == "0.55"
    assert pair.smoothed.rows[1].cells[1].css == "untried"


def test_a_map_too_wide_for_values_is_drawn_and_can_be_read_by_pointing() -> None:
    page = page_of("sweep")
    assert len(page.with_class("best-ring")) == 4
    found = re.search(r'id="map-0-measured-readings">(.*?)</script>', page.source)
    assert found is not None
    assert len(json.loads(found[1])["texts"][2]) == 20


def test_lower_is_better_turns_the_tints_and_one_sided_statistics_have_no_bad_side() -> None:
    values = [-2.0, 0.0, 4.0]
    assert [Tints.of("sharpe", values).css(value) for value in values] == ["worse-4", "middle", "better-7"]
    turned = Tints.of("sharpe", values, lower_is_better=True)
    assert [turned.css(value) for value in values] == ["better-4", "middle", "worse-7"]
    assert [Tints.of("volatility", [0.1, 0.2]).css(value) for value in (0.1, 0.2)] == ["middle", "better-7"]
    assert Tints.of("profit_factor", [0.5, 2.0]).css(1.0) == "middle"


def test_a_cell_that_was_not_measured_is_hatched_and_has_no_value() -> None:
    page = page_of("sweep")
    assert page.with_class("untried")
    (readings, *_) = re.findall(
        r'<script type="application/json" id="map-0-measured-readings">(.*?)</script>', page.source
    )
    texts = json.loads(readings)["texts"]
    assert texts[1] == [""] * 20


def test_the_luck_of_the_best_is_told_with_the_number_of_trials() -> None:
    study, table = a_swept_study()
    assert study.outcome is not None
    luck = luck_of_the_best(study.outcome, table)
    assert luck.value is not None
    assert "the best of 60 trials" in luck.sentence
    assert luck.sentence in page_of("sweep").visible


def test_several_accounts_have_no_deflated_ratio_and_the_report_says_so() -> None:
    study, table = a_swept_study()
    luck = luck_of_the_best({**(study.outcome or {}), "runs": 180}, table)
    assert (luck.answer, luck.value) == (Answer.UNCLEAR, None)
    assert luck.sentence.startswith("60 combinations were tried.")


def test_a_score_is_the_mean_over_accounts_and_undefined_in_most_is_undefined() -> None:
    nothing = np.nan
    table = Table(
        {
            "combination": np.array([0, 1, 2, 0, 1, 2, 0, 1, 2]),
            "sharpe": np.array([1.0, nothing, nothing, 3.0, nothing, 4.0, nothing, 5.0, 6.0]),
        }
    )
    scores = scores_of(lambda _: table, ["sharpe"])
    assert scores[0, 0] == 2.0
    assert np.isnan(scores[1, 0])
    assert scores[2, 0] == 5.0


def test_of_many_parameters_the_four_that_matter_most_are_crossed() -> None:
    marginals = {
        name: [{"mean": 0.0}, {"mean": float(spread)}]
        for name, spread in zip("abcdef", (1, 9, 2, 8, 7, 6), strict=True)
    }
    assert strongest({**marginals, "fixed": [{"mean": 3.0}]}) == ["b", "d", "e", "f"]


def test_several_objectives_show_what_none_beats() -> None:
    study, _ = a_swept_study(several_objectives=True)
    assert study.outcome is not None
    page = page_of("pareto")
    assert "Beaten by none in every objective" in page.visible
    assert len([one for one in page.with_class("ring") if one.get("r")]) == len(study.outcome["pareto"])
    assert "Beaten by none in every objective" not in page_of("sweep").visible


def test_each_window_stands_in_the_table_with_what_it_kept() -> None:
    outcome = a_walked_study().outcome
    assert outcome is not None
    shown = page_of("walk-forward").figures
    for one in outcome["windows"]:
        expected = wording.figure("sharpe", one["out_of_sample"]["sharpe"], "USD").text
        assert shown[str(one["number"] + 1), "out_of_sample"] == expected
    total = wording.figure("total_return", outcome["statistics"]["total_return"], "USD").text
    assert shown["total_return",].startswith(total)
    assert len(page_of("walk-forward").with_class("promised")) > len(outcome["windows"])


def test_the_stitched_curve_ends_where_the_statistics_do() -> None:
    study = a_walked_study()
    assert study.outcome is not None
    last = formatting.money(study.outcome["curve"]["equity"][-1], "USD")
    assert last in page_of("walk-forward").visible


def test_every_finding_is_told_by_a_word_and_a_shape() -> None:
    outcome = an_evaluated_study().outcome
    assert outcome is not None
    page = page_of("evaluation")
    for finding in outcome["verdict"]["findings"]:
        assert page.figures[finding["check"],].count(finding["answer"].capitalize()) == 1
        assert finding["sentence"] in page.visible
    answers = {finding["answer"] for finding in outcome["verdict"]["findings"]}
    marks = {one["class"] for one in page.with_class("answer-mark")}
    assert marks == {f"answer-mark {answer}" for answer in answers | {outcome["verdict"]["answer"]}}


def test_intervals_and_stress_are_those_of_the_outcome() -> None:
    outcome = an_evaluated_study().outcome
    assert outcome is not None
    page = page_of("evaluation")
    sharpe = outcome["intervals"]["sharpe"]
    ends = [formatting.number(sharpe[end]) for end in ("estimate", "low", "high")]
    assert all(end in page.figures["sharpe",] for end in ends)
    for one in outcome["stress"]["costs"]:
        assert wording.figure("total_return", one["statistics"]["total_return"], "USD").text in page.visible


@pytest.mark.parametrize(
    ("study_of", "rendered"),
    [
        (a_walked_study, render_walk_forward),
        (an_evaluated_study, render_evaluation),
        (lambda: a_swept_study()[0], lambda study: render_sweep(study, lambda _: Table({}))),
    ],
    ids=["walk-forward", "evaluation", "sweep"],
)
def test_a_study_that_is_not_done_has_no_report(
    study_of: Callable[[], Study], rendered: Callable[[Study], str]
) -> None:
    study = replace(study_of(), outcome=None)
    with pytest.raises(Conflict, match="only a completed one has a report"):
        rendered(study)


@pytest.mark.parametrize("statistic", CONVENTIONS)
def test_every_statistic_has_a_short_form_and_a_name(statistic: str) -> None:
    if CONVENTIONS[statistic].unit != "date":
        assert wording.short(statistic, 12_345.678)
        assert wording.on_axis(statistic, 0.5)
    assert wording.label(statistic) == CONVENTIONS[statistic].label
