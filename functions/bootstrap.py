"""The composition root: the only place that knows which adapter stands behind which port.

What loads numpy, polars or pandas is imported when it is first needed, so that a light process
(a Lambda that answers a query, `agentic-trader --help`) never pays for it.
"""

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from domain.backtesting.model import Backtest, BacktestProgress
from domain.backtesting.service import HEARTBEAT_EVERY_SECONDS, BacktestService
from domain.clock import SystemClock
from domain.errors import Conflict, NeedsOperator, NotFound
from domain.identity.service import IdentityService
from domain.ids import BacktestId, TimeSortedIds, WorkspaceId
from domain.market.catalogue import SeriesCatalogue
from domain.market.series import SeriesKey
from domain.research.model import StudyId, StudyProgress
from domain.research.service import StudyService
from events.bus import InProcessBus
from events.topics import backtest_progress, study_progress
from functions.settings import Settings
from trader_graphql.context import Services

if TYPE_CHECKING:
    from domain.backtesting.adapters.parquet_artefacts import ParquetArtefactStore
    from domain.backtesting.adapters.sql import SqlBacktestRepository
    from domain.backtesting.adapters.worker_pool import Handler, WorkerPool
    from domain.backtesting.ports import BacktestRunner
    from domain.market.service import MarketDataService
    from domain.research.adapters.parquet_results import ParquetResultStore
    from domain.research.ports import StudyRunner
    from domain.research.preparation import StudyPreparation
    from domain.research.results import ResultAnalysis
    from domain.research.service import HeatMapOf
    from domain.storage.database import Database
    from domain.strategies.registry import StrategyRegistry


