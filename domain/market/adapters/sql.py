"""The catalogue of stored series in SQL; the bars themselves stand in the bar store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import Session

from domain.errors import NotFound
from domain.ids import WorkspaceId
from domain.market.instruments import AssetClass, Instrument, InstrumentId
from domain.market.quality_report import Finding, QualityReport, Severity
from domain.market.series import Series, SeriesKey
from domain.market.timeframe import Timeframe
from domain.storage.database import Database
from domain.storage.tables import InstrumentRow, SeriesRow
from domain.storage.upsert import ensure_workspace, insert_or_replace


class SqlSeriesRepository:
    """Implements `domain.market.catalogue.SeriesRepository`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, workspace_id: WorkspaceId, series: Series, report: QualityReport) -> None:
        """Insert or replace the row of this series, its instrument, and its latest report."""
        with self._database.transaction() as session:
            ensure_workspace(session, workspace_id, series.imported_at)
            _save_instrument(session, workspace_id, series.instrument)
            row = {
                "workspace_id": workspace_id,
                "instrument_id": series.key.instrument_id,
                "source": series.key.source,
                "timeframe": str(series.key.timeframe),
                "row_count": series.rows,
                "first_close": series.first,
                "last_close": series.last,
                "data_hash": series.data_hash,
                "imported_at": series.imported_at,
                "warnings": series.warnings,
                "report": _report_record(report),
            }
            insert_or_replace(
                session, SeriesRow, row, ["workspace_id", "instrument_id", "source", "timeframe"]
            )

    def list(
        self,
        workspace_id: WorkspaceId,
        *,
        source: str | None = None,
        instrument_id: InstrumentId | None = None,
        timeframe: Timeframe | None = None,
    ) -> Sequence[Series]:
        """Series in order of (instrument, source, length of a bar); a filter left None matches all."""
        conditions = [SeriesRow.workspace_id == workspace_id]
        if source is not None:
            conditions.append(SeriesRow.source == source)
        if instrument_id is not None:
            conditions.append(SeriesRow.instrument_id == instrument_id)
        if timeframe is not None:
            conditions.append(SeriesRow.timeframe == str(timeframe))
        wanted = select(SeriesRow, InstrumentRow).join(InstrumentRow, _same_instrument()).where(*conditions)
        with self._database.reading() as session:
            found = [_read_series(row, instrument) for row, instrument in session.execute(wanted)]
        return sorted(found, key=_listing_order)

    def report(self, workspace_id: WorkspaceId, key: SeriesKey) -> QualityReport:
        """The latest quality report. Raises NotFound."""
        with self._database.reading() as session:
            record = session.scalars(select(SeriesRow.report).where(*_is(workspace_id, key))).one_or_none()
        if record is None:
            raise NotFound("series", str(key))
        return _read_report(record)

    def instruments(self, workspace_id: WorkspaceId) -> Sequence[Instrument]:
        """Every instrument with at least one stored series, by id."""
        wanted = (
            select(InstrumentRow)
            .where(InstrumentRow.workspace_id == workspace_id, exists().where(_same_instrument()))
            .order_by(InstrumentRow.id)
        )
        with self._database.reading() as session:
            return [_read_instrument(row) for row in session.scalars(wanted)]

    def delete(self, workspace_id: WorkspaceId, key: SeriesKey) -> None:
        """Forget a series and its report; nothing happens when it is unknown."""
        with self._database.transaction() as session:
            session.execute(delete(SeriesRow).where(*_is(workspace_id, key)))


def _same_instrument() -> ColumnElement[bool]:
    return (SeriesRow.workspace_id == InstrumentRow.workspace_id) & (
        SeriesRow.instrument_id == InstrumentRow.id
    )


def _is(workspace_id: WorkspaceId, key: SeriesKey) -> tuple[ColumnElement[bool], ...]:
    return (
        SeriesRow.workspace_id == workspace_id,
        SeriesRow.instrument_id == key.instrument_id,
        SeriesRow.source == key.source,
        SeriesRow.timeframe == str(key.timeframe),
    )


def _listing_order(series: Series) -> tuple[str, str, int, str]:
    key = series.key
    return (key.instrument_id, key.source, key.timeframe.seconds, str(key.timeframe))


def _save_instrument(session: Session, workspace_id: WorkspaceId, instrument: Instrument) -> None:
    row = {
        "workspace_id": workspace_id,
        "id": instrument.id,
        "symbol": instrument.symbol,
        "venue": instrument.venue,
        "asset_class": instrument.asset_class.value,
        "currency": instrument.currency,
        "tick_size": instrument.tick_size,
        "lot_size": instrument.lot_size,
        "fractional": instrument.fractional,
        "name": instrument.name,
    }
    insert_or_replace(session, InstrumentRow, row, ["workspace_id", "id"])


def _read_instrument(row: InstrumentRow) -> Instrument:
    return Instrument(
        symbol=row.symbol,
        venue=row.venue,
        asset_class=AssetClass(row.asset_class),
        currency=row.currency,
        tick_size=row.tick_size,
        lot_size=row.lot_size,
        fractional=row.fractional,
        name=row.name,
    )


def _read_series(row: SeriesRow, instrument: InstrumentRow) -> Series:
    return Series(
        key=SeriesKey(row.source, InstrumentId(row.instrument_id), Timeframe.parse(row.timeframe)),
        instrument=_read_instrument(instrument),
        rows=row.row_count,
        first=row.first_close,
        last=row.last_close,
        data_hash=row.data_hash,
        imported_at=row.imported_at,
        warnings=row.warnings,
    )


def _report_record(report: QualityReport) -> dict[str, Any]:
    return {
        "rows_checked": report.rows_checked,
        "rows_quarantined": report.rows_quarantined,
        "findings": [
            {
                "rule": finding.rule,
                "severity": finding.severity.value,
                "message": finding.message,
                "rows": finding.rows,
                "examples": [example.isoformat() for example in finding.examples],
            }
            for finding in report.findings
        ],
    }


def _read_report(record: dict[str, Any]) -> QualityReport:
    return QualityReport(
        rows_checked=record["rows_checked"],
        rows_quarantined=record["rows_quarantined"],
        findings=tuple(
            Finding(
                rule=finding["rule"],
                severity=Severity(finding["severity"]),
                message=finding["message"],
                rows=finding["rows"],
                examples=tuple(datetime.fromisoformat(example) for example in finding["examples"]),
            )
            for finding in record["findings"]
        ),
    )
