"""The Python client against a server as an operator starts it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from agentic_trader import Client, InvalidInput, NotFound, Unreachable
from agentic_trader.generated import BacktestProgress, BacktestStatus
from tests.kit.server import running_server

RUN: dict[str, Any] = {"strategy": "sma_cross", "instruments": ["GOOG"], "initial_cash": 10_000}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_server(tmp_path_factory.mktemp("client")) as url:
        yield url


@pytest.fixture
def client(server: str) -> Iterator[Client]:
    with Client(server) as client:
        yield client


def test_a_backtest_is_run_and_read_as_frames(client: Client) -> None:
    run = client.run_backtest(**RUN)
    curve, trades = client.curve(run.id), client.trades(run.id)
    assert run.statistics is not None
    assert isinstance(curve, pl.DataFrame)
    assert isinstance(trades, pl.DataFrame)
    assert curve["equity"][-1] == run.statistics.final_equity
    assert len(trades.filter(~pl.col("is_open"))) == run.statistics.trades


def test_pandas_is_a_choice(server: str, client: Client) -> None:
    run = client.run_backtest(**RUN)
    with Client(server, frames="pandas") as other:
        curve = other.curve(run.id)
    assert isinstance(curve, pd.DataFrame)
    assert len(curve) == 2_148


def test_progress_is_heard_until_the_run_has_ended(client: Client) -> None:
    heard: list[BacktestProgress] = []
    client.wait_for(client.start_backtest(**RUN).id, heard.append)
    assert heard[-1].status is BacktestStatus.COMPLETED
    assert [event.progress for event in heard] == sorted(event.progress for event in heard)


def test_every_page_of_a_listing_is_read(client: Client) -> None:
    for seed in range(3):
        client.start_backtest(**RUN, seed=seed)
    found = [run.identifier for run in client.every(client.backtests, first=2)]
    assert len(found) == len(set(found)) == client.backtests(first=1).total_count


def test_a_report_is_shown_in_a_notebook_and_written_to_a_file(client: Client, tmp_path: Path) -> None:
    run = client.run_backtest(**RUN)
    page = client.report(run.id, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == str(page)
    assert str(page).startswith("<!DOCTYPE html>")
    assert page._repr_html_().startswith(
        '<iframe title="sma_cross" sandbox="allow-scripts" srcdoc="&lt;!DOCTYPE'
    )


def test_an_answer_is_a_table_in_a_notebook(client: Client) -> None:
    shown = client.run_backtest(**RUN)._repr_html_()
    assert "<caption>Backtest</caption>" in shown
    assert "<th" in shown
    assert "total return" in shown


def test_all_bars_of_an_instrument_come_as_one_frame(client: Client) -> None:
    bars = client.price_bars("GOOG.XNAS")
    assert isinstance(bars, pl.DataFrame)
    assert len(bars) == 2_148
    assert bars["close_time"].is_sorted()


def test_refusals_are_exceptions_that_say_where(client: Client) -> None:
    with pytest.raises(NotFound, match="Did you mean: sma_cross"):
        client.start_backtest(strategy="sma_cros", instruments=["GOOG"])
    with pytest.raises(InvalidInput) as refused:
        client.start_backtest(strategy="sma_cross", instruments=["GOOG"], parameters={"fast": 0})
    assert refused.value.problems[0].path == ("parameters", "fast")


def test_any_document_can_be_sent(client: Client) -> None:
    assert client.execute("query { viewer { role } }") == {"viewer": {"role": "ADMIN"}}


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with Client("http://127.0.0.1:9", timeout_seconds=5) as nobody, pytest.raises(Unreachable):
        nobody.viewer()


def test_a_local_server_lives_as_long_as_its_client(tmp_path: Path) -> None:
    with Client.local(tmp_path) as client:
        url = client.url
        assert client.viewer().workspace == "default"
    with Client(url, timeout_seconds=5) as gone, pytest.raises(Unreachable):
        gone.viewer()
