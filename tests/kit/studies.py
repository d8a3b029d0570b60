"""Builders and fakes around studies: specs, repositories in memory, a runner that waits for orders."""

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from domain.errors import Conflict, NotFound
from domain.ids import WorkspaceId
from domain.research.model import (
    Chunk,
    Study,
    StudyId,
    StudyJob,
    StudyKind,
    StudyPage,
    StudyProgress,
    StudyStatus,
    SweepSpec,
    Trials,
    base_of,
    read,
)
from domain.research.ports import ChunkAnswer, StudyObserver
from domain.research.table import Table
from domain.research.trials import SharpeSample

RESUMABLE = (StudyStatus.FAILED, StudyStatus.CANCELLED)


def a_sweep(**changes: Any) -> SweepSpec:
    """A grid of 3 x 2 moving average crosses over TEST.XNAS."""
    values: dict[str, Any] = {
        "base": {"strategy": "sma_cross", "instruments": ["TEST.XNAS"], "source": "sample"},
        "space": {"fast": {"values": [2, 3, 4]}, "slow": {"values": [8, 10]}},
    }
    return read(SweepSpec, values | changes)


class InMemoryStudies:
    """StudyRepository on a dictionary, with the same refusals as the real one."""

    def __init__(self) -> None:
        self.rows: dict[StudyId, Study] = {}
        self.keys: dict[tuple[WorkspaceId, str], tuple[StudyId, str]] = {}
        self.seen: dict[str, datetime] = {}
        self._lock = threading.RLock()

    def touch(self, runner: str, at: datetime) -> None:
        self.seen[runner] = at

    def add(self, study: Study, idempotency_key: str | None, request_hash: str) -> Study:
        with self._lock:
            if idempotency_key is not None:
                used = self.keys.setdefault((study.workspace_id, idempotency_key), (study.id, request_hash))
                if used[1] != request_hash:
                    raise Conflict(
                        "This idempotency key was used before for a different study; use a new one."
                    )
                if used[0] != study.id:
                    return self.rows[used[0]]
            self.rows[study.id] = study
            return study

    def get(self, workspace_id: WorkspaceId, study_id: StudyId) -> Study:
        found = self.rows.get(study_id)
        if found is None or found.workspace_id != workspace_id:
            raise NotFound("study", study_id)
        return found

    def get_many(self, workspace_id: WorkspaceId, study_ids: Sequence[StudyId]) -> Sequence[Study | None]:
        rows = [self.rows.get(wanted) for wanted in study_ids]
        return [row if row is not None and row.workspace_id == workspace_id else None for row in rows]

    def page(
        self,
        workspace_id: WorkspaceId,
        *,
        kind: StudyKind,
        first: int | None = None,
        after: StudyId | None = None,
        last: int | None = None,
        before: StudyId | None = None,
        strategy: str | None = None,
    ) -> StudyPage:
        rows = [
            row
            for row in self.rows.values()
            if (row.workspace_id, row.kind) == (workspace_id, kind)
            and strategy in (None, base_of(row.spec).strategy)
        ]
        rows.sort(key=lambda row: row.id, reverse=True)
        chosen = [r for r in rows if (after is None or r.id < after) and (before is None or r.id > before)]
        shown = chosen[:first] if first is not None else chosen[len(chosen) - min(last or 0, len(chosen)) :]
        return StudyPage(
            items=tuple(shown),
            has_next=bool(shown) and shown[-1].id != rows[-1].id,
            has_previous=bool(shown) and shown[0].id != rows[0].id,
            total=len(rows),
        )

    def save(self, study: Study) -> bool:
        with self._lock:
            stored = self.rows.get(study.id)
            if stored is None or stored.status.is_final or stored.runner != study.runner:
                return False
            if study.status in RESUMABLE:
                study = study.changed(
                    runs_done=stored.runs_done,
                    runs_planned=stored.runs_planned,
                    warnings=stored.warnings,
                    started_at=study.started_at or stored.started_at,
                )
            self.rows[study.id] = study
            return True

    def reopen(self, study: Study) -> bool:
        with self._lock:
            if self.rows[study.id].status not in RESUMABLE:
                return False
            self.rows[study.id] = study
            return True

    def delete(self, workspace_id: WorkspaceId, study_id: StudyId) -> None:
        if not self.get(workspace_id, study_id).status.is_final:
            raise Conflict(f"Study {study_id} has not ended; cancel it first.")
        del self.rows[study_id]

    def abandoned(self, runner: str, silent_since: datetime) -> Sequence[Study]:
        never = datetime.min.replace(tzinfo=UTC)
        return [
            row
            for row in self.rows.values()
            if not row.status.is_final
            and row.runner != runner
            and self.seen.get(row.runner or "", never) < silent_since
        ]

    def unfinished(self, runner: str, created_before: datetime) -> Sequence[Study]:
        return [
            row
            for row in self.rows.values()
            if not row.status.is_final and row.runner == runner and row.created_at < created_before
        ]


