"""The catalogue of stored series: what exists, and which series a caller means by a name.

Free of numpy, so that a light API process can list and resolve.
"""

from collections.abc import Sequence
from typing import Protocol

from domain.errors import InvalidInput, NotFound
from domain.ids import WorkspaceId
from domain.market.instruments import Instrument, InstrumentId
from domain.market.quality_report import QualityReport
from domain.market.series import Series, SeriesKey
from domain.market.timeframe import Timeframe


class SeriesRepository(Protocol):
    """The catalogue of stored series and instruments of each workspace, in SQL."""

    def save(self, workspace_id: WorkspaceId, series: Series, report: QualityReport) -> None:
        """Insert or replace the row of this series, its instrument, and its latest report."""
        ...

    def list(
        self,
        workspace_id: WorkspaceId,
        *,
        source: str | None = None,
        instrument_id: InstrumentId | None = None,
        timeframe: Timeframe | None = None,
    ) -> Sequence[Series]:
        """Series in order of (instrument, source, timeframe); a filter left None matches all."""
        ...

    def report(self, workspace_id: WorkspaceId, key: SeriesKey) -> QualityReport:
        """The latest quality report. Raises NotFound."""
        ...

    def instruments(self, workspace_id: WorkspaceId) -> Sequence[Instrument]:
        """Every instrument with at least one stored series, by id."""
        ...

    def delete(self, workspace_id: WorkspaceId, key: SeriesKey) -> None: ...


class SeriesCatalogue:
    """Finds the stored series that a symbol or an instrument id stands for."""

    def __init__(self, repository: SeriesRepository) -> None:
        self._repository = repository

    def find(
        self, workspace_id: WorkspaceId, names: Sequence[str], timeframe: Timeframe, source: str | None
    ) -> tuple[Series, ...]:
        """One series for each name, all of one source and time frame, in the order asked for.

        A name is an instrument id (`AAPL.XNAS`) or a symbol only one instrument has. Raises
        NotFound for a name without bars, InvalidInput when a symbol or the source is ambiguous or
        an instrument is named twice.
        """
        stored = self._repository.list(workspace_id, source=source, timeframe=timeframe)
        ids = [self._instrument_id(workspace_id, name, stored, timeframe, source) for name in names]
        if len(set(ids)) < len(ids):
            raise InvalidInput.at("instruments", message="an instrument is named twice")
        by_key = {(series.key.source, series.key.instrument_id): series for series in stored}
        sources = sorted({series.key.source for series in stored})
        complete = [name for name in sources if all((name, wanted) in by_key for wanted in ids)]
        if not complete:
            raise InvalidInput.at(
                "instruments",
                message="no single source holds bars of all of them; import them from one source",
            )
        if len(complete) > 1:
            raise InvalidInput.at(
                "source", message=f"several hold these bars; name one of {', '.join(complete)}"
            )
        return tuple(by_key[complete[0], wanted] for wanted in ids)

    def _instrument_id(
        self,
        workspace_id: WorkspaceId,
        name: str,
        stored: Sequence[Series],
        timeframe: Timeframe,
        source: str | None,
    ) -> InstrumentId:
        matches = sorted(
            {s.key.instrument_id for s in stored if name in (s.key.instrument_id, s.instrument.symbol)}
        )
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise InvalidInput.at(
                "instruments", message=f"'{name}' could be any of {', '.join(matches)}; use the full id"
            )
        origin = f" from source '{source}'" if source else ""
        known = ", ".join(sorted({s.instrument.symbol for s in stored})[:10])
        if not known:
            others = sorted({str(s.key) for s in self._repository.list(workspace_id)})[:5]
            hint = f"There is {', '.join(others)}." if others else "Nothing is stored yet: import bars first."
        else:
            hint = f"Stored: {known}."
        raise NotFound("instrument", name, f"This workspace holds no {timeframe} bars of it{origin}. {hint}")
