"""Listings of runs, newest first, walked in both directions."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from domain.backtesting.adapters.sql import SqlBacktestRepository
from domain.backtesting.model import Backtest, BacktestFilter, BacktestStatus, Page
from domain.errors import InvalidInput
from domain.ids import BacktestId
from domain.storage.database import Database
from tests.kit.storage import CREATED, FULL_SPEC, OURS, THEIRS, a_backtest

COUNT = 7
FILTERS = [
    BacktestFilter(),
    BacktestFilter(status=BacktestStatus.CANCELLED),
    BacktestFilter(strategy="macd"),
    BacktestFilter(instrument="B.XNAS"),
    BacktestFilter(status=BacktestStatus.QUEUED, strategy="macd", instrument="B.XNAS"),
    BacktestFilter(strategy="unknown"),
]


def _run(number: int) -> Backtest:
    spec = FULL_SPEC.model_copy(
        update={
            "strategy": "macd" if number % 2 else "sma_cross",
            "instruments": ("A.XNAS", "B.XNAS") if number % 3 else ("A.XNAS",),
        }
    )
    run = a_backtest(number, spec=spec)
    return run.cancelled(CREATED) if number % 4 == 0 else run


RUNS = [_run(number) for number in range(COUNT)][::-1]


@pytest.fixture
def repository(database: Database) -> SqlBacktestRepository:
    repository = SqlBacktestRepository(database)
    for number in (3, 0, 6, 1, 5, 2, 4):
        repository.add(_run(number), None, "hash")
        repository.add(replace(_run(number), workspace_id=THEIRS), None, "hash")
    return repository


def _matching(where: BacktestFilter) -> list[Backtest]:
    return [
        run
        for run in RUNS
        if where.status in (None, run.status)
        and where.strategy in (None, run.spec.strategy)
        and (where.instrument is None or where.instrument in run.spec.instruments)
    ]


def _forwards(repository: SqlBacktestRepository, size: int, where: BacktestFilter) -> Iterator[Page]:
    page = repository.page(OURS, first=size, where=where)
    yield page
    for _ in range(COUNT):
        if not page.has_next:
            return
        page = repository.page(OURS, first=size, after=page.items[-1].id, where=where)
        yield page


def _backwards(repository: SqlBacktestRepository, size: int, where: BacktestFilter) -> Iterator[Page]:
    page = repository.page(OURS, last=size, where=where)
    yield page
    for _ in range(COUNT):
        if not page.has_previous:
            return
        page = repository.page(OURS, last=size, before=page.items[0].id, where=where)
        yield page


@pytest.mark.parametrize("where", FILTERS, ids=str)
def test_walking_shows_every_run_once_newest_first(
    repository: SqlBacktestRepository, where: BacktestFilter
) -> None:
    matching = _matching(where)
    for size in range(1, COUNT + 2):
        forwards = list(_forwards(repository, size, where))
        backwards = list(_backwards(repository, size, where))

        assert [run for page in forwards for run in page.items] == matching
        assert [run for page in reversed(backwards) for run in page.items] == matching
        assert {page.total for page in forwards + backwards} == {len(matching)}
        assert [page.has_previous for page in forwards] == [False] + [True] * (len(forwards) - 1)
        assert [page.has_next for page in backwards] == [False] + [True] * (len(backwards) - 1)


def test_every_window_between_two_cursors_is_cut_from_the_right_end(
    repository: SqlBacktestRepository,
) -> None:
    for newer in range(COUNT):
        for older in range(newer + 1, COUNT):
            window = RUNS[newer + 1 : older]
            after, before = RUNS[newer].id, RUNS[older].id

            from_the_newest = repository.page(OURS, first=2, after=after, before=before)
            from_the_oldest = repository.page(OURS, last=2, after=after, before=before)

            assert from_the_newest.items == tuple(window[:2])
            assert from_the_oldest.items == tuple(window[-2:])
            assert from_the_newest.has_previous
            assert from_the_oldest.has_next


def test_a_cursor_whose_run_is_gone_keeps_its_place(repository: SqlBacktestRepository) -> None:
    cancelled = RUNS[2]
    assert cancelled.status is BacktestStatus.CANCELLED
    repository.delete(OURS, cancelled.id)

    assert repository.page(OURS, first=1, after=cancelled.id).items == (RUNS[3],)
    assert repository.page(OURS, last=1, before=cancelled.id).items == (RUNS[1],)


def test_a_page_beyond_the_end_is_empty_and_knows_what_lies_before(repository: SqlBacktestRepository) -> None:
    assert repository.page(OURS, first=3, after=RUNS[-1].id) == Page((), False, True, COUNT)
    assert repository.page(OURS, last=3, before=RUNS[0].id) == Page((), True, False, COUNT)


def test_an_empty_workspace_has_an_empty_page(database: Database) -> None:
    assert SqlBacktestRepository(database).page(OURS, first=1) == Page((), False, False, 0)


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        (None, None, "first: give first or last"),
        (1, 1, "first: give first or last, not both"),
        (0, None, "first: must be from 1 to 100"),
        (101, None, "first: must be from 1 to 100"),
        (None, -1, "last: must be from 1 to 100"),
        (None, 2**40, "last: must be from 1 to 100"),
    ],
)
def test_a_lying_page_size_is_refused(
    repository: SqlBacktestRepository, first: int | None, last: int | None, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        repository.page(OURS, first=first, last=last)


def test_identifiers_are_ordered_by_their_bytes_on_every_database(database: Database) -> None:
    """A locale would put an underscore or a capital elsewhere, and pages would lose rows."""
    repository = SqlBacktestRepository(database)
    identifiers = ["bt_a", "bt_A", "bt0", "bt_", "bt-a", "bta", "btB"]
    for identifier in identifiers:
        repository.add(a_backtest(id=BacktestId(identifier)), None, "hash")

    listed = [run.id for run in repository.page(OURS, first=100).items]

    assert listed == sorted(identifiers, reverse=True)
