"""Studies, and the trials of each strategy."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_TIME = sa.DateTime(timezone=True)
_UNFINISHED = sa.text("status IN ('queued', 'running')")


def upgrade() -> None:
    op.create_table(
        "studies",
        sa.Column("workspace_id", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("status", _TEXT, nullable=False),
        sa.Column("strategy", _TEXT, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("started_at", _TIME, nullable=True),
        sa.Column("finished_at", _TIME, nullable=True),
        sa.Column("runner", _TEXT, nullable=True),
        sa.Column("runs_planned", sa.BigInteger(), nullable=True),
        sa.Column("runs_done", sa.BigInteger(), nullable=False),
        sa.Column("eta", _TIME, nullable=True),
        sa.Column("failure", _TEXT, nullable=True),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=True),
        sa.Column("idempotency_key", _TEXT, nullable=True),
        sa.Column("request_hash", _TEXT, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_studies_workspaces"),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_studies"),
        sa.UniqueConstraint(
            "workspace_id", "idempotency_key", name="uq_studies_workspace_id_idempotency_key"
        ),
    )
    op.create_index("ix_studies_workspace_id_kind_id", "studies", ["workspace_id", "kind", "id"])
    op.create_index(
        "ix_studies_unfinished",
        "studies",
        ["runner"],
        postgresql_where=_UNFINISHED,
        sqlite_where=_UNFINISHED,
    )
    op.create_table(
        "trials",
        sa.Column("workspace_id", _TEXT, nullable=False),
        sa.Column("strategy", _TEXT, nullable=False),
        sa.Column("source_id", _TEXT, nullable=False),
        sa.Column("tried", sa.BigInteger(), nullable=False),
        sa.Column("defined", sa.BigInteger(), nullable=False),
        sa.Column("mean", sa.Double(), nullable=False),
        sa.Column("squares", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name="fk_trials_workspaces"),
        sa.PrimaryKeyConstraint("workspace_id", "strategy", "source_id", name="pk_trials"),
    )


def downgrade() -> None:
    op.drop_table("trials")
    op.drop_table("studies")
