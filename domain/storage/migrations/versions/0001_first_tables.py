"""Workspaces, API keys, instruments, series, backtests and runners.

Types are spelled out: a migration must not change when the code that follows it does.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_TIME = sa.DateTime(timezone=True)
_UNFINISHED = sa.text("status IN ('queued', 'running')")


def upgrade() -> None:
    op.create_table(
        "workspaces",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workspaces"),
    )
    op.create_table(
        "runners",
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("last_seen_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_runners"),
    )
    _create_api_keys()
    _create_market_data()
    _create_backtests()


def downgrade() -> None:
    for table in (
        "backtest_instruments",
        "backtests",
        "series",
        "instruments",
        "api_keys",
        "runners",
        "workspaces",
    ):
        op.drop_table(table)


def _create_api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("workspace_id", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("prefix", _TEXT, nullable=False),
        sa.Column("secret_hash", _TEXT, nullable=False),
        sa.Column("role", _TEXT, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=True),
        sa.Column("revoked_at", _TIME, nullable=True),
        sa.Column("last_used_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_api_keys_workspaces"),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("secret_hash", name="uq_api_keys_secret_hash"),
    )
    op.create_index("ix_api_keys_workspace_id_id", "api_keys", ["workspace_id", "id"])


def _create_market_data() -> None:
    op.create_table(
        "instruments",
        sa.Column("workspace_id", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("symbol", _TEXT, nullable=False),
        sa.Column("venue", _TEXT, nullable=False),
        sa.Column("asset_class", _TEXT, nullable=False),
        sa.Column("currency", _TEXT, nullable=False),
        sa.Column("tick_size", sa.String(), nullable=False),
        sa.Column("lot_size", sa.String(), nullable=False),
        sa.Column("fractional", sa.Boolean(), nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_instruments_workspaces"),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_instruments"),
    )
    op.create_table(
        "series",
        sa.Column("workspace_id", _TEXT, nullable=False),
        sa.Column("instrument_id", _TEXT, nullable=False),
        sa.Column("source", _TEXT, nullable=False),
        sa.Column("timeframe", _TEXT, nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("first_close", _TIME, nullable=False),
        sa.Column("last_close", _TIME, nullable=False),
        sa.Column("data_hash", _TEXT, nullable=False),
        sa.Column("imported_at", _TIME, nullable=False),
        sa.Column("warnings", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "instrument_id"],
            ["instruments.workspace_id", "instruments.id"],
            name="fk_series_instruments",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "instrument_id", "source", "timeframe", name="pk_series"),
    )


def _create_backtests() -> None:
    op.create_table(
        "backtests",
        sa.Column("workspace_id", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("status", _TEXT, nullable=False),
        sa.Column("strategy", _TEXT, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("started_at", _TIME, nullable=True),
        sa.Column("finished_at", _TIME, nullable=True),
        sa.Column("runner", _TEXT, nullable=True),
        sa.Column("failure", _TEXT, nullable=True),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=True),
        sa.Column("idempotency_key", _TEXT, nullable=True),
        sa.Column("request_hash", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_backtests_workspaces"),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_backtests"),
        sa.UniqueConstraint(
            "workspace_id", "idempotency_key", name="uq_backtests_workspace_id_idempotency_key"
        ),
    )
    op.create_index("ix_backtests_workspace_id_status_id", "backtests", ["workspace_id", "status", "id"])
    op.create_index("ix_backtests_workspace_id_strategy_id", "backtests", ["workspace_id", "strategy", "id"])
    op.create_index(
        "ix_backtests_unfinished",
        "backtests",
        ["runner"],
        postgresql_where=_UNFINISHED,
        sqlite_where=_UNFINISHED,
    )
    op.create_table(
        "backtest_instruments",
        sa.Column("workspace_id", _TEXT, nullable=False),
        sa.Column("backtest_id", _TEXT, nullable=False),
        sa.Column("instrument", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "backtest_id"],
            ["backtests.workspace_id", "backtests.id"],
            name="fk_backtest_instruments_backtests",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "backtest_id", "instrument", name="pk_backtest_instruments"),
    )
    op.create_index(
        "ix_backtest_instruments_workspace_id_instrument_backtest_id",
        "backtest_instruments",
        ["workspace_id", "instrument", "backtest_id"],
    )
