"""Builders and fakes around backtests: specs, a repository in memory, a runner that waits for orders."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from domain.backtesting.model import (
    EVERY_BACKTEST,
    Backtest,
    BacktestFilter,
    BacktestOutcome,
    BacktestProgress,
    BacktestSpec,
    BacktestStatus,
    Page,
    Provenance,
)
from domain.backtesting.ports import BacktestJob, JobObserver
from domain.errors import Conflict, NotFound
from domain.ids import BacktestId, WorkspaceId

WORKSPACE = WorkspaceId("default")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def a_spec(**changes: Any) -> BacktestSpec:
    values: dict[str, Any] = {
        "strategy": "sma_cross",
        "parameters": {"fast": 10, "slow": 20},
        "instruments": ("TEST.XNAS",),
        "source": "sample",
    }
    return BacktestSpec.read(values | changes)


def an_outcome(**changes: Any) -> BacktestOutcome:
    outcome = BacktestOutcome(
        statistics={"final_equity": 12_345.0, "sharpe": None},
        benchmark_statistics={"final_equity": 11_000.0},
        tables={"drawdowns": [], "months": [], "years": []},
        warnings=("No trade happened.",),
        provenance=Provenance("ab" * 32, "0.1.0", 0, 100, NOON, NOON, 0.01),
    )
    return replace(outcome, **changes)


class InMemoryBacktestRepository:
    """BacktestRepository on a dictionary, with the same refusals as the real one."""

    def __init__(self) -> None:
        self.rows: dict[BacktestId, Backtest] = {}
        self.keys: dict[tuple[WorkspaceId, str], tuple[BacktestId, str]] = {}
        self.seen: dict[str, datetime] = {}
        self._lock = threading.RLock()

    def add(self, backtest: Backtest, idempotency_key: str | None, request_hash: str) -> Backtest:
        with self._lock:
            if idempotency_key is not None:
                used = self.keys.setdefault(
                    (backtest.workspace_id, idempotency_key), (backtest.id, request_hash)
                )
                if used[1] != request_hash:
                    raise Conflict(f"The idempotency key '{idempotency_key}' was used for another request.")
                if used[0] != backtest.id:
                    return self.rows[used[0]]
            self.rows[backtest.id] = backtest
            return backtest

    def get(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> Backtest:
        found = self.rows.get(backtest_id)
        if found is None or found.workspace_id != workspace_id:
            raise NotFound("backtest", backtest_id)
        return found

    def get_many(
        self, workspace_id: WorkspaceId, backtest_ids: Sequence[BacktestId]
    ) -> Sequence[Backtest | None]:
        rows = [self.rows.get(wanted) for wanted in backtest_ids]
        return [row if row is not None and row.workspace_id == workspace_id else None for row in rows]

    def page(
        self,
        workspace_id: WorkspaceId,
        *,
        first: int | None = None,
        after: BacktestId | None = None,
        last: int | None = None,
        before: BacktestId | None = None,
        where: BacktestFilter = EVERY_BACKTEST,
    ) -> Page:
        rows = [
            row for row in self.rows.values() if row.workspace_id == workspace_id and _matches(row, where)
        ]
        rows.sort(key=lambda row: row.id, reverse=True)
        chosen = [r for r in rows if (after is None or r.id < after) and (before is None or r.id > before)]
        shown = chosen[:first] if first is not None else chosen[len(chosen) - min(last or 0, len(chosen)) :]
        return Page(
            items=tuple(shown),
            has_next=bool(shown) and shown[-1].id != rows[-1].id,
            has_previous=bool(shown) and shown[0].id != rows[0].id,
            total=len(rows),
        )

    def save(self, backtest: Backtest) -> bool:
        with self._lock:
            stored = self.rows.get(backtest.id)
            if stored is None or stored.status.is_final:
                return False
            if backtest.status in (BacktestStatus.CANCELLED, BacktestStatus.FAILED):
                backtest = replace(
                    backtest, progress=stored.progress, started_at=backtest.started_at or stored.started_at
                )
            self.rows[backtest.id] = backtest
            return True

    def delete(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> None:
        if not self.get(workspace_id, backtest_id).status.is_final:
            raise Conflict(f"Backtest {backtest_id} has not ended; cancel it first.")
        del self.rows[backtest_id]

    def touch(self, runner: str, at: datetime) -> None:
        self.seen[runner] = at

    def abandoned(self, runner: str, silent_since: datetime) -> Sequence[Backtest]:
        return [
            row
            for row in self.rows.values()
            if not row.status.is_final
            and row.runner != runner
            and self.seen.get(row.runner or "", datetime.min.replace(tzinfo=UTC)) < silent_since
        ]

    def unfinished(self, runner: str, created_before: datetime) -> Sequence[Backtest]:
        return [
            row
            for row in self.rows.values()
            if not row.status.is_final and row.runner == runner and row.created_at < created_before
        ]


def _matches(row: Backtest, where: BacktestFilter) -> bool:
    return (
        (where.status is None or row.status is where.status)
        and (where.strategy is None or row.spec.strategy == where.strategy)
        and (where.instrument is None or where.instrument in row.spec.instruments)
    )


class HandDrivenRunner:
    """Keeps what was submitted, so that a test can play the worker."""

    name = "test-runner"

    def __init__(self) -> None:
        self.submitted: list[tuple[BacktestJob, JobObserver]] = []
        self.cancelled: list[BacktestId] = []
        self.held: frozenset[BacktestId] = frozenset()

    def submit(self, job: BacktestJob, observer: JobObserver) -> None:
        self.submitted.append((job, observer))
        self.held |= {job.id}

    def cancel(self, backtest_id: BacktestId) -> None:
        self.cancelled.append(backtest_id)

    def holding(self) -> frozenset[BacktestId]:
        return self.held

    def close(self) -> None:
        """Nothing is held."""


class RecordingObserver:
    """Notes every call; `ended` is set by the last one."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.wanted = True
        self.started = threading.Event()
        self.ended = threading.Event()

    def began(self, job: BacktestJob, runner: str) -> bool:
        self.calls.append(("began", job.id, runner))
        return self.wanted

    def progressed(self, job: BacktestJob, fraction: float, stage: str) -> bool:
        self.calls.append(("progressed", fraction, stage))
        self.started.set()
        return self.wanted

    def completed(self, job: BacktestJob, outcome: BacktestOutcome) -> None:
        self._end("completed", outcome)

    def failed(self, job: BacktestJob, reason: str) -> None:
        self._end("failed", reason)

    def cancelled(self, job: BacktestJob) -> None:
        self._end("cancelled", job.id)

    def _end(self, *call: Any) -> None:
        self.calls.append(call)
        self.ended.set()

    @property
    def last(self) -> tuple[Any, ...]:
        return self.calls[-1]


class RecordingListener:
    """Notes what subscribers would hear."""

    def __init__(self) -> None:
        self.heard: list[BacktestProgress] = []

    def __call__(self, progress: BacktestProgress) -> None:
        self.heard.append(progress)

    @property
    def stages(self) -> list[str]:
        return [progress.stage for progress in self.heard]
