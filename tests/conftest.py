"""Fixtures every test folder may ask for; each is made only when a test names it."""

from tests.kit.databases import (
    database,
    database_url,
    empty_database_url,
    migrated_postgres,
    migrated_sqlite_file,
    postgres_databases,
    postgres_server,
    postgres_url,
)

__all__ = [
    "database",
    "database_url",
    "empty_database_url",
    "migrated_postgres",
    "migrated_sqlite_file",
    "postgres_databases",
    "postgres_server",
    "postgres_url",
]
