"""Studies and trials in SQL. The database decides every race: who was first, and whether a study has ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from domain.clock import Clock
from domain.errors import Conflict, InvalidInput, NotFound, Retryable
from domain.ids import WorkspaceId
from domain.research.model import (
    SPEC_OF,
    Study,
    StudyId,
    StudyKind,
    StudyPage,
    StudyStatus,
    Trials,
    base_of,
)
from domain.research.trials import SharpeSample
from domain.storage.database import Database
from domain.storage.tables import RunnerRow, StudyRow, TrialRow
from domain.storage.upsert import ensure_workspace, insert_new, insert_or_replace

_LARGEST_PAGE = 100
_LONGEST_KEY = 200
_ATTEMPTS_TO_ADD = 3
_FINAL = [status.value for status in StudyStatus if status.is_final]
_UNFINISHED = [status.value for status in StudyStatus if not status.is_final]
_RESUMABLE = [StudyStatus.FAILED.value, StudyStatus.CANCELLED.value]


class SqlStudyRepository:
    """Implements `domain.research.ports.StudyRepository`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, study: Study, idempotency_key: str | None, request_hash: str) -> Study:
        """Insert; a key used before with the same hash answers with the study it made, with another
        hash Conflict is raised."""
        if idempotency_key is not None and not 0 < len(idempotency_key) <= _LONGEST_KEY:
            raise InvalidInput.at("idempotencyKey", message=f"must have 1 to {_LONGEST_KEY} characters")
        row = _new_row(study, idempotency_key, request_hash)
        with self._database.transaction() as session:
            ensure_workspace(session, study.workspace_id, study.created_at)
            if idempotency_key is None:
                session.execute(insert(StudyRow).values(**row))
                return study
            return _add_once(session, study, row)

    def get(self, workspace_id: WorkspaceId, study_id: StudyId) -> Study:
        """Raises NotFound."""
        found = self.get_many(workspace_id, [study_id])[0]
        if found is None:
            raise NotFound("study", study_id)
        return found

    def get_many(self, workspace_id: WorkspaceId, study_ids: Sequence[StudyId]) -> Sequence[Study | None]:
        """In the order asked for; None where there is none."""
        wanted = select(StudyRow).where(
            StudyRow.workspace_id == workspace_id, StudyRow.id.in_(set(study_ids))
        )
        with self._database.reading() as session:
            found = {row.id: _read(row) for row in session.scalars(wanted)}
        return [found.get(study_id) for study_id in study_ids]

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
        """Newest first. `after` and `before` need not exist any more: they are places in the order.

        Raises InvalidInput unless exactly one of first and last is given, from 1 to 100.
        """
        size = _page_size(first, last)
        listed = [StudyRow.workspace_id == workspace_id, StudyRow.kind == kind.value]
        if strategy is not None:
            listed.append(StudyRow.strategy == strategy)
        between = list(listed)
        if after is not None:
            between.append(StudyRow.id < after)
        if before is not None:
            between.append(StudyRow.id > before)
        order = StudyRow.id.desc() if last is None else StudyRow.id.asc()
        with self._database.reading() as session:
            rows = session.scalars(select(StudyRow).where(*between).order_by(order).limit(size))
            items = [_read(row) for row in rows]
            if last is not None:
                items.reverse()
            newest, oldest = (items[0].id, items[-1].id) if items else (None, None)
            return StudyPage(
                items=tuple(items),
                has_next=_any(session, listed, _older(oldest, before)),
                has_previous=_any(session, listed, _newer(newest, after)),
                total=session.scalars(select(func.count()).select_from(StudyRow).where(*listed)).one(),
            )

    def save(self, study: Study) -> bool:
        """Store a new state; False, and nothing changed, when the stored study is final, gone, or in the
        hands of another runner by now. Who ends a study without knowing how far it came does not undo what
        was recorded."""
        state = _state(study)
        if study.status.is_final and study.status is not StudyStatus.COMPLETED:
            for known_by_the_runner in ("runs_done", "runs_planned", "warnings"):
                del state[known_by_the_runner]
            if study.started_at is None:
                del state["started_at"]
        return self._changed(study, _UNFINISHED, state, StudyRow.runner == study.runner)

    def reopen(self, study: Study) -> bool:
        """Store a failed or cancelled study as queued again; False when it is neither."""
        return self._changed(study, _RESUMABLE, _state(study))

    def delete(self, workspace_id: WorkspaceId, study_id: StudyId) -> None:
        """Raises NotFound, and Conflict for a study that is not final."""
        removed = (
            delete(StudyRow)
            .where(*_is(workspace_id, study_id), StudyRow.status.in_(_FINAL))
            .returning(StudyRow.id)
            .execution_options(synchronize_session=False)
        )
        with self._database.transaction() as session:
            if session.execute(removed).first() is None:
                unfinished = self.get(workspace_id, study_id)
                raise Conflict(f"Study {study_id} is {unfinished.status}; cancel it before you delete it.")

    def abandoned(self, runner: str, silent_since: datetime) -> Sequence[Study]:
        """Unfinished studies, of any workspace, whose runner is another one not heard of since then."""
        wanted = (
            select(StudyRow)
            .outerjoin(RunnerRow, RunnerRow.name == StudyRow.runner)
            .where(
                StudyRow.status.in_(_UNFINISHED),
                StudyRow.runner != runner,
                or_(RunnerRow.last_seen_at.is_(None), RunnerRow.last_seen_at < silent_since),
            )
            .order_by(StudyRow.id)
        )
        with self._database.reading() as session:
            return [_read(row) for row in session.scalars(wanted)]

    def unfinished(self, runner: str, created_before: datetime) -> Sequence[Study]:
        """Unfinished studies, of any workspace, of this runner."""
        wanted = (
            select(StudyRow)
            .where(
                StudyRow.status.in_(_UNFINISHED),
                StudyRow.runner == runner,
                StudyRow.created_at < created_before,
            )
            .order_by(StudyRow.id)
        )
        with self._database.reading() as session:
            return [_read(row) for row in session.scalars(wanted)]

    def _changed(
        self, study: Study, from_status: Sequence[str], state: dict[str, Any], *also: ColumnElement[bool]
    ) -> bool:
        changed = (
            update(StudyRow)
            .where(*_is(study.workspace_id, study.id), StudyRow.status.in_(from_status), *also)
            .values(**state)
            .returning(StudyRow.id)
            .execution_options(synchronize_session=False)
        )
        with self._database.transaction() as session:
            return session.execute(changed).first() is not None


