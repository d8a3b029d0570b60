"""Lookups of one request, gathered into one query and answered in the order of the keys."""

from collections.abc import Sequence
from functools import partial

import anyio.to_thread
from strawberry.dataloader import DataLoader

from domain.backtesting.model import Backtest
from domain.backtesting.service import BacktestService
from domain.ids import BacktestId, WorkspaceId
from domain.market.catalogue import SeriesRepository
from domain.market.instruments import Instrument
from domain.market.series import Series
from domain.research.model import Study, StudyId
from domain.research.service import StudyService


class Loaders:
    """Everything that is looked up by key. Missing things are None."""

    def __init__(
        self,
        backtests: BacktestService,
        studies: StudyService,
        series: SeriesRepository,
        workspace_id: WorkspaceId,
    ) -> None:
        self._backtests = backtests
        self._studies = studies
        self._series = series
        self._workspace_id = workspace_id
        self.backtest: DataLoader[BacktestId, Backtest | None] = DataLoader(self._load_backtests)
        self.study: DataLoader[StudyId, Study | None] = DataLoader(self._load_studies)
        self.instrument: DataLoader[str, Instrument | None] = DataLoader(self._load_instruments)
        self.series_of_instrument: DataLoader[str, tuple[Series, ...]] = DataLoader(self._load_series)

    async def _load_backtests(self, ids: list[BacktestId]) -> Sequence[Backtest | None]:
        load = partial(self._backtests.get_many, self._workspace_id, ids)
        return await anyio.to_thread.run_sync(load)

    async def _load_studies(self, ids: list[StudyId]) -> Sequence[Study | None]:
        load = partial(self._studies.get_many, self._workspace_id, ids)
        return await anyio.to_thread.run_sync(load)

    async def _load_instruments(self, instrument_ids: list[str]) -> list[Instrument | None]:
        stored = await anyio.to_thread.run_sync(partial(self._series.instruments, self._workspace_id))
        by_id: dict[str, Instrument] = {instrument.id: instrument for instrument in stored}
        return [by_id.get(instrument_id) for instrument_id in instrument_ids]

    async def _load_series(self, instrument_ids: list[str]) -> list[tuple[Series, ...]]:
        stored = await anyio.to_thread.run_sync(partial(self._series.list, self._workspace_id))
        found: dict[str, list[Series]] = {instrument_id: [] for instrument_id in instrument_ids}
        for series in stored:
            if series.key.instrument_id in found:
                found[series.key.instrument_id].append(series)
        return [tuple(found[instrument_id]) for instrument_id in instrument_ids]
