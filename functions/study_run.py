"""The worker of the pool: carries out backtests and the steps of studies; and what studies need around it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from domain.backtesting.adapters.worker_pool import Handler, Report, WorkerPool
from domain.backtesting.completion import BarCount, SpecCompletion
from domain.ids import WorkspaceId
from domain.market.catalogue import SeriesCatalogue
from domain.research.adapters.optuna_sampler import OptunaSampler, is_installed
from domain.research.adapters.parquet_results import ParquetResultStore
from domain.research.adapters.pool_runner import PoolStudyRunner
from domain.research.adapters.time_limit import AlarmTimeLimit
from domain.research.carrying_out import StudyTask, StudyWork
from domain.research.evaluation.look_ahead_check import look_ahead_finding
from domain.research.evaluation.program import EvaluationProgram
from domain.research.laboratory import Laboratory
from domain.research.model import StudyKind
from domain.research.preparation import StudyPreparation
from domain.research.program import Program
from domain.research.sweep.program import SweepProgram
from domain.research.walk_forward.program import WalkForwardProgram
from domain.strategies.ports import StrategyCatalogue
from domain.strategies.registry import StrategyRegistry
from functions.backtest_run import bar_store, make_run
from functions.version import code_version

_GRACE_SECONDS = 5.0  # a combination is stopped by its own alarm before the worker is killed


def programs() -> dict[StudyKind, Program[Any]]:
    """What carries out each kind of study."""
    return {
        StudyKind.SWEEP: SweepProgram(OptunaSampler() if is_installed() else None),
        StudyKind.WALK_FORWARD: WalkForwardProgram(),
        StudyKind.EVALUATION: EvaluationProgram(look_ahead_finding),
    }


def result_store(folder: Path) -> ParquetResultStore:
    """Chunks and rows of every study."""
    return ParquetResultStore(folder / "studies")


def study_preparation(
    catalogue: SeriesCatalogue,
    strategies: Callable[[], StrategyCatalogue],
    bars_in_period: BarCount,
    workers: int,
) -> StudyPreparation:
    """What checks and completes the specs of studies."""
    return StudyPreparation(
        completion=SpecCompletion(catalogue=catalogue, strategies=strategies, bars_in_period=bars_in_period),
        strategies=strategies,
        workers=workers,
        can_search=is_installed,
    )


def study_runner(
    pool: Callable[[], WorkerPool], results: ParquetResultStore, name: str, *, in_calling_thread: bool
) -> PoolStudyRunner:
    """What follows studies and hands out their chunks."""
    return PoolStudyRunner(
        pool,
        programs(),
        results,
        name=name,
        version=code_version(),
        at_once=0 if in_calling_thread else 4,
    )


def make_worker(folder: Path, strategy_files: Sequence[Path], limit_seconds: float) -> Handler:
    """What a worker process does with a task, made once in it. Strategies are the built-in and
    installed ones and those of the files."""
    strategies = StrategyRegistry()
    for path in strategy_files:
        strategies.load_file(path)
    limit = AlarmTimeLimit(max(1.0, limit_seconds - _GRACE_SECONDS))
    backtest = make_run(folder, strategies)

    def laboratory_for(workspace_id: WorkspaceId) -> Laboratory:
        return Laboratory(bar_store(folder, workspace_id), strategies, limit)

    study = StudyWork(programs=programs(), laboratory_for=laboratory_for, results=result_store(folder))

    def work(task: Any, report: Report) -> Any:
        return study(task, report) if isinstance(task, StudyTask) else backtest(task, report)

    return work