class SqlTrialLog:
    """Implements `domain.research.ports.TrialLog`; one row for each run or study."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def record(self, workspace_id: WorkspaceId, strategy: str, source_id: str, sample: SharpeSample) -> None:
        """Count the trials of a run or a sweep; a later call for the same source replaces an earlier one."""
        row = {
            "workspace_id": workspace_id,
            "strategy": strategy,
            "source_id": source_id,
            "tried": sample.count,
            "defined": sample.defined,
            "mean": sample.mean,
            "squares": sample.squares,
        }
        with self._database.transaction() as session:
            ensure_workspace(session, workspace_id, self._clock.now())
            insert_or_replace(session, TrialRow, row, ["workspace_id", "strategy", "source_id"])

    def total(self, workspace_id: WorkspaceId, strategy: str) -> Trials:
        """All trials of a strategy in a workspace, those of deleted runs too."""
        wanted = (
            select(TrialRow.tried, TrialRow.defined, TrialRow.mean, TrialRow.squares)
            .where(TrialRow.workspace_id == workspace_id, TrialRow.strategy == strategy)
            .order_by(TrialRow.source_id)
        )
        total = SharpeSample()
        with self._database.reading() as session:
            for row in session.execute(wanted):
                total = total.merged(SharpeSample(row.tried, row.defined, row.mean, row.squares))
        return Trials(strategy, total.count, total.variance)


def _add_once(session: Session, study: Study, row: dict[str, Any]) -> Study:
    for _ in range(_ATTEMPTS_TO_ADD):
        if insert_new(session, StudyRow, row, ["workspace_id", "idempotency_key"]):
            return study
        earlier = session.scalars(
            select(StudyRow).where(
                StudyRow.workspace_id == study.workspace_id,
                StudyRow.idempotency_key == row["idempotency_key"],
            )
        ).one_or_none()
        if earlier is not None and earlier.request_hash == row["request_hash"]:
            return _read(earlier)
        if earlier is not None:
            raise Conflict("This idempotency key was used before for a different study; use a new one.")
        # The study it made was deleted between the two statements: the key is free again.
    raise Retryable("Studies with this idempotency key are made and deleted at once; try again.")


def _new_row(study: Study, idempotency_key: str | None, request_hash: str) -> dict[str, Any]:
    return {
        "workspace_id": study.workspace_id,
        "id": study.id,
        "kind": study.kind.value,
        "strategy": base_of(study.spec).strategy,
        "created_at": study.created_at,
        "spec": study.spec.model_dump(mode="json"),
        "idempotency_key": idempotency_key,
        "request_hash": request_hash,
        **_state(study),
    }


def _state(study: Study) -> dict[str, Any]:
    """What changes in the life of a study."""
    return {
        "status": study.status.value,
        "started_at": study.started_at,
        "finished_at": study.finished_at,
        "runner": study.runner,
        "runs_planned": study.runs_planned,
        "runs_done": study.runs_done,
        "eta": study.eta,
        "failure": study.failure,
        "warnings": list(study.warnings),
        "outcome": None if study.outcome is None else dict(study.outcome),
    }


def _read(row: StudyRow) -> Study:
    kind = StudyKind(row.kind)
    return Study(
        id=StudyId(row.id),
        workspace_id=WorkspaceId(row.workspace_id),
        kind=kind,
        spec=SPEC_OF[kind].model_validate(row.spec),
        status=StudyStatus(row.status),
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        runner=row.runner,
        runs_planned=row.runs_planned,
        runs_done=row.runs_done,
        eta=row.eta,
        failure=row.failure,
        warnings=tuple(row.warnings),
        outcome=row.outcome,
    )


def _is(workspace_id: WorkspaceId, study_id: StudyId) -> tuple[ColumnElement[bool], ...]:
    return (StudyRow.workspace_id == workspace_id, StudyRow.id == study_id)


def _page_size(first: int | None, last: int | None) -> int:
    if first is not None and last is not None:
        raise InvalidInput.at("first", message="give first or last, not both")
    name, size = ("last", last) if first is None else ("first", first)
    if size is None:
        raise InvalidInput.at("first", message="give first or last, how many studies to list")
    if not 1 <= size <= _LARGEST_PAGE:
        raise InvalidInput.at(name, message=f"must be from 1 to {_LARGEST_PAGE}")
    return size


def _older(oldest: str | None, before: str | None) -> ColumnElement[bool] | None:
    """Where the rows lie that follow the page; None when nothing can."""
    if oldest is not None:
        return StudyRow.id < oldest
    return None if before is None else StudyRow.id <= before


def _newer(newest: str | None, after: str | None) -> ColumnElement[bool] | None:
    """Where the rows lie that come before the page; None when nothing can."""
    if newest is not None:
        return StudyRow.id > newest
    return None if after is None else StudyRow.id >= after


def _any(session: Session, listed: list[ColumnElement[bool]], place: ColumnElement[bool] | None) -> bool:
    if place is None:
        return False
    return session.scalars(select(StudyRow.id).where(*listed, place).limit(1)).first() is not None
