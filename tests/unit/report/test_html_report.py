"""The report as a reader's browser gets it."""

import base64
import builtins
import hashlib
import json
import re
from dataclasses import fields, replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from domain.clock import NANOSECONDS_PER_SECOND
from domain.errors import InvalidInput, MissingExtra
from domain.performance.adapters import formatting, page
from domain.performance.adapters.html_report import render
from domain.performance.adapters.statistics_view import figure_of
from domain.performance.conventions import CONVENTIONS
from domain.performance.model import Statistics
from domain.performance.tear_sheet import MeasuredReturns, TearSheet
from tests.kit.report import a_tear_sheet, google_sheet

MINUTE = 60 * NANOSECONDS_PER_SECOND
LARGEST_FILE = 600_000
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;{{ 7*7 }}</script><!--"
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """What a page holds: elements in order, their text by `data-` attribute, and unbalanced tags."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.unbalanced: list[str] = []
        self.marked: dict[tuple[str, str], str] = {}
        self.visible = ""
        self.feed(text)
        self.close()
        self.unbalanced += [tag for tag, _ in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop()[0] != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _ in self.open]
        if "script" in tags or "style" in tags:
            return
        self.visible += data
        if any(attributes.get("class") == "unseen" for _, attributes in self.open):
            return
        for _, attributes in self.open:
            for kind in ("data-statistic", "data-benchmark", "data-headline"):
                if (name := attributes.get(kind)) is not None:
                    key = (kind, name)
                    self.marked[key] = self.marked.get(key, "") + data

    def with_class(self, css: str) -> list[dict[str, str | None]]:
        return [
            attributes for _, attributes in self.elements if css in (attributes.get("class") or "").split()
        ]


def _every_sheet() -> dict[str, TearSheet]:
    plain = a_tear_sheet()
    gap = np.where(np.arange(800) < 100, np.nan, np.linspace(90_000.0, 120_000.0, 800))
    return {
        "real": google_sheet(),
        "plain": plain,
        "one bar": a_tear_sheet(1, trades=0, benchmark=False),
        "two bars": a_tear_sheet(2, trades=1),
        "no trade": a_tear_sheet(trades=0),
        "no benchmark": a_tear_sheet(benchmark=False),
        "late benchmark": replace(plain, benchmark=gap),
        "absent benchmark": replace(plain, benchmark=np.full(800, np.nan)),
        "negative equity": a_tear_sheet(300, equity=np.linspace(100_000.0, -20_000.0, 300)),
        "flat equity": a_tear_sheet(300, equity=np.full(300, 100_000.0), trades=0),
        "many instruments": a_tear_sheet(instruments=[f"S{number}.XNAS" for number in range(40)], trades=30),
        "many trades": a_tear_sheet(2_000, trades=900),
        "minutes": a_tear_sheet(5_000, step=MINUTE),
        "no returns": replace(plain, returns=MeasuredReturns.none()),
        "bare": replace(
            plain, exposure=None, prices=(), trades=a_tear_sheet(trades=0).trades, spec={}, provenance={}
        ),
        "hostile": a_tear_sheet(title=HOSTILE, subtitle=HOSTILE, currency="X<b>", labels=(HOSTILE,)),
    }


SHEETS = _every_sheet()


@pytest.fixture(params=SHEETS, scope="module")
def page_text(request: pytest.FixtureRequest) -> str:
    return render(SHEETS[request.param])


def test_it_is_well_formed(page_text: str) -> None:
    page = Page(page_text)

    assert page.unbalanced == []
    identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))


def test_links_and_marks_lead_to_something_in_the_page(page_text: str) -> None:
    page = Page(page_text)

    identifiers = {attributes.get("id") for _, attributes in page.elements}
    targets = {attributes["href"] for _, attributes in page.elements if attributes.get("href")}
    assert {target for target in targets if target and target[0] != "#"} == set()
    assert {(target or "")[1:] for target in targets} <= identifiers
    followed = {attributes["data-hover"] for _, attributes in page.elements if "data-hover" in attributes}
    assert followed <= identifiers


def test_nothing_is_loaded_from_elsewhere(page_text: str) -> None:
    page = Page(page_text)

    assert [
        attributes for _, attributes in page.elements if "src" in attributes or "srcset" in attributes
    ] == []
    assert [
        tag for tag, _ in page.elements if tag in {"link", "iframe", "object", "embed", "base", "form"}
    ] == []
    assert re.search(r"@import|url\(|https?://", page_text) is None


def test_only_its_own_style_and_script_may_act(page_text: str) -> None:
    page = Page(page_text)

    (policy,) = [attributes["content"] or "" for _, attributes in page.elements if "http-equiv" in attributes]
    assert policy.startswith("default-src 'none';")
    for tag in ("style", "script"):
        (source,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page_text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    names = {name for _, attributes in page.elements for name in attributes}
    assert {name for name in names if name.startswith("on") or name == "style"} == set()


def test_coordinates_are_finite(page_text: str) -> None:
    drawings = re.findall(r"<svg.*?</svg>", page_text, re.DOTALL)

    assert drawings
    assert [drawing for drawing in drawings if re.search(r'="[^"]*\b(nan|inf)', drawing, re.IGNORECASE)] == []


def test_hover_rows_fit_their_charts(page_text: str) -> None:
    for rows in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page_text, re.DOTALL):
        hover: dict[str, Any] = json.loads(rows)
        across = hover["across"]
        assert across == sorted(across)
        assert len(hover["rows"]) == len(across)
        assert all(len(dots["tops"]) == len(across) for dots in hover["dots"])
        assert all(top is None or -0.001 <= top <= 1.001 for dots in hover["dots"] for top in dots["tops"])


def test_it_stays_small_and_holds_the_extremes_of_a_million_bars() -> None:
    sheet = a_tear_sheet(1_000_000, step=MINUTE, trades=20_000)
    equity = sheet.equity.copy()
    equity[777_777] = equity.max() * 1.5
    equity[333_333] = equity.min() * 0.5

    text = render(replace(sheet, equity=equity))

    assert len(text.encode()) < LARGEST_FILE
    texts = {
        cell
        for rows in re.findall(r"json\"[^>]*>(.*?)</script>", text)
        for row in json.loads(rows)["rows"]
        for cell in row
    }
    assert formatting.money(float(equity[777_777]), "USD") in texts
    assert formatting.money(float(equity[333_333]), "USD") in texts


@pytest.mark.parametrize("name", ["many instruments", "many trades", "minutes", "real"])
def test_it_stays_small_whatever_it_shows(name: str) -> None:
    assert len(render(SHEETS[name]).encode()) < LARGEST_FILE


def test_every_statistic_is_shown_with_its_convention() -> None:
    sheet = SHEETS["real"]
    page = Page(render(sheet))

    for field in fields(Statistics):
        shown = page.marked["data-statistic", field.name]
        assert shown == figure_of(sheet.statistics, field.name, "USD").text
        assert CONVENTIONS[field.name].convention in page.visible
        assert CONVENTIONS[field.name].source in page.visible


def test_figures_shown_are_the_statistics() -> None:
    sheet = SHEETS["real"]
    statistics = replace(
        sheet.statistics, sharpe=1.234, total_return=5.4321, max_drawdown=-0.2, fees_paid=12.5, trades=46
    )
    assert sheet.benchmark_statistics is not None
    benchmark = replace(sheet.benchmark_statistics, total_return=7.0)

    page = Page(render(replace(sheet, statistics=statistics, benchmark_statistics=benchmark)))

    assert page.marked["data-statistic", "sharpe"] == "1.23"
    assert page.marked["data-headline", "sharpe"] == "1.23"
    assert page.marked["data-headline", "total_return"] == "+543.21%"
    assert page.marked["data-headline", "max_drawdown"] == "\u221220.00%"
    assert page.marked["data-statistic", "fees_paid"] == "$12.50"
    assert page.marked["data-statistic", "trades"] == "46"
    assert page.marked["data-benchmark", "total_return"] == "+700.00%"


def test_an_undefined_figure_is_a_dash_with_its_reason() -> None:
    text = render(SHEETS["no trade"])

    assert Page(text).marked["data-statistic", "win_rate"] == "\u2013"
    assert 'title="Undefined: no trade was closed"' in text
    assert 'title="Undefined: the account was lost"' in render(SHEETS["negative equity"])
    assert 'title="Undefined: there is no benchmark"' in render(SHEETS["no benchmark"])
    assert 'title="Undefined: there are fewer than two returns"' in render(SHEETS["one bar"])


def test_a_turnover_or_a_trade_return_that_is_undefined_is_shown_as_a_dash() -> None:
    # Given a trade whose entry cost nothing, and an account with no mean equity to turn over
    sheet = a_tear_sheet()
    sheet = replace(
        sheet,
        statistics=replace(sheet.statistics, turnover=None),
        trades=replace(sheet.trades, return_=np.full(len(sheet.trades), np.nan)),
    )

    # When the report is made
    text = render(sheet)

    # Then each is a dash with its reason, and nowhere a "nan"
    assert figure_of(sheet.statistics, "turnover", "USD").text == formatting.DASH
    assert 'title="Undefined: nothing was paid at entry"' in text
    assert f"· {formatting.DASH}</title>" in text
    assert re.search(r"\bnan\b", text, re.IGNORECASE) is None


def test_text_from_outside_is_shown_as_text() -> None:
    sheet = replace(
        a_tear_sheet(
            title=HOSTILE,
            subtitle=HOSTILE,
            currency="<b>",
            instruments=(HOSTILE,),
            labels=(HOSTILE,),
            warnings=(HOSTILE,),
            spec={HOSTILE: {HOSTILE: HOSTILE, "list": [HOSTILE]}},
        ),
        benchmark_name=HOSTILE,
        provenance={"hash": HOSTILE},
    )
    page = Page(render(sheet))

    assert page.unbalanced == []
    assert "img" not in {tag for tag, _ in page.elements}
    assert "b" not in {tag for tag, attributes in page.elements if "onerror" in attributes}
    assert page.visible.count(HOSTILE) >= 8
    scripts = [attributes for tag, attributes in page.elements if tag == "script"]
    assert [attributes for attributes in scripts if attributes.get("type") != "application/json"] == [{}]


def test_warnings_and_labels_come_before_the_first_chart() -> None:
    text = render(a_tear_sheet(warnings=("The fill is optimistic.",), labels=("Optimistic fill",)))

    chart = text.index("<figure")
    assert text.index("The fill is optimistic.") < chart
    assert text.index("<li>Optimistic fill</li>") < chart


def test_without_warnings_there_is_no_notice() -> None:
    assert Page(render(replace(a_tear_sheet(), warnings=()))).with_class("warnings") == []


def test_a_run_without_trades_says_so() -> None:
    page = Page(render(SHEETS["no trade"]))

    assert "No trade happened." in page.visible
    assert page.with_class("trade-rows") == []


def test_all_trades_are_listed_and_marked_when_they_are_few() -> None:
    sheet = SHEETS["real"]
    text = render(sheet)

    assert "47 trades, 1 of them still open at the end, in order of exit." in text
    assert len(re.findall(r"<tr><td>\d+</td><td>GOOG.XNAS</td>", text)) == len(sheet.trades) == 47
    assert len(re.findall(r'<g class="(?:win|loss)">', text)) == 47


def test_of_many_trades_the_best_and_worst_are_listed_and_the_rest_is_counted() -> None:
    sheet = SHEETS["many trades"]
    text = render(sheet)

    assert "900 trades, 1 of them still open at the end. Listed are the 100 best and the 100 worst" in text
    numbers = [int(number) for number in re.findall(r"<tr><td>(\d+)</td><td>TEST", text)]
    order = np.argsort(sheet.trades.pnl, kind="stable")
    assert numbers == sorted((np.concatenate([order[:100], order[-100:]]) + 1).tolist())


def test_of_many_instruments_six_are_charted_and_the_count_is_told() -> None:
    text = render(SHEETS["many instruments"])

    assert text.count('class="plot price"') == 6
    assert "Shown are the 6 most traded of 40 instruments." in text


def test_the_logarithmic_scale_is_offered_only_where_money_stays_above_zero() -> None:
    assert 'id="performance-logarithmic"' in render(SHEETS["plain"])
    ruined = render(SHEETS["negative equity"])
    assert 'id="performance-logarithmic"' not in ruined
    assert "No logarithmic scale" in ruined


def test_the_deepest_drawdowns_are_listed_and_shaded() -> None:
    sheet = SHEETS["real"]
    text = render(sheet)

    shades = re.search(r'<g class="shades".*?</g>', text)
    assert shades is not None
    assert re.findall(r">(\d)</text>", shades[0]) == ["1", "2", "3", "4", "5"]
    deepest = formatting.percent(sheet.tables.drawdowns[0].depth)
    assert f'<td class="right"><span class="loss">{deepest}</span></td>' in text


def test_short_data_say_what_they_cannot_show() -> None:
    page = Page(render(SHEETS["one bar"]))

    assert "Too few different returns to show a distribution." in page.visible
    assert "Rolling figures need at least fifteen months of returns." in page.visible


def test_the_same_tear_sheet_gives_the_same_file() -> None:
    assert render(SHEETS["plain"]) == render(SHEETS["plain"])


def test_without_the_template_engine_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def without_jinja(name: str, *args: Any, **named: Any) -> Any:
        if name == "jinja2":
            raise ImportError(name)
        return real_import(name, *args, **named)

    page._environment.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without_jinja)

    with pytest.raises(MissingExtra, match=r"\.\[research\]"):
        render(SHEETS["plain"])


def test_a_tear_sheet_refuses_curves_that_do_not_fit() -> None:
    sheet = SHEETS["plain"]

    with pytest.raises(InvalidInput, match="'equity' is not as long as its times"):
        replace(sheet, equity=sheet.equity[:-1])
    with pytest.raises(InvalidInput, match="at least one bar"):
        replace(
            sheet, close_time=sheet.close_time[:0], equity=sheet.equity[:0], benchmark=None, exposure=None
        )
    with pytest.raises(InvalidInput, match="without prices"):
        replace(sheet, prices=())