class Application:
    """The wired platform of one process. Close it when done.

    inline carries out backtests in the calling thread, and follows studies in it (the command line);
    otherwise both are only started there. Studies always use a pool of processes, which starts with
    the first one, or with `warm_up`; backtests share it unless they are inline.
    """

    def __init__(self, settings: Settings, *, inline: bool = False) -> None:
        self.settings = settings
        self.workspace_id = WorkspaceId(settings.workspace)
        self._inline = inline
        self._clock = SystemClock()
        self._bus = InProcessBus()
        self._callbacks: list[Callable[[BacktestProgress], None]] = []
        self._study_callbacks: list[Callable[[StudyProgress], None]] = []
        self._strategy_files: list[Path] = []
        self._runner_name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._runner_lock = threading.RLock()
        self._started_pool: WorkerPool | None = None
        self._started_runner: BacktestRunner | None = None
        self._started_study_runner: StudyRunner | None = None
        self._beating = False
        self._stop_heartbeat = threading.Event()
        _make_folder(settings.folder)

    @cached_property
    def database(self) -> "Database":
        from domain.storage.database import Database

        return Database(self.settings.sql_url)

    @cached_property
    def services(self) -> Services:
        from domain.backtesting.adapters.sql import SqlBacktestRepository
        from domain.identity.adapters.sql import SqlApiKeyRepository
        from domain.market.adapters.sql import SqlSeriesRepository

        ids = TimeSortedIds(self._clock)
        series = SqlSeriesRepository(self.database)
        catalogue = SeriesCatalogue(series)
        runs = SqlBacktestRepository(self.database)
        backtests = BacktestService(
            repository=runs,
            catalogue=catalogue,
            strategies=lambda: self.strategies,
            artefacts=lambda: self._artefacts,
            runner=self._runner,
            listener=self._announce,
            clock=self._clock,
            ids=ids,
            bars_in_period=self._bars_in_period,
            queue_limit=self.settings.queue_limit,
            on_completed=self._count_trial,
        )
        return Services(
            backtests=backtests,
            studies=self._studies(runs, catalogue, ids),
            series=series,
            catalogue=catalogue,
            identity=IdentityService(SqlApiKeyRepository(self.database, self._clock), self._clock, ids),
            bus=self._bus,
            clock=self._clock,
            strategies=lambda: self.strategies,
            market=lambda: self._market,
            results=lambda: self._analysis,
        )

    def _studies(
        self, runs: "SqlBacktestRepository", catalogue: SeriesCatalogue, ids: TimeSortedIds
    ) -> StudyService:
        from domain.research.adapters.sql import SqlStudyRepository, SqlTrialLog

        def preparation() -> "StudyPreparation":
            from functions.study_run import study_preparation

            return study_preparation(
                catalogue, lambda: self.strategies, self._bars_in_period, self.settings.workers
            )

        return StudyService(
            repository=SqlStudyRepository(self.database),
            trials=SqlTrialLog(self.database, self._clock),
            results=lambda: self._results,
            runner=self._study_runner,
            preparation=preparation,
            heat_map=_heat_map,
            listener=self._announce_study,
            touch=runs.touch,
            clock=self._clock,
            ids=ids,
            queue_limit=self.settings.queue_limit,
        )

    @cached_property
    def strategies(self) -> "StrategyRegistry":
        from domain.strategies.registry import StrategyRegistry

        return StrategyRegistry()

    @cached_property
    def _artefacts(self) -> "ParquetArtefactStore":
        from functions.backtest_run import artefact_store

        return artefact_store(self.settings.folder)

    @cached_property
    def _results(self) -> "ParquetResultStore":
        from functions.study_run import result_store

        return result_store(self.settings.folder)

    @cached_property
    def _analysis(self) -> "ResultAnalysis":
        from domain.research.results import ResultAnalysis

        services = self.services
        return ResultAnalysis(services.backtests, services.studies, services.series)

    @cached_property
    def _market(self) -> "MarketDataService":
        from functions.market_data import market_data_service

        return market_data_service(self.settings, self.services.series, self._clock)

    def register_strategy_file(self, path: Path) -> None:
        """Make the strategies of a user's own file known to this process and to the workers of its
        studies. Raises Conflict once the workers have been started."""
        if self._started_pool is not None:
            raise Conflict("The workers are running already; register strategy files before the first study.")
        self.strategies.load_file(path)
        self._strategy_files.append(path)

    def listen(self, callback: Callable[[BacktestProgress], None]) -> None:
        """Hear the progress of every run this process starts; called from any thread."""
        self._callbacks.append(callback)

    def listen_to_studies(self, callback: Callable[[StudyProgress], None]) -> None:
        """Hear the progress of every study this process starts; called from any thread."""
        self._study_callbacks.append(callback)

    def upgrade_database(self) -> None:
        """Bring the database to the newest revision."""
        from domain.storage.migrate import upgrade

        upgrade(self.database)

    def warm_up(self) -> None:
        """Start the workers now, so that the first backtest does not wait for them."""
        self._runner()
        if not self._inline:
            self._pool()

    def report(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> str:
        """The HTML tear sheet of a completed run. Raises NotFound, and Conflict before it is done."""
        from functions.report import render_report
        from functions.study_report import verdict_panel

        backtest = self._completed(workspace_id, backtest_id)
        title = self._title(backtest.spec.strategy)
        verdict = verdict_panel(
            self._analysis.verdict(workspace_id, backtest_id),
            self.services.studies.trials(workspace_id, backtest.spec.strategy),
        )
        return render_report(
            backtest, title, self.settings.folder, self._artefacts, self._clock.now(), verdict
        )

    def download(
        self,
        workspace_id: WorkspaceId,
        backtest_id: BacktestId,
        what: Literal["curve", "trades"],
        form: Literal["csv", "parquet"],
    ) -> bytes:
        """A table of a completed run as a file. Raises NotFound, and Conflict before it is done."""
        self._completed(workspace_id, backtest_id)
        return self._artefacts.export(workspace_id, backtest_id, what, form)

    def study_report(self, workspace_id: WorkspaceId, study_id: StudyId) -> str:
        """The HTML report of a completed study. Raises NotFound, and Conflict before it is done."""
        from functions.study_report import render_study

        study = self.services.studies.get(workspace_id, study_id)
        return render_study(study, self.services.studies, self._title, self._clock.now())

    def study_rows(
        self, workspace_id: WorkspaceId, study_id: StudyId, form: Literal["csv", "parquet"]
    ) -> Iterator[bytes]:
        """The rows of a study so far, as blocks of one file. Raises NotFound."""
        from functions.study_report import study_rows

        return study_rows(self._results, self.services.studies.get(workspace_id, study_id), form)

    def comparison_report(self, workspace_id: WorkspaceId, backtest_ids: Sequence[BacktestId]) -> str:
        """Completed runs side by side as HTML. Raises NotFound, Conflict, and InvalidInput for too few."""
        from functions.study_report import render_comparison, require_several

        require_several(backtest_ids)
        found = self._analysis.comparison(workspace_id, backtest_ids)
        runs = [self._completed(workspace_id, one) for one in backtest_ids]
        return render_comparison(found, runs, self._title, self._clock.now())

    def close(self) -> None:
        """Stop the workers and let go of the database."""
        self._stop_heartbeat.set()
        if self._started_study_runner is not None:
            self._started_study_runner.close()
        if self._started_runner is not None:
            self._started_runner.close()
        if self._started_pool is not None:
            self._started_pool.close()
        if "database" in self.__dict__:
            self.database.close()

    def _title(self, strategy: str) -> str:
        """What people call it; nothing for a strategy that this process does not know any more."""
        try:
            return self.strategies.describe(strategy).title
        except NotFound:
            return ""

    def _completed(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> Backtest:
        backtest = self.services.backtests.get(workspace_id, backtest_id)
        if backtest.outcome is None:
            raise Conflict(f"Backtest {backtest_id} is {backtest.status}; only a completed one has results.")
        return backtest

    def _bars_in_period(
        self, workspace_id: WorkspaceId, key: SeriesKey, start: datetime | None, end: datetime | None
    ) -> int:
        from functions.backtest_run import bar_store

        return len(bar_store(self.settings.folder, workspace_id).read(key, start, end))

    def _announce(self, progress: BacktestProgress) -> None:
        self._bus.publish(backtest_progress(progress.workspace_id, progress.id), progress)
        for callback in self._callbacks:
            callback(progress)

    def _announce_study(self, progress: StudyProgress) -> None:
        self._bus.publish(study_progress(progress.workspace_id, progress.id), progress)
        for callback in self._study_callbacks:
            callback(progress)

    def _count_trial(self, backtest: Backtest) -> None:
        self.services.studies.count_backtest(backtest)

    def _pool(self) -> "WorkerPool":
        from domain.backtesting.adapters.worker_pool import WorkerPool

        with self._runner_lock:
            if self._started_pool is None:
                self._started_pool = WorkerPool(
                    partial(
                        _make_worker,
                        self.settings.folder,
                        tuple(self._strategy_files),
                        self.settings.job_timeout_seconds,
                    ),
                    workers=self.settings.workers,
                    timeout_seconds=self.settings.job_timeout_seconds,
                )
            return self._started_pool

    def _runner(self) -> "BacktestRunner":
        with self._runner_lock:
            if self._started_runner is None:
                self._started_runner = self._make_runner()
                self._begin_to_beat()
            return self._started_runner

    def _make_runner(self) -> "BacktestRunner":
        if self._inline:
            from domain.backtesting.adapters.inline import InlineRunner
            from functions.backtest_run import make_run
            from functions.inline_limit import within_limit

            handle = within_limit(
                make_run(self.settings.folder, self.strategies), self.settings.job_timeout_seconds
            )
            return InlineRunner(handle, self._runner_name)
        from domain.backtesting.adapters.process_pool import ProcessPoolRunner

        return ProcessPoolRunner(self._pool(), self._runner_name)

    def _study_runner(self) -> "StudyRunner":
        from functions.study_run import study_runner

        with self._runner_lock:
            if self._started_study_runner is None:
                self._started_study_runner = study_runner(
                    self._pool, self._results, self._runner_name, in_calling_thread=self._inline
                )
                self._begin_to_beat()
            return self._started_study_runner

    def _begin_to_beat(self) -> None:
        if not self._beating:
            self._beating = True
            threading.Thread(target=self._heartbeat, name="heartbeat", daemon=True).start()

    def _heartbeat(self) -> None:
        """Tell other processes that this one lives, and end the runs of those that died."""
        while True:
            try:
                self.services.backtests.heartbeat(self._runner_name)
                self.services.studies.heartbeat(self._runner_name)
            except Exception:
                logging.getLogger(__name__).exception("The heartbeat could not be recorded")
            if self._stop_heartbeat.wait(HEARTBEAT_EVERY_SECONDS):
                return


def compose(settings: Settings | None = None, *, inline: bool = False) -> Application:
    """The platform as the settings (by default the environment) ask for it."""
    return Application(settings or Settings.read(), inline=inline)


def _make_worker(folder: Path, strategy_files: tuple[Path, ...], limit_seconds: float) -> "Handler":
    from functions.study_run import make_worker

    return make_worker(folder, strategy_files, limit_seconds)


def _heat_map() -> "HeatMapOf":
    from domain.research.sweep.heat_map import heat_map_of

    return heat_map_of


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as refused:
        raise NeedsOperator(
            f"The data folder {folder} cannot be made ({refused.strerror}); "
            "set AGENTIC_TRADER_DATA_FOLDER to one you can write to."
        ) from None
