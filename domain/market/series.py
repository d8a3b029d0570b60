"""A stored series: where bars came from, what they are of, and what is known about them."""

from dataclasses import dataclass
from datetime import datetime

from domain.market.instruments import Instrument, InstrumentId
from domain.market.timeframe import Timeframe


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """Names one stored series. Bars of two sources are never mixed in one series."""

    source: str
    instrument_id: InstrumentId
    timeframe: Timeframe

    def __str__(self) -> str:
        return f"{self.source}:{self.instrument_id}:{self.timeframe}"


@dataclass(frozen=True, slots=True)
class Series:
    """A stored series as listed: identity, extent and the outcome of its last quality check.

    first and last are close times; data_hash is the `Bars.digest()` of the whole series.
    """

    key: SeriesKey
    instrument: Instrument
    rows: int
    first: datetime
    last: datetime
    data_hash: str
    imported_at: datetime
    warnings: int
