"""Alembic's entry: runs migrations on the connection that `domain.storage.migrate` opened."""

from alembic import context

from domain.storage.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
