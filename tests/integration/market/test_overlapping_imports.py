"""Two that change one series at once."""

import fcntl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from domain.errors import NotFound
from domain.ids import WorkspaceId
from domain.market.quality_report import QualityReport
from domain.market.series import Series
from tests.kit.market import InMemorySeriesRepository
from tests.kit.market_service import GOOD, KEY, MINE, House, a_source


class HesitantRepository(InMemorySeriesRepository):
    """Its first writer dwells on the row until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.saving, self.go_on = threading.Event(), threading.Event()

    def save(self, workspace_id: WorkspaceId, series: Series, report: QualityReport) -> None:
        if not self.saving.is_set():
            self.saving.set()
            assert self.go_on.wait(30)
        super().save(workspace_id, series, report)


@pytest.fixture
def hesitant(monkeypatch: pytest.MonkeyPatch) -> HesitantRepository:
    """Told to go on as soon as another writer has to wait for the series."""
    repository, flock = HesitantRepository(), fcntl.flock

    def noticing(lock: Any, operation: int) -> None:
        try:
            flock(lock, operation | fcntl.LOCK_NB)
        except BlockingIOError:
            repository.go_on.set()
            flock(lock, operation)

    monkeypatch.setattr(fcntl, "flock", noticing)
    return repository


def _while_an_import_saves_its_row(
    folder: Path, repository: HesitantRepository, change: Callable[[House], None]
) -> House:
    house = House(folder, repository=repository)
    first = threading.Thread(target=lambda: house.take_in(a_source([GOOD] * 2, [1, 2])))

    def then_let_go() -> None:
        change(house)
        repository.go_on.set()

    second = threading.Thread(target=then_let_go)
    first.start()
    assert repository.saving.wait(30)
    second.start()
    first.join()
    second.join()
    return house


def test_the_row_of_an_import_that_was_overtaken_does_not_hide_the_later_bars(
    tmp_path: Path, hesitant: HesitantRepository
) -> None:
    house = _while_an_import_saves_its_row(
        tmp_path, hesitant, lambda house: house.take_in(a_source([GOOD] * 4))
    )

    (row,) = hesitant.list(MINE)
    stored = house.service.bars(MINE, KEY)
    assert len(stored) == 4
    assert (row.rows, row.data_hash) == (4, stored.digest())


def test_a_series_deleted_while_it_is_imported_leaves_no_row_without_bars(
    tmp_path: Path, hesitant: HesitantRepository
) -> None:
    house = _while_an_import_saves_its_row(tmp_path, hesitant, lambda house: house.service.delete(MINE, KEY))

    assert hesitant.list(MINE) == []
    with pytest.raises(NotFound):
        house.service.bars(MINE, KEY)
