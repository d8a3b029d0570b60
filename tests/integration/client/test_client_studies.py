"""Sweeps, walk-forwards, evaluations and comparisons from Python, against a server as an operator starts it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from agentic_trader import Client, InvalidInput, NotFound
from agentic_trader.generated import Aggregate, StudyProgress, StudyStatus, Sweep
from tests.kit.server import running_server

BACKTEST = {"strategy": "sma_cross", "instruments": ["GOOG"], "from_": "2009-01-02"}
SWEEP: dict[str, Any] = {"backtest": BACKTEST, "space": {"fast": (5, 25, 10), "slow": [30, 60]}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_server(tmp_path_factory.mktemp("studies")) as url:
        yield url


@pytest.fixture(scope="module")
def client(server: str) -> Iterator[Client]:
    with Client(server) as client:
        yield client


@pytest.fixture(scope="module")
def heard() -> list[StudyProgress]:
    return []


@pytest.fixture(scope="module")
def sweep(client: Client, heard: list[StudyProgress]) -> Sweep:
    return client.run_sweep(heard.append, **SWEEP, constraints=["fast < slow"])


def test_a_sweep_is_run_and_heard_to_its_end(sweep: Sweep, heard: list[StudyProgress]) -> None:
    assert (sweep.status, sweep.combinations, sweep.failed) == (StudyStatus.COMPLETED, 6, 0)
    assert sweep.spec.constraints == ("fast < slow",)
    assert heard[-1].status is StudyStatus.COMPLETED
    assert [event.runs_done for event in heard] == sorted(event.runs_done for event in heard)
    assert "<b>Sweep of sma_cross</b> on GOOG.XNAS" in sweep._repr_html_()


def test_all_runs_of_a_sweep_are_one_frame(client: Client, sweep: Sweep) -> None:
    by_id, by_name = client.sweep_runs(sweep.id), client.sweep_runs(sweep.identifier)
    assert isinstance(by_id, pl.DataFrame)
    assert isinstance(by_name, pl.DataFrame)
    assert by_id.equals(by_name)
    assert by_id["parameter.fast"].to_list() == [5, 5, 15, 15, 25, 25]
    assert sweep.top is not None
    assert by_id["sharpe"].max() == sweep.top[0].scores[0]


def test_a_heat_map_is_a_row_for_each_y_and_a_column_for_each_x(client: Client, sweep: Sweep) -> None:
    runs = client.sweep_runs(sweep.id)
    found = client.heat_map(sweep.id, "fast", "slow", "maxDrawdown", Aggregate.MEAN)
    assert isinstance(found, pl.DataFrame)
    assert isinstance(runs, pl.DataFrame)
    assert found.columns == ["slow", "5", "15", "25"]
    assert found["slow"].to_list() == [30, 60]
    one = runs.filter((pl.col("parameter.fast") == 15) & (pl.col("parameter.slow") == 60))
    assert found["15"][1] == one["max_drawdown"][0]
    with pytest.raises(InvalidInput) as refused:
        client.heat_map(sweep.id, "fast", "allow_short")
    assert refused.value.problems[0].path == ("y",)


def test_pandas_is_a_choice_for_studies_too(server: str, sweep: Sweep) -> None:
    with Client(server, frames="pandas") as other:
        runs = other.sweep_runs(sweep.id)
    assert isinstance(runs, pd.DataFrame)
    assert len(runs) == 6


def test_a_walk_forward_gives_the_curve_of_what_was_traded(client: Client) -> None:
    found = client.run_walk_forward(sweep=SWEEP, train_bars=252, test_bars=252)
    curve = client.walk_forward_curve(found.id)
    assert isinstance(curve, pl.DataFrame)
    assert curve.columns == ["time", "equity", "benchmark", "window"]
    assert found.windows is not None
    assert found.statistics is not None
    assert len(curve) == sum(window.test.bars for window in found.windows)
    assert curve["window"].unique().sort().to_list() == [window.number for window in found.windows]
    assert curve["equity"][-1] == found.statistics.final_equity


def test_an_evaluation_ends_with_its_verdict(client: Client) -> None:
    found = client.run_evaluation(backtest=BACKTEST, permutations=2, resamples=100)
    assert found.verdict is not None
    assert found.verdict.findings
    assert found.verdict.sentence in found._repr_html_().replace("&#x27;", "'")


def test_runs_are_compared_as_a_row_each(client: Client, tmp_path: Path) -> None:
    runs = [client.run_backtest(**BACKTEST, parameters={"fast": fast}) for fast in (10, 20)]
    ids = [run.identifier for run in runs]
    found = client.compare(ids)
    assert isinstance(found, pl.DataFrame)
    assert found["id"].to_list() == ids
    assert found["sharpe"].to_list() == [run.statistics.sharpe for run in runs if run.statistics]
    assert found["start"].to_list() == [run.statistics.start for run in runs if run.statistics]
    page = client.comparison_report(ids, tmp_path / "comparison.html")
    assert (tmp_path / "comparison.html").read_text(encoding="utf-8") == str(page)
    with pytest.raises(InvalidInput, match="name two runs at least"):
        client.comparison_report(ids[:1])


def test_the_report_of_a_study_is_a_page(client: Client, sweep: Sweep) -> None:
    page = client.study_report(sweep.id)
    assert str(page).startswith("<!DOCTYPE html>")
    assert page._repr_html_().startswith("<iframe")


def test_what_is_not_there_is_told_as_such(client: Client) -> None:
    for ask in (client.sweep_runs, client.study_report, client.walk_forward_curve):
        with pytest.raises(NotFound):
            ask("st_nope")
    with pytest.raises(NotFound, match="There is no sweep 'st_nope'"):
        client.heat_map("st_nope", "fast", "slow")


def test_a_space_that_cannot_be_is_refused_with_its_place(client: Client) -> None:
    with pytest.raises(InvalidInput) as refused:
        client.run_sweep(backtest=BACKTEST, space={"fats": (5, 7)})
    assert refused.value.problems[0].path == ("space", "fats")
