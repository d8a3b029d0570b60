from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from domain.clock import from_nanoseconds
from domain.errors import InvalidInput, NeedsOperator, NotFound, Retryable
from domain.ids import WorkspaceId
from domain.market.adapters.sample import SampleSource
from domain.market.corporate_actions import Adjustment, Split
from domain.market.ports import Delivery
from domain.market.quality_report import OnError
from domain.market.timeframe import DAILY, Timeframe
from tests.kit.bars import an_instrument, bars_closing_at
from tests.kit.market import StillSource, a_delivery
from tests.kit.market_service import GOOD, KEY, MINE, NOW, SESSIONS, House, a_source

YOURS = WorkspaceId("yours")
HIGH_BELOW_LOW = (10.0, 9.0, 12.0, 11.0, 100.0)


def test_an_import_stores_bars_and_lists_the_series(tmp_path: Path) -> None:
    house = House(tmp_path, a_source([GOOD] * 4))

    (outcome,) = house.service.import_bars(MINE, "still", ["TEST"], DAILY, None, None)

    series = outcome.series
    stored = house.service.bars(MINE, KEY)
    assert (outcome.rows_received, outcome.rows_imported, series.rows) == (4, 4, 4)
    assert series.key == KEY
    assert (series.first, series.last) == tuple(from_nanoseconds(stored.close_time[row]) for row in (0, -1))
    assert series.data_hash == stored.digest()
    assert series.imported_at == NOW
    assert list(house.repository.list(MINE)) == [series]
    assert house.repository.report(MINE, KEY) == outcome.report


def test_importing_the_same_again_changes_nothing(tmp_path: Path) -> None:
    house = House(tmp_path, a_source([GOOD] * 4))

    first = house.service.import_bars(MINE, "still", None, DAILY)
    second = house.service.import_bars(MINE, "still", None, DAILY)

    assert first == second


