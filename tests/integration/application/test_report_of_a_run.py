"""A run mapped onto its tear sheet."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.backtesting.model import FillPrice
from domain.clock import NANOSECONDS_PER_DAY
from domain.ids import BacktestId
from domain.market.instruments import InstrumentId
from domain.market.series import SeriesKey
from domain.market.timeframe import DAILY
from functions.backtest_run import bar_store
from functions.bootstrap import Application, compose
from functions.report import tear_sheet
from functions.settings import Settings
from tests.kit.cli import agentic_trader, isolated

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def run(tmp_path: Path) -> tuple[Path, BacktestId]:
    with isolated(tmp_path):
        done = agentic_trader(
            "backtest", "run", "sma_cross", "--symbol", "GOOG", "--source", "sample", "--json"
        )
    return tmp_path, BacktestId(done.document["id"])


@pytest.fixture
def application(run: tuple[Path, BacktestId]) -> Application:
    return compose(Settings(data_folder=run[0]), inline=True)


def test_the_sheet_shows_the_stored_numbers_and_where_they_came_from(
    application: Application, run: tuple[Path, BacktestId]
) -> None:
    backtest = application.services.backtests.get(application.workspace_id, run[1])
    curve = application.services.backtests.curve(application.workspace_id, run[1])
    trades = application.services.backtests.trades(application.workspace_id, run[1])
    assert backtest.outcome is not None
    optimistic = replace(backtest, spec=backtest.spec.model_copy(update={"fill": FillPrice.SAME_CLOSE}))
    sheet = tear_sheet(optimistic, backtest.outcome, curve, trades, None, NOW)
    assert sheet.statistics.final_equity == backtest.outcome.statistics["final_equity"]
    assert sheet.statistics.start.isoformat() == "2004-08-19"
    assert sheet.provenance["data_hash"] == backtest.outcome.provenance.data_hash
    assert sheet.returns.value.shape == (sheet.statistics.return_periods,)
    assert sheet.labels == ("Optimistic fill: decided and traded at the same close",)
    assert sheet.warnings[-1] == "The bars of this run are no longer stored, so prices are not shown."
    assert sheet.prices == ()


def test_a_report_of_a_real_run_has_its_prices_and_trades(
    application: Application, run: tuple[Path, BacktestId]
) -> None:
    page = application.report(application.workspace_id, run[1])
    assert "<title>Simple moving average cross" in page
    assert "GOOG.XNAS · 1d bars · fast 20, slow 50" in page
    assert "no longer stored" not in page
    assert len(page.encode()) < 600_000


def test_a_report_is_made_without_prices_when_the_bars_were_deleted_since(
    application: Application, run: tuple[Path, BacktestId]
) -> None:
    series = application.services.series.list(application.workspace_id)
    application.services.market().delete(application.workspace_id, series[0].key)
    assert "no longer stored" in application.report(application.workspace_id, run[1])


def _append_to_goog(folder: Path, run: BacktestId, application: Application, *, days: int) -> None:
    """Write one bar, this many days after the last one of the stored series, at twice its price."""
    spec = application.services.backtests.get(application.workspace_id, run).spec
    store = bar_store(folder, application.workspace_id)
    key = SeriesKey(spec.source or "", InstrumentId(spec.instruments[0]), DAILY)
    last = store.read(key).take(slice(-1, None))
    prices = {name: getattr(last, name) * 2 for name in ("open", "high", "low", "close")}
    time = last.close_time + days * NANOSECONDS_PER_DAY
    store.upsert("sample", replace(last, close_time=time, **prices))


def test_a_report_is_made_without_prices_when_the_bars_changed_since(
    application: Application, run: tuple[Path, BacktestId]
) -> None:
    _append_to_goog(*run, application, days=0)
    page = application.report(application.workspace_id, run[1])
    assert "The bars have changed since this run, so prices are not shown." in page


def test_bars_added_after_a_run_change_nothing_in_its_report(
    application: Application, run: tuple[Path, BacktestId]
) -> None:
    before = application.report(application.workspace_id, run[1])
    _append_to_goog(*run, application, days=3)
    after = application.report(application.workspace_id, run[1])
    assert "so prices are not shown" not in after
    assert len(after) == len(before)
