"""Fakes of the market room's ports, and a transport that answers vendors' clients from records."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

import numpy as np
import requests
from requests.adapters import BaseAdapter

from domain.clock import NANOSECONDS_PER_DAY
from domain.errors import NotFound
from domain.ids import WorkspaceId
from domain.market.bars import COLUMNS, Bars
from domain.market.catalogue import SeriesRepository
from domain.market.corporate_actions import CorporateAction
from domain.market.instruments import Instrument, InstrumentId
from domain.market.ports import Delivery
from domain.market.quality import RawBars
from domain.market.quality_report import QualityReport
from domain.market.series import Series, SeriesKey
from domain.market.timeframe import DAILY, Timeframe
from tests.kit.bars import FIRST_CLOSE, an_instrument


class InMemorySeriesRepository(SeriesRepository):
    """Keeps the catalogue of series in a dictionary."""

    def __init__(self) -> None:
        self._rows: dict[tuple[WorkspaceId, SeriesKey], tuple[Series, QualityReport]] = {}

    def save(self, workspace_id: WorkspaceId, series: Series, report: QualityReport) -> None:
        self._rows[workspace_id, series.key] = (series, report)

    def list(
        self,
        workspace_id: WorkspaceId,
        *,
        source: str | None = None,
        instrument_id: InstrumentId | None = None,
        timeframe: Timeframe | None = None,
    ) -> Sequence[Series]:
        found = [
            series
            for (owner, key), (series, _) in self._rows.items()
            if owner == workspace_id
            and source in {None, key.source}
            and instrument_id in {None, key.instrument_id}
            and timeframe in {None, key.timeframe}
        ]
        return sorted(found, key=lambda s: (s.key.instrument_id, s.key.source, s.key.timeframe.seconds))

    def report(self, workspace_id: WorkspaceId, key: SeriesKey) -> QualityReport:
        if (workspace_id, key) not in self._rows:
            raise NotFound("series", str(key))
        return self._rows[workspace_id, key][1]

    def instruments(self, workspace_id: WorkspaceId) -> Sequence[Instrument]:
        return list({series.instrument.id: series.instrument for series in self.list(workspace_id)}.values())

    def delete(self, workspace_id: WorkspaceId, key: SeriesKey) -> None:
        self._rows.pop((workspace_id, key), None)


@dataclass
class StillSource:
    """A source that always delivers the same bars, whatever range is asked for."""

    deliveries: Mapping[str, Delivery]
    name: str = "still"
    fetched: list[str] = field(default_factory=list)

    def symbols(self) -> Sequence[str] | None:
        return tuple(self.deliveries)

    def fetch(
        self, symbol: str, timeframe: Timeframe, start: datetime | None, end: datetime | None
    ) -> Delivery:
        self.fetched.append(symbol)
        if symbol not in self.deliveries:
            raise NotFound("symbol", symbol)
        return self.deliveries[symbol]

    @classmethod
    def of(cls, *series: Bars, actions: Sequence[CorporateAction] = (), name: str = "still") -> "StillSource":
        """Bars of several instruments, with the same actions for each."""
        return cls(
            {
                bars.instrument.symbol: Delivery(
                    bars.instrument, bars.timeframe, RawBars.of(bars), tuple(actions)
                )
                for bars in series
            },
            name,
        )


def raw_bars(rows: Sequence[Sequence[float]], days: Sequence[int] | None = None) -> RawBars:
    """Rows of (open, high, low, close, volume) on consecutive days, or on the days named."""
    table = np.array(rows, dtype=np.float64).reshape(-1, len(COLUMNS))
    day = np.arange(len(table)) if days is None else np.array(days)
    return RawBars(FIRST_CLOSE + day.astype(np.int64) * NANOSECONDS_PER_DAY, *table.T)


def a_delivery(
    rows: Sequence[Sequence[float]], days: Sequence[int] | None = None, instrument: Instrument | None = None
) -> Delivery:
    return Delivery(instrument or an_instrument(), DAILY, raw_bars(rows, days))


Answer = Callable[[requests.PreparedRequest], Any]


class RecordedHttp(BaseAdapter):
    """Answers requests from records of what a vendor sends, by the beginning of the URL.

    A record is JSON, a text, a status code, both as a pair, an exception to raise, or a function of
    the request that gives one of them.
    The longest beginning that fits wins.
    """

    def __init__(self, records: Mapping[str, Any]) -> None:
        super().__init__()
        self._records = records
        self.requests: list[requests.PreparedRequest] = []
        self.timeouts: list[Any] = []

    def session(self) -> requests.Session:
        session = requests.Session()
        session.mount("https://", self)
        return session

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        self.requests.append(request)
        self.timeouts.append(options.get("timeout"))
        url = request.url or ""
        fitting = [beginning for beginning in self._records if url.startswith(beginning)]
        if not fitting:
            raise AssertionError(f"no record of {url}")
        return self._response(request, self._records[max(fitting, key=len)])

    def close(self) -> None:
        """Nothing is held open."""

    def _response(self, request: requests.PreparedRequest, record: Any) -> requests.Response:
        if callable(record):
            record = record(request)
        if isinstance(record, Exception):
            raise record
        status, content = record if isinstance(record, tuple) else (200, record)
        if isinstance(content, int):
            status, content = content, ""
        response = requests.Response()
        response.status_code = status
        response.reason = HTTPStatus(status).phrase
        response.request = request
        response.url = request.url or ""
        response.encoding = "utf-8"
        response._content = (content if isinstance(content, str) else json.dumps(content)).encode()
        return response
