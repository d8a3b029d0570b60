"""Importing, reading, checking and forgetting bars: the use cases of market data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.clock import Clock, as_utc, from_nanoseconds, to_nanoseconds
from domain.errors import InvalidInput, NotFound, Problem
from domain.ids import WorkspaceId
from domain.market.adjustment import adjusted
from domain.market.bars import Bars
from domain.market.calendars import TradingCalendar
from domain.market.catalogue import SeriesRepository
from domain.market.corporate_actions import Adjustment
from domain.market.instruments import Instrument
from domain.market.ports import BarSource, BarStore, Delivery
from domain.market.quality import Checked, RawBars, check
from domain.market.quality_report import OnError, QualityReport
from domain.market.series import Series, SeriesKey
from domain.market.timeframe import Timeframe


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import did to one series.

    rows_received counts what the source delivered, rows_imported what passed the checks;
    `series.rows` is the length of the whole series afterwards.
    """

    series: Series
    report: QualityReport
    rows_received: int
    rows_imported: int


class MarketDataService:
    """The use cases of market data, each scoped to one workspace."""

    def __init__(
        self,
        *,
        store_for: Callable[[WorkspaceId], BarStore],
        repository: SeriesRepository,
        sources: Mapping[str, BarSource],
        clock: Clock,
        calendar_for: Callable[[Instrument], TradingCalendar],
    ) -> None:
        self._store_for = store_for
        self._repository = repository
        self._sources = sources
        self._clock = clock
        self._calendar_for = calendar_for

    def source_names(self) -> tuple[str, ...]:
        """Sources that can be named in an import, in order."""
        return tuple(sorted(self._sources))

    def symbols(self, source: str) -> tuple[str, ...] | None:
        """What a source offers; None when it cannot list. Raises NotFound."""
        offered = self._source(source).symbols()
        return None if offered is None else tuple(offered)

    def import_bars(
        self,
        workspace_id: WorkspaceId,
        source: str | BarSource,
        symbols: Sequence[str] | None,
        timeframe: Timeframe,
        start: datetime | None = None,
        end: datetime | None = None,
        on_error: OnError = OnError.REFUSE,
        progress: Callable[[float, str], None] | None = None,
    ) -> tuple[ImportOutcome, ...]:
        """Fetch, check and store bars; None for symbols takes everything the source lists.

        All symbols are fetched and checked before the first is stored, so an import that is
        refused or breaks off at the source has changed nothing. Importing the same bars again
        changes nothing either. `progress` hears a fraction in [0, 1] and what is being done.

        Raises NotFound (source, symbol), InvalidInput (range, time frame, no bars, or rows that
        break an error rule under `OnError.REFUSE`, one problem a finding), and what sources and
        stores raise.
        """
        origin = self._source(source) if isinstance(source, str) else source
        start, end = _checked_range(start, end)
        wanted = _checked_symbols(origin, symbols)
        tell = progress or _tell_nobody
        fetched: list[tuple[Delivery, Checked]] = []
        for position, symbol in enumerate(wanted):
            tell(0.8 * position / len(wanted), f"fetching {symbol}")
            delivery = origin.fetch(symbol, timeframe, start, end)
            fetched.append((delivery, self._checked(delivery)))
        if on_error is OnError.REFUSE:
            _refuse_errors(fetched)
        _refuse_nothing(fetched)
        outcomes = []
        for position, (delivery, checked) in enumerate(fetched):
            tell(0.8 + 0.2 * position / len(fetched), f"storing {delivery.instrument.symbol}")
            outcomes.append(self._stored(workspace_id, origin.name, delivery, checked))
        tell(1.0, "done")
        return tuple(outcomes)

    def bars(
        self,
        workspace_id: WorkspaceId,
        key: SeriesKey,
        start: datetime | None = None,
        end: datetime | None = None,
        adjustment: Adjustment = Adjustment.NONE,
        as_of: datetime | None = None,
    ) -> Bars:
        """Stored bars whose close time lies in [start, end], adjusted with what was known then.

        With `as_of`, later bars and later corporate actions do not exist. Raises NotFound,
        InvalidInput for a range that ends before it starts.
        """
        start, end = _checked_range(start, end)
        if as_of is not None:
            end = min(end, as_utc(as_of)) if end is not None else as_utc(as_of)
        store = self._store_for(workspace_id)
        bars = store.read(key, start, end)
        # The cut is enough: an action after the last bar of a view changes nothing in it.
        return adjusted(bars, store.actions(key), adjustment)

    def check(self, workspace_id: WorkspaceId, key: SeriesKey) -> QualityReport:
        """Apply today's rules to a stored series; nothing is changed. Raises NotFound."""
        store = self._store_for(workspace_id)
        bars = store.read(key)
        calendar = self._calendar_for(bars.instrument)
        return check(RawBars.of(bars), bars.instrument, bars.timeframe, store.actions(key), calendar).report

    def delete(self, workspace_id: WorkspaceId, key: SeriesKey) -> None:
        """Forget a series; nothing happens when it is unknown."""
        store = self._store_for(workspace_id)
        with store.locked(key):
            # The row goes first: a file without a row is invisible, a row without a file is a fault.
            self._repository.delete(workspace_id, key)
            store.delete(key)

    def _source(self, name: str) -> BarSource:
        if name not in self._sources:
            raise NotFound("source", name, f"Known sources: {', '.join(self.source_names())}.")
        return self._sources[name]

    def _checked(self, delivery: Delivery) -> Checked:
        return check(
            delivery.bars,
            delivery.instrument,
            delivery.timeframe,
            delivery.actions,
            self._calendar_for(delivery.instrument),
            now=to_nanoseconds(self._clock.now()),
        )

    def _stored(
        self, workspace_id: WorkspaceId, source: str, delivery: Delivery, checked: Checked
    ) -> ImportOutcome:
        key = SeriesKey(source, delivery.instrument.id, delivery.timeframe)
        store = self._store_for(workspace_id)
        # Let go between bars and row, and an import that overtakes would have its row overwritten.
        with store.locked(key):
            whole = store.upsert(source, checked.bars, delivery.actions)
            series = Series(
                key=key,
                instrument=whole.instrument,
                rows=len(whole),
                first=from_nanoseconds(whole.close_time[0]),
                last=from_nanoseconds(whole.close_time[-1]),
                data_hash=whole.digest(),
                imported_at=self._clock.now(),
                warnings=len(checked.report.warnings),
            )
            self._repository.save(workspace_id, series, checked.report)
        return ImportOutcome(series, checked.report, checked.report.rows_checked, len(checked.bars))


