"""Studies and comparisons of real prices, through the wired platform to their pages and files."""

import io
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from domain.backtesting.model import BacktestSpec
from domain.errors import InvalidInput, NotFound
from domain.market.timeframe import DAILY
from domain.research.model import StudyId, StudyKind, SweepSpec, read
from functions.bootstrap import Application, compose
from functions.settings import Settings
from tests.kit.pages import ReadPage

BASE = {"strategy": "sma_cross", "instruments": ["GOOG.XNAS"], "source": "sample"}


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    made = compose(Settings(data_folder=tmp_path, workers=1), inline=True)
    made.upgrade_database()
    made.services.market().import_bars(made.workspace_id, "sample", ("GOOG",), DAILY)
    yield made
    made.close()


def test_a_sweep_has_a_page_and_its_rows_as_a_file(application: Application) -> None:
    spec = read(
        SweepSpec, {"base": BASE, "space": {"fast": {"values": [5, 10]}, "slow": {"values": [20, 50]}}}
    )
    home, studies = application.workspace_id, application.services.studies
    study = studies.start(home, StudyKind.SWEEP, spec)

    page = ReadPage(application.study_report(home, study.id))
    csv = pl.read_csv(b"".join(application.study_rows(home, study.id, "csv")))
    parquet = pl.read_parquet(io.BytesIO(b"".join(application.study_rows(home, study.id, "parquet"))))

    assert page.unbalanced == []
    assert page.figures["Combinations tried",] == "4"
    assert "the best of 4 trials" in page.visible
    assert csv["combination"].to_list() == parquet["combination"].to_list() == [0, 1, 2, 3]
    assert csv["sharpe"].to_list() == pytest.approx(parquet["sharpe"].to_list(), rel=1e-12)
    assert studies.rows(home, study.id, columns=["sharpe"])["sharpe"].tolist() == parquet["sharpe"].to_list()


def test_runs_are_compared_and_each_says_how_much_may_be_luck(application: Application) -> None:
    home, backtests = application.workspace_id, application.services.backtests
    runs = [
        backtests.start(home, BacktestSpec.read({**BASE, **changes})).id
        for changes in ({"parameters": {"fast": 10, "slow": 50}}, {"fill": "next_close"})
    ]

    page = ReadPage(application.comparison_report(home, runs))
    sheet = ReadPage(application.report(home, runs[0]))

    assert page.unbalanced == []
    assert "fast 10, slow 50, allow short no" in page.visible
    assert "The runs were traded on different terms: fill price" in page.visible
    assert "Is it luck?" in sheet.visible
    assert "sma_cross was tried 2 times in this workspace" in sheet.visible
    with pytest.raises(InvalidInput, match="name two runs at least"):
        application.comparison_report(home, runs[:1])
    with pytest.raises(InvalidInput, match="names a run twice"):
        application.comparison_report(home, [runs[0], runs[0]])
    with pytest.raises(NotFound):
        application.study_rows(home, StudyId("st_nothing"), "csv")
