import dataclasses
from datetime import UTC, datetime

import pytest

from domain.errors import InvalidInput, NotFound
from domain.ids import WorkspaceId
from domain.market.catalogue import SeriesCatalogue
from domain.market.quality_report import QualityReport
from domain.market.series import Series, SeriesKey
from domain.market.timeframe import DAILY, Timeframe
from tests.kit.bars import an_instrument
from tests.kit.market import InMemorySeriesRepository

MINE, YOURS = WorkspaceId("mine"), WorkspaceId("yours")
HOURLY = Timeframe.parse("1h")
REPORT = QualityReport(1, 0, ())


def _series(symbol: str, venue: str = "XNAS", source: str = "sample", timeframe: Timeframe = DAILY) -> Series:
    instrument = an_instrument(symbol, venue)
    day = datetime(2020, 1, 2, 21, tzinfo=UTC)
    return Series(SeriesKey(source, instrument.id, timeframe), instrument, 1, day, day, "hash", day, 0)


def _catalogue(*stored: Series) -> SeriesCatalogue:
    repository = InMemorySeriesRepository()
    for series in stored:
        repository.save(MINE, series, REPORT)
    return SeriesCatalogue(repository)


def test_series_are_found_by_symbol_and_by_id_in_the_order_asked_for() -> None:
    apple, ibm = _series("AAPL"), _series("IBM", "XNYS")

    assert _catalogue(apple, ibm).find(MINE, ["IBM", "AAPL.XNAS"], DAILY, None) == (ibm, apple)


def test_a_series_of_another_workspace_does_not_exist() -> None:
    with pytest.raises(NotFound, match="Nothing is stored yet"):
        _catalogue(_series("AAPL")).find(YOURS, ["AAPL"], DAILY, None)


def test_a_name_without_bars_is_not_found_and_what_is_stored_is_told() -> None:
    with pytest.raises(NotFound, match=r"'TSLA'\. .*Stored: AAPL, IBM"):
        _catalogue(_series("AAPL"), _series("IBM")).find(MINE, ["TSLA"], DAILY, None)


def test_bars_of_another_time_frame_do_not_count() -> None:
    with pytest.raises(NotFound, match="no 1d bars"):
        _catalogue(_series("AAPL", timeframe=HOURLY)).find(MINE, ["AAPL"], DAILY, None)


def test_a_symbol_at_two_venues_needs_its_full_id() -> None:
    nasdaq, london = _series("ABC"), _series("ABC", "XLON")
    catalogue = _catalogue(nasdaq, london)

    with pytest.raises(InvalidInput, match=r"ABC\.XLON, ABC\.XNAS"):
        catalogue.find(MINE, ["ABC"], DAILY, None)
    assert catalogue.find(MINE, ["ABC.XLON"], DAILY, None) == (london,)


def test_bars_of_two_sources_need_the_source_named() -> None:
    sample, yahoo = _series("AAPL"), _series("AAPL", source="yahoo")
    catalogue = _catalogue(sample, yahoo)

    with pytest.raises(InvalidInput, match="name one of sample, yahoo") as refusal:
        catalogue.find(MINE, ["AAPL"], DAILY, None)
    assert refusal.value.problems[0].path == ("source",)
    assert catalogue.find(MINE, ["AAPL"], DAILY, "yahoo") == (yahoo,)


def test_the_one_source_that_has_all_of_them_is_taken() -> None:
    apple, ibm = _series("AAPL", source="yahoo"), _series("IBM", source="yahoo")

    assert _catalogue(apple, ibm, _series("AAPL")).find(MINE, ["AAPL", "IBM"], DAILY, None) == (apple, ibm)


def test_instruments_are_never_mixed_from_two_sources() -> None:
    with pytest.raises(InvalidInput, match="no single source"):
        _catalogue(_series("AAPL"), _series("IBM", source="yahoo")).find(MINE, ["AAPL", "IBM"], DAILY, None)


def test_an_instrument_named_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="named twice"):
        _catalogue(_series("AAPL")).find(MINE, ["AAPL", "AAPL.XNAS"], DAILY, None)


def test_saving_again_replaces_the_series_and_its_report() -> None:
    repository = InMemorySeriesRepository()
    first = _series("AAPL")
    longer = dataclasses.replace(first, rows=2)

    repository.save(MINE, first, REPORT)
    repository.save(MINE, longer, QualityReport(2, 0, ()))

    assert list(repository.list(MINE)) == [longer]
    assert repository.report(MINE, first.key).rows_checked == 2
