"""Runs in SQL. The database decides every race: who was first, and whether a run has ended."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from domain.backtesting.adapters.records import outcome_record, read_backtest
from domain.backtesting.model import EVERY_BACKTEST, Backtest, BacktestFilter, BacktestStatus, Page
from domain.errors import Conflict, InvalidInput, NotFound, Retryable
from domain.ids import BacktestId, WorkspaceId
from domain.storage.database import Database
from domain.storage.tables import BacktestInstrumentRow, BacktestRow, RunnerRow
from domain.storage.upsert import ensure_workspace, insert_new

_LARGEST_PAGE = 100
_LONGEST_KEY = 200
_FINAL = [status.value for status in BacktestStatus if status.is_final]
_UNFINISHED = [status.value for status in BacktestStatus if not status.is_final]
_A_RUNNER_IS_FORGOTTEN_AFTER = timedelta(days=7)
_ATTEMPTS_TO_ADD = 3


class SqlBacktestRepository:
    """Implements `domain.backtesting.ports.BacktestRepository`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, backtest: Backtest, idempotency_key: str | None, request_hash: str) -> Backtest:
        """Insert. When the key was used before with the same hash, the run it made is returned
        instead; with another hash Conflict is raised."""
        if idempotency_key is not None and not 0 < len(idempotency_key) <= _LONGEST_KEY:
            raise InvalidInput.at("idempotencyKey", message=f"must have 1 to {_LONGEST_KEY} characters")
        with self._database.transaction() as session:
            ensure_workspace(session, backtest.workspace_id, backtest.created_at)
            if idempotency_key is None:
                session.execute(insert(BacktestRow).values(**_new_row(backtest, None, request_hash)))
                _insert_instruments(session, backtest)
                return backtest
            return _add_once(session, backtest, idempotency_key, request_hash)

    def get(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> Backtest:
        """Raises NotFound."""
        found = self.get_many(workspace_id, [backtest_id])[0]
        if found is None:
            raise NotFound("backtest", backtest_id)
        return found

    def get_many(
        self, workspace_id: WorkspaceId, backtest_ids: Sequence[BacktestId]
    ) -> Sequence[Backtest | None]:
        """In the order asked for; None where there is none."""
        wanted = select(BacktestRow).where(
            BacktestRow.workspace_id == workspace_id, BacktestRow.id.in_(set(backtest_ids))
        )
        with self._database.reading() as session:
            found = {row.id: read_backtest(row) for row in session.scalars(wanted)}
        return [found.get(backtest_id) for backtest_id in backtest_ids]

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
        """Newest first. `after` and `before` need not exist any more: they are places in the order.

        Raises InvalidInput unless exactly one of first and last is given, from 1 to 100.
        """
        size = _page_size(first, last)
        listed = _listed(workspace_id, where)
        between = list(listed)
        if after is not None:
            between.append(BacktestRow.id < after)
        if before is not None:
            between.append(BacktestRow.id > before)
        order = BacktestRow.id.desc() if last is None else BacktestRow.id.asc()
        wanted = select(BacktestRow).where(*between).order_by(order).limit(size)
        with self._database.reading() as session:
            items = [read_backtest(row) for row in session.scalars(wanted)]
            if last is not None:
                items.reverse()
            newest, oldest = (items[0].id, items[-1].id) if items else (None, None)
            return Page(
                items=tuple(items),
                has_next=_any(session, listed, _older(oldest, before)),
                has_previous=_any(session, listed, _newer(newest, after)),
                total=session.scalars(select(func.count()).select_from(BacktestRow).where(*listed)).one(),
            )

    def save(self, backtest: Backtest) -> bool:
        """Store a new state; False, and nothing changed, when the stored run is already final
        or gone. Who ends a run without knowing how far it came does not undo what was recorded."""
        state = _state(backtest)
        if backtest.status.is_final and backtest.status is not BacktestStatus.COMPLETED:
            del state["progress"]
            if backtest.started_at is None:
                del state["started_at"]
        changed = (
            update(BacktestRow)
            .where(*_is(backtest.workspace_id, backtest.id), BacktestRow.status.in_(_UNFINISHED))
            .values(**state)
            .returning(BacktestRow.id)
            .execution_options(synchronize_session=False)
        )
        with self._database.transaction() as session:
            return session.execute(changed).first() is not None

    def delete(self, workspace_id: WorkspaceId, backtest_id: BacktestId) -> None:
        """Raises NotFound, and Conflict for a run that is not final."""
        removed = (
            delete(BacktestRow)
            .where(*_is(workspace_id, backtest_id), BacktestRow.status.in_(_FINAL))
            .returning(BacktestRow.id)
            .execution_options(synchronize_session=False)
        )
        with self._database.transaction() as session:
            if session.execute(removed).first() is None:
                unfinished = self.get(workspace_id, backtest_id)
                raise Conflict(
                    f"Backtest {backtest_id} is {unfinished.status}; cancel it before you delete it."
                )

    def touch(self, runner: str, at: datetime) -> None:
        """Record that this runner is alive."""
        with self._database.transaction() as session:
            if insert_new(session, RunnerRow, {"name": runner, "last_seen_at": at}, ["name"]):
                # A runner that is unknown counts as silent, so forgetting an old one changes nothing.
                forgotten = RunnerRow.last_seen_at < at - _A_RUNNER_IS_FORGOTTEN_AFTER
                session.execute(delete(RunnerRow).where(forgotten))
            else:
                session.execute(update(RunnerRow).where(RunnerRow.name == runner).values(last_seen_at=at))

    def abandoned(self, runner: str, silent_since: datetime) -> Sequence[Backtest]:
        """Unfinished runs, of any workspace, of every other runner that has not been heard of
        since then."""
        wanted = (
            select(BacktestRow)
            .outerjoin(RunnerRow, RunnerRow.name == BacktestRow.runner)
            .where(
                BacktestRow.status.in_(_UNFINISHED),
                BacktestRow.runner != runner,
                or_(RunnerRow.last_seen_at.is_(None), RunnerRow.last_seen_at < silent_since),
            )
            .order_by(BacktestRow.id)
        )
        with self._database.reading() as session:
            return [read_backtest(row) for row in session.scalars(wanted)]

    def unfinished(self, runner: str, created_before: datetime) -> Sequence[Backtest]:
        """Unfinished runs, of any workspace, of this runner."""
        wanted = (
            select(BacktestRow)
            .where(
                BacktestRow.status.in_(_UNFINISHED),
                BacktestRow.runner == runner,
                BacktestRow.created_at < created_before,
            )
            .order_by(BacktestRow.id)
        )
        with self._database.reading() as session:
            return [read_backtest(row) for row in session.scalars(wanted)]


def _add_once(session: Session, backtest: Backtest, idempotency_key: str, request_hash: str) -> Backtest:
    row = _new_row(backtest, idempotency_key, request_hash)
    for _ in range(_ATTEMPTS_TO_ADD):
        if insert_new(session, BacktestRow, row, ["workspace_id", "idempotency_key"]):
            _insert_instruments(session, backtest)
            return backtest
        earlier = session.scalars(
            select(BacktestRow).where(
                BacktestRow.workspace_id == backtest.workspace_id,
                BacktestRow.idempotency_key == idempotency_key,
            )
        ).one_or_none()
        if earlier is not None and earlier.request_hash == request_hash:
            return read_backtest(earlier)
        if earlier is not None:
            raise Conflict("This idempotency key was used before for a different backtest; use a new one.")
        # The run it made was deleted between the two statements: the key is free again.
    raise Retryable("Backtests with this idempotency key are made and deleted at once; try again.")


def _insert_instruments(session: Session, backtest: Backtest) -> None:
    owner = {"workspace_id": backtest.workspace_id, "backtest_id": backtest.id}
    rows = [{**owner, "instrument": instrument} for instrument in sorted(set(backtest.spec.instruments))]
    session.execute(insert(BacktestInstrumentRow), rows)


def _new_row(backtest: Backtest, idempotency_key: str | None, request_hash: str) -> dict[str, Any]:
    return {
        "workspace_id": backtest.workspace_id,
        "id": backtest.id,
        "strategy": backtest.spec.strategy,
        "created_at": backtest.created_at,
        "spec": backtest.spec.model_dump(mode="json"),
        "idempotency_key": idempotency_key,
        "request_hash": request_hash,
        **_state(backtest),
    }


def _state(backtest: Backtest) -> dict[str, Any]:
    """What changes in the life of a run."""
    return {
        "status": backtest.status.value,
        "progress": backtest.progress,
        "started_at": backtest.started_at,
        "finished_at": backtest.finished_at,
        "runner": backtest.runner,
        "failure": backtest.failure,
        "outcome": None if backtest.outcome is None else outcome_record(backtest.outcome),
    }


def _is(workspace_id: WorkspaceId, backtest_id: BacktestId) -> tuple[ColumnElement[bool], ...]:
    return (BacktestRow.workspace_id == workspace_id, BacktestRow.id == backtest_id)


def _listed(workspace_id: WorkspaceId, where: BacktestFilter) -> list[ColumnElement[bool]]:
    conditions = [BacktestRow.workspace_id == workspace_id]
    if where.status is not None:
        conditions.append(BacktestRow.status == where.status.value)
    if where.strategy is not None:
        conditions.append(BacktestRow.strategy == where.strategy)
    if where.instrument is not None:
        trading = select(BacktestInstrumentRow.backtest_id).where(
            BacktestInstrumentRow.workspace_id == workspace_id,
            or_(  # a symbol stands for every instrument that has it
                BacktestInstrumentRow.instrument == where.instrument,
                BacktestInstrumentRow.instrument.startswith(f"{where.instrument}.", autoescape=True),
            ),
        )
        conditions.append(BacktestRow.id.in_(trading))
    return conditions


def _page_size(first: int | None, last: int | None) -> int:
    if first is not None and last is not None:
        raise InvalidInput.at("first", message="give first or last, not both")
    name, size = ("last", last) if first is None else ("first", first)
    if size is None:
        raise InvalidInput.at("first", message="give first or last, how many runs to list")
    if not 1 <= size <= _LARGEST_PAGE:
        raise InvalidInput.at(name, message=f"must be from 1 to {_LARGEST_PAGE}")
    return size


def _older(oldest: str | None, before: str | None) -> ColumnElement[bool] | None:
    """Where the rows lie that follow the page; None when nothing can."""
    if oldest is not None:
        return BacktestRow.id < oldest
    return None if before is None else BacktestRow.id <= before


def _newer(newest: str | None, after: str | None) -> ColumnElement[bool] | None:
    """Where the rows lie that come before the page; None when nothing can."""
    if newest is not None:
        return BacktestRow.id > newest
    return None if after is None else BacktestRow.id >= after


def _any(session: Session, listed: list[ColumnElement[bool]], place: ColumnElement[bool] | None) -> bool:
    if place is None:
        return False
    return session.scalars(select(BacktestRow.id).where(*listed, place).limit(1)).first() is not None
