"""The API on fakes: a wired application without files or a database, callers, and servers of it."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import numpy as np
import uvicorn
from starlette.types import ASGIApp

from domain.backtesting.model import Backtest, BacktestOutcome, BacktestStatus, Provenance
from domain.backtesting.result import Curve, Trades
from domain.backtesting.service import BacktestService
from domain.clock import FixedClock, to_nanoseconds
from domain.errors import Conflict
from domain.identity.model import Principal, Role
from domain.identity.service import IdentityService
from domain.ids import BacktestId, TimeSortedIds, WorkspaceId
from domain.market.catalogue import SeriesCatalogue
from domain.market.instruments import Instrument
from domain.market.series import Series, SeriesKey
from domain.market.timeframe import DAILY, Timeframe
from domain.performance.model import Statistics
from domain.research.model import StudyId
from domain.research.results import ResultAnalysis
from domain.research.service import StudyService
from domain.research.sweep.heat_map import heat_map_of
from domain.strategies.registry import StrategyRegistry
from events.bus import InProcessBus
from events.topics import backtest_progress, study_progress
from functions.settings import Mode, Settings
from functions.study_run import study_preparation
from tests.kit.api_fakes import AAPL, GOOG, FakeDatabase, MemoryArtefacts, OneSourceMarket, TwoStrategies
from tests.kit.backtests import HandDrivenRunner, InMemoryBacktestRepository, a_spec
from tests.kit.identity import InMemoryKeys
from tests.kit.market import InMemorySeriesRepository
from tests.kit.storage import a_report
from tests.kit.studies import HandDrivenStudyRunner, InMemoryResults, InMemoryStudies, InMemoryTrials
from trader_graphql.context import Services
from trader_graphql.request import RequestContext

HOME = WorkspaceId("default")
ELSEWHERE = WorkspaceId("elsewhere")
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def a_series(instrument: Instrument, source: str = "sample", timeframe: Timeframe = DAILY) -> Series:
    return Series(
        key=SeriesKey(source, instrument.id, timeframe),
        instrument=instrument,
        rows=250,
        first=datetime(2020, 1, 1, 21, tzinfo=UTC),
        last=datetime(2020, 9, 6, 21, tzinfo=UTC),
        data_hash="cd" * 32,
        imported_at=NOW,
        warnings=1,
    )


class ApiOnFakes:
    """A wired application on fakes; the test plays the worker through `runner`."""

    def __init__(self, **settings: Any) -> None:
        self.settings = Settings.model_validate({"mode": Mode.LOCAL, "workspace": HOME} | settings)
        self.workspace_id = WorkspaceId(self.settings.workspace)
        self.clock = FixedClock(NOW)
        self.database = FakeDatabase()
        self.bus = InProcessBus()
        self.runner = HandDrivenRunner()
        self.repository = InMemoryBacktestRepository()
        self.series = InMemorySeriesRepository()
        for instrument in (AAPL, GOOG):
            self.series.save(HOME, a_series(instrument), a_report())
        self.artefacts = MemoryArtefacts(a_curve(), a_trade_list())
        self.market = OneSourceMarket(self.series, HOME)
        self.warmed_up = 0
        self.studies = InMemoryStudies()
        self.study_runner = HandDrivenStudyRunner()
        self.study_results = InMemoryResults()
        ids = TimeSortedIds(self.clock)
        catalogue = SeriesCatalogue(self.series)
        self.services = Services(
            backtests=BacktestService(
                repository=self.repository,
                catalogue=catalogue,
                strategies=TwoStrategies,
                artefacts=lambda: self.artefacts,
                runner=lambda: self.runner,
                listener=lambda p: self.bus.publish(backtest_progress(p.workspace_id, p.id), p),
                clock=self.clock,
                ids=ids,
                bars_in_period=lambda *_: 100,
            ),
            studies=StudyService(
                repository=self.studies,
                trials=InMemoryTrials(),
                results=lambda: self.study_results,
                runner=lambda: self.study_runner,
                preparation=lambda: study_preparation(catalogue, StrategyRegistry, lambda *_: 100, 2),
                heat_map=lambda: heat_map_of,
                listener=lambda p: self.bus.publish(study_progress(p.workspace_id, p.id), p),
                touch=self.repository.touch,
                clock=self.clock,
                ids=ids,
            ),
            series=self.series,
            catalogue=catalogue,
            identity=IdentityService(InMemoryKeys(), self.clock, ids),
            bus=self.bus,
            clock=self.clock,
            strategies=TwoStrategies,
            results=lambda: ResultAnalysis(self.services.backtests, self.services.studies, self.series),
            market=lambda: self.market,  # type: ignore[arg-type,return-value] # the fake answers what is called
        )

    def warm_up(self) -> None:
        self.warmed_up += 1

    def report(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> str:
        self._completed(workspace_id, backtest_id)
        return f"<!doctype html><title>{backtest_id}</title>"

    def download(
        self,
        workspace_id: WorkspaceId,
        backtest_id: BacktestId,
        what: Literal["curve", "trades"],
        form: Literal["csv", "parquet"],
    ) -> bytes:
        self._completed(workspace_id, backtest_id)
        return f"{what} as {form}".encode()

    def study_report(self, workspace_id: WorkspaceId, study_id: StudyId) -> str:
        if self.services.studies.get(workspace_id, study_id).outcome is None:
            raise Conflict(f"Study {study_id} is queued; only a completed one has a report.")
        return f"<!doctype html><title>{study_id}</title>"

    def study_rows(
        self, workspace_id: WorkspaceId, study_id: StudyId, form: Literal["csv", "parquet"]
    ) -> Iterator[bytes]:
        self.services.studies.get(workspace_id, study_id)
        return iter([b"rows as ", form.encode()])

    def comparison_report(self, workspace_id: WorkspaceId, backtest_ids: Sequence[BacktestId]) -> str:
        for one in backtest_ids:
            self._completed(workspace_id, one)
        return f"<!doctype html><title>{' '.join(backtest_ids)}</title>"

    def _completed(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> None:
        if self.services.backtests.get(workspace_id, backtest_id).outcome is None:
            raise Conflict(f"Backtest {backtest_id} is queued; only a completed one has results.")

    def context(
        self, role: Role = Role.ADMIN, workspace: WorkspaceId = HOME, *, may_introspect: bool = True
    ) -> RequestContext:
        """A request by a caller of this role."""
        return RequestContext(
            self.services, Principal(workspace, str(role), role), may_introspect=may_introspect
        )

    def key(self, role: Role = Role.ADMIN, lifetime: timedelta | None = None) -> str:
        """The secret of a new key of HOME."""
        expires = None if lifetime is None else self.clock.now() + lifetime
        return self.services.identity.create_key(HOME, f"{role} key", role, expires)[1]

    def holding(self, count: int, status: BacktestStatus = BacktestStatus.COMPLETED) -> list[Backtest]:
        """Store runs, the oldest first."""
        made = [a_run(number, status) for number in range(1, count + 1)]
        self.repository.rows.update({one.id: one for one in made})
        return made


def a_run(number: int = 1, status: BacktestStatus = BacktestStatus.COMPLETED) -> Backtest:
    """A run of HOME in this state; a higher number is a newer one."""
    queued = Backtest(
        id=BacktestId(f"bt_{number:06d}"),
        workspace_id=HOME,
        spec=a_spec(instruments=("GOOG.XNAS",)),
        status=BacktestStatus.QUEUED,
        created_at=NOW + timedelta(seconds=number),
    )
    running = queued.began(NOW + timedelta(minutes=1), "test-runner")
    ended = NOW + timedelta(minutes=2)
    return {
        BacktestStatus.QUEUED: queued,
        BacktestStatus.RUNNING: running.advanced(0.5),
        BacktestStatus.COMPLETED: running.completed(ended, an_outcome()),
        BacktestStatus.FAILED: running.failed(ended, "The worker ran out of memory."),
        BacktestStatus.CANCELLED: running.cancelled(ended),
    }[status]


def an_outcome() -> BacktestOutcome:
    """Every statistic set, but those that may be undefined and are."""
    statistics: dict[str, Any] = {}
    for position, (name, kind) in enumerate(Statistics.__annotations__.items()):
        statistics[name] = {
            float: position + 0.5,
            float | None: None if name == "calmar" else position + 0.25,
            int: position,
            int | None: position,
            date: "2020-01-02",
            date | None: "2020-02-03",
        }[kind]
    return BacktestOutcome(
        statistics=statistics,
        benchmark_statistics=statistics,
        tables={
            "drawdowns": [
                {"start": "2020-01-02", "trough": "2020-01-05", "end": None, "depth": -0.2, "days": 9},
                {
                    "start": "2020-03-02",
                    "trough": "2020-03-05",
                    "end": "2020-03-09",
                    "depth": -0.1,
                    "days": 7,
                },
            ],
            "months": [{"year": 2020, "month": month, "value": month / 100} for month in range(1, 7)],
            "years": [{"year": 2020, "month": None, "value": 0.21}],
        },
        warnings=("A warning.",),
        provenance=Provenance("ab" * 32, "0.1.0", 7, 250, NOW, NOW, 0.01),
    )


def a_curve(count: int = 2_000) -> Curve:
    """A walk with one spike and one crash that a careless thinning would lose."""
    rng = np.random.default_rng(4)
    equity = 10_000.0 * np.exp(np.cumsum(rng.normal(0, 0.01, count)))
    equity[777] *= 4
    equity[1_234] /= 4
    times = to_nanoseconds(NOW) + np.arange(count, dtype=np.int64) * 86_400_000_000_000
    benchmark = np.full(count, 10_000.0)
    benchmark[0] = np.nan
    return Curve(times, equity, equity * 0.25, np.full(count, 0.75), benchmark)


def a_trade_list(count: int = 7) -> Trades:
    numbers = np.arange(count, dtype=np.int64)
    floats = numbers.astype(np.float64) + 1.0
    times = to_nanoseconds(NOW) + numbers * 86_400_000_000_000
    still_open = np.zeros(count, dtype=np.bool_)
    still_open[-1] = True
    return Trades(
        instrument_ids=(GOOG.id,),
        instrument=np.zeros(count, dtype=np.int64),
        entry_bar=numbers,
        exit_bar=numbers + 1,
        entry_time=times,
        exit_time=times + 86_400_000_000_000,
        quantity=floats,
        entry_price=floats * 100,
        exit_price=floats * 101,
        pnl=floats,
        return_=floats / 100,
        fees=floats / 10,
        dividends=floats / 100,
        bars_held=numbers + 1,
        mae=-floats / 50,
        mfe=floats / 40,
        exit_reason=np.zeros(count, dtype=np.int64),
        is_open=still_open,
    )


@contextlib.contextmanager
def serving(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """A real server of the application on a loopback port, as `http://127.0.0.1:<port>`."""
    config = uvicorn.Config(
        app,
        port=port,
        log_level="critical",
        lifespan="off",
        ws="websockets-sansio",
        timeout_graceful_shutdown=1,
    )
    server = _SignallingServer(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    try:
        assert server.is_ready.wait(10), "the server did not start"
        bound = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{bound}"
    finally:
        server.should_exit = True
        thread.join(10)


class _SignallingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_ready = threading.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.is_ready.set()
