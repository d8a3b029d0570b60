"""Every table. A row that belongs to somebody carries its workspace, first in every key and index.

Identifiers sort by creation time, so "newest first" is the order of the key itself.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, MetaData, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from domain.storage.columns import ExactDecimal, ExactJson, ExactText, UtcDateTime

SCHEMA_REVISION: Final = "0002"
"""The newest migration, which this code was written for. Revisions sort by their number."""

_UNFINISHED = text("status IN ('queued', 'running')")


class Base(DeclarativeBase):
    """Names every constraint, so that a migration can find it on any database."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {
        str: ExactText,
        datetime: UtcDateTime(),
        Decimal: ExactDecimal(),
        dict[str, Any]: ExactJson,
        list[str]: ExactJson,
    }


class WorkspaceRow(Base):
    """Who owns rows; made by the first thing that is stored for it."""

    __tablename__ = "workspaces"

    id: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]


class ApiKeyRow(Base):
    __tablename__ = "api_keys"
    __table_args__ = (Index(None, "workspace_id", "id"), UniqueConstraint("secret_hash"))

    id: Mapped[str] = mapped_column(primary_key=True)
    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id"))
    name: Mapped[str]
    prefix: Mapped[str]
    secret_hash: Mapped[str]
    role: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class InstrumentRow(Base):
    __tablename__ = "instruments"

    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    symbol: Mapped[str]
    venue: Mapped[str]
    asset_class: Mapped[str]
    currency: Mapped[str]
    tick_size: Mapped[Decimal]
    lot_size: Mapped[Decimal]
    fractional: Mapped[bool]
    name: Mapped[str]


class SeriesRow(Base):
    """One stored series of bars and the report of its last import."""

    __tablename__ = "series"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "instrument_id"], ["instruments.workspace_id", "instruments.id"]
        ),
    )

    workspace_id: Mapped[str] = mapped_column(primary_key=True)
    instrument_id: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    timeframe: Mapped[str] = mapped_column(primary_key=True)
    row_count: Mapped[int] = mapped_column(BigInteger)
    first_close: Mapped[datetime]
    last_close: Mapped[datetime]
    data_hash: Mapped[str]
    imported_at: Mapped[datetime]
    warnings: Mapped[int]
    report: Mapped[dict[str, Any]]


class BacktestRow(Base):
    __tablename__ = "backtests"
    __table_args__ = (
        UniqueConstraint("workspace_id", "idempotency_key"),
        Index(None, "workspace_id", "status", "id"),
        Index(None, "workspace_id", "strategy", "id"),
        Index(
            "ix_backtests_unfinished",
            "runner",
            postgresql_where=_UNFINISHED,
            sqlite_where=_UNFINISHED,
        ),
    )

    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str]
    strategy: Mapped[str]
    created_at: Mapped[datetime]
    progress: Mapped[float]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    runner: Mapped[str | None]
    failure: Mapped[str | None]
    spec: Mapped[dict[str, Any]]
    outcome: Mapped[dict[str, Any] | None]
    idempotency_key: Mapped[str | None]
    request_hash: Mapped[str]


class BacktestInstrumentRow(Base):
    """Which runs trade an instrument, so that a listing can ask."""

    __tablename__ = "backtest_instruments"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "backtest_id"], ["backtests.workspace_id", "backtests.id"], ondelete="CASCADE"
        ),
        Index(None, "workspace_id", "instrument", "backtest_id"),
    )

    workspace_id: Mapped[str] = mapped_column(primary_key=True)
    backtest_id: Mapped[str] = mapped_column(primary_key=True)
    instrument: Mapped[str] = mapped_column(primary_key=True)


class StudyRow(Base):
    """A sweep, a walk-forward or an evaluation; its rows are files."""

    __tablename__ = "studies"
    __table_args__ = (
        UniqueConstraint("workspace_id", "idempotency_key"),
        Index(None, "workspace_id", "kind", "id"),
        Index(
            "ix_studies_unfinished",
            "runner",
            postgresql_where=_UNFINISHED,
            sqlite_where=_UNFINISHED,
        ),
    )

    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    status: Mapped[str]
    strategy: Mapped[str]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    runner: Mapped[str | None]
    runs_planned: Mapped[int | None] = mapped_column(BigInteger)
    runs_done: Mapped[int] = mapped_column(BigInteger)
    eta: Mapped[datetime | None]
    failure: Mapped[str | None]
    warnings: Mapped[list[str]]
    spec: Mapped[dict[str, Any]]
    outcome: Mapped[dict[str, Any] | None]
    idempotency_key: Mapped[str | None]
    request_hash: Mapped[str]


class TrialRow(Base):
    """How many trials of a strategy one run or study was; it outlives them, for the trials were made.

    squares is the sum of squared distances from the mean of the Sharpe ratios that are defined.
    """

    __tablename__ = "trials"

    workspace_id: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    strategy: Mapped[str] = mapped_column(primary_key=True)
    source_id: Mapped[str] = mapped_column(primary_key=True)
    tried: Mapped[int] = mapped_column(BigInteger)
    defined: Mapped[int] = mapped_column(BigInteger)
    mean: Mapped[float]
    squares: Mapped[float]


class RunnerRow(Base):
    """When a process that carries out backtests was last heard of; runners serve every workspace."""

    __tablename__ = "runners"

    name: Mapped[str] = mapped_column(primary_key=True)
    last_seen_at: Mapped[datetime]