class InMemoryTrials:
    """TrialLog on a dictionary."""

    def __init__(self) -> None:
        self.samples: dict[tuple[WorkspaceId, str, str], SharpeSample] = {}

    def record(self, workspace_id: WorkspaceId, strategy: str, source_id: str, sample: SharpeSample) -> None:
        self.samples[workspace_id, strategy, source_id] = sample

    def total(self, workspace_id: WorkspaceId, strategy: str) -> Trials:
        total = SharpeSample()
        for (workspace, name, _), sample in sorted(self.samples.items(), key=lambda item: item[0]):
            if (workspace, name) == (workspace_id, strategy):
                total = total.merged(sample)
        return Trials(strategy, total.count, total.variance)


class InMemoryResults:
    """ResultStore on a dictionary; rows are those of the first chunk."""

    def __init__(self) -> None:
        self.chunks: dict[tuple[StudyId, int], ChunkAnswer] = {}
        self.deleted: list[StudyId] = []

    def prepare(self, workspace_id: WorkspaceId, study_id: StudyId, plan: str) -> None:
        """There is always room."""

    def finished(self, workspace_id: WorkspaceId, study_id: StudyId) -> frozenset[int]:
        return frozenset(number for study, number in self.chunks if study == study_id)

    def write_chunk(
        self, workspace_id: WorkspaceId, study_id: StudyId, chunk: Chunk, answer: ChunkAnswer
    ) -> None:
        self.chunks[study_id, chunk.number] = answer

    def read_chunk(self, workspace_id: WorkspaceId, study_id: StudyId, number: int) -> ChunkAnswer:
        return self.chunks[study_id, number]

    def values(self, workspace_id: WorkspaceId, study_id: StudyId, number: int) -> Mapping[str, Any]:
        return self.chunks[study_id, number][0]

    def discard(self, workspace_id: WorkspaceId, study_id: StudyId, after: int) -> None:
        for study, number in list(self.chunks):
            if study == study_id and number > after:
                del self.chunks[study, number]

    def rows(
        self,
        workspace_id: WorkspaceId,
        study_id: StudyId,
        *,
        columns: Sequence[str] | None = None,
        order_by: str | None = None,
        descending: bool = True,
        offset: int = 0,
        limit: int | None = None,
    ) -> Table:
        table = self.chunks[study_id, 0][1] if (study_id, 0) in self.chunks else None
        if table is None:
            return Table({name: [] for name in columns or ()})
        stop = None if limit is None else offset + limit
        return Table({name: table[name][offset:stop] for name in columns or table.columns})

    def delete(self, workspace_id: WorkspaceId, study_id: StudyId) -> None:
        self.deleted.append(study_id)


class HandDrivenStudyRunner:
    """Keeps what was submitted, so that a test can play the worker."""

    name = "test-runner"

    def __init__(self) -> None:
        self.submitted: list[tuple[StudyJob, StudyObserver]] = []
        self.cancelled: list[StudyId] = []
        self.held: frozenset[StudyId] = frozenset()

    def submit(self, job: StudyJob, observer: StudyObserver) -> None:
        self.submitted.append((job, observer))
        self.held |= {job.id}

    def cancel(self, study_id: StudyId) -> None:
        self.cancelled.append(study_id)

    def holding(self) -> frozenset[StudyId]:
        return self.held

    def let_go(self) -> None:
        self.held = frozenset()

    def close(self) -> None:
        """Nothing is held."""


class HeardProgress:
    """A listener that notes what subscribers would hear."""

    def __init__(self) -> None:
        self.heard: list[StudyProgress] = []

    def __call__(self, progress: StudyProgress) -> None:
        self.heard.append(progress)
