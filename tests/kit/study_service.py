"""The service of studies on fakes, over two daily series."""

from datetime import timedelta
from typing import Any

from domain.backtesting.completion import SpecCompletion
from domain.clock import FixedClock
from domain.ids import TimeSortedIds, WorkspaceId
from domain.market.catalogue import SeriesCatalogue
from domain.market.instruments import Instrument
from domain.market.series import Series, SeriesKey
from domain.market.timeframe import DAILY
from domain.research.model import Study, StudyKind, SweepSpec
from domain.research.preparation import StudyPreparation
from domain.research.service import StudyService
from domain.research.sweep.heat_map import heat_map_of
from domain.strategies.registry import StrategyRegistry
from tests.kit.backtests import NOON, WORKSPACE
from tests.kit.studies import (
    HandDrivenStudyRunner,
    HeardProgress,
    InMemoryResults,
    InMemoryStudies,
    InMemoryTrials,
    a_sweep,
)


class TwoSeries:
    """Daily bars of TEST and OTHER from 2020, a thousand of them each."""

    def list(self, workspace_id: WorkspaceId, **_: Any) -> list[Series]:
        return [
            Series(
                SeriesKey("sample", Instrument(symbol, "XNAS").id, DAILY),
                Instrument(symbol, "XNAS"),
                1_000,
                NOON - timedelta(days=1_460),
                NOON,
                "ab",
                NOON,
                0,
            )
            for symbol in ("TEST", "OTHER")
        ]


class World:
    """A service on fakes; the test plays the runner."""

    def __init__(self, *, can_search: bool = True, queue_limit: int = 10) -> None:
        self.studies, self.trials, self.results = InMemoryStudies(), InMemoryTrials(), InMemoryResults()
        self.runner, self.listener, self.clock = HandDrivenStudyRunner(), HeardProgress(), FixedClock(NOON)
        completion = SpecCompletion(
            catalogue=SeriesCatalogue(TwoSeries()),  # type: ignore[arg-type] # lists only
            strategies=StrategyRegistry,
            bars_in_period=lambda *_: 100,
        )
        self.service = StudyService(
            repository=self.studies,
            trials=self.trials,
            results=lambda: self.results,
            runner=lambda: self.runner,
            preparation=lambda: StudyPreparation(
                completion=completion, strategies=StrategyRegistry, workers=2, can_search=lambda: can_search
            ),
            heat_map=lambda: heat_map_of,
            listener=self.listener,
            touch=self.studies.touch,
            clock=self.clock,
            ids=TimeSortedIds(self.clock),
            queue_limit=queue_limit,
        )

    def start(self, spec: SweepSpec | None = None, key: str | None = None) -> Study:
        return self.service.start(WORKSPACE, StudyKind.SWEEP, spec or a_sweep(), key)

    def begin(self) -> tuple[Study, Any, Any]:
        """A study that runs, its job and its observer."""
        study = self.start()
        job, observer = self.runner.submitted[-1]
        observer.began(job, "test-runner")
        observer.planned(job, 6, ("left out",))
        return study, job, observer

    def stored(self, study: Study) -> Study:
        return self.service.get(WORKSPACE, study.id)
