"""The reference client of the graphql-transport-ws protocol against a real server."""

import json
import queue
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from domain.backtesting.model import BacktestProgress, BacktestStatus
from domain.ids import BacktestId
from events.topics import backtest_progress
from functions.api import create_app
from functions.settings import Mode
from tests.kit.api import HOME, NOW, ApiOnFakes, serving
from tests.kit.databases import free_port
from tests.kit.javascript import javascript

RUN = BacktestId("bt_000001")


class Follower:
    """The client's own account of what happens to it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._told: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._process = process
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._told.put(json.loads(line))
        self._told.put(None)

    def next(self) -> tuple[str, Any]:
        told = self._told.get(timeout=15)
        assert told is not None, "the client ended"
        return told["event"], told["detail"]

    def ends(self) -> int:
        assert self._told.get(timeout=15) is None
        return self._process.wait(15)


@contextmanager
def following(url: str, *arguments: str) -> Iterator[Follower]:
    address = url.replace("http://", "ws://") + "/graphql"
    command = ["node", "subscribe.mjs", address, RUN, *arguments]
    with subprocess.Popen(command, cwd=javascript(), stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Follower(process)
        finally:
            process.kill()


def publish(api: ApiOnFakes, status: BacktestStatus, progress: float, stage: str) -> None:
    event = BacktestProgress(RUN, HOME, status, progress, stage)
    api.bus.publish(backtest_progress(HOME, RUN), event)


def step(status: str, progress: float, stage: str) -> tuple[str, dict[str, Any]]:
    return "next", {"status": status, "progress": progress, "stage": stage, "failure": None}


def test_a_subscription_is_followed_to_its_end() -> None:
    api = ApiOnFakes()
    api.holding(1, BacktestStatus.RUNNING)
    with serving(create_app(api)) as url, following(url) as client:
        assert client.next() == ("connected", None)
        assert client.next() == step("RUNNING", 0.5, "running")
        publish(api, BacktestStatus.RUNNING, 0.9, "measuring")
        assert client.next() == step("RUNNING", 0.9, "measuring")
        publish(api, BacktestStatus.COMPLETED, 1.0, "completed")
        assert client.next() == step("COMPLETED", 1.0, "completed")
        assert client.next() == ("complete", None)
        assert client.next() == ("closed", 1000)
        assert client.ends() == 0


def test_a_client_comes_back_after_the_server_was_restarted() -> None:
    api = ApiOnFakes()
    (run,) = api.holding(1, BacktestStatus.RUNNING)
    port = free_port()
    with serving(create_app(api), port) as url:
        client_of = following(url, "", "200")
        client = client_of.__enter__()
        assert client.next() == ("connected", None)
        assert client.next() == step("RUNNING", 0.5, "running")
    try:
        assert client.next()[0] == "closed"
        api.repository.save(run.failed(NOW, "The process that ran this backtest ended."))
        with serving(create_app(api), port):
            told = client.next()
            while told[0] == "closed":
                told = client.next()
            assert told == ("connected", None)
            event, last = client.next()
            assert (event, last["status"]) == ("next", "FAILED")
            assert client.next() == ("complete", None)
    finally:
        client_of.__exit__(None, None, None)


def test_a_client_with_a_key_is_let_in_and_a_stranger_gives_up() -> None:
    api = ApiOnFakes(mode=Mode.SERVER)
    api.holding(1)
    with serving(create_app(api)) as url:
        with following(url, f"Bearer {api.key()}") as client:
            assert client.next() == ("connected", None)
            assert client.next() == step("COMPLETED", 0.0 + 1, "completed")
        with following(url, "Bearer at_unknown") as stranger:
            assert stranger.next() == ("closed", 4403)
            assert stranger.next() == ("error", 4403)
            assert stranger.ends() == 1
