"""A run in the calling thread ends at its time limit, too."""

import threading

import pytest

from domain.backtesting.ports import BacktestJob
from domain.errors import InvalidInput
from domain.ids import BacktestId
from functions.inline_limit import within_limit
from tests.kit.backtests import WORKSPACE, a_spec

JOB = BacktestJob(BacktestId("bt_1"), WORKSPACE, a_spec())


def test_what_never_ends_is_stopped_in_the_main_thread() -> None:
    def endless(job, report):  # type: ignore[no-untyped-def] # as a handler is called
        while True:
            pass

    with pytest.raises(InvalidInput, match=r"It ran longer than the limit of 0\.05 seconds\."):
        within_limit(endless, 0.05)(JOB, lambda *_: None)


def test_another_thread_is_left_to_its_own_limit() -> None:
    done: list[str] = []

    def handle(job, report):  # type: ignore[no-untyped-def] # as a handler is called
        done.append(job.id)

    thread = threading.Thread(target=lambda: within_limit(handle, 0.001)(JOB, lambda *_: None))
    thread.start()
    thread.join()
    assert done == ["bt_1"]
