"""The composition root: the only place that knows which adapter stands behind which port.

What loads numpy, polars or pandas is imported when it is first needed, so that a light process
(a Lambda that answers a query, `agentic-trader --help`) never pays for it.
"""

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable
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
from events.bus import InProcessBus
from events.topics import backtest_progress
from functions.settings import Settings
from trader_graphql.context import Services

if TYPE_CHECKING:
    from domain.backtesting.adapters.parquet_artefacts import ParquetArtefactStore
    from domain.backtesting.adapters.process_pool import Handler
    from domain.backtesting.ports import BacktestRunner
    from domain.market.service import MarketDataService
    from domain.storage.database import Database
    from domain.strategies.registry import StrategyRegistry


class Application:
    """The wired platform of one process. Close it when done.

    inline carries out backtests in the calling thread (the command line); otherwise they run in a
    pool of processes that starts with the first one, or with `warm_up`.
    """

    def __init__(self, settings: Settings, *, inline: bool = False) -> None:
        self.settings = settings
        self.workspace_id = WorkspaceId(settings.workspace)
        self._inline = inline
        self._clock = SystemClock()
        self._bus = InProcessBus()
        self._callbacks: list[Callable[[BacktestProgress], None]] = []
        self._runner_lock = threading.Lock()
        self._started_runner: BacktestRunner | None = None
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
        backtests = BacktestService(
            repository=SqlBacktestRepository(self.database),
            catalogue=catalogue,
            strategies=lambda: self.strategies,
            artefacts=lambda: self._artefacts,
            runner=self._runner,
            listener=self._announce,
            clock=self._clock,
            ids=ids,
            bars_in_period=self._bars_in_period,
            queue_limit=self.settings.queue_limit,
        )
        return Services(
            backtests=backtests,
            series=series,
            catalogue=catalogue,
            identity=IdentityService(SqlApiKeyRepository(self.database, self._clock), self._clock, ids),
            bus=self._bus,
            clock=self._clock,
            strategies=lambda: self.strategies,
            market=lambda: self._market,
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
    def _market(self) -> "MarketDataService":
        from functions.market_data import market_data_service

        return market_data_service(self.settings, self.services.series, self._clock)

    def register_strategy_file(self, path: Path) -> None:
        """Make the strategies of a user's own file known to this process alone."""
        self.strategies.load_file(path)

    def listen(self, callback: Callable[[BacktestProgress], None]) -> None:
        """Hear the progress of every run this process starts; called from any thread."""
        self._callbacks.append(callback)

    def upgrade_database(self) -> None:
        """Bring the database to the newest revision."""
        from domain.storage.migrate import upgrade

        upgrade(self.database)

    def warm_up(self) -> None:
        """Start the workers now, so that the first backtest does not wait for them."""
        self._runner()

    def report(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> str:
        """The HTML tear sheet of a completed run. Raises NotFound, and Conflict before it is done."""
        from functions.report import render_report

        backtest = self._completed(workspace_id, backtest_id)
        title = self._title(backtest.spec.strategy)
        return render_report(backtest, title, self.settings.folder, self._artefacts, self._clock.now())

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

    def close(self) -> None:
        """Stop the workers and let go of the database."""
        self._stop_heartbeat.set()
        if self._started_runner is not None:
            self._started_runner.close()
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

    def _runner(self) -> "BacktestRunner":
        with self._runner_lock:
            if self._started_runner is None:
                self._started_runner = self._make_runner()
                threading.Thread(target=self._heartbeat, name="heartbeat", daemon=True).start()
            return self._started_runner

    def _make_runner(self) -> "BacktestRunner":
        name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        folder = self.settings.folder
        if self._inline:
            from domain.backtesting.adapters.inline import InlineRunner
            from functions.backtest_run import make_run

            return InlineRunner(make_run(folder, self.strategies), name)
        from domain.backtesting.adapters.process_pool import ProcessPoolRunner

        return ProcessPoolRunner(
            partial(_make_run_in_worker, folder),
            workers=self.settings.workers,
            timeout_seconds=self.settings.job_timeout_seconds,
            name=name,
        )

    def _heartbeat(self) -> None:
        """Tell other processes that this one lives, and end the runs of those that died."""
        assert self._started_runner is not None  # noqa: S101 - started right before this thread
        name = self._started_runner.name
        while True:
            try:
                self.services.backtests.heartbeat(name)
            except Exception:
                logging.getLogger(__name__).exception("The heartbeat could not be recorded")
            if self._stop_heartbeat.wait(HEARTBEAT_EVERY_SECONDS):
                return


def compose(settings: Settings | None = None, *, inline: bool = False) -> Application:
    """The platform as the settings (by default the environment) ask for it."""
    return Application(settings or Settings.read(), inline=inline)


def _make_run_in_worker(folder: Path) -> "Handler":
    from functions.backtest_run import make_run

    return make_run(folder)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as refused:
        raise NeedsOperator(
            f"The data folder {folder} cannot be made ({refused.strerror}); "
            "set AGENTIC_TRADER_DATA_FOLDER to one you can write to."
        ) from None
