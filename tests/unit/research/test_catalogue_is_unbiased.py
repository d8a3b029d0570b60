"""Every built-in strategy knows nothing of the future and decides live what it decides here."""

import numpy as np
import pytest

from domain.backtesting.inputs import RunInputs
from domain.market.bars import COLUMNS, Bars, Panel
from domain.market.timeframe import DAILY
from domain.research.bias.lookahead import check_lookahead
from domain.research.bias.model import BiasKind
from domain.research.bias.parity import check_parity
from domain.research.bias.recursive import check_recursive
from domain.research.bias.subject import Subject
from domain.strategies.registry import StrategyRegistry
from tests.kit.backtests import a_spec
from tests.kit.bars import an_instrument, daily_times, random_panel
from tests.kit.real_bars import real_bars
from tests.kit.strategies import SHORT_WINDOWS, with_missing_bars

REGISTRY = StrategyRegistry()
REMEMBERING = {"breakout_bracket", "ema_cross", "macd", "rsi_reversion"}
"""Made of averages that never quite forget their first bars."""


def _width(name: str) -> int:
    return max(REGISTRY.describe(name).minimum_instruments, 2)


def _real_panel(width: int) -> Panel:
    """The newest four hundred bars of as many shares."""
    series = []
    for ticker in ("GOOG", "AAPL", "IBM")[:width]:
        columns = [real_bars(ticker)[column][-400:] for column in COLUMNS]
        series.append(Bars(an_instrument(ticker), DAILY, daily_times(400), *columns))
    return Panel.align(series)


def _gappy_panel(width: int) -> Panel:
    """A random market in which bars are missing here and there, and one instrument begins late."""
    panel = with_missing_bars(random_panel(300, width, seed=11), seed=4)
    columns = {name: getattr(panel, name).copy() for name in COLUMNS}
    for values in columns.values():
        values[:60, -1] = np.nan
    return Panel(panel.instruments, panel.timeframe, panel.close_time, **columns)


PANELS = {"real": _real_panel, "gappy": _gappy_panel}
BARS = {"allocation": 100}
"""Bars of those that solve a problem at every rebalance; all of them for the others."""
every_strategy = pytest.mark.parametrize("name", sorted(SHORT_WINDOWS))
on_every_panel = pytest.mark.parametrize("kind", PANELS)


def a_subject(name: str, kind: str) -> Subject:
    panel = PANELS[kind](_width(name)).take(slice(0, BARS.get(name)))
    spec = a_spec(
        strategy=name,
        parameters=dict(SHORT_WINDOWS[name]),
        instruments=tuple(instrument.id for instrument in panel.instruments),
    )
    return Subject(spec, RunInputs(panel), lambda: REGISTRY.create(name, SHORT_WINDOWS[name]))


@every_strategy
@on_every_panel
def test_a_built_in_strategy_does_not_look_ahead(name: str, kind: str) -> None:
    report = check_lookahead(a_subject(name, kind))

    assert (report.findings, report.cautions) == ((), ())
    assert len(report.checked) > 20


@every_strategy
@on_every_panel
def test_a_built_in_strategy_decides_the_same_bar_by_bar(name: str, kind: str) -> None:
    report = check_parity(a_subject(name, kind))

    assert report.differences == ()
    assert min(count for _, count in report.compared) > 20


@every_strategy
def test_a_built_in_strategy_declares_a_look_back_that_is_enough(name: str) -> None:
    report = check_recursive(a_subject(name, "real"))

    assert report.findings == ()
    told = {caution.kind for caution in report.cautions}
    assert told == ({BiasKind.SLOW_WARM_UP} if name in REMEMBERING else set())