def test_a_second_import_adds_to_the_series(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.take_in(a_source([GOOD] * 2, [1, 2]))

    (outcome,) = house.service.import_bars(MINE, a_source([GOOD] * 3, [2, 5, 6]), ["TEST"], DAILY)

    assert (outcome.rows_received, outcome.series.rows) == (3, 4)


def test_an_import_with_errors_is_refused_and_names_every_finding(tmp_path: Path) -> None:
    house = House(tmp_path)
    bad = a_source([GOOD, HIGH_BELOW_LOW, (10, 12, 9, 11, -1), GOOD])

    with pytest.raises(InvalidInput, match="Nothing was imported") as refusal:
        house.take_in(bad)

    assert [problem.path for problem in refusal.value.problems] == [
        ("TEST", "negative_volume"),
        ("TEST", "high_below_low"),
    ]
    assert "1 of 4 rows, first at 2020-01-06T21:00:00+00:00" in refusal.value.problems[0].message


def test_a_refused_import_leaves_what_is_stored_untouched(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.take_in(a_source([GOOD] * 4))
    before, listed = house.service.bars(MINE, KEY).digest(), list(house.repository.list(MINE))

    with pytest.raises(InvalidInput):
        house.take_in(a_source([(20, 22, 19, 21, 5), HIGH_BELOW_LOW, GOOD, GOOD]))

    assert house.service.bars(MINE, KEY).digest() == before
    assert list(house.repository.list(MINE)) == listed


def test_one_bad_symbol_keeps_the_good_ones_out_too(tmp_path: Path) -> None:
    other = an_instrument("BAD")
    source = StillSource({"TEST": a_delivery([GOOD], [1]), "BAD": a_delivery([HIGH_BELOW_LOW], [1], other)})
    house = House(tmp_path, source)

    with pytest.raises(InvalidInput):
        house.service.import_bars(MINE, "still", ["TEST", "BAD"], DAILY)

    assert list(house.repository.list(MINE)) == []
    with pytest.raises(NotFound):
        house.service.bars(MINE, KEY)


def test_quarantine_stores_the_sound_rows_and_reports_the_others(tmp_path: Path) -> None:
    house = House(tmp_path)

    (outcome,) = house.service.import_bars(
        MINE, a_source([GOOD, HIGH_BELOW_LOW, GOOD, GOOD]), ["TEST"], DAILY, on_error=OnError.QUARANTINE
    )

    assert (outcome.rows_received, outcome.rows_imported, outcome.report.rows_quarantined) == (4, 3, 1)
    assert [finding.rule for finding in outcome.report.errors] == ["high_below_low"]
    assert outcome.series.warnings == 1  # the session of the quarantined row is missing now
    assert len(house.service.bars(MINE, KEY)) == 3


def test_an_import_without_a_usable_row_is_refused(tmp_path: Path) -> None:
    house = House(tmp_path)

    with pytest.raises(InvalidInput, match="TEST: none of the 1 rows is usable"):
        house.take_in(a_source([HIGH_BELOW_LOW], [1]), OnError.QUARANTINE)
    with pytest.raises(InvalidInput, match="TEST: there are no bars in this range"):
        house.take_in(a_source([], []))


def test_a_bar_that_is_still_open_is_not_stored(tmp_path: Path) -> None:
    house = House(tmp_path, now=datetime(2020, 1, 7, 15, tzinfo=UTC))

    house.take_in(a_source([GOOD] * 4))

    assert len(house.service.bars(MINE, KEY)) == 3
    assert [finding.rule for finding in house.repository.report(MINE, KEY).warnings] == ["unfinished"]


def test_progress_runs_from_nothing_to_done(tmp_path: Path) -> None:
    heard: list[tuple[float, str]] = []
    source = StillSource.of(*(bars_closing_at([1, 2], instrument=an_instrument(name)) for name in ("A", "B")))

    House(tmp_path).service.import_bars(
        MINE, source, None, DAILY, progress=lambda fraction, stage: heard.append((fraction, stage))
    )

    fractions = [fraction for fraction, _ in heard]
    assert fractions == sorted(fractions)
    assert heard[0] == (0.0, "fetching A")
    assert heard[-1] == (1.0, "done")


def test_a_symbol_named_twice_is_fetched_once(tmp_path: Path) -> None:
    source = a_source([GOOD], [1])

    House(tmp_path, source).service.import_bars(MINE, "still", ["TEST", "TEST"], DAILY)

    assert source.fetched == ["TEST"]


def test_an_unknown_source_is_not_found_and_the_known_are_told(tmp_path: Path) -> None:
    service = House(tmp_path, SampleSource(), a_source([GOOD], [1])).service

    assert service.source_names() == ("sample", "still")
    assert service.symbols("sample") == ("AAPL", "FB", "GOOG", "IBM", "MSFT")
    with pytest.raises(NotFound, match=r"'bloomberg'\. Known sources: sample, still"):
        service.import_bars(MINE, "bloomberg", ["AAPL"], DAILY)


@pytest.mark.parametrize(
    ("symbols", "start", "end", "path"),
    [
        ([], None, None, "symbols"),
        (["TEST"], NOW, NOW - timedelta(days=1), "start"),
        (["TEST"], NOW.replace(tzinfo=None), None, "start"),
    ],
    ids=["no symbols", "start after end", "no time zone"],
)
def test_a_request_that_makes_no_sense_is_refused(
    tmp_path: Path, symbols: list[str], start: datetime | None, end: datetime | None, path: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        House(tmp_path, a_source([GOOD], [1])).service.import_bars(MINE, "still", symbols, DAILY, start, end)

    assert refusal.value.problems[0].path == (path,)


def test_a_source_that_cannot_list_needs_symbols_named(tmp_path: Path) -> None:
    class Silent(StillSource):
        def symbols(self) -> None:
            return None

    with pytest.raises(InvalidInput, match="cannot list its symbols"):
        House(tmp_path).service.import_bars(MINE, Silent({}), None, DAILY)


def test_a_source_that_breaks_off_has_changed_nothing(tmp_path: Path) -> None:
    class Breaking(StillSource):
        def fetch(
            self, symbol: str, timeframe: Timeframe, start: datetime | None, end: datetime | None
        ) -> Delivery:
            if symbol == "LAST":
                raise Retryable("The vendor went away.")
            return super().fetch(symbol, timeframe, start, end)

    house = House(tmp_path)

    with pytest.raises(Retryable):
        house.service.import_bars(MINE, Breaking({"TEST": a_delivery([GOOD], [1])}), ["TEST", "LAST"], DAILY)

    assert list(house.repository.list(MINE)) == []


def _house_with_a_split(folder: Path) -> House:
    bars = bars_closing_at([100, 102, 51, 52])
    house = House(folder)
    house.take_in(StillSource.of(bars, actions=[Split(date(2020, 1, 3), 2.0)]))
    return house


def test_bars_are_read_as_traded_or_adjusted(tmp_path: Path) -> None:
    service = _house_with_a_split(tmp_path).service

    assert service.bars(MINE, KEY).close.tolist() == [100, 102, 51, 52]
    assert service.bars(MINE, KEY, adjustment=Adjustment.SPLITS).close.tolist() == [50, 51, 51, 52]


@pytest.mark.parametrize(
    ("as_of", "closes"),
    [
        ("2020-01-02T21:00:00+00:00", [100, 102]),
        ("2020-01-03T20:59:59+00:00", [100, 102]),
        ("2020-01-03T21:00:00+00:00", [50, 51, 51]),
    ],
)
def test_as_of_a_moment_later_bars_and_actions_do_not_exist(
    tmp_path: Path, as_of: str, closes: list[float]
) -> None:
    service = _house_with_a_split(tmp_path).service

    view = service.bars(MINE, KEY, adjustment=Adjustment.TOTAL_RETURN, as_of=datetime.fromisoformat(as_of))

    assert view.close.tolist() == closes


def test_a_range_and_a_moment_are_both_kept_to(tmp_path: Path) -> None:
    service = _house_with_a_split(tmp_path).service
    second, last = datetime(2020, 1, 2, 21, tzinfo=UTC), datetime(2020, 1, 4, 21, tzinfo=UTC)

    assert service.bars(MINE, KEY, second, second, as_of=last).close.tolist() == [102]
    assert service.bars(MINE, KEY, None, last, as_of=second).close.tolist() == [100, 102]
    with pytest.raises(InvalidInput, match="is after end"):
        service.bars(MINE, KEY, last, second)


def test_stored_bars_can_be_checked_again(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.take_in(a_source([GOOD] * 3, [1, 2, 6]))

    report = house.service.check(MINE, KEY)

    assert [(finding.rule, finding.rows) for finding in report.findings] == [("missing_session", 1)]


def test_a_deleted_series_is_gone_everywhere(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.take_in(a_source([GOOD], [1]))

    house.service.delete(MINE, KEY)
    house.service.delete(MINE, KEY)

    assert list(house.repository.list(MINE)) == []
    with pytest.raises(NotFound):
        house.service.bars(MINE, KEY)


def test_a_workspace_neither_sees_nor_deletes_the_bars_of_another(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.take_in(a_source([GOOD], [1]))

    with pytest.raises(NotFound):
        house.service.bars(YOURS, KEY)
    house.service.delete(YOURS, KEY)

    assert len(house.service.bars(MINE, KEY)) == 1


def test_a_store_that_cannot_write_is_told_to_the_operator(tmp_path: Path) -> None:
    (tmp_path / MINE).write_text("a file where the folder should be")

    with pytest.raises(NeedsOperator):
        House(tmp_path).take_in(a_source([GOOD], [1]))


def test_all_sample_series_are_imported_and_total_returns_grow_with_dividends(tmp_path: Path) -> None:
    house = House(tmp_path, SampleSource())

    outcomes = house.service.import_bars(MINE, "sample", None, DAILY)

    assert [outcome.series.rows for outcome in outcomes] == [3_270, 196, 2_148, 3_270, 3_270]
    assert all(outcome.report.findings == () for outcome in outcomes)
    ibm = outcomes[3].series.key
    traded, total = (
        house.service.bars(MINE, ibm, adjustment=adjustment).close
        for adjustment in (Adjustment.SPLITS, Adjustment.TOTAL_RETURN)
    )
    assert total[-1] / total[0] > traded[-1] / traded[0]
    assert np.array_equal(traded, house.service.bars(MINE, ibm).close)


def test_bars_of_a_venue_nobody_knows_are_stored_with_a_warning(tmp_path: Path) -> None:
    house = House(tmp_path)
    source = StillSource({"TEST": a_delivery([GOOD] * 4, SESSIONS, an_instrument(venue="NASDQ"))})

    (outcome,) = house.service.import_bars(MINE, source, None, DAILY)

    assert [finding.rule for finding in outcome.report.warnings] == ["unknown_venue"]
    assert outcome.series.warnings == 1
