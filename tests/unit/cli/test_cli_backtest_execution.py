"""A run in this process: bars first, then the run; Ctrl-C and failures leave a clear state."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from domain.backtesting.model import Backtest, BacktestProgress, BacktestSpec, BacktestStatus
from domain.errors import NotFound
from domain.ids import BacktestId, WorkspaceId
from functions.cli.backtest_execution import run_backtest
from functions.cli.faults import CommandFailed, Interrupted

HOME = WorkspaceId("home")
RUN = BacktestId("bt_1")


def a_run(status: BacktestStatus, outcome: Any = None, failure: str | None = None) -> Backtest:
    spec = BacktestSpec(strategy="sma_cross", instruments=("GOOG",))
    now = datetime(2024, 1, 2, tzinfo=UTC)
    return Backtest(RUN, HOME, spec, status, now, failure=failure, outcome=outcome)


@dataclass
class Platform:
    """The parts of the application a run touches, scripted."""

    stored: set[str] = field(default_factory=set)
    ended: Backtest = field(default_factory=lambda: a_run(BacktestStatus.COMPLETED, SimpleNamespace()))
    interrupted_after: BacktestStatus | None = None
    interrupted_at_start: bool = False
    imported: list[tuple[Any, ...]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    listeners: list[Callable[[BacktestProgress], None]] = field(default_factory=list)
    workspace_id: WorkspaceId = HOME

    @property
    def services(self) -> Any:
        return SimpleNamespace(
            strategies=lambda: SimpleNamespace(check=self.check),
            catalogue=SimpleNamespace(find=self.find),
            market=lambda: SimpleNamespace(import_bars=self.import_bars),
            backtests=SimpleNamespace(start=self.start, get=lambda *_: self.ended, cancel=self.cancel),
        )

    def listen(self, callback: Callable[[BacktestProgress], None]) -> None:
        self.listeners.append(callback)

    def check(self, name: str, parameters: dict[str, Any], instruments: int) -> None:
        if name != "sma_cross":
            raise NotFound("strategy", name)

    def find(self, _workspace: str, names: Sequence[str], *_: Any) -> None:
        if names[0] not in self.stored:
            raise NotFound("instrument", names[0])

    def import_bars(
        self, _workspace: str, source: str, symbols: Any, timeframe: Any, start: Any, end: Any, progress: Any
    ) -> None:
        self.imported.append((source, list(symbols), str(timeframe), start, end))

    def start(self, _workspace: str, _spec: BacktestSpec) -> Backtest:
        if self.interrupted_at_start:
            raise KeyboardInterrupt
        if self.interrupted_after is not None:
            for listener in self.listeners:
                listener(BacktestProgress(RUN, HOME, self.interrupted_after, 0.5, "simulating"))
            raise KeyboardInterrupt
        return self.ended

    def cancel(self, _workspace: str, backtest_id: str) -> None:
        self.cancelled.append(backtest_id)


def run(platform: Any, **changed: Any) -> Backtest:
    return run_backtest(
        platform, BacktestSpec.read({"strategy": "sma_cross", "instruments": ["GOOG"]} | changed)
    )


def test_series_of_an_explicit_source_are_imported_when_they_are_not_stored(
    capsys: pytest.CaptureFixture[str],
) -> None:
    platform = Platform(stored={"AAPL"})
    run(platform, instruments=["AAPL", "GOOG"], benchmark="IBM", source="sample", start="2010-01-01")
    assert platform.imported == [("sample", ["GOOG", "IBM"], "1d", None, None)]
    told = capsys.readouterr()
    assert told.out == ""
    assert "Importing GOOG, IBM from sample" in told.err


def test_intraday_bars_are_imported_for_the_period_of_the_run_only() -> None:
    platform = Platform()
    run(platform, source="alpaca", timeframe="1m", start="2024-01-02", end="2024-01-03")
    ((_, _, timeframe, start, end),) = platform.imported
    assert (timeframe, start) == ("1m", datetime(2024, 1, 2, tzinfo=UTC))
    assert end == datetime(2024, 1, 3, 23, 59, 59, 999999, tzinfo=UTC)


def test_nothing_is_imported_without_an_explicit_source() -> None:
    platform = Platform()
    run(platform)
    assert platform.imported == []


def test_a_strategy_that_does_not_exist_is_told_before_anything_is_imported() -> None:
    platform = Platform()
    with pytest.raises(NotFound):
        run(platform, strategy="smacross", source="sample")
    assert platform.imported == []


def test_a_failed_run_is_a_failure_of_the_command_that_names_the_run() -> None:
    platform = Platform(ended=a_run(BacktestStatus.FAILED, failure="The strategy divided by zero."))
    with pytest.raises(CommandFailed, match="The strategy divided by zero") as failed:
        run(platform)
    assert failed.value.details == {"id": RUN}


def test_ctrl_c_cancels_the_run_that_was_going_on() -> None:
    platform = Platform(interrupted_after=BacktestStatus.RUNNING)
    with pytest.raises(Interrupted, match="backtest bt_1 was cancelled"):
        run(platform)
    assert platform.cancelled == [RUN]


def test_a_run_the_runner_has_cancelled_already_is_not_cancelled_twice() -> None:
    platform = Platform(interrupted_after=BacktestStatus.CANCELLED)
    with pytest.raises(Interrupted):
        run(platform)
    assert platform.cancelled == []


def test_ctrl_c_before_the_run_has_an_id_says_so() -> None:
    with pytest.raises(Interrupted, match="before the backtest began"):
        run(Platform(interrupted_at_start=True))
