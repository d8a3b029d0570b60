"""The platform from Python: every field of its schema as a method, and tables as data frames."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from agentic_trader.errors import NotFound, RunEnded
from agentic_trader.frames import Frame, FrameLibrary, frame_of_columns, frame_of_parquet
from agentic_trader.generated import (
    SELECTIONS,
    Adjustment,
    Anatomy,
    Backtest,
    BacktestProgress,
    BacktestStatus,
    Verdict,
)
from agentic_trader.local_server import LocalServer
from agentic_trader.objects import HtmlPage, Page
from agentic_trader.studies import Studies
from agentic_trader.transport import Transport

T = TypeVar("T")
DEFAULT_URL = "http://127.0.0.1:8000"
_PAGE = 100


class Client(Studies):
    """One server and one workspace of it.

        client = Client()                                  # a server on this machine
        client = Client("https://trader.example.com", api_key="…")
        with Client.local() as client:                     # starts a server, and stops it again
            run = client.run_backtest(strategy="sma_cross", instruments=["GOOG"])
            run.statistics.sharpe, client.curve(run.id)
            sweep = client.run_sweep(
                backtest={"strategy": "sma_cross", "instruments": ["GOOG"]},
                space={"fast": (5, 31, 2), "slow": [35, 55, 75]},
            )
            client.heat_map(sweep.id, "fast", "slow"), client.study_report(sweep.id)

    frames             library of the data frames: polars, or pandas
    timeout_seconds    how long to wait for an answer, and between two events of a subscription

    Raises Refused (InvalidInput, NotFound, Conflict, Forbidden) when the platform does not carry a
    request out, Failed for errors, Unreachable when no answer comes.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        api_key: str | None = None,
        frames: FrameLibrary = "polars",
        timeout_seconds: float = 60.0,
    ) -> None:
        self.url = url
        self._frames: FrameLibrary = frames
        self._server: LocalServer | None = None
        self._connection = Transport(url, api_key, timeout_seconds)
        self._transport = self._connection

    @classmethod
    def local(
        cls,
        data_folder: Path | str | None = None,
        *,
        frames: FrameLibrary = "polars",
        timeout_seconds: float = 60.0,
    ) -> Self:
        """Start a server on this machine and connect to it; it is stopped by `close`.

        data_folder is where bars and results are kept, ~/.agentic-trader unless given.
        """
        server = LocalServer(None if data_folder is None else Path(data_folder))
        client = cls(server.url, frames=frames, timeout_seconds=timeout_seconds)
        client._server = server
        return client

    def close(self) -> None:
        """Let go of the connections, and stop the server that `local` started."""
        self._connection.close()
        if self._server is not None:
            self._server.stop()
            self._server = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def execute(self, document: str, **variables: Any) -> dict[str, Any]:
        """Any query or mutation; the `data` of the answer, as it came."""
        return self._connection.execute(document, variables)

    def every(self, listing: Callable[..., Page[T]], **arguments: Any) -> Iterator[T]:
        """Everything a listing holds, page by page: `client.every(client.backtests)`."""
        after = None
        while True:
            page = listing(**({"first": 20} | arguments | {"after": after}))
            yield from page.items
            if not page.has_next:
                return
            after = page.end_cursor

    def wait_for(self, backtest_id: str, heard: Callable[[BacktestProgress], None] | None = None) -> Backtest:
        """The run once it has completed. Raises RunEnded when it failed or was cancelled instead."""
        for event in self.backtest_progress(backtest_id):
            if heard is not None:
                heard(event)
        run = self.backtest(backtest_id)
        if run is None:
            raise NotFound(f"There is no backtest '{backtest_id}'.")
        if run.status is not BacktestStatus.COMPLETED:
            raise RunEnded(run.failure or f"Backtest {run.identifier} is {run.status.lower()}.")
        return run

    def run_backtest(self, **specification: Any) -> Backtest:
        """Start a backtest (arguments as `start_backtest`) and wait until it has completed."""
        return self.wait_for(self.start_backtest(**specification).id)

    def verdict(self, backtest_id: str) -> Verdict | None:
        """What holds of a completed run, what does not, and what nobody can tell yet."""
        found = self._of_backtest(backtest_id, "verdict", Verdict)
        return found if found is None else Verdict.model_validate(found)

    def anatomy(self, backtest_id: str) -> Anatomy | None:
        """Where the result of a completed run comes from: periods, regimes, best days, benchmark."""
        found = self._of_backtest(backtest_id, "anatomy", Anatomy)
        return found if found is None else Anatomy.model_validate(found)

    def curve(self, backtest_id: str) -> Frame:
        """The account at each bar of a completed run: close_time, equity, cash, exposure, benchmark."""
        return self._table(backtest_id, "curve")

    def trades(self, backtest_id: str) -> Frame:
        """The round trips of a completed run, in the order of their exits."""
        return self._table(backtest_id, "trades")

    def report(self, backtest_id: str, path: Path | str | None = None) -> HtmlPage:
        """The tear sheet of a completed run: one page that needs no network. A notebook shows it;
        with a path it is written there too."""
        run = self.backtest(backtest_id)
        if run is None or run.report_url is None:
            raise NotFound(f"There is no report of backtest '{backtest_id}'.")
        return self._page(run.spec.strategy, run.report_url, path)

    def price_bars(
        self,
        instrument: str,
        timeframe: str = "1d",
        *,
        source: str | None = None,
        adjustment: Adjustment | None = None,
    ) -> Frame:
        """All stored bars of an instrument, oldest first; times are when a bar closed, UTC."""
        arguments = {"instrument": instrument, "timeframe": timeframe, "source": source, "first": _PAGE}
        bars = list(self.every(self.bars, **arguments, adjustment=adjustment))
        names = ("close_time", "open", "high", "low", "close", "volume")
        return frame_of_columns({name: [getattr(bar, name) for bar in bars] for name in names}, self._frames)

    def _of_backtest(self, backtest_id: str, field: str, kind: type) -> Any:
        document = f"query($id: ID!) {{ backtest(id: $id) {{ {field} {SELECTIONS[kind.__name__]} }} }}"
        run = self.execute(document, id=backtest_id)["backtest"]
        return None if run is None else run[field]

    def _table(self, backtest_id: str, what: Literal["curve", "trades"]) -> Frame:
        run = self.backtest(backtest_id)
        wanted = f"{what}.parquet"
        urls: Mapping[str, str] = {one.name: one.url for one in (run.downloads or ())} if run else {}
        if wanted not in urls:
            raise NotFound(f"There is no {what} of backtest '{backtest_id}'.")
        return frame_of_parquet(self._connection.download(urls[wanted]), self._frames)
