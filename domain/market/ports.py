"""What the market room needs from the outside: where bars come from and where they are kept."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.market.bars import Bars
from domain.market.corporate_actions import CorporateAction
from domain.market.instruments import Instrument
from domain.market.quality import RawBars
from domain.market.series import SeriesKey
from domain.market.timeframe import Timeframe


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a source hands over for one instrument: bars not yet checked, and corporate actions.

    `bars` are unadjusted and may be dirty; the import decides what to do with them.
    """

    instrument: Instrument
    timeframe: Timeframe
    bars: RawBars
    actions: tuple[CorporateAction, ...] = ()


class BarSource(Protocol):
    """Somewhere bars can be fetched from: a file, a vendor, an exchange."""

    @property
    def name(self) -> str:
        """Short and stable; part of every series key."""
        ...

    def symbols(self) -> Sequence[str] | None:
        """Every symbol on offer, or None when the source cannot list them."""
        ...

    def fetch(
        self, symbol: str, timeframe: Timeframe, start: datetime | None, end: datetime | None
    ) -> Delivery:
        """Bars whose close time lies in [start, end]; None means as far as the source goes.

        Raises NotFound for an unknown symbol, InvalidInput for a time frame or range the source
        cannot serve, Retryable when the vendor is away or throttles, NeedsOperator for missing
        credentials, MissingExtra for a missing package.
        """
        ...


class BarStore(Protocol):
    """Keeps unadjusted bars and corporate actions of one workspace."""

    def locked(self, key: SeriesKey) -> AbstractContextManager[None]:
        """Keep other writers of this series out, so that what is written beside the bars agrees
        with them. The thread that holds it may `upsert` and `delete` inside. Raises NeedsOperator
        when the disk is unwritable.
        """
        ...

    def upsert(self, source: str, bars: Bars, actions: Sequence[CorporateAction] = ()) -> Bars:
        """Merge by close time (the newer value wins) and return the whole series as stored.

        Atomic and idempotent; two writers at once lose nothing. Raises NeedsOperator when the
        disk is full or unwritable, and then the series is as it was.
        """
        ...

    def read(self, key: SeriesKey, start: datetime | None = None, end: datetime | None = None) -> Bars:
        """Bars whose close time lies in [start, end]. Raises NotFound for an unknown series,
        NeedsOperator for a file that cannot be read."""
        ...

    def actions(self, key: SeriesKey) -> tuple[CorporateAction, ...]:
        """Known corporate actions, oldest first."""
        ...

    def named(self, symbol: str, timeframe: Timeframe) -> tuple[SeriesKey, ...]:
        """The stored series of every instrument with this symbol, of any venue and source, in order
        of source and instrument. Raises NeedsOperator for a folder that cannot be read."""
        ...

    def delete(self, key: SeriesKey) -> None:
        """Forget a series; nothing happens when it is unknown."""
        ...