def _tell_nobody(fraction: float, stage: str) -> None:
    """Progress that no one asked for."""


def _checked_range(start: datetime | None, end: datetime | None) -> tuple[datetime | None, datetime | None]:
    problems = [
        Problem((name,), f"{moment.isoformat()} has no time zone; add one, like +00:00")
        for name, moment in (("start", start), ("end", end))
        if moment is not None and moment.tzinfo is None
    ]
    if problems:
        raise InvalidInput.of(problems)
    if start is not None and end is not None and start > end:
        raise InvalidInput.at("start", message=f"{start.isoformat()} is after end, {end.isoformat()}")
    return start and as_utc(start), end and as_utc(end)


def _checked_symbols(source: BarSource, symbols: Sequence[str] | None) -> tuple[str, ...]:
    wanted = source.symbols() if symbols is None else symbols
    if wanted is None:
        raise InvalidInput.at("symbols", message=f"source '{source.name}' cannot list its symbols; name them")
    if not wanted:
        raise InvalidInput.at("symbols", message="name at least one symbol")
    return tuple(dict.fromkeys(wanted))


def _refuse_errors(fetched: Sequence[tuple[Delivery, Checked]]) -> None:
    problems = [
        Problem(
            (delivery.instrument.symbol, finding.rule),
            f"{finding.message} ({finding.rows} of {checked.report.rows_checked} rows, "
            f"first at {finding.examples[0].isoformat()})",
        )
        for delivery, checked in fetched
        for finding in checked.report.errors
    ]
    if problems:
        listed = "; ".join(str(problem) for problem in problems)
        raise InvalidInput(
            f"Nothing was imported, because rows break quality rules: {listed}. "
            "Mend the data, or choose to quarantine such rows.",
            problems,
        )


def _refuse_nothing(fetched: Sequence[tuple[Delivery, Checked]]) -> None:
    problems = []
    for delivery, checked in fetched:
        if len(checked.bars) == 0:
            received = checked.report.rows_checked
            reason = (
                f"none of the {received} rows is usable" if received else "there are no bars in this range"
            )
            problems.append(Problem((delivery.instrument.symbol,), reason))
    if problems:
        raise InvalidInput.of(problems)
