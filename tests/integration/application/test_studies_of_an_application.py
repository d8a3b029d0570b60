"""Sweeps through the wired platform, as the command line and the server have them."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.backtesting.model import BacktestSpec
from domain.errors import Conflict
from domain.market.timeframe import DAILY
from domain.research.model import StudyKind, StudyProgress, StudyStatus, SweepSpec, read
from functions.bootstrap import Application
from functions.settings import Settings

PATIENCE_SECONDS = 60
OWN_STRATEGY = '''
from pydantic import Field
from domain.features.moving_averages import sma
from domain.strategies.protocol import StrategyParameters, VectorisedStrategy

class Above(VectorisedStrategy):
    """Hold while above the average."""
    name = "above"
    class Parameters(StrategyParameters):
        window: int = Field(10, ge=2, le=200)
    @property
    def lookback(self):
        return self.parameters.window
    def target(self, bars):
        return (bars.close > sma(bars.close, self.parameters.window)).astype(float)
'''
SPACE = {"fast": {"values": [5, 10]}, "slow": {"values": [20, 30]}}


def a_sweep(strategy: str = "sma_cross", space: dict[str, object] | None = None) -> SweepSpec:
    base = {"strategy": strategy, "instruments": ["AAPL"], "start": "2010-01-01"}
    return read(SweepSpec, {"base": base, "space": SPACE if space is None else space})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("studies")
    application = Application(Settings(data_folder=folder))
    application.upgrade_database()
    application.services.market().import_bars(application.workspace_id, "sample", ["AAPL"], DAILY)
    application.close()
    return folder


@pytest.fixture
def inline(folder: Path) -> Iterator[Application]:
    application = Application(Settings(data_folder=folder, workers=2), inline=True)
    yield application
    application.close()


def test_the_command_line_follows_a_sweep_of_its_user_s_own_strategy_to_its_end(
    inline: Application, tmp_path: Path
) -> None:
    file = tmp_path / "above.py"
    file.write_text(OWN_STRATEGY)
    inline.register_strategy_file(file)
    heard: list[StudyProgress] = []
    inline.listen_to_studies(heard.append)
    spec = a_sweep("above", {"window": {"low": 5, "high": 9}})
    study = inline.services.studies.start(inline.workspace_id, StudyKind.SWEEP, spec)
    assert study.status is StudyStatus.COMPLETED, study.failure
    assert study.outcome is not None
    assert (study.outcome["combinations"], study.runs_done, study.runs_planned) == (5, 5, 5)
    assert [heard[0].status, heard[-1].status] == [StudyStatus.QUEUED, StudyStatus.COMPLETED]
    with pytest.raises(Conflict, match="workers are running already"):
        inline.register_strategy_file(file)


def test_runs_and_sweeps_are_counted_as_trials_of_their_strategy(inline: Application) -> None:
    services, home = inline.services, inline.workspace_id
    before = services.studies.trials(home, "ema_cross").count
    services.backtests.start(home, BacktestSpec(strategy="ema_cross", instruments=("AAPL",)))
    services.studies.start(home, StudyKind.SWEEP, a_sweep("ema_cross"))
    counted = services.studies.trials(home, "ema_cross")
    assert counted.count == before + 1 + 4
    assert counted.sharpe_variance is not None


def test_a_server_runs_backtests_and_sweeps_on_the_same_workers(folder: Path) -> None:
    application = Application(Settings(data_folder=folder, workers=1))
    ended = threading.Event()
    application.listen_to_studies(lambda progress: ended.set() if progress.status.is_final else None)
    done = threading.Event()
    application.listen(lambda progress: done.set() if progress.status.is_final else None)
    try:
        services, home = application.services, application.workspace_id
        study = services.studies.start(home, StudyKind.SWEEP, a_sweep())
        run = services.backtests.start(home, BacktestSpec(strategy="macd", instruments=("AAPL",)))
        assert ended.wait(PATIENCE_SECONDS)
        assert done.wait(PATIENCE_SECONDS)
        assert services.studies.get(home, study.id).status is StudyStatus.COMPLETED
        assert services.backtests.get(home, run.id).outcome is not None
    finally:
        application.close()
