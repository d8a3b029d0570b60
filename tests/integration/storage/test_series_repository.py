"""The catalogue of series in SQL, on SQLite and on PostgreSQL."""

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.errors import NotFound
from domain.market.adapters.sql import SqlSeriesRepository
from domain.market.quality_report import QualityReport
from domain.market.series import Series
from domain.market.timeframe import Timeframe
from domain.storage.database import Database
from tests.kit.storage import OURS, THEIRS, a_report, a_series, at_once

NOTHING_FOUND = QualityReport(10, 0, ())


@pytest.fixture
def repository(database: Database) -> SqlSeriesRepository:
    return SqlSeriesRepository(database)


def test_a_series_its_instrument_and_its_report_come_back_equal(repository: SqlSeriesRepository) -> None:
    series = a_series()

    repository.save(OURS, series, a_report())

    assert repository.list(OURS) == [series]
    assert repository.instruments(OURS) == [series.instrument]
    assert repository.report(OURS, series.key) == a_report()


def test_saving_again_replaces_series_instrument_and_report(repository: SqlSeriesRepository) -> None:
    repository.save(OURS, a_series(), a_report())
    renamed = replace(a_series().instrument, name="Bitcoin", tick_size=Decimal("0.5"))
    grown = a_series(rows=5, data_hash="ef" * 32, warnings=0, instrument=renamed)

    repository.save(OURS, grown, NOTHING_FOUND)

    assert repository.list(OURS) == [grown]
    assert repository.instruments(OURS) == [renamed]
    assert repository.report(OURS, grown.key) == NOTHING_FOUND


def test_series_are_listed_by_instrument_then_source_then_length_of_a_bar(
    repository: SqlSeriesRepository,
) -> None:
    ordered: list[Series] = [
        a_series(symbol, source, timeframe)
        for symbol in ("AAA", "Bbb", "aaa")
        for source in ("Yahoo", "sample")
        for timeframe in ("1m", "15m", "1h", "1d", "1w")
    ]
    for series in ordered[::2] + ordered[1::2]:
        repository.save(OURS, series, NOTHING_FOUND)

    assert repository.list(OURS) == ordered
    assert [instrument.symbol for instrument in repository.instruments(OURS)] == ["AAA", "Bbb", "aaa"]


def test_each_filter_narrows_the_listing(repository: SqlSeriesRepository) -> None:
    daily, hourly = a_series("AAA", "sample", "1d"), a_series("AAA", "sample", "1h")
    other, vendor = a_series("BBB", "sample", "1d"), a_series("AAA", "yahoo", "1d")
    for series in (daily, hourly, other, vendor):
        repository.save(OURS, series, NOTHING_FOUND)

    assert repository.list(OURS, source="yahoo") == [vendor]
    assert repository.list(OURS, instrument_id=other.key.instrument_id) == [other]
    assert repository.list(OURS, timeframe=Timeframe.parse("1h")) == [hourly]
    assert repository.list(
        OURS, source="sample", instrument_id=daily.key.instrument_id, timeframe=daily.key.timeframe
    ) == [daily]
    assert repository.list(OURS, source="nobody") == []


def test_another_workspace_sees_and_deletes_nothing(repository: SqlSeriesRepository) -> None:
    series = a_series()
    repository.save(OURS, series, a_report())

    repository.delete(THEIRS, series.key)

    assert repository.list(THEIRS) == []
    assert repository.instruments(THEIRS) == []
    with pytest.raises(NotFound):
        repository.report(THEIRS, series.key)
    assert repository.list(OURS) == [series]


def test_two_workspaces_keep_their_own_facts_of_one_instrument(repository: SqlSeriesRepository) -> None:
    ours = a_series()
    theirs = a_series(rows=1, instrument=replace(ours.instrument, name="their name"))
    repository.save(OURS, ours, a_report())
    repository.save(THEIRS, theirs, NOTHING_FOUND)

    assert repository.list(OURS) == [ours]
    assert repository.list(THEIRS) == [theirs]


def test_a_deleted_series_takes_its_report_and_its_instrument_from_the_listings(
    repository: SqlSeriesRepository,
) -> None:
    kept, deleted = a_series("AAA"), a_series("BBB")
    for series in (kept, deleted):
        repository.save(OURS, series, a_report())

    repository.delete(OURS, deleted.key)
    repository.delete(OURS, deleted.key)

    assert repository.list(OURS) == [kept]
    assert repository.instruments(OURS) == [kept.instrument]
    with pytest.raises(NotFound, match=r"There is no series 'ccxt:BBB.BINANCE:15m'"):
        repository.report(OURS, deleted.key)


def test_eight_writers_of_one_series_leave_one_row(repository: SqlSeriesRepository) -> None:
    versions = [a_series(rows=number, data_hash=str(number)) for number in range(8)]

    at_once(8, lambda number: repository.save(OURS, versions[number], NOTHING_FOUND))

    (stored,) = repository.list(OURS)
    assert stored in versions
