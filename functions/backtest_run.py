"""The worker of backtests: makes, once in a process, the function that carries out jobs."""

from pathlib import Path
from urllib.parse import quote

from domain.backtesting.adapters.parquet_artefacts import ParquetArtefactStore
from domain.backtesting.run import BacktestRun, StrategyFactory
from domain.ids import WorkspaceId
from domain.market.adapters.parquet_store import ParquetBarStore
from domain.strategies.registry import StrategyRegistry
from functions.version import code_version


def bar_store(folder: Path, workspace_id: WorkspaceId) -> ParquetBarStore:
    """Bars of one workspace, apart from those of every other."""
    # The name comes from outside: a dot or a slash in it must not lead out of the folder.
    return ParquetBarStore(folder / "bars" / quote(workspace_id, safe="").replace(".", "%2E"))


def artefact_store(folder: Path) -> ParquetArtefactStore:
    """Curves and trades of every run."""
    return ParquetArtefactStore(folder / "artefacts")


def make_run(folder: Path, strategies: StrategyFactory | None = None) -> BacktestRun:
    """What carries out a job on the data under this folder; built-in strategies unless given."""
    return BacktestRun(
        store_for=lambda workspace_id: bar_store(folder, workspace_id),
        strategies=strategies or StrategyRegistry(),
        artefacts=artefact_store(folder),
        code_version=code_version(),
    )
